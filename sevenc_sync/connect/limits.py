"""Staying below a vendor's rate: a token bucket per account, that stops waiting when we stop."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Limits:
    """How hard an account may be asked. `per_minute` requests on average, `burst` of them at once."""

    per_minute: float
    burst: int = 10


@dataclass(frozen=True, slots=True)
class Quota:
    """What a vendor tells of its own limit: `used` of `limit` requests in the rolling `window` before `at`.

    Everybody's requests count, not only ours: the MSP's other integrations draw on the same quota.
    """

    used: int
    limit: int
    window: timedelta
    at: datetime

    def has_room(self, requests: int) -> bool:
        """Whether so many more requests stay within the limit."""
        return self.used + requests <= self.limit


class Bucket:
    """Tokens that refill with time. Shared by all threads of one account."""

    def __init__(self, limits: Limits, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._rate = limits.per_minute / 60
        self._burst = float(limits.burst)
        self._tokens = float(limits.burst)
        self._monotonic = monotonic
        self._at = monotonic()
        self._lock = threading.Lock()

    def take(self) -> float:
        """Take one token and give the seconds to wait before using it (0 when there was one)."""
        with self._lock:
            now = self._monotonic()
            self._tokens = min(self._burst, self._tokens + (now - self._at) * self._rate)
            self._at = now
            self._tokens -= 1
            return max(0.0, -self._tokens / self._rate)
