"""What every keeper of store records promises (``ports.StoreRecords``), on both databases."""

import asyncio
from collections.abc import Coroutine, Iterable
from typing import Any

import pytest

from provisioner.domain.cluster import PodPhase
from provisioner.domain.codes import ReasonCode
from provisioner.domain.errors import ConflictError, NotFoundError, RefusedError
from provisioner.domain.names import new_store_id
from provisioner.domain.operations import OperationKind
from provisioner.domain.owners import local
from provisioner.domain.stores import (
    EventKind,
    Reason,
    StepName,
    StepStatus,
    Store,
    StoreEvent,
    StoreStatus,
    StoreTarget,
)
from provisioner.domain.transitions import DELETE_STEPS, PROVISION_STEPS
from provisioner.storage.database import Database
from provisioner.storage.stores import StoreRepository
from provisioner.testing import RecordedAnnouncements
from tests.stores import a_pod, a_store

_S = StoreStatus
REASON = Reason(ReasonCode.OTHER, "For the test.")
Announced = RecordedAnnouncements


async def events(records: StoreRepository, store_id: str) -> list[StoreEvent]:
    return await records.events_after(store_id, 0, limit=10_000)


async def assert_history_is_whole(records: StoreRepository, store_id: str) -> None:
    """One event per version, without gaps, up to the store's own."""
    store = await records.get(store_id)
    versions = [event.version for event in await events(records, store_id)]
    assert versions == list(range(1, store.version + 1))


