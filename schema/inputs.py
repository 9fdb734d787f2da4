"""Defines the inputs of the contract: one for each mutation, and filters and orders of lists."""

from datetime import datetime

import strawberry

from schema.enums import OrderDirection, StoreOrderField, StoreStatus


@strawberry.input(description="A store to create.")
class CreateStoreInput:
    name: str = strawberry.field(
        description="The store's name, which becomes part of the shop's address: 3 to 40 characters"
        " a-z, 0-9 and hyphens. It begins and ends with a letter or digit."
    )
    engine: str | None = strawberry.field(
        default=None,
        description="The name of one of `engines`. Needed unless `fromBackup` is given.",
    )
    version: str | None = strawberry.field(
        default=None,
        description="A version of the engine. By default, the engine's default version.",
    )
    plan: str | None = strawberry.field(
        default=None,
        description="One of the engine's `plans`. By default, the plan of the shop that"
        " `fromBackup` is of, or else the engine's default plan. A backup needs a plan with at"
        " least as much storage as that of its shop.",
    )
    contact_email: str | None = strawberry.field(
        default=None,
        description="Where the shop writes to its merchant, of new orders for example; some engines"
        " sign the merchant in by it. By default, the address that the issuer tells of the caller,"
        " if it tells one.",
    )
    from_backup: strawberry.ID | None = strawberry.field(
        default=None,
        description="The id of a backup to make the store from, with the engine and version of the"
        " backup: a new shop with the same goods, orders, settings and accounts, under the new"
        " name. Accounts have the passwords of then. It belongs to the owner of the other store,"
        " which is left as it is.",
    )
    as_copy: bool | None = strawberry.field(
        default=None,
        description="With `fromBackup`: make it a copy to try things in. Its shop says so on every"
        " page, sends no mail, takes no payments, calls nobody outside, and search engines leave it"
        " alone.",
    )
    idempotency_key: str | None = strawberry.field(
        default=None,
        description="Any text of up to 128 characters. A request with the same key returns the same"
        " store, so you can repeat a request safely.",
    )


@strawberry.input(description="A store to delete.")
class DeleteStoreInput:
    id: strawberry.ID = strawberry.field(description="The store's id.")


@strawberry.input(description="A store to stop creating.")
class CancelStoreInput:
    id: strawberry.ID = strawberry.field(description="The store's id.")


@strawberry.input(description="A failed store to try again.")
class RetryStoreInput:
    id: strawberry.ID = strawberry.field(description="The store's id.")


@strawberry.input(description="A store whose shop is to be paused.")
class SuspendStoreInput:
    id: strawberry.ID = strawberry.field(description="The store's id.")


@strawberry.input(description="A paused store to open again.")
class ResumeStoreInput:
    id: strawberry.ID = strawberry.field(description="The store's id.")


@strawberry.input(description="A store whose administrator is to get a new password.")
class ResetAdminPasswordInput:
    id: strawberry.ID = strawberry.field(description="The store's id.")


@strawberry.input(description="A store whose shop is to be restarted.")
class RestartStoreInput:
    id: strawberry.ID = strawberry.field(description="The store's id.")


@strawberry.input(description="A store whose shop is to get another version of its engine.")
class UpgradeStoreInput:
    id: strawberry.ID = strawberry.field(description="The store's id.")
    version: str | None = strawberry.field(
        default=None,
        description="The version, of `Store.upgrades`. The engine's default version if left out.",
    )


@strawberry.input(description="A store whose shop is to get another plan.")
class ChangePlanInput:
    id: strawberry.ID = strawberry.field(description="The store's id.")
    plan: str = strawberry.field(description="The name of a plan, of `Store.planChanges`.")


@strawberry.input(description="A store whose shop is to be as it was before its upgrade.")
class RollbackStoreInput:
    id: strawberry.ID = strawberry.field(description="The store's id.")
    accept_loss_since: datetime | None = strawberry.field(
        default=None,
        description="When the shop was saved before its upgrade, as `Store.wayBack` says in"
        " `madeAt`: what came after that is lost to the shop. Without it nothing is done, and the"
        " error says what would be lost.",
    )
    without_backup: bool | None = strawberry.field(
        default=None,
        description="Do not save the shop as it is before. What is in no backup is lost for good"
        " then. Needed for a store that has failed.",
    )


@strawberry.input(description="A store to make a backup of.")
class CreateBackupInput:
    id: strawberry.ID = strawberry.field(description="The store's id.")


@strawberry.input(description="A backup to put in the place of the shop that it is of.")
class RestoreBackupInput:
    id: strawberry.ID = strawberry.field(description="The backup's id.")
    accept_loss_since: datetime | None = strawberry.field(
        default=None,
        description="When the backup was made, as `Backup.madeAt` says: what came after that is"
        " lost to the shop. Without it nothing is done, and the error says what would be lost.",
    )
    without_backup: bool | None = strawberry.field(
        default=None,
        description="Do not save the shop as it is before. What is in no backup is lost for good"
        " then. Needed for a store that has failed, and for a shop whose database is gone.",
    )


@strawberry.input(description="A backup to make a shop of, to see whether that can be done.")
class VerifyBackupInput:
    id: strawberry.ID = strawberry.field(description="The backup's id.")


@strawberry.input(description="A backup to keep.")
class PinBackupInput:
    id: strawberry.ID = strawberry.field(description="The backup's id.")


@strawberry.input(description="A backup that need not be kept any more.")
class UnpinBackupInput:
    id: strawberry.ID = strawberry.field(description="The backup's id.")


@strawberry.input(description="A store, and what it is to be called.")
class RenameStoreInput:
    id: strawberry.ID = strawberry.field(description="The store's id.")
    title: str = strawberry.field(
        description="What people call it, in 1 to 80 characters. Its name takes the title back."
    )


@strawberry.input(description="Which stores to list. Stores must match every field that is set.")
class StoreFilterInput:
    statuses: list[StoreStatus] | None = strawberry.field(
        default=None,
        description="Stores with one of these statuses. By default, all that are not deleted.",
    )
    engine: str | None = strawberry.field(default=None, description="Stores with this engine.")
    name_contains: str | None = strawberry.field(
        default=None, description="Stores whose name contains this text."
    )
    owner_contains: str | None = strawberry.field(
        default=None,
        description="Stores whose owner's name contains this text, in capitals or not: the unique"
        " name, or what people call the owner. Only admins see stores of others.",
    )


@strawberry.input(description="How to order a list of stores.")
class StoreOrderInput:
    field: StoreOrderField = strawberry.field(
        default=StoreOrderField.CREATED_AT, description="The field to order by."
    )
    direction: OrderDirection = strawberry.field(
        default=OrderDirection.DESC, description="The direction of the order."
    )
