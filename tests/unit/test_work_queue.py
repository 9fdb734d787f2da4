"""The queue against a model: no key is lost, doubled, or worked on by two."""

import asyncio
from itertools import zip_longest

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from provisioner.reconcile.queue import Lane, WorkQueue

pytestmark = pytest.mark.slow

KEYS = st.sampled_from("abcdef")
OWNERS = st.sampled_from(("ann", "bob", ""))
LANES = st.sampled_from(Lane)


async def taken_now(queue: WorkQueue, lane: Lane) -> str | None:
    """Take a key if there is one, without waiting for one."""
    task = asyncio.create_task(queue.take(lane))
    await asyncio.sleep(0)
    if task.done():
        return task.result()
    task.cancel()
    return None


class QueueMachine(RuleBasedStateMachine):
    """``waiting`` and ``again`` hold what was asked for and is not yet begun, and by whom."""

    def __init__(self) -> None:
        super().__init__()
        self.queue = WorkQueue()
        self.loop = asyncio.Runner()
        self.waiting: dict[str, tuple[Lane, str]] = {}
        self.active: dict[str, tuple[Lane, str]] = {}
        self.again: dict[str, tuple[Lane, str]] = {}
        self.turns: dict[Lane, list[str]] = {lane: [] for lane in Lane}

    def line(self, lane: Lane, owner: str) -> list[str]:
        return [key for key, held in self.waiting.items() if held == (lane, owner)]

    def settle_turns(self) -> None:
        """Owners who have come join the turns at the end; those who have gone leave them."""
        for lane, turns in self.turns.items():
            owners = dict.fromkeys(held[1] for held in self.waiting.values() if held[0] is lane)
            turns[:] = [owner for owner in turns if owner in owners]
            turns += [owner for owner in owners if owner not in turns]

    def served_in_order(self, lane: Lane) -> list[str]:
        """Deal the lane's keys out, a turn after the other."""
        lines = [self.line(lane, owner) for owner in self.turns[lane]]
        return [key for turn in zip_longest(*lines) for key in turn if key is not None]

    def put(self, key: str, asked: tuple[Lane, str]) -> None:
        if key not in self.waiting or asked[0] > self.waiting[key][0]:
            self.waiting.pop(key, None)  # it goes to the end of the higher lane
            self.waiting[key] = asked
        self.settle_turns()

    @rule(key=KEYS, lane=LANES, owner=OWNERS)
    def add(self, key: str, lane: Lane, owner: str) -> None:
        self.queue.add(key, lane, owner)
        if key not in self.active:
            self.put(key, (lane, owner))
        elif key not in self.again or lane > self.again[key][0]:
            self.again[key] = lane, owner

    @rule(lane=LANES)
    def take(self, lane: Lane) -> None:
        expected = next(iter(self.served_in_order(lane)), None)
        assert self.loop.run(taken_now(self.queue, lane)) == expected
        if expected is not None:
            self.active[expected] = self.waiting.pop(expected)
            self.turns[lane].append(self.turns[lane].pop(0))
            self.settle_turns()
            assert self.queue.owner(expected) == self.active[expected][1]

    @precondition(lambda self: self.active)
    @rule(data=st.data())
    def done(self, data: st.DataObject) -> None:
        key = data.draw(st.sampled_from(sorted(self.active)))
        self.queue.done(key)
        del self.active[key]
        if key in self.again:
            self.put(key, self.again.pop(key))

    def teardown(self) -> None:
        self.loop.close()

    @invariant()
    def counts_and_positions(self) -> None:
        for lane in Lane:
            line = self.served_in_order(lane)
            assert self.queue.waiting(lane) == len(line)
            assert [self.queue.position(key) for key in line] == list(range(1, len(line) + 1))
            assert self.queue.active(lane) == [held for held, _ in self.active.values()].count(lane)
        assert all(self.queue.position(k) is None for k in self.active if k not in self.waiting)


TestWorkQueue = QueueMachine.TestCase


async def test_a_hundred_stores_of_one_owner_delay_another_s_by_a_turn() -> None:
    queue = WorkQueue()
    for number in range(100):
        queue.add(f"ann-{number}", Lane.PROVISION, "ann")
    queue.add("bob-0", Lane.PROVISION, "bob")
    assert queue.position("bob-0") == 2
    assert [await queue.take(Lane.PROVISION) for _ in range(3)] == ["ann-0", "bob-0", "ann-1"]


async def test_a_worker_that_waits_is_woken() -> None:
    queue = WorkQueue()
    worker = asyncio.create_task(queue.take(Lane.PROVISION))
    await asyncio.sleep(0)
    queue.add("other", Lane.DELETE)
    await asyncio.sleep(0)
    assert not worker.done()
    queue.add("mine", Lane.PROVISION)
    assert await worker == "mine"
