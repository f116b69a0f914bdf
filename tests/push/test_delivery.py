"""Delivery into a PSA: once per client whatever crashes, and what each problem does to the notes that wait."""

import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, delete, select

from sevenc_sync.clock import Clock, fixed
from sevenc_sync.connect.errors import (
    AccessProblem,
    ContractChanged,
    CredentialsProblem,
    PeriodClosed,
    Problem,
    RecordVanished,
    Stopped,
    TextTooLong,
    Throttled,
    VendorDown,
)
from sevenc_sync.connect.notes import CompanyState, VendorNote
from sevenc_sync.push import DeliverySummary, Ports, reference_of
from sevenc_sync.push import deliver as deliver_rows
from sevenc_sync.push.note import same_text, sealed
from sevenc_sync.store.accounts import ensure_account
from sevenc_sync.store.audit import read_audit
from sevenc_sync.store.database import Store
from sevenc_sync.store.outbox import NewRow, queue_row, ready_rows
from sevenc_sync.store.pushes import adopt
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


@pytest.fixture
def ready(store: Store) -> Store:
    emptied(store)
    return store


@pytest.fixture
def psa() -> Psa:
    return Psa()


def send(store: Store, psa: Psa) -> DeliverySummary:
    return deliver(store, {1: Port(psa)}, CLOCK)


def test_a_note_is_created_then_updated_in_place(ready: Store, psa: Psa) -> None:
    queue(ready, 1, "first")
    assert send(ready, psa).created == 1
    queue(ready, 1, "second")
    assert send(ready, psa).updated == 1
    assert psa.texts("c1") == [text_for(1, "second")]
    assert [row[:3] for row in rows(ready)] == [("sent", "created", 1), ("sent", "updated", 1)]
    assert runs_of(ready) == [("ok", 1, 0, 0, 0), ("ok", 0, 1, 0, 0)]


def test_an_equal_note_that_stands_there_already_is_adopted_and_nothing_is_written(
    ready: Store, psa: Psa
) -> None:
    psa.notes["c1"] = {"77": text_for(1, "first").replace("\n", "\r\n")}
    queue(ready, 1, "first")
    assert send(ready, psa).unchanged == 1
    assert psa.writes == 0
    with ready.read() as connection:
        assert connection.execute(select(outbox.c.vendor_id)).scalars().all() == ["77"]


def test_nothing_waiting_asks_nobody_and_leaves_no_run(ready: Store, psa: Psa) -> None:
    assert send(ready, psa).tried == 0
    assert runs_of(ready) == []


def test_of_several_notes_of_ours_the_oldest_is_updated_and_the_others_are_reported(
    ready: Store, psa: Psa
) -> None:
    psa.notes["c1"] = {"5": text_for(1, "old"), "8": text_for(1, "older copy")}
    queue(ready, 1, "new")
    summary = send(ready, psa)
    assert psa.notes["c1"] == {"5": text_for(1, "new"), "8": text_for(1, "older copy")}
    assert summary.doubles == ("company c1 in psa: note 5 is kept up to date; delete 8",)
    assert "delete 8" in summary.sentence()


def test_a_note_whose_reference_was_edited_away_is_known_by_its_id_and_left_alone(
    ready: Store, psa: Psa
) -> None:
    queue(ready, 1, "first")
    send(ready, psa)
    psa.notes["c1"]["1"] = "somebody typed over it"
    queue(ready, 1, "second")
    assert send(ready, psa).edited == 1
    assert psa.texts("c1") == ["somebody typed over it"]


