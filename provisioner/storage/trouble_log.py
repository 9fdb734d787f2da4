"""Logs failures of the database: each new trouble at once, and a lasting one every 30 seconds.

Without this limit every request would write a line for as long as the trouble lasts.
"""

import time

import structlog

_log = structlog.get_logger(__name__)

_AGAIN_SECONDS = 30.0


class TroubleLog:
    """Logs the failures of one ``kind`` of work, "read" or "write".

    Each kind has a log of its own, because one may fail while the other works: a full disk can
    still be read.
    """

    def __init__(self, kind: str) -> None:
        self._kind = kind
        self._trouble = ""
        self._logged_at = 0.0
        self._failures = 0

    def failed(self, told: Exception, cause: BaseException | None = None) -> None:
        """Count a failure, and log it if it is new or the last line is old.

        ``told`` is the error that the caller gets, and ``cause`` that of the driver.
        """
        self._failures += 1
        now = time.monotonic()
        if str(told) == self._trouble and now - self._logged_at < _AGAIN_SECONDS:
            return
        self._trouble, self._logged_at = str(told), now
        reason = cause or told.__cause__
        _log.warning(
            "database_trouble",
            kind=self._kind,
            trouble=self._trouble,
            reason=f"{type(reason).__name__}: {reason}" if reason else None,
            failures=self._failures,
        )

    def succeeded(self) -> None:
        """Log that the database works again, if it failed before."""
        if self._failures:
            _log.info("database_recovered", kind=self._kind, failures=self._failures)
            self._failures, self._trouble = 0, ""
