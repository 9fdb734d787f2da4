"""Limits audit entries that a caller could cause without end, so that they cannot fill the disk.

Requests without a sign-in are counted by address. Of those from one address within an hour, only
the 1st, 2nd, 4th, 8th and so on are written, with their number. So the log tells a mistyped token
from an attack, and an attack hardly makes it grow.

Refusals to a signed-in caller are counted by caller. The first of an hour are all written, up to a
number far above what people do by mistake. After that the rule for addresses applies.

Beyond a number of different addresses or callers, all others are counted together. Each process
counts by itself.
"""

import json
from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta

from provisioner.domain.ports import Clock
from provisioner.storage.audit_log import AuditLog, AuditRecord
from provisioner.storage.audit_size import arguments_of

MANY = "many"
"""The address in entries of addresses that are counted together."""

IN_FULL = 50
"""How many refusals to one caller within an hour are all written."""

_WINDOW = timedelta(hours=1)
# Bounds on memory, and on the entries of an attack from many addresses at once.
_MAX_ADDRESSES = 200
_MAX_CALLERS = 1000


class CappedAudit:
    """Writes a bounded number of the entries that callers cause without making a change."""

    def __init__(self, audit: AuditLog, clock: Clock) -> None:
        self._audit = audit
        self._clock = clock
        self._since: datetime | None = None
        self._by_address = _Counts(_MAX_ADDRESSES)
        self._by_caller = _Counts(_MAX_CALLERS)

    async def record(self, record: AuditRecord) -> None:
        """Count the record, and write it if it is one of those that are kept.

        An entry that stands for several has its number of this hour in ``arguments``.
        """
        self._begin_anew()
        if record.role is not None:  # a role means that the caller has signed in
            await self._record_refusal(record)
            return
        is_alone, number = self._by_address.count(record.address)
        if _is_told(number):
            address = record.address if is_alone else MANY
            arguments = arguments_of({"numberThisHour": number})
            await self._audit.record(
                replace(record, address=address, arguments=arguments, store_id=None)
            )

    async def _record_refusal(self, record: AuditRecord) -> None:
        _, number = self._by_caller.count(record.actor)
        if number <= IN_FULL:
            await self._audit.record(record)
        elif _is_told(number):
            arguments = {"numberThisHour": number, **json.loads(record.arguments)}
            await self._audit.record(replace(record, arguments=arguments_of(arguments)))

    def _begin_anew(self) -> None:
        now = self._clock.now()
        if self._since is None or now - self._since >= _WINDOW:
            self._since = now
            self._by_address.clear()
            self._by_caller.clear()


class _Counts:
    """Counts by key, with one common count for all keys beyond the first ``max_keys``."""

    def __init__(self, max_keys: int) -> None:
        self._max_keys = max_keys
        self._counts: Counter[object] = Counter()

    def count(self, key: object) -> tuple[bool, int]:
        """Add one to a key's count; return whether the key has its own count, and the count."""
        is_alone = key in self._counts or len(self._counts) < self._max_keys
        counted_as = key if is_alone else MANY
        self._counts[counted_as] += 1
        return is_alone, self._counts[counted_as]

    def clear(self) -> None:
        self._counts.clear()


def _is_told(number: int) -> bool:
    return not number & (number - 1)  # a power of two