def test_a_persons_edit_is_left_alone_with_a_warning_until_a_person_says_otherwise(
    ready: Store, psa: Psa
) -> None:
    queue(ready, 1, "first")
    send(ready, psa)
    psa.notes["c1"]["1"] = text_for(1, "first, and call Bob").replace("second line", "second line\nhis words")
    psa.notes["c1"]["1"] += "\nbelow"
    queue(ready, 1, "second")
    summary = send(ready, psa)
    assert (summary.edited, summary.waiting, psa.writes) == (1, 0, 1)
    assert "--adopt" in next(iter(summary.reasons))
    assert rows(ready)[-1][:2] == ("edited", "edited")
    assert send(ready, psa).tried == 0
    with ready.write() as connection:
        assert adopt(connection, 1, "anna", NOW) is not None
    assert send(ready, psa).updated == 1
    (text,) = psa.texts("c1")
    assert text == text_for(1, "second") + "\nReview: first, and call Bob\nhis words\nbelow"
    with ready.read() as connection:
        told = [row.action for row in read_audit(connection, limit=9, beginning="push-")]
    assert told == ["push-sent", "push-adopt", "push-edited", "push-sent"]


def test_what_stands_below_the_note_survives_and_is_no_edit(ready: Store, psa: Psa) -> None:
    queue(ready, 1, "first")
    send(ready, psa)
    psa.notes["c1"]["1"] += "\nAsk for the new router."
    queue(ready, 1, "second")
    assert send(ready, psa).updated == 1
    assert psa.texts("c1") == [text_for(1, "second") + "\nAsk for the new router."]
    queue(ready, 1, "second")
    assert send(ready, psa).unchanged == 1


def test_a_text_that_the_vendor_changed_on_its_own_is_no_edit(ready: Store) -> None:
    changing = Psa(lambda text: text.replace("second", "2nd"))
    queue(ready, 1, "first")
    assert send(ready, changing).altered == 1
    queue(ready, 1, "other")
    assert send(ready, changing).updated == 1


@pytest.mark.parametrize(
    ("state", "outcome"), [("deleted", "company-gone"), ("inactive", "company-inactive")]
)
def test_nothing_is_written_on_a_company_that_is_no_more(
    ready: Store, psa: Psa, state: CompanyState, outcome: str
) -> None:
    psa.state = state
    queue(ready, 1, "first")
    assert send(ready, psa).failed == 1
    assert (psa.writes, rows(ready)[0][:2]) == (0, ("failed", outcome))


def test_a_closed_period_is_tried_again_the_next_day_and_not_before(ready: Store, psa: Psa) -> None:
    psa.trouble["create", "c1"] = [PeriodClosed("The period is closed.")]
    queue(ready, 1, "first")
    assert send(ready, psa).waiting == 1
    assert rows(ready)[0][:2] == ("pending", "period-closed")
    assert send(ready, psa).tried == 0
    assert deliver(ready, {1: Port(psa)}, fixed(NOW + timedelta(days=1))).created == 1


def test_a_text_that_the_vendor_finds_too_long_is_cut_until_it_fits(ready: Store, psa: Psa) -> None:
    psa.trouble["create", "c1"] = [TextTooLong("too long")]
    queue(ready, 1, "\n".join(["words"] * 500))
    assert send(ready, psa).created == 1
    (text,) = psa.texts("c1")
    assert len(text) < 2000
    assert reference_of("psa", "c1") in text.split("\n")[-1]
    psa.trouble["create", "c2"] = [TextTooLong("too long") for _ in range(9)]
    queue(ready, 2, "\n".join(["words"] * 500))
    assert send(ready, psa).failed == 1
    assert rows(ready)[-1][:2] == ("failed", "too-long")


def test_a_note_that_a_merge_brought_along_is_reported_and_not_touched(ready: Store, psa: Psa) -> None:
    psa.notes["c1"] = {"5": text_for(2, "the other company's")}
    queue(ready, 1, "words")
    summary = send(ready, psa)
    assert summary.created == 1
    assert "5 belonged to a company that was merged into it" in summary.doubles[0]
    assert psa.notes["c1"]["5"] == text_for(2, "the other company's")


def test_a_note_that_was_deleted_at_the_vendor_is_created_anew(ready: Store, psa: Psa) -> None:
    queue(ready, 1, "first")
    send(ready, psa)
    psa.notes["c1"].clear()
    queue(ready, 1, "second")
    assert send(ready, psa).created == 1


