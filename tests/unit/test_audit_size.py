"""What an audit entry holds is measured as it is stored."""

import json

import pytest

from provisioner.storage.audit_size import MAX_ARGUMENTS_BYTES, arguments_of, cut


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("", 0),
        ("x" * 512, 512),
        ("x" * 513, 512),
        ("\u00e4" * 300, 256),
        ("\U0001f3c3" * 128, 128),
        ("\U0001f3c3" * 129, 128),
        ("\x07" * 200, 85),
        ('"' * 300, 256),
        ("\ud800" * 2, 2),
    ],
)
def test_a_text_is_cut_by_what_it_takes(text: str, kept: int) -> None:
    assert cut(text) == text[:kept]


def test_arguments_are_bounded_together() -> None:
    given = {f"argument{number}": "x" * 512 for number in range(20)}
    stored = arguments_of({**given, "days": 5})
    assert json.loads(stored) == dict(list(given.items())[:7])
    assert len(stored.encode()) <= MAX_ARGUMENTS_BYTES
    assert arguments_of({"name": "x", "days": 5}) == '{"name": "x", "days": 5}'
