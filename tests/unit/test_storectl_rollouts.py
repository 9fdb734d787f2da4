"""What storectl tells of a rollout while it follows it, and how that ends."""

import io
from collections.abc import AsyncGenerator, Callable
from typing import Any, cast

import pytest
from rich.console import Console

from app.storectl import rollout_wording
from app.storectl.api import Api
from app.storectl.errors import RefusedError, UnreachableError
from app.storectl.rollout_following import LiveRollout, until_over

STATUSES = ("PENDING", "RUNNING", "SUCCEEDED", "FAILED", "SKIPPED")
TITLE = (
    "Rollout rollout_1 upgrades 3 shops of tiny to version 2, first 1 of them, then at most 2 at a"
    " time."
)
GO_ON = "To go on in spite of that: storectl rollout resume rollout_1"


def a_rollout(status: str = "RUNNING", reason: str | None = None, **counts: int) -> dict[str, Any]:
    return {
        "id": "rollout_1", "engine": "tiny", "version": "2", "canaries": 1, "parallel": 2,
        "stopAfterFailures": 1, "status": status, "reason": reason, "askedBy": "chris",
        "createdAt": "2026-11-30T12:00:00Z", "endedAt": None,
        "counts": [{"status": name, "count": counts.get(name, 0)} for name in STATUSES],
    }  # fmt: skip


def a_turn(name: str, status: str, message: str | None = None) -> dict[str, Any]:
    return {
        "storeId": f"store_{name}", "storeName": name, "formerVersion": "1", "status": status,
        "message": message, "operationId": None,
    }  # fmt: skip


class ApiThatTells:
    """Tells these states of a rollout, and these turns. None is a connection that is lost."""

    def __init__(
        self, *states: dict[str, Any] | None, turns: tuple[dict[str, Any], ...] = ()
    ) -> None:
        self._states = states
        self._turns = turns

    async def follow_rollout(
        self, rollout_id: str, *, on_lost: Callable[[], None]
    ) -> AsyncGenerator[dict[str, Any], None]:
        assert rollout_id == "rollout_1"
        for state in self._states:
            if state is None:
                on_lost()
            else:
                yield state

    async def connection(self, path: str, *_: object, **given: object) -> list[dict[str, Any]]:
        assert (path, given) == ("node stores", {"id": "rollout_1"})
        return list(self._turns)


async def follow(api: ApiThatTells, *, as_json: bool = False) -> None:
    await until_over(cast("Api", api), "rollout_1", as_json=as_json)


async def test_one_that_is_finished(capsys: pytest.CaptureFixture[str]) -> None:
    await follow(
        ApiThatTells(
            a_rollout(PENDING=3),
            a_rollout(PENDING=2, RUNNING=1),
            None,
            a_rollout(PENDING=2, RUNNING=1),
            a_rollout(RUNNING=2, SUCCEEDED=1),
            a_rollout("FINISHED", SUCCEEDED=3),
        )
    )
    assert capsys.readouterr().out.splitlines() == [
        TITLE,
        "RUNNING: 0 of 3 upgraded, 3 waiting.",
        "RUNNING: 0 of 3 upgraded, 1 being upgraded, 2 waiting.",
        "The connection is lost; trying to come back …",
        "RUNNING: 1 of 3 upgraded, 2 being upgraded.",
        "FINISHED: 3 of 3 upgraded.",
    ]


async def test_one_that_is_stopped_fails(capsys: pytest.CaptureFixture[str]) -> None:
    reason = "The shop shop-0, which came first, could not be upgraded: It broke."
    api = ApiThatTells(
        a_rollout("STOPPED", reason, PENDING=2, FAILED=1),
        turns=(a_turn("shop-0", "FAILED", "It broke."), a_turn("shop-1", "PENDING")),
    )
    with pytest.raises(RefusedError) as refused:
        await follow(api)
    assert str(refused.value) == f"The rollout is stopped. {reason}\n{GO_ON}"
    assert capsys.readouterr().out.splitlines() == [
        TITLE,
        "STOPPED: 0 of 3 upgraded, 2 waiting, 1 failed.",
        "SHOP    UPGRADE  WHY",
        "shop-0  failed   It broke.",
    ]


