"""What goes over the wire, both ways, against the vendor's interface description as `sandbox.connectwise` has it in facts.

The whole connector reads and writes its sandbox: everything, what changed, what is gone, a probe, and notes.
"""

import re
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import select

from connectors.connectwise_psa import CONNECTOR
from connectors.connectwise_psa.fields import CompanyFields
from connectors.connectwise_psa.notes import CompanyNotes
from connectors.connectwise_psa.settings import ConnectwiseSettings
from connectors.connectwise_psa.tickets import Tickets
from sevenc_sync.connect.stream import Window
from sevenc_sync.engine.probe import probe_account
from sevenc_sync.engine.sync_job import Account, SyncJob, open_accounts, open_http, sync_account
from sevenc_sync.sandbox import Sandbox, VendorServer, build_world
from sevenc_sync.sandbox.connectwise import ConnectWisePsa
from sevenc_sync.sandbox.connectwise.routes import ROUTES, Route
from sevenc_sync.sandbox.connectwise.schema import FILTER_ONLY, faults, resolve
from sevenc_sync.sandbox.exchange import Answer, Call
from sevenc_sync.store.database import Store
from sevenc_sync.store.holder import this_holder
from sevenc_sync.store.migrate import upgrade
from sevenc_sync.store.tables import evidence
from sevenc_sync.sync.outcome import RunResult

NOW = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)
HISTORY = timedelta(days=400)
API = re.compile(r"/[^/]+/apis/3\.0(/.*)")
MAY_BE_ASKED = {"conditions", "orderBy", "fields", "page", "pageSize", "pageId"}
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
WORDS = {"and", "or", "in", "true", "false", "null"}
PATCH = {"op", "path", "value"}


@dataclass
class Site:
    """A simulated ConnectWise, our store, and all that was said between them."""

    server: VendorServer
    settings: ConnectwiseSettings
    store: Store
    account: Account
    now: datetime = NOW + timedelta(hours=1)
    said: list[tuple[Call, Answer]] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)

    def sync(self, *streams: str, full: bool = False, sweep: bool = False) -> list[RunResult]:
        """One round over these streams, or over all."""
        job = SyncJob(
            store=self.store,
            clock=lambda: self.now,
            stop=self.stop,
            holder=this_holder(),
            trigger="command",
            history=HISTORY,
            full=full,
            sweep=sweep,
        )
        return sync_account(job, self.account, streams or None)

    def row(self, table: str, key: object) -> dict[str, Any]:
        """A stored row."""
        kind = evidence[table]
        with self.store.read() as connection:
            return dict(connection.execute(select(kind).where(kind.c.id == str(key))).mappings().one())

    def change_in_silence(self, table: str, key: int, **changes: Any) -> None:
        """Change a record at the vendor without moving its time of change, as merging does."""
        rows = self.server.vendor.tables.rows(table)
        rows[key] = {**rows[key], **changes}

    def keys(self, table: str) -> Sequence[int]:
        """The vendor's ids in one of its tables."""
        return [int(key) for key in self.server.vendor.tables.rows(table)]


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made: list[Site] = []
    world = build_world(clients=3, now=NOW)
    with (
        Sandbox(world, vendors=(CONNECTOR.name,), clock=lambda: made[0].now if made else NOW) as sandbox,
        Store.open(f"sqlite:///{tmp_path / 'store.db'}") as store,
    ):
        upgrade(store)
        (access,), (server,) = sandbox.accounts, sandbox.vendors.values()
        settings = ConnectwiseSettings.model_validate(
            {
                "name": "psa",
                "connector": CONNECTOR.name,
                "base_url": server.base_url,
                "requests_per_minute": 100_000,
                **access.settings,
                **access.secrets,
            }
        )
        (account,) = open_accounts(store, [(settings, CONNECTOR)])
        made.append(Site(server, settings, store, account))
        spy = heard(server.vendor.answer, made[0].said)
        server.vendor.answer = spy  # type: ignore[method-assign,assignment]  # one object's, not the class's
        yield made[0]


def heard(answer: Callable[[Call], Answer], said: list[tuple[Call, Answer]]) -> Callable[[Call], Answer]:
    """The same answers, noted."""

    def note(call: Call) -> Answer:
        given = answer(call)
        said.append((call, given))
        return given

    return note


def test_every_request_and_every_answer_is_one_that_the_vendors_document_knows(site: Site) -> None:
    site.sync(full=True)
    assert {row.state for row in probe_account(site.store, site.account, lambda: site.now, site.stop)} == {
        "readable"
    }
    site.now += timedelta(hours=2)
    for table in ("companies", "tickets", "configurations", "agreements", "additions", "time_entries"):
        site.server.edit(table, site.keys(table)[0])
    site.server.delete("tickets", site.keys("tickets")[-1])
    site.change_in_silence("tickets", site.keys("tickets")[3], mergedParentTicket={"id": 1, "summary": "Old"})
    assert {result.state for result in site.sync(sweep=True)} == {"ok"}
    read_ranges(site)
    write_notes(site)
    write_fields_and_tickets(site)
    mistakes = [mistake for call, answer in site.said for mistake in illegal(call, answer)]
    assert mistakes == []
    verbs = {call.method for call, _ in site.said}
    assert verbs == {"GET", "POST", "PATCH"}
    read = {stream.path for stream in CONNECTOR.streams} | {"/company/noteTypes"}
    assert read <= {found[0] for call, _ in site.said if (found := route_of(call.path)) is not None}


