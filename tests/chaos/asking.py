"""Asks for operations on stores in the storm, and notes what was promised."""

import asyncio
from typing import Any

from gql.transport.exceptions import TransportQueryError

from tests.chaos.promises import Promises

_MUTATION = """mutation ($input: %sInput!) { %s(input: $input) {
  %s errors { code message } } }"""


async def ask(
    promises: Promises, mutation: str, given: dict[str, str], wanted: str = "", *, token: str = ""
) -> dict[str, Any]:
    """Call a mutation; return its payload, with ``wanted`` of it besides the errors.

    Without a ``token`` it is the storm's that asks.
    """
    document = _MUTATION % (mutation[0].upper() + mutation[1:], mutation, wanted)
    execute = promises.choose().execute
    try:
        answer = await asyncio.to_thread(execute, token or promises.token, document, input=given)
    except TransportQueryError as error:  # it was answered, if not well
        raise AssertionError(error.errors) from error
    payload: dict[str, Any] = answer[mutation]
    return payload


async def operate(
    promises: Promises,
    mutation: str,
    store_id: str,
    given: dict[str, str],
    wanted: str = "",
    *,
    may_be: set[str],
) -> dict[str, Any]:
    """Ask for an operation on a store, which is promised then, or refused with one of the codes.

    Return the payload, with ``wanted`` of it.
    """
    payload = await ask(promises, mutation, given, f"{wanted} operation {{ number kind }}")
    assert codes(payload) <= may_be, payload
    if (operation := payload["operation"]) is not None:
        promises.operations[store_id, operation["number"]] = operation["kind"]
    return payload


def codes(payload: dict[str, Any]) -> set[str]:
    """Return the codes of a payload's errors."""
    return {error["code"] for error in payload["errors"]}
