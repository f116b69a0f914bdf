"""Who may call and how often: zone, credentials with their lock, calls under way, calls within the hour."""

from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from sevenc_sync.sandbox.exchange import Answer, Call, Clock, json_answer

HOURLY_LIMIT, WINDOW_MINUTES = 10_000, 60
MOST_AT_ONCE = 3
"""Calls under way at one endpoint."""

LOCK_AFTER = 5
"""Wrong secrets in a row that lock the user out (every tenant sets its own number)."""

THREADS_TEXT = f"The Autotask API thread threshold of {MOST_AT_ONCE} threads has been exceeded."
HOURLY_TEXT = (
    "The Autotask API request threshold has been exceeded. Please wait until requests age out of the window."
)


@dataclass(slots=True)
class Gate:
    """The door of one tenant. `over_limit_status` answers calls beyond the hourly limit, which the vendor leaves open."""

    user_name: str
    integration_code: str
    secret: str
    clock: Clock
    lock_after: int = LOCK_AFTER
    hourly_limit: int = HOURLY_LIMIT
    over_limit_status: int = 429
    locked: bool = False
    _failures: int = 0
    _calls: deque[float] = field(default_factory=deque)
    _under_way: Counter[str] = field(default_factory=Counter)

    @property
    def used(self) -> int:
        """Calls within the rolling hour, those of other integrations (see `set_used`) included."""
        oldest = (self.clock() - timedelta(minutes=WINDOW_MINUTES)).timestamp()
        while self._calls and self._calls[0] <= oldest:
            self._calls.popleft()
        return len(self._calls)

    def set_used(self, calls: int) -> None:
        """Makes it so many calls within the hour, as if other integrations had just made them."""
        self._calls = deque([self.clock().timestamp()] * calls)

    def unlock(self) -> None:
        """Lets a locked user in again, as an administrator does."""
        self.locked = False
        self._failures = 0

    def begin(self, endpoint: str) -> None:
        """A call at this endpoint is under way."""
        self._under_way[endpoint] += 1

    def end(self, endpoint: str) -> None:
        """It has been answered."""
        self._under_way[endpoint] -= 1

    def refusal(self, call: Call, endpoint: str) -> Answer | None:
        """Why a call may not go on: None if it may. Counts it."""
        return self._unknown(call.headers) or self._too_many(endpoint)

    def _unknown(self, headers: Mapping[str, str]) -> Answer | None:
        """Wrong integration code and user are a 500, only a wrong secret is a 401; enough of those lock the user."""
        if headers.get("apiintegrationcode") != self.integration_code:
            return errors("IntegrationCode is invalid.")
        if headers.get("username", "").casefold() != self.user_name.casefold():
            return errors("UserName is invalid.")
        if headers.get("secret") != self.secret:
            self._failures += 1
            self.locked = self.locked or self._failures >= self.lock_after
            return Answer(401)
        if self.locked:
            return Answer(401)
        self._failures = 0
        return None

    def _too_many(self, endpoint: str) -> Answer | None:
        if self._under_way[endpoint] > MOST_AT_ONCE:
            return errors(THREADS_TEXT, status=429)
        if self.used >= self.hourly_limit:
            return errors(HOURLY_TEXT, status=self.over_limit_status)
        self._calls.append(self.clock().timestamp())
        return None


def errors(*messages: str, status: int = 500) -> Answer:
    """The vendor's failure: most are a 500 with a list of texts."""
    return json_answer({"errors": list(messages)}, status)


def unroutable(message: str, status: int) -> Answer:
    """A failure of the layer in front, which has another shape."""
    return json_answer({"Message": message}, status)
