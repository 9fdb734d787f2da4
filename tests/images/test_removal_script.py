"""How old backups are removed: the platform chart's own script, with restic and its server."""

import os
import signal
import subprocess
from pathlib import Path

import pytest

from tests.images.backup_pod import ACCOUNT, ACCOUNT_PASSWORD, SCRIPTS, SHELLS, without_privileges
from tests.images.removals import PASSWORDS, REMOVE, Removal, Shop, elsewhere, until
from tests.images.rest_server import RestServer

SAVE = SCRIPTS["medusa", "save"]
# restic is built where it never was: a minute, once.
pytestmark = pytest.mark.slow
KILLED_AT_PRUNE = """#!/bin/sh
# The pod is killed between the two: the snapshots are gone, and their room is not free yet.
case "$*" in
*' prune '*) kill -9 $PPID ;;
*) exec {restic} "$@" ;;
esac
"""
SLOW_PRUNE = """#!/bin/sh
case "$*" in
*' prune '*) exec {restic} "$@" --limit-upload 100 ;;
*) exec {restic} "$@" ;;
esac
"""


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """A shop with three backups, each with a video and a picture that it alone has.

    They are of one size with what all have, so that both are in one file of the repository.
    """
    folder = tmp_path_factory.mktemp("saved")
    with RestServer(folder) as server:
        server.add_account(ACCOUNT, ACCOUNT_PASSWORD)
        server.look_again()
        server.wait_for("Reloaded htpasswd file")
        shop = Shop.made(folder / "shop", server, ACCOUNT)
        for number in range(3):
            (shop.pod.files / "video").write_bytes(os.urandom(400_000))
            (shop.pod.files / f"picture-{number}").write_bytes(os.urandom(400_000))
            if number == 0:
                assert shop.pod.run(SAVE) == 0
            else:
                shop.save_more()
    return shop


@pytest.fixture
def shop(tmp_path: Path, server: RestServer, saved: Shop) -> Shop:
    return Shop.made(tmp_path / "shop", server, ACCOUNT).with_copies_of(saved)


@pytest.fixture
def removal(tmp_path: Path, server: RestServer) -> Removal:
    return Removal.made(tmp_path / "removal", server.data)


def another(folder: Path, server: RestServer) -> Shop:
    """Return another shop, with one backup."""
    made = Shop.made(folder / "other", server, "store-2")
    assert made.pod.run(SAVE) == 0
    return made


