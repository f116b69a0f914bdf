"""The command line against vendors that listen on loopback, with a proxy in between where a test wants one."""

import http.client
import logging
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import import_module
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

import msgspec
import pytest
import structlog
from sqlalchemy import select
from typer.testing import CliRunner, Result

from sevenc_sync.cli import common
from sevenc_sync.cli.app import MODULES, app
from sevenc_sync.cli.home import Home
from sevenc_sync.clock import utc_now
from sevenc_sync.sandbox import Sandbox, World, build_world
from sevenc_sync.store.database import Store
from sevenc_sync.store.tables import evidence

PROGRAM = Path(sys.executable).with_name("sevenc-sync")

# (path, status, body) of the vendor's answer -> the status and body to send instead.
Rule = Callable[[str, int, bytes], tuple[int, bytes]]


def invoke(*args: str) -> Result:
    """One command in this process. A defect of ours raises instead of becoming an exit code."""
    for name in MODULES:
        import_module(f"sevenc_sync.cli.{name}")
    return CliRunner().invoke(app, [str(arg) for arg in args], catch_exceptions=False)


def environment(**more: str) -> dict[str, str]:
    """This process's environment without anything that our settings would read."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SEVENC_", "COV_"))}
    for name in ("CREDENTIALS_DIRECTORY", "NOTIFY_SOCKET", "COLUMNS"):
        kept.pop(name, None)
    return kept | more


def run(*args: str, cwd: Path, **more: str) -> "subprocess.CompletedProcess[str]":
    """The installed program as anybody calls it."""
    command = [str(PROGRAM), *map(str, args)]
    return subprocess.run(  # noqa: S603 - our own program
        command, cwd=cwd, env=environment(**more), capture_output=True, text=True, timeout=120, check=False
    )


@pytest.fixture(autouse=True)
def as_it_was(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Commands configure logging for their process; this one gets its own back. No setting comes from outside."""
    for name in set(os.environ) - set(environment()):
        monkeypatch.delenv(name)
    monkeypatch.setattr(common.out, "width", 200)
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


class _Forward(BaseHTTPRequestHandler):
    """Passes a request on, and the answer back as the proxy's rule leaves it."""

    protocol_version = "HTTP/1.1"
    proxy: "Proxy"

    def _forward(self) -> None:
        self.proxy.arrived(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        upstream = http.client.HTTPConnection(urlsplit(self.proxy.upstream).netloc, timeout=30)
        try:
            headers = {name: value for name, value in self.headers.items() if name.lower() != "host"}
            upstream.request(self.command, self.path, body or None, headers)
            answer = upstream.getresponse()
            status, changed = self.proxy.rule(self.path, answer.status, answer.read())
            kept = [
                item
                for item in answer.getheaders()
                if item[0].lower() not in ("content-length", "connection")
            ]
        finally:
            upstream.close()
        try:
            self.send_response_only(status)
            for name, value in kept:
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(changed)))
            self.end_headers()
            self.wfile.write(changed)
        except ConnectionError:  # the asking process was killed meanwhile
            self.close_connection = True

    do_GET = do_POST = do_PUT = do_PATCH = _forward  # noqa: N815 - the library's names

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's signature
        pass


