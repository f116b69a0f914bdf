"""What a delivery did, for people and for machines."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from sevenc_sync.store.outbox import Kind

_SHOWN_REASONS = 3
_KINDS: Mapping[str, str] = {"fields": "Score fields", "ticket": "Tickets", "ticket-note": "Notes on tickets"}


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliverySummary:
    """Rows by outcome, of all kinds; `others` are those among them that are no notes, by kind and outcome.

    `waiting` counts those in the outbox afterwards, tried or not; `edited` those that a person changed at the vendor;
    `altered` those that the vendor shows with another text than was sent; `reasons` counts what was not delivered, by reason;
    `doubles` says which notes a person should delete; `refused` are accounts whose credentials the vendor refused;
    `held` is why the brake held the whole push, and `broken` what is wrong with templates.
    """

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    edited: int = 0
    failed: int = 0
    waiting: int = 0
    altered: int = 0
    tried: int = 0
    others: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    reasons: Mapping[str, int] = field(default_factory=dict)
    doubles: tuple[str, ...] = ()
    refused: tuple[int, ...] = ()
    held: tuple[str, ...] = ()
    broken: tuple[str, ...] = ()

    @property
    def written(self) -> int:
        """How many stand at the vendor that did not before, or did otherwise."""
        return self.created + self.updated

    @property
    def notes_written(self) -> int:
        """How many of them are notes."""
        others = (found.get("created", 0) + found.get("updated", 0) for found in self.others.values())
        return self.written - sum(others)

    @property
    def is_clean(self) -> bool:
        """Whether everything that was tried stands where it should."""
        return not (self.reasons or self.held or self.broken)

    def with_broken(self, problems: Sequence[str]) -> "DeliverySummary":
        """The same with what is wrong with templates."""
        return replace(self, broken=tuple(problems))

    def counts(self) -> dict[str, int]:
        """The numbers, for a log line."""
        return {
            "created": self.created,
            "updated": self.updated,
            "unchanged": self.unchanged,
            "edited": self.edited,
            "failed": self.failed,
            "waiting": self.waiting,
        }

    def sentence(self) -> str:
        """A line for people, and one for everything that they should look at."""
        others = Counter[str]()
        for outcomes in self.others.values():
            others.update(outcomes)
        notes = [f"{count - others[what]} {what}" for what, count in self.counts().items()]
        text = "Notes: " + ", ".join(notes) + "."
        for kind, outcomes in self.others.items():
            text += f" {_KINDS[kind]}: {', '.join(f'{count} {what}' for what, count in outcomes.items())}."
        if self.reasons:
            most = sorted(self.reasons.items(), key=lambda item: (-item[1], item[0]))[:_SHOWN_REASONS]
            text += " Not delivered: " + "; ".join(f"{count} x {reason}" for reason, count in most)
        return "\n".join(
            [
                text,
                *(f"Several notes of ours on {double}." for double in self.doubles),
                *(f"Not written, and so not sent: {problem}." for problem in self.broken),
                *(f"Held by the brake, nothing was sent: {reason}" for reason in self.held),
            ]
        )


@dataclass(slots=True)
class Tally:
    """Counts while a delivery goes on."""

    outcomes: Counter[str] = field(default_factory=Counter)
    others: dict[str, Counter[str]] = field(default_factory=dict)  # of rows that are no notes, by kind
    tried: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    doubles: list[str] = field(default_factory=list)
    refused: list[int] = field(default_factory=list)

    def _count(self, kind: Kind, outcome: str) -> None:
        self.tried += 1
        self.outcomes[outcome] += 1
        if kind != "note":
            self.others.setdefault(kind, Counter())[outcome] += 1

    def sent(self, kind: Kind, outcome: str, *, altered: bool) -> None:
        """It stands at the vendor."""
        self._count(kind, outcome)
        self.outcomes["altered"] += altered

    def over(self, kind: Kind, state: str, reason: str) -> None:
        """It was given up, or left alone."""
        self._count(kind, state)
        self.reasons[reason] += 1

    def held(self, reason: str) -> None:
        """It was tried and waits on."""
        self.tried += 1
        self.reasons[reason] += 1

    def untried(self, reason: str, rows: int) -> None:
        """What could not be tried."""
        self.reasons[reason] += rows

    def summary(self, *, waiting: int) -> DeliverySummary:
        """The result; `waiting` is the number of rows that are in the outbox now."""
        return DeliverySummary(
            created=self.outcomes["created"],
            updated=self.outcomes["updated"],
            unchanged=self.outcomes["unchanged"],
            edited=self.outcomes["edited"],
            failed=self.outcomes["failed"],
            waiting=waiting,
            altered=self.outcomes["altered"],
            tried=self.tried,
            others={kind: dict(sorted(found.items())) for kind, found in sorted(self.others.items())},
            reasons=dict(sorted(self.reasons.items())),
            doubles=tuple(self.doubles),
            refused=tuple(self.refused),
        )
