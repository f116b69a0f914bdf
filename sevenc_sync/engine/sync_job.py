"""Reading accounts: one thread each, because a vendor's limits are per account; streams one after the other."""

import hashlib
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from pydantic import SecretStr

from sevenc_sync.clock import Clock, to_seconds
from sevenc_sync.config import Configuration
from sevenc_sync.connect.connector import AccountSettings, Connector
from sevenc_sync.connect.errors import (
    ConfigProblem,
    CredentialsProblem,
    Problem,
    Stopped,
    Throttled,
    VendorDown,
)
from sevenc_sync.connect.http import Http, HttpFactory
from sevenc_sync.connect.retries import RetryPolicy
from sevenc_sync.connect.stream import Stream, Sweep
from sevenc_sync.engine.budget import Budget, NoRoom
from sevenc_sync.engine.outages import hear, kept_of, outages_of
from sevenc_sync.quiet import Quiet
from sevenc_sync.store.accounts import (
    KeptLimits,
    ensure_account,
    keep_outages,
    kept_outages,
    note_limits,
    resume_account,
    stop_account,
    stopped_reason,
)
from sevenc_sync.store.database import Store
from sevenc_sync.store.reads import stream_states
from sevenc_sync.sync.gone import Brake
from sevenc_sync.sync.outcome import RunResult
from sevenc_sync.sync.passes import Totals
from sevenc_sync.sync.run import Kind, Surroundings, fail_stream, run_stream
from sevenc_sync.sync.timing import Timing

SKEW_WORTH_SAYING = timedelta(minutes=5)
MAX_DOWN = 2  # streams in a row that find the vendor down: then it is asked no more in this round

log = structlog.get_logger("sync")


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An account that can be read: its number in the store, its settings, its connector."""

    number: int
    settings: AccountSettings
    connector: Connector

    @property
    def name(self) -> str:
        """The account's name in the configuration."""
        return self.settings.name

    def limits_of(self, http: Http) -> KeptLimits:
        """How hard the account is asked: the pace of its client, and as many requests at once as any stream may have."""
        ranged = [stream.ranges.workers for stream in self.connector.streams if stream.ranges is not None]
        at_once = self.settings.requests_at_once or max(ranged) if ranged else 1
        return KeptLimits(round(http.limits.per_minute, 2), at_once, http.limits.documented)

    def secret_digest(self) -> str:
        """Changes when a secret changes; tells nothing of it (a keyed hash with the account's own name)."""
        secrets = [
            value.get_secret_value()
            for field in sorted(type(self.settings).model_fields)
            if isinstance(value := getattr(self.settings, field), SecretStr)
        ]
        joined = "\0".join([self.name, self.settings.base_url, *secrets]).encode()
        return hashlib.scrypt(
            joined, salt=self.name.encode().ljust(8, b"\0"), n=2**12, r=8, p=1, dklen=16
        ).hex()


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncJob:
    """What a round of reading needs.

    `full` reads everything, `sweep` also asks what is gone, `due_only` does only what its time has come for.
    """

    store: Store
    clock: Clock
    stop: threading.Event
    holder: str
    trigger: str
    history: timedelta
    full: bool = False
    sweep: bool = False
    brake: Brake = field(default_factory=Brake)
    due_only: bool = False
    timing: Timing = field(default_factory=Timing)
    policy: RetryPolicy | None = None
    on_progress: Callable[[str, str, Totals], None] = lambda _account, _stream, _totals: None
    on_result: Callable[[RunResult], None] = lambda _result: None


def timing_of(config: Configuration) -> Timing:
    """How often the configuration wants streams read."""
    schedule = config.settings.schedule
    zone = ZoneInfo(config.settings.push.timezone)
    return Timing(
        always=None if schedule.every_minutes is None else timedelta(minutes=schedule.every_minutes),
        every={name: timedelta(minutes=minutes) for name, minutes in schedule.every.items()},
        jitter=schedule.jitter_percent / 100,
        quiet=None if schedule.quiet_hours is None else Quiet.of(schedule.quiet_hours, zone),
    )


