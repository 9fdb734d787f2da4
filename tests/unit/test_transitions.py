"""The state machine: whatever happens, a store's work comes to an end, and deleted is for ever."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from provisioner.domain.backups import RestoreSource
from provisioner.domain.stores import StepName, StoreStatus, StoreTarget
from provisioner.domain.transitions import (
    ALLOWED,
    BACKUP_STEPS,
    DECISIONS,
    DELETE_STEPS,
    PASSWORD_STEPS,
    PROVISION_STEPS,
    RELOADING_STEPS,
    REPLACING_STEPS,
    RESTART_STEPS,
    RESTORE_STEPS,
    RESUME_STEPS,
    SAVING_STEPS,
    SUSPEND_STEPS,
    UPDATING_STEPS,
    UPGRADE_STEPS,
    Action,
    decide,
    is_allowed,
    provision_steps,
)
from tests.stores import a_store

DESIGN = Path(__file__).resolve().parents[2] / "DESIGN.md"

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


@pytest.mark.parametrize(
    ("status", "action"),
    [
        (StoreStatus.QUEUED, Action.PROVISION),
        (StoreStatus.PROVISIONING, Action.PROVISION),
        (StoreStatus.UPDATING, Action.PROVISION),
        (StoreStatus.READY, Action.OBSERVE),
        (StoreStatus.DEGRADED, Action.OBSERVE),
        (StoreStatus.FAILED, Action.NOTHING),  # until somebody asks for a retry
        (StoreStatus.SUSPENDED, Action.OBSERVE),
        (StoreStatus.DELETING, Action.DELETE),
        (StoreStatus.DELETED, Action.NOTHING),
    ],
)
def test_what_is_done_for_a_store_that_shall_be_ready(status: StoreStatus, action: Action) -> None:
    assert decide(status, StoreTarget.READY) is action


def test_the_diagram_in_the_design_is_what_is_allowed() -> None:
    arrows = re.findall(r"^  (\w+) --> (\w+)(?::|$)", DESIGN.read_text(), re.MULTILINE)
    drawn = {(StoreStatus(start), StoreStatus(end)) for start, end in arrows}
    # What the text below the diagram adds
    drawn |= {(status, status) for status in (StoreStatus.DELETING, StoreStatus.FAILED)}
    assert {(start, end) for start, ends in ALLOWED.items() for end in ends} == drawn


def test_the_steps_in_the_design_are_those_done_in_their_order() -> None:
    rows = re.findall(r"^\| `([A-Z_]+)` \|", DESIGN.read_text(), re.MULTILINE)
    others = [StepName.CLOSE, StepName.REMOVE, StepName.EXPAND]
    others += [*RESTART_STEPS, *SUSPEND_STEPS, *PASSWORD_STEPS]
    others += [StepName.PREFLIGHT, StepName.PROBE]
    assert rows == [*RELOADING_STEPS, *DELETE_STEPS, *BACKUP_STEPS, *others]
    assert (StepName.CLOSE, *BACKUP_STEPS) == SAVING_STEPS
    assert (StepName.REMOVE, *RELOADING_STEPS) == REPLACING_STEPS
    assert (StepName.PREFLIGHT, *SAVING_STEPS, *UPDATING_STEPS) == UPGRADE_STEPS
    assert _without(StepName.PROBE, UPDATING_STEPS) == RESUME_STEPS
    assert _without(StepName.OPEN, RELOADING_STEPS) == RESTORE_STEPS
    assert _without(StepName.RESTORE, RELOADING_STEPS) == RESUME_STEPS
    assert _without(StepName.OPEN, RESUME_STEPS) == PROVISION_STEPS


def _without(left_out: StepName, steps: tuple[StepName, ...]) -> tuple[StepName, ...]:
    return tuple(name for name in steps if name is not left_out)


def test_a_shop_that_was_suspended_is_not_loaded_from_the_backup_that_it_began_as() -> None:
    source = RestoreSource(
        store_id="another", number=1, snapshot="5f0e", url="http://h", admin_user="", counts={},
        engine_version="1",
    )  # fmt: skip
    store = replace(a_store(), from_backup=source)
    assert provision_steps(store) == RESTORE_STEPS
    assert provision_steps(replace(store, suspended_at=store.created_at)) == RESUME_STEPS
