"""Insert or update: the statement of the store's own database.

PostgreSQL's dialect costs a process on SQLite 25 ms and 2 MiB, so it is loaded only where it is spoken.
"""

from typing import cast

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import sqlite


def insert_into(connection: Connection, table: Table) -> sqlite.Insert:
    """An INSERT that knows `on_conflict_do_update` and `on_conflict_do_nothing`; both databases call them the same."""
    if connection.dialect.name != "postgresql":
        return sqlite.insert(table)
    from sqlalchemy.dialects import postgresql  # noqa: PLC0415 - a store on SQLite need not load it

    return cast("sqlite.Insert", postgresql.insert(table))
