"""Reads the times that callers give."""

from datetime import UTC, datetime


def aware(moment: datetime | None) -> datetime | None:
    """Return the time with a time zone; a time without one is taken as UTC."""
    return moment.replace(tzinfo=UTC) if moment is not None and moment.tzinfo is None else moment