def size(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def contents(folder: Path) -> dict[str, bytes]:
    return {str(f.relative_to(folder)): f.read_bytes() for f in folder.rglob("*") if f.is_file()}


@pytest.mark.parametrize("shell", SHELLS)
def test_what_is_named_is_removed_and_nothing_else(
    removal: Removal, shop: Shop, server: RestServer, tmp_path: Path, shell: str
) -> None:
    (server.data / ".htpasswd").write_text("accounts")
    other = another(tmp_path, server)
    untouched, before = contents(other.repository), size(shop.repository)
    first, second, third = shop.ids
    removal.name(shop.line(first, second))
    assert removal.run(shell=shell) == 0
    assert removal.failures == []
    assert removal.total == "Backups removed: 2, whole repositories: 0, failures: 0."
    assert shop.ids == [third]
    assert shop.files(third, tmp_path / "target") == shop.own_files()
    assert shop.is_whole()
    assert before - size(shop.repository) > 750_000  # two videos of three
    assert contents(other.repository) == untouched
    assert (server.data / ".htpasswd").read_text() == "accounts"
    shop.save_more()  # and the server goes on


def test_a_second_run_finds_everything_done(removal: Removal, shop: Shop) -> None:
    first, *others = shop.ids
    removal.name(shop.line(first, "0" * 64))
    assert removal.run() == 0
    after = contents(shop.repository)
    assert removal.run() == 0
    assert removal.total == "Backups removed: 0, whole repositories: 0, failures: 0."
    assert contents(shop.repository) == after
    assert shop.ids == others


@pytest.mark.parametrize("text", [None, "", "\n", "# written 2026-06-02T12:00:00+00:00\n"])
def test_nothing_to_do(removal: Removal, shop: Shop, text: str | None) -> None:
    """So it is until the platform names something."""
    if text is not None:
        (removal.pod.folder / "removals").write_text(text)
    before = contents(shop.repository)
    assert removal.run() == 0
    assert removal.total == "Backups removed: 0, whole repositories: 0, failures: 0."
    assert contents(shop.repository) == before


def test_every_backup_of_a_shop(removal: Removal, shop: Shop) -> None:
    """Its repository stays: the next backup goes there."""
    removal.name(shop.line(*shop.ids))
    assert removal.run() == 0
    assert removal.total == "Backups removed: 3, whole repositories: 0, failures: 0."
    assert shop.ids == []
    shop.save_more()


@pytest.mark.parametrize("shell", SHELLS)
def test_a_whole_repository(
    removal: Removal, shop: Shop, server: RestServer, tmp_path: Path, shell: str
) -> None:
    other = another(tmp_path, server)
    leftover = server.data / ".removed-store-9"  # of a run that was ended half way
    (leftover / "data").mkdir(parents=True)
    removal.name(f"{shop.name} - all", "store-7 - all")
    assert removal.run(shell=shell) == 0
    assert removal.total == "Backups removed: 0, whole repositories: 1, failures: 0."
    assert {folder.name for folder in server.data.iterdir()} == {other.name, ".removing"}
    assert len(other.ids) == 1
    assert removal.run(shell=shell) == 0
    assert shop.pod.run(SAVE) == 0  # of a shop by that name, it would be another repository


def test_a_run_that_is_killed_after_the_snapshots_are_gone(
    removal: Removal, shop: Shop, tmp_path: Path
) -> None:
    first, second, third = shop.ids
    before = size(shop.repository)
    removal.name(shop.line(first, second))
    removal.replace_restic(KILLED_AT_PRUNE)
    assert removal.run() == -9
    assert shop.ids == [third]
    assert before - size(shop.repository) < 10_000
    removal.give_restic_back()
    assert removal.run() == 0
    assert removal.total == "Backups removed: 0, whole repositories: 0, failures: 0."
    assert before - size(shop.repository) > 750_000
    assert shop.files(third, tmp_path / "target") == shop.own_files()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can name a host")
def test_a_run_that_is_killed_while_it_frees_room(
    removal: Removal, shop: Shop, tmp_path: Path
) -> None:
    """Its lock keeps backups away until the next run, which removes it, or for half an hour."""
    first, second, third = shop.ids
    removal.name(shop.line(first, second))
    removal.replace_restic(SLOW_PRUNE)
    running = removal.start(before=["setsid", *elsewhere()])
    until(lambda: list((shop.repository / "data").rglob("*-tmp-*")))  # a file is written anew
    os.killpg(running.pid, signal.SIGKILL)
    assert removal.pod.finish(running) == -9
    assert len(shop.locks) == 1
    (shop.pod.files / "note").write_text("made meanwhile")
    assert shop.pod.run(SAVE, LOCK_SECONDS="0") == 1
    assert shop.ids == [third]
    removal.give_restic_back()
    assert removal.run() == 0
    assert shop.locks == []
    assert shop.pod.run(SAVE) == 0
    assert shop.is_whole()
    assert shop.files(shop.ids[-1], tmp_path / "target") == shop.own_files()


def test_a_run_that_is_stopped_takes_its_lock_away(removal: Removal, shop: Shop) -> None:
    removal.name(shop.line(*shop.ids[:2]))
    removal.replace_restic(SLOW_PRUNE)
    running = removal.start()
    until(lambda: list((shop.repository / "data").rglob("*-tmp-*")))
    running.terminate()
    assert removal.pod.finish(running) == 143
    assert removal.pod.message.endswith(
        "The run was ended before it was done. Nothing is lost: the next one goes on.\n"
    )
    assert shop.locks == []


def test_a_backup_that_is_being_made_is_waited_for(removal: Removal, shop: Shop) -> None:
    removal.name(shop.line(shop.ids[0]))
    said = removal.pod.folder / "tmp"
    with shop.backup_under_way():
        running = removal.start(LOCK_SECONDS="300")
        until(lambda: any("already locked" in file.read_text() for file in said.iterdir()))
        another = subprocess.run(
            ["dash", str(REMOVE)],
            env={**removal.pod.all_environment, "TERMINATION_LOG": "/dev/null"},
            capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip
        assert another.returncode == 1
        assert another.stdout == (
            "Another run removes backups now. Wait until it is done; this one has done nothing.\n"
        )
        assert len(shop.ids) == 3
    assert removal.pod.finish(running) == 0
    assert removal.total == "Backups removed: 1, whole repositories: 0, failures: 0."
    assert len(shop.ids) == 3
    assert shop.is_whole()


def test_a_backup_that_takes_too_long_keeps_no_other_shop_waiting(
    removal: Removal, shop: Shop, server: RestServer, tmp_path: Path
) -> None:
    other = another(tmp_path, server)
    other.save_more()
    removal.name(shop.line(shop.ids[0]), other.line(other.ids[0]))
    with shop.backup_under_way():
        assert removal.run() == 1
        assert len(shop.locks) == 1
    (failure,) = removal.failures
    assert failure.startswith(
        "Store store-1: backups could not be removed. A backup of it is being made, or was ended"
        " less than half an hour ago. Nothing is lost: the next run tries again."
    )
    assert removal.total == "Backups removed: 1, whole repositories: 0, failures: 1."
    assert (len(shop.ids), len(other.ids)) == (4, 1)
    assert removal.run() == 0
    assert len(shop.ids) == 3


SNAPSHOT = "0123456789abcdef" * 4


@pytest.mark.usefixtures("shop")
@pytest.mark.parametrize(
    "line",
    [
        f"../store-1 {PASSWORDS['store-1']} {SNAPSHOT}",
        f"store-1/../store-1 {PASSWORDS['store-1']} {SNAPSHOT}",
        f"Store-1 {PASSWORDS['store-1']} {SNAPSHOT}",
        f"-store {PASSWORDS['store-1']} {SNAPSHOT}",
        f"store-1 {PASSWORDS['store-1']} {SNAPSHOT} *",
        f"store-1 {PASSWORDS['store-1']} {SNAPSHOT[1:]}",
        f"store-1 {PASSWORDS['store-1']} ../../store-2",
        f"store-1 {PASSWORDS['store-1']} all",
        f"store-1 {PASSWORDS['store-1']}",
        ".. - all",
        ". - all",
        "* - all",
        "store-1/data - all",
        "store-1 - all all",
        "all",
        " ",
    ],
)
def test_a_line_that_is_none(removal: Removal, line: str) -> None:
    before = contents(removal.data)
    removal.name(line)
    assert removal.run() == 1
    assert removal.failures == [
        "Line 1 of the list was left alone: it is none that a platform of this version writes."
    ]
    assert {**contents(removal.data), ".removing": b""} == {**before, ".removing": b""}


def test_what_fails_keeps_nothing_else_from_being_done(
    removal: Removal, shop: Shop, server: RestServer, tmp_path: Path
) -> None:
    damaged = another(tmp_path, server)
    damaged.save_more()
    (largest, *_) = sorted(
        (file for file in (damaged.repository / "data").rglob("*") if file.is_file()),
        key=lambda file: -file.stat().st_size,
    )
    largest.unlink()
    first = shop.ids[0]
    wrong = f"store-1 wrong-password {shop.ids[1]}"
    removal.name("../x - all", wrong, damaged.line(damaged.ids[0]), shop.line(first))
    assert removal.run() == 1
    line, password, damage = removal.failures
    assert line.startswith("Line 1 of the list was left alone")
    assert password == (
        "Store store-1: backups could not be removed. The password does not fit the"
        " repository, which was made with another key. Give the platform the key of that time"
        " back. It was said: Fatal: wrong password or no key found"
    )
    assert damage.startswith(
        "Store store-2: the room of removed backups could not be freed. It is damaged. See what"
        " restic check says of it, and repair it or bring it back from a copy of the volume."
    )
    assert removal.total == "Backups removed: 2, whole repositories: 0, failures: 3."
    assert first not in shop.ids
    assert len(shop.ids) == 2


def test_many_failures_leave_room_for_the_total(removal: Removal, shop: Shop) -> None:
    wrong = f"store-1 wrong-password {shop.ids[0]}"
    removal.name(*[wrong] * 16)
    assert removal.run() == 1
    assert len(removal.pod.message) < 4096  # what a termination message may have
    assert removal.total == "Backups removed: 0, whole repositories: 0, failures: 16."


def test_a_lock_that_cannot_be_read_is_removed(removal: Removal, shop: Shop) -> None:
    (shop.repository / "locks" / SNAPSHOT).touch()
    removal.name(shop.line(shop.ids[0]))
    assert removal.run() == 0
    assert shop.locks == []


def test_a_repository_without_its_configuration(removal: Removal, shop: Shop) -> None:
    removal.name(shop.line(shop.ids[0]))
    (shop.repository / "config").unlink()
    before = contents(shop.repository)
    assert removal.run() == 1
    (failure,) = removal.failures
    assert failure.startswith("Store store-1: ")
    assert " Its file config is missing. If it has snapshots, get that file back." in failure
    assert contents(shop.repository) == before


def test_a_volume_that_cannot_be_written_to(removal: Removal, shop: Shop) -> None:
    removal.name(shop.line(shop.ids[0]), "store-2 - all")
    removal.data.chmod(0o500)
    try:
        assert removal.run(before=without_privileges()) == 1
    finally:
        removal.data.chmod(0o700)
    assert removal.pod.message == (
        "The volume of the backups could not be used. The volume of the backups cannot be written"
        " to. See whether it is read-only or broken, and whether its files belong to this user.\n"
    )
    assert len(shop.ids) == 3


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount")
def test_a_full_volume(removal: Removal, shop: Shop, tmp_path: Path) -> None:
    """Whole repositories can be removed all the same, which makes room for the others."""
    small = tmp_path / "small"
    small.mkdir()
    mount = [
        "mount",
        "-t",
        "tmpfs",
        "-o",
        f"size={size(removal.data) + 600_000}",
        "none",
        str(small),
    ]
    subprocess.run(mount, check=True)
    try:
        subprocess.run(["cp", "-a", f"{removal.data}/.", small], check=True)
        (small / "store-9").mkdir()
        with (small / "store-9" / "large").open("wb", buffering=0) as file:
            while fits(file.fileno()):
                pass
        removal.name(shop.line(shop.ids[0]))
        assert removal.run(DATA_FOLDER=str(small)) == 1
        assert "The volume of the backups is full" in removal.pod.message
        removal.name(shop.line(shop.ids[0]), "store-9 - all")
        assert removal.run(DATA_FOLDER=str(small)) == 0
    finally:
        subprocess.run(["umount", small], check=True)


def fits(file: int) -> bool:
    try:
        return os.write(file, bytes(4096)) > 0
    except OSError:
        return False
