"""A backup and the platform's removal of old ones at the same repository: who waits for whom."""

import os
import signal
import subprocess
from pathlib import Path

import pytest

from app.local.cluster.tools import RESTIC, ensure
from tests.images.backup_pod import ACCOUNT, SCRIPTS
from tests.images.removals import Shop, elsewhere, until
from tests.images.rest_server import RestServer

SAVE = SCRIPTS["medusa", "save"]
LOCKED = (
    " Old backups are being removed from it, or that was ended half way less than half an hour ago."
    " Nothing is lost: it is tried again. restic said: "
)
WAITS_BEFORE_DUMP = """#!/bin/sh
case "$*" in
*' dump '*)
    touch {folder}/saved
    until [ -e {folder}/go ]; do sleep 0.1; done
    ;;
esac
exec {restic} "$@"
"""
# restic is built where it never was: a minute, once.
pytestmark = pytest.mark.slow


@pytest.fixture
def shop(tmp_path: Path, server: RestServer) -> Shop:
    """A shop with one backup."""
    made = Shop.made(tmp_path / "shop", server, ACCOUNT)
    assert made.pod.run(SAVE) == 0
    return made


def test_a_removal_under_way_is_waited_for(shop: Shop, server: RestServer) -> None:
    with shop.prune_under_way() as pruning:
        asked = f'"GET /{ACCOUNT}/locks/'
        before = server.log.count(asked)
        running = shop.pod.start(SAVE, LOCK_SECONDS="300")
        until(lambda: server.log.count(asked) >= before + 4)  # it has looked, and tried
        assert len(shop.ids) == 1
        assert len(shop.locks) == 1
        pruning.send_signal(signal.SIGCONT)
        assert shop.pod.finish(running) == 0
        assert pruning.wait(timeout=60) == 0
    assert len(shop.ids) == 2
    assert shop.locks == []
    assert shop.is_whole()


def test_a_removal_that_takes_too_long(shop: Shop) -> None:
    with shop.prune_under_way():
        assert shop.pod.run(SAVE, LOCK_SECONDS="0") == 1
        assert len(shop.locks) == 1  # which was let alone
    assert shop.pod.message.startswith(f"The repository of the backups could not be used.{LOCKED}")
    assert "already locked exclusively by PID" in shop.pod.message
    assert len(shop.ids) == 1


def test_the_lock_of_a_removal_that_was_killed_is_removed(shop: Shop) -> None:
    """At once on the same host, which can see that there is no such process."""
    with shop.prune_under_way() as pruning:
        pruning.kill()
        pruning.wait(timeout=60)
        assert len(shop.locks) == 1
    assert shop.pod.run(SAVE, LOCK_SECONDS="0") == 0
    assert shop.locks == []
    assert len(shop.ids) == 2
    assert shop.is_whole()


def between_saving_and_reading_back(shop: Shop, patience: str) -> subprocess.Popen[str]:
    """Start a backup, and return it once it has saved; it waits for the file ``go`` then."""
    program = shop.pod.folder / "bin" / "restic"
    program.unlink()
    program.write_text(WAITS_BEFORE_DUMP.format(folder=shop.pod.folder, restic=ensure(RESTIC)))
    program.chmod(0o755)
    running = shop.pod.start(SAVE, LOCK_SECONDS=patience)
    until((shop.pod.folder / "saved").exists)
    return running


def test_a_removal_before_a_backup_is_read_back(shop: Shop, server: RestServer) -> None:
    running = between_saving_and_reading_back(shop, "300")
    with shop.prune_under_way() as pruning:
        asked = f'"GET /{ACCOUNT}/locks/'
        before = server.log.count(asked)
        (shop.pod.folder / "go").touch()
        until(lambda: server.log.count(asked) > before)
        pruning.send_signal(signal.SIGCONT)
        assert shop.pod.finish(running) == 0
    assert len(shop.ids) == 2


def test_a_backup_that_cannot_be_read_back_for_a_lock(shop: Shop) -> None:
    """It is not called another than what was saved."""
    running = between_saving_and_reading_back(shop, "0")
    with shop.prune_under_way():
        (shop.pod.folder / "go").touch()
        assert shop.pod.finish(running) == 1
    assert shop.pod.message.startswith(f"The backup was made, but not read back.{LOCKED}")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can name a host")
def test_the_lock_of_a_removal_that_was_killed_elsewhere(shop: Shop) -> None:
    """From here it cannot be told from one that works. The next removal takes it away."""
    with shop.prune_under_way(*elsewhere()) as pruning:
        pruning.kill()
        pruning.wait(timeout=60)
    assert shop.pod.run(SAVE, LOCK_SECONDS="0") == 1
    assert LOCKED in shop.pod.message
    assert len(shop.locks) == 1


def test_the_lock_of_a_backup_that_was_killed_is_removed(shop: Shop) -> None:
    with shop.backup_under_way(kill=True):
        pass
    assert len(shop.locks) == 1
    assert shop.pod.run(SAVE) == 0
    assert shop.locks == []
    assert len(shop.ids) == 2


def test_a_lock_that_cannot_be_read(shop: Shop) -> None:
    """It cannot be told whose it is. The next removal takes it away."""
    (shop.repository / "locks" / ("0" * 64)).write_bytes(b"half of it")
    assert shop.pod.run(SAVE) == 1
    assert shop.pod.message.startswith(
        "The repository of the backups could not be used. A lock there cannot be read."
    )
    assert len(shop.locks) == 1
