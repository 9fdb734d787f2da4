"""Number every change of any store, in the order in which the changes are committed.

A plain sequence would not do, because it gives out numbers before the commit: a reader may see
number 8 while 7 is not committed yet, and would never go back to read it. Here a transaction takes
its number by updating the single row of ``change_counter``, and keeps that row locked until it has
ended. Only then can another transaction take the next number. PostgreSQL makes a commit visible
before it frees the locks, and SQLite has one writer at a time anyway. So a reader that sees a
number sees all lower ones too.
"""

import uuid

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    counter = op.create_table(
        "change_counter",
        # Names this database, so that a cursor from another one can be recognised.
        sa.Column("database_id", sa.Text, primary_key=True),
        sa.Column("latest", sa.BigInteger, nullable=False),
        # The highest number of a change whose store's record was removed since.
        sa.Column("removed", sa.BigInteger, nullable=False),
    )
    op.bulk_insert(counter, [{"database_id": uuid.uuid4().hex, "latest": 0, "removed": 0}])
    # Stores that exist already get 0: there are no cursors yet, so nobody can have missed them.
    op.add_column("stores", sa.Column("change", sa.BigInteger, nullable=False, server_default="0"))
    op.create_index("stores_by_change", "stores", ["change"])
