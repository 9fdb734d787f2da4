"""Makes links that sign the owner in to the administration of a shop, in place of the password."""

from collections.abc import Mapping

from provisioner.domain.codes import RefusalCode
from provisioner.domain.engines import Engine, SignIn
from provisioner.domain.errors import NotFoundError, Refusal, RefusedError
from provisioner.domain.identities import Identity
from provisioner.domain.passwords import COMPONENT
from provisioner.domain.ports import Clock, Cluster, Jobs
from provisioner.domain.sign_in_links import SignInLink, sign_in_link
from provisioner.domain.stores import Store, StoreStatus
from provisioner.domain.transitions import takes_tasks
from provisioner.reconcile.namespaces import CREDENTIALS_SECRET
from provisioner.services.admin_login import require_owner_in_person
from provisioner.services.cluster_answers import answering
from provisioner.services.store_queries import StoreQueries
from provisioner.storage.audit_log import AuditedAction


class ShopSignIns:
    """Makes links to sign in with; ``stores`` says which stores a caller may see."""

    def __init__(
        self,
        *,
        stores: StoreQueries,
        cluster: Cluster,
        jobs: Jobs,
        engines: Mapping[str, Engine],
        clock: Clock,
    ) -> None:
        self._stores = stores
        self._cluster = cluster
        self._jobs = jobs
        self._engines = engines
        self._clock = clock

    async def create(self, caller: Identity, store_id: str, *, audit: AuditedAction) -> SignInLink:
        """Return a link that signs in the administrator of a shop, once.

        Raises NotFoundError, or RefusedError (FORBIDDEN, NOT_READY, NOT_AVAILABLE).
        """
        store = await self._stores.get(caller, store_id)
        require_owner_in_person(caller, store)
        sign_in = self._sign_in_of(store)
        if not takes_tasks(store.status, store.target) or store.is_closed:
            raise RefusedError(_not_ready(store))
        async with answering(_unavailable("the cluster does not answer. Ask again in a moment.")):
            secret = await self._secret(store, sign_in)
        link = sign_in_link(f"{store.url}{sign_in.path}", secret, now=self._clock.now())
        # Written before the link is returned, so that nobody has one without an audit entry.
        await audit.accept_alone()
        return link

    def _sign_in_of(self, store: Store) -> SignIn:
        engine = self._engines.get(store.engine)
        if engine is None or engine.sign_in is None:
            raise RefusedError(_unavailable("the engine has none. Sign in with the password."))
        return engine.sign_in

    async def _secret(self, store: Store, sign_in: SignIn) -> str:
        try:
            # It came to the charts together with the page that takes links.
            await self._jobs.runs(store.namespace, f"{store.release}-{COMPONENT}")
            values = await self._cluster.read_secret(store.namespace, CREDENTIALS_SECRET)
        except NotFoundError as error:
            raise RefusedError(_TOO_OLD) from error
        if sign_in.key not in values:
            raise RefusedError(_TOO_OLD)
        return values[sign_in.key]


def _not_ready(store: Store) -> Refusal:
    message = (
        f"The shop does not open now: the store is {store.status}. Wait until it is READY, then"
        " ask again."
    )
    if store.is_closed:
        message = "The shop is closed for now. Open it again, or wait until it is, then ask again."
    if store.status is StoreStatus.FAILED:
        message = "The store has failed, so its shop may not open. Retry it first."
    return Refusal(RefusalCode.NOT_READY, message, "id")


def _unavailable(why: str) -> Refusal:
    return Refusal(RefusalCode.NOT_AVAILABLE, f"There is no sign-in link: {why}", "id")


_TOO_OLD = _unavailable(
    "the shop was installed before the platform could make one. Pause the shop and resume it, which"
    " brings it what is needed, or sign in with the password."
)
