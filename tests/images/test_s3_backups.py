"""Backups in an S3: the charts' own scripts with rclone as their server, and a real S3 behind it.

What rest-server does has to be done here, so its tests are run once more.
"""

import shutil
import socket
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path

import pytest

from app.local.cluster.certificates import issue
from tests.images.backup_pod import ACCOUNT, ACCOUNT_PASSWORD, SCRIPTS, Pod
from tests.images.removals import until
from tests.images.rest_server import account_line
from tests.images.s3 import S3, RcloneServer
from tests.images.test_backup_scripts import (  # noqa: F401
    pod_of,
    test_a_repository_of_which_only_a_part_is_left,
    test_a_server_that_is_stopped,
    test_another_backup_is_another_snapshot,
    test_nothing_can_be_deleted_through_the_server,
    test_what_is_saved_can_be_had_again,
)

SAVE = SCRIPTS["medusa", "save"]
AUTHORIZATION = "Basic " + b64encode(f"{ACCOUNT}:{ACCOUNT_PASSWORD}".encode()).decode()
NAME = "0123456789abcdef" * 4
PATH = f"/{ACCOUNT}/data/{NAME}"
# The first one builds the S3, and rclone, where they are not kept.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]


@pytest.fixture
def server(server_of_s3: RcloneServer) -> RcloneServer:
    return server_of_s3


@pytest.fixture
def pod(tmp_path: Path, server: RcloneServer) -> Pod:
    return pod_of(tmp_path / "pod", server)


def answer(server: RcloneServer, method: str, path: str, body: bytes | None = None) -> int:
    """Return how the server answers the shop's account."""
    connection = HTTPConnection("127.0.0.1", server.port, timeout=60)
    headers = {"Authorization": AUTHORIZATION, "Accept": "application/vnd.x.restic.rest.v2"}
    connection.request(method, path, body, headers)
    status = connection.getresponse().status
    connection.close()
    return status


def stored(server: RcloneServer) -> set[str]:
    found = {str(file.relative_to(server.data)) for file in server.data.rglob("*")}
    return {name for name in found if (server.data / name).is_file()}


def test_an_account_reaches_no_other_ones_repository(pod: Pod, server: RcloneServer) -> None:
    assert pod.run(SAVE) == 0
    theirs = {"RESTIC_REST_USERNAME": "store-2", "RESTIC_REST_PASSWORD": "another"}
    assert pod.run(SAVE, **theirs) == 1
    assert pod.message.startswith(
        "The repository of the backups could not be opened. The account is not accepted there."
    )
    assert not (server.data / "store-2").exists()


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/config",
        "/store-2/config",
        "/store-1/../store-2/config",
        "/store-1/%2e%2e/store-2/config",
        "/store-1%2f..%2fstore-2/config",
        "/store-1/..%2fstore-2/config",
        "//store-2/config",
        "/store-10/config",
    ],
)
def test_what_lies_outside_of_an_accounts_own_folder(server: RcloneServer, path: str) -> None:
    for folder in (server.data, server.data / "store-2", server.data / "store-10"):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "config").write_text("another's")
    before = stored(server)
    for method in ("GET", "HEAD", "DELETE"):
        assert answer(server, method, path) in (400, 403)
    assert answer(server, "POST", path, b"mine") in (400, 403)
    assert stored(server) == before


def test_nothing_is_deleted_or_written_over_but_locks(server: RcloneServer) -> None:
    for kind in ("data", "index", "keys", "snapshots", "locks"):
        assert answer(server, "POST", f"/{ACCOUNT}/{kind}/{NAME}", b"first") == 200
    assert answer(server, "POST", f"/{ACCOUNT}/config", b"first") == 200
    before = stored(server)
    for path in ("config", *(f"{kind}/{NAME}" for kind in ("data", "index", "keys", "snapshots"))):
        assert answer(server, "DELETE", f"/{ACCOUNT}/{path}") == 403
        assert answer(server, "POST", f"/{ACCOUNT}/{path}", b"second") == 403
    assert answer(server, "DELETE", f"/{ACCOUNT}/locks/{NAME}") == 200
    assert stored(server) == before - {f"{ACCOUNT}/locks/{NAME}"}
    assert (server.data / ACCOUNT / "config").read_bytes() == b"first"


