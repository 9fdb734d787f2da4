"""Store names, and the names derived from ids."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioner.domain.names import (
    RESERVED_NAMES,
    is_store_id,
    new_store_id,
    refuse_name,
    release_for,
    reserved_names,
)

ALPHABET = string.ascii_lowercase + string.digits
MAX_POD_NAME = 63


@pytest.mark.parametrize("name", ["abc", "my-shop", "shop-2", "2nd-shop", "a--b", "a" * 40])
def test_good_names(name: str) -> None:
    assert refuse_name(name) is None


@pytest.mark.parametrize(
    ("name", "code", "words"),
    [
        ("", "NAME_INVALID", "has 0 characters; use 3 to 40"),
        ("ab", "NAME_INVALID", "has 2 characters"),
        ("a" * 41, "NAME_INVALID", "has 41 characters"),
        ("My-Shop", "NAME_INVALID", "use lower-case letters"),
        ("my_shop", "NAME_INVALID", "use lower-case letters"),
        ("-shop", "NAME_INVALID", "begin and end with a letter or digit"),
        ("shop-", "NAME_INVALID", "begin and end with a letter or digit"),
        ("my shop", "NAME_INVALID", "use lower-case letters"),
        ("my.shop", "NAME_INVALID", "use lower-case letters"),
        ("shop\n", "NAME_INVALID", "use lower-case letters"),
        ("größe", "NAME_INVALID", "use lower-case letters"),
        ("١٢٣", "NAME_INVALID", "use lower-case letters"),
        ("xn--shop", "NAME_INVALID", "hyphens as both the third and the fourth character"),
        ("xn--bcher-kva", "NAME_INVALID", "hyphens as both"),  # is shown as bücher
        ("ab--cd", "NAME_INVALID", "hyphens as both"),
        *(
            (name, "NAME_RESERVED", f"{name!r} is reserved; choose another")
            for name in ("admin", "login", "sso", "accounts", "wpad", "autodiscover", "mta-sts")
        ),
    ],
)
def test_refused_names(name: str, code: str, words: str) -> None:
    refusal = refuse_name(name)
    assert refusal is not None
    assert (refusal.code, refusal.field) == (code, "name")
    assert words in refusal.message


@given(st.text(max_size=45) | st.text(ALPHABET + "-", min_size=1, max_size=45))
def test_accepted_exactly_when_it_is_a_host_label(name: str) -> None:
    is_label = (
        3 <= len(name) <= 40
        and set(name) <= set(ALPHABET + "-")
        and not name.startswith("-")
        and not name.endswith("-")
        and name[2:4] != "--"
    )
    assert (refuse_name(name) is None) == (is_label and name not in RESERVED_NAMES)


def test_every_reserved_name_could_be_a_stores() -> None:
    assert {refuse_name(name, ()) for name in RESERVED_NAMES} == {None}


def test_the_reserved_names_can_be_changed() -> None:
    assert reserved_names([]) == RESERVED_NAMES
    changed = reserved_names(["shops", "-blog"])
    assert changed == (RESERVED_NAMES | {"shops"}) - {"blog"}
    assert refuse_name("blog", changed) is None
    refusal = refuse_name("shops", changed)
    assert refusal is not None
    assert refusal.code == "NAME_RESERVED"


def test_the_reserved_names_can_be_replaced() -> None:
    assert reserved_names(["-*", "shops"]) == {"shops"}


def test_ids_are_new_and_recognised() -> None:
    ids = {new_store_id() for _ in range(100)}
    assert len(ids) == 100
    assert all(map(is_store_id, ids))
    assert not any(map(is_store_id, ["", "x" * 32, "A" * 32, "a" * 31, "a" * 33, "a" * 32 + "\n"]))


def test_pods_of_a_release_have_valid_names() -> None:
    release = release_for("woocommercexx"[:12], new_store_id())
    assert len(f"{release}-wordpress-67d546b7b6-qd5x6") <= MAX_POD_NAME
