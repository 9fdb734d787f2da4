"""What a resolver knows of its request: who calls, and the domain."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

import strawberry
from strawberry.dataloader import DataLoader

from provisioner.domain.identities import Identity
from provisioner.domain.stores import StoreSnapshot
from provisioner.platform import Platform


class SignIn(Protocol):
    """The credential that a caller has signed in with."""

    @property
    def identity(self) -> Identity:
        """Whose it is."""
        ...

    async def ended(self) -> None:
        """Return as soon as it is no longer valid: what stays open with it must end then."""
        ...


@dataclass(slots=True)
class Context:
    """One per HTTP request or websocket; ``sign_in`` is None until the caller has signed in.

    ``connection_params`` is filled by Strawberry from a websocket's ``connection_init``;
    ``last_event_id`` is the header by which an event stream is resumed, and goes before ``after``.
    ``code_digest`` is that of the good sign-in code that a request has come with: it is counted by
    that in place of its address, and nothing else follows from it. What is in ``on_close`` is
    called when a websocket has closed.
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

    @property
    def caller(self) -> Identity | None:
        """Who calls, or None."""
        return None if self.sign_in is None else self.sign_in.identity

    def details(self) -> "DataLoader[str, StoreSnapshot]":
        """Return the loader that reads the details of all stores of a response in one go."""
        if self.loader is None:
            # Nothing is cached: a websocket's context lives as long as the connection.
            self.loader = DataLoader(load_fn=self._load, cache=False)
        return self.loader

    async def _load(self, store_ids: list[str]) -> list[StoreSnapshot]:
        found = await self.platform.stores.details(store_ids)
        return [found[store_id] for store_id in store_ids]


Info = strawberry.Info[Context, None]
