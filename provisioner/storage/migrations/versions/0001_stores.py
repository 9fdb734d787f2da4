"""Create the tables for stores with their steps, pods and events, and for access tokens.

Times are microseconds since 1970 in UTC, so that both databases store and compare them alike. For
the same reason the text columns that lists are ordered by are compared by code point, and not by
the rules of a locale.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


SORTED = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    _stores()
    _steps()
    _pods()
    _events()
    _tokens()


def _stores() -> None:
    op.create_table(
        "stores",
        sa.Column("id", SORTED, primary_key=True),
        sa.Column("name", SORTED, nullable=False),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("engine", sa.Text, nullable=False),
        sa.Column("engine_version", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("target", sa.Text, nullable=False),
        sa.Column("reason_code", sa.Text),
        sa.Column("reason_message", sa.Text),
        sa.Column("namespace", sa.Text, nullable=False, unique=True),
        sa.Column("release", sa.Text, nullable=False),
        sa.Column("host", sa.Text, nullable=False),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("idempotency_key", sa.Text),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("attempt_started_at", sa.BigInteger),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("updated_at", sa.BigInteger, nullable=False),
        sa.Column("ready_at", sa.BigInteger),
        sa.Column("deleted_at", sa.BigInteger),
    )
    # The index leaves deleted stores out, so that their names can be used again.
    live = sa.text("status <> 'DELETED'")
    op.create_index(
        "stores_live_name",
        "stores",
        ["name"],
        unique=True,
        sqlite_where=live,
        postgresql_where=live,
    )
    op.create_index("stores_idempotency", "stores", ["owner", "idempotency_key"], unique=True)
    op.create_index("stores_listing", "stores", ["created_at", "id"])
    op.create_index("stores_by_owner", "stores", ["owner", "created_at", "id"])
    op.create_index("stores_by_status", "stores", ["status", "created_at"])


def _steps() -> None:
    op.create_table(
        "steps",
        sa.Column("store_id", SORTED, sa.ForeignKey("stores.id"), primary_key=True),
        sa.Column("attempt", sa.Integer, primary_key=True),
        sa.Column("position", sa.Integer, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("message", sa.Text, nullable=False),
        sa.Column("output", sa.Text, nullable=False),
        sa.Column("started_at", sa.BigInteger),
        sa.Column("finished_at", sa.BigInteger),
    )


def _pods() -> None:
    op.create_table(
        "pods",
        sa.Column("store_id", SORTED, sa.ForeignKey("stores.id"), primary_key=True),
        sa.Column("uid", sa.Text, primary_key=True),
        sa.Column("detail", sa.Text, nullable=False),
    )


def _events() -> None:
    op.create_table(
        "events",
        sa.Column("store_id", SORTED, sa.ForeignKey("stores.id"), primary_key=True),
        sa.Column("version", sa.BigInteger, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("message", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
    )


def _tokens() -> None:
    op.create_table(
        "tokens",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("digest", sa.Text, nullable=False, unique=True),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("expires_at", sa.BigInteger),
        sa.Column("revoked_at", sa.BigInteger),
    )
