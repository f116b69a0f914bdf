"""The sources of the suite, one for each connector, started when they are first asked for."""

import io
import logging
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
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


@pytest.fixture(scope="session")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Source]]:
    """Gives the source of a connector by its name."""
    running: dict[str, Source] = {}
    with ExitStack() as stack:

        def get(name: str) -> Source:
            if name not in running:
                world = conformance_world(
                    name if name in BACKUPS else "datto_bcdr", name if name in RMMS else None
                )
                folder = tmp_path_factory.mktemp(name)
                running[name] = stack.enter_context(open_source(connectors()[name], world, folder))
            return running[name]

        yield get


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