def test_a_note_that_vanishes_while_it_is_updated_waits_for_the_next_time(ready: Store, psa: Psa) -> None:
    psa.notes["c1"] = {"5": text_for(1, "old")}
    psa.trouble["update", "c1"] = [RecordVanished("gone")]
    queue(ready, 1, "new")
    assert send(ready, psa).waiting == 1
    assert send(ready, psa).updated == 1


def test_line_ends_that_a_vendor_changes_are_no_other_text(ready: Store) -> None:
    windows = Psa(lambda text: text.replace("\n", "\r\n") + "\r\n")
    queue(ready, 1, "first")
    assert send(ready, windows).altered == 0
    queue(ready, 1, "first")
    assert send(ready, windows).unchanged == 1


def test_a_text_that_the_vendor_changes_is_sent_with_a_remark(ready: Store) -> None:
    queue(ready, 1, "first")
    assert send(ready, Psa(lambda text: text.replace("second", "2nd"))).altered == 1
    assert rows(ready) == [
        ("sent", "created", 1, "The vendor shows the note with another text than was sent.")
    ]


def test_a_vendor_that_cuts_the_reference_off_fails_the_note_and_still_gets_no_second_one(
    ready: Store,
) -> None:
    cutting = Psa(lambda text: text[:20])
    queue(ready, 1, "first")
    assert send(ready, cutting).failed == 1
    queue(ready, 1, "second")
    assert send(ready, cutting).edited == 1
    assert len(cutting.texts("c1")) == 1


def test_a_note_that_is_too_long_for_the_vendor_is_cut_and_keeps_its_reference(
    ready: Store, psa: Psa
) -> None:
    port = Port(psa)
    port.max_length = 80
    queue(ready, 1, "x" * 30)
    assert deliver(ready, {1: port}, CLOCK).created == 1
    assert reference_of("psa", "c1") in psa.texts("c1")[0].split("\n")[-1]
    assert len(psa.texts("c1")[0]) <= 80


def test_a_company_that_is_not_there_fails_its_note_and_the_others_go_on(ready: Store, psa: Psa) -> None:
    psa.trouble["find", "c1"] = [RecordVanished("no such company")]
    psa.trouble["create", "c2"] = [RecordVanished("no such company")]
    for number in (1, 2, 3):
        queue(ready, number, "words")
    summary = send(ready, psa)
    assert (summary.failed, summary.created, summary.waiting) == (2, 1, 0)
    assert [row[0] for row in rows(ready)] == ["failed", "failed", "sent"]
    assert "c1 is not there" in (rows(ready)[0][3] or "")
    assert runs_of(ready) == [("partial", 1, 0, 0, 2)]


@pytest.mark.parametrize(
    ("problem", "state", "refused"),
    [
        (AccessProblem("No right to notes."), "unreadable", ()),
        (CredentialsProblem("The key is refused."), "failed", (1,)),
    ],
)
def test_a_missing_right_keeps_all_notes_of_that_account_waiting_with_the_reason(
    ready: Store, psa: Psa, problem: Problem, state: str, refused: tuple[int, ...]
) -> None:
    psa.trouble["find", "c1"] = [problem]
    for number in (1, 2, 4):
        queue(ready, number, "words")
    summary = deliver(ready, {1: Port(psa), 2: Port(psa)}, CLOCK)
    assert (summary.created, summary.waiting, summary.refused) == (1, 2, refused)
    assert [row[0] for row in rows(ready)[:2]] == ["pending"] * 2
    assert [row[2:] for row in rows(ready)[:2]] == [(0, problem.text)] * 2
    assert [found[0] for found in runs_of(ready)] == [state, "ok"]


