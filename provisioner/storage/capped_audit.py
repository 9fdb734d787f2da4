"""Audit entries that somebody could cause without end: they must not be able to fill the disk.

What nobody has signed in for is counted by address. Of what comes from one within an hour, the 1st,
2nd, 4th, 8th … is written, with its number, so that the log tells a mistyped token from an attack
without growing with it. What was refused to somebody who has signed in is counted by who that is,
and written whole up to a number in the hour, far above what people do by mistake; beyond it as for
addresses. Above a number of addresses or callers the others are counted together. Counts are this
process's own.
"""

import json
from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta

from provisioner.domain.ports import Clock
from provisioner.storage.audit_log import AuditLog, AuditRecord
from provisioner.storage.audit_size import arguments_of

MANY = "many"
"""Stands for the addresses that are counted together."""

IN_FULL = 50
"""What is refused to one caller within an hour and written whole."""

_WINDOW = timedelta(hours=1)
_MAX_ADDRESSES = 200
_MAX_CALLERS = 1000


class CappedAudit:
    """Writes some of what unknown callers cause, and of what is refused to known ones."""

    def __init__(self, audit: AuditLog, clock: Clock) -> None:
        self._audit = audit
        self._clock = clock
        self._since: datetime | None = None
        self._by_address = _Counts(_MAX_ADDRESSES)
        self._by_caller = _Counts(_MAX_CALLERS)

    async def record(self, record: AuditRecord) -> None:
        """Write the record, with its number in ``arguments``, or only count it."""
        self._begin_anew()
        if record.role is not None:
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
    """Counts by key; those beyond a number of keys together."""

    def __init__(self, max_keys: int) -> None:
        self._max_keys = max_keys
        self._counts: Counter[object] = Counter()

    def count(self, key: object) -> tuple[bool, int]:
        """Count once more; return whether the key is counted by itself, and the count."""
        is_alone = key in self._counts or len(self._counts) < self._max_keys
        counted_as = key if is_alone else MANY
        self._counts[counted_as] += 1
        return is_alone, self._counts[counted_as]

    def clear(self) -> None:
        self._counts.clear()


def _is_told(number: int) -> bool:
    return not number & (number - 1)  # a power of two
