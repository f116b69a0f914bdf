"""Delivery: every waiting note reaches its PSA at least once, and never stands there twice.

A crash can come between the vendor's answer and our commit. So each try looks for the reference first, and adopts what
it finds. One process at a time delivers to an account: it holds the account's stream of the name `notes`, and makes sure
of that again right before it writes.
"""

import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

import structlog
from sqlalchemy import Connection

from sevenc_sync.clock import Clock
from sevenc_sync.connect.errors import (
    AccessProblem,
    ConfigProblem,
    CredentialsProblem,
    Problem,
    RecordVanished,
    Stopped,
    Throttled,
    VendorDown,
)
from sevenc_sync.connect.notes import NotePort, VendorNote
from sevenc_sync.push.note import fitted, same_text
from sevenc_sync.push.summary import DeliverySummary, Tally
from sevenc_sync.store import outbox, runs
from sevenc_sync.store.accounts import account_names
from sevenc_sync.store.database import Store
from sevenc_sync.store.holder import this_holder
from sevenc_sync.store.outbox import OutboxRow
from sevenc_sync.store.runs import Busy, Claim, RunLost, RunState

STREAM = "notes"  # the name under which deliveries are listed beside the streams that are read
MAX_ATTEMPTS = 10  # tries of a note before an answer that we do not understand ends them

log = structlog.get_logger("push")


def deliver(
    store: Store,
    ports: Mapping[int, NotePort],
    clock: Clock,
    stop: threading.Event | None = None,
    *,
    limit: int | None = None,
    trigger: str = "schedule",
    holder: str | None = None,
) -> DeliverySummary:
    """Write the waiting notes into their PSAs, at most `limit` of them.

    `ports` are the accounts that can be written to now; notes of others wait. Never raises the kit's Problems: they are
    in the summary, in the outbox row and in the delivery's run. `stop` ends it between two notes.
    """
    around = _Surroundings(store, clock, stop or threading.Event(), trigger, holder or this_holder())
    tally = Tally()
    with store.read() as connection:
        waiting = outbox.waiting_counts(connection)
        names = account_names(connection)
    for number, notes in sorted(waiting.items()):
        if number not in ports:
            tally.untried(f"{names[number]} cannot be written to now", notes)
            continue
        left = None if limit is None else limit - tally.tried
        if around.stop.is_set() or left == 0:
            break
        _Delivery(around, tally, ports[number], number, names[number]).run(notes, left)
    with store.read() as connection:
        still = sum(outbox.waiting_counts(connection).values())
    return tally.summary(waiting=still)


@dataclass(frozen=True, slots=True)
class _Surroundings:
    store: Store
    clock: Clock
    stop: threading.Event
    trigger: str
    holder: str


class _Later(Exception):
    """This note is tried again next time; the text says why."""


class _Never(Exception):
    """This note is given up; the text says why."""

    def __init__(self, text: str, vendor_id: str | None = None) -> None:
        super().__init__(text)
        self.vendor_id = vendor_id


