"""storectl and its assistant make new shops and copies from backups, where they are set up."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.api.conftest import BACKUPS, running_service
from tests.api.test_backups import a_store, add_backups
from tests.e2e.assistant import assistant
from tests.e2e.service import ROOT, Service
from tests.e2e.storectl import Storectl


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder: Path = tmp_path_factory.mktemp("storectl-restore")
    charts = os.pathsep.join([str(ROOT / "charts"), str(without_copies(folder / "charts"))])
    with running_service(folder, STORE_PLATFORM_CHARTS=charts, **BACKUPS) as made:
        yield made


def without_copies(charts: Path) -> Path:
    """Return a folder of charts with an engine, ``plain``, that has backups and no copies."""
    shutil.copytree(ROOT / "charts" / "medusa", charts / "plain", ignore=_not_the_chart)
    file = charts / "plain" / "engine.yaml"
    described = {**yaml.safe_load(file.read_text()), "name": "plain", "displayName": "Plain"}
    del described["makesCopies"]
    file.write_text(yaml.safe_dump(described))
    return charts


def _not_the_chart(_: str, names: list[str]) -> set[str]:
    return {"image", "storefront"} & set(names)


@pytest.fixture
def storectl(service: Service, tmp_path: Path) -> Storectl:
    """Mira's, who has nothing but a shop with the backups 1 and 3."""
    for table in ("backups", "events", "pods", "steps", "operations", "stores"):
        service.sql(f"DELETE FROM {table} RETURNING 1 AS one")  # noqa: S608 - the names above
    token = service.token("mira")
    store_id = a_store(service, token, "the-old-one", engine="medusa")
    add_backups(service, store_id, 1, 3)
    return Storectl(tmp_path, service, token)


def backup_id(storectl: Storectl, number: int) -> str:
    (store,) = storectl.json("list", "--name", "the-old-one", "--engine", "medusa")
    return f"backup_{store['id'].removeprefix('store_')}_{number}"


def creation(storectl: Storectl, name: str) -> dict[str, Any]:
    (operation,) = storectl.json("history", name)
    return dict(operation)


def test_the_newest_backup_is_taken(storectl: Storectl) -> None:
    said = storectl.ok("restore", "the-old-one", "the-new-one")

    assert said == (
        "the-new-one is asked for, from the backup of the-old-one of 2026-05-28 20:26:40 UTC:"
        " 3 orders, 2 products. Follow it with: storectl status the-new-one --watch\n"
    )
    made = creation(storectl, "the-new-one")
    assert made["parameters"] == {"name": "the-new-one", "fromBackup": backup_id(storectl, 3)}
    assert "RESTORE" in [step["name"] for step in made["steps"]]
    shown = storectl.json("status", "the-new-one")
    assert (shown["engine"], shown["engineVersion"]) == ("medusa", "2.21")
    assert "· Load backup" in storectl.ok("status", "the-new-one")
    assert "1       Create from backup  QUEUED" in storectl.ok("history", "the-new-one")
    assert storectl.json("status", "the-old-one")["status"] == "READY"


def test_a_backup_is_named_by_its_number(service: Service, storectl: Storectl) -> None:
    given = ("restore", "the-old-one", "the-new-one", "--backup", "1", "--key", "once",
             "--email", "ada@example.com")  # fmt: skip
    made = storectl.json(*given)
    assert (made["name"], made["status"]) == ("the-new-one", "QUEUED")
    assert creation(storectl, "the-new-one")["parameters"] == {
        "name": "the-new-one", "fromBackup": backup_id(storectl, 1), "idempotencyKey": "once",
    }  # fmt: skip
    ((kept,),) = service.sql("SELECT contact_email FROM stores WHERE name = 'the-new-one'")
    assert kept == "ada@example.com"
    assert storectl.json(*given)["id"] == made["id"]


def test_a_deleted_shop_is_restored_by_its_id(service: Service, storectl: Storectl) -> None:
    store_id = storectl.json("status", "the-old-one")["id"]
    service.sql("UPDATE stores SET status = 'DELETED', target = 'DELETED' RETURNING 1 AS one")
    code, said = storectl.fails("restore", "the-old-one", "the-new-one")
    assert (code, said) == (
        5, "You have no store the-old-one. If it is already deleted, use its id.",
    )  # fmt: skip
    assert storectl.json("restore", store_id, "the-new-one")["name"] == "the-new-one"


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("the-old-one", "the-new-one", "--backup", "2"), 1,
         "There is no backup 2 of the-old-one. List those that there are: storectl backups "),
        (("without-any", "the-new-one"), 1,
         "There is no backup of without-any. List those that there are: storectl backups "),
        (("no-such-shop", "the-new-one"), 5, "You have no store no-such-shop."),
        (("the-old-one", "without-any"), 1,
         "A store named 'without-any' already exists; choose another name."),
        (("the-old-one", "No", "--watch"), 1, "The name has 2 characters; use 3 to 40."),
        (("the-old-one", "the-new-one", "--backup", "newest"), 2, "Invalid value for '--backup'"),
    ],
)  # fmt: skip
def test_nothing_is_made_by_mistake(
    service: Service, storectl: Storectl, arguments: tuple[str, ...], code: int, says: str
) -> None:
    a_store(service, storectl.token, "without-any", engine="medusa")
    before = service.sql("SELECT id, version FROM stores ORDER BY 1")
    done = storectl.run("restore", *arguments)
    assert done.returncode == code
    assert says in done.stderr
    assert service.sql("SELECT id, version FROM stores ORDER BY 1") == before