@pytest.mark.parametrize(
    ("problem", "state"),
    [
        (VendorDown("It does not answer."), "failed"),
        (Throttled("Wait.", retry_at=NOW + timedelta(hours=1)), "throttled"),
        (Stopped("Shutting down."), "stopped"),
    ],
)
@pytest.mark.parametrize("call", ["find", "create", "answer", "read"])
def test_a_vendor_that_cannot_now_ends_the_accounts_turn_and_the_note_is_never_doubled(
    ready: Store, psa: Psa, problem: Problem, state: str, call: str
) -> None:
    psa.trouble[call, "c1"] = [problem]
    queue(ready, 1, "words")
    queue(ready, 2, "words")
    assert send(ready, psa).waiting == 2
    assert [(row[0], *row[2:]) for row in rows(ready)] == [("pending", 1, problem.text), ("pending", 0, None)]
    assert runs_of(ready)[0][0] == state
    assert send(ready, psa).waiting == 0
    assert [len(psa.texts(company)) for company in ("c1", "c2")] == [1, 1]


def test_an_answer_that_nobody_understands_is_tried_again_but_not_for_ever(ready: Store, psa: Psa) -> None:
    psa.trouble["create", "c1"] = [ContractChanged("400") for _ in range(20)]
    queue(ready, 1, "words")
    queue(ready, 2, "words")
    assert send(ready, psa).created == 1
    tries = 1
    while send(ready, psa).waiting:
        tries += 1
    assert tries == 9
    assert rows(ready)[0] == ("failed", "not-understood", 10, "Given up after 10 tries: 400")


def test_notes_of_an_account_that_cannot_be_written_to_wait_and_are_counted(ready: Store, psa: Psa) -> None:
    queue(ready, 4, "words")
    summary = send(ready, psa)
    assert (summary.tried, summary.waiting, dict(summary.reasons)) == (
        0,
        1,
        {"other cannot be written to now": 1},
    )


def test_a_stop_ends_the_delivery_between_two_notes(ready: Store, psa: Psa) -> None:
    stop = threading.Event()
    psa.before_write = stop.set
    for number in (1, 2):
        queue(ready, number, "words")
    assert deliver(ready, {1: Port(psa)}, CLOCK, stop).created == 1
    assert [row[0] for row in rows(ready)] == ["sent", "pending"]
    assert runs_of(ready)[0][0] == "stopped"
    assert deliver(ready, {1: Port(psa)}, CLOCK, stop).tried == 0


def test_a_newer_note_that_comes_while_one_is_being_sent_is_sent_after_it(ready: Store, psa: Psa) -> None:
    psa.before_write = lambda: queue(ready, 1, "newer")
    queue(ready, 1, "older")
    assert send(ready, psa).waiting == 1
    assert send(ready, psa).updated == 1
    assert psa.texts("c1") == [text_for(1, "newer")]
    assert [row[0] for row in rows(ready)] == ["sent", "sent"]


def test_a_note_that_was_replaced_while_others_were_sent_is_not_sent(ready: Store, psa: Psa) -> None:
    psa.before_write = lambda: queue(ready, 2, "newer") if not psa.writes else None
    queue(ready, 1, "words")
    queue(ready, 2, "older")
    assert send(ready, psa).created == 1
    assert psa.texts("c2") == []
    assert send(ready, psa).created == 1
    assert psa.texts("c2") == [text_for(2, "newer")]


def test_two_processes_never_write_to_one_account_at_a_time(ready: Store, psa: Psa) -> None:
    seen: list[DeliverySummary] = []
    psa.before_write = lambda: seen.append(send(ready, psa))
    queue(ready, 1, "words")
    assert send(ready, psa).created == 1
    assert (seen[0].tried, len(psa.texts("c1"))) == (0, 1)
    assert "is being written to by" in next(iter(seen[0].reasons))


def test_a_process_that_was_held_up_too_long_writes_nothing_any_more(ready: Store, psa: Psa) -> None:
    class Slow(Port):
        def find(self, company: str, mark: str) -> list[VendorNote]:
            found = super().find(company, mark)
            with pytest.raises(
                Crash
            ):  # another one takes over, creates the note, and dies before it can say so
                deliver(FusedStore(ready, fuse), {1: Port(psa, fuse)}, fixed(NOW + timedelta(hours=1)))
            assert len(psa.texts("c1")) == 1
            return found

    fuse = Fuse(9)  # claim 3, find 1, company 1, hold 3, create 1
    queue(ready, 1, "words")
    assert deliver(ready, {1: Slow(psa)}, CLOCK).tried == 0
    assert (psa.writes, rows(ready)) == (1, [("pending", None, 0, None)])
    assert deliver(ready, {1: Port(psa)}, fixed(NOW + timedelta(hours=2))).unchanged == 1


