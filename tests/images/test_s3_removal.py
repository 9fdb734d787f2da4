"""How old backups are removed from an S3: the chart's own script, with rclone and a real S3.

What holds on a volume has to hold here, so the same tests are run once more.
"""

import shutil
from pathlib import Path

import pytest

from tests.images.backup_pod import ACCOUNT
from tests.images.removals import Removal, Shop, until
from tests.images.s3 import S3, RcloneServer
from tests.images.test_removal_script import (  # noqa: F401
    SAVE,
    SLOW_PRUNE,
    another,
    contents,
    saved,
    size,
    test_a_backup_that_takes_too_long_keeps_no_other_shop_waiting,
    test_a_repository_without_its_configuration,
    test_a_run_that_is_killed_after_the_snapshots_are_gone,
    test_a_second_run_finds_everything_done,
    test_every_backup_of_a_shop,
    test_what_is_named_is_removed_and_nothing_else,
)

# The first one builds the S3, and rclone, where they are not kept.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]


@pytest.fixture
def server(server_of_s3: RcloneServer) -> RcloneServer:
    return server_of_s3


@pytest.fixture
def shop(tmp_path: Path, server: RcloneServer, request: pytest.FixtureRequest) -> Shop:
    """Its backups were made on a volume, and copied into the bucket as docs/kubernetes.md says."""
    on_volume: Shop = request.getfixturevalue("saved")
    made = Shop.made(tmp_path / "shop", server, ACCOUNT).with_copies_of(on_volume)
    shutil.rmtree(made.repository)
    s3: S3 = request.getfixturevalue("s3")
    s3.rclone("copy", str(on_volume.repository.parent), s3.environment()["BACKUP_PLACE"])
    return made


@pytest.fixture
def removal(tmp_path: Path, s3: S3, server: RcloneServer) -> Removal:
    return Removal.made_in(tmp_path / "removal", s3, server.data)


def test_a_whole_repository(
    removal: Removal, shop: Shop, server: RcloneServer, tmp_path: Path
) -> None:
    other = another(tmp_path, server)
    untouched = contents(other.repository)
    (server.data / "store-10").mkdir()  # which its name begins
    (server.data / "store-10" / "config").write_text("another's")
    removal.name(f"{shop.name} - all", "store-7 - all")
    assert removal.run() == 0
    assert removal.total == "Backups removed: 0, whole repositories: 1, failures: 0."
    assert {folder.name for folder in server.data.iterdir()} == {other.name, "store-10"}
    assert contents(other.repository) == untouched
    assert removal.run() == 0
    assert removal.total == "Backups removed: 0, whole repositories: 0, failures: 0."
    assert shop.pod.run(SAVE) == 0  # of a shop by that name, it would be another repository


KEYS = (
    "The S3 does not accept the keys, or they may not do this. See the Secret of"
    " backups.s3.existingSecret, and the policy of its user."
)
NO_BUCKET = (
    "There is no such bucket, or the S3 does not know the keys. See backups.s3.bucket and the"
    " Secret of backups.s3.existingSecret."
)
AWAY = (
    "The S3 does not answer. See the value backups.s3.endpoint, and whether it can be reached from"
    " here."
)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"RCLONE_CONFIG_BACKUPS_SECRET_ACCESS_KEY": "wrong"}, KEYS),
        ({"BACKUP_PLACE": "backups:none/x"}, NO_BUCKET),
        (
            {
                "RCLONE_CONFIG_BACKUPS_ENDPOINT": "http://127.0.0.1:1",
                "RCLONE_LOW_LEVEL_RETRIES": "1",
            },
            AWAY,
        ),
    ],
)
def test_an_s3_that_cannot_be_used(
    removal: Removal, shop: Shop, wrong: dict[str, str], said: str
) -> None:
    """Or it would seem that everything is removed."""
    removal.name(shop.line(shop.ids[0]), "store-2 - all")
    assert removal.run(**wrong) == 1
    assert removal.pod.message == f"The bucket of the backups could not be used. {said}\n"
    assert len(shop.ids) == 3


def test_a_run_that_is_stopped_takes_its_lock_away(removal: Removal, shop: Shop) -> None:
    removal.name(shop.line(*shop.ids[:2]))
    removal.replace_restic(SLOW_PRUNE)
    running = removal.start()
    # restic leaves a lock behind if it is ended in the moment in which it takes it.
    output = removal.pod.folder / "tmp" / "output"
    until(lambda: output.exists() and "repacking packs" in output.read_text())
    assert len(shop.locks) == 1
    running.terminate()
    assert removal.pod.finish(running) == 143
    assert removal.pod.message.endswith(
        "The run was ended before it was done. Nothing is lost: the next one goes on.\n"
    )
    assert shop.locks == []


def test_a_run_beside_another_one_leaves_its_lock_alone(removal: Removal, shop: Shop) -> None:
    """Nothing but restic's locks keeps two runs apart, such as one by hand from the nightly one."""
    removal.name(shop.line(shop.ids[0]))
    with shop.prune_under_way():
        locks = shop.locks
        assert removal.run() == 1
        assert shop.locks == locks
    (failure,) = removal.failures
    assert "A backup of it is being made, or was ended less than half an hour ago." in failure
    assert len(shop.ids) == 3
