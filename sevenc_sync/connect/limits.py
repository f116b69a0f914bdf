"""Staying below a vendor's rate: a token bucket per account, that stops waiting when we stop."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sevenc_sync.clock import Clock
from sevenc_sync.connect.errors import Throttled


@dataclass(frozen=True, slots=True)
class Limits:
    """How hard an account may be asked. `per_minute` requests on average, `burst` of them one right after the other.

    `documented` is the vendor's own limit in words, for people; "" where it names none.
    """

    per_minute: float
    burst: int = 10
    documented: str = ""


SOON = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Quota:
    """What a vendor tells of its own limit: `used` of `limit` requests in the rolling `window` before `at`.

    Everybody's requests count, not only ours: the MSP's other integrations draw on the same quota. `share` of the
    `limit` is ours, so that the others always find room.
    """

    used: int
    limit: int
    window: timedelta
    at: datetime
    share: int

    @property
    def left(self) -> int:
        """How many more requests, anybody's, stay within the limit."""
        return max(0, self.limit - self.used)

    @property
    def is_rationed(self) -> bool:
        """Whether what may be asked is counted, and not only paced: in a window that is over soon the pace does it."""
        return self.window > SOON

    @property
    def per_minute(self) -> float:
        """The pace that uses our share and no more, however long we read."""
        return self.share / (self.window.total_seconds() / 60)


class Allowance:
    """What one opening of an account may ask in all, by its quota: when it is used up, the run ends and goes on later.

    It is never more than our share of a window, so the vendor's count is heard again at least once a window.
    """

    def __init__(self, quota: Quota, clock: Clock) -> None:
        self._quota = quota
        self._clock = clock
        self._whole = min(quota.left, quota.share)
        self._left = self._whole
        self._lock = threading.Lock()

    @property
    def left(self) -> int:
        """Requests that may still be made."""
        return self._left

    def take(self) -> None:
        """Take one request. Raises Throttled when there is none, until our share has room for as many again."""
        with self._lock:
            if self._left > 0:
                self._left -= 1
                return
        spent = self._quota.window * (self._whole / self._quota.share)
        if self._whole < self._quota.share:  # the others had left less than our share
            spent = max(spent, self._quota.window / 4)
        raise Throttled(
            f"The {self._whole} requests that were ours of the vendor's {self._quota.limit} are used up:"
            " reading goes on later, where it stopped.",
            retry_at=max(self._clock(), self._quota.at + spent),
        )


class Bucket:
    """Tokens that refill with time. Shared by all threads of one account."""

    def __init__(self, limits: Limits, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.documented = limits.documented
        self._rate = limits.per_minute / 60
        self._burst = float(limits.burst)
        self._tokens = float(limits.burst)
        self._monotonic = monotonic
        self._at = monotonic()
        self._lock = threading.Lock()

    @property
    def per_minute(self) -> float:
        """Requests a minute, as the pace is now."""
        return self._rate * 60

    def pace(self, per_minute: float) -> None:
        """From now on another pace: a vendor may tell its limit only once we are in."""
        with self._lock:
            self._rate = per_minute / 60

    def take(self) -> float:
        """Take one token and give the seconds to wait before using it (0 when there was one)."""
        with self._lock:
            now = self._monotonic()
            self._tokens = min(self._burst, self._tokens + (now - self._at) * self._rate)
            self._at = now
            self._tokens -= 1
            return max(0.0, -self._tokens / self._rate)
