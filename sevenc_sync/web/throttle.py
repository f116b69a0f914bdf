"""Slows down guessing: after a few wrong passwords for a name, or from an address, none is looked at for a while."""

import threading
from datetime import datetime, timedelta

FREE = 5  # wrong ones before anybody has to wait; judgement
FIRST = timedelta(seconds=10)
LONGEST = timedelta(minutes=15)
REMEMBERED = timedelta(hours=1)
MOST = 10_000  # names and addresses that are kept: guessing must not fill the memory


class Throttle:
    """Wrong tries by key (a name, an address), in memory: a restart forgets them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._tries: dict[str, tuple[int, datetime]] = {}

    def waits(self, keys: tuple[str, ...], now: datetime) -> timedelta | None:
        """How long whoever asks has to wait before a password is looked at; None: not at all."""
        with self._lock:
            longest = max((self._until(key) for key in keys), default=now)
        return longest - now if longest > now else None

    def wrong(self, keys: tuple[str, ...], now: datetime) -> None:
        """Note a wrong password."""
        with self._lock:
            for key in keys:
                count, last = self._tries.pop(key, (0, now))
                self._tries[key] = (1 if now - last > REMEMBERED else count + 1, now)
            while len(self._tries) > MOST:
                del self._tries[next(iter(self._tries))]

    def right(self, keys: tuple[str, ...]) -> None:
        """Forget the wrong ones."""
        with self._lock:
            for key in keys:
                self._tries.pop(key, None)

    def _until(self, key: str) -> datetime:
        count, last = self._tries.get(key, (0, _LONG_AGO))
        if count < FREE:
            return _LONG_AGO
        wait: timedelta = min(LONGEST, FIRST * 2 ** min(count - FREE, 10))
        return last + wait


_LONG_AGO = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
