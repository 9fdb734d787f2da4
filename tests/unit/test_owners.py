"""Owners: a name and who vouches for it; and the one way in which a name is written."""

import pytest

from provisioner.domain.owners import COMMAND_LINE, Owner, local, normal_name

ISSUER = "https://login.example.com/realm"


@pytest.mark.parametrize(
    ("name", "normal"),
    [
        ("ada", "ada"),
        (" ada ", "ada"),
        ("\uff21da", "Ada"),  # full-width
        ("\ufb01n", "fin"),  # a ligature
        ("e\u0301", "\u00e9"),
        ("auth0|5f7c8ec7", "auth0|5f7c8ec7"),
        ("ada@example.com", "ada@example.com"),
        ("\u0430\u0434\u0430", "\u0430\u0434\u0430"),  # Cyrillic throughout
        ("\u7530\u4e2d\u3055\u3093 Taro", "\u7530\u4e2d\u3055\u3093 Taro"),
        ("\uff7b\uff70\uff8a\uff9e\uff70", "\u30b5\u30fc\u30d0\u30fc"),
        ("\uae40\ucca0\uc218 Kim", "\uae40\ucca0\uc218 Kim"),
        ("a" * 128, "a" * 128),
    ],
)
def test_how_a_name_is_written(name: str, normal: str) -> None:
    assert normal_name(name) == normal
    assert normal_name(normal) == normal


@pytest.mark.parametrize(
    "name",
    [
        "",
        " ",
        "a" * 129,
        "\ufdfa" * 8,  # each becomes 18 characters
        "a\nb",
        "a\0b",
        "ad\u200ba",  # no width
        "\u202eada",  # right to left
        "\u0430da",  # a Cyrillic letter among Latin ones
        "ad\u03b1",  # a Greek one
        "\u0391\u0410",  # Greek and Cyrillic
    ],
)
def test_names_that_nobody_has(name: str) -> None:
    assert normal_name(name) is None


def test_two_sources_are_two_people() -> None:
    theirs = Owner(ISSUER, "ada", "Ada Lovelace")
    assert theirs != local("ada")
    assert theirs == Owner(ISSUER, "ada", "called otherwise")
    assert len({theirs, local("ada"), Owner("https://other.example", "ada")}) == 3


def test_no_two_owners_have_one_key() -> None:
    several = [
        local("ada"), local(f"{ISSUER} ada"), Owner(ISSUER, "ada"), COMMAND_LINE,
        local("command line"), Owner(ISSUER, "x ada"),
    ]  # fmt: skip
    assert len({owner.key for owner in several}) == len(several)


def test_what_they_are_called() -> None:
    assert (local("ada").name, local("ada").label) == ("ada", "ada")
    theirs = Owner(ISSUER, "00u1", "local-admin")
    assert (theirs.name, theirs.label) == ("local-admin", "local-admin (login.example.com)")
    assert Owner(ISSUER, "00u1").label == "00u1 (login.example.com)"