@dataclass
class Proxy:
    """A proxy in front of one vendor. `hold_at` names a path and how often it must come before the answer is kept back."""

    upstream: str
    rule: Rule = lambda _path, status, body: (status, body)
    hold_at: tuple[str, int] | None = None
    paths: list[str] = field(default_factory=list)
    reached: threading.Event = field(default_factory=threading.Event)
    release: threading.Event = field(default_factory=threading.Event)
    base_url: str = ""

    def arrived(self, path: str) -> None:
        """Counts, and waits at the place where it was told to."""
        self.paths.append(path)
        if self.hold_at is not None:
            pattern, count = self.hold_at
            if sum(1 for seen in self.paths if re.search(pattern, seen)) == count and re.search(
                pattern, path
            ):
                self.reached.set()
                self.release.wait(60)

    def __enter__(self) -> Self:
        handler = type("Handler", (_Forward,), {"proxy": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.base_url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.release.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@dataclass
class Site:
    """A folder with a configuration that points at running sandbox vendors."""

    sandbox: Sandbox
    home: Home

    @property
    def secrets(self) -> list[str]:
        """Every secret that the configuration names."""
        return [value for account in self.sandbox.accounts for value in account.secrets.values()]

    def __call__(self, *args: str, config: Path | None = None) -> Result:
        """A command with the site's configuration, in this process."""
        return invoke("--config", str(config or self.home.config), *args)

    def json(self, *args: str, config: Path | None = None) -> Any:
        """The same with --json, decoded, whatever the exit code."""
        return msgspec.json.decode(self(*args, "--json", config=config).stdout)

    def run(self, *args: str, config: Path | None = None) -> "subprocess.CompletedProcess[str]":
        """The same as a process of its own."""
        return run("--config", str(config or self.home.config), *args, cwd=self.home.folder)

    def through(self, proxies: Mapping[str, str], name: str = "proxied.toml") -> Path:
        """A second configuration over the same store, whose accounts are reached at other addresses."""
        text = self.home.config.read_text()
        for account in self.sandbox.accounts:
            if account.name in proxies:
                text = text.replace(account.base_url, proxies[account.name])
        path = self.home.folder / name
        path.write_text(text)
        return path

    def base_url(self, account: str) -> str:
        """Where the account's vendor listens."""
        return next(item.base_url for item in self.sandbox.accounts if item.name == account)


@pytest.fixture(scope="session")
def world() -> World:
    """Six clients, with their history up to now."""
    return build_world(seed=7, clients=6, now=utc_now().replace(microsecond=0))


def open_site(folder: Path, sandbox: Sandbox) -> Site:
    """A fresh store and configuration for the vendors."""
    home = Home(folder)
    home.prepare()
    home.write_config(sandbox.accounts, push="auto", every_minutes=None)
    site = Site(sandbox, home)
    assert site("db", "upgrade").exit_code == 0
    return site


@pytest.fixture(scope="session")
def site_of() -> Callable[..., Site]:
    """Makes a site in a folder for vendors; `is_new`: with a store and a configuration."""

    def make(folder: Path, sandbox: Sandbox, *, is_new: bool = True) -> Site:
        return open_site(folder, sandbox) if is_new else Site(sandbox, Home(folder))

    return make


@pytest.fixture
def site(tmp_path: Path, world: World) -> Iterator[Site]:
    """Vendors of the test's own and an empty store."""
    with Sandbox(world, clock=utc_now) as sandbox:
        yield open_site(tmp_path / "site", sandbox)


@pytest.fixture(scope="session")
def scored(tmp_path_factory: pytest.TempPathFactory, world: World) -> Iterator[Site]:
    """A site that was read and scored once; tests only look at it."""
    with Sandbox(world, clock=utc_now) as sandbox:
        found = open_site(tmp_path_factory.mktemp("scored"), sandbox)
        assert found("sync").exit_code == 0
        assert found("score").exit_code == 0
        yield found


@pytest.fixture
def copy_of(scored: Site, tmp_path: Path) -> Site:
    """The scored site with a store of the test's own."""
    folder = tmp_path / "copy"
    shutil.copytree(scored.home.folder, folder)
    return Site(scored.sandbox, Home(folder))


def content(folder: Path) -> dict[str, list[tuple[object, ...]]]:
    """All evidence in the folder's store, but when it was fetched."""
    with Store.open(f"sqlite:///{folder / 'store.db'}") as store, store.read() as connection:
        return {
            name: [
                tuple(row)
                for row in connection.execute(
                    select(*(column for column in table.c if column.name != "fetched_at")).order_by(
                        table.c.account, table.c.id
                    )
                )
            ]
            for name, table in evidence.items()
        }


@pytest.fixture
def evidence_of() -> Callable[[Path], dict[str, list[tuple[object, ...]]]]:
    return content


@pytest.fixture
def proxy() -> type[Proxy]:
    return Proxy


@pytest.fixture
def command() -> Callable[..., Result]:
    return invoke


@pytest.fixture(scope="session")
def program() -> Callable[..., "subprocess.CompletedProcess[str]"]:
    return run
