"""Shows the owner of a shop the login of the shop's administrator.

The password is read from the cluster each time somebody asks for it. It is kept nowhere else, so it
is in no copy of the database, in no event and in no log.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from provisioner.domain.codes import RefusalCode
from provisioner.domain.engines import Engine
from provisioner.domain.errors import NotFoundError, Refusal, RefusedError
from provisioner.domain.identities import Identity, Role
from provisioner.domain.passwords import RESET_BY
from provisioner.domain.ports import Cluster
from provisioner.domain.stores import Store
from provisioner.reconcile.namespaces import CREDENTIALS_SECRET
from provisioner.services.cluster_answers import answering


@dataclass(frozen=True, slots=True)
class AdminLogin:
    """The user name and password of a shop's administrator."""

    username: str
    password: str = field(repr=False)  # kept out of logs and tracebacks


class AdminLogins:
    """Reads administrators' logins from the stores' namespaces in the cluster."""

    def __init__(self, cluster: Cluster, engines: Mapping[str, Engine]) -> None:
        self._cluster = cluster
        self._engines = engines

    async def read(self, caller: Identity, store: Store) -> AdminLogin:
        """Return the administrator's login of a store that the caller may see.

        Only its owner in person may read it (see ``require_owner_in_person``), and only the
        password that the shop began with: one that was set since was shown when it was asked for.
        Raises RefusedError (FORBIDDEN, NOT_AVAILABLE).
        """
        require_owner_in_person(caller, store)
        engine = self._engines.get(store.engine)
        if engine is None or not engine.admin_password_key:
            raise RefusedError(_unavailable("its engine has no administrator with a password"))
        values = await self._values(store)
        if RESET_BY in values:
            raise RefusedError(_was_reset(engine.admin_user_of(store)))
        password = values.get(engine.admin_password_key)
        if password is None:
            raise RefusedError(_NOT_YET)
        return AdminLogin(engine.admin_user_of(store), password)

    async def _values(self, store: Store) -> Mapping[str, str]:
        async with answering(_unavailable("the cluster does not show it just now")):
            try:
                return await self._cluster.read_secret(store.namespace, CREDENTIALS_SECRET)
            except NotFoundError as error:
                raise RefusedError(_NOT_YET) from error


def require_owner_in_person(caller: Identity, store: Store) -> None:
    """Raise RefusedError (FORBIDDEN) for everybody but the store's owner.

    An admin of the platform is not the merchant, and a token that they made for the merchant does
    not make them so either.
    """
    if store.owner != caller.owner or caller.role is Role.VIEWER:
        raise RefusedError(_FORBIDDEN)
    if not caller.is_owner_in_person:
        raise RefusedError(_NOT_IN_PERSON)


_FORBIDDEN = Refusal(
    RefusalCode.FORBIDDEN,
    "Only the store's owner can see its administrator's password or set a new one, and needs the"
    " operator role for it. Ask the owner, or set a new password in the shop.",
    "id",
)

_NOT_IN_PERSON = Refusal(
    RefusalCode.FORBIDDEN,
    "Your token, or one that it was made with, was made by somebody else, who may know it, or is"
    " too old to tell who made it. Such a token shows no passwords and sets none. Sign in with the"
    " issuer, or with a token of `app token create`.",
    "id",
)


def _unavailable(why: str) -> Refusal:
    return Refusal(RefusalCode.NOT_AVAILABLE, f"There is no password to show: {why}.", "id")


def _was_reset(username: str) -> Refusal:
    return _unavailable(
        f"the one of {username} was set anew, and shown then, or it is in a backup from before"
        " that. Set a new one with resetAdminPassword, which shows it once"
    )


_NOT_YET = _unavailable(
    "it is made early in a store's creation, and is removed together with the store"
)
