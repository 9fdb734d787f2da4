"""Which denials of a quota can never pass: those that ask for more than the whole quota."""

import pytest

from provisioner.readiness.quotas import is_too_large

SIZES = {
    "": 1, "k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12, "P": 10**15, "E": 10**18,
    "Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40, "Pi": 2**50, "Ei": 2**60,
}  # fmt: skip
"""Kubernetes' suffixes of quantities, and what they stand for."""


def denial(asked: str, limited: str) -> str:
    return (
        'pods "web-0" is forbidden: exceeded quota: shop, requested: '
        f"{asked}, used: limits.cpu=0, limited: {limited}"
    )


@pytest.mark.parametrize("unit", SIZES)
def test_units(unit: str) -> None:
    limit = f"limits.memory={SIZES[unit]}"
    assert is_too_large(denial(f"limits.memory=1{unit}", limit)) is False
    assert is_too_large(denial(f"limits.memory=1{unit}", f"limits.memory={SIZES[unit] - 1}"))


@pytest.mark.parametrize(
    ("asked", "limited", "expected"),
    [
        ("limits.cpu=1001m", "limits.cpu=1", True),
        ("limits.cpu=1000m", "limits.cpu=1", False),
        ("limits.cpu=0.3", "limits.cpu=300m", False),
        ("limits.memory=2e3", "limits.memory=1999", True),
        ("limits.memory=2e3", "limits.memory=2k", False),
        ("limits.cpu=1,pods=2", "limits.cpu=2,pods=1", True),
        ("limits.cpu=1,pods=1", "limits.cpu=1,pods=1", False),
        # Not every amount can be read: one that cannot does not count.
        ("limits.cpu=much,pods=1", "limits.cpu=1,pods=1", False),
        ("limits.cpu=2,pods=1", "limits.cpu=little,pods=1", False),
        ("limits.cpu=much,pods=2", "limits.cpu=1,pods=1", True),
    ],
)
def test_amounts(asked: str, limited: str, expected: bool) -> None:  # noqa: FBT001
    assert is_too_large(denial(asked, limited)) is expected


def test_another_message_tells_nothing() -> None:
    assert is_too_large("failed calling webhook") is False


@pytest.mark.parametrize(("length", "expected"), [(499, True), (500, False), (501, False)])
def test_a_message_that_may_be_cut_off_tells_nothing(length: int, expected: bool) -> None:  # noqa: FBT001
    message = denial("pods=2", "pods=1")
    assert is_too_large("x" * (length - len(message)) + message) is expected
