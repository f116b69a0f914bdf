"""Opening the store: one engine, two kinds of transaction.

Reads see one snapshot and cannot write. Writers queue up at their start (BEGIN IMMEDIATE on SQLite), so a transaction
never fails in its middle because another one wrote first.
"""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any, Self

from sqlalchemy import Connection, Engine, create_engine, event, make_url, select
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.pool import ConnectionPoolEntry, QueuePool

from sevenc_sync.store.middle import MIDDLE, Middle

POOL_SIZE = 8  # connections that are kept for the next one who asks; more than that while they are needed
SQLITE_PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = NORMAL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA cache_size = -16384",  # 16 MiB: more made no difference in time, only in memory
    "PRAGMA wal_autocheckpoint = 10000",  # 40 MiB of log between checkpoints: backfills rewrite index pages less often
)

# A machine that loses its power says no goodbye: without these its transactions would hold their locks for two hours.
POSTGRES_SETTINGS = {
    "tcp_keepalives_idle": 30,  # seconds
    "tcp_keepalives_interval": 10,
    "tcp_keepalives_count": 3,
    "idle_in_transaction_session_timeout": 900_000,  # milliseconds; longer than anything computes between two statements
}


# What a reader's statements begin with.
_READS = re.compile(
    r"\s*(SELECT|WITH|VALUES|EXPLAIN|PRAGMA|BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE)\b", re.IGNORECASE
)
# What may follow the tables of a WITH and the queries inside them: no SQLite table of a WITH is made by writing. Texts and
# quoted names are passed over whole.
_WITH_WORDS = re.compile(
    r"'[^']*'|\"[^\"]*\"|`[^`]*`|\[[^\]]*\]|--[^\n]*|/\*.*?\*/|[()]|\b(?:SELECT|VALUES|INSERT|REPLACE|UPDATE|DELETE)\b",
    re.IGNORECASE | re.DOTALL,
)

PG_DISK_FULL, PG_READ_ONLY = "53100", "25006"  # SQLSTATE codes of PostgreSQL


class StoreProblem(Exception):
    """The store cannot be used as it is; the text says what to do."""


class StoreUnwritable(StoreProblem):
    """The store takes no writes now: its disk is full or read-only. What was being written is undone; nothing is lost."""


def parse_url(value: str) -> URL:
    """The database address. Raises ValueError unless it is sqlite:///FILE or postgresql://… (psycopg 3)."""
    try:
        url = make_url(value)
    except ArgumentError as error:
        raise ValueError("expected sqlite:///path/to/file or postgresql://user@host/database") from error
    if url.drivername in ("postgresql", "postgres"):
        url = url.set(drivername="postgresql+psycopg")
    if url.drivername not in ("sqlite", "postgresql+psycopg"):
        raise ValueError("expected sqlite:///path/to/file or postgresql://user@host/database")
    if url.drivername == "sqlite" and not url.database:
        raise ValueError("an in-memory store would forget everything; give a file: sqlite:///path/to/file")
    return url


