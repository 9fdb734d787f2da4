"""Defines what every page of a list has in common.

Lists are Relay connections that go forward only: https://relay.dev/graphql/connections.htm.
"""

import strawberry


@strawberry.type(description="The position of a page in its list.")
class PageInfo:
    has_next_page: bool = strawberry.field(description="Whether there is a next page.")
    has_previous_page: bool = strawberry.field(description="Whether this is not the first page.")
    start_cursor: str | None = strawberry.field(
        description="The cursor of the first item on the page."
    )
    end_cursor: str | None = strawberry.field(
        description="The cursor of the last item. Pass it as `after` to get the next page."
    )
