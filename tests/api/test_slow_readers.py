"""Clients that do not read, or are gone without a word, cost the service next to nothing."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from provisioner.domain.cluster import Pod, PodPhase
from tests.api.in_process import InProcess, running
from tests.api.raw_socket import RawSocket, signed_in

FOLLOW = """subscription ($id: ID!) { storeStatus(id: $id, after: 0) {
  version events { version message } store { pods { name } } } }"""
CHANGES = "subscription { storesChanged { cursor stores { id name version pods { message } } } }"
MEGABYTE = 2**20
ROUNDS, PODS = 200, 6


async def subscribe(client: RawSocket, query: str, **variables: Any) -> None:
    payload = {"query": query, "variables": variables}
    await client.send({"id": "1", "type": "subscribe", "payload": payload})


async def replace_pods(service: InProcess, store_id: str, number: int) -> None:
    """Have all pods of a store replaced, each with much to say: 12 events of 8 kB."""
    pods = [
        Pod(
            name=f"web-{number}-{index}", uid=f"{number}-{index}", component="web",
            phase=PodPhase.PENDING, is_ready=False, message="x" * 8192,
            created_at=datetime.now(UTC),
        )
        for index in range(PODS)
    ]  # fmt: skip
    await service.records.record_pods(store_id, pods)


async def test_one_who_does_not_read_gets_everything_in_the_end(tmp_path: Path) -> None:
    async with running(tmp_path, ping_seconds=3600) as service:
        store = await service.add_store()
        async with signed_in(service.port, await service.token()) as client:
            await subscribe(client, FOLLOW, id=f"store_{store.id}")
            await service.until_followed_by(1)
            most_unsent = 0
            for number in range(ROUNDS):
                await replace_pods(service, store.id, number)
                most_unsent = max(most_unsent, service.unsent_bytes)
            # What is held is one update at most, of 500 events, out of some 20 MB by now.
            assert most_unsent < 6 * MEGABYTE

            last = (await service.records.get(store.id)).version
            versions: list[int] = []
            while not versions or versions[-1] < last:
                update = (await client.message())["payload"]["data"]["storeStatus"]
                versions += [event["version"] for event in update["events"]]
                assert update["version"] == versions[-1]
        assert versions == list(range(1, last + 1))
        assert last > 2000
        latest = [f"web-{ROUNDS - 1}-{index}" for index in range(PODS)]
        assert [pod["name"] for pod in update["store"]["pods"]] == latest
        await service.until_followed_by(0)


async def test_of_the_list_it_gets_the_latest_state_only(tmp_path: Path) -> None:
    async with running(tmp_path, ping_seconds=3600) as service:
        stores = [await service.add_store() for _ in range(20)]
        async with signed_in(service.port, await service.token()) as client:
            await subscribe(client, CHANGES)
            assert (await client.message())["payload"]["data"]["storesChanged"]["stores"] == []
            for number in range(10):
                for store in stores:
                    await replace_pods(service, store.id, number)
                assert service.unsent_bytes < 6 * MEGABYTE
            wanted = {
                f"store_{store.id}": (await service.records.get(store.id)).version
                for store in stores
            }
            seen: dict[str, int] = {}
            updates = 0
            while seen != wanted:
                update = (await client.message())["payload"]["data"]["storesChanged"]
                seen |= {item["id"]: item["version"] for item in update["stores"]}
                updates += len(update["stores"])
            assert updates < 10 * len(stores)  # most of the states in between were never sent


async def test_one_who_is_gone_without_a_word(tmp_path: Path) -> None:
    async with running(tmp_path, ping_seconds=0.2) as service:
        store = await service.add_store()
        async with signed_in(service.port, await service.token()) as client:
            await subscribe(client, FOLLOW, id=f"store_{store.id}")
            await service.until_followed_by(1)
            # It reads nothing from here on, so it answers no ping either; its end is not told.
            await service.until_followed_by(0)


async def test_one_who_only_listens_stays(tmp_path: Path) -> None:
    async with running(tmp_path, ping_seconds=0.2) as service:
        store = await service.add_store()
        async with signed_in(service.port, await service.token()) as client:
            await subscribe(client, FOLLOW, id=f"store_{store.id}")
            assert (await client.message())["type"] == "next"
            listening = asyncio.create_task(client.message())
            await asyncio.sleep(1)  # several pings long
            await replace_pods(service, store.id, 1)
            assert (await listening)["type"] == "next"


async def test_a_ping_of_the_protocol_is_answered(tmp_path: Path) -> None:
    async with (
        running(tmp_path) as service,
        signed_in(service.port, await service.token()) as client,
    ):
        await client.send({"type": "ping"})
        assert (await client.message())["type"] == "pong"
