"""How backups of shops are saved: the charts' own script, with a real restic and rest-server."""

import json
import os
import shutil
from pathlib import Path

import pytest

from app.local.cluster.tools import RESTIC, ensure
from tests.images.backup_pod import (
    ACCOUNT,
    ACCOUNT_PASSWORD,
    PASSWORD,
    SCRIPTS,
    SHELLS,
    Pod,
    on_small_volume,
    without_privileges,
)
from tests.images.rest_server import RestServer

SAVE = SCRIPTS["medusa", "save"]
NOTES_ITS_RUNS = """#!/bin/sh
echo "$*" >> {folder}/runs
exec {restic} "$@"
"""
RUNS = ("list locks", "list snapshots", "backup", "dump --archive tar")
# restic is built where it never was: a minute, once.
pytestmark = pytest.mark.slow


@pytest.fixture
def pod(tmp_path: Path, server: RestServer) -> Pod:
    return pod_of(tmp_path / "pod", server)


def flip_bytes(part: Path) -> None:
    """Change a byte in each file of a part of a repository, as a disk might."""
    for file in [part] if part.is_file() else list(filter(Path.is_file, part.rglob("*"))):
        found = bytearray(file.read_bytes())
        found[len(found) // 2] ^= 1
        file.chmod(0o600)
        file.write_bytes(found)


def pod_of(folder: Path, server: RestServer) -> Pod:
    """Return a pod with a dumped database and a shop's files."""
    folder.mkdir()
    made = Pod.made(
        folder,
        {
            "RESTIC_REPOSITORY": f"rest:http://127.0.0.1:{server.port}/{ACCOUNT}/",
            "RESTIC_PASSWORD": PASSWORD,
            "RESTIC_REST_USERNAME": ACCOUNT,
            "RESTIC_REST_PASSWORD": ACCOUNT_PASSWORD,
            "ACCOUNT_SECONDS": "0",
        },
    )
    (made.backup / "database.dump").write_bytes(bytes(range(256)) * 400)
    (made.backup / "manifest.json").write_text('{"orders": 12, "products": 3}\n')
    (made.files / "static").mkdir()
    (made.files / "static" / "picture.png").write_bytes(b"picture")
    return made


@pytest.mark.parametrize("name", ["save", "fetch", "words"])
def test_both_engines_run_restic_by_the_same_scripts(name: str) -> None:
    assert SCRIPTS["woocommerce", name].read_bytes() == SCRIPTS["medusa", name].read_bytes()


@pytest.mark.parametrize("shell", SHELLS)
def test_what_is_saved_can_be_had_again(pod: Pod, tmp_path: Path, shell: str) -> None:
    assert pod.run(SAVE, shell=shell) == 0
    (line,) = pod.message.splitlines()
    summary = json.loads(line)
    assert summary["message_type"] == "summary"
    assert summary["total_files_processed"] == 3
    (snapshot,) = pod.snapshots()
    assert snapshot["id"] == summary["snapshot_id"]
    assert snapshot["hostname"] == "shop"
    assert snapshot["paths"] == [str(pod.backup), str(pod.files)]
    target = tmp_path / "target"
    assert pod.restic("restore", "latest", "--no-lock", "--target", str(target)).returncode == 0
    for folder in (pod.backup, pod.files):
        for file in filter(Path.is_file, folder.rglob("*")):
            assert (target / str(file)[1:]).read_bytes() == file.read_bytes()


def test_another_backup_is_another_snapshot(pod: Pod) -> None:
    assert pod.run(SAVE) == 0
    (pod.backup / "manifest.json").write_text('{"orders": 13, "products": 3}\n')
    assert pod.run(SAVE) == 0
    first, second = pod.snapshots()
    assert first["id"] != second["id"]
    for snapshot, orders in ((first, 12), (second, 13)):
        manifest = pod.restic("dump", snapshot["id"], str(pod.backup / "manifest.json"))
        assert json.loads(manifest.stdout)["orders"] == orders


def test_the_folder_that_a_file_system_has_for_itself_is_left_out(pod: Pod) -> None:
    (pod.files / "lost+found").mkdir(mode=0)
    assert pod.run(SAVE, before=without_privileges()) == 0
    listed = pod.restic("ls", "--no-lock", "latest").stdout
    assert "lost+found" not in listed
    assert "picture.png" in listed


def test_an_account_reaches_no_other_ones_repository(pod: Pod, server: RestServer) -> None:
    assert pod.run(SAVE) == 0
    theirs = {"RESTIC_REST_USERNAME": "store-2", "RESTIC_REST_PASSWORD": "another"}
    done = pod.restic("snapshots", "--no-lock", **theirs)
    assert done.returncode == 1
    assert "(401)" in done.stderr
    assert pod.run(SAVE, **theirs) == 1
    assert pod.message.startswith(
        "The repository of the backups could not be opened. The account is not accepted there."
    )
    assert not (server.data / "store-2").exists()


def test_nothing_can_be_deleted_through_the_server(pod: Pod) -> None:
    assert pod.run(SAVE) == 0
    (snapshot,) = pod.snapshots()
    done = pod.restic("forget", "--prune", "--unsafe-allow-remove-all", "--keep-tag", "none")
    assert done.returncode != 0
    assert "(403)" in pod.restic("forget", snapshot["id"]).stderr
    assert pod.snapshots() == [snapshot]


def test_another_password_than_the_repositorys(pod: Pod) -> None:
    assert pod.run(SAVE) == 0
    assert pod.run(SAVE, RESTIC_PASSWORD="another key's") == 1
    assert pod.message == (
        "The repository of the backups could not be opened. The password does not fit the"
        " repository, which was made with another key. Give the platform the key of that time back."
        " restic said: Fatal: wrong password or no key found\n"
    )
    assert len(pod.snapshots()) == 1


def test_a_repository_of_which_only_a_part_is_left(pod: Pod, server: RestServer) -> None:
    """It is not made anew: what is left of it may be all that a shop has."""
    assert pod.run(SAVE) == 0
    config = server.data / ACCOUNT / "config"
    config.chmod(0o600)
    kept = config.read_bytes()
    config.unlink()
    assert pod.run(SAVE) == 1
    assert pod.message.startswith(
        "The repository of the backups could not be made. There is a part of one without its file"
        " config. If it has snapshots, get that file back."
    )
    config.write_bytes(kept)
    assert len(pod.snapshots()) == 1


def test_a_server_that_is_stopped(pod: Pod, server: RestServer) -> None:
    assert pod.run(SAVE) == 0
    server.stop()
    assert pod.run(SAVE, CONNECT_SECONDS="2") == 1
    assert pod.message.startswith(
        "The repository of the backups could not be opened. The place of the backups does not"
        " answer. See whether its server runs, and whether it can be reached from here."
    )
    server.start()
    assert pod.run(SAVE) == 0
    assert len(pod.snapshots()) == 2


def test_a_server_that_may_not_write(pod: Pod, server: RestServer) -> None:
    assert pod.run(SAVE) == 0
    server.stop()
    locks = server.data / ACCOUNT / "locks"
    locks.chmod(0o500)
    server.start(before=without_privileges())
    assert pod.run(SAVE, CONNECT_SECONDS="20") == 1  # the first steps only read, and succeed
    assert pod.message.startswith(
        "The repository of the backups could not be used. The place of the backups cannot be"
        " written to. See whether its volume is read-only or broken"
    )
    locks.chmod(0o700)
    assert len(pod.snapshots()) == 1


def test_a_server_that_is_full(tmp_path: Path) -> None:
    folder = tmp_path / "server"
    folder.mkdir()
    with RestServer(folder, options=["--max-size", "60000"]) as server:
        server.add_account(ACCOUNT, ACCOUNT_PASSWORD)
        server.look_again()
        server.wait_for("Reloaded htpasswd file")
        pod = pod_of(tmp_path / "pod", server)
        assert pod.run(SAVE) == 0
        (pod.files / "video").write_bytes(os.urandom(200_000))  # which cannot be made smaller
        assert pod.run(SAVE) == 1
        assert pod.message.startswith(
            "The backup was not made. The place of the backups is full. Make it larger, or remove"
            " backups there. restic said: "
        )
        assert len(pod.snapshots()) == 1


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a volume")
def test_a_volume_of_the_server_that_is_full(pod: Pod, server: RestServer) -> None:
    server.stop()
    server.start(before=on_small_volume(server.data, "400k"))
    assert pod.run(SAVE) == 0
    before = pod.snapshots()
    (pod.files / "video").write_bytes(os.urandom(2_000_000))
    assert pod.run(SAVE) == 1
    assert pod.message.startswith(
        "The backup was not made. The place of the backups is full. Make it larger, or remove"
        " backups there. restic said: "
    )
    assert pod.snapshots() == before


def test_an_account_that_the_server_hears_of_later(pod: Pod, server: RestServer) -> None:
    new = {
        "RESTIC_REPOSITORY": f"rest:http://127.0.0.1:{server.port}/store-3/",
        "RESTIC_REST_USERNAME": "store-3", "ACCOUNT_SECONDS": "180",
    }  # fmt: skip
    running = pod.start(SAVE, **new)
    server.wait_for('/store-3/config HTTP/1.1" 401')
    server.add_account("store-3", ACCOUNT_PASSWORD)
    server.look_again()
    assert pod.finish(running) == 0
    assert json.loads(pod.message)["message_type"] == "summary"


def test_a_file_that_cannot_be_read_is_no_backup(pod: Pod) -> None:
    (pod.files / "static" / "picture.png").chmod(0)
    assert pod.run(SAVE, before=without_privileges()) == 1
    picture = pod.files / "static" / "picture.png"
    assert pod.message == (
        "The backup was not made. A file of the shop could not be read, so the backup would lack"
        " it. See that its files belong to the shop."
        f" restic said: open {picture}: permission denied\n"
    )


def test_files_that_are_not_there_are_no_backup(pod: Pod) -> None:
    shutil.rmtree(pod.files)
    assert pod.run(SAVE) == 1
    assert pod.message == f"The backup was not made: there is no folder {pod.files}.\n"
    assert pod.snapshots() == []


@pytest.mark.parametrize("own", [(), ("lost+found",)])
def test_files_of_which_none_are_left_are_no_backup(pod: Pod, own: tuple[str, ...]) -> None:
    """Such as those of a volume that was lost, and made anew where a pod needed one."""
    assert pod.run(SAVE) == 0
    before = pod.snapshots()
    shutil.rmtree(pod.files / "static")
    for name in own:
        (pod.files / name).mkdir()
    assert pod.run(SAVE) == 1
    assert pod.message == (
        f"The backup was not made: there is nothing in the folder {pod.files}. See what has become"
        " of the volume with the files of the shop.\n"
    )
    assert pod.snapshots() == before


@pytest.mark.parametrize("part", ["config", "keys", "index"])
def test_a_repository_that_is_damaged(pod: Pod, server: RestServer, part: str) -> None:
    assert pod.run(SAVE) == 0
    flip_bytes(server.data / ACCOUNT / part)
    assert pod.run(SAVE) == 1
    assert pod.message.startswith(("The repository of the backups could", "The backup was not"))
    assert (
        " A part of it is damaged, as by a disk. Have the operator of the platform look at it with"
        " restic check, and bring it back from a copy. restic said: "
    ) in pod.message
    assert len(list((server.data / ACCOUNT / "snapshots").iterdir())) == 1


@pytest.mark.parametrize("programs", [(), ("tar", "cmp", "grep")], ids=["any", "busybox"])
def test_restic_is_run_no_more_often_than_it_has_to_be(pod: Pod, programs: tuple[str, ...]) -> None:
    """Each run takes its time to derive the key."""
    for name in programs:  # as in restic's image
        (pod.folder / "bin" / name).symlink_to(str(shutil.which("busybox")))
    assert pod.run(SAVE) == 0
    program = pod.folder / "bin" / "restic"
    program.unlink()
    program.write_text(NOTES_ITS_RUNS.format(folder=pod.folder, restic=ensure(RESTIC)))
    program.chmod(0o755)
    assert pod.run(SAVE) == 0
    runs = (pod.folder / "runs").read_text().splitlines()
    assert len(runs) == len(RUNS)
    for run, command in zip(runs, RUNS, strict=True):
        assert f" {command} " in f"{run} "


def test_a_tar_that_cannot_read_all_at_once(pod: Pod) -> None:
    (pod.folder / "bin" / "tar").symlink_to("/bin/false")
    assert pod.run(SAVE) == 0
    assert json.loads(pod.message)["message_type"] == "summary"


def test_what_is_read_back_has_to_be_what_was_saved(pod: Pod) -> None:
    """A dump that is still written to would be one such case."""
    (pod.folder / "bin" / "cmp").write_text(
        '#!/bin/sh\necho more >> "$3"\nexec /usr/bin/cmp "$@"\n'
    )
    (pod.folder / "bin" / "cmp").chmod(0o755)
    assert pod.run(SAVE) == 1
    assert pod.message == (
        "The backup was made, but database.dump read back from it is not what was saved. Do not"
        " rely on it.\n"
    )
