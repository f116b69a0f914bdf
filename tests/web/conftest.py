"""One seeded store behind one console, with its vendors on loopback; and one browser for all tests."""

import os
import re
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, BrowserContext, sync_playwright

from sevenc_sync.cli.home import Home
from sevenc_sync.clock import utc_now
from sevenc_sync.config import load
from sevenc_sync.engine.local import Engine, open_engine
from sevenc_sync.registry import connectors
from sevenc_sync.sandbox import Sandbox, build_world
from sevenc_sync.store.database import Store
from sevenc_sync.store.migrate import upgrade
from sevenc_sync.store.users import Role, add_token, add_user, find_user
from sevenc_sync.web.app import make_app
from sevenc_sync.web.console import make_console
from sevenc_sync.web.passwords import digest, hashed, new_token
from sevenc_sync.web.server import WebServer
from sevenc_sync.web.site import Site

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
PASSWORD = "a long enough password"


class Well:
    """A service that is well."""

    def checks(self) -> dict[str, str | None]:
        return {"store": None}


@dataclass
class Console:
    """A running console and what is behind it."""

    address: str
    engine: Engine
    sandbox: Sandbox
    home: Home
    site: Site
    token: str
    syncs_token: str


@pytest.fixture(scope="session")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    home = Home(tmp_path_factory.mktemp("console") / "site")
    home.prepare()
    world = build_world(seed=7, clients=8, now=utc_now().replace(microsecond=0))
    with Sandbox(world, clock=utc_now) as sandbox:
        home.write_config(sandbox.accounts, push="review", every_minutes=None)
        config = load(home.config, connectors())
        with Store.open(config.store_url) as store:
            upgrade(store)
        with open_engine(config) as engine:
            engine.sync(trigger="test")
            engine.match()
            engine.score(utc_now())
            tokens = []
            kept = hashed(PASSWORD)
            with engine.store.write() as connection:
                roles: tuple[tuple[str, Role], ...] = (
                    ("vera", "viewer"),
                    ("max", "manager"),
                    ("olga", "operator"),
                )
                for name, role in roles:
                    add_user(connection, utc_now(), name, role, kept, "test")
                vera = find_user(connection, "vera")
                assert vera is not None
                for scope in ("scores", "syncs"):
                    tokens.append(new_token())
                    until = utc_now().replace(year=utc_now().year + 1, day=1)
                    add_token(
                        connection, utc_now(), vera, digest(tokens[-1]),
                        name=scope, scopes=[scope], until=until, by="test",
                    )  # fmt: skip
            made = make_console(engine)
            app = make_app(Well(), lambda: (b"", "text/plain"), made)
            with WebServer(app, "127.0.0.1", 0) as server:
                yield Console(server.address, engine, sandbox, home, made.state.site, *tokens)
                engine.stop.set()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    assert CHROMIUM.is_file(), "install Debian's chromium: apt-get install -y chromium"
    os.environ.setdefault("DBUS_SESSION_BUS_ADDRESS", "disabled:")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=str(CHROMIUM), args=list(FLAGS))
        yield started
        started.close()


@pytest.fixture(scope="session")
def signed_in(browser: Browser, console: Console) -> Callable[..., BrowserContext]:
    """Makes a context in which that person has signed in, the first time through the form."""
    kept: dict[str, Any] = {}

    def sign_in(name: str, **more: Any) -> BrowserContext:
        context = browser.new_context(base_url=console.address, storage_state=kept.get(name), **more)
        if name in kept:
            return context
        page = context.new_page()
        page.goto("/login")
        page.get_by_label("Name").fill(name)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url("/")
        page.close()
        kept[name] = context.storage_state()
        return context

    return sign_in


class Client:
    """A browser without a window."""

    def __init__(self, console: Any) -> None:
        self.base = console.address
        self.jar = CookieJar()
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.jar))

    def ask(self, path: str, form: dict[str, str] | None = None, **headers: str) -> tuple[int, str, Any]:
        data = None if form is None else urlencode(form).encode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        request = urllib.request.Request(self.base + path, data, named)  # noqa: S310 - our own server
        try:
            with self.opener.open(request, timeout=60) as answer:
                return answer.status, answer.read().decode(), answer
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode(), error

    def sign_in(self, name: str, password: str = PASSWORD) -> int:
        return self.ask("/login", {"name": name, "password": password, "next": "/audit"})[0]

    def csrf(self) -> str:
        found = re.search(r'name="csrf" value="([^"]+)"', self.ask("/audit")[1])
        assert found is not None
        return found[1]


@pytest.fixture
def client(console: Any) -> Client:
    return Client(console)
