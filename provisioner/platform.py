"""Builds the domain from its parts and keeps its root tasks running.

None of these tasks may end before the service does.

The API answers on every replica as soon as the database can be reached. Only one replica at a time
works on stores (see ``elector``). It begins when its first lists of the cluster are in. Until then
``Platform.problem`` says what it waits for.
"""

import os
import secrets
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial

from provisioner.domain.engines import EngineCatalogue
from provisioner.domain.ports import Measurements
from provisioner.domain.stores import Store
from provisioner.domain.tasks import root_tasks
from provisioner.helm.program import HelmSettings
from provisioner.kubernetes.api import KubeApi
from provisioner.kubernetes.cluster import KubeCluster
from provisioner.kubernetes.doctor import ClusterDoctor
from provisioner.kubernetes.jobs import KubeJobs
from provisioner.kubernetes.prober import HttpProber
from provisioner.kubernetes.releases import ReleaseReader
from provisioner.leader_session import LeaderSession, Tools, leading
from provisioner.leadership.elector import Elector
from provisioner.leadership.lease import Lease
from provisioner.reconcile.dispatcher import Dispatcher
from provisioner.services.admin_passwords import AdminPasswords
from provisioner.services.backup_checks import BackupVerifier
from provisioner.services.backup_restorer import BackupRestorer
from provisioner.services.backups import Backups
from provisioner.services.plan_changes import PlanChanges
from provisioner.services.renames import Renames
from provisioner.services.restarts import Restarts
from provisioner.services.rollouts import ManyUpgrades
from provisioner.services.self_check import SelfCheck
from provisioner.services.shop_sign_ins import ShopSignIns
from provisioner.services.store_commands import StoreCommands
from provisioner.services.store_queries import StoreQueries
from provisioner.services.suspensions import Suspensions
from provisioner.services.tokens import TokenService
from provisioner.services.transfers import StoreTransfers
from provisioner.services.upgrades import Upgrades
from provisioner.settings import PlatformSettings
from provisioner.state import State, connected, opened_state
from provisioner.storage.audit_log import AuditLog
from provisioner.storage.capped_audit import CappedAudit
from provisioner.storage.change_listener import ChangeListener
from provisioner.storage.cluster_memory import ClusterMemory
from provisioner.storage.database import Database
from provisioner.storage.sign_in_codes import SignInCodes
from provisioner.storage.tokens import TokenRepository
from provisioner.storage.url import DatabaseUrl
from provisioner.store_services import store_services
from provisioner.streams.broadcaster import Broadcaster
from provisioner.streams.list_stream import ChangeFeed


@dataclass(frozen=True, slots=True)
class Platform:
    """The running domain, with the parts that the service above it uses."""

    stores: StoreQueries
    store_commands: StoreCommands
    backups: Backups
    verifier: BackupVerifier
    restorer: BackupRestorer
    suspensions: Suspensions
    restarts: Restarts
    passwords: AdminPasswords
    sign_ins: ShopSignIns
    upgrades: Upgrades
    plan_changes: PlanChanges
    rollouts: ManyUpgrades
    transfers: StoreTransfers
    renames: Renames
    tokens: TokenRepository
    access: TokenService
    sign_in_codes: SignInCodes
    audit: AuditLog
    capped_audit: CappedAudit
    broadcaster: Broadcaster
    changes: ChangeFeed
    elector: Elector[LeaderSession]
    check: SelfCheck

    def problem(self) -> str | None:
        """Return what keeps the platform from working on stores at present, or None."""
        return self.check.cluster_problem()


@asynccontextmanager
async def running_platform(
    settings: PlatformSettings, measurements: Measurements
) -> AsyncIterator[Platform]:
    """Run the domain for as long as the context is open.

    Raises ConfigurationError when a setting, an engine or the kubeconfig is wrong, or when another
    process uses the SQLite file. When the context is left, a helm that runs gets its grace. Work
    that is not done goes on at the next start, or at another replica.
    """
    engines = EngineCatalogue.load(
        settings.engine_folders,
        settings.unavailable_engines,
        settings.work.values_files,
        settings.plan_prices,
    )
    # The stack closes what was opened last first: root tasks end before the prober, the API client
    # and the database that they use.
    async with AsyncExitStack() as stack:
        state = await opened_state(
            stack,
            settings.database_url,
            measurements,
            connections=settings.database_connections,
            issuer=settings.issuer,
        )
        tools = await _tools(stack, settings, state, engines, measurements)
        yield await _running(stack, settings, state, tools)


