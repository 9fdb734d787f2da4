"""The queue against a model: no key is lost, doubled, or worked on by two."""

import asyncio

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from provisioner.work_queue import Lane, WorkQueue

KEYS = st.sampled_from("abcd")
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
    """``waiting`` and ``again`` hold what was asked for and is not yet begun."""

    def __init__(self) -> None:
        super().__init__()
        self.queue = WorkQueue()
        self.loop = asyncio.Runner()
        self.waiting: dict[str, Lane] = {}
        self.active: dict[str, Lane] = {}
        self.again: dict[str, Lane] = {}

    @rule(key=KEYS, lane=LANES)
    def add(self, key: str, lane: Lane) -> None:
        self.queue.add(key, lane)
        asked = self.again if key in self.active else self.waiting
        if asked.get(key) is None or lane > asked[key]:
            asked.pop(key, None)  # it goes to the end of the higher lane
            asked[key] = lane

    @rule(lane=LANES)
    def take(self, lane: Lane) -> None:
        expected = next((key for key, held in self.waiting.items() if held is lane), None)
        assert self.loop.run(taken_now(self.queue, lane)) == expected
        if expected is not None:
            self.active[expected] = self.waiting.pop(expected)

    @precondition(lambda self: self.active)
    @rule(data=st.data())
    def done(self, data: st.DataObject) -> None:
        key = data.draw(st.sampled_from(sorted(self.active)))
        self.queue.done(key)
        del self.active[key]
        if key in self.again:
            self.waiting[key] = self.again.pop(key)

    def teardown(self) -> None:
        self.loop.close()

    @invariant()
    def counts_and_positions(self) -> None:
        for lane in Lane:
            line = [key for key, held in self.waiting.items() if held is lane]
            assert self.queue.waiting(lane) == len(line)
            assert [self.queue.position(key) for key in line] == list(range(1, len(line) + 1))
            assert self.queue.active(lane) == list(self.active.values()).count(lane)
        assert all(self.queue.position(k) is None for k in self.active if k not in self.waiting)


TestWorkQueue = QueueMachine.TestCase


async def test_a_worker_that_waits_is_woken() -> None:
    queue = WorkQueue()
    worker = asyncio.create_task(queue.take(Lane.PROVISION))
    await asyncio.sleep(0)
    queue.add("other", Lane.DELETE)
    await asyncio.sleep(0)
    assert not worker.done()
    queue.add("mine", Lane.PROVISION)
    assert await worker == "mine"
