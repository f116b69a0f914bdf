"""What goes to a vendor and comes back: an answer, and what the asking cost."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec

from sevenc_sync.connect.errors import ContractChanged


@dataclass(slots=True)
class Meter:
    """What a run cost at the vendor. Counted under its lock: parts of a list are read by several threads."""

    requests: int = 0
    retries: int = 0
    waited_seconds: float = 0.0
    received_bytes: int = 0
    causes: dict[str, int] = field(default_factory=dict)  # cause of a retry -> how often
    waits: dict[str, float] = field(default_factory=dict)  # the same -> seconds waited before it, in all
    outcomes: dict[str, int] = field(
        default_factory=dict
    )  # what became of requests (see `outcome_of`) -> how often
    lock: threading.Lock = field(default_factory=threading.Lock, repr=False, compare=False)

    def count(self, outcome: str) -> None:
        """Count what became of a request."""
        with self.lock:
            self.outcomes[outcome] = self.outcomes.get(outcome, 0) + 1


@dataclass(frozen=True, slots=True)
class Response:
    """A successful answer. `server_time` is its Date header; header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    server_time: datetime | None

    def json(self) -> Any:
        """The body decoded. Raises ContractChanged when it is not JSON."""
        try:
            return msgspec.json.decode(self.body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise ContractChanged("The answer is not JSON.", detail=str(error)) from error
