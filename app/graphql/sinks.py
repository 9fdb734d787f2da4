"""Sends rendered updates of followed stores directly to the websockets of their subscribers."""

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
    """Serves one guarded websocket whose operations can share their results with others."""

    @property
    def renderers(self) -> SharedRenderers:
        """Return the renderers of all operations that share results."""
        raise NotImplementedError  # they belong to the schema, which ``app.graphql.app`` builds

    async def run_operation(self, operation: Operation[Context, None]) -> None:
        """Run an operation; Strawberry calls this in a task of its own for each operation."""

        def sink(platform: Platform, caller: Identity, store_id: str) -> _OperationSink | None:
            renderer = self.renderers.renderer(operation, platform, caller, store_id)
            return None if renderer is None else _OperationSink(self, renderer, _head(operation))

        # The resolver finds the sink through this context variable. It is never reset, because it
        # belongs to the operation's task and ends with it.
        sharing.find_sink.set(sink)
        await super().run_operation(operation)


@dataclass(frozen=True, slots=True)
class _OperationSink:
    """Sends the results of one operation of one websocket. Implements ``Sink``.

    ``head`` is the text that stands before the result in each message.
    """

    handler: SharingHandler
    renderer: SharedRenderer
    head: str

    def try_send(self, text: str) -> bool:
        return self.handler.try_send_text(f"{self.head}{text}}}")

    async def send(self, text: str) -> None:
        await self.handler.send_text(f"{self.head}{text}}}")


def _head(operation: Operation[Context, None]) -> str:
    # A message is built from texts, because the result is JSON already: encoding it again for each
    # subscriber is the cost that sharing avoids.
    return f'{{"id":{json.dumps(operation.id)},"type":"next","payload":'
