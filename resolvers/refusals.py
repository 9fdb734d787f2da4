"""Answers refused mutations with the errors in their payload."""

import dataclasses
from collections.abc import Awaitable, Callable
from typing import Any

from strawberry.extensions import FieldExtension

from provisioner.domain.errors import NotFoundError, RefusedError
from resolvers.context import Info
from resolvers.errors import user_errors


class RefusalsAsErrors(FieldExtension):
    """Answers a refusal with the mutation's payload; all its fields but ``errors`` are null."""

    async def resolve_async(
        self, next_: Callable[..., Awaitable[Any]], source: Any, info: Info, **kwargs: Any
    ) -> Any:
        """Run the mutation, and turn a refusal of the domain into a payload with errors."""
        try:
            return await next_(source, info, **kwargs)
        except (RefusedError, NotFoundError) as error:
            # Each mutation has a payload type of its own. Its fields are found here, so that this
            # works for mutations that are added later. Those with a resolver are no parameters.
            payload: Any = info.return_type
            empty = {field.name: None for field in dataclasses.fields(payload) if field.init}
            return payload(**(empty | {"errors": user_errors(error)}))