@dataclass(slots=True)
class _Delivery:
    """One account's notes, one after the other."""

    around: _Surroundings
    tally: Tally
    port: NotePort
    account: int
    name: str
    counts: Counter[str] = field(default_factory=Counter)

    def run(self, notes: int, limit: int | None) -> None:
        """Deliver under a run of the account's stream `notes`; so many notes wait."""
        around = self.around
        claimed = runs.claim(
            around.store,
            self.account,
            STREAM,
            trigger=around.trigger,
            holder=around.holder,
            now=around.clock(),
        )
        if isinstance(claimed, Busy):
            self.tally.untried(f"{self.name} is being written to by {claimed.holder}", notes)
            return
        try:
            with structlog.contextvars.bound_contextvars(run=claimed.run, account=self.name, stream=STREAM):
                self._all(claimed, limit)
        except RunLost as error:
            log.warning("run lost", detail=str(error))
        except BaseException as error:
            text = f"A fault in sevenc-sync ended the delivery: {type(error).__name__}."
            runs.abandon(around.store, claimed, now=around.clock(), error=text, action=Problem.default_action)
            raise

    def _all(self, claimed: Claim, limit: int | None) -> None:
        with self.around.store.read() as connection:
            rows = outbox.waiting_notes(connection, [self.account], limit)
        ended: Problem | None = None
        for row in rows:
            if self.around.stop.is_set():
                ended = Stopped("The delivery was stopped.")
                break
            ended = self._one(claimed, row)
            if ended is not None:
                break
        state: RunState = "partial" if self.counts["held"] else "ok"
        error = f"{self.counts['held']} notes could not be delivered." if self.counts["held"] else None
        action = "Nothing: `sevenc-sync push --plan` lists those that wait." if error else None
        if ended is not None:
            state, error, action = _state_of(ended), ended.text, ended.action
        with self.around.store.write() as connection:
            detail = {"state": state, "error": error}
            level = "info" if state == "ok" else "warning"
            runs.log(connection, claimed.run, self.around.clock(), level, "finished", detail)
        runs.finish(
            self.around.store,
            claimed,
            state,
            now=self.around.clock(),
            totals=self._totals(),
            watermark=None,
            full=False,
            keep_token=False,
            error=error,
            action=action,
        )

    def _one(self, claimed: Claim, row: OutboxRow) -> Problem | None:
        """Try one note. Gives the problem that ends the account's delivery, if there is one."""
        with self.around.store.read() as connection:
            if not outbox.is_waiting(connection, row.id):
                return None  # a newer note has replaced it; that one comes next time
        try:
            note, outcome, remark = self._put(claimed, row)
        except (AccessProblem, ConfigProblem) as problem:
            self._account_waits(claimed, problem)
            return problem
        except (VendorDown, Throttled, Stopped) as problem:
            self._tried_in_vain(claimed, row, problem.text)
            return problem
        except RecordVanished as problem:
            self._give_up(claimed, row, f"The company {row.company} is not there: {problem.text}")
        except _Never as given_up:
            self._give_up(claimed, row, str(given_up), given_up.vendor_id)
        except _Later as later:
            self._tried_in_vain(claimed, row, str(later))
        except Problem as problem:
            if row.attempts + 1 >= MAX_ATTEMPTS:
                self._give_up(claimed, row, f"Given up after {MAX_ATTEMPTS} tries: {problem.text}")
            else:
                self._tried_in_vain(claimed, row, problem.text)
        else:
            self._sent(claimed, row, note, outcome, remark)
        return None

    def _put(self, claimed: Claim, row: OutboxRow) -> tuple[VendorNote, str, str | None]:
        """Find or create the note, and look at what the vendor made of it: the note, the outcome, a remark."""
        found = self._find(row)
        text = fitted(row.text, self.port.max_length)
        if len(found) > 1:
            self._report_double(claimed, row, found)
        if found and same_text(found[0].text, text):
            return found[0], "unchanged", None
        self._hold(claimed)
        if found:
            outcome = "updated"
            try:
                written = self.port.update(row.company, found[0].id, text)
            except RecordVanished as problem:
                raise _Later(f"The note was deleted while it was being updated: {problem.text}") from problem
        else:
            outcome = "created"
            written = self.port.create(row.company, text)
        return self._read_back(row, written, outcome, text)

    def _find(self, row: OutboxRow) -> list[VendorNote]:
        """Our notes on the company, oldest first; one that has lost its reference line is known by its id."""
        found = self.port.find(row.company, row.reference)
        if found:
            return found
        with self.around.store.read() as connection:
            known = outbox.known_vendor_id(connection, row.client, row.account, row.company)
        note = None if known is None else self.port.read(row.company, known)
        return [] if note is None else [note]

    def _read_back(
        self, row: OutboxRow, written: VendorNote, outcome: str, text: str
    ) -> tuple[VendorNote, str, str | None]:
        stands = self.port.read(row.company, written.id)
        if stands is None:
            raise _Later("The vendor took the note, but does not show it.")
        if same_text(stands.text, text):
            return stands, outcome, None
        if row.reference not in stands.text:
            raise _Never("The vendor keeps the note without its reference line.", stands.id)
        return stands, outcome, "The vendor shows the note with another text than was sent."

    def _report_double(self, claimed: Claim, row: OutboxRow, found: list[VendorNote]) -> None:
        others = [note.id for note in found[1:]]
        text = f"company {row.company} in {self.name}: note {found[0].id} is kept up to date; delete {', '.join(others)}"
        self.tally.doubles.append(text)
        log.warning("several notes of ours", company=row.company, kept=found[0].id, others=others)
        with self.around.store.write() as connection:
            detail = {"company": row.company, "kept": found[0].id, "others": others}
            runs.log(connection, claimed.run, self.around.clock(), "warning", "several notes of ours", detail)

    def _hold(self, claimed: Claim) -> None:
        """Right before a write: nobody else has taken the account over while we were looking. Raises RunLost."""
        with self.around.store.write() as connection:
            self._advance(connection, claimed)

    def _advance(self, connection: Connection, claimed: Claim) -> None:
        """Move the run on, and with it the lease. Raises RunLost when the account is another process's."""
        runs.advance(
            connection, claimed, token=None, newest=None, now=self.around.clock(), totals=self._totals()
        )

    def _totals(self) -> dict[str, int | str]:
        """The run's counts, in the words that runs have for records."""
        return {
            "fetched": sum(self.counts.values()),
            "new": self.counts["created"],
            "changed": self.counts["updated"],
            "same": self.counts["unchanged"],
            "held": self.counts["held"],
        }

    # -- what is kept; each in one transaction with the fence of the run

    def _sent(
        self, claimed: Claim, row: OutboxRow, note: VendorNote, outcome: str, remark: str | None
    ) -> None:
        self.counts[outcome] += 1
        now = self.around.clock()
        with self.around.store.write() as connection:
            self._advance(connection, claimed)
            outbox.note_sent(connection, row.id, vendor_id=note.id, outcome=outcome, now=now, remark=remark)
        self.tally.sent(outcome, altered=remark is not None)

    def _tried_in_vain(self, claimed: Claim, row: OutboxRow, error: str) -> None:
        self.counts["held"] += 1
        with self.around.store.write() as connection:
            self._advance(connection, claimed)
            outbox.note_waits(connection, row.id, error=error)
        self.tally.held(error)

    def _give_up(self, claimed: Claim, row: OutboxRow, error: str, vendor_id: str | None = None) -> None:
        self.counts["held"] += 1
        now = self.around.clock()
        with self.around.store.write() as connection:
            self._advance(connection, claimed)
            outbox.note_failed(connection, row.id, error=error, now=now, vendor_id=vendor_id)
        self.tally.failed(error)

    def _account_waits(self, claimed: Claim, problem: Problem) -> None:
        self.counts["held"] += 1
        with self.around.store.write() as connection:
            self._advance(connection, claimed)
            outbox.account_waits(connection, self.account, error=problem.text)
        self.tally.held(problem.text)
        if isinstance(problem, CredentialsProblem):
            self.tally.refused.append(self.account)


def _state_of(problem: Problem) -> RunState:
    """The run's state by who has to act."""
    match problem:
        case Stopped():
            return "stopped"
        case Throttled():
            return "throttled"
        case AccessProblem():
            return "unreadable"
    return "failed"