async def _tools(
    stack: AsyncExitStack,
    settings: PlatformSettings,
    state: State,
    engines: EngineCatalogue,
    measurements: Measurements,
) -> Tools:
    """Connect the cluster; return what sessions work on its stores with. ``stack`` closes it."""
    api, helm = await _cluster_of(settings, ClusterMemory(state.database, state.clock))
    stack.push_async_callback(api.close)
    releases = ReleaseReader(api)
    return Tools(
        cluster=KubeCluster(api),
        jobs=KubeJobs(api),
        helm=helm,
        doctor=ClusterDoctor(api, releases),
        releases=releases,
        prober=await stack.enter_async_context(HttpProber(settings.ingress, trust=settings.trust)),
        engines=engines,
        clock=state.clock,
        announcer=state.announcer,
        measurements=measurements,
        settings=settings.work,
        retention=settings.retention,
        max_concurrent_provisions=settings.max_concurrent_provisions,
        max_concurrent_deletes=settings.max_concurrent_deletes,
        max_concurrent_tasks=settings.max_concurrent_backups,
        shop_url=settings.shop_url,
    )


async def _running(
    stack: AsyncExitStack, settings: PlatformSettings, state: State, tools: Tools
) -> Platform:
    """Begin the root tasks; return the platform once it is known who leads."""
    dispatcher = Dispatcher()
    databases = [state.database]
    elector = Elector(
        state.database,
        await _lease(stack, settings, databases),
        seconds=settings.lease_seconds,
        begin=partial(leading, tools),
        on_begun=dispatcher.begin,
        on_ended=dispatcher.end,
    )
    roots = {"elector": elector.run}
    if not state.database.is_sqlite:
        listener = await _listener(state, dispatcher)
        roots |= {"listen": listener.listen, "read changes": listener.read}
    await stack.enter_async_context(root_tasks(roots))
    await elector.settled()
    check = SelfCheck(
        databases=databases,
        # Asked each time, because every session has an observer of its own.
        observer=lambda: None if elector.session is None else elector.session.observer,
        helm=settings.helm.program,
        engines=tools.engines,
    )
    return _platform(settings, state, tools, dispatcher, elector, check)


def _platform(
    settings: PlatformSettings,
    state: State,
    tools: Tools,
    dispatcher: Dispatcher,
    elector: Elector[LeaderSession],
    check: SelfCheck,
) -> Platform:
    services = store_services(settings, state, tools, dispatcher)
    tokens = TokenRepository(state.database, state.clock, settings.issuer)
    audit = AuditLog(state.database, state.clock)
    return Platform(
        stores=services.stores,
        store_commands=services.commands,
        backups=services.backups,
        verifier=services.verifier,
        restorer=services.restorer,
        suspensions=services.suspensions,
        restarts=services.restarts,
        passwords=services.passwords,
        sign_ins=services.sign_ins,
        upgrades=services.upgrades,
        plan_changes=services.plan_changes,
        rollouts=services.rollouts,
        transfers=services.transfers,
        renames=services.renames,
        tokens=tokens,
        access=TokenService(tokens, state.clock),
        sign_in_codes=SignInCodes(state.database, tokens, state.clock),
        audit=audit,
        capped_audit=CappedAudit(audit, state.clock),
        broadcaster=state.broadcaster,
        changes=state.changes,
        elector=elector,
        check=check,
    )


async def _listener(state: State, dispatcher: Dispatcher) -> ChangeListener:
    """Return the listener for other replicas' changes, having told the dispatcher of all stores."""

    def on_changed(store: Store) -> None:
        state.followers.announce(store.id)
        dispatcher.hear(store)

    listener = ChangeListener(state.database, on_changed)
    # First the position from which the listener will read, then the stores: a change that comes
    # between the two is read afterwards, and not lost.
    await listener.begin()
    for store in await state.records.undeleted():
        dispatcher.wake(store)
    return listener


async def _cluster_of(
    settings: PlatformSettings, memory: ClusterMemory
) -> tuple[KubeApi, HelmSettings]:
    """Return the client of the API server, and settings with which helm uses the same server.

    Raises ConfigurationError when the kubeconfig cannot be used.
    """
    shared = settings.helm.state / "kubeconfig"
    # An earlier process has left it. helm must not find one before the cluster is recognised.
    shared.unlink(missing_ok=True)
    api = await KubeApi.connect(
        settings.kubeconfig, settings.kube_context, shared=shared, recognise=memory.recognise
    )
    return api, settings.helm if api.is_pod else replace(settings.helm, kubeconfig=shared)


async def _lease(
    stack: AsyncExitStack, settings: PlatformSettings, databases: list[Database]
) -> Lease | None:
    """Return the lease, or None on SQLite, where there is only one replica.

    The lease has a database connection of its own, so that renewing it never waits for another
    query. That connection's ``Database`` is added to ``databases``, for the self-check.
    """
    if DatabaseUrl.parse(settings.database_url).is_sqlite:
        return None
    database = await connected(stack, settings.database_url, 1)
    databases.append(database)
    # The random part tells apart processes with the same host name and process id, as in pods.
    holder = f"{socket.gethostname()}/{os.getpid()}/{secrets.token_hex(4)}"
    return Lease(database, holder=holder, seconds=settings.lease_seconds)
