"""Following a store from the command line ends when it is told to."""

import asyncio
import io
from collections.abc import AsyncGenerator, Sequence
from typing import Any, cast

import pytest
from rich.console import Console

from app.storectl.account import Account
from app.storectl.api import Api
from app.storectl.errors import RefusedError, UnreachableError
from app.storectl.following import (
    follow,
    until_backed_up,
    until_paused,
    until_ready,
    until_restarted,
)
from app.storectl.mcp.waiting import is_settled
from app.storectl.progress import LiveProgress
from app.storectl.undoing import until_restored


class ApiThatLosesACancellation:
    """As `wait_for` does it up to Python 3.11, where it is done in the same moment."""

    def __init__(self) -> None:
        self.has_begun = asyncio.Event()

    async def follow(self, store_id: str, **_: object) -> AsyncGenerator[dict[str, Any], None]:
        self.has_begun.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            yield {"store": {"id": store_id, "status": "READY"}, "events": []}


def _never(_: object) -> bool:
    return False


async def test_ctrl_c_is_heard_though_the_connection_loses_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    api, store = ApiThatLosesACancellation(), {"id": "store_1", "name": "my-shop"}
    command = asyncio.create_task(
        follow(cast("Api", api), store, until=_never, after=None, as_json=True)
    )
    await api.has_begun.wait()
    command.cancel()
    with pytest.raises(asyncio.CancelledError):
        await command
    assert "No longer watching; my-shop goes on without you." in capsys.readouterr().err


