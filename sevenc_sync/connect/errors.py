"""What can go wrong with a vendor, by who has to act.

Each problem has a text for the operator, what to do about it, and a detail for us. None holds a response body or a
secret: texts are made from status codes, paths and the few cleaned words of the vendor's own error message.
"""

from datetime import datetime
from typing import ClassVar


class Problem(Exception):
    """Something that stops a request. `text` and `action` are for the operator, `detail` for us."""

    actor: ClassVar[str] = "us"
    default_action: ClassVar[str] = "Report this with the output of `sevenc-sync log RUN`."
    status: int | None = None  # of the answer that it was read from, where it was one

    def __init__(self, text: str, *, action: str | None = None, detail: str = "") -> None:
        super().__init__(text)
        self.text = text
        self.action = action or self.default_action
        self.detail = detail


class ConfigProblem(Problem):
    """The configuration is wrong: the operator mends it here."""

    actor = "operator"
    default_action = "Correct the configuration and run `sevenc-sync check`."


class NoSuchChoice(ConfigProblem):
    """A word of the configuration, such as a note's type, that the vendor does not have (any more)."""


class CredentialsProblem(ConfigProblem):
    """The vendor refuses our key: the whole account stops, so that it is not locked out."""

    default_action = "Renew the account's credentials, then run `sevenc-sync check`."


class AccessProblem(Problem):
    """A right is missing at the vendor: the stream is unreadable, never empty."""

    actor = "operator, at the vendor"
    default_action = "Give the API user this right in the vendor's own screens, then run `sevenc-sync check`."


class Throttled(Problem):
    """The vendor asks us to wait until `retry_at`, longer than a run should."""

    actor = "nobody: wait"
    default_action = "Nothing: the next run waits as long as the vendor asks."

    def __init__(self, text: str, *, retry_at: datetime, detail: str = "") -> None:
        super().__init__(text, detail=detail)
        self.retry_at = retry_at


class VendorDown(Problem):
    """The vendor does not answer, or answers with a fault of its own."""

    actor = "nobody: wait"
    default_action = "Nothing: the next run tries again. If it stays, look at the vendor's status page."


class Overloaded(VendorDown):
    """The vendor says in words of its own that it is asked too much; the kit waits as after a 429.

    For an ErrorReader to give; it never leaves the kit: what does is Throttled. `wait_seconds` is for a vendor that tells
    the wait in the answer's body; a Retry-After header counts before it.
    """

    def __init__(self, text: str, *, wait_seconds: float | None = None, detail: str = "") -> None:
        super().__init__(text, detail=detail)
        self.wait_seconds = wait_seconds


class ContractChanged(Problem):
    """The answer has a shape that we do not know. It is never read as "no records"."""


class TextTooLong(ContractChanged):
    """The vendor refuses a text of ours because it is longer than its field."""


class PeriodClosed(Problem):
    """The vendor takes nothing for this time any more: the books of the period are closed."""

    actor = "operator, at the vendor"
    default_action = (
        "Nothing: it is tried again every day. To have it now, open the period in the vendor's own screens."
    )


class RecordVanished(Problem):
    """A record that was asked for by its id is not there (any more)."""

    actor = "nobody"
    default_action = "Nothing: the record was deleted at the vendor."


class Stopped(Problem):
    """We are shutting down."""

    actor = "nobody"
    default_action = "Nothing: the run goes on at the next start."
