"""The log of a database that fails: each trouble once, and then now and then, not every request."""

import time

import structlog

_log = structlog.get_logger(__name__)

_AGAIN_SECONDS = 30.0


class TroubleLog:
    """Knows what was logged last. ``kind`` is what fails: a full disk lets itself be read."""

    def __init__(self, kind: str) -> None:
        self._kind = kind
        self._trouble = ""
        self._logged_at = 0.0
        self._failures = 0

    def failed(self, told: Exception, cause: BaseException | None = None) -> None:
        """Take note of a failure: what is told of it, and what the driver said."""
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
        """Take note that the database does what it is asked."""
        if self._failures:
            _log.info("database_well_again", kind=self._kind, failures=self._failures)
            self._failures, self._trouble = 0, ""
