"""Makes the page info of a connection."""

from collections.abc import Sequence

from schema.page_info import PageInfo


def page_info(cursors: Sequence[str], *, has_next: bool, after: str | None) -> PageInfo:
    """Return the page info for a page with these cursors, which was requested with ``after``."""
    return PageInfo(
        has_next_page=has_next,
        # Pages only go forward, so a page has one before it exactly if it has a start.
        has_previous_page=after is not None,
        start_cursor=cursors[0] if cursors else None,
        end_cursor=cursors[-1] if cursors else None,
    )
