"""Delivery: everything that may be sent reaches its PSA at least once, and never stands there twice.

A crash can come between the vendor's answer and our commit. So each try looks for what it would write first, and adopts
what it finds. One process at a time delivers to an account: it holds the account's stream of the name `notes`, and makes sure
of that again right before it writes.
"""

import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import structlog
from sqlalchemy import Connection

from sevenc_sync.clock import Clock
from sevenc_sync.connect.errors import (
    AccessProblem,
    ConfigProblem,
    CredentialsProblem,
    PeriodClosed,
    Problem,
    RecordVanished,
    Stopped,
    Throttled,
    VendorDown,
)
from sevenc_sync.connect.notes import FieldPort, NotePort, TicketPort
from sevenc_sync.push.outcome import TRY_AGAIN, Edited, Later, Never, Put, word_for
from sevenc_sync.push.putmore import MoreDelivery
from sevenc_sync.push.putnote import NoteDelivery
from sevenc_sync.push.summary import DeliverySummary, Tally
from sevenc_sync.store import outbox, outcomes, runs
from sevenc_sync.store.accounts import account_names
from sevenc_sync.store.database import Store, StoreUnwritable
from sevenc_sync.store.holder import this_holder
from sevenc_sync.store.outbox import OutboxRow
from sevenc_sync.store.plan_items import set_ticket
from sevenc_sync.store.runs import Busy, Claim, RunLost, RunState

STREAM = "notes"  # the name under which deliveries are listed beside the streams that are read
MAX_ATTEMPTS = 10  # tries of a row before an answer that we do not understand ends them

log = structlog.get_logger("push")


@dataclass(frozen=True, slots=True)
class Ports:
    """How one account is written to; None: not."""

    notes: NotePort | None = None
    fields: FieldPort | None = None
    tickets: TicketPort | None = None


def deliver(
    store: Store,
    ports: Mapping[int, Ports],
    rows: Sequence[OutboxRow],
    clock: Clock,
    stop: threading.Event | None = None,
    *,
    trigger: str = "schedule",
    holder: str | None = None,
) -> DeliverySummary:
    """Bring these rows to their PSAs.

    `ports` are the accounts that can be written to now; rows of others wait. Never raises the kit's Problems: they are
    in the summary, in the outbox row and in the delivery's run. `stop` ends it between two rows.
    """
    around = _Surroundings(store, clock, stop or threading.Event(), trigger, holder or this_holder())
    tally = Tally()
    with store.read() as connection:
        names = account_names(connection)
    by_account: dict[int, list[OutboxRow]] = {}
    for row in rows:
        by_account.setdefault(row.account, []).append(row)
    for number, mine in sorted(by_account.items()):
        if number not in ports:
            tally.untried(f"{names[number]} cannot be written to now", len(mine))
            continue
        if around.stop.is_set():
            break
        _Delivery(around, tally, ports[number], number, names[number]).run(mine)
    with store.read() as connection:
        still = outbox.count_waiting(connection)
    return tally.summary(waiting=still)


@dataclass(frozen=True, slots=True)
class _Surroundings:
    store: Store
    clock: Clock
    stop: threading.Event
    trigger: str
    holder: str


