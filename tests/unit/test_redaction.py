"""What is stored or shown of a tool's output holds no secret."""

from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioner.domain.redaction import HIDDEN, scrub, tail

SECRET = "kT8wQz-Xr4vN2bHs"


@pytest.mark.parametrize(
    "shown", [SECRET, b64encode(SECRET.encode()).decode()], ids=["plain", "base64"]
)
def test_known_secrets(shown: str) -> None:
    assert scrub(f"cannot use {shown} here", [SECRET]) == f"cannot use {HIDDEN} here"


def test_a_secret_inside_another_leaves_no_remains() -> None:
    assert scrub("value: " + SECRET + "-more", [SECRET, SECRET + "-more"]) == f"value: {HIDDEN}"


@given(st.text(), st.lists(st.text("abcXYZ0189", min_size=6, max_size=30), max_size=3), st.text())
def test_no_known_secret_survives(before: str, secrets: list[str], after: str) -> None:
    shown = scrub(before + "|".join(secrets) + after, secrets)
    assert not [secret for secret in secrets if secret in shown]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Authorization: Bearer abc.def-123456", f"Authorization: Bearer {HIDDEN}"),
        ('{"password": "hunter22", "user": "x"}', f'{{"password": "{HIDDEN}", "user": "x"}}'),
        ("MYSQL_ROOT_PASSWORD=hunter22 ok", f"MYSQL_ROOT_PASSWORD={HIDDEN} ok"),
        ("postgresql://me:hunter22@db/shop", f"postgresql://me:{HIDDEN}@db/shop"),
        ("a -----BEGIN KEY-----\nMII\n-----END KEY----- b", f"a {HIDDEN} b"),
        ("a -----BEGIN KEY-----\nMII, cut off", f"a {HIDDEN}"),
        ("\x1b[31mred\x1b[0m\x00 text\n", "red text\n"),
        ("the password is wrong", "the password is wrong"),
        ("secret not found", "secret not found"),
    ],
)
def test_known_forms(text: str, shown: str) -> None:
    assert scrub(text) == shown


def test_tail_begins_with_a_whole_line() -> None:
    assert tail("short") == "short"
    assert tail("one\ntwo\nthree", limit=9) == "three"
    assert tail("x" * 20, limit=9) == "x" * 9
