"""Builds the services by which callers read and change stores."""

from dataclasses import dataclass

from provisioner.leader_session import Tools
from provisioner.reconcile.dispatcher import Dispatcher
from provisioner.services.admin_login import AdminLogins
from provisioner.services.admin_passwords import AdminPasswords
from provisioner.services.backup_checks import BackupVerifier
from provisioner.services.backup_restorer import BackupRestorer
from provisioner.services.backups import Backups
from provisioner.services.plan_changes import PlanChanges
from provisioner.services.renames import Renames
from provisioner.services.restarts import Restarts
from provisioner.services.restores import Restores
from provisioner.services.rollouts import ManyUpgrades
from provisioner.services.shop_sign_ins import ShopSignIns
from provisioner.services.shop_tasks import ShopTasks
from provisioner.services.store_commands import StoreCommands
from provisioner.services.store_queries import StoreQueries
from provisioner.services.suspensions import Suspensions
from provisioner.services.transfers import StoreTransfers
from provisioner.services.upgrades import Upgrades
from provisioner.settings import PlatformSettings
from provisioner.state import State
from provisioner.storage.backup_checks import BackupChecks
from provisioner.storage.backup_pins import BackupPins
from provisioner.storage.listing import StoreListing
from provisioner.storage.operation_pages import OperationPages
from provisioner.storage.rollout_candidates import RolloutCandidates
from provisioner.storage.store_backups import StoreBackups
from provisioner.storage.store_tasks import TaskRepository
from provisioner.storage.titles import Titles
from provisioner.storage.transfers import Transfers


@dataclass(frozen=True, slots=True)
class StoreServices:
    """The services of stores, which share what says who may see which store."""

    stores: StoreQueries
    commands: StoreCommands
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


def store_services(
    settings: PlatformSettings, state: State, tools: Tools, dispatcher: Dispatcher
) -> StoreServices:
    """Return the services; ``dispatcher`` has the work done that they ask for."""
    stores = StoreQueries(
        records=state.records,
        listing=StoreListing(state.database),
        operations=OperationPages(state.database),
        broadcaster=state.broadcaster,
        dispatcher=dispatcher,
        engines=tools.engines,
        shop_url=settings.shop_url,
        is_address_checked=settings.work.is_reachability_checked,
        max_concurrent_provisions=settings.max_concurrent_provisions,
        quota=settings.quota,
    )
    backups = _backups(settings, state, dispatcher, stores)
    restores = Restores(stores, backups, tools.engines)
    restorer = _restorer(state, dispatcher, restores)
    return StoreServices(
        stores=stores,
        commands=_commands(settings, state, tools, dispatcher, stores, restores),
        backups=backups,
        verifier=_verifier(settings, state, dispatcher, restores),
        restorer=restorer,
        suspensions=_suspensions(settings, state, dispatcher, stores),
        restarts=Restarts(stores=stores, tasks=_shop_tasks(state, dispatcher)),
        passwords=_passwords(state, tools, dispatcher, stores),
        sign_ins=_sign_ins(state, tools, stores),
        upgrades=Upgrades(
            stores=stores,
            engines=tools.engines,
            backups=backups,
            restorer=restorer,
            tasks=_shop_tasks(state, dispatcher),
        ),
        plan_changes=_plan_changes(state, tools, dispatcher, stores),
        rollouts=_rollouts(settings, state, tools),
        transfers=_transfers(settings, state, stores),
        renames=_renames(state, stores),
    )


def _commands(
    settings: PlatformSettings,
    state: State,
    tools: Tools,
    dispatcher: Dispatcher,
    stores: StoreQueries,
    restores: Restores,
) -> StoreCommands:
    return StoreCommands(
        stores=stores,
        restores=restores,
        records=state.records,
        dispatcher=dispatcher,
        engines=tools.engines,
        logins=AdminLogins(tools.cluster, tools.engines),
        clock=state.clock,
        measurements=tools.measurements,
        shop_url=settings.shop_url,
        quota=settings.quota,
        names=settings.names,
    )


def _plan_changes(
    state: State, tools: Tools, dispatcher: Dispatcher, stores: StoreQueries
) -> PlanChanges:
    return PlanChanges(
        stores=stores,
        engines=tools.engines,
        cluster=tools.cluster,
        tasks=_shop_tasks(state, dispatcher),
    )


def _backups(
    settings: PlatformSettings, state: State, dispatcher: Dispatcher, stores: StoreQueries
) -> Backups:
    return Backups(
        stores=stores,
        records=StoreBackups(state.database),
        pins=BackupPins(state.database),
        tasks=_shop_tasks(state, dispatcher),
        clock=state.clock,
        settings=settings.work.backups,
    )


def _verifier(
    settings: PlatformSettings, state: State, dispatcher: Dispatcher, restores: Restores
) -> BackupVerifier:
    return BackupVerifier(
        restores=restores,
        checks=BackupChecks(state.database, state.clock, state.announcer),
        records=StoreBackups(state.database),
        dispatcher=dispatcher,
        clock=state.clock,
        shop_url=settings.shop_url,
    )


def _restorer(state: State, dispatcher: Dispatcher, restores: Restores) -> BackupRestorer:
    return BackupRestorer(
        restores=restores,
        backups=StoreBackups(state.database),
        records=state.records,
        tasks=_tasks(state),
        dispatcher=dispatcher,
    )


def _suspensions(
    settings: PlatformSettings, state: State, dispatcher: Dispatcher, stores: StoreQueries
) -> Suspensions:
    return Suspensions(
        stores=stores,
        records=state.records,
        tasks=_shop_tasks(state, dispatcher),
        dispatcher=dispatcher,
        quota=settings.quota,
    )


def _passwords(
    state: State, tools: Tools, dispatcher: Dispatcher, stores: StoreQueries
) -> AdminPasswords:
    return AdminPasswords(
        stores=stores,
        tasks=_shop_tasks(state, dispatcher),
        cluster=tools.cluster,
        jobs=tools.jobs,
        engines=tools.engines,
    )


def _sign_ins(state: State, tools: Tools, stores: StoreQueries) -> ShopSignIns:
    return ShopSignIns(
        stores=stores,
        cluster=tools.cluster,
        jobs=tools.jobs,
        engines=tools.engines,
        clock=state.clock,
    )


def _rollouts(settings: PlatformSettings, state: State, tools: Tools) -> ManyUpgrades:
    return ManyUpgrades(
        rollouts=state.rollouts,
        candidates=RolloutCandidates(state.database),
        feed=state.rollout_feed,
        engines=tools.engines,
        keeps_backups=settings.work.backups is not None,
    )


def _transfers(settings: PlatformSettings, state: State, stores: StoreQueries) -> StoreTransfers:
    return StoreTransfers(
        stores=stores,
        transfers=Transfers(state.database, state.clock, state.announcer),
        clock=state.clock,
        quota=settings.quota,
    )


def _renames(state: State, stores: StoreQueries) -> Renames:
    return Renames(stores=stores, titles=Titles(state.database, state.clock, state.announcer))


def _shop_tasks(state: State, dispatcher: Dispatcher) -> ShopTasks:
    return ShopTasks(records=state.records, tasks=_tasks(state), dispatcher=dispatcher)


def _tasks(state: State) -> TaskRepository:
    return TaskRepository(state.database, state.clock, state.announcer)
