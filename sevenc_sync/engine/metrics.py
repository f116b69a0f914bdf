"""Numbers for Prometheus. Labels are accounts, streams and words of closed lists: their number is bounded.

Counters and histograms tell of the daemon's own work since its start; gauges are read from the store when they are asked for.
"""

from collections.abc import Callable, Iterator

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from sevenc_sync import __version__
from sevenc_sync.clock import to_seconds
from sevenc_sync.push import DeliverySummary
from sevenc_sync.score import ScoreSummary
from sevenc_sync.store import gauges
from sevenc_sync.store.database import Store
from sevenc_sync.store.parts import count_parts
from sevenc_sync.store.queue import queued_jobs
from sevenc_sync.store.reads import last_scored_at, quotas, stream_states
from sevenc_sync.store.silence import frozen_streams
from sevenc_sync.store.workers import living_workers
from sevenc_sync.sync.outcome import RunResult

RUN_SECONDS = (0.1, 0.5, 1, 5, 15, 60, 300, 900, 3600)
SCORE_SECONDS = (0.05, 0.1, 0.5, 1, 5, 15, 60, 300)
JOBS = tuple((queue, state) for queue in ("read", "score", "house") for state in ("todo", "doing"))
RECORDS = ("new", "changed", "same", "held", "gone")


class Metrics:
    """What the daemon counts. `accounts` gives the names of the accounts that are configured now."""

    def __init__(self, store: Store, accounts: Callable[[], list[str]]) -> None:
        self.registry = CollectorRegistry(auto_describe=True)
        ProcessCollector(registry=self.registry)
        self._runs = Counter(
            "sevenc_runs",
            "Runs that ended, by the state they ended in.",
            ("account", "stream", "state"),
            registry=self.registry,
        )
        self._run_seconds = Histogram(
            "sevenc_run_duration_seconds",
            "How long runs took.",
            ("account",),
            buckets=RUN_SECONDS,
            registry=self.registry,
        )
        self._records = Counter(
            "sevenc_records",
            "Records that runs read, by what became of them.",
            ("account", "stream", "outcome"),
            registry=self.registry,
        )
        self._requests = Counter(
            "sevenc_requests",
            "Requests to vendors, by their outcome.",
            ("account", "outcome"),
            registry=self.registry,
        )
        self._score_seconds = Histogram(
            "sevenc_score_duration_seconds",
            "How long scorings took.",
            buckets=SCORE_SECONDS,
            registry=self.registry,
        )
        self._scored = Counter(
            "sevenc_scored_clients", "Clients that were scored, each time.", registry=self.registry
        )
        self._notes = Counter(
            "sevenc_notes",
            "What became of rows of the outbox at their delivery.",
            ("outcome",),
            registry=self.registry,
        )
        self.registry.register(_Gauges(store, accounts))

    def run_ended(self, result: RunResult) -> None:
        """Count a run."""
        self._runs.labels(result.account, result.stream, result.state).inc()
        if result.state == "busy":
            return
        self._run_seconds.labels(result.account).observe(result.seconds)
        for outcome in RECORDS:
            number = getattr(result, outcome)
            if number:
                self._records.labels(result.account, result.stream, outcome).inc(number)
        for outcome, number in result.outcomes.items():
            self._requests.labels(result.account, outcome).inc(number)

    def scored(self, summary: ScoreSummary, seconds: float) -> None:
        """Count a scoring."""
        self._score_seconds.observe(seconds)
        self._scored.inc(summary.clients)

    def delivered(self, summary: DeliverySummary) -> None:
        """Count a delivery of notes."""
        for outcome, number in summary.counts().items():
            if number:
                self._notes.labels(outcome).inc(number)

    def exposition(self) -> tuple[bytes, str]:
        """The text for Prometheus, and its content type."""
        return generate_latest(self.registry), CONTENT_TYPE_LATEST


