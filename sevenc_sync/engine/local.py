"""The engine on one machine: the configuration, the store and the rules bound together, and the jobs on them."""

import gc
import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache, cached_property
from typing import Any

import structlog

from sevenc_sync.clock import Clock, utc_now
from sevenc_sync.config import Configuration
from sevenc_sync.connect.retries import RetryPolicy
from sevenc_sync.engine.judge import Matched, client_tests, feeds_of, grouping
from sevenc_sync.engine.probe import Probed, probe_account
from sevenc_sync.engine.pruning import prune_store
from sevenc_sync.engine.push_job import PushJob, places_of, policy_of
from sevenc_sync.engine.rulefiles import RuleFiles, rule_directories
from sevenc_sync.engine.sync_job import (
    Account,
    Choice,
    SyncJob,
    due_accounts,
    open_accounts,
    sync_accounts,
    timing_of,
)
from sevenc_sync.match import Ground, match_clients, match_devices
from sevenc_sync.push import DeliverySummary, outbox_writer
from sevenc_sync.registry import connectors
from sevenc_sync.score import (
    Basis,
    ClientResult,
    Due,
    OnSaved,
    Rules,
    ScoreSummary,
    due,
    plan_keeper,
    preview,
    score_clients,
)
from sevenc_sync.store.accounts import ensure_account
from sevenc_sync.store.database import Store
from sevenc_sync.store.holder import this_holder
from sevenc_sync.store.migrate import require_current
from sevenc_sync.sync.gone import Brake
from sevenc_sync.sync.outcome import RunResult
from sevenc_sync.sync.passes import Totals

log = structlog.get_logger("engine")


class UnknownTarget(Exception):
    """A SOURCE or SOURCE/STREAM that the configuration does not have; the text lists what it has."""


