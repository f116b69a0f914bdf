"""How one delivery of one row can end."""

from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from sevenc_sync.connect.errors import (
    AccessProblem,
    CredentialsProblem,
    NoSuchChoice,
    PeriodClosed,
    Problem,
    RecordVanished,
    Stopped,
    TextTooLong,
    Throttled,
    VendorDown,
)

Done = Literal["created", "updated", "unchanged"]
TRY_AGAIN = timedelta(days=1)  # where a person has to change something at the vendor first


class Put(NamedTuple):
    """It stands at the vendor, under this id. `shown`: a digest of how; `remark`: what is odd about it."""

    vendor_id: str
    outcome: Done
    shown: str | None = None
    remark: str | None = None
    number: str | None = None  # of a ticket, as people call it


class Later(Exception):
    """It is tried again next time, or not before a moment; the text says why."""

    def __init__(self, outcome: str, text: str, not_before: datetime | None = None) -> None:
        super().__init__(text)
        self.outcome = outcome
        self.not_before = not_before


class Never(Exception):
    """It is given up; the text says why."""

    def __init__(self, outcome: str, text: str, vendor_id: str | None = None) -> None:
        super().__init__(text)
        self.outcome = outcome
        self.vendor_id = vendor_id


class Edited(Exception):
    """A person changed it at the vendor: it is left alone."""

    def __init__(self, text: str, vendor_id: str) -> None:
        super().__init__(text)
        self.vendor_id = vendor_id


_WORDS: tuple[tuple[type[Problem], str], ...] = (
    (CredentialsProblem, "key-refused"),
    (NoSuchChoice, "no-such-type"),
    (AccessProblem, "no-right"),
    (PeriodClosed, "period-closed"),
    (TextTooLong, "too-long"),
    (RecordVanished, "company-gone"),
    (Throttled, "asked-to-wait"),
    (VendorDown, "vendor-down"),
    (Stopped, "stopped"),
)


def word_for(problem: Problem) -> str:
    """The outcome that a problem is, in a word."""
    return next((word for kind, word in _WORDS if isinstance(problem, kind)), "not-understood")
