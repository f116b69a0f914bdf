"""One simulated PSA of either vendor with our own store and ports, for tests that push into it."""

import re
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import msgspec

from sevenc_sync.connect.retries import RetryPolicy
from sevenc_sync.engine.sync_job import Account, open_accounts, open_http
from sevenc_sync.push import DeliverySummary, FieldValues, Ports, deliver, reference_of
from sevenc_sync.push.note import sealed
from sevenc_sync.push.tickets import Draft, ticket_key
from sevenc_sync.registry import connectors
from sevenc_sync.sandbox import Sandbox, VendorServer, World
from sevenc_sync.sandbox.exchange import Answer, Call, json_answer
from sevenc_sync.store.database import Store
from sevenc_sync.store.outbox import NewRow, OutboxRow, queue_row, ready_rows, rows_where
from sevenc_sync.store.plan_items import NewItem, PlanItem, add_plan_items, read_plan_items
from sevenc_sync.store.pushes import adopt
from sevenc_sync.store.tables import client, outbox

PSAS = ("connectwise_psa", "autotask_psa")
NOW = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)
INDICATOR = "clear.sla.met"
EXTRAS: dict[str, dict[str, str]] = {
    "connectwise_psa": {"ticket_board": "Help Desk", "ticket_priority": "Priority 3 - Medium"},
    "autotask_psa": {"ticket_queue": "Help Desk", "ticket_note_type": "Task Notes"},
}
FIELDS = {"score_field": "7c score", "proof_field": "7C Proof", "score_day_field": "7C Score Date"}
# What both vendors' tables and fields are called.
NAMES: dict[str, dict[str, str]] = {
    "connectwise_psa": {
        "companies": "companies", "notes": "notes", "tickets": "tickets", "ticket_notes": "ticket_notes",
        "note": "text", "words": "text", "key": "externalXRef",
    },
    "autotask_psa": {
        "companies": "Companies", "notes": "CompanyNotes", "tickets": "Tickets",
        "ticket_notes": "TicketNotes", "note": "note", "words": "description", "key": "externalID",
    },
}  # fmt: skip


def refusal(psa: str, words: str) -> Answer:
    """A refused write in the vendor's form, with words that no document gives."""
    if psa == "autotask_psa":
        return json_answer({"errors": [words]}, 500)
    return json_answer({"code": "InvalidObject", "message": words, "errors": None}, 400)