def read_ranges(site: Site) -> None:
    """The long lists by parts, as a vendor far away is read."""
    window = Window(since=None, horizon=site.now - HISTORY, now=site.now)
    with open_http(site.account, lambda: site.now, site.stop) as http:
        for stream in CONNECTOR.streams:
            if stream.ranges is not None:
                http.get(stream.path, stream.ranges.edge(window, True))
                part = {**stream.ranges.within(window, 1, 10**6), **stream.paginator.first()}
                http.get(stream.path, part, stream.headers)


def write_notes(site: Site) -> None:
    """A note's life: made, found, changed, read back, and missed once a person has deleted it."""
    company = str(site.keys("companies")[1])
    with open_http(site.account, lambda: site.now, site.stop) as http:
        port = CompanyNotes(http, site.settings)
        note = port.create(company, "Größe\nReference: 7c-ab12")
        assert port.find(company, "7c-ab12") == [note]
        changed = port.update(company, note.id, "Other words\nReference: 7c-ab12")
        assert port.read(company, note.id) == changed != note
        site.server.delete("notes", int(note.id))
        assert port.read(company, note.id) is None


def write_fields_and_tickets(site: Site) -> None:
    """The score in the company's fields; a ticket with a note, found again."""
    company = str(site.keys("companies")[1])
    told = {"score_field": "7C Score", "score_day_field": "7C Score Date", "ticket_board": "Help Desk"}
    settings = site.settings.model_copy(update=told)
    with open_http(site.account, lambda: site.now, site.stop) as http:
        assert CompanyFields(http, settings).put(company, 46, 83, site.now.date())
        port = Tickets(http, settings)
        made = port.create(company, "sevenc-sync ab12 7C-4F2A", "Größe", "why\nhow", site.now.date())
        assert port.find(company, "sevenc-sync ab12 7C-4F2A") == made
        port.add_note(made.id, "7C-4F2A", "Done.")
        assert port.has_note(made.id, "Done.")


def route_of(path: str) -> tuple[str, Route, bool] | None:
    """The list that a path belongs to, and whether it names one record of it."""
    match = API.fullmatch(path)
    if match is None:
        return None
    steps = match[1].strip("/").split("/")
    for one in (False, True):
        head = steps[:-1] if one else steps
        if one and not steps[-1].isdigit():
            continue
        template = "/" + "/".join("{parent}" if step.isdigit() else step for step in head)
        if template in ROUTES:
            return template, ROUTES[template], one
    return None


def illegal(call: Call, answer: Answer) -> Iterator[str]:
    """What the vendor's document does not know in a request or its answer."""
    if call.path.startswith("/login/companyinfo/"):
        return
    found = route_of(call.path)
    if found is None:
        yield f"{call.path}: no such path"
        return
    template, route, one = found
    where = f"{call.method} {template}"
    yield from (f"{where}: {mistake}" for mistake in _in_question(call, route))
    verbs = {"GET"} | ({"PATCH"} if one else {"POST"}) & route.writes
    if call.method not in verbs:
        yield f"{where}: no such method"
    if call.method != "GET":
        yield from (f"{where}: {mistake}" for mistake in _in_body(call, route))
    if answer.status == 404:
        return
    if answer.status != (201 if call.method == "POST" else 200):
        yield f"{where}: answered {answer.status}"
        return
    body = msgspec.json.decode(answer.body)
    if isinstance(body, list) is not (call.method == "GET" and not one):
        yield f"{where}: a list where one record belongs, or the other way round"
    for record in body if isinstance(body, list) else [body]:
        yield from (f"{where}: {fault}" for fault in faults(route.record_type, record))


def _in_question(call: Call, route: Route) -> Iterator[str]:
    yield from (f"parameter {name}" for name in call.query.keys() - MAY_BE_ASKED)
    for name in filter(None, call.query.get("fields", "").split(",")):
        if resolve(route.record_type, name) is None:
            yield f"fields name {name}"
    conditions = call.query.get("conditions", "")
    yield from (f"time {time}" for time in re.findall(r"\[([^]]*)\]", conditions) if not TIME.fullmatch(time))
    for name in set(re.findall(r"[A-Za-z][\w/]*", re.sub(r'"[^"]*"|\[[^]]*\]', "", conditions))) - WORDS:
        if resolve(route.record_type, name) is None and name not in FILTER_ONLY:
            yield f"conditions name {name}"
    forward = call.headers.get("pagination-type") == "forward-only"
    if forward and call.query.keys() & {"orderBy", "page"}:
        yield "an order, or a page's number, with forward-only pages"
    if call.length > 2000:
        yield f"an address of {call.length} characters"
    if not call.headers.get("clientid"):
        yield "no clientId"
    if call.headers.get("accept") != "application/vnd.connectwise.com+json; version=2026.4":
        yield f"accept {call.headers.get('accept')}"


