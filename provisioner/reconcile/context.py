"""Holds what the work on a store needs: the ports, the engines, and the operator's settings."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from provisioner.domain.backups import BackupSettings
from provisioner.domain.engines import Engine
from provisioner.domain.instrumentation import Unmeasured
from provisioner.domain.mail import MailServer
from provisioner.domain.ports import (
    Clock,
    Cluster,
    Helm,
    Jobs,
    Measurements,
    Observer,
    Prober,
    Releases,
    StoreRecords,
)
from provisioner.domain.registries import RegistryCredentials
from provisioner.readiness import GracePeriods


@dataclass(frozen=True, slots=True)
class WorkSettings:
    """How stores are worked on.

    ``provision_timeout``: from the start of an operation until the store must be ready; the time in
    which the service restarts counts too.
    ``delete_timeout``: from the start of a delete until the store is FAILED. After that the delete
    is still tried, at growing intervals.
    ``values_files``: Helm values for each engine name, which override the chart's own.
    ``store_role``: the ClusterRole that the platform binds itself to in each store's namespace;
    None where it has its rights already.
    ``mail``: the mail server that shops send through; None if they send none.
    ``registries``: the credentials that shops' images are pulled with; None if none are needed.
    ``backups``: where stores' backups are kept; None where none are made.
    ``drift_interval``: the mean time between two checks of a store for drift; None for no checks.
    """

    provision_timeout: timedelta = timedelta(minutes=10)
    delete_timeout: timedelta = timedelta(minutes=10)
    grace_periods: GracePeriods = field(default_factory=GracePeriods)
    values_files: Mapping[str, Sequence[Path]] = field(default_factory=dict)
    is_reachability_checked: bool = True
    drift_interval: timedelta | None = None
    store_role: str | None = None
    mail: MailServer | None = None
    registries: RegistryCredentials | None = None
    backups: BackupSettings | None = None


@dataclass(frozen=True, slots=True)
class ReconcileContext:
    """Everything that the work on any store is done with.

    ``accounts_lock``: who holds it changes the accounts at the server for backups.
    """

    records: StoreRecords
    cluster: Cluster
    jobs: Jobs
    helm: Helm
    releases: Releases
    observer: Observer
    prober: Prober
    engines: Mapping[str, Engine]
    clock: Clock
    settings: WorkSettings
    measurements: Measurements = field(default_factory=Unmeasured)
    accounts_lock: asyncio.Lock = field(default_factory=asyncio.Lock)
