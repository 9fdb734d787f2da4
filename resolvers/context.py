"""What a resolver knows of its request: who calls, and the domain."""

from dataclasses import dataclass, field
from typing import Any

import strawberry
from strawberry.dataloader import DataLoader

from provisioner.models import Identity, StoreSnapshot
from provisioner.supervisor import Platform


@dataclass(slots=True)
class Context:
    """One per HTTP request or websocket; ``caller`` is None until they have signed in.

    ``connection_params`` is filled by Strawberry from a websocket's ``connection_init``;
    ``last_event_id`` is the header by which an event stream is resumed, and goes before ``after``.
    """

    platform: Platform
    version: str
    caller: Identity | None = None
    connection_params: dict[str, Any] | None = None
    last_event_id: str | None = None
    loader: "DataLoader[str, StoreSnapshot] | None" = field(default=None, repr=False)

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
