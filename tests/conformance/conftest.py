"""The sources of the suite, one for each connector, started when they are first asked for.

One runs at a time: a vendor's server that nobody asks still wakes ten times a second, and so would cost more than its tests.
"""

import io
import logging
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import Protocol

import pytest
import structlog

from sevenc_sync import logs
from sevenc_sync.registry import connectors
from sevenc_sync.sandbox import World, build_world
from sevenc_sync.sandbox.sandbox import BACKUPS, RMMS
from tests.conformance.source import NOW, Bench, Source, bench, leaks, open_source


class Begin(Protocol):
    """Makes a bench; see `begin`."""

    def __call__(self, connector: str, *, before: str | None = None, after: str | None = None) -> Bench: ...


@cache
def conformance_world(backup: str, rmm: str | None) -> World:
    """Six clients, all of them on these products."""
    return build_world(clients=6, now=NOW, backups=(backup,), rmms=(rmm,) if rmm else ())


class Running:
    """The source that runs, if any."""

    def __init__(self) -> None:
        self.source: Source | None = None
        self._stack = ExitStack()

    def start(self, name: str, folder: Path, template: Path) -> Source:
        """Start a connector's source in place of the one that runs."""
        self.stop()
        world = conformance_world(name if name in BACKUPS else "datto_bcdr", name if name in RMMS else None)
        self.source = self._stack.enter_context(open_source(connectors()[name], world, folder, template))
        return self.source

    def stop(self) -> None:
        """End the source that runs."""
        self.source = None
        self._stack.close()


_RUNNING = Running()


def _connector_of(item: pytest.Item) -> str:
    """The connector that a test is for; empty for one that is for all."""
    params = item.callspec.params if isinstance(item, pytest.Function) and hasattr(item, "callspec") else {}
    return str(params.get("connector") or params.get("name") or "")


def _is_ours(item: pytest.Item) -> bool:
    return item.path.parent == Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put all tests of one connector together, whichever file they are in."""
    places = [place for place, item in enumerate(items) if _is_ours(item)]
    by_connector = sorted((items[place] for place in places), key=_connector_of)
    for place, item in zip(places, by_connector, strict=True):
        items[place] = item


@pytest.hookimpl(trylast=True)  # behind the fixtures, which look at what the source got
def pytest_runtest_teardown(nextitem: pytest.Item | None) -> None:
    """End the last source when its tests are over."""
    if nextitem is None or not _is_ours(nextitem):
        _RUNNING.stop()


@pytest.fixture(scope="session")
def sources(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Callable[[str], Source]:
    """Gives the source of a connector by its name."""

    def get(name: str) -> Source:
        running = _RUNNING.source
        if running is not None and running.name == name:
            return running
        return _RUNNING.start(name, tmp_path_factory.mktemp(name), sqlite_template)

    return get


@pytest.fixture(autouse=True)
def log_lines() -> Iterator[io.StringIO]:
    """What is logged, as it would be written; the process gets its own logging back."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    written = io.StringIO()
    logs.set_up("debug", "json", written)
    yield written
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.fixture
def begin(sources: Callable[[str], Source], log_lines: io.StringIO) -> Iterator[Begin]:
    """Gives a bench for a connector, on a store read up to (`before`) or with (`after`) a stream, else an empty one.

    Afterwards no secret stands in what was logged or stored, and nothing was sent elsewhere.
    """
    opened: list[Source] = []

    def start(connector: str, *, before: str | None = None, after: str | None = None) -> Bench:
        source = sources(connector)
        source.rewind()
        opened.append(source)
        path = source.before(before) if before else source.after(after) if after else source.folder / "0.db"
        return bench(source, path)

    yield start
    for source in opened:
        assert leaks(source, log_lines.getvalue().encode()) == []
        assert source.elsewhere.received == []
        for file in source.bench_files():
            assert leaks(source, file.read_bytes()) == []
