"""Converts database rows to records and back. Times are microseconds since 1970 in UTC."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from provisioner.domain.backups import Backup, BackupCheck, InPlaceRestore, RestoreSource
from provisioner.domain.cluster import Pod
from provisioner.domain.codes import ReasonCode
from provisioner.domain.operations import Operation, OperationKind, OperationStatus, Request
from provisioner.domain.owners import Owner, owner_of
from provisioner.domain.stores import (
    EventKind,
    PlanChange,
    Reason,
    Step,
    StepName,
    StepStatus,
    Store,
    StoreEvent,
    StoreStatus,
    StoreTarget,
    StoreTask,
    Upgrade,
)
from provisioner.domain.transfers import Offer
from provisioner.storage.database import Row

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

_encoder = msgspec.json.Encoder(order="deterministic")
_pod_decoder = msgspec.json.Decoder(Pod)
source_of = msgspec.json.Decoder(RestoreSource).decode
restore_of = msgspec.json.Decoder(InPlaceRestore).decode
_upgrade_of = msgspec.json.Decoder(Upgrade).decode
_offer_of = msgspec.json.Decoder(Offer).decode
_plan_change_of = msgspec.json.Decoder(PlanChange).decode
_counts = msgspec.json.Decoder(dict[str, int])


def to_micros(moment: datetime) -> int:
    """Return a moment as microseconds since 1970."""
    # In whole numbers: ``timestamp()`` is a float, which cannot hold every microsecond.
    return (moment - _EPOCH) // _MICROSECOND


def from_micros(micros: int) -> datetime:
    """Return the moment that is so many microseconds after 1970."""
    return _EPOCH + timedelta(microseconds=micros)


def moment(value: Any) -> datetime | None:
    """Return the moment in a column that may be NULL."""
    return None if value is None else from_micros(value)


def store_of(row: Row) -> Store:
    """Build a store from a row of ``stores``."""
    return Store(
        id=row["id"],
        name=row["name"],
        owner=owner_of(row),
        engine=row["engine"],
        engine_version=row["engine_version"],
        status=StoreStatus(row["status"]),
        target=StoreTarget(row["target"]),
        reason=_reason_of(row),
        namespace=row["namespace"],
        release=row["release"],
        host=row["host"],
        url=row["url"],
        version=row["version"],
        operation_number=row["attempt"],
        operation_started_at=moment(row["attempt_started_at"]),
        created_at=from_micros(row["created_at"]),
        updated_at=from_micros(row["updated_at"]),
        ready_at=moment(row["ready_at"]),
        deleted_at=moment(row["deleted_at"]),
        contact_email=row["contact_email"],
        task=None if row["task"] is None else StoreTask(row["task"]),
        from_backup=source_of(row["from_backup"]) if row["from_backup"] else None,
        is_copy=bool(row["is_copy"]),
        restore=restore_of(row["restore"]) if row["restore"] else None,
        suspended_at=moment(row["suspended_at"]),
        upgrade=_upgrade_of(row["upgrade"]) if row["upgrade"] else None,
        plan=row["plan"],
        storage_plan=row["storage_plan"],
        chosen_title=row["title"],
        offer=_offer_of(row["offer"]) if row["offer"] else None,
        plan_change=_plan_change_of(row["plan_change"]) if row["plan_change"] else None,
    )


def _reason_of(row: Row) -> Reason | None:
    if not row["reason_code"]:
        return None
    return Reason(ReasonCode(row["reason_code"]), row["reason_message"])


def step_of(row: Row) -> Step:
    """Build a step from a row of ``steps``."""
    return Step(
        operation_number=row["attempt"],
        name=StepName(row["name"]),
        status=StepStatus(row["status"]),
        message=row["message"],
        output=row["output"],
        started_at=moment(row["started_at"]),
        finished_at=moment(row["finished_at"]),
    )


def operation_of(row: Row) -> Operation:
    """Build an operation from a row of ``operations``."""
    source, subject, name = row["asked_by_source"], row["asked_by"], row["asked_by_name"]
    asked_by = None if subject is None else Owner(source or "", subject, name)
    return Operation(
        store_id=row["store_id"],
        number=row["number"],
        kind=OperationKind(row["kind"]),
        status=OperationStatus(row["status"]),
        request=Request(asked_by, row["token_id"], row["parameters"]),
        reason=_reason_of(row),
        queued_at=from_micros(row["queued_at"]),
        started_at=moment(row["started_at"]),
        finished_at=moment(row["finished_at"]),
    )


def backup_of(row: Row) -> Backup:
    """Build a backup from a row of ``backups``."""
    return Backup(
        store_id=row["store_id"],
        number=row["number"],
        snapshot=row["snapshot"],
        size=row["size"],
        added=row["added"],
        engine=row["engine"],
        engine_version=row["engine_version"],
        counts=_counts.decode(row["counts"]),
        made_at=from_micros(row["made_at"]),
        is_pinned=bool(row["pinned"]),
        check=BackupCheck(row["check_store"], moment(row["checked_at"]), row["fault"]),
    )


def event_of(row: Row) -> StoreEvent:
    """Build an event from a row of ``events``."""
    return StoreEvent(
        version=row["version"],
        kind=EventKind(row["kind"]),
        subject=row["subject"],
        status=row["status"],
        message=row["message"],
        at=from_micros(row["at"]),
    )


def pod_of(row: Row) -> Pod:
    """Build a pod from a row of ``pods``."""
    return _pod_decoder.decode(row["detail"])


def source_detail(source: RestoreSource) -> str:
    """Return the text for the column ``stores.from_backup``."""
    return _encoder.encode(source).decode()


def restore_detail(restore: InPlaceRestore) -> str:
    """Return the text for the column ``stores.restore``."""
    return _encoder.encode(restore).decode()


def upgrade_detail(upgrade: Upgrade) -> str:
    """Return the text for the column ``stores.upgrade``."""
    return _encoder.encode(upgrade).decode()


def offer_detail(offer: Offer) -> str:
    """Return the text for the column ``stores.offer``."""
    return _encoder.encode(offer).decode()


def plan_change_detail(change: PlanChange) -> str:
    """Return the text for the column ``stores.plan_change``."""
    return _encoder.encode(change).decode()


def pod_detail(pod: Pod) -> str:
    """Return the text for the column ``pods.detail``."""
    return _encoder.encode(pod).decode()
