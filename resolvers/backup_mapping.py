"""Maps backups of stores to the contract."""

from collections.abc import Callable, Mapping
from datetime import datetime

from provisioner.domain import backups
from provisioner.domain.losses import lost_counts
from provisioner.storage import store_backups
from provisioner.storage.paging import Page
from resolvers import ids
from resolvers.pages import page_info
from schema.backups import (
    Backup,
    BackupCheck,
    BackupConnection,
    BackupCount,
    BackupEdge,
    BackupPolicy,
    BackupRetention,
)


def backup(
    record: backups.Backup, kept_until: datetime | None, newest: backups.Backup | None
) -> Backup:
    check = record.check
    return Backup(
        id=ids.to_backup_id(record.store_id, record.number),
        number=record.number,
        made_at=record.made_at,
        size_in_bytes=float(record.size),
        added_in_bytes=float(record.added),
        engine=record.engine,
        engine_version=record.engine_version,
        counts=_counts(record.counts),
        lost_by_restore=_counts(lost_counts(record, newest)),
        is_pinned=record.is_pinned,
        check=BackupCheck(
            is_under_way=check.store_id is not None,
            ended_at=check.ended_at,
            fault=check.fault,
        ),
        last_verified_at=None if check.fault else check.ended_at,
        kept_until=kept_until,
    )


def _counts(counts: Mapping[str, int]) -> list[BackupCount]:
    return [BackupCount(name=name, number=number) for name, number in sorted(counts.items())]


def connection(
    page: Page[backups.Backup],
    kept_until: Callable[[backups.Backup], datetime | None],
    newest: backups.Backup | None,
    *,
    after: str | None,
) -> BackupConnection:
    edges = [
        BackupEdge(
            cursor=store_backups.encode_cursor(item), node=backup(item, kept_until(item), newest)
        )
        for item in page.items
    ]
    cursors = [edge.cursor for edge in edges]
    return BackupConnection(
        edges=edges, page_info=page_info(cursors, has_next=page.has_next, after=after)
    )


def policy(settings: backups.BackupSettings | None) -> BackupPolicy | None:
    if settings is None:
        return None
    interval, checks = settings.interval, settings.check_interval
    return BackupPolicy(
        interval_hours=None if interval is None else interval.total_seconds() / 3600,
        check_interval_days=None if checks is None else checks.total_seconds() / 86400,
        is_in_cluster=settings.is_in_cluster,
        retention=None if settings.removal is None else _retention(settings.keep),
    )


def _retention(keep: backups.Keep) -> BackupRetention:
    deleted = keep.deleted
    return BackupRetention(
        all_days=keep.recent.total_seconds() / 86400,
        days=keep.days,
        weeks=keep.weeks,
        months=keep.months,
        deleted_days=None if deleted is None else deleted.total_seconds() / 86400,
    )
