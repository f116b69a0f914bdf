"""Sandbox vendors, a configuration that points at them, and an empty store."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import structlog

from sevenc_sync.cli.home import Home
from sevenc_sync.clock import utc_now
from sevenc_sync.config import Configuration, load
from sevenc_sync.registry import connectors
from sevenc_sync.sandbox import Sandbox, World, build_world
from sevenc_sync.sandbox.server import VendorServer
from sevenc_sync.store.database import Store
from sevenc_sync.store.migrate import upgrade

OFTEN = 0.0005  # minutes: due again as soon as the scheduler looks


@dataclass
class Site:
    """Running vendors, and what a daemon needs to read them."""

    sandbox: Sandbox
    home: Home

    def config(self, *, push: str = "off") -> Configuration:
        """The configuration, written anew; every stream is always due."""
        assert self.home.write_config(self.sandbox.accounts, push=push, every_minutes=OFTEN)
        return load(self.home.config, connectors())

    def vendor(self, table: str) -> VendorServer:
        """The server of the vendor that has a table of this name."""
        return next(server for server in self.sandbox.vendors.values() if table in server.vendor.tables.names)


@pytest.fixture(autouse=True)
def logging_as_it_was(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Logging is the process's; it gets its own back."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.fixture(scope="session")
def world() -> World:
    """Six clients."""
    return build_world(seed=7, clients=6, now=utc_now().replace(microsecond=0))


@pytest.fixture
def site(tmp_path: Path, world: World) -> Iterator[Site]:
    """The vendors run; nothing was read yet."""
    home = Home(tmp_path / "site")
    home.prepare()
    with Sandbox(world, clock=utc_now) as sandbox:
        found = Site(sandbox, home)
        with Store.open(found.config().store_url) as store:
            upgrade(store)
        yield found
