"""How long a vendor is asked again, and how long is waited in between."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt
from tenacity.wait import wait_exponential, wait_random

from sevenc_sync.connect.answers import MAX_RETRY_AFTER, retry_after
from sevenc_sync.connect.errors import Problem, Stopped, Throttled
from sevenc_sync.connect.exchange import Meter

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How long to insist. Above `longest_wait` seconds of Retry-After the run ends and comes back later."""

    attempts: int = 5
    first_wait: float = 0.5
    max_wait: float = 30.0
    longest_wait: float = 120.0
    throttled_wait: float = 30.0  # the first wait after a 429 that names none; doubles up to longest_wait


class Retryable(Exception):
    """A try that failed in a way that may pass. `wait` is what the vendor asks for, `problem` what it becomes."""

    def __init__(self, problem: Problem, cause: str, wait: float | None = None) -> None:
        super().__init__(cause)
        self.problem = problem
        self.cause = cause
        self.wait = wait


@dataclass(frozen=True, slots=True)
class Retries:
    """Tries again by a policy. A stop ends every wait at once."""

    policy: RetryPolicy
    stop: threading.Event

    def call(self, once: Callable[[], T], meter: Meter, tries: int | None = None) -> T:
        """The result of the first try that does not raise Retryable, of `tries` or as many as the policy has.

        What it cost goes onto the meter. Raises the problem of the last one.
        """
        retrying = Retrying(
            stop=stop_after_attempt(tries or self.policy.attempts),
            retry=retry_if_exception(lambda error: isinstance(error, Retryable)),
            wait=self._wait_time,
            sleep=partial(self.pause, meter),
            before_sleep=partial(_count, meter),
            reraise=True,
        )
        try:
            return retrying(once)
        except Retryable as error:
            raise error.problem from error

    def _wait_time(self, state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        asked = error.wait if isinstance(error, Retryable) else None
        if asked is not None:
            return asked + min(1.0, self.policy.first_wait)
        if isinstance(error, Retryable) and isinstance(error.problem, Throttled):
            doubled = self.policy.throttled_wait * 2.0 ** (state.attempt_number - 1)
            return min(doubled, self.policy.longest_wait)
        backoff = wait_exponential(multiplier=self.policy.first_wait, max=self.policy.max_wait)
        return (backoff + wait_random(0, 1))(state)

    def pause(self, meter: Meter, seconds: float) -> None:
        """Wait, and count it. Raises Stopped."""
        with meter.lock:
            meter.waited_seconds += seconds
        if self.stop.wait(seconds):
            raise Stopped("Stopped while waiting for the vendor.")

    def throttled(
        self, text: str, status: int, headers: Mapping[str, str], now: datetime, told: float | None = None
    ) -> Exception:
        """A wait by the Retry-After header, else by `told`, the seconds that the body names: here, or as the next due time."""
        wait = retry_after(headers, now)
        if wait is None and told is not None:
            wait = min(max(0.0, told), MAX_RETRY_AFTER)
        if wait is not None and wait > self.policy.longest_wait:
            return Throttled(text, retry_at=now + timedelta(seconds=wait))
        fallback = timedelta(seconds=wait or self.policy.longest_wait)
        return Retryable(Throttled(text, retry_at=now + fallback), str(status), wait)


def _count(meter: Meter, state: RetryCallState) -> None:
    error = state.outcome.exception() if state.outcome else None
    cause = error.cause if isinstance(error, Retryable) else "unknown"
    with meter.lock:
        meter.retries += 1
        meter.causes[cause] = meter.causes.get(cause, 0) + 1
        meter.waits[cause] = meter.waits.get(cause, 0.0) + state.upcoming_sleep
