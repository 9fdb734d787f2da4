"""Migrates the schema to the newest version, on SQLite and PostgreSQL alike; there is no way back.

At almost every start the database has the newest schema already. Then Alembic is not even loaded:
it takes 9 MB and a fifth of a second, and is needed once in a release.
"""

from enum import Enum, auto
from pathlib import Path

from provisioner.storage.database import Database
from provisioner.storage.url import DatabaseUrl

_VERSIONS = Path(__file__).parent / "versions"


class SchemaAge(Enum):
    """How a database's schema compares with the one that this version of the platform needs."""

    NONE = auto()  # there are no tables yet
    OLDER = auto()
    CURRENT = auto()
    NEWER = auto()  # a newer version of the platform has migrated it


async def migrate(url: str) -> None:
    """Bring the database to the newest schema.

    Raises ConfigurationError when the URL is wrong, when the database cannot be used, or when its
    schema is newer than this version of the platform.
    """
    parsed = DatabaseUrl.parse(url)
    database = Database(url, connections=1)
    await database.connect()
    try:
        age = await schema_age(database)
    finally:
        await database.close()
    if age is SchemaAge.CURRENT:
        return
    from provisioner.storage.migrations.upgrading import upgrade  # noqa: PLC0415 - see above

    await upgrade(parsed)


async def schema_age(database: Database) -> SchemaAge:
    """Return the age of an open database's schema; NONE also when it cannot be read."""
    return age_of(await _revision(database))


def age_of(revision: str | None) -> SchemaAge:
    """Return the age of a schema with this revision, which is None where there is no schema."""
    if revision is None:
        return SchemaAge.NONE
    if revision == _newest():
        return SchemaAge.CURRENT
    # Revisions are numbers, all of the same length.
    return SchemaAge.NEWER if revision > _newest() else SchemaAge.OLDER


def _newest() -> str:
    return max(file.stem.partition("_")[0] for file in _VERSIONS.glob("[0-9]*.py"))


async def _revision(database: Database) -> str | None:
    """Return the revision of a database's schema, or None when it has none or cannot be read."""
    try:
        row = await database.read(lambda t: t.fetch_one("SELECT version_num FROM alembic_version"))
    except Exception:  # noqa: BLE001 - mostly there is no table yet; anything else, migrating tells
        return None
    return None if row is None else str(row["version_num"])
