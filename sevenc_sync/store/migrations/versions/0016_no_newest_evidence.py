"""When the newest evidence of an indicator is from is no longer kept: nothing read it, and each new record changed it."""

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema to this revision."""
    op.drop_column("indicator_score", "newest_at")
