"""Compares this machine's clock with those of the API server and the database.

Tokens and certificates end by the one, records in the cluster are dated by the other, and what is
overdue is seen by comparing them.
"""

from datetime import datetime, timedelta

from app.doctor.findings import Finding, failed, ok, skipped, warning
from app.doctor.installation import Installation
from provisioner.domain.errors import DatabaseUnavailableError

_NOTICED, _TOO_FAR = timedelta(seconds=5), timedelta(seconds=60)
_REMEDY = "Have NTP set the clocks of this machine and of that one."


async def check_cluster_clock(installation: Installation) -> Finding:
    """Compare with the Date of the API server's answers, which is cut to whole seconds."""
    return _compared("The API server's clock", installation.api.clock.now(), installation.now())


async def check_database_clock(installation: Installation) -> Finding:
    database = installation.database
    if database.is_sqlite:
        return skipped("SQLite has this machine's clock.")
    row = await database.read(lambda t: t.fetch_one("SELECT clock_timestamp() AS now"))
    if row is None:
        raise DatabaseUnavailableError
    return _compared("The database's clock", row["now"], installation.now())


def _compared(whose: str, theirs: datetime, ours: datetime) -> Finding:
    apart = abs(theirs - ours)
    if apart <= _NOTICED:
        return ok(f"{whose} and ours are less than {_NOTICED.seconds} s apart.")
    where = "behind" if theirs < ours else "ahead of"
    seen = f"{whose} is {apart.total_seconds():.0f} s {where} ours."
    return failed(seen, _REMEDY) if apart > _TOO_FAR else warning(seen, _REMEDY)