@dataclass(kw_only=True)
class Engine:
    """Everything that the jobs need. `stop` ends every wait at once."""

    config: Configuration
    store: Store
    accounts: list[Account]
    clock: Clock = utc_now
    policy: RetryPolicy | None = None  # how long to insist, instead of the kit's own patience
    stop: threading.Event = field(default_factory=threading.Event)
    holder: str = field(default_factory=this_holder)
    master: int | None = None  # the account whose companies become clients
    # What the last scoring rested on, and when all clients were scored; see `score_due`.
    _judged: Basis | None = field(default=None, init=False)
    _judged_at: datetime | None = field(default=None, init=False)

    def sync(
        self,
        *,
        trigger: str,
        targets: Sequence[str] = (),
        full: bool = False,
        sweep: bool = False,
        accept_deletions: bool = False,
        due_only: bool = False,
        on_progress: Callable[[str, str, Totals], None] = lambda _account, _stream, _totals: None,
        on_result: Callable[[RunResult], None] = lambda _result: None,
    ) -> list[RunResult]:
        """Read the targets ("SOURCE" or "SOURCE/STREAM"; none: everything). Raises UnknownTarget."""
        job = replace(
            self._job(trigger, due_only=due_only),
            full=full,
            sweep=sweep,
            brake=Brake(share=self.config.settings.sync.brake_percent / 100, accept=accept_deletions),
            on_progress=on_progress,
            on_result=on_result,
        )
        return sync_accounts(
            job, self._chosen(targets) if targets else [(account, None) for account in self.accounts]
        )

    def due_accounts(self) -> list[Account]:
        """The accounts of which something is to be read by the schedule."""
        return due_accounts(self._job("schedule", due_only=True), self.accounts)

    def _job(self, trigger: str, *, due_only: bool) -> SyncJob:
        return SyncJob(
            store=self.store,
            clock=self.clock,
            stop=self.stop,
            holder=self.holder,
            trigger=trigger,
            history=timedelta(days=self.config.settings.rules.history_days),
            policy=self.policy,
            due_only=due_only,
            timing=timing_of(self.config),
        )

    @cached_property
    def rule_files(self) -> RuleFiles:
        """The built-in rules and those of the configured directories, as they were last read. Raises RulesInvalid."""
        return RuleFiles(rule_directories(self.config))

    def take_over(self, config: Configuration, accounts: list[Account], rule_files: RuleFiles) -> None:
        """Work with these from the next job on; what is under way ends as it began."""
        self.config, self.accounts = config, accounts
        self.rule_files = rule_files
        self._judged = None  # scores everything anew: other accounts may feed the rules

    @property
    def rules(self) -> Rules:
        """The rules that are effective now. Raises RulesInvalid."""
        return self.rule_files.book.at(self.clock())

    def probe(self, account: Account) -> list[Probed]:
        """Try each stream of the account with one small request."""
        return probe_account(self.store, account, self.clock, self.stop)

    def match(self) -> Matched:
        """Decide which company is which client, and which records are one device."""
        rules = self.rules
        roles = {account.number: account.connector.role for account in self.accounts}
        if self.master is not None:
            roles[self.master] = "psa"  # also while it is not read: its clients stay what they are
        is_client, is_own = client_tests(rules)
        ground = Ground(
            master=self.master,
            roles=roles,
            is_client=is_client,
            is_own=is_own,
            group_of=grouping(rules),
            rules=rules.hash,
        )
        companies = match_clients(self.store, ground, self.clock())
        return Matched(companies, match_devices(self.store, self.clock()))

    def due(self, now: datetime, basis: Basis | None, since: datetime | None) -> Due:
        """Who must be scored, after all clients were scored at `since` on that basis; takes the marks of changed evidence."""
        return due(self.store, self.rule_files.book.at(now), now, feeds_of(self.accounts), basis, since)

    def score_due(self, now: datetime) -> ScoreSummary | None:
        """Score the clients whose evidence changed since the last call, or all where that is due; None: nobody.

        The first call of a process scores all, and so does the next one after a call that failed.
        """
        found = self.due(now, self._judged, self._judged_at)
        self._judged, before = None, self._judged_at
        if found.clients is not None and not found.clients:
            self._judged = found.basis
            return None
        summary = self.score(now, found.clients)
        self._judged, self._judged_at = found.basis, now if found.clients is None else before
        return summary

    def score(
        self,
        now: datetime,
        clients: Collection[int] | None = None,
        hold: Callable[[Any], None] = lambda _connection: None,
    ) -> ScoreSummary:
        """Score the clients (none given: all) as of `now`; each note that is due is in the outbox afterwards.

        `hold` is called in each transaction that saves scores: what it raises undoes that and ends the scoring.
        """
        rules = self.rule_files.book.at(now)
        return score_clients(
            self.store,
            rules,
            now,
            feeds_of(self.accounts),
            clients=clients,
            on_saved=self._keepers(rules, hold),
        )

    def _keepers(self, rules: Rules, hold: Callable[[Any], None]) -> OnSaved:
        """What is kept in step with the scores: the plans first, because notes tell of them."""
        keep_plans = plan_keeper(rules)
        keep_notes = outbox_writer(rules, places_of(self.accounts), policy_of(self.config))

        def keep(connection: Any, results: Sequence[ClientResult]) -> None:
            hold(connection)
            keep_plans(connection, results)
            keep_notes(connection, results)

        return keep

    def prune(self, now: datetime) -> dict[str, int]:
        """Let go what is older than the configuration keeps; gives the number of rows by kind."""
        return prune_store(self.store, self.config, now)

    def preview(self, now: datetime, clients: Collection[int] | None = None) -> list[ClientResult]:
        """The results as of `now`, from the records as they are in the store; by name. Nothing is saved."""
        with self.store.read() as connection:
            return preview(connection, self.rule_files.book.at(now), now, feeds_of(self.accounts), clients)

    @property
    def pushing(self) -> PushJob:
        """Writing back, by the rules and the settings of now."""
        return PushJob(
            store=self.store,
            accounts=self.accounts,
            rules=self.rules,
            policy=policy_of(self.config),
            clock=self.clock,
            stop=self.stop,
            holder=self.holder,
        )

    def deliver(self, trigger: str, only: Collection[int] | None = None) -> DeliverySummary:
        """Send what may be sent into the PSAs, of these rows of the outbox or of all."""
        return self.pushing.send(trigger, only)

    def _chosen(self, targets: Sequence[str]) -> list[Choice]:
        by_name = {account.name: account for account in self.accounts}
        wanted: dict[str, set[str] | None] = {}
        for target in targets:
            name, _, stream = target.partition("/")
            account = by_name.get(name)
            if account is None:
                raise UnknownTarget(
                    f"{name!r} is no account; the configuration has {', '.join(by_name) or 'none'}."
                )
            streams = [item.name for item in account.connector.streams]
            if stream and stream not in streams:
                raise UnknownTarget(f"{name} has no stream {stream!r}; it has {', '.join(streams)}.")
            known = wanted.setdefault(name, set())
            if not stream:
                wanted[name] = None
            elif known is not None:
                known.add(stream)
        return [(by_name[name], streams) for name, streams in wanted.items()]


@contextmanager
def open_engine(
    config: Configuration,
    *,
    clock: Clock = utc_now,
    stop: threading.Event | None = None,
    policy: RetryPolicy | None = None,
) -> Iterator[Engine]:
    """The engine over the configured store. Raises StoreProblem when the store cannot be used as it is."""
    known = connectors()
    with Store.open(config.store_url) as store:
        require_current(store)
        pairs = [(settings, known[settings.connector]) for settings in config.accounts.values()]
        _freeze_what_is_loaded()
        accounts = open_accounts(store, pairs)
        master = None if config.master is None else config.accounts[config.master]
        yield Engine(
            config=config,
            store=store,
            accounts=accounts,
            master=None if master is None else ensure_account(store, master.name, master.connector),
            clock=clock,
            policy=policy,
            stop=stop or threading.Event(),
        )


@cache
def _freeze_what_is_loaded() -> None:
    """Keep what is loaded now out of the collector's way: walking it again and again takes a tenth of a backfill's time.

    Once a process: later, what an earlier engine left in circles would stay with it for ever.
    """
    gc.freeze()
