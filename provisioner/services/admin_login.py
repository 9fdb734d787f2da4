"""How the owner of a shop signs in to it as its administrator.

The password is read from the cluster when it is asked for: it is kept nowhere else, so no copy of
the database, no event and no log has it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from provisioner.domain.codes import RefusalCode
from provisioner.domain.engines import Engine
from provisioner.domain.errors import (
    ClusterRejectedError,
    ClusterUnreachableError,
    NotFoundError,
    Refusal,
    RefusedError,
)
from provisioner.domain.identities import Identity, Role
from provisioner.domain.ports import Cluster
from provisioner.domain.stores import Store
from provisioner.reconcile.namespaces import CREDENTIALS_SECRET


@dataclass(frozen=True, slots=True)
class AdminLogin:
    """A shop's administrator."""

    username: str
    password: str = field(repr=False)


class AdminLogins:
    """Reads administrators' logins from the cluster."""

    def __init__(self, cluster: Cluster, engines: Mapping[str, Engine]) -> None:
        self._cluster = cluster
        self._engines = engines

    async def read(self, caller: Identity, store: Store) -> AdminLogin:
        """Return the login of a store that the caller may see.

        Only its owner is shown it: an admin of the platform is not the merchant, nor by a token
        that they made for the merchant. Raises RefusedError (FORBIDDEN, NOT_AVAILABLE).
        """
        if store.owner != caller.owner or caller.role is Role.VIEWER:
            raise RefusedError(_FORBIDDEN)
        if not caller.is_owner_in_person:
            raise RefusedError(_NOT_IN_PERSON)
        engine = self._engines.get(store.engine)
        if engine is None or not engine.admin_password_key:
            raise RefusedError(_unavailable("its engine has no administrator with a password"))
        password = (await self._values(store)).get(engine.admin_password_key)
        if password is None:
            raise RefusedError(_NOT_YET)
        return AdminLogin(engine.admin_user, password)

    async def _values(self, store: Store) -> Mapping[str, str]:
        try:
            return await self._cluster.read_secret(store.namespace, CREDENTIALS_SECRET)
        except NotFoundError as error:
            raise RefusedError(_NOT_YET) from error
        except (ClusterUnreachableError, ClusterRejectedError) as error:
            raise RefusedError(_unavailable("the cluster does not show it just now")) from error


_FORBIDDEN = Refusal(
    RefusalCode.FORBIDDEN,
    "Only the store's owner is shown its administrator's password, with the operator role at"
    " least. Ask the owner, or set a new password in the shop.",
    "id",
)

_NOT_IN_PERSON = Refusal(
    RefusalCode.FORBIDDEN,
    "Your token was made by somebody else, who may know it, or before that was written down: it"
    " shows no passwords, nor does a token made with it. Sign in with the issuer, or with a token"
    " of `app token create`.",
    "id",
)


def _unavailable(why: str) -> Refusal:
    return Refusal(RefusalCode.NOT_AVAILABLE, f"There is no password to show: {why}.", "id")


_NOT_YET = _unavailable("it is made early in a store's creation, and goes with the store")