async def test_one_that_somebody_stopped_fails(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(RefusedError) as refused:
        await follow(ApiThatTells(a_rollout("STOPPED", "chris stopped it.", PENDING=3)))
    assert str(refused.value) == f"The rollout is stopped. chris stopped it.\n{GO_ON}"
    assert capsys.readouterr().out.splitlines() == [TITLE, "STOPPED: 0 of 3 upgraded, 3 waiting."]


@pytest.mark.parametrize(("failed", "shops"), [(1, "1 shop"), (2, "2 shops")])
async def test_one_in_which_shops_have_failed_fails(failed: int, shops: str) -> None:
    with pytest.raises(RefusedError) as refused:
        await follow(
            ApiThatTells(
                a_rollout("FINISHED", SUCCEEDED=3 - failed, FAILED=failed),
                turns=(a_turn("shop-0", "FAILED", "It broke."),),
            )
        )
    assert str(refused.value) == f"The rollout is finished, and {shops} could not be upgraded."


async def test_who_was_passed_over_is_no_failure(capsys: pytest.CaptureFixture[str]) -> None:
    api = ApiThatTells(
        a_rollout("FINISHED", SUCCEEDED=2, SKIPPED=1),
        turns=(a_turn("shop-2", "SKIPPED", "The shop is paused."), a_turn("shop-0", "SUCCEEDED")),
    )
    await follow(api)
    assert capsys.readouterr().out.splitlines() == [
        TITLE,
        "FINISHED: 2 of 3 upgraded, 1 passed over.",
        "SHOP    UPGRADE      WHY",
        "shop-2  passed over  The shop is paused.",
    ]


async def test_json_is_a_line_for_each_state(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(RefusedError):
        await follow(
            ApiThatTells(a_rollout(PENDING=3), a_rollout("STOPPED", "x", PENDING=3)), as_json=True
        )
    first, second = capsys.readouterr().out.splitlines()
    assert '"status": "RUNNING"' in first
    assert '"status": "STOPPED"' in second


async def test_a_terminal_shows_what_it_is_and_its_state() -> None:
    console = Console(width=200, force_terminal=True, record=True, file=io.StringIO())
    display = LiveRollout(console)
    console.print(display._rendered())
    display.show(a_rollout(PENDING=2, RUNNING=1))
    display.note("The connection is lost.")
    console.print(display._rendered())
    assert console.export_text().splitlines() == [
        "Connecting …",
        TITLE,
        "RUNNING: 0 of 3 upgraded, 1 being upgraded, 2 waiting.",
        "The connection is lost.",
    ]


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"canaries": 2}, "first 2 of them, then at most 3 at a time"),
        ({"canaries": 0}, "at most 3 at a time"),
    ],
)
def test_the_terms_are_said(given: dict[str, int], says: str) -> None:
    terms = {"engine": "tiny", "version": "2", "parallel": 3, **given}
    assert rollout_wording.terms(terms, 4) == f"4 shops of tiny to version 2, {says}"


def test_a_plan_of_many_shops_says_how_many_are_not_in_the_table() -> None:
    counts = [{"status": "PENDING", "count": 501}, {"status": "SKIPPED", "count": 2}]
    plan = {"counts": counts, "stores": [a_turn("shop", "PENDING")] * 500}
    assert rollout_wording.plan_summary(plan, "2") == [
        "3 shops more, which the table does not have.",
        "501 shops would be upgraded to 2, 2 would not.",
    ]


async def test_a_lost_connection_is_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    connections: list[str] = []

    async def states(_: Api, rollout_id: str) -> AsyncGenerator[dict[str, Any], None]:
        connections.append(rollout_id)
        yield a_rollout(PENDING=3)
        if len(connections) == 1:
            raise UnreachableError("gone")

    monkeypatch.setattr(Api, "_rollout_states", states)
    monkeypatch.setattr("app.storectl.api._pause", lambda _: 0)
    lost: list[bool] = []
    api = Api(cast("Any", None))
    told = [s async for s in api.follow_rollout("rollout_1", on_lost=lambda: lost.append(True))]
    assert told == [a_rollout(PENDING=3)] * 2
    assert (connections, lost) == (["rollout_1"] * 2, [True])