@dataclass
class Psa:
    """A PSA, and our side of it. `answers` are (method, path, answer) that the vendor gives instead of its own."""

    name: str
    server: VendorServer
    store: Store
    account: Account
    now: datetime = NOW
    answers: list[tuple[str, str, Answer]] = field(default_factory=list)
    writes: list[Call] = field(default_factory=list)  # all that was not a question

    def __post_init__(self) -> None:
        honest = self.server.vendor.answer
        self.server.vendor.answer = lambda call: self._answer(honest, call)  # type: ignore[method-assign]  # one object's
        kind = "isActive" if self.name == "autotask_psa" else "status"
        self.companies = [
            int(row["id"])
            for row in self.server.records(NAMES[self.name]["companies"])
            if row["id"] and (row.get(kind) is True or (kind == "status" and row[kind]["name"] == "Active"))
        ][:3]
        with self.store.write() as connection:
            for number, company in enumerate(self.companies, 1):
                connection.execute(
                    client.insert().values(
                        id=number,
                        name=f"Client {number}",
                        account=self.account.number,
                        company=str(company),
                        is_active=True,
                        created_at=0,
                    )
                )

    def _answer(self, honest: Callable[[Call], Answer], call: Call) -> Answer:
        if call.method != "GET" and not call.path.endswith("/query"):
            self.writes.append(call)
        for place, (method, path, answer) in enumerate(self.answers):
            if call.method == method and re.search(path, call.path):
                del self.answers[place]
                return answer
        return honest(call)

    def refuse(self, method: str, path: str, words: str, times: int = 1) -> None:
        """The next calls of that method and path are refused with these words."""
        self.answers += [(method, path, refusal(self.name, words))] * times

    def records(self, kind: str) -> list[dict[str, Any]]:
        """The vendor's records: companies, notes, tickets, ticket_notes."""
        return self.server.records(NAMES[self.name][kind])

    def edit(self, kind: str, key: Any, **changes: Any) -> None:
        """Change a record as a person would."""
        self.server.edit(NAMES[self.name][kind], key, **changes)

    def texts(self, number: int = 1) -> list[str]:
        """Our notes on the client's company."""
        known = self.server.notes().get(self.companies[number - 1], [])
        found = [str(note[NAMES[self.name]["note"]]).replace("\r\n", "\n") for note in known]
        return [text for text in found if "7C-REF" in text]

    def note(self, number: int = 1) -> dict[str, Any]:
        """The one note of ours on the client's company."""
        (found,) = [
            note
            for note in self.server.notes().get(self.companies[number - 1], [])
            if "7C-REF" in str(note[NAMES[self.name]["note"]])
        ]
        return dict(found)

    def tickets(self) -> list[dict[str, Any]]:
        """The tickets that we opened."""
        key = NAMES[self.name]["key"]
        return [row for row in self.records("tickets") if str(row.get(key) or "").startswith("sevenc-sync")]

    def ticket_notes(self, mark: str) -> list[str]:
        """The texts of notes on tickets that hold the mark."""
        words = NAMES[self.name]["words"]
        return [str(row[words]) for row in self.records("ticket_notes") if mark in str(row[words])]

    def queue(self, number: int, words: str, lines: int = 1) -> str:
        """A note with such lines waits; gives its text."""
        reference = reference_of("psa", str(self.companies[number - 1]))
        text = sealed("\n".join([f"Review: {words}", *["more"] * (lines - 1), reference]), reference)
        self._queue(number, kind="note", reference=reference, text=text, digest=words)
        return text

    def queue_fields(self, score: int, proof: int) -> None:
        """The first client's fields wait."""
        values = FieldValues(score=score, proof=proof, day=date(2026, 11, 20))
        text = msgspec.json.encode(values).decode()
        self._queue(1, kind="fields", reference="fields", text=text, digest=f"{score}|{proof}")

    @property
    def item(self) -> PlanItem:
        """The first client's only plan item."""
        with self.store.write() as connection:
            add_plan_items(connection, [NewItem(1, "key", INDICATOR)], self.now)
            return read_plan_items(connection, [1])[1][INDICATOR]

    def queue_ticket(self) -> None:
        """A ticket for that item waits."""
        item = self.item.id
        draft = Draft(title=f"{item} Answer in time", text="Größe\nwhy", due=date(2026, 12, 1))
        text = msgspec.json.encode(draft).decode()
        self._queue(1, kind="ticket", subject=item, reference=ticket_key("psa", item), text=text, digest="a")

    def queue_ticket_note(self, mark: str) -> None:
        """A note on that ticket waits."""
        item = self.item.id
        text = msgspec.json.encode(Draft(title=f"7C {item}", text=f"Done.\n{mark}")).decode()
        self._queue(1, kind="ticket-note", subject=item, reference=mark, text=text, digest="over")

    def queue_a(self, kind: str, mark: str) -> None:
        """A note, a ticket or a note on that ticket waits."""
        if kind == "note":
            self.queue(1, "words")
        elif kind == "ticket":
            self.queue_ticket()
        else:
            self.queue_ticket_note(mark)

    def count(self, kind: str, mark: str) -> int:
        """How many of those stand there."""
        if kind == "note":
            return len(self.texts())
        return len(self.tickets() if kind == "ticket" else self.ticket_notes(mark))

    def _queue(self, number: int, **values: Any) -> None:
        place = {
            "client": number,
            "account": self.account.number,
            "company": str(self.companies[number - 1]),
        }
        with self.store.write() as connection:
            queue_row(connection, msgspec.convert({**place, **values}, NewRow), self.now)

    def adopt(self, number: int = 1) -> None:
        """A person lets our note stand in the place of theirs."""
        with self.store.write() as connection:
            assert adopt(connection, number, "anna", self.now) is not None

    def send(self) -> DeliverySummary:
        """Everything that waits, with ports of their own."""
        with self.store.read() as connection:
            rows = ready_rows(connection, self.now, all_approved=True)
        with open_http(
            self.account, lambda: self.now, threading.Event(), policy=RetryPolicy(attempts=1)
        ) as http:
            connector, settings = self.account.connector, self.account.settings
            assert connector.notes
            assert connector.fields
            assert connector.tickets
            ports = Ports(
                notes=connector.notes(http, settings),
                fields=connector.fields(http, settings),
                tickets=connector.tickets(http, settings),
            )
            return deliver(self.store, {self.account.number: ports}, rows, lambda: self.now)

    def rows(self) -> list[OutboxRow]:
        """The outbox, oldest first."""
        with self.store.read() as connection:
            return rows_where(connection, outbox.c.id > 0)

    def last(self) -> tuple[str, str | None]:
        """(state, outcome) of the newest row."""
        row = self.rows()[-1]
        return row.state, row.outcome


@contextmanager
def opened(
    name: str, world: World, folder: Path, template: Path, settings: dict[str, str] | None = None
) -> Iterator[Psa]:
    """A PSA of that vendor with an empty store, a migrated copy of `template`."""
    shutil.copy(template, folder / "store.db")
    with (
        Sandbox(world, vendors=(name,), clock=lambda: NOW) as sandbox,
        Store.open(f"sqlite:///{folder / 'store.db'}") as store,
    ):
        (access,), (server,) = sandbox.accounts, sandbox.vendors.values()
        connector = connectors()[name]
        told = {
            "name": "psa",
            "connector": name,
            "base_url": server.base_url,
            "requests_per_minute": 100_000,
            **EXTRAS[name],
            **FIELDS,
            **access.settings,
            **access.secrets,
            **(settings or {}),
        }
        (account,) = open_accounts(store, [(connector.settings.model_validate(told), connector)])
        yield Psa(name, server, store, account)