def test_a_copy_is_made_of_the_newest_backup(storectl: Storectl) -> None:
    said = storectl.ok("clone", "the-old-one", "my-trial")

    assert said == (
        "my-trial is asked for as a copy, from the backup of the-old-one of 2026-05-28 20:26:40"
        " UTC: 3 orders, 2 products. Follow it with: storectl status my-trial --watch\n"
    )
    assert creation(storectl, "my-trial")["parameters"] == {
        "name": "my-trial", "fromBackup": backup_id(storectl, 3), "asCopy": True,
    }  # fmt: skip
    assert "1       Create copy from backup  QUEUED" in storectl.ok("history", "my-trial")
    assert [(item["name"], item["isCopy"]) for item in storectl.json("list")] == [
        ("my-trial", True), ("the-old-one", False),
    ]  # fmt: skip
    assert storectl.ok("list").count("medusa 2.21 (copy)") == 1
    assert storectl.json("status", "my-trial")["isCopy"] is True
    assert storectl.ok("status", "my-trial").splitlines()[1].startswith("It is a copy, to try ")
    assert storectl.json("status", "the-old-one")["status"] == "READY"


def test_a_copy_of_a_backup_that_is_named(storectl: Storectl) -> None:
    made = storectl.json("clone", "the-old-one", "my-trial", "--backup", "1")
    assert (made["name"], made["status"], made["isCopy"]) == ("my-trial", "QUEUED", True)
    wanted = creation(storectl, "my-trial")["parameters"]["fromBackup"]
    assert wanted == backup_id(storectl, 1)
    assert storectl.json("restore", "the-old-one", "my-second")["isCopy"] is False


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("the-old-one", "my-trial", "--backup", "2"), 1,
         "There is no backup 2 of the-old-one. List those that there are: storectl backups "),
        (("no-such-shop", "my-trial"), 5, "You have no store no-such-shop."),
        (("the-old-one", "the-old-one"), 1,
         "A store named 'the-old-one' already exists; choose another name."),
        (("of-plain", "my-trial"), 1,
         "The engine Plain has no copies to try things in. Leave `asCopy` out for a shop like"),
        (("the-old-one",), 2, "Missing argument 'NEW_NAME'"),
    ],
)  # fmt: skip
def test_no_copy_is_made_by_mistake(
    service: Service, storectl: Storectl, arguments: tuple[str, ...], code: int, says: str
) -> None:
    a_store_without_copies(service, storectl.token)
    before = service.sql("SELECT id, version FROM stores ORDER BY 1")
    done = storectl.run("clone", *arguments)
    assert done.returncode == code
    assert says in done.stderr
    assert service.sql("SELECT id, version FROM stores ORDER BY 1") == before


def a_store_without_copies(service: Service, token: str) -> None:
    """Make a store of ``plain``, of-plain, with the backup 1."""
    store_id = a_store(service, token, "of-plain", engine="plain")
    add_backups(service, store_id, 1)
    service.sql(
        "UPDATE backups SET engine = 'plain' WHERE store_id = :id RETURNING number",
        id=store_id.removeprefix("store_"),
    )


async def test_an_assistant_restores(storectl: Storectl) -> None:
    async with assistant(storectl) as mira:
        listed = await mira.ok("list_backups", store="the-old-one")
        assert [backup["number"] for backup in listed["backups"]] == [3, 1]
        given = {"store": "the-old-one", "wait_seconds": 0}
        newest = await mira.ok("restore_backup", name="of-newest", **given)
        await mira.ok("restore_backup", name="of-first", number=1, **given)

    assert (newest["name"], newest["is_settled"]) == ("of-newest", False)
    assert "RESTORE" in [step["name"] for step in newest["steps"]]
    for name, number in ("of-newest", 3), ("of-first", 1):
        wanted = creation(storectl, name)["parameters"]["fromBackup"]
        assert wanted == backup_id(storectl, number)


async def test_an_assistant_makes_a_copy(service: Service, storectl: Storectl) -> None:
    a_store_without_copies(service, storectl.token)
    async with assistant(storectl) as mira:
        given = {"name": "my-trial", "as_copy": True, "wait_seconds": 0}
        (refused,) = await mira.fails("restore_backup", store="of-plain", **given)
        made = await mira.ok("restore_backup", store="the-old-one", **given)
        listed = (await mira.ok("list_stores"))["stores"]

    assert (refused["code"], refused["field"]) == ("ENGINE_MISMATCH", "asCopy")
    assert refused["remedy"] == (
        "Tell the user. Leave as_copy out only if they agree: a shop that is no copy writes to its"
        " customers."
    )
    assert (made["name"], made["is_copy"]) == ("my-trial", True)
    assert [(store["name"], store["is_copy"]) for store in listed] == [
        ("my-trial", True), ("of-plain", False), ("the-old-one", False),
    ]  # fmt: skip
