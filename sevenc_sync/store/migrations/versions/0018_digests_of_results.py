"""A client's result keeps a digest, so that one that comes out as before is known without reading its rows."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema to this revision."""
    op.add_column("client_score", sa.Column("digest", sa.Text()))
