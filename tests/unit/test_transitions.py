"""The state machine: whatever happens, a store's work comes to an end, and deleted is for ever."""

import pytest

from provisioner.domain.stores import StoreStatus, StoreTarget
from provisioner.domain.transitions import ALLOWED, DECISIONS, Action, decide, is_allowed

# What each kind of work may leave behind, told from its outside.
OUTCOMES = {
    Action.PROVISION: {StoreStatus.READY, StoreStatus.FAILED},
    Action.DELETE: {StoreStatus.DELETED},
}


def test_every_status_and_target_is_decided() -> None:
    assert set(DECISIONS) == {(s, t) for s in StoreStatus for t in StoreTarget}


@pytest.mark.parametrize(("status", "target"), sorted(DECISIONS))
def test_work_ends_where_there_is_none_left(status: StoreStatus, target: StoreTarget) -> None:
    for outcome in OUTCOMES.get(decide(status, target), ()):
        assert decide(outcome, target) in {Action.NOTHING, Action.OBSERVE}


@pytest.mark.parametrize("status", list(StoreStatus))
def test_every_store_can_be_deleted(status: StoreStatus) -> None:
    is_deleted = status is StoreStatus.DELETED
    assert decide(status, StoreTarget.DELETED) is (Action.NOTHING if is_deleted else Action.DELETE)
    assert is_allowed(status, StoreStatus.DELETING) is not is_deleted


def test_a_deleted_store_stays_deleted() -> None:
    assert not ALLOWED[StoreStatus.DELETED]
    before = {status for status in StoreStatus if is_allowed(status, StoreStatus.DELETED)}
    assert before == {StoreStatus.DELETING}


def test_every_status_can_be_reached() -> None:
    reached = {StoreStatus.QUEUED}
    while new := {n for s in reached for n in ALLOWED[s]} - reached:
        reached |= new
    assert reached == set(StoreStatus)
