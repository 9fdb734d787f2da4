"""Formats rows of text as columns: folded to fit a terminal, one line for each row elsewhere."""

import io
from collections.abc import Iterable, Sequence

from app.storectl.printable import one_line

_UNLIMITED = 1_000_000  # characters, because rich needs a width to draw a table


def columns(
    rows: Iterable[Sequence[str]], *, width: int | None = None, indent: int = 0
) -> list[str]:
    """Return rows as lines with aligned columns.

    If a row is wider than ``width`` characters, its cells are folded onto further lines; nothing is
    cut off. Without a width each row is one line of any length, as scripts need it.
    """
    # Imported here, because it takes a moment that commands without a table do not need.
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Column, Table  # noqa: PLC0415

    from app.storectl.screen import text  # noqa: PLC0415

    cells = [[one_line(cell) for cell in row] for row in rows]
    if not cells:
        return []
    room = (width or _UNLIMITED) - indent
    first, *others = zip(*cells, strict=True)
    # The first column holds names that users copy into the next command. So it is folded only if
    # it would take more than half of the width.
    is_first_whole = max(map(len, first)) <= room // 2
    table = Table.grid(
        Column(no_wrap=is_first_whole, overflow="fold"),
        *(Column(overflow="fold") for _ in others),
        padding=(0, 2),
    )
    for row in cells:
        table.add_row(*map(text, row))
    drawn = io.StringIO()
    # This is only text: variables such as FORCE_COLOR must not add escape sequences to it.
    console = Console(file=drawn, width=room, force_terminal=False, color_system=None)
    console.print(table)
    return [f"{' ' * indent}{line}".rstrip() for line in drawn.getvalue().splitlines()]
