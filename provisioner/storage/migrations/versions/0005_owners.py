"""Add the source of owners, the maker and parent of tokens, and the token of audit entries.

Nothing is lost. An owner with a token of the platform becomes ``local``. An owner without one can
only have signed in with an issuer. The old rows do not say with which one, so the source of their
stores becomes ``issuer`` until a service starts that is configured with an issuer. An owner who had
both stays local; ``python -m app owner move`` moves their stores to the issuer's person.

``parent_id`` is not a foreign key. A token whose parent's row is gone has ended, and the missing
parent is how that is recognised.
"""

import json

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

# In microseconds. A token and its audit entry were written in one transaction, so their times
# differ by less.
_MOMENT = 5_000_000


def upgrade() -> None:
    for table in ("stores", "tokens"):
        _add(table, _named("owner_source", "local"), _named("owner_name", ""))
    _add("tokens", _text("maker_source"), _text("maker"), _named("maker_name", ""))
    _add("tokens", _text("parent_id"))
    _add("audit", _text("actor_source"), _named("actor_name", ""))
    _add("audit", _text("token_id"), _text("token_maker_source"), _text("token_maker"))
    _index()
    op.execute(
        "UPDATE stores SET owner_source = 'issuer' WHERE owner NOT IN (SELECT owner FROM tokens)"
    )
    _note_those_of_the_command_line()


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text)


def _named(name: str, value: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False, server_default=value)


def _add(table: str, *columns: sa.Column[str]) -> None:
    for column in columns:
        op.add_column(table, column)


def _index() -> None:
    op.drop_index("stores_idempotency", "stores")
    op.drop_index("stores_by_owner", "stores")
    op.drop_index("tokens_by_owner", "tokens")
    owner = ["owner_source", "owner"]
    op.create_index("stores_idempotency", "stores", [*owner, "idempotency_key"], unique=True)
    op.create_index("stores_by_owner", "stores", [*owner, "created_at", "id"])
    op.create_index("tokens_by_owner", "tokens", [*owner, "created_at", "id"])
    op.create_index("tokens_by_parent", "tokens", ["parent_id"])
    op.create_index("audit_by_token", "audit", ["token_id", "id"])


def _note_those_of_the_command_line() -> None:
    """Record the maker of those tokens that were made on the command line, by the audit log.

    The maker of the other tokens is not known.
    """
    connection = op.get_bind()
    entries = connection.execute(
        sa.text(
            "SELECT at, arguments FROM audit WHERE action = 'createToken' AND outcome = 'ACCEPTED'"
            " AND actor = 'command line' AND address = 'local'"
        )
    ).all()
    made = [(json.loads(entry.arguments).get("owner"), entry.at) for entry in entries]
    for token in connection.execute(sa.text("SELECT id, owner, created_at FROM tokens")).all():
        if any(
            owner == token.owner and 0 <= at - token.created_at <= _MOMENT for owner, at in made
        ):
            connection.execute(
                sa.text(
                    "UPDATE tokens SET maker_source = 'command line', maker = 'command line'"
                    " WHERE id = :id"
                ),
                {"id": token.id},
            )
