"""The commands that create, delete, cancel and retry stores.

Callers can change their own stores, and admins can change all. A store of somebody else is "not
found". A command only writes what a store should be, and wakes the dispatcher, which has the work
done. Each command gets an ``AuditedAction``, whose entry is written together with the change.
"""

from dataclasses import replace

from structlog.contextvars import bind_contextvars

from provisioner.domain.codes import RefusalCode
from provisioner.domain.emails import refuse_email
from provisioner.domain.engines import EngineCatalogue
from provisioner.domain.errors import ConflictError, Refusal, RefusedError
from provisioner.domain.identities import Identity
from provisioner.domain.instrumentation import Activity
from provisioner.domain.names import host_of, new_store_id, refuse_name, release_for
from provisioner.domain.operations import OperationKind, under_way
from provisioner.domain.ports import Clock, Measurements
from provisioner.domain.snapshots import StoreSnapshot
from provisioner.domain.stores import Store, StoreStatus, StoreTarget, new_store
from provisioner.reconcile.dispatcher import Dispatcher
from provisioner.services.admin_login import AdminLogin, AdminLogins
from provisioner.services.permissions import require_operator
from provisioner.services.restores import Restorable, Restores, refuse_copy
from provisioner.services.store_choices import StoreChoices, choices_for
from provisioner.services.store_queries import StoreQueries
from provisioner.services.wanted_store import WantedStore
from provisioner.storage.audit_log import AuditedAction
from provisioner.storage.kept_names import NameRules
from provisioner.storage.quota import Quota
from provisioner.storage.stores import StoreRepository

_MAX_KEY = 128
_UNFINISHED = (StoreStatus.QUEUED, StoreStatus.PROVISIONING)


