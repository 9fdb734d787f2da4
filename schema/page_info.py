"""What every page of a list has. Lists are Relay connections, forward only.

See https://relay.dev/graphql/connections.htm.
"""

import strawberry


@strawberry.type(description="Whether there is more, and where it begins.")
class PageInfo:
    has_next_page: bool = strawberry.field(description="Whether another page follows.")
    has_previous_page: bool = strawberry.field(description="Whether this is not the first page.")
    start_cursor: str | None = strawberry.field(description="The cursor of the first edge.")
    end_cursor: str | None = strawberry.field(description="Pass it as `after` for the next page.")
