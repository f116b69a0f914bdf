"""A vendor that is not there: a clock that stands, waits that are only written down, addresses that answer as told."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import respx
from hypothesis import HealthCheck, settings

from sevenc_sync.clock import fixed
from sevenc_sync.connect import redact
from sevenc_sync.connect.http import Http, HttpFactory
from sevenc_sync.connect.limits import Limits

# No test may depend on how busy the machine is.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")

NOW = datetime(2026, 11, 22, 19, 30, tzinfo=UTC)
SITE = "https://vendor.test"
PLENTY = Limits(per_minute=60_000, burst=1000)


class Waits(threading.Event):
    """A stop event that never really waits. `seconds` holds what it was asked to wait."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds: list[float] = []
        self.stop_at: int | None = None  # the wait during which somebody stops us

    def wait(self, timeout: float | None = None) -> bool:
        self.seconds.append(timeout or 0.0)
        if self.stop_at == len(self.seconds):
            self.set()
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
    return HttpFactory(clock=fixed(NOW), stop=waits)


@pytest.fixture
def vendor() -> Iterator[respx.MockRouter]:
    """Addresses that answer as the test tells them; any other request fails the test."""
    with respx.mock(assert_all_called=False) as router:
        yield router


@pytest.fixture
def http(factory: HttpFactory) -> Iterator[Http]:
    with factory(SITE, limits=PLENTY) as opened:
        yield opened