class StoreCommands:
    """Changes stores for a known caller; ``stores`` says which stores the caller may see."""

    def __init__(
        self,
        *,
        stores: StoreQueries,
        restores: Restores,
        records: StoreRepository,
        dispatcher: Dispatcher,
        engines: EngineCatalogue,
        logins: AdminLogins,
        clock: Clock,
        measurements: Measurements,
        shop_url: str,
        quota: Quota,
        names: NameRules,
    ) -> None:
        self._stores = stores
        self._restores = restores
        self._records = records
        self._dispatcher = dispatcher
        self._engines = engines
        self._logins = logins
        self._clock = clock
        self._measurements = measurements
        self._shop_url = shop_url
        self._quota = quota
        self._names = names

    async def create(self, caller: Identity, wanted: WantedStore, *, audit: AuditedAction) -> Store:
        """Record a new store, which a worker then provisions.

        The same idempotency key of the same owner returns the same store again. Raises RefusedError
        with a refusal for everything that is wrong.
        """
        # Only known engines become a metric's label: a caller could send any number of others, and
        # each would make a new time series.
        known = wanted.engine if wanted.engine and wanted.engine in self._engines else "unknown"
        with self._measurements.measure(Activity.REQUEST, engine=known) as measured:
            store = await self._create(caller, wanted, audit)
            measured.outcome = "ACCEPTED"
            measured.labels["engine"] = store.engine
        bind_contextvars(store_id=store.id)  # for all that is logged about this request from now on
        return store

    async def _create(self, caller: Identity, wanted: WantedStore, audit: AuditedAction) -> Store:
        require_operator(caller)
        # All refusals are collected, so that a form can show each at its field in one go.
        refused = [
            refuse_name(wanted.name, self._names.reserved),
            refuse_email(wanted.contact_email, "contactEmail"),
            _refuse_key(wanted.idempotency_key),
        ]
        restorable = None
        if wanted.from_backup is not None:
            restorable = await self._restores.find(
                caller, wanted.from_backup, engine=wanted.engine, version=wanted.version
            )
            wanted = restorable.completed(wanted)
        refused.append(refuse_copy(wanted, restorable))
        source = None if restorable is None else restorable.store
        choices = choices_for(self._engines, wanted, source, refused)
        store = await self._records.create(
            self._new_store(caller, wanted, restorable, choices),
            idempotency_key=wanted.idempotency_key,
            quota=self._quota,
            names_kept_for=self._names.kept_for,
            audit=audit,
        )
        self._dispatcher.wake(store)
        return store

    def _new_store(
        self,
        caller: Identity,
        wanted: WantedStore,
        restorable: Restorable | None,
        choices: StoreChoices,
    ) -> Store:
        store_id, url = new_store_id(), self._shop_url.format(name=wanted.name)
        made = new_store(
            store_id=store_id,
            name=wanted.name,
            # A shop's data is its owner's, whoever restores it.
            owner=caller.owner if restorable is None else restorable.store.owner,
            engine=choices.engine.name,
            engine_version=choices.version.name,
            plan=None if choices.plan is None else choices.plan.name,
            release=release_for(choices.engine.release_prefix, store_id),
            host=host_of(url),
            url=url,
            contact_email=wanted.contact_email or caller.email,
            from_backup=None if restorable is None else restorable.source,
            is_copy=wanted.as_copy,
            now=self._clock.now(),
        )
        return replace(made, storage_plan=choices.storage_plan)

    async def delete(self, caller: Identity, store_id: str, *, audit: AuditedAction) -> Store:
        """Set the store's target to deleted; asking again changes nothing.

        There is one exception: if the deletion makes no progress and waits for its next try, asking
        again has it tried at once.
        """
        require_operator(caller)
        store = await self._stores.get(caller, store_id)
        is_late = store.target is StoreTarget.DELETED and store.status is StoreStatus.FAILED
        store = await (self._delete_again if is_late else self._delete)(caller, store, audit)
        self._dispatcher.wake(store)
        return store

    async def _delete(self, caller: Identity, store: Store, audit: AuditedAction) -> Store:
        message = f"{caller.owner.label} asked for the store to be deleted."
        return await self._records.request_delete(store.id, message, audit=audit)

    async def _delete_again(self, caller: Identity, store: Store, audit: AuditedAction) -> Store:
        try:
            return await self._records.transition(
                store,
                StoreStatus.QUEUED,
                begins=OperationKind.DELETE,
                message=f"{caller.owner.label} asked again for the store to be deleted.",
                audit=audit,
            )
        except ConflictError:  # its next try has just begun by itself
            return await self._delete(caller, store, audit)

    async def cancel(self, caller: Identity, store_id: str, *, audit: AuditedAction) -> Store:
        """Delete a store that is still queued or being provisioned.

        Raises RefusedError (NOT_CANCELLABLE) for a store in any other status, and for one whose
        shop was open before; these only ``delete`` removes.
        """
        require_operator(caller)
        store = await self._stores.get(caller, store_id)
        try:
            store = await self._records.request_delete(
                store_id,
                f"{caller.owner.label} cancelled the store.",
                only_in=_UNFINISHED,
                audit=audit,
            )
        except ConflictError as error:
            raise RefusedError(_not_cancellable(store)) from error
        self._dispatcher.wake(store)
        return store

    async def retry(self, caller: Identity, store_id: str, *, audit: AuditedAction) -> Store:
        """Queue a failed store again; its steps are done anew, and find what is already there.

        Raises RefusedError for a store that has not failed: OPERATION_UNDER_WAY if something is
        being done with it, and NOT_RETRYABLE if not.
        """
        require_operator(caller)
        store = await self._stores.get(caller, store_id)
        try:
            store = await self._records.transition(
                store,
                StoreStatus.QUEUED,
                begins=OperationKind.RETRY,
                message=f"{caller.owner.label} asked to try again.",
                audit=audit,
            )
        except ConflictError as error:
            raise RefusedError(_not_retryable(await self._records.snapshot(store_id))) from error
        self._dispatcher.wake(store)
        return store

    async def admin_login(
        self, caller: Identity, store_id: str, *, audit: AuditedAction
    ) -> AdminLogin:
        """Return the login of the shop's administrator; see ``AdminLogins.read``.

        Raises NotFoundError, or RefusedError (FORBIDDEN, NOT_AVAILABLE).
        """
        login = await self._logins.read(caller, await self._stores.get(caller, store_id))
        # Written before the password is returned, so that nobody sees one without an audit entry.
        await audit.accept_alone()
        return login


def _not_cancellable(store: Store) -> Refusal:
    found: str = store.status
    if store.upgrade is not None:
        found = "being upgraded"
    elif store.restore is not None:
        found = "having a backup restored"
    message = (
        f"Only a store that is queued or being provisioned can be cancelled; this one is {found}."
        " To remove it, delete it."
    )
    if store.restore is None and store.had_a_shop and store.status in _UNFINISHED:
        message = (
            "The shop of this store was open before, and a cancel would remove all that is in it."
            " To remove it all the same, delete it."
        )
    return Refusal(RefusalCode.NOT_CANCELLABLE, message, "id")


def _not_retryable(snapshot: StoreSnapshot) -> Refusal:
    store, operation = snapshot.store, snapshot.operation
    if operation is not None and operation.is_under_way:
        return under_way(operation.kind)
    message = f"Only a failed store can be retried; this one is {store.status}."
    return Refusal(RefusalCode.NOT_RETRYABLE, message, "id")


def _refuse_key(key: str | None) -> Refusal | None:
    if key is None or 1 <= len(key) <= _MAX_KEY:
        return None
    return Refusal(
        RefusalCode.IDEMPOTENCY_KEY_INVALID,
        f"The idempotency key must have 1 to {_MAX_KEY} characters; leave it out to have none.",
        "idempotencyKey",
    )
