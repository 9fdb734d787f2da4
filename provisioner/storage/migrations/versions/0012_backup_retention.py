"""Let backups be pinned, and record which of them are to be removed."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # A replica of the version before goes on writing backups in the middle of an upgrade.
    op.add_column("backups", sa.Column("pinned", sa.Integer, nullable=False, server_default="0"))
    op.add_column("backups", sa.Column("expired_at", sa.BigInteger))