def test_an_account_that_a_mounted_secret_has_later(pod: Pod, server: RcloneServer) -> None:
    """A node brings a new Secret by leading a link to another folder, of whatever time."""
    accounts = server.accounts
    for number, password in enumerate(("not yet", "another")):
        folder = accounts.with_name(f"..{number}")
        folder.mkdir()
        (folder / accounts.name).write_text(account_line("store-2", password))
        link = accounts.with_name("..fresh")
        link.symlink_to(folder / accounts.name)
        link.replace(accounts)
        theirs = {"RESTIC_REST_USERNAME": "store-2", "RESTIC_REST_PASSWORD": "another"}
        address = f"rest:http://127.0.0.1:{server.port}/store-2/"
        done = pod.restic("init", **theirs, RESTIC_REPOSITORY=address)
        assert ("(401)" in done.stderr) == (password == "not yet")
    assert (server.data / "store-2" / "config").exists()


@contextmanager
def half_an_object(server: RcloneServer) -> Iterator[None]:
    """A shop has sent half of an object until this ends, in which it ends too."""
    head = f"POST {PATH} HTTP/1.1\r\nHost: x\r\nAuthorization: {AUTHORIZATION}\r\n"
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        connection.sendall(f"{head}Content-Length: 4000000\r\n\r\n".encode())
        connection.sendall(bytes(2_000_000))
        yield


def test_what_is_killed_while_it_writes(pod: Pod, server: RcloneServer, s3: S3) -> None:
    """No backup knows of half an object, even where the S3 keeps it, as versitygw does."""
    assert pod.run(SAVE) == 0
    with half_an_object(server):
        until(lambda: s3.is_writing)
    until(lambda: not s3.is_writing)
    with half_an_object(server):
        server.kill()
    server.start()
    assert pod.run(SAVE) == 0
    assert len(pod.snapshots()) == 2
    assert pod.restic("check", "--read-data").returncode == 0


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"RCLONE_CONFIG_BACKUPS_SECRET_ACCESS_KEY": "wrong"}, "SignatureDoesNotMatch"),
        ({"BACKUP_PLACE": "backups:none/x"}, "NoSuchBucket"),
        ({"RCLONE_CONFIG_BACKUPS_ENDPOINT": "http://127.0.0.1:1"}, "connection refused"),
    ],
)
def test_an_s3_that_cannot_be_used(
    tmp_path: Path, s3: S3, wrong: dict[str, str], said: str
) -> None:
    """The shop is told of the place of the backups, and the server's log says what it is."""
    folder = tmp_path / "server"
    folder.mkdir()
    with RcloneServer(folder, s3, **wrong) as server:
        server.add_account(ACCOUNT, ACCOUNT_PASSWORD)
        shop = pod_of(tmp_path / "pod", server)
        assert shop.run(SAVE, CONNECT_SECONDS="20") == 1
        assert "The place of the backups " in shop.message
        assert said in server.log
    assert not server.data.exists()


def test_an_s3_by_tls(tmp_path: Path) -> None:
    """Its authority is in the folder that the chart names, beside the image's own."""
    issued = issue(tmp_path / "certificates")
    authorities, at_s3, at_server = (tmp_path / name for name in ("authorities", "s3", "server"))
    for folder in (authorities, at_s3, at_server):
        folder.mkdir()
    shutil.copy(issued.authority, authorities)
    options = ["--cert", str(issued.server), "--key", str(issued.server_key)]
    with S3(at_s3, options=options) as s3:
        endpoint = f"https://127.0.0.1:{s3.port}"
        with RcloneServer(
            at_server, s3, SSL_CERT_DIR=str(authorities), RCLONE_CONFIG_BACKUPS_ENDPOINT=endpoint
        ) as server:
            server.add_account(ACCOUNT, ACCOUNT_PASSWORD)
            assert pod_of(tmp_path / "pod", server).run(SAVE) == 0
