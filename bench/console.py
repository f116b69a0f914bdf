"""What the console's pages cost beside their own statements, how large they are, and fifty readers while a sync writes.

Usage: python -m bench.console [--clients N] [--readers N]        (see bench/README.md)

The store is that of `bench.score`, scored seven times over half a year, so that every list is as long as it gets. For each
page its statements are noted and then executed again, bare, over the same driver: rows fetched, nothing done with them. Both
are processor time of this process, the least of some calls, so that other work on the machine does not count.
"""

import argparse
import re
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import event, func, select, update

from bench.score import store_of
from bench.scoring_store import BACKUP, CLIENTS, FEEDS, NOW, PSA
from sevenc_sync.cli.home import Home
from sevenc_sync.config import Configuration, load
from sevenc_sync.engine.local import Engine
from sevenc_sync.engine.sync_job import Account, open_accounts
from sevenc_sync.registry import connectors
from sevenc_sync.sandbox import Sandbox, build_world
from sevenc_sync.store import tables
from sevenc_sync.store.database import Store
from sevenc_sync.store.users import add_token, add_user, find_user
from sevenc_sync.web.app import make_app
from sevenc_sync.web.console import make_console
from sevenc_sync.web.passwords import digest, hashed, new_token
from sevenc_sync.web.server import WebServer

TIMES_GOAL = 3.0  # a page / its own statements
LEAST = 0.050  # seconds: a quicker page is quick, whatever its statements take; judgement
SIZE_GOAL = 300_000  # bytes of the portfolio
CALLS = 5
PASSWORD = "a password for the bench"  # noqa: S105 - of a store that is thrown away
PAGES = ("/", "/?page=3&sort=-continuous", "/?q=client+01", "/clients/50", "/clients/50/why/continuous.backup-management",
         "/clients/50/why/continuous", "/msp", "/outbox", "/syncs", "/syncs/runs/1", "/matching", "/coverage", "/rules", "/audit")  # fmt: skip
LISTS = ("/clients", "/clients/50", "/clients/50/indicators", "/clients/50/history", "/clients/50/plan", "/services",
         "/runs", "/streams")  # fmt: skip
# Rules, the MSP's own view and coverage look at all clients, and fifty people do not do that at once.
READ = (
    "/",
    "/?page=2",
    "/clients/{}",
    "/clients/{}/why/continuous",
    "/syncs",
    "/outbox",
    "/matching",
    "/audit",
)


class Well:
    """A service that is well."""

    def checks(self) -> dict[str, str | None]:
        """Nothing is wrong."""
        return {"store": None}


def bench_accounts(store: Store) -> list[Account]:
    """The accounts from which `scoring_store` says that its rows came; they give their names to those that are read."""
    columns = tables.account.c
    with store.write() as connection:
        connection.execute(update(tables.account).values(name="bench-" + columns.name))
    known = connectors()
    found = []
    for number, name, role in ((PSA, "bench-psa", "connectwise_psa"), (BACKUP, "bench-backup", "datto_bcdr")):
        connector = known[role]
        by_table = {record.table: record for stream in connector.streams for record in stream.records}
        streams: dict[str, list[Any]] = {}
        for table, pairs in FEEDS.items():
            for stream in [stream for account, stream in pairs if account == number]:
                streams.setdefault(stream, []).extend([by_table[table]] if table in by_table else [])
        made = tuple(
            replace(connector.streams[0], name=stream, records=tuple(records), detail=None)
            for stream, records in streams.items()
        )
        settings = connector.settings.model_construct(name=name, connector=role)
        found.append(Account(number=number, settings=settings, connector=replace(connector, streams=made)))
    return found


