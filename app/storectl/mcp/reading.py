"""Defines the tools that change nothing."""

from typing import Annotated, Literal

from pydantic import Field

from app.storectl import documents
from app.storectl.api import Api
from app.storectl.mcp.records import (
    BackupList,
    EngineList,
    Logs,
    StoreDetails,
    StoreList,
    Viewer,
    read,
)
from app.storectl.mcp.waiting import Caller, WaitSeconds, awaited

_MOST_EVENTS = 100

StoreKey = Annotated[
    str, Field(description="The store's name or id; a deleted store has only its id.")
]
Status = Literal[
    "QUEUED",
    "PROVISIONING",
    "UPDATING",
    "READY",
    "DEGRADED",
    "FAILED",
    "SUSPENDED",
    "DELETING",
    "DELETED",
]


class ReadingTools:
    """The tools of one user that change nothing."""

    def __init__(self, api: Api, url: str) -> None:
        self._api = api
        self._url = url

    async def whoami(self) -> Viewer:
        """Tell who the user is on the platform, their role, and how many stores they may have."""
        viewer = (await self._api.execute(documents.VIEWER))["viewer"]
        return read(Viewer, viewer, url=self._url)

    async def list_engines(self) -> EngineList:
        """List the kinds of shops that a store can be, with their versions and plans."""
        return read(EngineList, {"engines": await self._api.engines()})

    async def list_stores(
        self,
        *,
        statuses: Annotated[
            list[Status] | None,
            Field(description="Only stores in one of these. Deleted stores need DELETED."),
        ] = None,
        engine: Annotated[str | None, Field(description="Only stores of this engine.")] = None,
        name_contains: Annotated[
            str | None, Field(description="Only stores whose name contains this.")
        ] = None,
        limit: Annotated[int, Field(ge=1, le=100, description="The most stores to list.")] = 50,
    ) -> StoreList:
        """List the stores that the user may see, by name."""
        wanted = {"statuses": statuses, "engine": engine, "nameContains": name_contains}
        found = (await self._api.execute(documents.STORES, first=limit, filter=wanted))["stores"]
        stores = [edge["node"] for edge in found["edges"]]
        return read(StoreList, {"total": found["totalCount"], "stores": stores})

    async def get_store(
        self, caller: Caller, *, store: StoreKey, wait_seconds: WaitSeconds = 0
    ) -> StoreDetails:
        """Show a store with its steps and pods, at once or when the work on it is done."""
        found = await self._api.store(store)
        return await awaited(self._api, found, caller, seconds=wait_seconds)

    async def store_logs(self, *, store: StoreKey) -> Logs:
        """Tell why a store has its status: the reason, output of helm and containers, events."""
        found = await self._api.store(store)
        events = await self._api.events(found["id"])
        latest = events[-_MOST_EVENTS:]
        return read(Logs, found, events=latest, earlierEvents=len(events) - len(latest))

    async def list_backups(
        self,
        *,
        store: StoreKey,
        limit: Annotated[int, Field(ge=1, le=100, description="The most backups to list.")] = 10,
    ) -> BackupList:
        """List the newest backups of a store: when each was made, and what is in it."""
        found = await self._api.store(store)
        answer = (await self._api.execute(documents.BACKUPS, id=found["id"], first=limit))["store"]
        edges = answer["backups"]["edges"] if answer else []
        return read(BackupList, found, backups=[edge["node"] for edge in edges])
