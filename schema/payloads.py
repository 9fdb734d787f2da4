"""Payloads of mutations: the object, or what was wrong with the request. Errors are data."""

import strawberry

from schema.codes import UserErrorCode
from schema.types import Store


@strawberry.type(description="Something that is wrong with a request. Nothing was changed.")
class UserError:
    code: UserErrorCode = strawberry.field(description="For programs.")
    message: str = strawberry.field(description="For people: what is wrong, and the remedy.")
    field: str | None = strawberry.field(description="The input's field it is about, if any.")


@strawberry.type(description="What became of `createStore`.")
class CreateStorePayload:
    store: Store | None = strawberry.field(description="The new store, unless refused.")
    errors: list[UserError] = strawberry.field(description="Why it was refused; else empty.")


@strawberry.type(description="What became of `deleteStore`.")
class DeleteStorePayload:
    store: Store | None = strawberry.field(description="The store, unless refused.")
    errors: list[UserError] = strawberry.field(description="Why it was refused; else empty.")


@strawberry.type(description="What became of `cancelStore`.")
class CancelStorePayload:
    store: Store | None = strawberry.field(description="The store, unless refused.")
    errors: list[UserError] = strawberry.field(description="Why it was refused; else empty.")


@strawberry.type(description="What became of `retryStore`.")
class RetryStorePayload:
    store: Store | None = strawberry.field(description="The store, unless refused.")
    errors: list[UserError] = strawberry.field(description="Why it was refused; else empty.")
