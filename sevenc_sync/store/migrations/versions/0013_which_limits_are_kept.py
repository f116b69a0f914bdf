"""Which limits are kept of each account, for status."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema to this revision."""
    op.add_column("account", sa.Column("per_minute", sa.Double(), nullable=True))
    op.add_column("account", sa.Column("at_once", sa.Integer(), nullable=True))
    op.add_column("account", sa.Column("documented_limit", sa.Text(), nullable=True))
