"""storectl has a backup checked, and tells what came of it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.backed_up import CONTENTS, storectl_of
from tests.api.conftest import BACKUPS, running_service
from tests.e2e.service import Service
from tests.e2e.storectl import Storectl


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with running_service(tmp_path_factory.mktemp("storectl-checks"), **BACKUPS) as made:
        yield made


@pytest.fixture
def storectl(service: Service, tmp_path: Path) -> Storectl:
    return storectl_of(tmp_path, service)


def test_the_newest_is_checked_unless_one_is_named(storectl: Storectl) -> None:
    assert "CHECKED" not in storectl.ok("backups", "my-shop")
    assert storectl.ok("verify", "my-shop") == (
        f"Backup 3 of my-shop is being checked: a shop is made of it that nobody sees ({CONTENTS})."
        " What comes of it: storectl backups my-shop\n"
    )
    _, newest, oldest = storectl.ok("backups", "my-shop").splitlines()
    assert (newest.split()[-1], oldest.split()[-1]) == ("now", "-")
    assert [item["check"]["isUnderWay"] for item in storectl.json("backups", "my-shop")] == [
        True, False,
    ]  # fmt: skip

    _, refused = storectl.fails("verify", "my-shop", "--backup", "1")
    assert "A backup of this store is being checked; wait until that is done." in refused


def test_what_came_of_it(service: Service, storectl: Storectl) -> None:
    for number, fault in ((1, None), (3, "It has no orders.")):
        service.sql(
            "UPDATE backups SET checked_at = 1780000000000000, fault = :fault"
            " WHERE number = :number RETURNING number",
            number=number, fault=fault,
        )  # fmt: skip
    heads, newest, oldest, said = storectl.ok("backups", "my-shop").splitlines()
    assert heads.endswith("CHECKED (UTC)")
    assert newest.endswith("failed 2026-05-28 20:26:40")
    assert oldest.endswith("good 2026-05-28 20:26:40")
    assert said == "No shop could be made of backup 3: It has no orders."
