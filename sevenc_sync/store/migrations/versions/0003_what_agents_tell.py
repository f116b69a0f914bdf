"""What management agents tell about devices, and which device a ticket is about."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema to this revision."""
    for name, kind in (
        ("os_support_ends_on", sa.BigInteger()),
        ("antivirus_present", sa.Boolean()),
        ("antivirus_running", sa.Boolean()),
        ("antivirus_current", sa.Boolean()),
        ("antivirus_updated_at", sa.BigInteger()),
        ("patches_missing", sa.BigInteger()),
        ("oldest_patch_at", sa.BigInteger()),
        ("is_encrypted", sa.Boolean()),
        ("offline_minutes", sa.Double()),
        ("monitored_minutes", sa.Double()),
    ):
        op.add_column("asset", sa.Column(name, kind, nullable=True))
    op.add_column("ticket", sa.Column("asset", sa.Text(), nullable=True))
    op.create_index(op.f("ix_time_entry_account_ticket"), "time_entry", ["account", "ticket"], unique=False)