@dataclass
class Heard:
    """The statements of one page."""

    statements: list[tuple[str, Any, bool]] = field(default_factory=list)
    is_on: bool = False

    def listen(self, store: Store) -> None:
        """From here on."""

        @event.listens_for(store.engine, "before_cursor_execute")
        def _note(
            _connection: Any, _cursor: Any, sql: str, parameters: Any, _context: Any, many: bool
        ) -> None:
            if self.is_on and not sql.startswith("BEGIN"):
                self.statements.append((sql, parameters, many))

    def again(self, store: Store) -> float:
        """Seconds of the processor for the statements alone, the least of some calls; what they wrote is undone."""
        found = []
        for _ in range(CALLS):
            with store.engine.connect() as connection:
                raw = connection.connection.driver_connection
                if raw is None:
                    raise RuntimeError("no connection")
                began = time.process_time()
                cursor = raw.cursor()
                for sql, parameters, many in self.statements:
                    if many:
                        cursor.executemany(sql, parameters)
                    else:
                        cursor.execute(sql, parameters).fetchall()
                found.append(time.process_time() - began)
                connection.rollback()
        return min(found)


class Reader:
    """One browser, with a cookie or a token."""

    def __init__(self, address: str, headers: dict[str, str]) -> None:
        host, _, port = address.removeprefix("http://").rpartition(":")
        self.connection = HTTPConnection(host, int(port), timeout=120)
        self.headers = headers

    def get(self, path: str) -> tuple[int, bytes]:
        """Status and body."""
        self.connection.request("GET", path, headers=self.headers)
        answer = self.connection.getresponse()
        found = answer.status, answer.read()
        self.connection.close()  # the server closes what is idle while statements are timed
        return found


def signed_in(address: str) -> dict[str, str]:
    """The headers of somebody who has signed in."""
    reader = Reader(address, {"Content-Type": "application/x-www-form-urlencoded"})
    form = urlencode({"name": "bench", "password": PASSWORD, "next": "/"})
    reader.connection.request("POST", "/login", form, reader.headers)
    answer = reader.connection.getresponse()
    answer.read()
    found = re.match(r"[^;]+", answer.getheader("Set-Cookie") or "")
    if found is None:
        raise RuntimeError(f"not signed in: {answer.status}")
    return {"Cookie": found[0]}


@contextmanager
def site(clients: int, folder: Path) -> Iterator[tuple[Engine, str, str]]:
    """The console over a scored store, beside a simulated PSA that can be read; gives its address and a token."""
    home = Home(folder / "site")
    home.prepare()
    shutil.copy(store_of(clients), home.store)
    world = build_world(seed=3, clients=60, now=NOW)
    began = time.monotonic()
    moment = [NOW]

    def clock() -> datetime:
        return moment[0] + timedelta(seconds=time.monotonic() - began)

    with Sandbox(world, vendors=("connectwise_psa",), clock=clock) as sandbox:
        home.write_config(sandbox.accounts, push="review", every_minutes=None)
        config: Configuration = load(home.config, connectors())
        with Store.open(config.store_url) as store:
            pairs = [(one, connectors()[one.connector]) for one in config.accounts.values()]
            accounts = [*bench_accounts(store), *open_accounts(store, pairs)]
            engine = Engine(config=config, store=store, accounts=accounts, clock=clock, master=PSA)
            print("scoring for half a year ...", flush=True)
            for months in range(6, -1, -1):
                engine.score(NOW - timedelta(days=30 * months))
            token = new_token()
            with store.write() as connection:
                add_user(connection, NOW, "bench", "operator", hashed(PASSWORD), "bench")
                user = find_user(connection, "bench")
                if user is None:
                    raise RuntimeError("nobody was added")
                add_token(
                    connection, NOW, user, digest(token),
                    name="bench", scopes=["scores", "syncs"], until=NOW + timedelta(days=9), by="bench",
                )  # fmt: skip
            engine.sync(trigger="bench", targets=[f"{accounts[-1].name}/companies"])
            app = make_app(Well(), lambda: (b"", "text/plain"), make_console(engine))
            with WebServer(app, "127.0.0.1", 0) as server:
                yield engine, server.address, token