def open_accounts(store: Store, accounts: Sequence[tuple[AccountSettings, Connector]]) -> list[Account]:
    """The enabled accounts with their numbers. Raises StoreProblem when a name was another connector's before."""
    return [
        Account(
            number=ensure_account(store, settings.name, connector.name),
            settings=settings,
            connector=connector,
        )
        for settings, connector in accounts
        if settings.enabled
    ]


Choice = tuple[Account, Collection[str] | None]  # an account, and the names of its wanted streams (None: all)


def sync_accounts(job: SyncJob, choices: Sequence[Choice]) -> list[RunResult]:
    """Read the accounts side by side; gives every run's result, in the order of the accounts."""
    if not choices:
        return []
    with ThreadPoolExecutor(max_workers=len(choices), thread_name_prefix="account") as pool:
        waiting = [pool.submit(sync_account, job, account, streams) for account, streams in choices]
        return [result for future in waiting for result in future.result()]


def sync_account(job: SyncJob, account: Account, streams: Collection[str] | None = None) -> list[RunResult]:
    """Read one account's streams in their order. Never raises the kit's Problems: they are in the results."""
    wanted = [stream for stream in account.connector.streams if streams is None or stream.name in streams]
    if job.due_only:
        wanted = _due(job, account, wanted)
    if not wanted:
        return []
    around = Surroundings(
        store=job.store,
        clock=job.clock,
        holder=job.holder,
        trigger=job.trigger,
        history=job.history,
        workers=account.settings.requests_at_once,
        brake=job.brake,
        timing=job.timing,
        on_progress=job.on_progress,
        streams=account.connector.streams,
    )
    results: list[RunResult] = []

    def done(result: RunResult) -> None:
        results.append(result)
        job.on_result(result)

    try:
        with open_http(account, job.clock, job.stop, job.policy) as http:
            note_limits(job.store, account.number, account.limits_of(http))
            _read_streams(job, around, account, http, wanted, done)
    except Problem as problem:
        # The way in failed (discovery, credentials): every stream that waits for it says so.
        _fail_rest(around, account, wanted[len(results) :], problem, done)
        _note_credentials(job, account, problem)
    _say_changes(job, account, results)
    return results


def _say_changes(job: SyncJob, account: Account, results: Sequence[RunResult]) -> None:
    """One line when a source goes down and one when it is back. And one for a round in which its clock is not ours."""
    kept = kept_outages(job.store, account.number)
    outages = outages_of(kept)
    begins, over = hear(outages, results, {stream.name for stream in account.connector.streams})
    if kept_of(outages) != kept:
        keep_outages(job.store, account.number, kept_of(outages))
    if begins:
        first = begins[0]
        log.warning(
            "source down",
            account=account.name,
            streams=[result.stream for result in begins],
            error=first.error,
            action=first.action,
            detail=first.problem.detail if first.problem else "",
        )
    for streams in over:
        log.info("source recovered", account=account.name, streams=streams)
    skews = [result.skew for result in results if result.skew is not None]
    if skews and abs(skews[0]) > SKEW_WORTH_SAYING:
        log.warning("clocks differ", account=account.name, seconds=round(skews[0].total_seconds()))


def open_http(
    account: Account, clock: Clock, stop: threading.Event, policy: RetryPolicy | None = None
) -> Http:
    """The account's way in, discovery done. Raises the kit's Problems."""
    settings = account.settings
    factory = HttpFactory(
        clock=clock,
        stop=stop,
        timeout=settings.timeout_seconds,
        ca_bundle=settings.ca_bundle,
        proxy=settings.proxy,
        policy=policy,
        per_minute=settings.requests_per_minute,
    )
    return account.connector.open(settings, factory)


