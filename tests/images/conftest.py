"""What the tests of backups share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.images.backup_pod import ACCOUNT, ACCOUNT_PASSWORD
from tests.images.rest_server import RestServer
from tests.images.s3 import S3, RcloneServer


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RestServer]:
    """A server that knows the shop's account, and another one."""
    folder = tmp_path / "server"
    folder.mkdir()
    with RestServer(folder) as made:
        made.add_account(ACCOUNT, ACCOUNT_PASSWORD)
        made.add_account("store-2", "another")
        made.look_again()
        made.wait_for("Reloaded htpasswd file")
        yield made


@pytest.fixture
def s3(tmp_path: Path) -> Iterator[S3]:
    folder = tmp_path / "s3"
    folder.mkdir()
    with S3(folder) as made:
        yield made


@pytest.fixture
def server_of_s3(tmp_path: Path, s3: S3) -> Iterator[RcloneServer]:
    """The same in front of an S3."""
    folder = tmp_path / "server-of-s3"
    folder.mkdir()
    with RcloneServer(folder, s3) as made:
        made.add_account(ACCOUNT, ACCOUNT_PASSWORD)
        made.add_account("store-2", "another")
        yield made
