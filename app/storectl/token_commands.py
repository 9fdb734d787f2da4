"""Defines the commands for access tokens."""

from enum import StrEnum
from typing import Annotated

import typer

from app.storectl import documents, wording
from app.storectl.errors import refuse
from app.storectl.examples import examples
from app.storectl.tables import columns
from app.storectl.terminal import (
    AsJson,
    connected,
    run,
    say,
    say_either,
    say_json,
    table_width,
    warn,
)

tokens = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Your access tokens.")


class Role(StrEnum):
    """The roles that ``--role`` accepts, written as users type them."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    ADMIN = "admin"


@tokens.command(name="list")
def list_tokens(
    *,
    everything: Annotated[bool, typer.Option("--all", help="List revoked tokens too.")] = False,
    as_json: AsJson = False,
) -> None:
    """List your tokens; admins see everyone's. The tokens themselves are not shown."""

    async def work() -> None:
        found = await connected().tokens(include_revoked=everything)
        heads = [("ID", "OWNER", "ROLE", "DESCRIPTION", "CREATED", "LAST USED", "EXPIRES", "")]
        rows = [
            (token["id"], token["ownerName"], token["role"].lower(), token["description"] or "",
             wording.ago(token["createdAt"]), wording.ago(token["lastUsedAt"]) or "never",
             (token["expiresAt"] or "never")[:10], "revoked" if token["revokedAt"] else "")
            for token in found
        ]  # fmt: skip
        lines = columns(heads + rows, width=table_width()) if rows else ["There are no tokens."]
        say_either(found, lines, as_json=as_json)

    run(work())


@tokens.command(
    name="create",
    epilog=examples('storectl tokens create --role viewer --description "the screen in the hall"'),
)
def create_token(
    *,
    owner: Annotated[
        str | None, typer.Option(help="The token's owner. Only admins can name somebody else.")
    ] = None,
    role: Annotated[
        Role,
        typer.Option(
            metavar="ROLE",
            case_sensitive=False,
            help=f"What the token allows, at most what you may do: {', '.join(Role)}.",
        ),
    ] = Role.OPERATOR,
    description: Annotated[str, typer.Option(help="What the token is for.")] = "",
    expires_in_days: Annotated[
        int | None,
        typer.Option(
            help="Days until the token expires, at the latest together with the token that you use."
            " Without this, together with it."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Create a token, and print it alone on standard output. It cannot be shown again."""

    async def work() -> None:
        given = {
            "owner": owner,
            "role": role.name,
            "description": description,
            "expiresInDays": expires_in_days,
        }
        payload = (await connected().execute(documents.CREATE_TOKEN, input=given))["payload"]
        refuse(payload["errors"])
        if as_json:
            say_json({**payload["token"], "secret": payload["secret"]})
        else:
            # On standard error, so that scripts can read the token alone from standard output.
            warn(f"Save it now: it cannot be shown again. Its id is {payload['token']['id']}.")
            say(payload["secret"])

    run(work())


@tokens.command(name="revoke")
def revoke_token(
    *,
    token_id: Annotated[str, typer.Argument(metavar="ID", help="The token's id, from the list.")],
    as_json: AsJson = False,
) -> None:
    """Revoke a token, and all tokens that were made with it, at once."""

    async def work() -> None:
        payload = (await connected().execute(documents.REVOKE_TOKEN, input={"id": token_id}))[
            "payload"
        ]
        refuse(payload["errors"])
        line = f"The token {token_id} of {payload['token']['ownerName']} is revoked."
        say_either(payload["token"], [line], as_json=as_json)

    run(work())
