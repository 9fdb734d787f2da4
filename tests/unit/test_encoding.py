"""Answers as JSON text."""

import json

import pytest

from app.http.encoding import encode_json


@pytest.mark.parametrize("text", ["shop", 'a "quoted" line\n', "Bücher 📚", "\ud800", "a\udfffb"])
def test_any_text(text: str) -> None:
    data = {"data": {"store": {"name": text, "version": 3, "reason": None, "steps": [True, 1.5]}}}
    encoded = encode_json(data)
    assert json.loads(encoded) == data
    assert "\n" not in encoded  # an event stream carries it in one line
    encoded.encode()  # as it is sent
