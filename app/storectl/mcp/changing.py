"""Defines the tools that change something."""

from typing import Annotated

from pydantic import Field

from app.storectl.api import Api
from app.storectl.errors import Problem, RefusedError
from app.storectl.following import cannot_go, is_built, operation_ended
from app.storectl.mcp.reading import StoreKey
from app.storectl.mcp.records import Backup, StoreDetails, read
from app.storectl.mcp.waiting import LONG_ENOUGH, Caller, WaitSeconds, awaited
from app.storectl.undoing import restore_ended, upgrade_ended

BackupNumber = Annotated[
    int, Field(description="The number of the backup, as list_backups has it.")
]


class ChangingTools:
    """The tools of one user that change something."""

    def __init__(self, api: Api) -> None:
        self._api = api

    async def create_store(
        self,
        caller: Caller,
        *,
        name: Annotated[str, Field(description="3 to 40 characters a-z, 0-9 and hyphens.")],
        engine: Annotated[
            str | None, Field(description="The kind of shop. Needed only if there are several.")
        ] = None,
        version: Annotated[
            str | None, Field(description="The engine's version; its default if left out.")
        ] = None,
        plan: Annotated[
            str | None,
            Field(
                description="How much the shop has of the cluster, of plans in list_engines; the"
                " engine's default if left out."
            ),
        ] = None,
        contact_email: Annotated[
            str | None, Field(description="Where the shop writes to the merchant.")
        ] = None,
        wait_seconds: WaitSeconds = LONG_ENOUGH,
    ) -> StoreDetails:
        """Create a store, and wait until it is READY or FAILED, which takes up to some minutes.

        If it is not settled when the wait is over, go on with get_store; do not create it again.
        """
        store = await self._api.change(
            "createStore", name=name, engine=engine or await self._only_engine(), version=version,
            plan=plan, contactEmail=contact_email,
        )  # fmt: skip
        return await awaited(
            self._api, store, caller, seconds=wait_seconds, after=0, until=is_built
        )

    async def retry_store(
        self, caller: Caller, *, store: StoreKey, wait_seconds: WaitSeconds = LONG_ENOUGH
    ) -> StoreDetails:
        """Try a store that is FAILED again. What was made so far is kept."""
        tried = await self._api.change("retryStore", id=await self._id(store))
        return await awaited(
            self._api, tried, caller, seconds=wait_seconds, after=tried["version"], until=is_built
        )

    async def suspend_store(
        self, caller: Caller, *, store: StoreKey, wait_seconds: WaitSeconds = LONG_ENOUGH
    ) -> StoreDetails:
        """Pause a shop, and wait until it is SUSPENDED: shoppers find it closed from then on.

        What is in it, its address and its backups are kept, and resume_store opens it again. It has
        to be READY or DEGRADED, and stays so if it cannot be paused; the operation says why.
        """
        asked = await self._api.change("suspendStore", id=await self._id(store))
        return await awaited(
            self._api, asked, caller, seconds=wait_seconds, after=asked["version"],
            until=operation_ended(asked),
        )  # fmt: skip

    async def resume_store(
        self, caller: Caller, *, store: StoreKey, wait_seconds: WaitSeconds = LONG_ENOUGH
    ) -> StoreDetails:
        """Open a shop that is SUSPENDED again, as it was, and wait until it is READY or FAILED.

        If it is not settled when the wait is over, go on with get_store.
        """
        asked = await self._api.change("resumeStore", id=await self._id(store))
        return await awaited(
            self._api, asked, caller, seconds=wait_seconds, after=asked["version"], until=is_built
        )

    async def restart_store(
        self, caller: Caller, *, store: StoreKey, wait_seconds: WaitSeconds = LONG_ENOUGH
    ) -> StoreDetails:
        """Start every part of a shop anew, and wait until all of it runs again.

        Nothing that is in it changes, but shoppers may have to wait for some seconds. It has to be
        READY or DEGRADED, and keeps that status meanwhile. The returned operation says how it
        ended, and why it failed. If it is not settled when the wait is over, go on with get_store;
        do not restart it again.
        """
        asked = await self._api.change("restartStore", id=await self._id(store))
        return await awaited(
            self._api, asked, caller, seconds=wait_seconds, after=asked["version"],
            until=operation_ended(asked),
        )  # fmt: skip

    async def change_plan(
        self,
        caller: Caller,
        *,
        store: StoreKey,
        plan: Annotated[str, Field(description="The plan, of plans in list_engines.")],
        wait_seconds: WaitSeconds = LONG_ENOUGH,
    ) -> StoreDetails:
        """Give a shop another plan, and wait until it has it, or its former one again.

        It stays open, and shoppers may have to wait for up to some minutes. Nothing is lost; its
        volumes never shrink. The returned operation says how it ended, and why it failed.
        """
        asked = await self._api.change("changePlan", id=await self._id(store), plan=plan)
        return await awaited(
            self._api, asked, caller, seconds=wait_seconds, after=asked["version"],
            until=operation_ended(asked),
        )  # fmt: skip

    async def upgrade_store(
        self,
        caller: Caller,
        *,
        store: StoreKey,
        version: Annotated[
            str | None,
            Field(
                description="The version, of upgrades in get_store; the engine's default if left"
                " out."
            ),
        ] = None,
        wait_seconds: WaitSeconds = LONG_ENOUGH,
    ) -> StoreDetails:
        """Give a shop another version of its engine, and wait until it has it or is as it was.

        Shoppers are turned away meanwhile, for some minutes: let the user confirm it. It has to be
        READY or DEGRADED. It is saved as it is before. If anything fails, an operation that nobody
        asked for brings the shop back as it was, and store_logs tells why. If it is not settled
        when the wait is over, go on with get_store; do not upgrade it again.
        """
        asked = await self._api.change("upgradeStore", id=await self._id(store), version=version)
        return await awaited(
            self._api, asked, caller, seconds=wait_seconds, after=asked["version"],
            until=upgrade_ended,
        )  # fmt: skip

    async def create_backup(
        self, caller: Caller, *, store: StoreKey, wait_seconds: WaitSeconds = LONG_ENOUGH
    ) -> StoreDetails:
        """Make a backup of a store that is READY or DEGRADED, and wait until it is made.

        The shop serves on meanwhile. The returned operation says how it ended, and why it failed.
        If it is not settled when the wait is over, go on with get_store; do not ask for another.
        """
        asked = await self._api.change("createBackup", id=await self._id(store))
        return await awaited(
            self._api, asked, caller, seconds=wait_seconds, after=asked["version"],
            until=operation_ended(asked),
        )  # fmt: skip

    async def verify_backup(
        self,
        *,
        store: StoreKey,
        number: Annotated[
            int | None, Field(description="The number of the backup; the newest if left out.")
        ] = None,
    ) -> Backup:
        """Have a shop made of a backup that nobody sees, to find out whether that can be done.

        It takes minutes, and the shop is removed again: list_backups has what came of it.
        """
        return read(Backup, await self._api.change_backup("verifyBackup", store, number))

    async def pin_backup(self, *, store: StoreKey, number: BackupNumber) -> Backup:
        """Keep a backup of a store until it is unpinned, however old it is.

        Those of a deleted store can be pinned too.
        """
        return read(Backup, await self._api.change_backup("pinBackup", store, number))

    async def unpin_backup(self, *, store: StoreKey, number: BackupNumber) -> Backup:
        """Keep a backup no longer than others: it may be removed soon, and cannot be got back."""
        return read(Backup, await self._api.change_backup("unpinBackup", store, number))

    async def restore_backup(
        self,
        caller: Caller,
        *,
        store: StoreKey,
        name: Annotated[
            str, Field(description="The new store's name: 3 to 40 characters a-z, 0-9, hyphens.")
        ],
        number: Annotated[
            int | None, Field(description="The number of the backup; the newest if left out.")
        ] = None,
        contact_email: Annotated[
            str | None,
            Field(description="Where the new shop writes to the merchant; as in the other one."),
        ] = None,
        plan: Annotated[
            str | None,
            Field(description="The new shop's plan; that of the other one if left out."),
        ] = None,
        as_copy: Annotated[
            bool,
            Field(
                description="Make it a copy to try things in, which sends no mail, takes no"
                " payments and calls nobody outside. It never becomes a shop like any other."
            ),
        ] = False,
        wait_seconds: WaitSeconds = LONG_ENOUGH,
    ) -> StoreDetails:
        """Create a new store from a backup of a store, which is left as it is.

        The new one has the goods, orders, settings and accounts of then, at an address of its own.
        If it is not settled when the wait is over, go on with get_store; do not restore it again.
        """
        backup = await self._api.backup(store, number)
        made = await self._api.change(
            "createStore", name=name, fromBackup=backup["id"], contactEmail=contact_email,
            plan=plan, asCopy=as_copy or None,
        )  # fmt: skip
        return await awaited(self._api, made, caller, seconds=wait_seconds, after=0, until=is_built)

    async def restore_in_place(
        self,
        caller: Caller,
        *,
        store: StoreKey,
        number: BackupNumber,
        accept_loss_since: Annotated[
            str | None,
            Field(
                description="When the backup was made, as made_at of list_backups: the user agrees"
                " that the shop loses what came after that. Left out, nothing is done, and the"
                " error says what would be lost."
            ),
        ] = None,
        without_backup: Annotated[
            bool,
            Field(
                description="Do not save the shop as it is before: what is in no backup is lost for"
                " good. Needed for a store that is FAILED, or whose database is gone."
            ),
        ] = False,
        wait_seconds: WaitSeconds = LONG_ENOUGH,
    ) -> StoreDetails:
        """Put a backup in place of the shop itself: let the user confirm what is lost.

        The shop is closed and saved as it is before; that takes minutes. If the backup cannot be
        restored, an operation that nobody asked for brings the shop back, and store_logs tells why.
        If it is not settled when the wait is over, go on with get_store; do not restore it again.
        """
        backup = await self._api.backup(store, number)
        asked = await self._api.change(
            "restoreBackup", id=backup["id"], acceptLossSince=accept_loss_since,
            withoutBackup=without_backup or None,
        )  # fmt: skip
        return await awaited(
            self._api, asked, caller, seconds=wait_seconds, after=asked["version"],
            until=restore_ended,
        )  # fmt: skip

    async def roll_back_store(
        self,
        caller: Caller,
        *,
        store: StoreKey,
        accept_loss_since: Annotated[
            str | None,
            Field(
                description="When the shop was saved before its upgrade, as made_at of way_back in"
                " get_store: the user agrees that the shop loses what came after that. Left out,"
                " nothing is done, and the error says what would be lost."
            ),
        ] = None,
        without_backup: Annotated[
            bool,
            Field(
                description="Do not save the shop as it is before: what is in no backup is lost for"
                " good. Needed for a store that is FAILED."
            ),
        ] = False,
        wait_seconds: WaitSeconds = LONG_ENOUGH,
    ) -> StoreDetails:
        """Make a shop what it was before its upgrade: let the user confirm what is lost.

        It gets the version of then again. It is closed and saved as it is before; that takes
        minutes. If it cannot be done, an operation that nobody asked for brings the shop back, and
        store_logs tells why. If it is not settled when the wait is over, go on with get_store; do
        not roll it back again.
        """
        asked = await self._api.change(
            "rollbackStore", id=await self._id(store), acceptLossSince=accept_loss_since,
            withoutBackup=without_backup or None,
        )  # fmt: skip
        return await awaited(
            self._api, asked, caller, seconds=wait_seconds, after=asked["version"],
            until=restore_ended,
        )  # fmt: skip

    async def cancel_store(
        self, caller: Caller, *, store: StoreKey, wait_seconds: WaitSeconds = LONG_ENOUGH
    ) -> StoreDetails:
        """Stop creating a store that is not ready yet, and remove what was made so far."""
        return await self._removed("cancelStore", store, caller, wait_seconds)

    async def delete_store(
        self, caller: Caller, *, store: StoreKey, wait_seconds: WaitSeconds = LONG_ENOUGH
    ) -> StoreDetails:
        """Delete a store and everything in it. This cannot be undone: let the user confirm it."""
        return await self._removed("deleteStore", store, caller, wait_seconds)

    async def _removed(
        self, mutation: str, key: str, caller: Caller, wait_seconds: int
    ) -> StoreDetails:
        store = await self._api.change(mutation, id=await self._id(key))
        return await awaited(
            self._api, store, caller, seconds=wait_seconds, after=store["version"], until=cannot_go
        )

    async def _id(self, key: str) -> str:
        return str((await self._api.store(key))["id"])

    async def _only_engine(self) -> str:
        engines = [item["name"] for item in await self._api.engines() if item["isAvailable"]]
        if len(engines) == 1:
            return str(engines[0])
        message = f"Choose one of the engines: {', '.join(engines) or 'the platform has none'}."
        raise RefusedError(message, [Problem("ENGINE_NEEDED", message, "engine")])
