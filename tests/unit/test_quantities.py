"""Quantities as Kubernetes writes them."""

from decimal import Decimal

import pytest

from provisioner.domain.quantities import amount_of


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("0", "0"),
        ("400m", "0.4"),
        ("2", "2"),
        ("5Gi", str(5 * 1024**3)),
        ("1.5k", "1500"),
        ("1e3", "1000"),
    ],
)
def test_amounts(text: str, amount: str) -> None:
    assert amount_of(text) == Decimal(amount)


@pytest.mark.parametrize("text", ["", "10 GB", "5gi", "-1", "Gi"])
def test_what_is_no_quantity(text: str) -> None:
    assert amount_of(text) is None
