"""Add to access tokens what they are for and when they were last used; create the audit log.

The log is append-only: a trigger makes the database refuse to change a row. Only retention removes
rows, the oldest first.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_REFUSED = "audit entries are never changed"
_SQLITE_TRIGGER = f"""
    CREATE TRIGGER audit_append_only BEFORE UPDATE ON audit
    BEGIN SELECT RAISE(ABORT, '{_REFUSED}'); END
"""
_POSTGRESQL_FUNCTION = f"""
    CREATE FUNCTION refuse_audit_update() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION '{_REFUSED}'; END $$
"""
_POSTGRESQL_TRIGGER = """
    CREATE TRIGGER audit_append_only BEFORE UPDATE ON audit
    FOR EACH ROW EXECUTE FUNCTION refuse_audit_update()
"""
_REFUSE_UPDATE = {
    "sqlite": (_SQLITE_TRIGGER,),
    "postgresql": (_POSTGRESQL_FUNCTION, _POSTGRESQL_TRIGGER),
}


def upgrade() -> None:
    op.add_column("tokens", sa.Column("description", sa.Text, nullable=False, server_default=""))
    op.add_column("tokens", sa.Column("last_used_at", sa.BigInteger))
    op.create_index("tokens_listing", "tokens", ["created_at", "id"])
    op.create_index("tokens_by_owner", "tokens", ["owner", "created_at", "id"])
    _audit()


def _audit() -> None:
    op.create_table(
        "audit",
        sa.Column(
            "id",
            # SQLite numbers rows by itself only when the key is called INTEGER.
            sa.BigInteger().with_variant(sa.Integer, "sqlite"),
            primary_key=True,
            autoincrement=True,
        ),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("actor", sa.Text),
        sa.Column("role", sa.Text),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("arguments", sa.Text, nullable=False),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("code", sa.Text),
        sa.Column("store_id", sa.Text),
        # Without this SQLite would give numbers again whose rows retention has removed.
        sqlite_autoincrement=True,
    )
    op.create_index("audit_by_time", "audit", ["at"])
    op.create_index("audit_by_actor", "audit", ["actor", "id"])
    op.create_index("audit_by_store", "audit", ["store_id", "id"])
    for statement in _REFUSE_UPDATE[op.get_bind().dialect.name]:
        op.execute(statement)
