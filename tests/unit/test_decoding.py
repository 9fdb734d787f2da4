"""JSON is read strictly, and what a client sends over a websocket has a shape."""

import json

import pytest

from app.limits.concurrency import ConcurrencyLimiter
from app.limits.decoding import decode_json
from app.limits.messages import mistake_in


@pytest.mark.parametrize("text", ['{"a": [1, "\\u00e9", null]}', b'"\xc3\xa9"', '"\\ud83d\\ude00"'])
def test_proper_json(text: str | bytes) -> None:
    assert decode_json(text) == json.loads(text)


@pytest.mark.parametrize(
    "text",
    [
        "", "{", "NaN", "[Infinity]", "1e999", "9" * 5000, "[" * 100_000,
        '"\\ud800"', '"\\ud800 a"', '"\\udc00"', "\ud800", b'"\xff"', b'"\xed\xa0\x80"',
        "[1,]", "'a'",
    ],
)  # fmt: skip
def test_no_proper_json(text: str | bytes) -> None:
    with pytest.raises(json.JSONDecodeError):
        decode_json(text)


@pytest.mark.parametrize(
    "message",
    [
        {"type": "connection_init"},
        {"type": "connection_init", "payload": {"authorization": "Bearer x"}},
        {"type": "ping", "payload": None},
        {"type": "pong", "payload": {"at": 1}},
        {"type": "complete", "id": "1"},
        {"type": "subscribe", "id": "1", "payload": {"query": "{ a }", "variables": None}},
        {"type": "subscribe", "id": "1", "payload": {"query": "{ a }", "operationName": "A"}},
    ],
)
def test_proper_messages(message: object) -> None:
    assert mistake_in(message) is None


def test_what_is_wrong_with_a_message_is_said() -> None:
    wrong = {"type": "subscribe", "id": [], "payload": {"query": "{ a }"}}
    assert mistake_in(wrong) == "Expected `str`, got `array` - at `$.id`"


def test_slots() -> None:
    slots = ConcurrencyLimiter(2)
    assert [slots.take("a"), slots.take("a"), slots.take("a"), slots.take("b")] == [
        True, True, False, True
    ]  # fmt: skip
    slots.free("a")
    assert slots.take("a")
    for name in ("a", "a", "b"):
        slots.free(name)
    assert slots.held() == 0
