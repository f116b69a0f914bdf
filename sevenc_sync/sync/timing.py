"""When a stream is read again: its cadence, the quiet hours, and how long to wait after a failure."""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sevenc_sync.clock import to_seconds
from sevenc_sync.connect.errors import Problem, Stopped, Throttled, VendorDown
from sevenc_sync.connect.stream import Stream
from sevenc_sync.quiet import Quiet

FIRST_RETRY = timedelta(minutes=5)  # after a source was found down; doubled each time
SLOWEST_RETRY = timedelta(hours=1)  # a source that is down for days is still asked so often


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """How often the operator wants streams read.

    `always` stands before each stream's own cadence, and `every` before both: by "ACCOUNT/STREAM" or "ACCOUNT".
    `jitter` is the largest part of its cadence by which a reading may be later, so that accounts do not march in step.
    """

    always: timedelta | None = None
    every: Mapping[str, timedelta] = field(default_factory=dict)
    jitter: float = 0.0
    quiet: Quiet | None = None

    def cadence(self, account: str, stream: Stream) -> timedelta:
        """The time between two readings of the stream."""
        named = self.every.get(f"{account}/{stream.name}") or self.every.get(account)
        return named or self.always or stream.cadence

    def next_due(
        self, account: str, stream: Stream, problem: Problem | None, failures: int, now: datetime
    ) -> datetime:
        """When the stream wants to be read again, after a run that ended with `problem`, the `failures`-th in a row."""
        cadence = self.cadence(account, stream)
        match problem:
            case Throttled():
                due = problem.retry_at
            case Stopped():
                return now  # we stopped, and not the source
            case VendorDown():
                due = now + self._spread(
                    min(_patience(failures), max(cadence, SLOWEST_RETRY)), account, stream, now
                )
            case _:
                due = now + self._spread(cadence, account, stream, now)
        if self.quiet is None or not self.quiet.holds(due):
            return due
        # Not all at the same moment when the quiet hours end.
        return self.quiet.over_at(due) + self._spread(cadence, account, stream, now) - cadence

    def _spread(self, wait: timedelta, account: str, stream: Stream, now: datetime) -> timedelta:
        """The wait, longer by a part of the jitter that depends on who asks and when; the same for the same."""
        seed = f"{account}/{stream.name}/{to_seconds(now)}".encode()
        return wait * (1 + self.jitter * zlib.crc32(seed) / 2**32)


def _patience(failures: int) -> timedelta:
    doublings = min(max(failures, 1) - 1, 10)
    return FIRST_RETRY * (1 << doublings)
