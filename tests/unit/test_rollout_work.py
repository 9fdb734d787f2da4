"""Many shops get another version: a few at a time, canaries first, and never past a bad one."""

import asyncio
from dataclasses import replace

import pytest

from provisioner.domain.codes import RefusalCode
from provisioner.domain.errors import ConflictError, RefusedError
from provisioner.domain.identities import Identity, Role
from provisioner.domain.operations import OperationKind, OperationStatus
from provisioner.domain.owners import local
from provisioner.domain.rollouts import Rollout, RolloutStatus, RolloutTerms, TurnStatus
from provisioner.domain.stores import Store, StoreStatus, StoreTask, Upgrade
from provisioner.storage.database import Database
from tests.unit.rollout_world import ADMIN, TERMS, Fleet

_S, _R, _T = StoreStatus, RolloutStatus, TurnStatus


@pytest.fixture
async def fleet(database: Database, monkeypatch: pytest.MonkeyPatch) -> Fleet:
    made = Fleet(database, monkeypatch)
    await made.open(6)
    return made


async def test_all_shops_get_the_version_after_the_canaries(fleet: Fleet) -> None:
    begun = await fleet.begin(TERMS)
    assert (begun.status, begun.asked_by, begun.counts) == (
        _R.RUNNING,
        ADMIN.owner,
        {_T.PENDING: 6},
    )

    ended = await fleet.settle(begun)

    assert (ended.status, ended.reason, ended.counts) == (_R.FINISHED, "", {_T.SUCCEEDED: 6})
    assert ended.ended_at is not None
    assert {store.engine_version for store in await fleet.stores()} == {"2"}
    # The canary alone, and then two at a time
    assert fleet.at_once == [1, 2, 2, 1]
    operation = (await fleet.records.snapshot(fleet.ids[0])).operation
    assert operation is not None
    assert operation.request.asked_by == ADMIN.owner
    assert operation.request.parameters == f'{{"rollout":"{begun.id}","version":"2"}}'


async def test_a_bad_version_is_stopped_at_the_canary(fleet: Fleet) -> None:
    fleet.broken = set(fleet.ids)

    ended = await fleet.settle(await fleet.begin(TERMS))

    assert ended.status is _R.STOPPED
    assert ended.reason.startswith("The shop shop-0, which came first, could not be upgraded: ")
    assert ended.counts == {_T.FAILED: 1, _T.PENDING: 5}
    # The canary is as it was, and so are all others
    stores = await fleet.stores()
    assert {(store.status, store.engine_version) for store in stores} == {(_S.READY, "1")}
    assert [store.operation_number for store in stores] == [3, 1, 1, 1, 1, 1]


async def test_it_stops_after_failures_and_goes_on_when_it_is_resumed(fleet: Fleet) -> None:
    fleet.broken = {fleet.ids[1], fleet.ids[2], fleet.ids[4]}

    stopped = await fleet.settle(await fleet.begin(replace(TERMS, stop_after_failures=2)))

    assert (stopped.status, stopped.counts) == (
        _R.STOPPED, {_T.SUCCEEDED: 1, _T.FAILED: 2, _T.PENDING: 3},
    )  # fmt: skip
    assert stopped.reason.startswith("2 shops could not be upgraded; shop-2: ")
    resumed = await fleet.service.resume(ADMIN, stopped.id, audit=fleet.action())
    assert (resumed.status, resumed.reason, resumed.ended_at) == (_R.RUNNING, "", None)
    ended = await fleet.settle(resumed)
    assert (ended.status, ended.counts) == (_R.FINISHED, {_T.SUCCEEDED: 3, _T.FAILED: 3})


async def test_what_was_stopped_begins_no_more(fleet: Fleet) -> None:
    begun = await fleet.begin(TERMS)
    await fleet.work.go_round()
    stopped = await fleet.service.stop(ADMIN, begun.id, audit=fleet.action())
    assert (stopped.status, stopped.reason) == (_R.STOPPED, "chris stopped it.")

    ended = await fleet.settle(stopped)

    # What was under way went on
    assert ended.counts == {_T.SUCCEEDED: 1, _T.PENDING: 5}


async def test_a_service_that_is_ended_goes_on(fleet: Fleet) -> None:
    begun = await fleet.begin(TERMS)
    await fleet.work.go_round()
    fleet.restart()
    assert (await fleet.settle(begun)).counts == {_T.SUCCEEDED: 6}
    assert [store.operation_number for store in await fleet.stores()] == [2] * 6


