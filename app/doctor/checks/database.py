"""Opens the database, and looks at its version, its schema and how the connection is protected."""

from app.doctor.findings import Finding, failed, ok, skipped, warning, worst
from app.doctor.installation import Installation
from provisioner.domain.errors import ConfigurationError, DatabaseUnavailableError
from provisioner.storage.bounds import Bounds
from provisioner.storage.database import Database
from provisioner.storage.migrations import SchemaAge, schema_age
from provisioner.storage.url import DatabaseUrl

_BOUNDS = Bounds(turn_seconds=4.0, lock_seconds=4.0, finish_seconds=1.0, close_seconds=1.0)
_UNREACHABLE = "Mend STORE_PLATFORM_DATABASE_URL, or the server."
_LOOPBACK = ("127.", "localhost", "[::1]", "/")
_SERVER = (
    "SELECT current_setting('server_version') AS version,"
    " (SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()) AS ssl"
)


async def check_database(installation: Installation) -> Finding:
    """Open the database; set ``installation.database``."""
    try:
        url = DatabaseUrl.parse(installation.settings.database_url)
        if url.file is not None:
            if installation.is_before_install:
                return skipped("SQLite's file is on a volume of the release.")
            if not url.file.exists():
                return skipped(f"{url.place} is made when the service first starts.")
        database = Database(installation.settings.database_url, connections=1, bounds=_BOUNDS)
        await database.connect()
        installation.stack.push_async_callback(database.close)
        server = await _server(database, url)
        age = await schema_age(database)
    except ConfigurationError as error:
        return failed(error.problem, error.remedy or _UNREACHABLE)
    except DatabaseUnavailableError as error:
        return failed(str(error), _UNREACHABLE)
    installation.database = database
    return worst([server, _of_schema(age, is_before_install=installation.is_before_install)])


async def _server(database: Database, url: DatabaseUrl) -> Finding:
    if database.is_sqlite:
        row = await database.read(lambda t: t.fetch_one("SELECT sqlite_version() AS version"))
        return ok(f"SQLite {row['version'] if row else ''} reads {url.place}.")
    row = await database.read(lambda t: t.fetch_one(_SERVER))
    if row is None:
        raise DatabaseUnavailableError
    answers = f"PostgreSQL {row['version']} answers at {url.place}"
    if row["ssl"]:
        return ok(f"{answers}, by TLS.")
    if url.place.startswith(_LOOPBACK):
        return ok(f"{answers}, on this machine.")
    return warning(
        f"{answers}, without TLS: who is on the way can read and change what the platform knows.",
        "Give the server a certificate, and the URL ?sslmode=verify-full.",
    )


def _of_schema(age: SchemaAge, *, is_before_install: bool) -> Finding:
    if age is SchemaAge.NEWER:
        return failed(
            "A newer version of the platform has migrated the database: this one does not start.",
            "Run the newer version, or restore the database of before.",
        )
    if age is SchemaAge.CURRENT:
        return ok("Its schema is that of this version.")
    # An installation migrates it, be it by its hook or when the first process starts.
    if is_before_install:
        return ok("Its schema is brought to that of this version.")
    what = "is of an older version" if age is SchemaAge.OLDER else "has no tables yet"
    return warning(
        f"The database {what}: nothing has started on it that is of this version.",
        "Start the service, or run `python -m app migrate`.",
    )
