"""Migrates the schema to the newest version, on SQLite and PostgreSQL alike; there is no way back.

At almost every start the database has the newest schema already. Then Alembic is not even loaded:
it takes 9 MB and a fifth of a second, and is needed once in a release.
"""

from pathlib import Path

from provisioner.storage.database import Database
from provisioner.storage.url import DatabaseUrl

_VERSIONS = Path(__file__).parent / "versions"


async def migrate(url: str) -> None:
    """Bring the database to the newest schema.

    Raises ConfigurationError when the URL is wrong, when the database cannot be used, or when its
    schema is newer than this version of the platform.
    """
    parsed = DatabaseUrl.parse(url)
    if await _revision(url) == _newest():
        return
    from provisioner.storage.migrations.upgrading import upgrade  # noqa: PLC0415 - see above

    await upgrade(parsed)


def _newest() -> str:
    return max(file.stem.partition("_")[0] for file in _VERSIONS.glob("[0-9]*.py"))


async def _revision(url: str) -> str | None:
    """Return the revision of a database's schema, or None when it has none or cannot be read."""
    database = Database(url, connections=1)
    await database.connect()
    try:
        row = await database.read(lambda t: t.fetch_one("SELECT version_num FROM alembic_version"))
    except Exception:  # noqa: BLE001 - mostly there is no table yet; anything else, migrating tells
        return None
    finally:
        await database.close()
    return None if row is None else str(row["version_num"])
