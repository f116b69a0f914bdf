"""What the recovery points of a protection take up, and how long they are kept."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema to this revision."""
    op.add_column("protection", sa.Column("size_bytes", sa.BigInteger(), nullable=True))
    op.add_column("protection", sa.Column("retention", sa.Text(), nullable=True))