class Store:
    """The store at one address. Close it when done, or use it in a with statement."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @classmethod
    def open(cls, address: str) -> "Store":
        """Connect; the schema is not touched. Raises ValueError for a bad address, StoreProblem for a missing folder."""
        url = parse_url(address)
        if url.get_backend_name() == "sqlite":
            folder = Path(url.database or "").absolute().parent
            if not folder.is_dir():
                raise StoreProblem(
                    f"The folder of the store does not exist: {folder}. Create it, or change store.url."
                )
            engine = create_engine(url, poolclass=QueuePool, pool_size=POOL_SIZE, max_overflow=24)
            event.listen(engine, "connect", _prepare_sqlite)
            event.listen(engine, "begin", _begin_sqlite)
            event.listen(engine, "before_cursor_execute", _refuse_to_write)
        else:
            engine = create_engine(url, pool_size=POOL_SIZE, max_overflow=24, pool_pre_ping=True)
            event.listen(engine, "connect", _prepare_postgres)
        return cls(engine)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Give all connections back to the system."""
        self.engine.dispose()

    def rest(self) -> None:
        """Close the connections that nobody uses, with their page caches; the next one who asks gets a new one.

        PostgreSQL's hold no cache here, and closing them while others work would leave theirs to the garbage collector.
        """
        if self.is_sqlite:
            self.engine.dispose()

    @property
    def is_sqlite(self) -> bool:
        """Whether this is the embedded database."""
        return self.engine.dialect.name == "sqlite"

    @property
    def address(self) -> str:
        """Where the store is, without its password."""
        return self.engine.url.render_as_string(hide_password=True)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """One snapshot: everything read in the block is from the same moment. Writing fails."""
        with self.engine.connect() as opened:
            if self.is_sqlite:
                connection = opened.execution_options(sevenc_reader=True)
            else:
                connection = opened.execution_options(
                    isolation_level="REPEATABLE READ", postgresql_readonly=True
                )
            transaction = connection.begin()
            try:
                yield connection
            finally:
                # Whatever a reader may have written in spite of everything is undone.
                transaction.rollback()

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction: committed at the end of the block, rolled back when it raises.

        Raises StoreUnwritable where nothing can be written.
        """
        try:
            with self.engine.begin() as connection:
                yield connection
        except DBAPIError as error:
            told = _unwritable(error)
            if told is None:
                raise
            raise StoreUnwritable(f"{told} The store is {self.address}; what it holds is whole.") from error

    @contextmanager
    def trial(self) -> Iterator[Connection]:
        """One transaction that is always undone: to see what something would do."""
        with self.engine.connect() as connection, connection.begin() as transaction:
            yield connection
            transaction.rollback()


def _unwritable(error: DBAPIError) -> str | None:
    """What is wrong, and what to do, where the database says that it cannot write; None: it is something else."""
    code = getattr(error.orig, "sqlite_errorcode", None)
    state = getattr(error.orig, "sqlstate", None)
    primary = None if code is None else code & 0xFF  # the rest of an extended code says more than we ask
    if primary == sqlite3.SQLITE_FULL or state == PG_DISK_FULL:
        return "The store's disk is full: make room."
    if primary == sqlite3.SQLITE_READONLY or state == PG_READ_ONLY:
        return "The store cannot be written: its disk, file or server is read-only."
    if primary == sqlite3.SQLITE_IOERR:
        return "The store's disk fails (input/output error): look at the system's log."
    return None


def store_answers(store: Store) -> str | None:
    """None when the store answers a question of one word; else what it says, in the database's words."""
    try:
        with store.read() as connection:
            connection.execute(select(1)).one()
    except DBAPIError as error:
        return str(error.orig).strip()
    return None


def _prepare_sqlite(connection: sqlite3.Connection, _record: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # we begin transactions ourselves, below
    connection.execute("PRAGMA busy_timeout = 60000")
    for pragma in SQLITE_PRAGMAS:
        connection.execute(pragma)
    connection.create_aggregate(MIDDLE, 1, Middle)


def _prepare_postgres(connection: Any, _record: ConnectionPoolEntry) -> None:
    with connection.cursor() as cursor:
        cursor.execute("; ".join(f"SET {name} = {value}" for name, value in POSTGRES_SETTINGS.items()))
    connection.commit()


def _refuse_to_write(
    connection: Connection, _cursor: Any, statement: str, _parameters: Any, context: Any, _many: bool
) -> None:
    """Keep readers from writing. SQLite's own switch would do it too, but forgets every prepared statement when it is moved."""
    if not connection.get_execution_options().get("sevenc_reader", False):
        return
    writes = context is not None and (
        context.isinsert or context.isupdate or context.isdelete or context.isddl
    )
    begins = _READS.match(statement)
    if writes or begins is None or (begins[1].upper() == "WITH" and not _with_reads(statement)):
        raise sqlite3.OperationalError("attempt to write in a read-only transaction")


@lru_cache(maxsize=64)
def _with_reads(statement: str) -> bool:
    """Whether what comes after the tables of a WITH is a query: the first word outside all brackets says it."""
    depth = 0
    for found in _WITH_WORDS.finditer(statement):
        word = found[0]
        if word in "()":
            depth += 1 if word == "(" else -1
        elif depth == 0 and word[0].isalpha():
            return word.upper() in ("SELECT", "VALUES")
    return False


def _begin_sqlite(connection: Connection) -> None:
    reader = connection.get_execution_options().get("sevenc_reader", False)
    connection.exec_driver_sql("BEGIN" if reader else "BEGIN IMMEDIATE")