class _Gauges(Collector):
    """What the store says when it is asked."""

    def __init__(self, store: Store, accounts: Callable[[], list[str]]) -> None:
        self._store = store
        self._accounts = accounts

    def describe(self) -> Iterator[Metric]:
        """Nothing is read to register: the store may not answer yet."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        """Read one snapshot and tell it."""
        known = set(self._accounts())
        with self._store.read() as connection:
            states = [row for row in stream_states(connection) if row["account_name"] in known]
            frozen = frozen_streams(connection)
            limits = [row for row in quotas(connection) if row["account"] in known]
            held = gauges.quarantined(connection)
            waiting = gauges.outbox_by_state(connection)
            clients = gauges.active_clients(connection)
            scored_at = last_scored_at(connection)
            working = living_workers(connection)
            jobs = queued_jobs(connection)
            parts = sum(count_parts(connection))
        yield _gauge("sevenc_build_info", "The version that runs.", {(__version__,): 1}, "version")
        by_stream = [((row["account_name"], row["stream"]), row) for row in states]
        yield _gauge(
            "sevenc_stream_state",
            "1 for the state that a stream is in.",
            {
                (*name, "frozen" if (row["account"], row["stream"]) in frozen else row["state"]): 1
                for name, row in by_stream
            },
            "account", "stream", "state",
        )  # fmt: skip
        for column, name, told in (
            ("newest_at", "newest_evidence", "When the newest record at the source changed."),
            ("last_ok_at", "last_good_run", "When a run last went well."),
            ("next_due_at", "next_due", "When it is read next."),
        ):
            yield _gauge(
                f"sevenc_{name}_timestamp_seconds",
                told,
                {name: row[column] for name, row in by_stream if row[column] is not None},
                "account", "stream",
            )  # fmt: skip
        yield _gauge(
            "sevenc_stream_failures",
            "Runs in a row that did not go well.",
            {name: row["failures"] for name, row in by_stream},
            "account", "stream",
        )  # fmt: skip
        yield _gauge(
            "sevenc_quarantined_records",
            "Records that could not be read.",
            {name: held.get(name, 0) for name, _row in by_stream},
            "account", "stream",
        )  # fmt: skip
        yield _gauge(
            "sevenc_quota_left",
            "Requests that the vendor's window had left when the account was last opened.",
            {(row["account"],): max(0, row["limit"] - row["used"]) for row in limits},
            "account",
        )
        yield _gauge(
            "sevenc_quota_limit",
            "Requests that the vendor's window has in all.",
            {(row["account"],): row["limit"] for row in limits},
            "account",
        )
        yield _gauge(
            "sevenc_outbox_rows",
            "Rows of the outbox by state.",
            {(state,): number for state, number in waiting.items()},
            "state",
        )
        yield _gauge("sevenc_clients", "Clients that are scored.", {(): clients})
        yield _gauge("sevenc_store_bytes", "How large the store is.", {(): gauges.store_bytes(self._store)})
        yield _gauge(
            "sevenc_workers",
            "Workers that share the work, by whether their configuration is the one that counts.",
            {
                (state,): sum(worker.is_in_force is counts for worker in working)
                for state, counts in (("working", True), ("waiting", False))
            },
            "state",
        )
        yield _gauge(
            "sevenc_jobs",
            "Jobs in the queue that workers share.",
            {name: jobs.get(name, 0) for name in JOBS},
            "queue", "state",
        )  # fmt: skip
        yield _gauge("sevenc_score_parts", "Parts of clients that workers have yet to score.", {(): parts})
        if scored_at is not None:
            told = "The clock of the newest scoring."
            yield _gauge("sevenc_last_scoring_timestamp_seconds", told, {(): to_seconds(scored_at)})


def _gauge(name: str, told: str, values: dict[tuple[str, ...], float], *labels: str) -> Metric:
    family = GaugeMetricFamily(name, told, labels=labels)
    for key, value in values.items():
        family.add_metric(key, value)
    return family
