"""The engine on one machine: the configuration, the store and the rules bound together, and the jobs on them."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta

from sevenc_sync.clock import Clock, utc_now
from sevenc_sync.config import Configuration
from sevenc_sync.connect.connector import Connector
from sevenc_sync.engine.sync_job import Account, Choice, SyncJob, open_accounts, sync_accounts
from sevenc_sync.registry import connectors
from sevenc_sync.store.database import Store
from sevenc_sync.store.holder import this_holder
from sevenc_sync.store.migrate import require_current
from sevenc_sync.sync.passes import Totals
from sevenc_sync.sync.run import RunResult


class UnknownTarget(Exception):
    """A SOURCE or SOURCE/STREAM that the configuration does not have; the text lists what it has."""


@dataclass(kw_only=True)
class Engine:
    """Everything that the jobs need. `stop` ends every wait at once."""

    config: Configuration
    store: Store
    accounts: list[Account]
    clock: Clock = utc_now
    stop: threading.Event = field(default_factory=threading.Event)
    holder: str = field(default_factory=this_holder)

    def sync(
        self,
        *,
        trigger: str,
        targets: Sequence[str] = (),
        full: bool = False,
        due_only: bool = False,
        on_progress: Callable[[str, str, Totals], None] = lambda _account, _stream, _totals: None,
        on_result: Callable[[RunResult], None] = lambda _result: None,
    ) -> list[RunResult]:
        """Read the targets ("SOURCE" or "SOURCE/STREAM"; none: everything). Raises UnknownTarget."""
        minutes = self.config.settings.schedule.every_minutes
        job = SyncJob(
            store=self.store,
            clock=self.clock,
            stop=self.stop,
            holder=self.holder,
            trigger=trigger,
            history=timedelta(days=self.config.settings.rules.history_days),
            full=full,
            due_only=due_only,
            cadence=None if minutes is None else timedelta(minutes=minutes),
            on_progress=on_progress,
            on_result=on_result,
        )
        return sync_accounts(
            job, self._chosen(targets) if targets else [(account, None) for account in self.accounts]
        )

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
    config: Configuration, *, clock: Clock = utc_now, stop: threading.Event | None = None
) -> Iterator[Engine]:
    """The engine over the configured store. Raises StoreProblem when the store cannot be used as it is."""
    known: dict[str, Connector] = dict(connectors())
    with Store.open(config.store_url) as store:
        require_current(store)
        pairs = [(settings, known[settings.connector]) for settings in config.accounts.values()]
        yield Engine(
            config=config,
            store=store,
            accounts=open_accounts(store, pairs),
            clock=clock,
            stop=stop or threading.Event(),
        )