@dataclass(slots=True)
class _Delivery:
    """One account's rows, one after the other."""

    around: _Surroundings
    tally: Tally
    ports: Ports
    account: int
    name: str
    counts: Counter[str] = field(default_factory=Counter)

    def run(self, rows: Sequence[OutboxRow]) -> None:
        """Deliver under a run of the account's stream `notes`."""
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
            self.tally.untried(f"{self.name} is being written to by {claimed.holder}", len(rows))
            return
        try:
            with structlog.contextvars.bound_contextvars(run=claimed.run, account=self.name, stream=STREAM):
                self._all(claimed, rows)
        except RunLost as error:
            log.warning("run lost", detail=str(error))
        except BaseException as error:
            text = f"A fault in sevenc-sync ended the delivery: {type(error).__name__}."
            with suppress(StoreUnwritable):  # then the next delivery of this process takes its place
                runs.abandon(
                    around.store, claimed, now=around.clock(), error=text, action=Problem.default_action
                )
            raise

    def _all(self, claimed: Claim, rows: Sequence[OutboxRow]) -> None:
        ended: Problem | None = None
        for row in rows:
            if self.around.stop.is_set():
                ended = Stopped("The delivery was stopped.")
                break
            ended = self._one(claimed, row)
            if ended is not None:
                break
        state: RunState = "partial" if self.counts["held"] else "ok"
        error = f"{self.counts['held']} of them could not be delivered." if self.counts["held"] else None
        action = "Look at `sevenc-sync push --plan` and `sevenc-sync push --log`." if error else None
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
        """Try one row. Gives the problem that ends the account's delivery, if there is one."""
        with self.around.store.read() as connection:
            if not outbox.is_waiting(connection, row):
                return None  # a newer one has replaced it; that one comes next time
        try:
            put = self._put(claimed, row)
        except (AccessProblem, ConfigProblem) as problem:
            self._account_waits(claimed, problem)
            return problem
        except (VendorDown, Throttled, Stopped) as problem:
            self._tried_in_vain(claimed, row, Later(word_for(problem), problem.text))
            return problem
        except RecordVanished as problem:
            text = (
                f"The company {row.company} is not there, deleted or merged into another one: {problem.text}"
            )
            self._over(claimed, row, "failed", word_for(problem), text)
        except Never as given_up:
            self._over(claimed, row, "failed", given_up.outcome, str(given_up), given_up.vendor_id)
        except Edited as edited:
            self._over(claimed, row, "edited", "edited", str(edited), edited.vendor_id)
        except Later as later:
            self._tried_in_vain(claimed, row, later)
        except Problem as problem:
            self._not_understood(claimed, row, problem)
        else:
            self._sent(claimed, row, put)
        return None

    def _put(self, claimed: Claim, row: OutboxRow) -> Put:
        def hold() -> None:
            """Right before a write: nobody else has taken the account over while we were looking. Raises RunLost."""
            with self.around.store.write() as connection:
                self._advance(connection, claimed)

        if row.kind == "note":
            if self.ports.notes is None:
                raise Later("switched-off", f"{self.name} takes no notes.")
            return NoteDelivery(
                self.around.store,
                self.ports.notes,
                self.name,
                hold,
                lambda text: self._report(claimed, row, text),
            ).put(row)
        return MoreDelivery(self.around.store, self.ports.fields, self.ports.tickets, hold).put(row)

    def _not_understood(self, claimed: Claim, row: OutboxRow, problem: Problem) -> None:
        """Tried again, but not for ever."""
        outcome = word_for(problem)
        if row.attempts + 1 >= MAX_ATTEMPTS:
            text = f"Given up after {MAX_ATTEMPTS} tries: {problem.text}"
            self._over(claimed, row, "failed", outcome, text)
            return
        at = self.around.clock() + TRY_AGAIN if isinstance(problem, PeriodClosed) else None
        self._tried_in_vain(claimed, row, Later(outcome, problem.text, at))

    def _report(self, claimed: Claim, row: OutboxRow, text: str) -> None:
        """What a person should look at in the PSA."""
        self.tally.doubles.append(text)
        log.warning("several notes of ours", company=row.company, detail=text)
        with self.around.store.write() as connection:
            detail = {"company": row.company, "detail": text}
            runs.log(connection, claimed.run, self.around.clock(), "warning", "several notes of ours", detail)

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

    def _sent(self, claimed: Claim, row: OutboxRow, put: Put) -> None:
        self.counts[put.outcome] += 1
        now = self.around.clock()
        with self.around.store.write() as connection:
            self._advance(connection, claimed)
            outcomes.row_sent(
                connection,
                row,
                vendor_id=put.vendor_id,
                outcome=put.outcome,
                now=now,
                shown=put.shown,
                remark=put.remark,
            )
            if put.number is not None and row.subject is not None:
                set_ticket(connection, row.subject, put.number)
        self.tally.sent(row.kind, put.outcome, altered=put.remark is not None)

    def _tried_in_vain(self, claimed: Claim, row: OutboxRow, later: Later) -> None:
        self.counts["held"] += 1
        with self.around.store.write() as connection:
            self._advance(connection, claimed)
            outcomes.row_waits(
                connection, row, outcome=later.outcome, error=str(later), not_before=later.not_before
            )
        self.tally.held(str(later))

    def _over(
        self,
        claimed: Claim,
        row: OutboxRow,
        state: str,
        outcome: str,
        error: str,
        vendor_id: str | None = None,
    ) -> None:
        self.counts["held"] += 1
        now = self.around.clock()
        log.warning("not delivered", kind=row.kind, company=row.company, outcome=outcome, detail=error)
        with self.around.store.write() as connection:
            self._advance(connection, claimed)
            outcomes.row_over(
                connection, row, state=state, outcome=outcome, error=error, now=now, vendor_id=vendor_id
            )
        self.tally.over(row.kind, state, error)

    def _account_waits(self, claimed: Claim, problem: Problem) -> None:
        self.counts["held"] += 1
        with self.around.store.write() as connection:
            self._advance(connection, claimed)
            outcomes.account_waits(
                connection,
                self.account,
                outcome=word_for(problem),
                error=problem.text,
                now=self.around.clock(),
            )
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
