"""One run of one stream: claim it, read it, and say what came of it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Literal

import structlog

from sevenc_sync.clock import Clock, from_seconds, to_seconds
from sevenc_sync.connect.errors import (
    ContractChanged,
    Problem,
    RecordVanished,
)
from sevenc_sync.connect.exchange import Meter
from sevenc_sync.connect.http import Http
from sevenc_sync.connect.limits import Quota
from sevenc_sync.connect.stream import Detail, Entries, Parent, Stream, Window
from sevenc_sync.model import Lookup, Protection, ProtectionRun
from sevenc_sync.store import runs
from sevenc_sync.store.bulk import drop_indexes_if_empty, ensure_indexes, refresh_statistics
from sevenc_sync.store.codec import Codec, codecs
from sevenc_sync.store.database import Store, StoreUnwritable
from sevenc_sync.store.reads import lookup_entries, parent_rows
from sevenc_sync.store.runs import Busy, Claim, RunLost
from sevenc_sync.sync.built_runs import build_runs
from sevenc_sync.sync.details import DetailPass
from sevenc_sync.sync.gone import Brake, Braked, anything_unseen, places_of, settle
from sevenc_sync.sync.outcome import RunResult, retries_of, state_of
from sevenc_sync.sync.parts import PartsPass
from sevenc_sync.sync.passes import Pass, Totals
from sevenc_sync.sync.related import RelatedRows
from sevenc_sync.sync.sweep import SweepPass
from sevenc_sync.sync.timing import Timing

MANY_NEW = 5000  # rows of one run after which the database's statistics are out of date
FULL_EVERY = timedelta(days=7)  # catches what a vendor's own time of change missed

log = structlog.get_logger("sync")


@dataclass(slots=True, kw_only=True)
class Surroundings:
    """What all runs of one process share. `on_progress` hears (account, stream, totals) after every page."""

    store: Store
    clock: Clock
    holder: str
    trigger: str
    history: timedelta  # how far back rules look
    workers: int | None = None  # requests at once, instead of the connector's own number
    brake: Brake = field(default_factory=Brake)
    timing: Timing = field(default_factory=Timing)
    on_progress: Callable[[str, str, Totals], None] = lambda _account, _stream, _totals: None
    streams: Sequence[Stream] = ()  # all of the account's
    codecs: dict[str, Codec] = field(default_factory=codecs)
    known_phrases: set[int] = field(default_factory=set)


Kind = Literal["usual", "full", "sweep"]  # usual: what changed, or everything when that is due


def reads_whole(
    stream: Stream, watermark: datetime | None, last_full_at: datetime | None, now: datetime
) -> bool:
    """Whether the usual pass over a stream reads everything now, and not only what changed."""
    stale = last_full_at is None or now - last_full_at >= FULL_EVERY
    return not stream.delta or watermark is None or stale


def run_stream(
    around: Surroundings,
    http: Http,
    stream: Stream,
    *,
    account: int,
    account_name: str,
    kind: Kind = "usual",
    details: Mapping[str, Detail] | None = None,
) -> RunResult:
    """Run one stream of one account. Never raises the kit's Problems: they are the result.

    `details` are those of the stream's rows, by the names of the streams that read them.
    """
    claimed = runs.claim(
        around.store, account, stream.name, trigger=around.trigger, holder=around.holder, now=around.clock()
    )
    if isinstance(claimed, Busy):
        text = f"{stream.name} is being read by {claimed.holder} (run {claimed.run})."
        log.info(
            "stream busy", account=account_name, stream=stream.name, holder=claimed.holder, by_run=claimed.run
        )
        return RunResult(account=account_name, stream=stream.name, state="busy", run=claimed.run, error=text)
    with structlog.contextvars.bound_contextvars(run=claimed.run, account=account_name, stream=stream.name):
        try:
            return _Run(around, http, stream, claimed, account_name, details or {}).execute(kind)
        except BaseException as error:
            # A fault of ours: let the stream go at once instead of holding it until the lease ends.
            text = f"A fault in sevenc-sync ended the run: {type(error).__name__}."
            action = Problem.default_action
            if isinstance(error, StoreUnwritable):
                text, action = str(error), "Nothing else: the next run goes on where this one committed last."
            with suppress(StoreUnwritable):  # then the next run of this process takes the stream over
                runs.abandon(around.store, claimed, now=around.clock(), error=text, action=action)
            raise


def fail_stream(
    around: Surroundings,
    stream: Stream,
    problem: Problem,
    *,
    account: int,
    account_name: str,
    quota: Quota | None = None,
) -> RunResult:
    """Record a run that could not even begin: the way in failed, or the `quota` has no room. No request is made."""
    now = around.clock()
    claimed = runs.claim(
        around.store, account, stream.name, trigger=around.trigger, holder=around.holder, now=now
    )
    if isinstance(claimed, Busy):
        return RunResult(
            account=account_name, stream=stream.name, state="busy", run=claimed.run, problem=problem
        )
    state = state_of(problem, partial=False)
    runs.finish(
        around.store,
        claimed,
        state,
        now=now,
        totals={} if quota is None else {"quota_used": quota.used, "quota_limit": quota.limit},
        watermark=None,
        full=False,
        keep_token=True,
        error=problem.text,
        action=problem.action,
        next_due=around.timing.next_due(account_name, stream, problem, claimed.failures + 1, now),
    )
    return RunResult(
        account=account_name,
        stream=stream.name,
        state=state,
        run=claimed.run,
        error=problem.text,
        action=problem.action,
        problem=problem,
    )


class _Run:
    """A claimed run, from its mode to its end."""

    def __init__(
        self,
        around: Surroundings,
        http: Http,
        stream: Stream,
        claimed: Claim,
        account_name: str,
        details: Mapping[str, Detail],
    ) -> None:
        self._around = around
        self._stream = stream
        self._claim = claimed
        self._account_name = account_name
        self._details = details
        self._began = around.clock()
        http.meter = Meter()
        self._http = http

    def execute(self, kind: Kind) -> RunResult:
        """Read, see what is gone, then finish by the outcome."""
        mode, since, token = self._plan(kind)
        reading = self._reading(kind)
        gone = 0
        problem: Problem | None = None
        try:
            self._before(mode)
            reading.read_all(mode, since, token, self._parents(token.parent if token else None, since))
            gone = self._settle(reading)
            self._build_runs(reading, mode)
        except Problem as error:
            problem = error
            self._keep_what_was_read(reading)
        except RunLost as error:
            log.warning("run lost", detail=str(error))
            return self._result(reading, mode, "lost", error=str(error), problem=None)
        return self._finish(reading, mode, since, problem, gone)

    def _settle(self, reading: Pass) -> int:
        """Bury what a pass that shows everything did not show; raises Braked. A record held in quarantine hides its id."""
        if not reading.tells_gone or reading.skipped or reading.held_before + reading.totals.held:
            return 0
        store, places = self._around.store, places_of(self._stream, self._claim.account)
        if reading.shifting and anything_unseen(store, places):
            reading.read_again()
        return settle(store, self._claim, places, to_seconds(self._around.clock()), self._around.brake)

    def _build_runs(self, reading: Pass, mode: str) -> None:
        """Note the backup runs that protections show, where the source gives no history. Only what was read counts."""
        stream = self._stream
        if Protection not in stream.records or mode == "sweep" or reading.skipped:
            return
        made = build_runs(
            self._around.store,
            stream,
            self._claim,
            self._around.codecs[ProtectionRun.table],
            told_by=[
                other.name
                for other in self._around.streams
                if Lookup in other.records and other.scope.get("kind") in stream.lookups
            ],
            held=bool(reading.held_before + reading.totals.held),
            now=to_seconds(reading.started or self._began),
            fetched_at=to_seconds(self._around.clock()),
        )
        if made:
            with self._around.store.write() as connection:
                runs.log(
                    connection, self._claim.run, self._began, "info", "backup runs noted", {"runs": made}
                )

    def _plan(self, kind: Kind) -> tuple[str, datetime | None, runs.Token | None]:
        """Mode, lower bound, and the place where an interrupted pass of the same mode goes on."""
        claim, now = self._claim, self._began
        if kind == "sweep":
            return "sweep", None, None
        if self._stream.detail is not None:
            return ("full" if kind == "full" else "delta"), None, None
        token = claim.token
        if token is not None and not (kind == "full" and token.mode != "full"):
            return token.mode, None if token.since is None else from_seconds(token.since), token
        if kind == "full" or reads_whole(self._stream, claim.watermark, claim.last_full_at, now):
            return "full", None, None
        return "delta", claim.watermark, None

    def _reading(self, kind: Kind) -> Pass:
        around = self._around
        with around.store.read() as connection:
            found = lookup_entries(connection, self._claim.account, self._stream.lookups)
            lookups = {kind: Entries(entries) for kind, entries in found.items()}
        make: Callable[..., Pass] = Pass
        if kind == "sweep" and self._stream.sweep is not None:
            make = partial(SweepPass, sweep=self._stream.sweep)
        elif self._stream.detail is not None:
            make = partial(DetailPass, detail=self._stream.detail)
        elif self._stream.ranges is not None:
            make = partial(PartsPass, ranges=self._stream.ranges, workers=around.workers)
        return make(
            store=around.store,
            http=self._http,
            stream=self._stream,
            claim=self._claim,
            codecs=around.codecs,
            known_phrases=around.known_phrases,
            clock=around.clock,
            horizon=self._began - around.history,
            lookups=lookups,
            related=RelatedRows(around.store, self._claim.account, self._stream.related),
            details=self._details,
            on_page=lambda totals: around.on_progress(self._account_name, self._stream.name, totals),
        )

    def _before(self, mode: str) -> None:
        with self._around.store.write() as connection:
            if mode == "full":
                drop_indexes_if_empty(connection, [record.table for record in self._stream.records])
            runs.log(connection, self._claim.run, self._began, "info", "started", {"mode": mode})

    def _parents(self, start: str | None, since: datetime | None) -> Iterator[Parent] | None:
        stream = self._stream
        if stream.parent is None or stream.detail is not None:
            return None
        with self._around.store.read() as connection:
            rows = parent_rows(connection, self._claim.account, stream.parent, stream.parent_kinds, start)
        window = Window(since=since, horizon=self._began - self._around.history, now=self._began)
        parents = (Parent(id=row["id"], company=row.get("company"), row=row) for row in rows)
        return (parent for parent in parents if stream.below(parent, window))

    def _keep_what_was_read(self, reading: Pass) -> None:
        try:
            reading.commit()
        except RunLost as error:
            log.warning("run lost", detail=str(error))

    def _skew(self, reading: Pass) -> timedelta | None:
        """By how much the source's clock is ahead of ours; None when it was not heard in this run."""
        resumed = self._claim.token is not None
        return None if resumed or reading.started is None else reading.started - self._began

    def _finish(
        self, reading: Pass, mode: str, since: datetime | None, problem: Problem | None, gone: int
    ) -> RunResult:
        now = self._around.clock()
        state = state_of(problem, partial=bool(reading.skipped))
        watermark = None
        if state == "ok" and mode != "sweep" and reading.started is not None:
            watermark = reading.started - self._stream.lag
            if self._claim.watermark is not None:
                watermark = max(watermark, self._claim.watermark)
        error, action = (problem.text, problem.action) if problem else (None, None)
        if state == "unreadable":
            action = f"The API user needs: {self._stream.needs}. {action}"
        if problem is None and reading.skipped:
            error = f"{len(reading.skipped)} of the {self._stream.parent} rows could not be read below, {reading.skipped[0]} first."
            action = "Nothing: the next run tries again."
        totals = {
            "mode": mode,
            **({} if since is None else {"cursor_from": to_seconds(since)}),
            **({} if watermark is None else {"cursor_to": to_seconds(watermark)}),
            **reading.counters(),
            "gone": gone,
        }
        with self._around.store.write() as connection:
            tables = [record.table for record in self._stream.records]
            ensure_indexes(connection, tables)
            if reading.totals.counts.new >= MANY_NEW:
                refresh_statistics(connection, tables)
            level = "info" if state == "ok" else "warning"
            runs.log(
                connection,
                self._claim.run,
                now,
                level,
                "finished",
                {"state": state, "error": error, "retries": retries_of(self._http.meter)},
            )
        try:
            runs.finish(
                self._around.store,
                self._claim,
                state,
                now=now,
                totals=totals,
                watermark=watermark,
                full=mode == "full" and self._stream.detail is None,  # of details a bounded number is read
                swept=reading.tells_gone,
                read=mode != "sweep",
                keep_token=mode == "sweep" or self._place_is_good(reading, problem),
                error=error,
                action=action,
                next_due=self._around.timing.next_due(
                    self._account_name, self._stream, problem, self._claim.failures + 1, now
                ),
            )
        except RunLost as lost:
            log.warning("run lost", detail=str(lost))
            return self._result(reading, mode, "lost", error=str(lost), problem=None)
        return self._result(reading, mode, state, error=error, action=action, problem=problem, gone=gone)

    def _place_is_good(self, reading: Pass, problem: Problem | None) -> bool:
        """Whether the next run should go on where this one stopped. A place that the source refuses is given up."""
        if problem is None or isinstance(problem, Braked):
            return False
        refused = isinstance(problem, ContractChanged | RecordVanished) and not reading.totals.pages
        return not refused

    def _result(
        self,
        reading: Pass,
        mode: str,
        state: str,
        *,
        problem: Problem | None,
        error: str | None = None,
        action: str | None = None,
        gone: int = 0,
    ) -> RunResult:
        totals = reading.totals
        counts = totals.counts
        seconds = (self._around.clock() - self._began).total_seconds()
        result = RunResult(
            account=self._account_name,
            stream=self._stream.name,
            state=state,
            run=self._claim.run,
            mode=mode,
            fetched=totals.fetched,
            new=counts.new,
            changed=counts.changed,
            same=counts.same,
            held=totals.held,
            gone=gone,
            requests=self._http.meter.requests,
            error=error,
            action=action,
            problem=problem,
            seconds=seconds,
            outcomes=dict(self._http.meter.outcomes),
            skew=self._skew(reading),
        )
        log.info(
            "stream run",
            state=state,
            mode=mode,
            pages=totals.pages,
            fetched=totals.fetched,
            new=counts.new,
            changed=counts.changed,
            same=counts.same,
            held=totals.held,
            gone=gone,
            requests=self._http.meter.requests,
            retries=self._http.meter.retries,
            seconds=round(seconds, 3),
            **({"error": error} if error else {}),
            **({"detail": problem.detail} if problem and problem.detail else {}),
        )
        return result
