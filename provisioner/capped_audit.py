"""Audit entries about callers who are not known: they must not be able to fill the disk.

Of what comes from one address within an hour, the 1st, 2nd, 4th, 8th … is written, with its number,
so that the log tells a mistyped token from an attack without growing with it. Above a number of
addresses the others are counted together. Counts are this process's own.
"""

import json
from datetime import datetime, timedelta

from provisioner.audit import AuditLog, AuditRecord
from provisioner.ports import Clock

MANY = "many"
"""Stands for the addresses that are counted together."""

_WINDOW = timedelta(hours=1)
_MAX_ADDRESSES = 200


class CappedAudit:
    """Writes some of what unknown callers cause."""

    def __init__(self, audit: AuditLog, clock: Clock) -> None:
        self._audit = audit
        self._clock = clock
        self._since: datetime | None = None
        self._counts: dict[str, int] = {}

    async def record(self, record: AuditRecord) -> None:
        """Write the record, with its number in ``arguments``, or only count it."""
        address = self._counted_as(record.address)
        number = self._counts[address] = self._counts.get(address, 0) + 1
        if number & (number - 1):  # no power of two
            return
        await self._audit.record(
            AuditRecord(
                action=record.action,
                outcome=record.outcome,
                address=address,
                actor=record.actor,
                arguments=json.dumps({"numberThisHour": number}),
                code=record.code,
            )
        )

    def _counted_as(self, address: str) -> str:
        now = self._clock.now()
        if self._since is None or now - self._since >= _WINDOW:
            self._since = now
            self._counts.clear()
        is_room = address in self._counts or len(self._counts) < _MAX_ADDRESSES
        return address if is_room else MANY
