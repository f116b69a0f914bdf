"""The task queue's own tables beside ours: made and brought up to date by `db upgrade`, asked for at every start.

The queue's library keeps no note of which version its tables have. We do: in the comment on its table of jobs.
"""

from importlib.resources import files
from importlib.resources.abc import Traversable

from sqlalchemy import Connection, text

from sevenc_sync.store.database import Store, StoreProblem

NOTE = "sevenc-sync: "  # begins the comment; the last migration that was applied follows
_WITHOUT_ARGUMENTS = {"no_parameters": True}  # the library's SQL holds percent signs of its own


def connection_of(store: Store) -> str:
    """The store's address as libpq takes it."""
    return store.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)


def queue_schema(connection: Connection) -> str | None:
    """The last migration that the queue's tables have; None: there are no such tables.

    Raises StoreProblem for tables that were not made by `db upgrade`.
    """
    told = connection.execute(
        text("SELECT to_regclass('procrastinate_jobs'), obj_description(to_regclass('procrastinate_jobs'))")
    ).one()
    if told[0] is None:
        return None
    if told[1] is None or not told[1].startswith(NOTE):
        raise StoreProblem(
            "The database has tables of procrastinate that `sevenc-sync db upgrade` did not make: which version they have "
            "is not known. Give the store a database of its own."
        )
    return str(told[1]).removeprefix(NOTE)


def newest_queue_schema() -> str:
    """The last migration that the installed library brings."""
    return _migrations()[-1].name


def upgrade_queue(store: Store) -> tuple[str | None, str]:
    """Make the queue's tables, or bring them to the installed library's version; gives the versions before and after.

    Raises StoreProblem for tables that a newer library made, or that are not ours.
    """
    newest = newest_queue_schema()
    with store.read() as connection:
        before = queue_schema(connection)
    if before is None:
        _apply(store, files("procrastinate.sql") / "schema.sql", newest)
        return before, newest
    _refuse_newer(before, newest)
    for script in _migrations():
        if script.name > before:
            _apply(store, script, script.name)
    return before, newest


def _apply(store: Store, script: Traversable, version: str) -> None:
    with store.write() as connection:
        connection.exec_driver_sql(script.read_text(encoding="utf-8"), execution_options=_WITHOUT_ARGUMENTS)
        connection.exec_driver_sql(f"COMMENT ON TABLE procrastinate_jobs IS '{NOTE}{version}'")


def require_queue(store: Store) -> None:
    """Raise StoreProblem, with the command to run, unless the queue's tables are those that the library needs."""
    with store.read() as connection:
        have = queue_schema(connection)
    need = newest_queue_schema()
    if have is None:
        raise StoreProblem(
            f'The store {store.address} has no task queue yet, which engine = "procrastinate" needs. Run: sevenc-sync db upgrade'
        )
    _refuse_newer(have, need)
    if have != need:
        raise StoreProblem(
            f"The task queue in {store.address} is of an older version ({have}; this one needs {need}). "
            "Run: sevenc-sync db upgrade"
        )


def queue_problem(store: Store) -> str | None:
    """What `require_queue` would raise, as a text; None: the queue is as it must be."""
    try:
        require_queue(store)
    except StoreProblem as problem:
        return str(problem)
    return None


def queued_jobs(connection: Connection) -> dict[tuple[str, str], int]:
    """Jobs by (queue, state), where state is `todo` or `doing`: those that are over are deleted. Empty without a queue."""
    if connection.dialect.name == "sqlite":
        return {}
    if connection.execute(text("SELECT to_regclass('procrastinate_jobs')")).scalar() is None:
        return {}
    counted = text(
        "SELECT queue_name, status::text, count(*) FROM procrastinate_jobs WHERE status IN ('todo', 'doing') GROUP BY 1, 2"
    )
    return {(row[0], row[1]): row[2] for row in connection.execute(counted)}


def _migrations() -> list[Traversable]:
    """The library's migrations, in their order."""
    folder = files("procrastinate.sql") / "migrations"
    found = [file for file in folder.iterdir() if file.name.endswith(".sql")]
    if not found:
        raise StoreProblem("This installation of procrastinate holds no migrations; install it again.")
    return sorted(found, key=lambda file: file.name)


def _refuse_newer(have: str, newest: str) -> None:
    if have > newest:
        raise StoreProblem(
            f"The task queue was made by a newer procrastinate ({have}; this one knows {newest}). Install that version."
        )
