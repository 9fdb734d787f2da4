"""Database URLs: what is wrong with one is told, and never a password."""

import traceback
from pathlib import Path

import pytest

from provisioner.domain.errors import ConfigurationError
from provisioner.storage.database import Database
from provisioner.storage.migrations import migrate
from provisioner.storage.url import DatabaseUrl
from tests.postgres import PASSWORD, PostgresServer

SECRET = "s3cr"


@pytest.mark.parametrize(
    ("url", "file"),
    [
        ("sqlite:////var/lib/platform.db", "/var/lib/platform.db"),
        ("sqlite:///platform.db", "platform.db"),
        ("sqlite:///with%20space%3F.db", "with space?.db"),
    ],
)
def test_files(url: str, file: str) -> None:
    parsed = DatabaseUrl.parse(url)
    assert (parsed.file, parsed.place, parsed.is_sqlite) == (Path(file), file, True)


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("postgresql://me:s3cr%3Fet@db.example:5433/shops", "db.example:5433/shops"),
        ("postgres://me@db/shops?sslmode=verify-full", "db/shops"),
        ("postgresql:///shops?host=/run/postgresql", "/shops"),
        ("postgresql://me:s3cret@one:1,two:2/shops", "one:1,two:2/shops"),
    ],
)
def test_servers(url: str, place: str) -> None:
    parsed = DatabaseUrl.parse(url)
    assert (parsed.file, parsed.place, parsed.is_sqlite) == (None, place, False)
    assert SECRET not in repr(parsed)


@pytest.mark.parametrize(
    "url", ["sqlite://", "sqlite:///", "sqlite:///x.db?mode=ro", "sqlite://x/y"]
)
def test_no_file(url: str) -> None:
    with pytest.raises(ConfigurationError, match="names no file"):
        DatabaseUrl.parse(url)


@pytest.mark.parametrize("url", ["", "platform.db", "s3cret", "mysql://me:s3cret@db/shops"])
def test_other_databases(url: str) -> None:
    with pytest.raises(
        ConfigurationError, match="Write sqlite:///FILE or postgresql://"
    ) as refused:
        DatabaseUrl.parse(url)
    assert SECRET not in str(refused.value)


@pytest.mark.parametrize("odd", ["#", "/", "?", "@", "#12", "[", ":"])
async def test_a_password_that_is_not_encoded(odd: str) -> None:
    """Wherever it tears the URL apart, no piece of it is shown."""
    url = f"postgresql://me:{SECRET}{odd}{SECRET}@127.0.0.1:1/shops"
    for use in (migrate, lambda wrong: Database(wrong).connect()):
        with pytest.raises(ConfigurationError) as refused:
            await use(url)
        assert SECRET not in str(refused.value)
        assert SECRET not in "".join(traceback.format_exception(refused.value)).replace(url, "")


async def refusal(url: str) -> str:
    """Return what migrating says, which is what connecting says."""
    said = set()
    for use in (migrate, lambda wrong: Database(wrong).connect()):
        with pytest.raises(ConfigurationError) as refused:
            await use(url)
        said.add(str(refused.value))
    (message,) = said
    assert SECRET not in message
    assert PASSWORD not in message
    return message


async def test_nobody_listens() -> None:
    said = await refusal(f"postgresql://me:{SECRET}et@127.0.0.1:1/shops")
    assert said.startswith("The database at 127.0.0.1:1/shops cannot be used: ")
    assert said.endswith("Check that it runs, and the database URL.")


async def test_a_wrong_password(postgres: PostgresServer) -> None:
    said = await refusal(postgres.url("postgres", password=f"{SECRET}et"))
    assert 'password authentication failed for user "platform"' in said


async def test_no_such_database(postgres: PostgresServer) -> None:
    assert 'database "nothing_here" does not exist' in await refusal(postgres.url("nothing_here"))


async def test_an_option_that_libpq_knows_is_heeded(postgres: PostgresServer) -> None:
    said = await refusal(postgres.url("postgres") + "?sslmode=require")
    assert "rejected SSL" in said
    await migrate_nothing(postgres.url("postgres") + "?sslmode=disable")


async def migrate_nothing(url: str) -> None:
    database = Database(url)
    await database.connect()
    await database.close()


@pytest.mark.parametrize("use", [migrate, lambda url: Database(url).connect()])
async def test_a_folder_that_cannot_be_made(tmp_path: Path, use: object) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigurationError, match="cannot be used"):
        await use(f"sqlite:///{tmp_path}/file/platform.db")  # type: ignore[operator]
