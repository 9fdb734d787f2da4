"""How a backup of another shop is fetched: the charts' own script, with restic and its server."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from app.local.cluster.tools import RESTIC, ensure
from tests.images.backup_pod import (
    ACCOUNT,
    SCRIPTS,
    SHELLS,
    Pod,
    on_small_volume,
    without_privileges,
)
from tests.images.removals import Shop, elsewhere
from tests.images.rest_server import RestServer
from tests.images.test_backup_scripts import flip_bytes, pod_of

SAVE, FETCH = SCRIPTS["medusa", "save"], SCRIPTS["medusa", "fetch"]
USER = 12345
KILLED = """#!/bin/sh
# The pod is killed while the files are fetched, when some are there and one of them is half there.
case "$*" in
*:{files}\\ *)
    {restic} "$1" "$2" "$3" --no-lock --target {target} --include /static
    printf half > {target}/static/picture.png
    kill -9 $PPID
    ;;
*) exec {restic} "$@" ;;
esac
"""
NOT_AMONG = (
    "The backup could not be fetched. It is not among the backups of that shop any more. Choose"
    " another one. restic said: Fatal: failed to find snapshot: "
)
NOT_WHAT_A_BACKUP_HAS = (
    "The backup could not be fetched. It has not what a backup has. Choose another one."
)
DAMAGED = (
    " A part of it is damaged, as by a disk. Choose another one, and have the operator of the"
    " platform look at them with restic check. restic said: "
)
NOT_THE_PASSWORD = (
    "The backups of the other shop could not be opened. The password does not fit the repository,"
    " which was made with another key."
)
NOT_ACCEPTED = (
    "The backups of the other shop could not be opened. The account is not accepted there."
)
# restic is built where it never was: a minute, once.
pytestmark = pytest.mark.slow


@pytest.fixture
def saved(tmp_path: Path, server: RestServer) -> Pod:
    """The other shop, with one backup."""
    made = pod_of(tmp_path / "saved", server)
    for name in (".set-up", ".restored", "plugins/one/.set-up"):
        (made.files / name).parent.mkdir(parents=True, exist_ok=True)
        (made.files / name).write_text("theirs")
    assert made.run(SAVE) == 0
    return made


@pytest.fixture
def pod(tmp_path: Path, saved: Pod) -> Pod:
    return restoring(tmp_path / "pod", saved)


def restoring(folder: Path, saved: Pod) -> Pod:
    """Return the pod of a new shop that is made from the backup."""
    folder.mkdir()
    (snapshot,) = saved.snapshots()
    environment = {
        **saved.environment, "SNAPSHOT": snapshot["id"],
        "SAVED_BACKUP_FOLDER": str(saved.backup), "SAVED_FILES_FOLDER": str(saved.files),
    }  # fmt: skip
    return Pod.made(folder, environment)


def files_of(folder: Path) -> dict[str, bytes]:
    files = [file for file in folder.rglob("*") if file.is_file()]
    return {str(file.relative_to(folder)): file.read_bytes() for file in files}


def expected(saved: Pod, pod: Pod) -> dict[str, bytes]:
    """Return the files of a shop that has all of the backup."""
    found = files_of(saved.files)
    del found[".set-up"]
    return {**found, ".restored": f"{pod.environment['SNAPSHOT']}\n".encode()}


@pytest.mark.parametrize("shell", SHELLS)
def test_what_was_saved_is_there(pod: Pod, saved: Pod, shell: str) -> None:
    (pod.files / "lost+found").mkdir(mode=0)
    assert pod.run(FETCH, shell=shell, before=without_privileges()) == 0
    assert files_of(pod.backup) == files_of(saved.backup)
    assert files_of(pod.files) == expected(saved, pod)
    assert (pod.files / "lost+found").is_dir()


def test_another_run_leaves_the_files_as_they_are(pod: Pod, saved: Pod) -> None:
    assert pod.run(FETCH) == 0
    (pod.files / "static" / "picture.png").write_bytes(b"another picture")
    (pod.files / ".set-up").touch()
    shutil.rmtree(pod.backup)  # another pod has another one
    pod.backup.mkdir()
    before = files_of(pod.files)
    assert pod.run(FETCH) == 0
    assert files_of(pod.backup) == files_of(saved.backup)
    assert files_of(pod.files) == before


def test_wherever_it_is_killed_the_next_run_fetches_all(pod: Pod, saved: Pod) -> None:
    program = pod.folder / "bin" / "restic"
    program.unlink()
    program.write_text(KILLED.format(files=saved.files, restic=ensure(RESTIC), target=pod.files))
    program.chmod(0o755)
    assert pod.run(FETCH) == -9
    assert files_of(pod.files) == {"static/picture.png": b"half"}
    program.unlink()
    program.symlink_to(ensure(RESTIC))
    assert pod.run(FETCH) == 0
    assert files_of(pod.files) == expected(saved, pod)


def test_nothing_is_written_to_the_other_shops_repository(pod: Pod, server: RestServer) -> None:
    before = server.log
    assert pod.run(FETCH) == 0
    asked = server.log.removeprefix(before)
    assert "GET" in asked
    assert not any(word in asked for word in ("POST", "DELETE"))


@pytest.fixture
def anybodys() -> Iterator[Path]:
    """A folder that every user can reach, which pytest's own are not."""
    folder = Path(tempfile.mkdtemp(prefix="store-platform-fetch-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be another user")
def test_files_become_those_of_the_shops_user(anybodys: Path, saved: Pod) -> None:
    """They were root's, whom the node had make the folder, or another user's."""
    pod = restoring(anybodys / "pod", saved)
    (pod.folder / "bin" / "restic").unlink()
    shutil.copy(ensure(RESTIC), pod.folder / "bin" / "restic")
    for script in (FETCH, SCRIPTS["medusa", "words"]):
        shutil.copy(script, pod.folder)
    (pod.folder / "message").touch()
    for path in (pod.backup, pod.folder / "tmp", pod.folder / "message"):
        os.chown(path, USER, USER)
    os.chown(pod.files, 0, USER)
    pod.files.chmod(0o2775)  # as a node gives a volume to the pod's group
    (pod.files / "lost+found").mkdir(mode=0o700)
    user = ["setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups"]
    assert pod.run(pod.folder / "fetch", before=user) == 0
    found = files_of(pod.files)
    assert found == expected(saved, pod)
    assert {(pod.files / name).stat().st_uid for name in found} == {USER}


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"SNAPSHOT": "0" * 64}, NOT_AMONG),
        ({"SAVED_BACKUP_FOLDER": "/elsewhere"}, NOT_WHAT_A_BACKUP_HAS),
        ({"RESTIC_PASSWORD": "another key's"}, NOT_THE_PASSWORD),
        ({"RESTIC_REST_PASSWORD": "another"}, NOT_ACCEPTED),
    ],
)
def test_a_backup_that_cannot_be_had(pod: Pod, more: dict[str, str], words: str) -> None:
    assert pod.run(FETCH, **more) == 1
    assert pod.message.startswith(words)
    assert not files_of(pod.files)
    assert not files_of(pod.backup)


