"""Offers stores to other owners, who accept them, for a known caller.

The owner in person offers their own stores, and admins all. Until they have
accepted a store, takers see nothing of it but its name, its engine and the offer.
"""

import re
from collections.abc import Sequence

from provisioner.domain.codes import RefusalCode
from provisioner.domain.emails import is_email
from provisioner.domain.errors import ConflictError, NotFoundError, Refusal, RefusedError
from provisioner.domain.identities import Identity, Role
from provisioner.domain.names import is_store_id
from provisioner.domain.owners import LOCAL, MAX_NAME, normal_name
from provisioner.domain.ports import Clock
from provisioner.domain.stores import Store, StoreTarget
from provisioner.domain.transfers import OFFER_LASTS, Offer
from provisioner.services.permissions import require_operator
from provisioner.services.store_queries import StoreQueries
from provisioner.storage.audit_log import AuditedAction
from provisioner.storage.quota import Quota
from provisioner.storage.transfers import Transfers, not_offered

_SOURCE = re.compile(rf"{LOCAL}|https?://\S{{1,500}}")


class StoreTransfers:
    """Offers stores and answers offers; ``stores`` says which stores a caller may see."""

    def __init__(
        self, *, stores: StoreQueries, transfers: Transfers, clock: Clock, quota: Quota
    ) -> None:
        self._stores = stores
        self._transfers = transfers
        self._clock = clock
        self._quota = quota

    async def offer(
        self, caller: Identity, store_id: str, to: str, source: str | None, *, audit: AuditedAction
    ) -> Store:
        """Offer a store to another owner, whoever there is; return the store.

        ``source`` is that of the name ``to``; None stands for that of the present owner. Raises
        NotFoundError, or RefusedError: FORBIDDEN, OWNER_INVALID, NOT_TRANSFERABLE or OFFER_OPEN.
        """
        store = await self._givers(caller, store_id)
        name = normal_name(to)
        wrong_source = source is not None and not _SOURCE.fullmatch(source)
        if name is None or wrong_source:
            refusals = ((name is None, _NAME_UNUSABLE), (wrong_source, _SOURCE_UNUSABLE))
            raise RefusedError(*(refusal for is_wrong, refusal in refusals if is_wrong))
        now = self._clock.now()
        offer = Offer(
            to=name,
            to_source=source or store.owner.source,
            to_email=name.lower() if is_email(name) else None,
            by=caller.owner,
            offered_at=now,
            ends_at=now + OFFER_LASTS,
        )
        if offer.is_for(caller) or offer.taker_key == store.owner.key:
            raise RefusedError(_TO_ONESELF)
        try:
            return await self._transfers.offer(store, offer, audit=audit)
        except ConflictError as error:
            raise RefusedError(self._not_transferable(await self._now(caller, store))) from error

    async def withdraw(self, caller: Identity, store_id: str, *, audit: AuditedAction) -> Store:
        """End the offer of a store; return the store.

        Raises NotFoundError, or RefusedError: FORBIDDEN or NO_OFFER.
        """
        store = await self._givers(caller, store_id)
        message = f"{caller.owner.label} withdrew the offer of the store."
        try:
            return await self._transfers.withdraw(store, message, audit=audit)
        except ConflictError as error:
            await self._now(caller, store)
            raise RefusedError(_NO_OFFER) from error

    async def accept(self, caller: Identity, store_id: str, *, audit: AuditedAction) -> Store:
        """Make the caller the owner of a store that is offered to them; return the store.

        Raises RefusedError: FORBIDDEN, NOT_FOUND or USER_QUOTA_REACHED.
        """
        require_operator(caller)
        if not caller.is_owner_in_person:
            raise RefusedError(_TAKER_NOT_IN_PERSON)
        if not is_store_id(store_id):
            raise not_offered()
        try:
            return await self._transfers.accept(store_id, caller, self._quota, audit=audit)
        except NotFoundError as error:
            raise not_offered() from error

    async def decline(self, caller: Identity, store_id: str, *, audit: AuditedAction) -> Store:
        """End an offer to the caller; return the store as it was offered.

        Raises RefusedError: FORBIDDEN or NOT_FOUND.
        """
        require_operator(caller)
        if not is_store_id(store_id):
            raise not_offered()
        try:
            return await self._transfers.decline(store_id, caller, audit=audit)
        except NotFoundError as error:
            raise not_offered() from error

    async def offered(self, caller: Identity) -> Sequence[Store]:
        """Return the stores that are offered to the caller, at most 100, the latest offers first.

        The caller may see no more of them than their names, engines and offers.
        """
        return await self._transfers.offered(caller)

    async def _givers(self, caller: Identity, store_id: str) -> Store:
        """Return a store that the caller may give away. Raises NotFoundError or RefusedError."""
        require_operator(caller)
        store = await self._stores.get(caller, store_id)
        if caller.role is not Role.ADMIN and not caller.is_owner_in_person:
            raise RefusedError(_GIVER_NOT_IN_PERSON)
        if store.is_check:
            raise RefusedError(_OF_THE_PLATFORM)
        return store

    async def _now(self, caller: Identity, store: Store) -> Store:
        """Read the store again. Raises NotFoundError when the caller may not see it any more."""
        return await self._stores.get(caller, store.id)

    def _not_transferable(self, store: Store) -> Refusal:
        offer = store.offer
        if store.target is StoreTarget.DELETED:
            message = "A store that is deleted, or being deleted, cannot be given to anybody."
        elif offer is not None and offer.is_open(self._clock.now()):
            message = (
                f"The store is offered to {offer.to} until {offer.ends_at:%Y-%m-%d %H:%M} UTC."
                " Withdraw that offer first."
            )
            return Refusal(RefusalCode.OFFER_OPEN, message, "id")
        else:
            message = "The store changed while it was being offered: look at it, and try again."
        return Refusal(RefusalCode.NOT_TRANSFERABLE, message, "id")


ADVICE = (
    "The former owner may know the password of the shop's administrator: set a new one by"
    " `resetAdminPassword`. Then sign in to the shop, and look through its other accounts and the"
    " e-mail address it writes to."
)
"""What a new owner has to do."""

_NAME_UNUSABLE = Refusal(
    RefusalCode.OWNER_INVALID,
    f"The taker's name has 1 to {MAX_NAME} printable characters, with letters of one script only."
    " Give the unique name of their account, or their e-mail address.",
    "to",
)
_SOURCE_UNUSABLE = Refusal(
    RefusalCode.OWNER_INVALID,
    f"The source of a name is `{LOCAL}` or the URL of an issuer. Leave it out for the source of the"
    " present owner's name.",
    "toSource",
)
_IN_PERSON = (
    "Your token, or one that it was made with, was made by somebody else, who may know it, or is"
    " too old to tell who made it. Sign in with the issuer, or with a token of `app token"
    " create`, to"
)
_GIVER_NOT_IN_PERSON = Refusal(
    RefusalCode.FORBIDDEN, f"{_IN_PERSON} give a store to somebody else.", "id"
)
_TAKER_NOT_IN_PERSON = Refusal(RefusalCode.FORBIDDEN, f"{_IN_PERSON} accept a store.", "id")
_TO_ONESELF = Refusal(
    RefusalCode.OWNER_INVALID,
    "The store is offered to somebody else than its owner and than you: name another taker.",
    "to",
)
_OF_THE_PLATFORM = Refusal(
    RefusalCode.NOT_TRANSFERABLE,
    "The platform has made this store to check a backup, and removes it afterwards.",
    "id",
)
_NO_OFFER = Refusal(RefusalCode.NO_OFFER, "The store is not offered to anybody.", "id")