async def test_a_turn_begins_once(fleet: Fleet) -> None:
    begun = await fleet.begin(TERMS)
    await asyncio.gather(fleet.work.go_round(), fleet.work.go_round())
    assert (await fleet.rollouts.get(begun.id)).counts == {_T.RUNNING: 1, _T.PENDING: 5}


async def test_who_is_worked_on_waits_and_who_cannot_be_is_passed_over(fleet: Fleet) -> None:
    begun = await fleet.begin(replace(TERMS, canaries=0, parallel=6))
    backed_up, failed, deleted, upgraded, *_ = fleet.ids
    await fleet.tasks_of.begin(backed_up, StoreTask.BACKUP, "Asked for.")
    await fleet.become(failed, _S.FAILED)
    await fleet.records.request_delete(deleted, "Asked for.")
    await fleet.upgrade_alone(upgraded)

    await fleet.work.go_round()

    turns = {turn.store_id: turn for turn in await fleet.rollouts.turns(begun.id)}
    assert [turns[store_id].status for store_id in fleet.ids] == [
        _T.PENDING, _T.SKIPPED, _T.PENDING, _T.SKIPPED, _T.RUNNING, _T.RUNNING,
    ]  # fmt: skip
    assert turns[failed].message == (
        "Only the shop of a store that is READY or DEGRADED can be upgraded; this one is FAILED."
        " Retry it first."
    )
    assert turns[upgraded].message.startswith("The shop has version 2 already.")
    ended = await fleet.settle(begun)
    assert ended.counts == {_T.SUCCEEDED: 3, _T.SKIPPED: 3}


async def test_a_plan_says_who_cannot_be_upgraded_and_changes_nothing(fleet: Fleet) -> None:
    await fleet.become(fleet.ids[0], _S.FAILED)
    await fleet.upgrade_alone(fleet.ids[1])
    fleet.broken = {fleet.ids[2]}
    await fleet.upgrade_alone(fleet.ids[2])
    before = await fleet.stores()

    planned = await fleet.service.plan(ADMIN, fleet.wanted(TERMS))

    assert [(turn.store_name, turn.status) for turn in planned] == [
        ("shop-3", _T.PENDING), ("shop-4", _T.PENDING), ("shop-5", _T.PENDING),
        ("shop-0", _T.SKIPPED), ("shop-1", _T.SKIPPED), ("shop-2", _T.SKIPPED),
    ]  # fmt: skip
    assert planned[-1].message.startswith("Its upgrade to 2 has failed before: ")
    assert planned[-1].message.endswith("Upgrade it alone, or pass `retriesFailed: true`.")
    again = await fleet.service.plan(ADMIN, replace(fleet.wanted(TERMS), retries_failed=True))
    assert [turn.store_name for turn in again if turn.status is _T.PENDING] == [
        "shop-2", "shop-3", "shop-4", "shop-5",
    ]  # fmt: skip
    assert await fleet.stores() == before
    assert (await fleet.rollouts.page(first=1, after=None)).items == ()


@pytest.mark.parametrize(
    ("terms", "code", "field"),
    [
        (replace(TERMS, canaries=-1), RefusalCode.ROLLOUT_INVALID, "canaries"),
        (replace(TERMS, parallel=0), RefusalCode.ROLLOUT_INVALID, "parallel"),
        (replace(TERMS, parallel=51), RefusalCode.ROLLOUT_INVALID, "parallel"),
        (
            replace(TERMS, stop_after_failures=0),
            RefusalCode.ROLLOUT_INVALID,
            "stopAfterFailures",
        ),
        (replace(TERMS, engine="none"), RefusalCode.ENGINE_UNKNOWN, "engine"),
        (replace(TERMS, version="9"), RefusalCode.VERSION_UNKNOWN, "version"),
        (replace(TERMS, version="1"), RefusalCode.NOTHING_TO_UPGRADE, None),
    ],
)
async def test_what_cannot_be_is_refused(
    fleet: Fleet, terms: RolloutTerms, code: RefusalCode, field: str | None
) -> None:
    before = await fleet.stores()
    with pytest.raises(RefusedError) as refused:
        await fleet.begin(terms)
    (refusal,) = refused.value.refusals
    assert (refusal.code, refusal.field) == (code, field)
    assert await fleet.stores() == before
    assert (await fleet.rollouts.page(first=1, after=None)).items == ()


