"""One number for every change of any store, in the order in which they were committed.

A plain sequence would not do: it hands out numbers before the commit, so a reader may see 8 while
7 is still to come, and would never go back for it. Here a transaction takes its number by updating
the one row of ``change_counter``, whose lock it keeps until it has ended. The next number is given
out only then, and PostgreSQL makes a commit visible before it lets go of the locks (SQLite has one
writer at a time anyway): whoever sees a number sees all that are lower.
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
        # Names this database, so that a cursor of another one is known for what it is.
        sa.Column("database_id", sa.Text, primary_key=True),
        sa.Column("latest", sa.BigInteger, nullable=False),
        # The last change that went with its store when that store's record was removed.
        sa.Column("removed", sa.BigInteger, nullable=False),
    )
    op.bulk_insert(counter, [{"database_id": uuid.uuid4().hex, "latest": 0, "removed": 0}])
    # Stores from before have 0: nobody can have a cursor that is older than they are.
    op.add_column("stores", sa.Column("change", sa.BigInteger, nullable=False, server_default="0"))
    op.create_index("stores_by_change", "stores", ["change"])
