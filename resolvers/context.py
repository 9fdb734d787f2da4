"""Defines what a resolver knows about its request: the caller, and the domain's services."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

import strawberry
from strawberry.dataloader import DataLoader

from provisioner.domain.backups import Backup
from provisioner.domain.identities import Identity
from provisioner.domain.snapshots import StoreSnapshot
from provisioner.platform import Platform


class SignIn(Protocol):
    """A credential with which a caller has signed in."""

    @property
    def identity(self) -> Identity:
        """Return the identity of the caller."""
        ...

    async def ended(self) -> None:
        """Return as soon as the credential is no longer valid, so that its connections can end."""
        ...


@dataclass(slots=True)
class Context:
    """The context of one HTTP request or websocket.

    - ``sign_in`` is None until the caller has signed in.
    - ``code_digest`` is the digest of a valid sign-in code that the request has as its bearer
      token. The request is counted by it instead of by its address; it gives no other rights.
    - ``connection_params`` is the payload of a websocket's ``connection_init``, from Strawberry.
    - ``last_event_id`` is the header from which an event stream resumes. It comes before ``after``.
    - ``on_close`` holds functions to call when a websocket has closed.
    """

    platform: Platform
    version: str
    address: str = "unknown"
    sign_in: SignIn | None = None
    code_digest: str | None = None
    connection_params: dict[str, Any] | None = None
    last_event_id: str | None = None
    on_close: list[Callable[[], None]] = field(default_factory=list, repr=False)
    loader: "DataLoader[str, StoreSnapshot] | None" = field(default=None, repr=False)
    backup_loader: "DataLoader[str, Backup | None] | None" = field(default=None, repr=False)

    @property
    def caller(self) -> Identity | None:
        """Return the caller's identity, or None before the sign-in."""
        return None if self.sign_in is None else self.sign_in.identity

    def details(self) -> "DataLoader[str, StoreSnapshot]":
        """Return the loader that reads the details of all stores in a response together."""
        if self.loader is None:
            # Without a cache, because a websocket's context lives as long as its connection. Later
            # operations would get old details.
            self.loader = DataLoader(load_fn=self._load, cache=False)
        return self.loader

    def newest_backups(self) -> "DataLoader[str, Backup | None]":
        """Return the loader that reads the newest backups of all stores in a response together."""
        if self.backup_loader is None:
            self.backup_loader = DataLoader(load_fn=self._load_backups, cache=False)
        return self.backup_loader

    async def _load_backups(self, store_ids: list[str]) -> list[Backup | None]:
        found = await self.platform.backups.newest(store_ids)
        return [found.get(store_id) for store_id in store_ids]

    async def _load(self, store_ids: list[str]) -> list[StoreSnapshot]:
        found = await self.platform.stores.details(store_ids)
        return [found[store_id] for store_id in store_ids]


Info = strawberry.Info[Context, None]
