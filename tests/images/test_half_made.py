"""A first backup that is killed while it makes its repository, which keeps others from it."""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.images.backup_pod import ACCOUNT, SCRIPTS, SHELLS
from tests.images.removals import Removal, Shop
from tests.images.rest_server import RestServer

SAVE = SCRIPTS["medusa", "save"]
NAME = "0123456789abcdef" * 4
LONG_AGO = 1_700_000_000
SAID = (
    f"Store {ACCOUNT}: a first backup was ended while it made the repository. What there was of it"
    " is removed, and the next backup makes it."
)
pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Place:
    """Where a shop saves its backups, and what removes them there."""

    server: RestServer
    removal: Removal
    shop: Shop

    def age(self) -> None:
        """Let everything of the shop's repository have been there for long."""
        for path in (self.shop.repository, *self.shop.repository.rglob("*")):
            os.utime(path, (LONG_AGO, LONG_AGO))


@pytest.fixture(params=["volume", "s3"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    if request.param == "volume":
        server: RestServer = request.getfixturevalue("server")
        removal = Removal.made(tmp_path / "removal", server.data)
    else:
        server = request.getfixturevalue("server_of_s3")
        removal = Removal.made_in(tmp_path / "removal", request.getfixturevalue("s3"), server.data)
    made = Place(server, removal, Shop.made(tmp_path / "shop", server, ACCOUNT))
    # What is left of a restic that is killed before it writes the file config.
    assert made.shop.pod.restic("init").returncode == 0
    (made.shop.repository / "config").unlink()
    return made


def test_it_is_removed_and_the_next_backup_makes_it(place: Place) -> None:
    assert place.shop.pod.run(SAVE) == 1
    assert "the platform removes it when it next removes old backups" in place.shop.pod.message
    place.age()
    assert place.removal.run() == 0
    assert place.removal.failures == [SAID]
    assert place.removal.total == "Backups removed: 0, whole repositories: 0, failures: 0."
    assert not place.shop.repository.exists()
    assert place.removal.run() == 0
    assert place.removal.failures == []
    assert place.shop.pod.run(SAVE) == 0


@pytest.mark.parametrize("shell", SHELLS)
def test_in_each_shell(place: Place, shell: str) -> None:
    place.age()
    assert place.removal.run(shell=shell) == 0
    assert place.removal.failures == [SAID]
    assert not place.shop.repository.exists()


@pytest.mark.parametrize("kind", ["data/ab", "index", "snapshots"])
def test_what_may_be_of_use_stays(place: Place, kind: str) -> None:
    """A part of a repository that was one, of which the file config may come back."""
    folder = place.shop.repository / kind
    folder.mkdir(parents=True, exist_ok=True)
    (folder / NAME).write_text("a part")
    place.age()
    assert place.removal.run() == 0
    assert place.removal.failures == []
    assert (folder / NAME).exists()


def test_one_that_is_being_made_now_stays(place: Place) -> None:
    assert place.removal.run() == 0
    assert place.removal.failures == []
    assert len(list((place.shop.repository / "keys").iterdir())) == 1


def test_a_whole_one_without_a_backup_stays(place: Place) -> None:
    shutil.rmtree(place.shop.repository)
    assert place.shop.pod.restic("init").returncode == 0
    place.age()
    assert place.removal.run() == 0
    assert place.removal.failures == []
    assert place.shop.pod.run(SAVE) == 0