class Connections:
    """Plays the connections of one watch, and a clock that only pauses move on."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *connections: list[int]) -> None:
        self.now = self.began = 1e6
        self.lost = 0
        self.seen: list[int] = []
        self._connections = list(connections)
        self.api = Api(Account("http://127.0.0.1:9", "sp_x"))
        monkeypatch.setattr(self.api, "_updates", self._updates)
        monkeypatch.setattr(asyncio.get_running_loop(), "time", lambda: self.now)
        monkeypatch.setattr(asyncio, "sleep", self._sleep)

    async def _updates(self, *_: object) -> AsyncGenerator[dict[str, Any], None]:
        """Send each version after an hour of quiet, then lose the connection."""
        for version in self._connections.pop(0) if self._connections else []:
            yield {"version": version}
            self.now += 3600
        raise UnreachableError("gone")

    async def _sleep(self, seconds: float) -> None:
        self.now += seconds

    async def watch(self) -> None:
        async for update in self.api.follow("store_1", after=None, on_lost=self._on_lost):
            self.seen += [update["version"]]

    def _on_lost(self) -> None:
        self.lost += 1


async def test_a_watch_of_a_quiet_store_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    played = Connections(monkeypatch, [1, 2], [], [2, 3])
    with pytest.raises(UnreachableError):
        await played.watch()
    assert played.seen == [1, 2, 2, 3]
    assert played.lost == 2
    # Four hours of quiet, some seconds until it is back, and five minutes without a connection.
    assert 300 < played.now - played.began - 4 * 3600 < 400


def a_store(status: str, kind: str, *, number: int = 2, message: str = "") -> dict[str, Any]:
    reason = {"code": "BACKUP_FAILED", "message": message} if message else None
    operation = {
        "number": number, "kind": kind, "status": status, "askedByName": "Anna", "reason": reason,
    }  # fmt: skip
    return {
        "id": "store_1", "name": "my-shop", "status": "READY", "url": "http://my-shop.example",
        "version": 7, "queuePosition": None, "operation": operation, "steps": [], "reason": None,
        "nextVersion": "11" if kind == "UPGRADE" else None, "engineVersion": "10",
    }  # fmt: skip


class ApiThatTells:
    """Sends a store's states one after the other, and counts those that were taken.

    What was done with it is ``done``.
    """

    def __init__(
        self,
        *states: dict[str, Any],
        is_address_checked: bool = True,
        done: Sequence[dict[str, Any]] = (),
    ) -> None:
        self.taken = 0
        self._states = states
        self._done = done
        self._is_address_checked = is_address_checked

    async def follow(self, *_: object, **__: object) -> AsyncGenerator[dict[str, Any], None]:
        for state in self._states:
            self.taken += 1
            yield {"store": state, "events": [], "version": 7 + self.taken}

    async def execute(self, _: str) -> dict[str, Any]:
        return {"platform": {"isAddressChecked": self._is_address_checked}}

    async def operations(self, _: str) -> list[dict[str, Any]]:
        return list(self._done)


async def test_a_backup_is_followed_to_its_end(capsys: pytest.CaptureFixture[str]) -> None:
    done = a_store("SUCCEEDED", "BACKUP")
    api = ApiThatTells(a_store("QUEUED", "BACKUP"), a_store("RUNNING", "BACKUP"), done, done)
    await until_backed_up(cast("Api", api), a_store("QUEUED", "BACKUP"), as_json=False)
    assert api.taken == 3
    assert "my-shop is backed up. See all of its backups with: storectl backups my-shop\n" in (
        capsys.readouterr().out
    )


async def test_why_a_backup_was_not_made() -> None:
    failed = a_store("FAILED", "BACKUP", message="The disk is full.")
    api = ApiThatTells(a_store("RUNNING", "BACKUP"), failed)
    with pytest.raises(RefusedError) as refused:
        await until_backed_up(cast("Api", api), a_store("QUEUED", "BACKUP"), as_json=True)
    assert str(refused.value) == "No backup of my-shop was made. The disk is full."
    assert refused.value.exit_code == 1


async def test_a_delete_takes_the_place_of_a_backup() -> None:
    deleted = a_store("QUEUED", "DELETE", number=3)
    api = ApiThatTells(a_store("RUNNING", "BACKUP"), deleted, deleted)
    with pytest.raises(RefusedError, match="because something else was done with it"):
        await until_backed_up(cast("Api", api), a_store("QUEUED", "BACKUP"), as_json=True)
    assert api.taken == 2


PAUSED = a_store("SUCCEEDED", "SUSPEND") | {"status": "SUSPENDED"}


async def test_a_shop_is_followed_until_it_is_paused(capsys: pytest.CaptureFixture[str]) -> None:
    asked = a_store("QUEUED", "SUSPEND")
    api = ApiThatTells(asked, a_store("RUNNING", "SUSPEND"), PAUSED, PAUSED)
    await until_paused(cast("Api", api), asked, as_json=False)
    assert api.taken == 3
    assert capsys.readouterr().out == (
        "my-shop is READY, and is being paused.\n"
        "my-shop is SUSPENDED.\n"
        "my-shop is paused: what is in it is kept, and visitors are told that it is closed for now."
        " Open it again with: storectl resume my-shop\n"
    )


@pytest.mark.parametrize(
    ("ended", "says"),
    [
        pytest.param(
            a_store("FAILED", "SUSPEND", message="Pod web-1 is ending."),
            "my-shop was not paused. Pod web-1 is ending.",
            id="it could not be done",
        ),
        pytest.param(
            a_store("QUEUED", "DELETE", number=3),
            "my-shop was not seen to be paused, because something else was done with it."
            " See `storectl history store_1`.",
            id="somebody deleted it",
        ),
        pytest.param(
            a_store("QUEUED", "RESUME", number=3) | {"status": "QUEUED"},
            "my-shop was not seen to be paused, because something else was done with it."
            " See `storectl history store_1`.",
            id="somebody opened it",
        ),
    ],
)
async def test_why_a_shop_was_not_paused(ended: dict[str, Any], says: str) -> None:
    asked = a_store("QUEUED", "SUSPEND")
    api = ApiThatTells(asked, ended, ended)
    with pytest.raises(RefusedError) as refused:
        await until_paused(cast("Api", api), asked, as_json=True)
    assert str(refused.value) == says
    assert refused.value.exit_code == 1
    assert api.taken == 2


async def test_a_shop_is_followed_until_it_has_been_restarted(
    capsys: pytest.CaptureFixture[str],
) -> None:
    asked, done = a_store("QUEUED", "RESTART"), a_store("SUCCEEDED", "RESTART")
    api = ApiThatTells(asked, a_store("RUNNING", "RESTART"), done, done)
    await until_restarted(cast("Api", api), asked, as_json=False)
    assert api.taken == 3
    assert capsys.readouterr().out == (
        "my-shop is READY, and is being restarted.\n"
        "my-shop is READY.\n"
        "my-shop has been restarted.\n"
    )


@pytest.mark.parametrize(
    ("ended", "says"),
    [
        pytest.param(
            a_store("FAILED", "RESTART", message="Pod web-1 is ending."),
            "my-shop was not restarted. Pod web-1 is ending.",
            id="it could not be done",
        ),
        pytest.param(
            a_store("QUEUED", "DELETE", number=3),
            "my-shop was not seen to be restarted, because something else was done with it."
            " See `storectl history store_1`.",
            id="somebody deleted it",
        ),
        pytest.param(
            a_store("QUEUED", "RESTART", number=3),
            "my-shop was not seen to be restarted, because something else was done with it."
            " See `storectl history store_1`.",
            id="it is restarted once more",
        ),
    ],
)
async def test_why_a_shop_was_not_restarted(ended: dict[str, Any], says: str) -> None:
    asked = a_store("QUEUED", "RESTART")
    api = ApiThatTells(asked, ended, ended)
    with pytest.raises(RefusedError) as refused:
        await until_restarted(cast("Api", api), asked, as_json=True)
    assert str(refused.value) == says
    assert refused.value.exit_code == 1
    assert api.taken == 2


async def test_a_paused_shop_is_followed_until_it_is_open(
    capsys: pytest.CaptureFixture[str],
) -> None:
    asked = a_store("QUEUED", "RESUME", number=3) | {"status": "QUEUED"}
    working = a_store("RUNNING", "RESUME", number=3) | {"status": "PROVISIONING"}
    api = ApiThatTells(asked, working, a_store("SUCCEEDED", "RESUME", number=3))
    await until_ready(cast("Api", api), asked, after=7, as_json=False)
    assert capsys.readouterr().out == (
        "my-shop is QUEUED, and is being opened again.\n"
        "my-shop is PROVISIONING, and is being opened again.\n"
        "my-shop is READY.\n"
        "Open it at http://my-shop.example\n"
    )


def a_restore(status: str, **more: Any) -> dict[str, Any]:
    """Return the second operation of a store, as Anna has asked for it."""
    steps = [{"name": name} for name in ("CLOSE", "REPOSITORY", "SAVE", "CHECK", "REMOVE")]
    asked = {"number": 2, "kind": "RESTORE", "status": status, "askedByName": "Anna"}
    return {**asked, "reason": None, "steps": steps, **more}


def because(message: str) -> dict[str, Any]:
    return {"reason": {"code": "SOME_CODE", "message": message}}


ASKED = a_store("QUEUED", "RESTORE")
SAVING = a_store("RUNNING", "RESTORE")
LOADING = SAVING | {"status": "PROVISIONING"}
BROUGHT_BACK = {"number": 3, "askedByName": None}
UNDOING = LOADING | {"operation": {**LOADING["operation"], "number": 3, "status": "QUEUED"}}


@pytest.mark.parametrize(
    ("steps", "says"),
    [
        (["CLOSE", "SAVE", "REMOVE"], "my-shop is restored. As it was before, it is backup 2."),
        (["REMOVE", "RESTORE"], "my-shop is restored."),
    ],
)
async def test_a_restore_in_place_is_followed_to_its_end(
    capsys: pytest.CaptureFixture[str], steps: list[str], says: str
) -> None:
    # Given a store that is READY while it is saved, and again when it is made anew
    done, ended = a_restore("SUCCEEDED"), a_store("SUCCEEDED", "RESTORE")
    done["steps"] = [{"name": name} for name in steps]
    api = ApiThatTells(ASKED, SAVING, LOADING, ended, ended, done=[done])
    await until_restored(cast("Api", api), ASKED, as_json=False)
    assert api.taken == 4
    assert capsys.readouterr().out == (
        "my-shop is READY, and a backup is being restored in its place.\n"
        "my-shop is PROVISIONING, and a backup is being restored in its place.\n"
        "my-shop is READY.\n"
        f"{says} Open it at http://my-shop.example\n"
    )


@pytest.mark.parametrize(
    ("states", "done", "says"),
    [
        pytest.param(
            [SAVING, a_store("FAILED", "RESTORE")],
            [a_restore("FAILED", **because("Nothing was restored. The disk is full."))],
            "Nothing was restored. The disk is full.",
            id="it was not saved",
        ),
        pytest.param(
            [SAVING, LOADING, a_store("FAILED", "RESTORE") | {"status": "FAILED"}],
            [a_restore("FAILED", **because("helm failed."))],
            "helm failed.\nSee `storectl logs my-shop`, then `storectl retry my-shop`.",
            id="it was not removed",
        ),
        pytest.param(
            [LOADING, UNDOING, a_store("SUCCEEDED", "RESTORE", number=3)],
            [
                a_restore("SUCCEEDED", **BROUGHT_BACK),
                a_restore("FAILED", **because("Too few orders.")),
            ],
            "Too few orders.\nmy-shop is back as it was.",
            id="it is back",
        ),
        pytest.param(
            [UNDOING, a_store("FAILED", "RESTORE", number=3) | {"status": "FAILED"}],
            [
                a_restore("FAILED", **BROUGHT_BACK, **because("helm failed.")),
                a_restore("FAILED", **because("Too few orders.")),
            ],
            "Too few orders.\nmy-shop could not be brought back as it was either. helm failed."
            "\nSee `storectl logs my-shop`, then `storectl retry my-shop`.",
            id="it is not back either",
        ),
        pytest.param(
            [SAVING, a_store("QUEUED", "BACKUP", number=4)],
            [
                a_restore("SUCCEEDED", number=3),
                a_restore("FAILED", **because("The disk is full.")),
            ],
            "The disk is full.",
            id="somebody asked for another",
        ),
    ],
)
async def test_why_a_backup_was_not_restored_in_place(
    states: list[dict[str, Any]], done: list[dict[str, Any]], says: str
) -> None:
    api = ApiThatTells(*states, states[-1], done=done)
    with pytest.raises(RefusedError) as refused:
        await until_restored(cast("Api", api), ASKED, as_json=True)
    assert str(refused.value) == f"The backup was not restored in place of my-shop. {says}"
    assert refused.value.exit_code == 1
    assert api.taken == len(states)


def test_a_terminal_tells_that_a_shop_in_line_is_restored() -> None:
    shown = io.StringIO()
    live = LiveProgress(Console(file=shown, force_terminal=True, width=200, color_system=None))
    with live.live:
        live.show({"store": LOADING | {"status": "QUEUED", "queuePosition": 2}})
    assert (
        "my-shop is QUEUED, number 2 in line, and a backup is being restored in its place"
        in shown.getvalue()
    )


async def test_a_delete_takes_the_place_of_a_restore() -> None:
    deleted = a_store("QUEUED", "DELETE", number=3)
    api = ApiThatTells(SAVING, deleted, deleted, done=[a_restore("CANCELLED")])
    with pytest.raises(RefusedError) as refused:
        await until_restored(cast("Api", api), ASKED, as_json=True)
    assert str(refused.value) == (
        "The backup was not seen to be restored in place of my-shop, because something else was"
        " done with it. See `storectl history store_1`."
    )
    assert api.taken == 2


@pytest.mark.parametrize(
    ("is_address_checked", "says"),
    [(True, "Open it at http://my-shop.example"), (False, "Whether it opens at http://my-shop.")],
)
async def test_a_first_backup_that_has_begun_does_not_hide_the_shops_address(
    capsys: pytest.CaptureFixture[str],
    is_address_checked: bool,  # noqa: FBT001
    says: str,
) -> None:
    building = {**a_store("RUNNING", "CREATE", number=1), "status": "PROVISIONING"}
    api = ApiThatTells(
        building, a_store("RUNNING", "BACKUP"), is_address_checked=is_address_checked
    )
    await until_ready(cast("Api", api), building, after=0, as_json=False)
    assert says in capsys.readouterr().out


@pytest.mark.parametrize(
    ("ready_at", "remedies"),
    [
        pytest.param(None, " or `storectl delete my-shop`", id="it was never open"),
        pytest.param("2026-11-30T12:00:00Z", "", id="its data is worth something"),
    ],
)
async def test_no_delete_is_advised_of_a_shop_that_was_open(
    ready_at: str | None, remedies: str
) -> None:
    failed = {**a_store("FAILED", "RETRY"), "status": "FAILED", "readyAt": ready_at}
    failed["reason"] = because("helm failed.")["reason"]
    with pytest.raises(RefusedError) as refused:
        await until_ready(cast("Api", ApiThatTells(failed)), failed, after=0, as_json=True)
    assert str(refused.value) == (
        "my-shop failed. helm failed.\n"
        f"See `storectl logs my-shop`, then `storectl retry my-shop`{remedies}."
    )


@pytest.mark.parametrize(
    "kind", ["BACKUP", "RESTORE", "SUSPEND", "RESTART", "UPGRADE", "RESET_PASSWORD"]
)
def test_a_store_is_not_settled_while_a_task_is_done(kind: str) -> None:
    told = [is_settled(a_store(status, kind)) for status in ("QUEUED", "RUNNING", "SUCCEEDED")]
    assert told == [False, False, True]
