"""Defines the backups of a store, and the pages of a list of them."""

from datetime import datetime

import strawberry

from schema.node import Node
from schema.page_info import PageInfo


@strawberry.type(description="How many of one kind of thing are in a backup.")
class BackupCount:
    name: str = strawberry.field(description="What was counted, such as `orders`.")
    number: int = strawberry.field(description="How many there are.")


@strawberry.type(
    description="Whether a shop could be made of a backup, when that was last tried: a real one,"
    " which nobody sees, with everything that the backup counts, in which a shopper could buy."
)
class BackupCheck:
    is_under_way: bool = strawberry.field(description="Whether that is being tried now.")
    ended_at: datetime | None = strawberry.field(
        description="When it was last over. Null while it is under way, and if it was never tried."
    )
    fault: str | None = strawberry.field(
        description="Why no shop could be made, for people. Null if one could, or none was tried."
    )


@strawberry.type(description="A backup of a shop: its database and its files, as of one moment.")
class Backup(Node):
    number: int = strawberry.field(description="The number of the operation that made it.")
    made_at: datetime = strawberry.field(description="When it was complete.")
    size_in_bytes: float = strawberry.field(
        description="How much was saved: a whole number, which may be too large for an `Int`."
    )
    added_in_bytes: float = strawberry.field(
        description="How much of it was new and took up room, after compression: a whole number."
    )
    engine: str = strawberry.field(description="The engine of the shop.")
    engine_version: str = strawberry.field(description="The engine's version at the time.")
    counts: list[BackupCount] = strawberry.field(
        description="How many of each thing are in it, by the names that the engine gives them."
    )
    lost_by_restore: list[BackupCount] = strawberry.field(
        description="How many more of each thing the shop's newest backup has, where it has more:"
        " what `restoreBackup` would lose to the shop, besides what came after the newest backup."
    )
    is_pinned: bool = strawberry.field(
        description="Whether it is kept until it is unpinned, however old it is."
    )
    check: BackupCheck = strawberry.field(
        description="Whether a shop could be made of it; see `verifyBackup`."
    )
    last_verified_at: datetime | None = strawberry.field(
        description="When a shop was last made of it to see whether that can be done, and it could."
        " Null if never, or if the last try failed."
    )
    kept_until: datetime | None = strawberry.field(
        description="When it is removed at the latest, for a backup of a deleted store. Null where"
        " no time is set: see `BackupPolicy.retention`."
    )


@strawberry.type(description="A backup in a list.")
class BackupEdge:
    cursor: str = strawberry.field(
        description="Pass it as `after` to continue the list after this backup."
    )
    node: Backup = strawberry.field(description="The backup.")


@strawberry.type(description="A page of a store's backups.")
class BackupConnection:
    edges: list[BackupEdge] = strawberry.field(description="The backups of this page.")
    page_info: PageInfo = strawberry.field(description="Where the next page begins.")


@strawberry.type(
    description="Which backups of a shop are kept: the newest one, those that are pinned, recent"
    " ones, and the newest of each of so many days, weeks and months that have one. The others are"
    " removed."
)
class BackupRetention:
    all_days: float = strawberry.field(
        description="The days up to the newest backup in which all are kept."
    )
    days: int = strawberry.field(description="Of how many days the newest backup is kept.")
    weeks: int = strawberry.field(description="Of how many weeks the newest backup is kept.")
    months: int = strawberry.field(description="Of how many months the newest backup is kept.")
    deleted_days: float | None = strawberry.field(
        description="How many days those of a deleted store are kept. Null if for ever."
    )


@strawberry.type(description="How the platform makes backups, and how long it keeps them.")
class BackupPolicy:
    interval_hours: float | None = strawberry.field(
        description="The mean time between two backups of a shop. Null if they are made only when"
        " somebody asks for one."
    )
    check_interval_days: float | None = strawberry.field(
        description="How often the newest backup of a shop is checked by making a shop of it. Null"
        " if that is done only when somebody asks for it."
    )
    is_in_cluster: bool = strawberry.field(
        description="Whether backups are kept in the cluster that the shops are in. They do not"
        " help then if the whole cluster is lost."
    )
    retention: BackupRetention | None = strawberry.field(
        description="How long backups are kept. Null if for ever."
    )
