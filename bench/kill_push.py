"""Deliveries that are killed while they write: how often, and what stands in the PSA afterwards.

A process delivers notes and tickets to a simulated PSA and is killed (SIGKILL) right after the PSA has taken something: before
its answer goes out, when the note is read back, or some milliseconds later. Then another process delivers the rest. There must
be exactly one note for each client and one ticket for each plan item, after every single kill.

Usage: python -m bench.kill_push [--kills 200] [--seed 1] [--psa NAME]
"""

import argparse
import multiprocessing
import os
import signal
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing.process import BaseProcess
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import structlog

from sevenc_sync.clock import utc_now
from sevenc_sync.connect.retries import RetryPolicy
from sevenc_sync.engine.sync_job import open_accounts, open_http
from sevenc_sync.push import Draft, Ports, deliver, reference_of
from sevenc_sync.push.note import sealed
from sevenc_sync.push.tickets import ticket_key
from sevenc_sync.registry import connectors
from sevenc_sync.sandbox import Sandbox, VendorServer, build_world
from sevenc_sync.sandbox.exchange import Answer, Call
from sevenc_sync.store.database import Store
from sevenc_sync.store.migrate import upgrade
from sevenc_sync.store.outbox import NewRow, OutboxRow, queue_row, ready_rows, rows_where
from sevenc_sync.store.plan_items import NewItem, add_plan_items, read_plan_items
from sevenc_sync.store.tables import client, outbox

NOW = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)
CLIENTS = 3
EXTRAS = {
    "connectwise_psa": {"ticket_board": "Help Desk"},
    "autotask_psa": {"ticket_queue": "Help Desk"},
}
PLACES = ("answer", "next request", "some time later")
# What a victim would take a second to load.
PRELOAD = (
    "sevenc_sync.engine.sync_job",
    "sevenc_sync.push",
    "sevenc_sync.sandbox",
    "sevenc_sync.store.migrate",
    "babel.numbers",
    "tenacity",
    "connectors.connectwise_psa",
    "connectors.autotask_psa",
    "httpx",
    "sqlalchemy.dialects.sqlite.pysqlite",
)
WRITES = {"POST", "PATCH"}


@dataclass(frozen=True, slots=True)
class Site:
    """What a process needs to deliver: the store's address, and the account's settings."""

    url: str
    connector: str
    settings: dict[str, Any]

    def deliver(self) -> None:
        """Everything that waits."""
        structlog.configure(processors=[_nothing])
        with Store.open(self.url) as store:
            connector = connectors()[self.connector]
            (account,) = open_accounts(store, [(connector.settings.model_validate(self.settings), connector)])
            with store.read() as connection:
                rows = ready_rows(connection, utc_now(), all_approved=True)
            stop = threading.Event()
            with open_http(account, utc_now, stop, policy=RetryPolicy(attempts=1)) as http:
                notes = connector.notes(http, account.settings) if connector.notes else None
                tickets = connector.tickets(http, account.settings) if connector.tickets else None
                deliver(store, {account.number: Ports(notes=notes, tickets=tickets)}, rows, utc_now, stop)


def _nothing(_logger: object, _name: str, _event: object) -> Any:
    raise structlog.DropEvent


@dataclass
class Hunter:
    """Watches what the PSA is told, and kills the process that tells it, once, at the place that was drawn."""

    server: VendorServer
    chance: Random
    victim: BaseProcess | None = None
    place: str = ""
    delay: float = 0.0
    nth: int = 0
    armed: bool = False

    def __post_init__(self) -> None:
        honest = self.server.vendor.answer
        self.server.vendor.answer = lambda call: self._answer(honest, call)  # type: ignore[method-assign]  # one object's

    def draw(self) -> None:
        """Choose where the next victim dies."""
        self.place = self.chance.choice(PLACES)
        self.delay = self.chance.uniform(0, 0.03)
        self.nth = self.chance.randint(1, CLIENTS + 1)
        self.armed = True

    def _answer(self, honest: Callable[[Call], Answer], call: Call) -> Answer:
        is_write = call.method in WRITES and not call.path.endswith("/query")
        if self.armed and self.nth == 0 and self.place == "next request":
            self._kill()
        answer = honest(call)
        if self.armed and is_write and self.nth > 0:
            self.nth -= 1
            if self.nth == 0 and self.place == "answer":
                self._kill()
            elif self.nth == 0 and self.place == "some time later":
                threading.Timer(self.delay, self._kill).start()
        return answer

    def _kill(self) -> None:
        victim, self.armed = self.victim, False
        if victim is None or victim.pid is None or not victim.is_alive():
            return
        with suppress(ProcessLookupError):  # it was faster
            os.kill(victim.pid, signal.SIGKILL)


@dataclass(frozen=True, slots=True)
class Counted:
    """How many processes were killed, how many of them with something at the PSA that we had not kept, and what was double."""

    kills: int
    between: int
    doubles: int
    places: Counter[str]


