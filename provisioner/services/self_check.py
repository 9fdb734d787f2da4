"""Checks each part that the platform needs for its work, and says what is wrong with it."""

import asyncio
import os
import shutil
from collections.abc import Callable, Mapping, Sequence

import structlog

from provisioner.domain.engines import Engine
from provisioner.domain.errors import DatabaseUnavailableError
from provisioner.kubernetes.observer import ClusterObserver
from provisioner.storage.database import Database

_log = structlog.get_logger(__name__)

_STALE_SECONDS = 30.0
_DATABASE_SECONDS = 3.0  # less than ``storage.bounds.Bounds``, to report a hanging database soon


class SelfCheck:
    """Checks the database, the cluster, helm and the engines, cheaply and without changing them.

    ``databases`` are all databases that this process has open, the main one first. ``observer``
    returns None in a replica that does not lead.
    """

    def __init__(
        self,
        *,
        databases: Sequence[Database],
        observer: Callable[[], ClusterObserver | None],
        helm: str,
        engines: Mapping[str, Engine],
    ) -> None:
        self._databases = databases
        self._observer = observer
        self._helm = helm
        self._engines = engines

    async def problems(self) -> dict[str, str | None]:
        """Return a sentence on what is wrong with each part, or None for a part that is well."""
        return {
            "database": await self._database_problem(),
            "cluster": self.cluster_problem(),
            "helm": self._helm_problem(),
            "engines": None if self._engines else "There is no engine; see STORE_PLATFORM_CHARTS.",
        }

    def stuck(self) -> str | None:
        """Return why only a restart of this process can help, or None."""
        if any(database.is_stuck for database in self._databases):
            return "A connection to the database is stuck: its driver or its disk hangs."
        return None

    def cluster_problem(self) -> str | None:
        """Return why the observed state of the cluster is missing or out of date, or None."""
        # A replica that does not lead does not watch the cluster, and is well without it.
        observer = self._observer()
        if observer is None:
            return None
        if not observer.is_synced:
            return observer.trouble or "The first look at the cluster is still under way."
        stale = observer.staleness_seconds
        if stale > _STALE_SECONDS:
            return f"The cluster was last seen {stale:.0f} s ago. {observer.trouble}".strip()
        return None

    async def _database_problem(self) -> str | None:
        try:
            async with asyncio.timeout(_DATABASE_SECONDS):
                await self._databases[0].read(lambda t: t.fetch_one("SELECT 1"))
        except TimeoutError:
            return f"The database did not answer within {_DATABASE_SECONDS:.0f} s."
        except DatabaseUnavailableError as error:
            return str(error)
        except Exception:  # noqa: BLE001 - of the driver; its words may hold an address, so log them
            _log.exception("database_check_failed")
            return "The database does not answer; the log says why."
        return None

    def _helm_problem(self) -> str | None:
        if shutil.which(self._helm, path=os.environ.get("PATH", os.defpath)):
            return None
        return (
            f"There is no program {self._helm}. Install helm 4, or set STORE_PLATFORM_HELM to its"
            " path."
        )