def _in_body(call: Call, route: Route) -> Iterator[str]:
    if call.headers.get("content-type", "").replace(" ", "") != "application/json;charset=utf-8":
        yield f"content type {call.headers.get('content-type')}"
    body = msgspec.json.decode(call.body)
    if call.method == "POST":
        yield from faults(route.record_type, body)
        return
    for step in body:
        if step.keys() != PATCH or step["op"] != "replace":
            yield f"patch {step}"
        yield from faults(route.record_type, {step["path"]: step["value"]})


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ({"fields": "id,sumary"}, "fields name sumary"),
        ({"conditions": "colour = 1"}, "conditions name colour"),
        ({"conditions": "lastUpdated > [2026-11-20T15:30:00.5Z]"}, "time 2026-11-20T15:30:00.5Z"),
        ({"limit": "5"}, "parameter limit"),
        ({"orderBy": "id asc"}, "an order, or a page's number, with forward-only pages"),
    ],
)
def test_what_the_document_does_not_know_is_found(query: dict[str, str], told: str) -> None:
    headers = {
        "clientid": "some-id",
        "accept": "application/vnd.connectwise.com+json; version=2026.4",
        "pagination-type": "forward-only",
    }
    call = Call("GET", "/v2026_4/apis/3.0/service/tickets", query, headers)
    assert list(illegal(call, Answer(200, b"[]"))) == [f"GET /service/tickets: {told}"]
    answer = Answer(200, b'[{"id": "7", "colour": 1}]')
    assert list(illegal(Call("GET", call.path, {}, headers), answer)) == [
        "GET /service/tickets: id: '7' is not int",
        "GET /service/tickets: colour: unknown to Ticket",
    ]


def test_a_ticket_that_a_merge_changed_in_silence_is_read_again_by_a_sweep(site: Site) -> None:
    site.sync(full=True)
    moved, merged, kept = site.keys("tickets")[:3]
    other = next(key for key in site.keys("companies") if str(key) != site.row("ticket", moved)["company"])
    site.change_in_silence("tickets", moved, company={"id": other, "name": "Another"})
    site.change_in_silence("tickets", merged, mergedParentTicket={"id": kept, "summary": "Kept"})
    site.now += timedelta(hours=1)
    (delta,) = site.sync("tickets")
    assert (delta.changed, delta.gone) == (0, 0)
    sweep = site.sync("tickets", sweep=True)[-1]
    assert (sweep.mode, sweep.fetched, sweep.changed, sweep.gone) == ("sweep", 2, 2, 0)
    assert site.row("ticket", moved)["company"] == str(other)
    assert site.row("ticket", merged)["merged_into"] == str(kept)
    assert site.sync("tickets", sweep=True)[-1].fetched == 0


def test_a_company_that_was_merged_into_another_in_silence_becomes_inactive_by_a_sweep(site: Site) -> None:
    site.sync(full=True)
    company = next(key for key in site.keys("companies") if site.row("company", key)["is_active"])
    site.change_in_silence("companies", company, deletedFlag=True, deletedBy="jdoe")
    site.now += timedelta(hours=1)
    sweep = site.sync("companies", sweep=True)[-1]
    assert (sweep.mode, sweep.changed, sweep.gone) == ("sweep", 1, 0)
    assert site.row("company", company)["is_active"] is False
    assert site.sync("companies", sweep=True)[-1].fetched == 0


@pytest.mark.parametrize(
    ("child", "kind", "parent", "above"),
    [("additions", "contract_line", "agreements", "contract"), ("phases", "phase", "projects", "project")],
)
def test_what_hangs_below_a_record_that_a_merge_moved_in_silence_moves_with_it(
    site: Site, child: str, kind: str, parent: str, above: str
) -> None:
    site.sync(full=True)
    rows = {key: site.row(kind, key) for key in site.keys(child)}
    lower, upper = next(
        (key, int(row[above]))
        for key, row in rows.items()
        if site.row(above, row[above]).get("is_closed", True)  # open projects are looked below each time
    )
    other = next(key for key in site.keys("companies") if str(key) != rows[lower]["company"])
    site.change_in_silence(parent, upper, company={"id": other, "name": "Another"})
    site.now += timedelta(days=1)
    site.sync(parent, sweep=True)
    site.now += timedelta(minutes=1)
    assert [result.state for result in site.sync(child)] == ["ok"]
    assert site.row(kind, lower)["company"] == str(other)


def test_a_cloud_release_that_moves_the_codebase_is_followed_by_the_next_round(site: Site) -> None:
    site.sync("companies", full=True)
    assert isinstance(site.server.vendor, ConnectWisePsa)
    site.server.vendor.codebase = "v2027_1/"
    site.now += timedelta(hours=1)
    site.said.clear()
    assert [result.state for result in site.sync("companies")] == ["ok"]
    assert {call.path.split("/")[1] for call, _ in site.said} == {"login", "v2027_1"}
