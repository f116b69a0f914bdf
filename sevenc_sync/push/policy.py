"""When a note is due, who says yes to it, and how it is written: the operator's settings as one value."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

import msgspec

from sevenc_sync.quiet import Quiet
from sevenc_sync.store.outbox import Facts, OutboxRow

Mode = Literal["off", "review", "auto"]
Cadence = Literal["monthly", "change", "both"]
History = Literal["living", "append"]
Language = Literal["en", "de", "hu"]


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """Above these the brake holds a push: two shares of 0 to 1, and a number of notes."""

    drop: float = 0.2
    removed: float = 0.5
    notes: int = 100


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """How the operator wants things written back. `min_proof` is 0 to 1; `zone` is the MSP's own."""

    mode: Mode = "review"
    cadence: Cadence = "both"
    change_points: float = 5.0
    min_proof: float = 0.2
    quiet: Quiet | None = None
    quiet_days: frozenset[int] = frozenset()  # 0 is Monday
    zone: ZoneInfo = ZoneInfo("UTC")
    language: Language = "en"
    history: History = "living"
    template: Path | None = None
    templates: Mapping[str, Path] = {}
    limits: Limits = Limits()

    def is_due(self, facts: Facts, sent: OutboxRow, now: datetime) -> bool:
        """Whether a note that says something else than the last one is to be written now."""
        if self.cadence in ("monthly", "both") and self._month(now) != self._month(sent.created_at):
            return True
        if self.cadence == "monthly":
            return False
        if sent.facts is None:  # of a version that did not keep them
            return True
        return abs(facts.score - sent.facts.score) >= self.change_points or facts.levels != sent.facts.levels

    def is_quiet(self, now: datetime) -> bool:
        """Whether nothing is to be written by itself at that moment."""
        is_quiet_day = now.astimezone(self.zone).weekday() in self.quiet_days
        return is_quiet_day or (self.quiet is not None and self.quiet.holds(now))

    def template_of(self, group: str | None) -> Path | None:
        """The operator's template for clients of that group; None: the built-in one."""
        return self.templates.get(group or "", self.template)

    def _month(self, moment: datetime) -> tuple[int, int]:
        local = moment.astimezone(self.zone)
        return local.year, local.month