def test_a_repository_that_is_gone(pod: Pod, server: RestServer) -> None:
    shutil.rmtree(server.data / ACCOUNT)
    assert pod.run(FETCH) == 1
    assert pod.message.startswith(
        "The backups of the other shop could not be opened. There is no repository of that shop any"
        " more."
    )


def test_a_repository_whose_parts_were_moved(pod: Pod, server: RestServer) -> None:
    """As the removal of old backups does, which a fetch does not keep away."""
    for file in filter(Path.is_file, (server.data / ACCOUNT / "data").rglob("*")):
        file.unlink()
    assert pod.run(FETCH) == 1
    assert pod.message.startswith(
        "The backup could not be fetched. A part of it was not where it had been. Old backups of"
        " that shop were perhaps being removed, which moves what is left: it is tried again."
    )


def test_a_server_that_is_stopped(pod: Pod, server: RestServer) -> None:
    server.stop()
    assert pod.run(FETCH, CONNECT_SECONDS="2") == 1
    assert pod.message.startswith(
        "The backups of the other shop could not be opened. The place of the backups does not"
        " answer."
    )


def test_an_account_that_the_server_hears_of_later(
    pod: Pod, saved: Pod, server: RestServer
) -> None:
    """The other shop may have been deleted, and its account with it."""
    (server.data / ACCOUNT).rename(server.data / "store-3")
    environment = {
        **pod.environment, "RESTIC_REST_USERNAME": "store-3", "ACCOUNT_SECONDS": "180",
        "RESTIC_REPOSITORY": f"rest:http://127.0.0.1:{server.port}/store-3/",
    }  # fmt: skip
    late = replace(pod, environment=environment)
    running = late.start(FETCH)
    server.wait_for('/store-3/config HTTP/1.1" 401')
    server.add_account("store-3", environment["RESTIC_REST_PASSWORD"])
    server.look_again()
    assert late.finish(running) == 0
    assert files_of(late.files) == expected(saved, late)


