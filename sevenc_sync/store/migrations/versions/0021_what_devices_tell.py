"""An index that tells which facts of devices an account tells at all, without reading its devices."""

from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

_TOLD = (
    "last_seen_at",
    "antivirus_present",
    "antivirus_running",
    "antivirus_current",
    "antivirus_updated_at",
    "patches_missing",
    "oldest_patch_at",
    "patches_lesser",
    "is_encrypted",
    "offline_minutes",
    "monitored_minutes",
)


def upgrade() -> None:
    """Bring the schema to this revision."""
    bits = " + ".join(
        f"CASE WHEN ({name} IS NULL) THEN 0 ELSE {1 << place} END" for place, name in enumerate(_TOLD)
    )
    where = " WHERE gone_at IS NULL" if op.get_bind().dialect.name == "sqlite" else ""
    op.execute(
        "CREATE INDEX ix_asset_told ON asset "
        f"(account, (CASE WHEN (kind = 'appliance') THEN 0 ELSE 1 END * (0 + {bits}))){where}"
    )
