"""What the tests of backups share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.images.backup_pod import ACCOUNT, ACCOUNT_PASSWORD
from tests.images.rest_server import RestServer


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
