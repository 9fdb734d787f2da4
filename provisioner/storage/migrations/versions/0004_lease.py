"""Create the lease that says which replica works on stores; ``epoch`` rises with each new leader.

``expires_at`` is in microseconds, by the database's own clock. The epoch is a unique key of its
own. So PostgreSQL lets the leader renew the lease while its writes hold the epoch (FOR KEY SHARE),
but makes a replica that takes over wait for these writes. On SQLite there is only one process,
which needs no lease, and the table stays empty.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "lease",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("epoch", sa.BigInteger, nullable=False, unique=True),
        sa.Column("holder", sa.Text, nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
    )
