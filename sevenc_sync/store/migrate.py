"""The schema's version: asked at every start, changed only on command (`sevenc-sync db upgrade`)."""

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from sevenc_sync.store.database import Store, StoreProblem


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    return config


@cache
def newest_revision() -> str:
    """The revision that this version of the program needs."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    if head is None:
        raise StoreProblem("This installation holds no schema history; install it again.")
    return head


def current_revision(store: Store) -> str | None:
    """The revision that the store has; None for an empty database."""
    with store.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def upgrade(store: Store, revision: str | None = None) -> tuple[str | None, str]:
    """Bring the schema to a revision (None: the newest), in one transaction. Gives the revision before and after.

    Raises StoreProblem for a store that a newer version has written.
    """
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


@cache
def known_revisions() -> frozenset[str]:
    """All revisions that this version of the program knows."""
    return frozenset(script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions())


def _refuse_newer(store: Store, have: str | None) -> None:
    if have is not None and have not in known_revisions():
        raise StoreProblem(
            f"The store {store.address} was written by a newer sevenc-sync (schema {have}; this one knows "
            f"{newest_revision()}). Install that version, or restore a backup."
        )
