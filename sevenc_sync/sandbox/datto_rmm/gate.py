"""Who may call and how often: tokens that end, the sliding minute of the whole account, and the block behind it."""

import base64
import binascii
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import parse_qs

from sevenc_sync.sandbox.exchange import Answer, Call, Clock, json_answer
from sevenc_sync.sandbox.secrets import token

CLIENT = "public-client:public"
"""Every customer's client id and secret: the API keys are the user's name and password."""

TOKEN_LASTS = timedelta(hours=100)
WINDOW = timedelta(seconds=60)
READS_ALLOWED = 600
"""Of the vendor's own account; the sandbox allows more unless it is told otherwise, so that a demo need not wait."""

BLOCK_AFTER = 20
"""Calls beyond the limit until the address is blocked."""

BLOCKED_FOR = timedelta(minutes=5)
CUT_OFF_RATIO = 0.9


@dataclass(slots=True)
class Gate:
    """The door of one account. `reads_allowed` is how many reading calls a minute may have, of all callers together."""

    seed: int
    api_key: str
    secret_key: str
    clock: Clock
    reads_allowed: int = 100 * READS_ALLOWED
    tells_when: bool = True
    """Whether a 429 names the time to wait."""
    _issued: dict[str, datetime] = field(default_factory=dict)
    _reads: deque[datetime] = field(default_factory=deque)
    _beyond: int = 0
    _blocked_until: datetime | None = None

    @property
    def used(self) -> int:
        """Reading calls within the sliding minute."""
        oldest = self.clock() - WINDOW
        while self._reads and self._reads[0] <= oldest:
            self._reads.popleft()
        return len(self._reads)

    def set_used(self, calls: int) -> None:
        """Makes it so many calls within the minute, as if other integrations had just made them."""
        self._reads = deque([self.clock()] * calls)

    def revoke(self) -> None:
        """Ends all tokens, as resetting the keys does."""
        self._issued.clear()

    def issue(self, call: Call) -> Answer:
        """The token endpoint: a password grant of the public client."""
        form = {name: values[-1] for name, values in parse_qs(call.body.decode("latin-1")).items()}
        if _basic(call.headers) != CLIENT:
            return _oauth("invalid_client", "Bad client credentials")
        if form.get("grant_type") != "password":
            return _oauth("unsupported_grant_type", "Unsupported grant type", 400)
        if (form.get("username"), form.get("password")) != (self.api_key, self.secret_key):
            return _oauth("invalid_grant", "Bad credentials")
        value = token(self.seed, f"datto rmm access {len(self._issued)} {self.clock()}", 64)
        self._issued[value] = self.clock() + TOKEN_LASTS
        return json_answer(
            {
                "access_token": value, "token_type": "bearer", "expires_in": int(TOKEN_LASTS.total_seconds()),
                "refresh_token": token(self.seed, value, 64), "scope": "any",
            }
        )  # fmt: skip

    def refusal(self, call: Call) -> tuple[int, Mapping[str, str]] | None:
        """The status and headers with which a call is turned away; None if it may go on. Counts it."""
        now = self.clock()
        if self._blocked_until is not None and now < self._blocked_until:
            return 403, {}
        scheme, _, value = call.headers.get("authorization", "").partition(" ")
        if scheme.casefold() != "bearer" or self._issued.get(value, now) <= now:
            return 401, {}
        if self.used >= self.reads_allowed:
            self._beyond += 1
            if self._beyond >= BLOCK_AFTER:
                self._beyond, self._blocked_until = 0, now + BLOCKED_FOR
            return 429, {"Retry-After": "60"} if self.tells_when else {}
        self._reads.append(now)
        return None


def _oauth(error: str, description: str, status: int = 401) -> Answer:
    return json_answer({"error": error, "error_description": description}, status)


def _basic(headers: Mapping[str, str]) -> str | None:
    scheme, _, encoded = headers.get("authorization", "").partition(" ")
    try:
        pair = base64.b64decode(encoded, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None
    return pair if scheme.casefold() == "basic" else None
