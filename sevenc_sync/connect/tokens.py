"""Access tokens that end: fetched when there is none or its time is up, shared by all threads of an account."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sevenc_sync.clock import Clock
from sevenc_sync.connect import redact
from sevenc_sync.connect.errors import ContractChanged

EARLY = timedelta(seconds=60)  # renewed so long before its end: a request must not meet it
YOUNG = timedelta(seconds=60)  # refused at this age, a token is wrong and not at its end


@dataclass(frozen=True, slots=True)
class Token:
    """What a vendor's token endpoint gave; `lasts` None where it tells no end."""

    value: str = field(repr=False)
    lasts: timedelta | None = None


class Tokens:
    """The access token of one opening of an account. `fetch` asks for one and raises the kit's Problems.

    The first one is fetched at once: refused credentials show when the account is opened.
    """

    def __init__(self, fetch: Callable[[], Token], clock: Clock) -> None:
        self._fetch = fetch
        self._clock = clock
        self._lock = threading.Lock()
        self._value = ""
        self._since = self._until = clock()
        self.current()

    def current(self) -> str:
        """The token to send now; a new one when its time is up. Raises the kit's Problems."""
        with self._lock:
            now = self._clock()
            if not self._value or now >= self._until:
                token = self._fetch()
                if not (token.value.isascii() and token.value.isprintable()):
                    # The library's own error would repeat it.
                    raise ContractChanged("The vendor gave an access token that cannot be sent.")
                redact.forget(self._value)
                redact.register(token.value)
                self._value, self._since = token.value, now
                self._until = datetime.max.replace(tzinfo=now.tzinfo)
                if token.lasts is not None:
                    # A token that lasts a minute only is good for half of it.
                    self._until = now + max(token.lasts - EARLY, token.lasts / 2)
            return self._value

    def renew(self, value: str, lasts: timedelta) -> None:
        """The vendor has given the next token with an answer. One that cannot be sent is left alone."""
        with self._lock:
            if not self._value or not (value and value.isascii() and value.isprintable()):
                return
            if value != self._value:
                redact.forget(self._value)
                redact.register(value)
            now = self._clock()
            # Refused, it is at its end however young: it is the session's, not the credentials'.
            self._value, self._since, self._until = value, now - YOUNG, now + max(lasts - EARLY, lasts / 2)

    def refused(self, value: str) -> bool:
        """The vendor refuses this token: whether it is worth asking again, with another one.

        Not so for one that was just fetched: then it is the credentials that are refused.
        """
        with self._lock:
            if value != self._value:
                return True  # another thread has renewed it meanwhile
            if self._clock() - self._since < YOUNG:
                return False
            self._until = self._clock()
            return True

    def close(self) -> None:
        """Forget the token."""
        with self._lock:
            redact.forget(self._value)
            self._value = ""