def test_a_volume_that_cannot_be_written_to(pod: Pod) -> None:
    pod.files.chmod(0o500)
    assert pod.run(FETCH, before=without_privileges()) == 1
    assert pod.message.startswith(
        "The backup could not be fetched. The volume of this shop cannot be written to. See whom"
        " its files belong to. restic said: "
    )


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a volume")
@pytest.mark.parametrize("size", ["4k", "16k"], ids=["but for the mark", "in the middle"])
def test_a_volume_that_is_full(pod: Pod, saved: Pod, size: str) -> None:
    if size == "16k":
        (saved.files / "static" / "picture.png").write_bytes(os.urandom(50_000))
        assert saved.run(SAVE) == 0
    newest = saved.snapshots()[-1]["id"]
    assert pod.run(FETCH, before=on_small_volume(pod.files, size), SNAPSHOT=newest) == 1
    assert pod.message.startswith(
        "The backup could not be fetched. The volume of this shop is full. Choose a plan with a"
        " larger one. restic said: "
    )


@pytest.mark.parametrize("part", ["config", "keys", "index", "snapshots", "data"])
def test_a_backup_that_is_damaged(pod: Pod, server: RestServer, part: str) -> None:
    flip_bytes(server.data / ACCOUNT / part)
    assert pod.run(FETCH) == 1
    assert pod.message.startswith(
        ("The backup could not be", "The backups of the other shop could")
    )
    assert DAMAGED in pod.message
    assert not files_of(pod.files)


def test_another_snapshot_in_the_place_of_the_backup(
    pod: Pod, saved: Pod, server: RestServer
) -> None:
    """Its id is the digest of what it is, and the platform knows that."""
    (saved.backup / "database.dump").write_bytes(b"")
    assert saved.run(SAVE) == 0
    snapshots = server.data / ACCOUNT / "snapshots"
    place = snapshots / pod.environment["SNAPSHOT"]
    (other,) = set(snapshots.iterdir()) - {place}
    place.unlink()
    other.rename(place)
    assert pod.run(FETCH) == 1
    assert pod.message.startswith(f"The backup could not be fetched.{DAMAGED}")
    assert not files_of(pod.backup)


@pytest.mark.parametrize("has_own", [True, False])
def test_a_backup_that_has_none_of_the_files(pod: Pod, saved: Pod, has_own: bool) -> None:  # noqa: FBT001
    shutil.rmtree(saved.files)
    saved.files.mkdir()
    if has_own:
        (saved.files / ".set-up").touch()
    assert saved.restic("backup", str(saved.backup), str(saved.files)).returncode == 0
    newest = saved.snapshots()[-1]["id"]
    assert pod.run(FETCH, SNAPSHOT=newest) == 1
    assert pod.message == (
        "The backup was fetched, but has none of the files of that shop. Choose another one.\n"
    )
    assert not files_of(pod.files)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can name a host")
def test_the_lock_of_a_removal_that_was_killed_is_no_obstacle(
    pod: Pod, saved: Pod, server: RestServer
) -> None:
    shop = Shop(saved, ACCOUNT, server.data / ACCOUNT)
    with shop.prune_under_way(*elsewhere()) as pruning:
        pruning.kill()
        pruning.wait(timeout=60)
    (lock,) = shop.locks
    assert pod.run(FETCH) == 0
    assert files_of(pod.files) == expected(saved, pod)
    assert shop.locks == [lock]  # which is another shop's to remove


def test_two_restores_of_one_backup_at_once(pod: Pod, saved: Pod, tmp_path: Path) -> None:
    pods = (pod, restoring(tmp_path / "other", saved))
    for running in [(each, each.start(FETCH)) for each in pods]:
        assert running[0].finish(running[1]) == 0
    for each in pods:
        assert files_of(each.files) == expected(saved, each)
        assert files_of(each.backup) == files_of(saved.backup)
