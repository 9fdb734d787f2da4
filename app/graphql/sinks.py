"""Sends rendered updates of followed stores straight to the websockets of their subscribers."""

import json
from dataclasses import dataclass

from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import Operation

from app.graphql.shared_rendering import SharedRenderer, SharedRenderers
from app.limits.sockets import GuardedHandler
from provisioner.domain.identities import Identity
from provisioner.platform import Platform
from resolvers import sharing
from resolvers.context import Context


class SharingHandler(GuardedHandler):
    """One websocket's protocol, guarded, whose operations may share their results with others'."""

    @property
    def renderers(self) -> SharedRenderers:
        """The renderers of all operations that share."""
        raise NotImplementedError  # they belong to the schema, which is put together above

    async def run_operation(self, operation: Operation[Context, None]) -> None:
        """Run an operation, in a task of its own."""

        def sink(platform: Platform, caller: Identity, store_id: str) -> _OperationSink | None:
            renderer = self.renderers.renderer(operation, platform, caller, store_id)
            return None if renderer is None else _OperationSink(self, renderer, _head(operation))

        sharing.find_sink.set(sink)
        await super().run_operation(operation)


@dataclass(frozen=True, slots=True)
class _OperationSink:
    """One operation of one websocket. Implements ``Sink``.

    ``head``: what stands before the result in each of its messages.
    """

    handler: SharingHandler
    renderer: SharedRenderer
    head: str

    def try_send(self, text: str) -> bool:
        return self.handler.try_send_text(f"{self.head}{text}}}")

    async def send(self, text: str) -> None:
        await self.handler.send_text(f"{self.head}{text}}}")


def _head(operation: Operation[Context, None]) -> str:
    return f'{{"id":{json.dumps(operation.id)},"type":"next","payload":'
