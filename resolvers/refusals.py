"""Refused mutations: errors are data, in the payload of whichever mutation it is."""

import dataclasses
from collections.abc import Awaitable, Callable
from typing import Any

from strawberry.extensions import FieldExtension

from provisioner.domain.errors import NotFoundError, RefusedError
from resolvers.context import Info
from resolvers.errors import user_errors


class RefusalsAsErrors(FieldExtension):
    """Answers a refusal with the mutation's payload, which has nothing in it but the errors."""

    async def resolve_async(
        self, next_: Callable[..., Awaitable[Any]], source: Any, info: Info, **kwargs: Any
    ) -> Any:
        """Carry the mutation out; resolvers let refusals of the domain pass through."""
        try:
            return await next_(source, info, **kwargs)
        except (RefusedError, NotFoundError) as error:
            payload: Any = info.return_type
            empty = {field.name: None for field in dataclasses.fields(payload)}
            return payload(**(empty | {"errors": user_errors(error)}))
