"""Shows the owner of a shop the login of the shop's administrator.

The password is read from the cluster each time somebody asks for it. It is kept nowhere else, so it
is in no copy of the database, in no event and in no log.
"""

import asyncio
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

_PATIENCE_SECONDS = 5.0
"""How long the cluster is waited for. It may hang: then the owner hears that it does, and not only
that the operation took too long."""


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

        Only the store's owner may read it. An admin of the platform may not, because they are not
        the merchant, and a token that they made for the merchant does not allow it either. Raises
        RefusedError (FORBIDDEN, NOT_AVAILABLE).
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
        return AdminLogin(engine.admin_user_of(store), password)

    async def _values(self, store: Store) -> Mapping[str, str]:
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                return await self._cluster.read_secret(store.namespace, CREDENTIALS_SECRET)
        except NotFoundError as error:
            raise RefusedError(_NOT_YET) from error
        except (TimeoutError, ClusterUnreachableError, ClusterRejectedError) as error:
            raise RefusedError(_unavailable("the cluster does not show it just now")) from error


_FORBIDDEN = Refusal(
    RefusalCode.FORBIDDEN,
    "Only the store's owner can see its administrator's password, and needs the operator role for"
    " it. Ask the owner, or set a new password in the shop.",
    "id",
)

_NOT_IN_PERSON = Refusal(
    RefusalCode.FORBIDDEN,
    "Your token, or one that it was made with, was made by somebody else, who may know it, or is"
    " too old to tell who made it. Such a token shows no passwords. Sign in with the issuer, or"
    " with a token of `app token create`.",
    "id",
)


def _unavailable(why: str) -> Refusal:
    return Refusal(RefusalCode.NOT_AVAILABLE, f"There is no password to show: {why}.", "id")


_NOT_YET = _unavailable(
    "it is made early in a store's creation, and is removed together with the store"
)
