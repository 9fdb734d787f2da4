"""A service whose database cannot be written for a while: what it says meanwhile, and afterwards.

Callers ask for stores the whole time, more at once than there are connections, and read in between.
What was acknowledged has to be there in the end, what was refused must not; every answer comes
within a bounded time, says what is wrong, and the first after the end is as if nothing had been.
"""

import asyncio
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from app.local.cluster.progress import say
from tests.e2e.service import CREATE, ROOT, Service
from tests.faults.faults import Fault

AT_ONCE = 12  # two more than there are connections
TRY_AGAIN = 75
_ROUND_SECONDS = 5.0
_REPORT_SECONDS = 60.0
_MOST_SECONDS = 60.0
_LIST = """query ($after: String) {
  stores(first: 100, after: $after) {
    edges { node { name } } pageInfo { hasNextPage endCursor } } }"""


@dataclass
class Tally:
    """What was answered. Times are in seconds."""

    made: set[str] = field(default_factory=set)
    refused: set[str] = field(default_factory=set)
    messages: set[str] = field(default_factory=set)
    write_seconds: list[float] = field(default_factory=list)
    read_seconds: list[float] = field(default_factory=list)
    live: list[int] = field(default_factory=list)
    commands: set[tuple[int, str]] = field(default_factory=set)
    back_after_seconds: float = 0.0
    began: float = field(default_factory=time.monotonic)

    @property
    def summary(self) -> str:
        return (
            f"{len(self.made)} stores made, {len(self.refused)} refused, each within"
            f" {max(self.write_seconds, default=0):.1f} s (median"
            f" {statistics.median(self.write_seconds or [0]):.2f} s); {len(self.read_seconds)}"
            f" reads, each within {max(self.read_seconds, default=0) * 1000:.0f} ms"
        )


class Outage:
    """One run. ``service`` has begun to serve, its database is a file."""

    def __init__(self, service: Service, fault: Fault, seconds: float) -> None:
        self._service = service
        self._fault = fault
        self._seconds = seconds
        self._number = 0
        self.tally = Tally()

    async def run(self) -> None:
        """Go through it: before, meanwhile, afterwards."""
        token = self._service.token("faults")
        headers = {"Authorization": f"Bearer {token}"}
        async with httpx.AsyncClient(
            base_url=self._service.url,
            headers=headers,
            timeout=_MOST_SECONDS,
            limits=httpx.Limits(max_keepalive_connections=0),  # idle ones are closed at any moment
        ) as http:
            for _ in range(3):
                assert await self._create(http)
            self._fault.begin()
            try:
                await self._go_on(http)
                await self._try_the_command_line()
            finally:
                self._fault.end()
            began = time.monotonic()
            assert await self._create(http), self.tally.messages
            self.tally.back_after_seconds = time.monotonic() - began
            await asyncio.gather(*(self._create(http) for _ in range(AT_ONCE)))
            await self._nothing_is_lost(http)
        self._nothing_is_half_done()

    async def _go_on(self, http: httpx.AsyncClient) -> None:
        reading = asyncio.create_task(self._read_on(http))
        ends, says = time.monotonic() + self._seconds, time.monotonic() + _REPORT_SECONDS
        try:
            while (now := time.monotonic()) < ends or not self.tally.refused:
                await asyncio.gather(*(self._create(http) for _ in range(AT_ONCE)))
                self._fault.keep_up()
                if now > says:
                    say(f"  {self.tally.summary}")
                    says = now + _REPORT_SECONDS
                left = max(ends - time.monotonic(), 0)
                await asyncio.wait({reading}, timeout=min(_ROUND_SECONDS, left))
        finally:
            reading.cancel()
            await asyncio.wait({reading})
        if not reading.cancelled():
            reading.result()

    async def _create(self, http: httpx.AsyncClient) -> bool:
        """Ask for a store; return whether it was made. Any answer but yes and "not now" fails."""
        self._number += 1
        name = f"shop-{self._number}"
        began = time.monotonic()
        answer = await self._ask(http, CREATE, input={"name": name, "engine": "woocommerce"})
        self.tally.write_seconds.append(time.monotonic() - began)
        if not answer.get("errors"):
            assert answer["data"]["createStore"]["errors"] == [], answer
            self.tally.made.add(name)
            return True
        (error,) = answer["errors"]
        assert error["extensions"]["code"] == "UNAVAILABLE", answer
        assert self._fault.says in error["message"], answer
        self.tally.refused.add(name)
        self.tally.messages.add(error["message"])
        return False

    async def _read_on(self, http: httpx.AsyncClient) -> None:
        while True:
            began = time.monotonic()
            answer = await self._ask(http, "{ viewer { name } stores(first: 5) { totalCount } }")
            assert "errors" not in answer, answer
            self.tally.read_seconds.append(time.monotonic() - began)
            live = (await http.get("/livez")).status_code
            assert live == 200
            self.tally.live.append(live)
            await asyncio.sleep(0.25)

    async def _ask(self, http: httpx.AsyncClient, query: str, **variables: Any) -> Any:
        asked = {"query": query, "variables": variables}
        return (await http.post("/graphql", json=asked)).json()

    async def _try_the_command_line(self) -> None:
        done = await asyncio.to_thread(
            subprocess.run, [sys.executable, "-m", "app", "token", "create", "somebody"],
            cwd=ROOT, env=self._service.environment, timeout=_MOST_SECONDS,
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        self.tally.commands.add((done.returncode, done.stderr))
        assert (done.returncode, done.stdout) == (TRY_AGAIN, ""), done
        assert self._fault.says in done.stderr
        assert done.stderr.count("\n") == 1, done.stderr

    async def _nothing_is_lost(self, http: httpx.AsyncClient) -> None:
        names, after, is_more = set[str](), None, True
        while is_more:
            answer = await self._ask(http, _LIST, after=after)
            assert "errors" not in answer, answer
            page = answer["data"]["stores"]
            names |= {edge["node"]["name"] for edge in page["edges"]}
            is_more, after = page["pageInfo"]["hasNextPage"], page["pageInfo"]["endCursor"]
        assert names == self.tally.made

    def _nothing_is_half_done(self) -> None:
        """Each store that was made has its steps and its audit entry; nothing else has any."""
        sql = self._service.sql
        assert sql("PRAGMA integrity_check") == [("ok",)]
        made = {name for (name,) in sql("SELECT name FROM stores")}
        assert made == self.tally.made
        assert sql("SELECT COUNT(*) FROM audit WHERE outcome = 'ACCEPTED'") == [(len(made),)]
        with_steps = "SELECT COUNT(DISTINCT store_id) FROM steps"
        assert sql(with_steps) == [(len(made),)]
        assert sql("SELECT COUNT(*) FROM tokens WHERE owner = 'somebody'") == [(0,)]


def database_file(folder: Path) -> Path:
    """Return where the database goes; its folder may be a disk of its own."""
    disk = folder / "disk"
    disk.mkdir()
    return disk / "platform.db"
