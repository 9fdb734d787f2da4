"""The clients that people use each create a store, follow it to READY, and delete it to its end."""

import asyncio
import subprocess
from typing import Any

from app.local import frontend
from tests.e2e import curl
from tests.e2e.service import CREATE, DELETE, ROOT, Service

FOLLOW = """subscription ($id: ID!, $after: Int) { storeStatus(id: $id, after: $after) {
  version events { version } store { status } } }"""


def test_graphql_ws(service: Service) -> None:
    done: subprocess.CompletedProcess[str] = frontend.run_script(
        ROOT / "tests" / "e2e" / "create_and_follow.mjs",
        "from-javascript",
        environment={
            "STORE_PLATFORM_TOKEN": service.token("script"),
            "STORE_PLATFORM_URL": f"{service.url.replace('http', 'ws')}/graphql",
        },
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "READY: http://from-javascript.store.localhost" in done.stdout
    assert done.stdout.splitlines()[-1].startswith("DELETED: ")


async def test_curl(service: Service) -> None:
    token = service.token("script")
    given = {"name": "from-curl", "engine": "woocommerce"}
    created = await curl.execute(service, token, CREATE, input=given)
    store_id = created["createStore"]["store"]["id"]

    async def follow(until: str, last: str | None) -> list[curl.Event]:
        found: list[curl.Event] = []
        async with (
            curl.events(service, token, FOLLOW, last, id=store_id, after=0) as stream,
            asyncio.timeout(90),
        ):
            async for event in stream:
                found += [event] if event.name == "next" else []
                if found and update_of(found[-1])["store"]["status"] in {until, "FAILED"}:
                    break
        return found

    made = await follow("READY", None)
    await curl.execute(service, token, DELETE, input={"id": store_id})
    removed = await follow("DELETED", made[-1].id)

    assert [update_of(part[-1])["store"]["status"] for part in (made, removed)] == [
        "READY",
        "DELETED",
    ]
    updates = [update_of(event) for event in made + removed]
    versions = [event["version"] for update in updates for event in update["events"]]
    assert versions == list(range(1, updates[-1]["version"] + 1))
    assert [event.id for event in made + removed] == [str(item["version"]) for item in updates]


def update_of(event: curl.Event) -> dict[str, Any]:
    """Return what an event of a stream says of the store."""
    update: dict[str, Any] = event.data["data"]["storeStatus"]
    return update