async def counted(attempts: Iterable[Coroutine[Any, Any, object]]) -> int:
    """Run all at once; return how many were done, where the others met a conflict."""
    outcomes = await asyncio.gather(*attempts, return_exceptions=True)
    failed = [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
    assert {type(failure) for failure in failed} <= {ConflictError}, failed
    return len(outcomes) - len(failed)


# Creating -----------------------------------------------------------------------------------------


async def test_a_created_store(repository: StoreRepository, announcements: Announced) -> None:
    asked = a_store()
    store = await repository.create(asked)
    assert (store.status, store.target) == (_S.QUEUED, StoreTarget.READY)
    assert (store.version, store.operation_number) == (1, 1)
    assert await repository.get(store.id) == store
    assert store.created_at == asked.created_at  # to the microsecond
    snapshot = await repository.snapshot(store.id)
    assert [(step.name, step.status) for step in snapshot.steps] == [
        (name, StepStatus.PENDING) for name in PROVISION_STEPS
    ]
    (event,) = await events(repository, store.id)
    assert (event.kind, event.subject, event.status) == (EventKind.STATUS, "store", "QUEUED")
    assert announcements.store_ids == [store.id]


async def test_of_many_at_once_one_gets_the_name(repository: StoreRepository) -> None:
    wanted = [a_store(name="my-shop") for _ in range(12)]
    outcomes = await asyncio.gather(*map(repository.create, wanted), return_exceptions=True)
    made = [outcome for outcome in outcomes if isinstance(outcome, Store)]
    refused = [outcome for outcome in outcomes if isinstance(outcome, RefusedError)]
    assert (len(made), len(refused)) == (1, 11)
    assert {error.refusals[0].code for error in refused} == {"NAME_TAKEN"}
    assert [store.id for store in await repository.undeleted()] == [made[0].id]


async def test_a_name_is_free_again_once_its_store_is_deleted(repository: StoreRepository) -> None:
    store = await repository.create(a_store(name="my-shop"))
    store = await repository.transition(store, _S.DELETING, begins=OperationKind.DELETE)
    with pytest.raises(RefusedError):
        await repository.create(a_store(name="my-shop"))
    await repository.transition(store, _S.DELETED)
    following = await repository.create(a_store(name="my-shop"))
    assert (await repository.get_by_name("my-shop", local("merchant"))).id == following.id
    assert (await repository.get_by_name("my-shop", None)).id == following.id
    with pytest.raises(NotFoundError):
        await repository.get_by_name("my-shop", local("rival"))


async def test_of_many_at_once_one_key_makes_one_store(repository: StoreRepository) -> None:
    made = await asyncio.gather(
        *(repository.create(a_store(), idempotency_key="order-1") for _ in range(12))
    )
    assert len({store.id for store in made}) == 1
    assert len(await repository.undeleted()) == 1
    rival = await repository.create(a_store(owner="rival"), idempotency_key="order-1")
    assert rival.id != made[0].id


async def test_text_that_no_database_can_keep_is_kept_readable(repository: StoreRepository) -> None:
    store = await repository.create(a_store(), idempotency_key="a\0b\ud800")
    again = await repository.create(a_store(), idempotency_key="a\0b\ud800")
    assert again.id == store.id
    step = await repository.update_step(
        store, StepName.NAMESPACE, StepStatus.FAILED, output="ünïcode \N{SNOWMAN} \0 \udfff"
    )
    assert step.output == "ünïcode \N{SNOWMAN} \ufffd \ufffd"


# Transitions --------------------------------------------------------------------------------------


async def test_a_transition_carries_its_event(
    repository: StoreRepository, announcements: Announced
) -> None:
    queued = await repository.create(a_store())
    building = await repository.transition(queued, _S.PROVISIONING)
    failed = await repository.transition(building, _S.FAILED, reason=REASON)
    assert (failed.version, failed.status, failed.reason) == (3, _S.FAILED, REASON)
    assert building.operation_started_at == building.updated_at
    assert await repository.get(queued.id) == failed
    told = [(event.status, event.message) for event in await events(repository, queued.id)][1:]
    assert told == [
        ("PROVISIONING", "The store is PROVISIONING."),
        ("FAILED", "For the test."),
    ]
    assert announcements.store_ids == [queued.id] * 3


async def test_a_reason_goes_with_the_status_it_explained(repository: StoreRepository) -> None:
    store = await repository.create(a_store())
    for status, reason in [(_S.PROVISIONING, None), (_S.READY, None), (_S.DEGRADED, REASON)]:
        store = await repository.transition(store, status, reason=reason)
    ready = await repository.transition(store, _S.READY)
    assert (ready.reason, ready.ready_at) == (None, ready.updated_at)


@pytest.mark.parametrize("following", [_S.READY, _S.DELETED, _S.DEGRADED, _S.FAILED])
async def test_a_transition_that_is_none(
    repository: StoreRepository, announcements: Announced, following: StoreStatus
) -> None:
    store = await repository.create(a_store())
    with pytest.raises(ConflictError, match="cannot go from QUEUED"):
        await repository.transition(store, following)
    assert await repository.get(store.id) == store
    assert announcements.store_ids == [store.id]


async def test_a_transition_from_where_the_store_no_longer_is(
    repository: StoreRepository, announcements: Announced
) -> None:
    queued = await repository.create(a_store())
    building = await repository.transition(queued, _S.PROVISIONING)
    with pytest.raises(ConflictError, match="no longer QUEUED"):
        await repository.transition(queued, _S.DELETING, begins=OperationKind.DELETE)
    assert await repository.get(queued.id) == building
    assert len((await repository.snapshot(queued.id)).steps) == len(PROVISION_STEPS)
    assert announcements.store_ids == [queued.id] * 2
    await assert_history_is_whole(repository, queued.id)


async def test_of_many_transitions_at_once_one_wins(repository: StoreRepository) -> None:
    store = await repository.create(a_store())
    ways = [_S.PROVISIONING, _S.DELETING] * 8
    done = await counted(repository.transition(store, way) for way in ways)
    assert done == 1
    assert (await repository.get(store.id)).version == 2
    await assert_history_is_whole(repository, store.id)


async def test_a_store_that_is_not_there(repository: StoreRepository) -> None:
    nobody = a_store()
    for read in (repository.get, repository.snapshot):
        with pytest.raises(NotFoundError):
            await read(nobody.id)
    with pytest.raises(NotFoundError):
        await repository.record_pods(nobody.id, ())
    with pytest.raises(NotFoundError):
        await repository.request_delete(nobody.id, "")
    with pytest.raises(ConflictError):
        await repository.transition(nobody, _S.PROVISIONING)
    with pytest.raises(ConflictError):
        await repository.update_step(nobody, StepName.NAMESPACE, StepStatus.RUNNING)
    assert await events(repository, nobody.id) == []


# Deleting -----------------------------------------------------------------------------------------


async def test_a_deletion_is_asked_for_once(repository: StoreRepository) -> None:
    store = await repository.create(a_store())
    wanted = await asyncio.gather(
        *(repository.request_delete(store.id, "Enough.") for _ in range(12))
    )
    assert {found.target for found in wanted} == {StoreTarget.DELETED}
    assert [event.message for event in await events(repository, store.id)][1:] == ["Enough."]
    await assert_history_is_whole(repository, store.id)


async def test_a_deletion_only_in_some_statuses(repository: StoreRepository) -> None:
    store = await repository.create(a_store())
    with pytest.raises(ConflictError, match="is QUEUED"):
        await repository.request_delete(store.id, "", only_in=(_S.FAILED,))
    assert await repository.get(store.id) == store


async def test_cancelled_or_ready_but_never_both(repository: StoreRepository) -> None:
    """A cancel that was accepted while the store was being built is never of a ready store."""
    for _ in range(8):
        store = await repository.create(a_store())
        store = await repository.transition(store, _S.PROVISIONING)
        cancelled, _ = await asyncio.gather(
            repository.request_delete(store.id, "Cancelled.", only_in=(_S.PROVISIONING,)),
            repository.transition(store, _S.READY),
            return_exceptions=True,
        )
        told = [event.status for event in await events(repository, store.id)]
        if isinstance(cancelled, ConflictError):
            assert "DELETED" not in told
        else:
            assert told.index("DELETED") < told.index("READY")
        await assert_history_is_whole(repository, store.id)


# Steps --------------------------------------------------------------------------------------------


async def test_a_step_from_its_start_to_its_end(repository: StoreRepository) -> None:
    store = await repository.create(a_store())
    running = await repository.update_step(
        store, StepName.NAMESPACE, StepStatus.RUNNING, message="Making it."
    )
    assert running.started_at is not None
    assert running.finished_at is None
    ended = await repository.update_step(
        store, StepName.NAMESPACE, StepStatus.SUCCEEDED, message="Made.", output="log"
    )
    assert ended.started_at == running.started_at
    assert ended.finished_at is not None
    assert (ended.message, ended.output) == ("Made.", "log")
    assert (await repository.snapshot(store.id)).steps[0] == ended
    told = [(e.kind, e.subject, e.status) for e in await events(repository, store.id)][1:]
    assert told == [(EventKind.STEP, "NAMESPACE", s) for s in ("RUNNING", "SUCCEEDED")]


async def test_a_new_operation_has_new_steps_and_ends_those_before(
    repository: StoreRepository,
) -> None:
    first = await repository.create(a_store())
    building = await repository.transition(first, _S.PROVISIONING)
    await repository.update_step(building, StepName.NAMESPACE, StepStatus.RUNNING)
    second = await repository.transition(building, _S.DELETING, begins=OperationKind.DELETE)
    assert second.operation_number == 2
    before = await repository.snapshot(first.id)
    assert [step.name for step in before.steps] == list(DELETE_STEPS)

    # A worker that still is at the operation before is told so, and changes nothing
    with pytest.raises(ConflictError, match="Operation 1 of store"):
        await repository.update_step(building, StepName.NAMESPACE, StepStatus.SUCCEEDED)
    with pytest.raises(ConflictError):
        await repository.update_step(second, StepName.HELM_INSTALL, StepStatus.RUNNING)
    assert await repository.snapshot(first.id) == before
    await assert_history_is_whole(repository, first.id)


async def test_a_step_never_ends_after_its_operation(
    repository: StoreRepository, database: Database
) -> None:
    for _ in range(8):
        store = await repository.create(a_store())
        updates = [
            repository.update_step(store, StepName.NAMESPACE, StepStatus.RUNNING) for _ in range(4)
        ]
        move = repository.transition(store, _S.DELETING, begins=OperationKind.DELETE)
        assert await counted([*updates[:2], move, *updates[2:]]) >= 1
        rows = await database.read(
            lambda t, key=store.id: t.fetch_all(  # type: ignore[misc]
                "SELECT status FROM steps WHERE store_id = :id AND attempt = 1", {"id": key}
            )
        )
        assert {row["status"] for row in rows} == {"SKIPPED"}
        await assert_history_is_whole(repository, store.id)


# Pods ---------------------------------------------------------------------------------------------


async def test_pods_are_recorded_as_differences(
    repository: StoreRepository, announcements: Announced
) -> None:
    store = await repository.create(a_store())
    assert await repository.record_pods(store.id, [a_pod("1"), a_pod("2", name="db-0")]) == 2
    assert await repository.record_pods(store.id, [a_pod("2", name="db-0"), a_pod("1")]) == 0
    assert await repository.record_pods(store.id, [a_pod("1", is_ready=True)]) == 2
    assert (await repository.snapshot(store.id)).pods == (a_pod("1", is_ready=True),)
    assert await repository.record_pods(store.id, []) == 1
    told = [(e.subject, e.status) for e in await events(repository, store.id) if e.kind == "POD"]
    assert told == [
        ("web-0", "Running"), ("db-0", "Running"), ("db-0", "Gone"), ("web-0", "Ready"),
        ("web-0", "Gone"),
    ]  # fmt: skip
    assert announcements.store_ids == [store.id] * 4
    await assert_history_is_whole(repository, store.id)


async def test_the_same_pods_recorded_many_times_at_once(repository: StoreRepository) -> None:
    store = await repository.create(a_store())
    for pods in ([a_pod("1")], [a_pod("1", is_ready=True)], []):
        made = await asyncio.gather(*(repository.record_pods(store.id, pods) for _ in range(12)))
        assert sorted(made) == [0] * 11 + [1]
    await assert_history_is_whole(repository, store.id)


# Reading ------------------------------------------------------------------------------------------


async def test_events_by_pieces(repository: StoreRepository) -> None:
    store = await repository.create(a_store())
    for message in "abcde":
        await repository.update_step(store, StepName.NAMESPACE, StepStatus.RUNNING, message=message)
    every = await events(repository, store.id)
    assert await repository.events_after(store.id, 2, limit=3) == every[2:5]
    assert await repository.events_after(store.id, 6, limit=3) == []
    assert await repository.events_after(new_store_id(), 0, limit=3) == []


async def test_a_snapshot_is_of_one_moment(repository: StoreRepository) -> None:
    """Each change bumps the version with a pod's and a step's text: they must always agree."""
    store = await repository.create(a_store())
    done = asyncio.Event()

    async def write() -> int:
        for number in range(40):
            await repository.update_step(
                store, StepName.NAMESPACE, StepStatus.RUNNING, message=str(number)
            )
        done.set()
        return 40

    async def read() -> int:
        seen = 0
        while not done.is_set():
            snapshot = await repository.snapshot(store.id)
            message = snapshot.steps[0].message
            assert snapshot.store.version == (int(message) + 2 if message else 1)
            seen += 1
        return seen

    assert min(await asyncio.gather(write(), *(read() for _ in range(4)))) > 0


async def test_snapshots_of_several(repository: StoreRepository) -> None:
    stores = [await repository.create(a_store()) for _ in range(3)]
    await repository.record_pods(stores[1].id, [a_pod("1")])
    found = await repository.snapshots([*(store.id for store in stores), new_store_id()])
    assert set(found) == {store.id for store in stores}
    assert [len(found[store.id].pods) for store in stores] == [0, 1, 0]
    assert {len(snapshot.steps) for snapshot in found.values()} == {len(PROVISION_STEPS)}


async def test_counts_and_what_is_not_deleted(repository: StoreRepository) -> None:
    kept, gone = await repository.create(a_store()), await repository.create(a_store())
    gone = await repository.transition(gone, _S.DELETING, begins=OperationKind.DELETE)
    await repository.transition(gone, _S.DELETED)
    assert await repository.counts() == {_S.QUEUED: 1, _S.DELETED: 1}
    assert [store.id for store in await repository.undeleted()] == [kept.id]


async def test_everything_at_once_keeps_every_history_whole(repository: StoreRepository) -> None:
    stores = [await repository.create(a_store()) for _ in range(5)]

    async def live(store: Store, number: int) -> None:
        pods = [a_pod(str(number), is_ready=number % 2 == 0)]
        await asyncio.gather(
            repository.record_pods(store.id, pods),
            repository.update_step(store, StepName.NAMESPACE, StepStatus.RUNNING),
            repository.record_pods(store.id, []),
            repository.snapshot(store.id),
        )

    await asyncio.gather(*(live(store, number) for number in range(8) for store in stores))
    for store in stores:
        await assert_history_is_whole(repository, store.id)


# Rows of another version --------------------------------------------------------------------------


async def test_a_reason_of_another_version_keeps_its_message(
    repository: StoreRepository, database: Database
) -> None:
    store = await repository.create(a_store())
    values = {"id": store.id}
    await database.transact(
        lambda t: t.execute(
            "UPDATE stores SET reason_code = 'OF_ANOTHER', reason_message = 'Why.' WHERE id = :id",
            values,
        )
    )
    assert (await repository.get(store.id)).reason == Reason(ReasonCode.OTHER, "Why.")


async def test_a_phase_of_another_version_is_unknown(
    repository: StoreRepository, database: Database
) -> None:
    store = await repository.create(a_store())
    await repository.record_pods(store.id, [a_pod("1")])
    values = {"id": store.id}
    await database.transact(
        lambda t: t.execute(
            "UPDATE pods SET detail = REPLACE(detail, '\"Running\"', '\"Resting\"')"
            " WHERE store_id = :id",
            values,
        )
    )
    (pod,) = (await repository.snapshot(store.id)).pods
    assert pod.phase is PodPhase.UNKNOWN
