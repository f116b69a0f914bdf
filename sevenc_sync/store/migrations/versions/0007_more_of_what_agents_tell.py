"""More of what management agents tell; and all devices are read whole again, for the support end of their systems."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema to this revision."""
    for name, kind in (
        ("os_build", sa.Text()),
        ("patches_lesser", sa.BigInteger()),
        ("reboot_pending", sa.Boolean()),
        ("booted_at", sa.BigInteger()),
        ("agent_version", sa.Text()),
    ):
        op.add_column("asset", sa.Column(name, kind, nullable=True))
    op.execute(
        "UPDATE stream_state SET last_full_at = NULL, token = NULL "
        "WHERE stream IN ('configurations', 'configuration_items')"
    )
