"""Checks the shape of the messages that a client sends over a websocket.

The protocol is graphql-transport-ws:
https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md
"""

from typing import Annotated, Any

import msgspec

from app.limits.inputs import MAX_TEXT

_Name = Annotated[str, msgspec.Meta(max_length=MAX_TEXT)]


class _ConnectionInit(msgspec.Struct, tag_field="type", tag="connection_init"):
    payload: dict[str, Any] | None = None


class _Ping(msgspec.Struct, tag_field="type", tag="ping"):
    payload: dict[str, Any] | None = None


class _Pong(msgspec.Struct, tag_field="type", tag="pong"):
    payload: dict[str, Any] | None = None


class _Operation(msgspec.Struct):
    query: str
    variables: dict[str, Any] | None = None
    operationName: _Name | None = None  # noqa: N815 - the protocol's name
    extensions: dict[str, Any] | None = None


class _Subscribe(msgspec.Struct, tag_field="type", tag="subscribe"):
    id: _Name
    payload: _Operation


class _Complete(msgspec.Struct, tag_field="type", tag="complete"):
    id: _Name


_Message = _ConnectionInit | _Ping | _Pong | _Subscribe | _Complete


def mistake_in(message: object) -> str | None:
    """Return what is wrong with the shape of a message, or None."""
    try:
        msgspec.convert(message, _Message)
    except msgspec.ValidationError as error:
        return str(error)
    return None