def kill_often(name: str, kills: int, seed: int) -> Counted:
    """Deliver to that PSA until so many processes were killed between the PSA's answer and our commit."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(PRELOAD))
    chance = Random(seed)  # noqa: S311 - a simulation
    with (
        tempfile.TemporaryDirectory(prefix="kill-push-") as folder,
        Sandbox(build_world(clients=CLIENTS, now=NOW), vendors=(name,), clock=utc_now) as sandbox,
        Store.open(url := f"sqlite:///{Path(folder) / 'store.db'}") as store,
    ):
        upgrade(store)
        (access,), (server,) = sandbox.accounts, sandbox.vendors.values()
        settings = {
            "name": "psa", "connector": name, "base_url": server.base_url, "requests_per_minute": 100_000,
            **EXTRAS[name], **access.settings, **access.secrets,
        }  # fmt: skip
        site = Site(url, name, settings)
        if name == "autotask_psa":
            sandbox.autotask.gate.hourly_limit = 10**9
        companies = _make_clients(store, site, server)
        hunter = Hunter(server, chance)
        total = between = doubles = items = 0
        places: Counter[str] = Counter()
        while between < kills:
            if chance.random() < 0.5:  # as often created as updated
                _forget_notes(server)
            items += 1
            _queue(store, companies, f"round {items} {chance.random()}", items)
            hunter.draw()
            hunter.victim = context.Process(target=site.deliver)
            hunter.victim.start()
            hunter.victim.join()
            if hunter.victim.exitcode == -signal.SIGKILL:
                total += 1
                places[hunter.place] += 1
                between += _stands_unkept(store, server)
            hunter.armed = False
            survivor = context.Process(target=site.deliver)
            survivor.start()
            survivor.join()
            if survivor.exitcode != 0 or _waiting(store):
                raise RuntimeError(f"the delivery after a kill ended with {survivor.exitcode}")
            doubles += sum(_ours(server, company) != 1 for company in companies)
            doubles += _tickets(server) != items
    return Counted(total, between, doubles, places)


def _make_clients(store: Store, site: Site, server: VendorServer) -> list[int]:
    connector = connectors()[site.connector]
    open_accounts(store, [(connector.settings.model_validate(site.settings), connector)])
    is_autotask = site.connector == "autotask_psa"
    rows = server.records("Companies" if is_autotask else "companies")
    active = [
        row["id"]
        for row in rows
        if row["id"] and (row["isActive"] if is_autotask else row["status"]["name"] == "Active")
    ]
    with store.write() as connection:
        for number, company in enumerate(active[:CLIENTS], 1):
            values = {"id": number, "name": f"Client {number}", "account": 1, "company": str(company)}
            connection.execute(client.insert().values(**values, is_active=True, created_at=0))
    return [int(key) for key in active[:CLIENTS]]


def _queue(store: Store, companies: list[int], words: str, item: int) -> None:
    """A note for each client, and a ticket for a new plan item of the first."""
    now = utc_now()
    with store.write() as connection:
        for number, company in enumerate(companies, 1):
            reference = reference_of("psa", str(company))
            text = sealed(f"{words}\n{reference}", reference)
            queue_row(connection, _row(number, company, "note", reference, text, words), now)
        indicator = f"indicator.{item}"
        add_plan_items(connection, [NewItem(1, indicator, indicator)], now)
        step = read_plan_items(connection, [1])[1][indicator].id
        draft = msgspec.json.encode(Draft(title=step, text=words)).decode()
        queue_row(
            connection, _row(1, companies[0], "ticket", ticket_key("psa", step), draft, words, step), now
        )


def _row(
    number: int, company: int, kind: str, reference: str, text: str, digest: str, subject: str | None = None
) -> NewRow:
    values = {
        "client": number, "account": 1, "company": str(company), "kind": kind, "reference": reference,
        "text": text, "digest": digest, "subject": subject,
    }  # fmt: skip
    return msgspec.convert(values, NewRow)


def _forget_notes(server: VendorServer) -> None:
    """A person deletes all notes, so that they have to be created anew."""
    table = "CompanyNotes" if server.vendor.name == "autotask_psa" else "notes"
    for row in server.records(table):
        if "7C-REF" in _text(row):
            server.delete(table, row["id"])


def _text(note: dict[str, Any]) -> str:
    return str(note.get("note") or note.get("text") or "")


def _ours(server: VendorServer, company: int) -> int:
    return sum("7C-REF" in _text(note) for note in server.notes().get(company, []))


def _tickets(server: VendorServer) -> int:
    table, key = (
        ("Tickets", "externalID") if server.vendor.name == "autotask_psa" else ("tickets", "externalXRef")
    )
    return sum("sevenc-sync" in str(row.get(key) or "") for row in server.records(table))


def _waiting(store: Store) -> list[OutboxRow]:
    with store.read() as connection:
        return rows_where(connection, outbox.c.state == "pending")


def _stands_unkept(store: Store, server: VendorServer) -> bool:
    """Whether something stands at the PSA that our store has as waiting."""
    told = {_text(note).replace("\r\n", "\n") for found in server.notes().values() for note in found}
    is_autotask = server.vendor.name == "autotask_psa"
    table, key = ("Tickets", "externalID") if is_autotask else ("tickets", "externalXRef")
    told |= {str(row[key]) for row in server.records(table) if row.get(key)}
    return any(row.text in told or row.reference in told for row in _waiting(store))


def main() -> int:
    """Kill, count and say so; 1 where anything was double or missing."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200, help="kills between answer and commit, on each PSA")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--psa", action="append", choices=sorted(EXTRAS), help="only this one")
    told = parser.parse_args()
    bad = 0
    for name in told.psa or EXTRAS:
        found = kill_often(name, told.kills, told.seed)
        where = ", ".join(f"{count} at: {place}" for place, count in sorted(found.places.items()))
        print(
            f"{name}: {found.kills} processes killed ({where}), {found.between} of them between the PSA's answer"
            f" and our commit; clients or plan items without exactly one note or ticket: {found.doubles}"
        )
        bad += found.doubles
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
