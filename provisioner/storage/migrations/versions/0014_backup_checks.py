"""Record of backups whether a shop could be made of them, and of stores when one was last tried."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("backups", sa.Column("check_store", sa.Text))
    op.add_column("backups", sa.Column("checked_at", sa.BigInteger))
    op.add_column("backups", sa.Column("fault", sa.Text))
    op.add_column("stores", sa.Column("backup_checked_at", sa.BigInteger))
