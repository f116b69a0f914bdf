"""Connectors against addresses that answer as the test tells them. The walk over a list is the engine's, in small."""

import threading
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
import respx
from hypothesis import HealthCheck, settings

from sevenc_sync.clock import fixed
from sevenc_sync.connect import redact
from sevenc_sync.connect.http import Http, HttpFactory
from sevenc_sync.connect.stream import Context, Parent, Stream, Window
from sevenc_sync.connect.walk import read_all
from sevenc_sync.model import Lookup, Record

# No test may depend on how busy the machine is.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")

NOW = datetime(2026, 11, 22, 19, 30, tzinfo=UTC)

Pull = Callable[..., list[Record]]


class Waits(threading.Event):
    """A stop event that never really waits. `seconds` holds what it was asked to wait."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds: list[float] = []

    def wait(self, timeout: float | None = None) -> bool:
        self.seconds.append(timeout or 0.0)
        return self.is_set()


@pytest.fixture(autouse=True)
def no_secrets_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test has its own set of known secrets."""
    monkeypatch.setattr(redact, "_secrets", set())


@pytest.fixture
def waits() -> Waits:
    return Waits()


@pytest.fixture
def factory(waits: Waits) -> HttpFactory:
    return HttpFactory(clock=fixed(NOW), stop=waits, per_minute=1e9)


@pytest.fixture
def vendor() -> Iterator[respx.MockRouter]:
    """Addresses that answer as the test tells them; any other request fails the test."""
    with respx.mock(assert_all_called=False) as router:
        yield router


@pytest.fixture
def pull() -> Pull:
    """Everything that one pass of a stream gives, in our words."""

    def run(
        http: Http,
        stream: Stream,
        *,
        since: datetime | None = None,
        parent: Parent | None = None,
        lookups: Mapping[str, Mapping[str, Lookup]] | None = None,
        rows: Mapping[tuple[str, str], Mapping[str, str | None]] | None = None,
    ) -> list[Record]:
        window = Window(since=since, horizon=datetime(2025, 11, 22, tzinfo=UTC), now=NOW)
        key = next(f.name for f in msgspec.structs.fields(stream.wire) if f.encode_name == stream.key)
        wires: list[Any] = read_all(
            http,
            stream.path_for(parent),
            stream.wire,
            stream.paginator,
            key=key,
            layout=stream.layout,
            params=stream.params(window),
            headers=stream.headers,
            body=None if stream.body is None else stream.body(window),
        )
        context = Context(now=NOW, parent=parent, lookups=lookups or {}, rows=rows or {})
        return [record for wire in wires for record in stream.to_canonical(wire, context)]

    return run
