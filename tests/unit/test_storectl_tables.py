"""storectl's tables: folded to a terminal's width, one line for each row elsewhere."""

import re

import pytest
from rich.cells import cell_len

from app.storectl.tables import columns

NAME = "a-name-of-forty-characters-as-long-as-any"[:40]
STORES = [
    ("NAME", "STATUS", "ENGINE", "OWNER", "CREATED", "ADDRESS"),
    (
        "my-shop",
        "PROVISIONING",
        "woocommerce 10",
        "anna",
        "2 min 3 s ago",
        "http://my-shop.example",
    ),
    (NAME, "READY", "woocommerce 10", "bea", "3 d 4 h ago", f"http://{NAME}.example"),
]


def test_each_row_is_a_line_where_there_is_no_terminal() -> None:
    assert columns(STORES) == [
        f"{'NAME':40}  STATUS        ENGINE          OWNER  CREATED        ADDRESS",
        (
            f"{'my-shop':40}  PROVISIONING  woocommerce 10  anna   2 min 3 s ago"
            "  http://my-shop.example"
        ),
        f"{NAME}  READY         woocommerce 10  bea    3 d 4 h ago    http://{NAME}.example",
    ]


def test_a_table_that_fits_is_the_same_on_a_terminal() -> None:
    rows = [("NAME", "STATUS"), ("a-long-name", "OK")]
    assert columns(rows, width=19) == columns(rows) == ["NAME         STATUS", "a-long-name  OK"]


@pytest.mark.parametrize("width", [20, 40, 80, 100])
def test_nothing_is_cut_off_a_table_that_is_folded(width: int) -> None:
    lines = columns(STORES, width=width)
    assert max(map(cell_len, lines)) <= width
    letters = sorted("".join(lines).replace(" ", ""))
    assert letters == sorted("".join(map("".join, STORES)).replace(" ", ""))


def test_what_names_the_row_can_be_copied() -> None:
    lines = columns(STORES, width=80)
    assert [line.split()[0] for line in lines if re.match(r"\S", line)] == ["NAME", "my-shop", NAME]


def test_an_indented_table_has_the_same_width() -> None:
    lines = columns(STORES, width=80, indent=2)
    assert max(map(len, lines)) <= 80
    assert {line[:2] for line in lines} == {"  "}
    assert [line[2:] for line in lines] == columns(STORES, width=78)


def test_characters_that_are_two_columns_wide() -> None:
    assert columns([("店", "a"), ("shop", "b")]) == ["店    a", "shop  b"]


def test_square_brackets_are_no_markup() -> None:
    assert columns([("[bold]a[/bold]", ":smile:")]) == ["[bold]a[/bold]  :smile:"]


def test_a_cell_is_one_line() -> None:
    assert columns([("a\nstore_1  READY\tx", "b\x1b[2J")]) == [r"a store_1  READY x  b\x1b[2J"]


def test_no_rows_are_no_lines() -> None:
    assert columns([]) == []
    assert columns([], width=80) == []


def test_colours_that_are_forced_are_not_for_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "3")
    assert columns([("a", "b")]) == ["a  b"]
