"""What a delivery did, for people and for machines."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

_SHOWN_REASONS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliverySummary:
    """Notes by outcome.

    `waiting` counts those in the outbox afterwards, tried or not; `altered` those that the vendor shows with another
    text than was sent; `reasons` counts the notes that were not delivered, by reason; `doubles` names companies on which several notes of
    ours stand; `refused` are accounts whose credentials the vendor refused.
    """

    created: int
    updated: int
    unchanged: int
    failed: int
    waiting: int
    altered: int
    tried: int
    reasons: Mapping[str, int]
    doubles: tuple[str, ...]
    refused: tuple[int, ...]

    def counts(self) -> dict[str, int]:
        """The numbers, for a log line."""
        return {
            "created": self.created,
            "updated": self.updated,
            "unchanged": self.unchanged,
            "failed": self.failed,
            "waiting": self.waiting,
        }

    def sentence(self) -> str:
        """A line for people, and one for each double."""
        text = "Notes: " + ", ".join(f"{count} {what}" for what, count in self.counts().items()) + "."
        if self.reasons:
            most = sorted(self.reasons.items(), key=lambda item: (-item[1], item[0]))[:_SHOWN_REASONS]
            text += " Not delivered: " + "; ".join(f"{count} x {reason}" for reason, count in most)
        return "\n".join([text, *(f"Several notes of ours on {double}." for double in self.doubles)])


@dataclass(slots=True)
class Tally:
    """Counts while a delivery goes on."""

    outcomes: Counter[str] = field(default_factory=Counter)
    tried: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    doubles: list[str] = field(default_factory=list)
    refused: list[int] = field(default_factory=list)

    def sent(self, outcome: str, *, altered: bool) -> None:
        """A note stands at the vendor."""
        self.tried += 1
        self.outcomes[outcome] += 1
        self.outcomes["altered"] += altered

    def failed(self, reason: str) -> None:
        """A note was given up."""
        self.tried += 1
        self.outcomes["failed"] += 1
        self.reasons[reason] += 1

    def held(self, reason: str) -> None:
        """A note was tried and waits on."""
        self.tried += 1
        self.reasons[reason] += 1

    def untried(self, reason: str, notes: int) -> None:
        """Notes that could not be tried."""
        self.reasons[reason] += notes

    def summary(self, *, waiting: int) -> DeliverySummary:
        """The result; `waiting` is the number of notes that are in the outbox now."""
        return DeliverySummary(
            created=self.outcomes["created"],
            updated=self.outcomes["updated"],
            unchanged=self.outcomes["unchanged"],
            failed=self.outcomes["failed"],
            waiting=waiting,
            altered=self.outcomes["altered"],
            tried=self.tried,
            reasons=dict(sorted(self.reasons.items())),
            doubles=tuple(self.doubles),
            refused=tuple(self.refused),
        )