def least(work: Callable[[], Any]) -> float:
    """Seconds of the processor, the least of some calls after one that does not count."""
    found = []
    for _ in range(CALLS + 1):
        began = time.process_time()
        work()
        found.append(time.process_time() - began)
    return min(found[1:])


def pages(engine: Engine, address: str, headers: dict[str, str], paths: tuple[str, ...], heard: Heard) -> int:
    """Print what each page costs; gives how many goals are missed."""
    missed = 0
    reader = Reader(address, headers)
    for path in paths:
        reader.get(path)  # what is kept from the first call on is not the page's
        heard.statements, heard.is_on = [], True
        status, body = reader.get(path)
        heard.is_on = False
        if status != 200:
            raise RuntimeError(f"{path} answers {status}")
        took = least(partial(reader.get, path))
        bare = heard.again(engine.store)
        is_slow = took > max(LEAST, TIMES_GOAL * bare)
        is_large = path == "/" and len(body) > SIZE_GOAL
        missed += is_slow + is_large
        print(
            f"{path:<55} {1000 * took:7.0f} ms {1000 * bare:7.0f} ms {took / max(bare, 1e-6):6.1f} "
            f"{len(heard.statements):4} statements {len(body) / 1000:8.0f} kB"
            f"{'  slow' if is_slow else ''}{'  large' if is_large else ''}",
            flush=True,
        )
    return missed


def crowd(engine: Engine, address: str, headers: dict[str, str], readers: int) -> int:
    """Readers while a sync runs; gives how many answers were wrong."""
    over = threading.Event()
    guard = threading.Lock()
    took: list[float] = []
    wrong: list[str] = []

    def read(number: int) -> None:
        reader, turn = Reader(address, headers), number
        while not over.is_set():
            path = READ[turn % len(READ)].format(1 + turn % 900)
            began = time.monotonic()
            try:
                status, body = reader.get(path)
                said = "" if status == 200 else f"{path}: {status} {body[:80]!r}"
            except OSError as error:
                said = f"{path}: {error}"
            with guard:
                took.append(time.monotonic() - began)
                wrong.extend([said] if said else [])
            turn += 7

    threads = [threading.Thread(target=read, args=(number,)) for number in range(readers)]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    target = engine.accounts[-1].name
    results = engine.sync(trigger="bench", targets=[target], full=True)
    seconds = time.monotonic() - began
    over.set()
    for thread in threads:
        thread.join()
    bad = [f"{result.stream}: {result.state} {result.error}" for result in results if result.state != "ok"]
    with engine.store.read() as connection:
        written = connection.scalar(
            select(func.count()).select_from(tables.evidence["ticket"]).where(
                tables.evidence["ticket"].c.account == engine.accounts[-1].number
            )
        )  # fmt: skip
    took.sort()
    print(
        f"{readers} readers beside a sync of {seconds:.0f} s that wrote {written} tickets: {len(took)} pages, {len(wrong)} wrong, "
        f"median {took[len(took) // 2]:.2f} s, longest {took[-1]:.2f} s; runs that did not end well: {len(bad)}"
    )
    for said in (*wrong[:5], *bad[:5]):
        print("  ", said)
    return len(wrong) + len(bad)


def main() -> int:
    """Measure and print; exit code 1 when a goal is missed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--clients", type=int, default=CLIENTS)
    parser.add_argument("--readers", type=int, default=50)
    options = parser.parse_args()
    heard = Heard()
    with (
        tempfile.TemporaryDirectory(dir=Path(__file__).parent / ".work") as folder,
        site(options.clients, Path(folder)) as (engine, address, token),
    ):
        heard.listen(engine.store)
        headers = signed_in(address)
        missed = pages(engine, address, headers, PAGES, heard)
        api = tuple(f"/api/v1{path}" for path in LISTS)
        missed += pages(engine, address, {"Authorization": f"Bearer {token}"}, api, heard)
        return 1 if missed + crowd(engine, address, headers, options.readers) else 0


if __name__ == "__main__":
    sys.exit(main())
