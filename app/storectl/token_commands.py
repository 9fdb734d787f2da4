"""The commands about access tokens."""

from enum import StrEnum
from typing import Annotated

import typer

from app.storectl import documents, wording
from app.storectl.errors import refuse
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
    """What a token allows."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    ADMIN = "admin"


@tokens.command(name="list")
def list_tokens(
    *,
    everything: Annotated[bool, typer.Option("--all", help="Revoked ones too.")] = False,
    as_json: AsJson = False,
) -> None:
    """List your tokens; admins see everyone's. The tokens themselves are never shown again."""

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


@tokens.command(name="create")
def create_token(
    *,
    owner: Annotated[
        str | None, typer.Option(help="Whose it is to be; others than yourself for admins.")
    ] = None,
    role: Annotated[
        Role, typer.Option(case_sensitive=False, help="What it allows; never more than you may.")
    ] = Role.OPERATOR,
    description: Annotated[str, typer.Option(help="What it is for.")] = "",
    expires_in_days: Annotated[
        int | None,
        typer.Option(help="When it ends: no later than the token you use, and with it if none."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Make a token. It is printed this once, alone on standard output."""

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
            warn(f"Keep it now: it cannot be shown again. Its id is {payload['token']['id']}.")
            say(payload["secret"])

    run(work())


@tokens.command(name="revoke")
def revoke_token(
    *,
    token_id: Annotated[str, typer.Argument(metavar="ID", help="The token's id, from the list.")],
    as_json: AsJson = False,
) -> None:
    """End a token and all made with it at once, for whoever has them."""

    async def work() -> None:
        payload = (await connected().execute(documents.REVOKE_TOKEN, input={"id": token_id}))[
            "payload"
        ]
        refuse(payload["errors"])
        line = f"The token {token_id} of {payload['token']['ownerName']} is revoked."
        say_either(payload["token"], [line], as_json=as_json)

    run(work())
