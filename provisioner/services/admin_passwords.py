"""Has the administrators of shops given new passwords, each of which is shown once."""

from collections.abc import Mapping
from contextlib import suppress

from provisioner.domain.codes import RefusalCode
from provisioner.domain.engines import Engine
from provisioner.domain.errors import NotFoundError, Refusal, RefusedError
from provisioner.domain.identities import Identity
from provisioner.domain.passwords import COMPONENT, KEY_PARAMETER, generate, new_key
from provisioner.domain.ports import Cluster, Jobs
from provisioner.domain.stores import Store, StoreStatus, StoreTask
from provisioner.reconcile.namespaces import CREDENTIALS_SECRET
from provisioner.services.admin_login import AdminLogin, require_owner_in_person
from provisioner.services.cluster_answers import answering
from provisioner.services.shop_tasks import ShopTasks
from provisioner.services.store_queries import StoreQueries
from provisioner.storage.audit_log import AuditedAction


class AdminPasswords:
    """Sets administrators' passwords; ``stores`` says which stores a caller may see."""

    def __init__(
        self,
        *,
        stores: StoreQueries,
        tasks: ShopTasks,
        cluster: Cluster,
        jobs: Jobs,
        engines: Mapping[str, Engine],
    ) -> None:
        self._stores = stores
        self._tasks = tasks
        self._cluster = cluster
        self._jobs = jobs
        self._engines = engines

    async def reset(
        self, caller: Identity, store_id: str, *, audit: AuditedAction
    ) -> tuple[Store, AdminLogin]:
        """Have a shop's administrator given a new password; return the store, and what it will be.

        Raises NotFoundError, or RefusedError: FORBIDDEN, NOT_READY, OPERATION_UNDER_WAY, or
        NOT_AVAILABLE. Nothing is changed then.
        """
        store = await self._stores.get(caller, store_id)
        require_owner_in_person(caller, store)
        engine = self._engine_of(store)
        await self._tasks.require_free(store.id, _not_ready)
        # Before the operation begins, since a worker takes it at once; under a key that nobody
        # looks at unless the operation names it.
        key, password = new_key(), generate(_length_of(engine))
        await self._put(store, key, password)
        try:
            begun = await self._tasks.begin(
                store.id, StoreTask.RESET_PASSWORD,
                f"{caller.owner.label} asked for a new password of the shop's administrator.",
                _not_ready, parameters={KEY_PARAMETER: key}, audit=audit,
            )  # fmt: skip
        except RefusedError:
            await self._remove(store, key)
            raise
        return begun, AdminLogin(engine.admin_user_of(store), password)

    def _engine_of(self, store: Store) -> Engine:
        engine = self._engines.get(store.engine)
        if engine is None or not engine.resets_passwords:
            raise RefusedError(
                _unavailable("the engine cannot do that. Set one in the shop itself.")
            )
        return engine

    async def _put(self, store: Store, key: str, password: str) -> None:
        template = f"{store.release}-{COMPONENT}"
        async with answering(_NO_ANSWER):
            try:
                await self._jobs.runs(store.namespace, template)
            except NotFoundError as error:
                raise RefusedError(_NO_TEMPLATE) from error
            await self._change(store, key, password)

    async def _remove(self, store: Store, key: str) -> None:
        # If that is not possible just now, the next password that is set removes it.
        with suppress(RefusedError):
            async with answering(_NO_ANSWER):
                await self._change(store, key, None)

    async def _change(self, store: Store, key: str, value: str | None) -> None:
        try:
            await self._cluster.change_secret(store.namespace, CREDENTIALS_SECRET, {key: value})
        except NotFoundError as error:
            raise RefusedError(_NO_ANSWER) from error


def _length_of(engine: Engine) -> int:
    lengths = {credential.key: credential.length for credential in engine.credentials}
    return lengths[engine.admin_password_key]


def _not_ready(store: Store) -> Refusal:
    message = (
        "A new password can be set in the shop of a store that is READY or DEGRADED; this one is"
        f" {store.status}."
    )
    if store.status is StoreStatus.FAILED:
        message += " Retry it first."
    if store.status is StoreStatus.SUSPENDED:
        message = "The shop is paused, so no password can be set in it. Resume it first."
    return Refusal(RefusalCode.NOT_READY, message, "id")


def _unavailable(why: str) -> Refusal:
    return Refusal(RefusalCode.NOT_AVAILABLE, f"No new password can be set: {why}", "id")


_NO_TEMPLATE = _unavailable(
    "the shop was installed before the platform could do that. Pause the shop and resume it, which"
    " brings it what is needed, then ask again."
)
_NO_ANSWER = _unavailable("the cluster does not take it just now. Ask again in a moment.")
