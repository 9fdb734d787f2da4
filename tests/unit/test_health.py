"""``/livez`` fails for what a new start mends, and for nothing else."""

import json
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request

from app.http.health import livez
from provisioner.services.self_check import SelfCheck


class SomeDatabase:
    """A database that may be stuck, and cannot be read whether it is or not."""

    def __init__(self, *, is_stuck: bool) -> None:
        self.is_stuck = is_stuck

    async def read(self, _: object) -> None:
        raise OSError


class SomePlatform:
    def __init__(self, *stuck: bool) -> None:
        databases: Any = [SomeDatabase(is_stuck=is_stuck) for is_stuck in stuck]
        self.check = SelfCheck(databases=databases, observer=lambda: None, helm="", engines={})


@pytest.mark.parametrize(
    ("stuck", "status"), [((False, False), 200), ((True, False), 503), ((False, True), 503)]
)
async def test_livez(stuck: tuple[bool, bool], status: int) -> None:
    app = Starlette()
    app.state.platform = SomePlatform(*stuck)
    answer = await livez(Request({"type": "http", "app": app}))
    assert answer.status_code == status
    said = json.loads(bytes(answer.body))
    assert said["status"] == ("ok" if status == 200 else "stuck")
    assert (await app.state.platform.check.problems())["database"] is not None