def _read_streams(
    job: SyncJob,
    around: Surroundings,
    account: Account,
    http: Http,
    wanted: Sequence[Stream],
    done: Callable[[RunResult], None],
) -> None:
    down = 0
    budget = Budget(job.store, job.clock, account.number, http, job.clock() - job.history)
    for position, stream in enumerate(wanted):
        for kind in _kinds(job, account, stream):
            result = _run_if_it_fits(around, account, http, budget, stream, kind)
            done(result)
            if result.state != "ok":
                break
        problem = result.problem
        if isinstance(problem, NoRoom):
            continue  # a smaller run behind it may fit
        down = down + 1 if isinstance(problem, VendorDown) else 0
        if isinstance(problem, CredentialsProblem | ConfigProblem | Throttled | Stopped) or down >= MAX_DOWN:
            _fail_rest(around, account, wanted[position + 1 :], problem or Stopped("Stopped."), done)
            _note_credentials(job, account, problem)
            return
    resume_account(job.store, account.number, job.clock())


def _run_if_it_fits(
    around: Surroundings, account: Account, http: Http, budget: Budget, stream: Stream, kind: Kind
) -> RunResult:
    try:
        budget.check(stream, kind)
    except Problem as problem:
        return fail_stream(
            around, stream, problem, account=account.number, account_name=account.name, quota=http.quota
        )
    return run_stream(
        around,
        http,
        stream,
        account=account.number,
        account_name=account.name,
        kind=kind,
        details=account.connector.details_of(stream.name),
    )


def _kinds(job: SyncJob, account: Account, stream: Stream) -> list[Kind]:
    """How the stream is read in this round: as usual or everything, and then whether a sweep follows."""
    if stream.sweep is None:
        # Where a whole pass is what tells what is gone, sweeping is reading everything.
        return ["full" if job.full or (job.sweep and stream.complete) else "usual"]
    kinds: list[Kind] = ["full" if job.full else "usual"]
    if job.sweep or (job.due_only and _sweep_is_due(job, account, stream.sweep, stream.name)):
        kinds.append("sweep")
    return kinds


def _sweep_is_due(job: SyncJob, account: Account, sweep: Sweep, stream: str) -> bool:
    with job.store.read() as connection:
        state = next(
            (
                row
                for row in stream_states(connection)
                if row["account"] == account.number and row["stream"] == stream
            ),
            None,
        )
    if state is None or state["last_ok_at"] is None:
        return False  # the first pass comes first
    last = state["last_sweep_at"]
    return last is None or to_seconds(job.clock()) - int(last) >= sweep.cadence.total_seconds()


def _fail_rest(
    around: Surroundings,
    account: Account,
    rest: Sequence[Stream],
    problem: Problem,
    done: Callable[[RunResult], None],
) -> None:
    for stream in rest:
        done(fail_stream(around, stream, problem, account=account.number, account_name=account.name))


def _note_credentials(job: SyncJob, account: Account, problem: Problem | None) -> None:
    if isinstance(problem, CredentialsProblem):
        stop_account(job.store, account.number, problem.text, account.secret_digest(), job.clock())
        log.error("account stopped", account=account.name, error=problem.text, action=problem.action)


def due_accounts(job: SyncJob, accounts: Sequence[Account]) -> list[Account]:
    """The accounts with a stream whose time has come."""
    with job.store.read() as connection:
        states = stream_states(connection)
    return [account for account in accounts if _due(job, account, account.connector.streams, states)]


def _due(
    job: SyncJob,
    account: Account,
    streams: Sequence[Stream],
    states: Sequence[Mapping[str, Any]] | None = None,
) -> list[Stream]:
    """The streams whose time has come. A stopped account is left alone until its credentials change."""
    if stopped_reason(job.store, account.number, account.secret_digest) is not None:
        return []
    if job.timing.quiet is not None and job.timing.quiet.holds(job.clock()):
        return []
    now = to_seconds(job.clock())
    if states is None:
        with job.store.read() as connection:
            states = stream_states(connection)
    mine = {row["stream"]: row for row in states if row["account"] == account.number}
    return [
        stream
        for stream in streams
        if (state := mine.get(stream.name)) is None
        or state["next_due_at"] is None
        or state["next_due_at"] <= now
    ]