@pytest.mark.parametrize("role", [Role.VIEWER, Role.OPERATOR])
async def test_it_is_for_admins_alone(fleet: Fleet, role: Role) -> None:
    begun = await fleet.begin(TERMS)
    caller = Identity(local("mira"), role)
    service, audit = fleet.service, fleet.action()
    for refused in (
        service.plan(caller, fleet.wanted(TERMS)),
        service.begin(caller, fleet.wanted(TERMS), audit=audit),
        service.stop(caller, begun.id, audit=audit),
        service.resume(caller, begun.id, audit=audit),
        service.get(caller, begun.id),
        service.page(caller, first=1, after=None),
        service.turns(caller, begun.id, first=1, after=None),
        service.follow(caller, begun.id),
    ):
        with pytest.raises(RefusedError, match="Only admins"):
            await refused
    assert await fleet.rollouts.get(begun.id) == begun


async def test_only_what_runs_is_stopped_and_only_what_is_stopped_resumed(fleet: Fleet) -> None:
    begun = await fleet.begin(TERMS)
    with pytest.raises(RefusedError) as refused:
        await fleet.service.resume(ADMIN, begun.id, audit=fleet.action())
    assert refused.value.refusals[0].code is RefusalCode.ROLLOUT_NOT_STOPPED
    await fleet.service.stop(ADMIN, begun.id, audit=fleet.action())
    with pytest.raises(RefusedError) as refused:
        await fleet.service.stop(ADMIN, begun.id, audit=fleet.action())
    assert refused.value.refusals[0].code is RefusalCode.ROLLOUT_NOT_RUNNING
    with pytest.raises(RefusedError, match=r"There is no such rollout\.") as refused:
        await fleet.service.get(ADMIN, "nothing")
    assert refused.value.refusals[0].code is RefusalCode.NOT_FOUND
    with pytest.raises(ConflictError):
        await fleet.rollouts.end(begun.id, _R.FINISHED, "")


async def test_its_shops_and_the_rollouts_come_in_pages(fleet: Fleet) -> None:
    made = [await fleet.begin(TERMS) for _ in range(3)]
    first = await fleet.service.page(ADMIN, first=2, after=None)
    assert first.has_next
    after = fleet.cursor_of(first.items[-1])
    second = await fleet.service.page(ADMIN, first=2, after=after)
    found = [item.id for item in (*first.items, *second.items)]
    assert sorted(found) == sorted(rollout.id for rollout in made)
    assert not second.has_next

    page = await fleet.service.turns(ADMIN, made[0].id, first=4, after=None)
    rest = await fleet.service.turns(ADMIN, made[0].id, first=4, after=page.items[-1][0])
    names = [turn.store_name for _, turn in (*page.items, *rest.items)]
    assert names == [f"shop-{number}" for number in range(6)]
    assert (page.has_next, rest.has_next) == (True, False)


async def test_whoever_follows_it_sees_it_through(fleet: Fleet) -> None:
    begun, seen, follows = await fleet.begin(TERMS), list[Rollout](), asyncio.Event()

    async def follow() -> None:
        async for state in await fleet.service.follow(ADMIN, begun.id):
            seen.append(state)
            follows.set()

    async with asyncio.timeout(30), asyncio.TaskGroup() as group:
        group.create_task(follow())
        await follows.wait()
        await fleet.settle(begun)

    assert seen[0].counts == {_T.PENDING: 6}
    assert (seen[-1].status, seen[-1].counts) == (_R.FINISHED, {_T.SUCCEEDED: 6})
    done = [state.counts.get(_T.SUCCEEDED, 0) for state in seen]
    assert done == sorted(done)


async def test_a_shop_that_is_deleted_meanwhile_does_not_hold_it_up(fleet: Fleet) -> None:
    begun = await fleet.begin(replace(TERMS, canaries=0, stop_after_failures=3))
    await fleet.work.go_round()
    store: Store = await fleet.records.get(fleet.ids[0])
    assert store.upgrade == Upgrade("2")
    await fleet.records.request_delete(store.id, "Asked for.")
    operations = [turn.status for turn in await fleet.rollouts.turns(begun.id)]
    assert operations[0] is _T.FAILED
    assert (await fleet.settle(begun)).counts == {_T.FAILED: 1, _T.SUCCEEDED: 5}
    latest = (await fleet.records.snapshot(store.id)).operation
    assert latest is not None
    assert (latest.kind, latest.status) == (OperationKind.DELETE, OperationStatus.SUCCEEDED)
