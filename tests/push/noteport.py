"""A PSA's notes in memory, behind the port that deliveries write through, and a fuse that ends a process anywhere."""

import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime

from sqlalchemy import Connection, delete, select

from sevenc_sync.clock import Clock, fixed
from sevenc_sync.connect.errors import (
    Problem,
    RecordVanished,
)
from sevenc_sync.connect.notes import CompanyState, VendorNote
from sevenc_sync.push import DeliverySummary, Ports, reference_of
from sevenc_sync.push import deliver as deliver_rows
from sevenc_sync.push.note import sealed
from sevenc_sync.store.accounts import ensure_account
from sevenc_sync.store.database import Store
from sevenc_sync.store.outbox import NewRow, queue_row, ready_rows
from sevenc_sync.store.tables import client, outbox, run, run_log, stream_state

NOW = datetime(2026, 11, 22, 20, tzinfo=UTC)
CLOCK = fixed(NOW)


class Crash(BaseException):
    """The process dies here."""


class Fuse:
    """Lets so many points pass, then every further one is a crash: the process is dead."""

    def __init__(self, points: int | None = None) -> None:
        self.left = points

    def pass_point(self) -> None:
        if self.left is None:
            return
        if self.left <= 0:
            raise Crash
        self.left -= 1


class Psa:
    """A PSA's notes, kept in order of creation. `marks` are how it changes texts; `trouble` what it answers to a call."""

    def __init__(self, shown: Callable[[str], str] = lambda text: text) -> None:
        self.notes: dict[str, dict[str, str]] = {}
        self.shown = shown
        self.count = 0
        self.writes = 0
        self.state: CompanyState = "active"
        self.trouble: dict[tuple[str, str], list[Problem]] = {}
        self.before_write: Callable[[], None] = lambda: None

    def answer(self, call: str, company: str) -> None:
        waiting = self.trouble.get((call, company), [])
        if waiting:
            raise waiting.pop(0)

    def texts(self, company: str) -> list[str]:
        return list(self.notes.get(company, {}).values())


class Port:
    """One process's NotePort to the PSA. Obeys the protocol; dies wherever its fuse says."""

    max_length = 6000

    def __init__(self, psa: Psa, fuse: Fuse | None = None) -> None:
        self.psa = psa
        self.fuse = fuse or Fuse()

    def company(self, company: str) -> CompanyState:
        self.fuse.pass_point()
        self.psa.answer("company", company)
        return self.psa.state

    def find(self, company: str, mark: str) -> list[VendorNote]:
        self.fuse.pass_point()
        self.psa.answer("find", company)
        return [
            VendorNote(key, text) for key, text in self.psa.notes.get(company, {}).items() if mark in text
        ]

    def read(self, company: str, note: str) -> VendorNote | None:
        self.fuse.pass_point()
        self.psa.answer("read", company)
        text = self.psa.notes.get(company, {}).get(note)
        return None if text is None else VendorNote(note, text)

    def create(self, company: str, text: str) -> VendorNote:
        self.fuse.pass_point()
        self.psa.answer("create", company)
        self.psa.before_write()
        self.psa.count += 1
        return self._keep(company, str(self.psa.count), text)

    def update(self, company: str, note: str, text: str) -> VendorNote:
        self.fuse.pass_point()
        self.psa.answer("update", company)
        if note not in self.psa.notes.get(company, {}):
            raise RecordVanished("no such note")
        return self._keep(company, note, text)

    def _keep(self, company: str, note: str, text: str) -> VendorNote:
        self.psa.writes += 1
        self.psa.notes.setdefault(company, {})[note] = self.psa.shown(text)
        self.fuse.pass_point()  # the vendor has it; the answer is lost
        self.psa.answer("answer", company)
        return VendorNote(note, self.psa.shown(text))


def deliver(
    store: Store,
    ports: Mapping[int, Port],
    clock: Clock,
    stop: threading.Event | None = None,
    holder: str | None = None,
) -> DeliverySummary:
    """Everything that waits, as where the mode is auto."""
    with store.read() as connection:
        rows = ready_rows(connection, clock(), all_approved=True)
    known = {number: Ports(notes=port) for number, port in ports.items()}
    return deliver_rows(store, known, rows, clock, stop, holder=holder)


class FusedStore(Store):
    """The store as one process sees it: it may die before, within or right after any transaction."""

    def __init__(self, store: Store, fuse: Fuse) -> None:
        super().__init__(store.engine)
        self.fuse = fuse

    @contextmanager
    def write(self) -> Iterator[Connection]:
        self.fuse.pass_point()
        with super().write() as connection:
            yield connection
            self.fuse.pass_point()
        self.fuse.pass_point()


def dead_process(number: int) -> str:
    """A holder that is_dead knows to be dead: no process has such a number."""
    return f"{socket.gethostname()}:{2**31 + number}:1"


def emptied(store: Store) -> None:
    """Two accounts, clients 1 to 3 of the first with companies c1 to c3, client 4 of the second; nothing queued."""
    ensure_account(store, "psa", "connectwise_psa")
    ensure_account(store, "other", "connectwise_psa")
    with store.write() as connection:
        for table in (outbox, stream_state, run_log, run):
            connection.execute(delete(table))
        # Clients stay: the audit log knows them, and it is for ever.
        there = connection.execute(select(client.c.id)).scalars().all()
        for number in {1, 2, 3, 4} - set(there):
            connection.execute(
                client.insert().values(
                    id=number,
                    name=f"Client {number}",
                    account=1 if number < 4 else 2,
                    company=f"c{number}",
                    is_active=True,
                    created_at=0,
                )
            )


def text_for(number: int, words: str) -> str:
    reference = reference_of("psa", f"c{number}")
    return sealed(f"Review: {words}\nsecond line\n{reference}", reference)


def queue(store: Store, number: int, words: str) -> None:
    with store.write() as connection:
        note = NewRow(
            client=number,
            account=1 if number < 4 else 2,
            company=f"c{number}",
            reference=reference_of("psa", f"c{number}"),
            text=text_for(number, words),
            digest=words,
        )
        queue_row(connection, note, NOW)


def rows(store: Store) -> list[tuple[str, str | None, int, str | None]]:
    """(state, outcome, attempts, error) of every row, in order."""
    with store.read() as connection:
        return [
            (row.state, row.outcome, row.attempts, row.error)
            for row in connection.execute(select(outbox).order_by(outbox.c.id))
        ]


def runs_of(store: Store) -> list[tuple[str, int, int, int, int]]:
    with store.read() as connection:
        return [
            (row.state, row.new, row.changed, row.same, row.held)
            for row in connection.execute(select(run).order_by(run.c.id))
        ]


def send(store: Store, psa: Psa) -> DeliverySummary:
    return deliver(store, {1: Port(psa)}, CLOCK)
