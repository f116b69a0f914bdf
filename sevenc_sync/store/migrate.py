"""The schema's version: asked at every start, changed only on command (`sevenc-sync db upgrade`)."""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, text

from sevenc_sync.store.database import Store, StoreProblem

if TYPE_CHECKING:
    from alembic.config import Config

_HISTORY = Path(__file__).parent / "migrations"


def _config(connection: Connection) -> "Config":
    from alembic.config import Config  # noqa: PLC0415 - a fifth of a second, and only upgrading needs it

    config = Config()
    config.set_main_option("script_location", str(_HISTORY))
    config.attributes["connection"] = connection
    return config


@cache
def known_revisions() -> frozenset[str]:
    """All revisions that this version of the program knows: each file of the history begins with its own."""
    return frozenset(path.name.partition("_")[0] for path in (_HISTORY / "versions").glob("[0-9]*.py"))


def newest_revision() -> str:
    """The revision that this version of the program needs."""
    if not known_revisions():
        raise StoreProblem("This installation holds no schema history; install it again.")
    return max(known_revisions())


def current_revision(store: Store) -> str | None:
    """The revision that the store has; None for an empty database."""
    with store.read() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def upgrade(store: Store, revision: str | None = None) -> tuple[str | None, str]:
    """Bring the schema to a revision (None: the newest), in one transaction. Gives the revision before and after.

    Raises StoreProblem for a store that a newer version has written.
    """
    from alembic import command  # noqa: PLC0415 - see `_config`

    before = current_revision(store)
    _refuse_newer(store, before)
    with store.write() as connection:
        command.upgrade(_config(connection), revision or "head")
    return before, revision or newest_revision()


def schema_problem(store: Store) -> str | None:
    """What `require_current` would raise, as a text; None: the schema is the one that this program needs."""
    try:
        require_current(store)
    except StoreProblem as problem:
        return str(problem)
    return None


def require_current(store: Store) -> None:
    """Raise StoreProblem, with the command to run, unless the schema is the one that this program needs."""
    have, need = current_revision(store), newest_revision()
    if have == need:
        return
    if have is None:
        raise StoreProblem(f"The store {store.address} is empty. Run: sevenc-sync db upgrade")
    _refuse_newer(store, have)
    raise StoreProblem(
        f"The store {store.address} has schema {have}; this version needs {need}. Run: sevenc-sync db upgrade"
    )


def _refuse_newer(store: Store, have: str | None) -> None:
    if have is not None and have not in known_revisions():
        raise StoreProblem(
            f"The store {store.address} was written by a newer sevenc-sync (schema {have}; this one knows "
            f"{newest_revision()}). Install that version, or restore a backup."
        )
