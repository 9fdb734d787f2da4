"""Create a store, follow it until it is ready, then delete it and follow it to its end.

Arguments: the name, and the engine if it is not to be Medusa.
"""

import asyncio
import os
import sys

from gql import Client, gql
from gql.client import AsyncClientSession
from gql.transport.websockets import WebsocketsTransport

URL = os.environ.get("STORE_PLATFORM_URL", "ws://127.0.0.1:8080/graphql")
TOKEN = os.environ["STORE_PLATFORM_TOKEN"]

CREATE = gql("""
  mutation ($input: CreateStoreInput!) {
    createStore(input: $input) { store { id } errors { code field message } } }""")
FOLLOW = gql("""
  subscription ($id: ID!) {
    storeStatus(id: $id, after: 0) {
      events { status message } store { status url reason { message } } } }""")
DELETE = gql("""
  mutation ($input: DeleteStoreInput!) {
    deleteStore(input: $input) { store { id } errors { message } } }""")


async def follow(session: AsyncClientSession, store_id: str, until: str) -> str:
    FOLLOW.variable_values = {"id": store_id}
    store = {}
    async for frame in session.subscribe(FOLLOW):
        update = frame["storeStatus"]
        store = update["store"]
        for event in update["events"]:
            print(" ", event["message"] or event["status"])
        if store["status"] in {until, "FAILED"}:
            break
    print(f"{store['status']}: {store['url']} {(store['reason'] or {}).get('message', '')}")
    return str(store["status"])


async def main(name: str, engine: str = "medusa") -> int:
    transport = WebsocketsTransport(
        url=URL,
        # One that is chosen, since a proxy may hide from gql which one the server chose.
        subprotocols=[WebsocketsTransport.GRAPHQLWS_SUBPROTOCOL],
        init_payload={"authorization": f"Bearer {TOKEN}"},
    )
    async with Client(transport=transport) as session:
        CREATE.variable_values = {"input": {"name": name, "engine": engine}}
        created = (await session.execute(CREATE))["createStore"]
        if created["errors"]:
            print(*(error["message"] for error in created["errors"]), sep="\n")
            return 1
        store_id = created["store"]["id"]
        status = await follow(session, store_id, until="READY")
        DELETE.variable_values = {"input": {"id": store_id}}
        await session.execute(DELETE)
        await follow(session, store_id, until="DELETED")
        return 0 if status == "READY" else 1


if __name__ == "__main__":
    sys.exit(asyncio.run(main(*sys.argv[1:])))
