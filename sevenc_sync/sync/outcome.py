"""What came of a run: its state by who has to act, and what it read and cost."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from sevenc_sync.connect.errors import AccessProblem, Problem, RecordVanished, Stopped, Throttled
from sevenc_sync.connect.exchange import Meter
from sevenc_sync.store.runs import RunState
from sevenc_sync.sync.gone import Braked

DOWN = frozenset({"failed", "unreadable", "throttled"})  # states in which a stream cannot be read


@dataclass(frozen=True, slots=True)
class RunResult:
    """What came of one run. `state` is the run's, or "busy" when another one reads the stream now."""

    account: str
    stream: str
    state: str
    run: int | None = None
    mode: str = ""
    fetched: int = 0
    new: int = 0
    changed: int = 0
    same: int = 0
    held: int = 0
    gone: int = 0
    requests: int = 0
    error: str | None = None
    action: str | None = None
    problem: Problem | None = None
    seconds: float = 0.0  # how long it took
    outcomes: Mapping[str, int] = field(default_factory=dict)  # what became of its requests -> how many
    skew: timedelta | None = None  # by how much the source's clock is ahead of ours, where it was heard

    @property
    def is_down(self) -> bool:
        """Whether the stream cannot be read now."""
        return self.state in DOWN


def retries_of(meter: Meter) -> dict[str, dict[str, float]]:
    """Cause of a retry -> how often, and how many seconds were waited for it in all."""
    return {
        cause: {"times": times, "seconds": round(meter.waits.get(cause, 0.0), 1)}
        for cause, times in meter.causes.items()
    }


# The run's state by who has to act; the first that fits counts.
_STATES: tuple[tuple[type[Problem], RunState], ...] = (
    (Stopped, "stopped"),
    (Throttled, "throttled"),
    (Braked, "held"),
    (AccessProblem, "unreadable"),
    (RecordVanished, "unreadable"),
)


def state_of(problem: Problem | None, *, partial: bool) -> RunState:
    """The state in which a run with this problem ends. `partial`: some of what it was to read could not be read."""
    if problem is None:
        return "partial" if partial else "ok"
    return next((state for kind, state in _STATES if isinstance(problem, kind)), "failed")