def test_a_process_that_was_held_up_in_its_write_keeps_nothing_of_it(ready: Store, psa: Psa) -> None:
    class Slow(Port):
        def create(self, company: str, text: str) -> VendorNote:
            note = super().create(company, text)
            assert deliver(ready, {1: Port(psa)}, fixed(NOW + timedelta(hours=1))).unchanged == 1
            return note

    queue(ready, 1, "words")
    assert deliver(ready, {1: Slow(psa)}, CLOCK).tried == 0
    assert (psa.writes, rows(ready)) == (1, [("sent", "unchanged", 1, None)])


def test_a_note_that_was_replaced_while_it_failed_stays_replaced(ready: Store, psa: Psa) -> None:
    class Gone(Port):
        def find(self, company: str, mark: str) -> list[VendorNote]:
            queue(ready, 1, "newer")
            raise RecordVanished("no such company")

    queue(ready, 1, "older")
    assert deliver(ready, {1: Gone(psa)}, CLOCK).waiting == 1
    assert [row[0] for row in rows(ready)] == ["replaced", "pending"]


def test_a_fault_of_ours_lets_the_account_go_at_once(ready: Store, psa: Psa) -> None:
    class Broken(Port):
        def find(self, company: str, mark: str) -> list[VendorNote]:
            raise ZeroDivisionError

    queue(ready, 1, "words")
    with pytest.raises(ZeroDivisionError):
        deliver(ready, {1: Broken(psa)}, CLOCK)
    assert send(ready, psa).created == 1


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("queue"), st.integers(1, 3)),
        st.tuples(st.just("crash"), st.integers(0, 45)),
        st.tuples(st.just("down"), st.integers(1, 3)),
    ),
    min_size=1,
    max_size=10,
)


@given(steps=STEPS, windows=st.booleans())
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_crashes_anywhere_and_any_number_of_times_leave_exactly_one_note_per_client(
    store: Store, steps: list[tuple[str, int]], windows: bool
) -> None:
    emptied(store)
    psa = Psa((lambda text: text.replace("\n", "\r\n")) if windows else (lambda text: text))
    newest: dict[int, str] = {}
    for at, (what, number) in enumerate([("queue", 1), *steps]):
        if what == "queue":
            newest[number] = f"words {at}"
            queue(store, number, newest[number])
        elif what == "down":
            psa.trouble["answer", f"c{number}"] = [VendorDown("It does not answer.")]
        else:
            crashed(store, psa, Fuse(number), at)
    psa.trouble.clear()
    send(store, psa)
    check(store, psa, newest)


def crashed(store: Store, psa: Psa, fuse: Fuse, at: int) -> None:
    """One process that delivers until its fuse blows."""
    try:
        deliver(FusedStore(store, fuse), {1: Port(psa, fuse)}, CLOCK, holder=dead_process(at))
    except Crash:
        return


def check(store: Store, psa: Psa, newest: Mapping[int, str]) -> None:
    for number, words in newest.items():
        (text,) = psa.texts(f"c{number}")
        assert same_text(text, text_for(number, words))
    assert {row[0] for row in rows(store)} <= {"sent", "replaced"}


def test_a_crash_at_each_single_point_of_a_delivery_is_made_good_by_the_next(store: Store) -> None:
    crashes = 0
    for point in range(100):
        emptied(store)
        psa = Psa()
        psa.notes["c2"] = {"x": text_for(2, "before")}
        queue(store, 1, "words")
        queue(store, 2, "words")
        fuse = Fuse(point)
        crashed(store, psa, fuse, point)
        if fuse.left:
            break
        crashes += 1
        send(store, psa)
        check(store, psa, {1: "words", 2: "words"})
    assert crashes > 20
