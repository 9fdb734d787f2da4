"""Gives stores other titles, for a known caller."""

from provisioner.domain.codes import RefusalCode
from provisioner.domain.errors import ConflictError, Refusal, RefusedError
from provisioner.domain.identities import Identity
from provisioner.domain.stores import Store
from provisioner.domain.titles import TITLE_INVALID, normal_title
from provisioner.services.permissions import require_operator
from provisioner.services.store_queries import StoreQueries
from provisioner.storage.audit_log import AuditedAction
from provisioner.storage.titles import Titles

ADVICE = (
    "The platform shows the title, also to visitors while the shop is closed. The shop itself is"
    " called what it was, on its pages and in its mails, and keeps its address: change its name in"
    " its own settings."
)
"""What a change of the title changes, and what not."""


class Renames:
    """Changes titles; ``stores`` says which stores a caller may see."""

    def __init__(self, *, stores: StoreQueries, titles: Titles) -> None:
        self._stores = stores
        self._titles = titles

    async def rename(
        self, caller: Identity, store_id: str, title: str, *, audit: AuditedAction
    ) -> Store:
        """Give a store another title; return the store.

        Raises NotFoundError, or RefusedError: FORBIDDEN, TITLE_INVALID or NOT_RENAMABLE.
        """
        require_operator(caller)
        store = await self._stores.get(caller, store_id)
        normal = normal_title(title)
        if normal is None:
            raise RefusedError(TITLE_INVALID)
        message = f"{caller.owner.label} gave the store the title {normal!r}."
        try:
            return await self._titles.change(store, normal, message, audit=audit)
        except ConflictError as error:
            await self._stores.get(caller, store_id)  # it may have another owner by now
            raise RefusedError(_NOT_RENAMABLE) from error


_NOT_RENAMABLE = Refusal(
    RefusalCode.NOT_RENAMABLE, "A store that is deleted, or being deleted, gets no title.", "id"
)
