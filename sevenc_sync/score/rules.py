"""The rules in memory: the framework's blocks and areas, the indicators, and what words mean."""

import hashlib
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, Literal

import msgspec

from sevenc_sync.score.kept import Kept
from sevenc_sync.score.ladders import Better
from sevenc_sync.score.vocabulary import Uses
from sevenc_sync.score.words import Matcher, WordRule

Period = Literal["month", "quarter", "year"]
Per = Literal["endpoint", "seat", "contract"]
Absent = Literal["zero", "unknown"]
DEFAULT_TARGET = 3.0  # Defined: the level that an area should have where no rule says otherwise; judgement


class Block(msgspec.Struct, frozen=True, kw_only=True):
    """One of the seven blocks. `name_status` says whether a public text gives the name (sourced) or we do (inferred)."""

    slug: str
    name: str
    name_status: str
    order: int
    question: str
    purpose: str
    aliases: tuple[str, ...] = ()
    weight: float = 1.0
    target: float | None = None  # level that its areas should have


class Area(msgspec.Struct, frozen=True, kw_only=True):
    """One of the 27 service delivery areas. `name_status`: heading, body or inferred."""

    slug: str
    name: str
    name_status: str
    order: int
    purpose: str
    aliases: tuple[str, ...] = ()
    weight: float = 1.0
    target: float | None = None  # level that it should have; None: as its block

    @property
    def block(self) -> str:
        """The slug of its block."""
        return self.slug.partition(".")[0]


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """Clients that have targets of their own. `words` holds patterns by field (name, types, status, any) as for tags.

    `targets` are levels by the slug of an area or a block, `target` is that of all other areas; None: as for everybody.
    `rpo_hours` is the age in hours that the newest recovery point may have.
    """

    id: str
    words: Mapping[str, tuple[str, ...]]
    target: float | None = None
    targets: Mapping[str, float] = {}
    rpo_hours: float | None = None


class DeviceFact(msgspec.Struct, frozen=True):
    """Whose word counts for a fact (a column of `assets`) of a device that several systems know; see mappings/devices.toml."""

    id: str
    first: str


class Need(msgspec.Struct, frozen=True):
    """What an indicator must have to be known: rows, how old the last good reading may be, how long the client is known.

    The last two in seconds.
    """

    sample: int
    fresh: int
    known: int = 0


class Indicator(msgspec.Struct, frozen=True, kw_only=True):
    """One rule from evidence to a level. Conditions are texts of the language; see docs/rules.md for each key."""

    id: str
    title: str
    rows: str
    measure: str
    where: str | None
    good: str | None
    of: str | None
    top: str | None
    bottom: str | None
    steps: tuple[str, ...]
    parts: tuple[tuple[str, str], ...]
    window: int | None
    at: str | None
    per: Per | None
    period: Period
    times: float
    unit: str
    better: Better
    levels: tuple[float, ...]
    gate: bool
    weight: float
    need: Need
    absent: Absent
    ahead: int
    interval: int | None
    why: str
    fix: str
    basis: str
    sources: tuple[str, ...]
    uses: Uses
    complete: str | None = None
    before: str | None = None
    earlier: str | None = None
    acted: str | None = None

    @property
    def area(self) -> str:
        """The slug of the area that it belongs to."""
        return self.id.rpartition(".")[0]

    @property
    def informs(self) -> bool:
        """Whether its value is only shown: it has no level, and counts neither in the score nor in the proof."""
        return not self.weight

    @property
    def is_attested(self) -> bool:
        """Whether it rests on what somebody typed into a custom field."""
        return bool(self.uses.customs)

    def expressions(self) -> dict[str, str]:
        """Its texts of the language by key."""
        named = {
            "where": self.where,
            "good": self.good,
            "of": self.of,
            "top": self.top,
            "bottom": self.bottom,
            "complete": self.complete,
            "before": self.before,
            "earlier": self.earlier,
            "acted": self.acted,
        }
        found = {key: text for key, text in named.items() if text is not None}
        found |= {f"steps {number}": text for number, text in enumerate(self.steps, start=1)}
        found |= {f"parts {name}": text for name, text in self.parts}
        return found


class Rules(msgspec.Struct, frozen=True, dict=True):
    """All effective rules. Everything is in its own order: blocks and areas by `order`, indicators by area and id.

    `members` are the clients of each group by its id, where the store does not know them yet: rules that are only looked
    at. None: as the store has them. They are no rule, and not in the hash.
    """

    blocks: tuple[Block, ...]
    areas: tuple[Area, ...]
    indicators: tuple[Indicator, ...]
    tags: tuple[WordRule, ...]
    services: tuple[WordRule, ...]
    groups: tuple[Group, ...] = ()
    devices: tuple[DeviceFact, ...] = ()
    members: Mapping[str, frozenset[int]] | None = None

    def with_indicators(self, indicators: Sequence[Indicator]) -> "Rules":
        """The same rules with these indicators only."""
        return msgspec.structs.replace(self, indicators=tuple(indicators))

    def target_of(self, group: str | None, area: str) -> float:
        """The level, 0 to 5, that an area should have for a client of that group (None, or one that is no more: no group).

        What the group says comes first, the area's own word before its block's, then what the framework says.
        """
        block = area.partition(".")[0]
        told: list[float | None] = []
        if group in self.group_by_id:
            mine = self.group_by_id[group]
            told += [mine.targets.get(area), mine.targets.get(block), mine.target]
        told += [
            found.target for found in (self.area_by_slug.get(area), self.block_by_slug.get(block)) if found
        ]
        return next((level for level in told if level is not None), DEFAULT_TARGET)

    @cached_property
    def hash(self) -> str:
        """Sixteen hexadecimal digits that change with anything that can change a score or its words."""
        plain: Any = msgspec.to_builtins(
            (
                self.blocks,
                self.areas,
                self.tags,
                self.services,
                self.groups,
                self.devices,
                [_plain(item) for item in self.indicators],
            )
        )
        return hashlib.sha256(msgspec.json.encode(plain, order="deterministic")).hexdigest()[:16]

    @cached_property
    def statements(self) -> Kept:
        """Statements over the evidence, made for these rules and kept as long as they are; see `counting` and `listing`."""
        return Kept()

    def of_area(self, area: str) -> "Rules":
        """The same rules with one area's indicators only, kept so that what is made for them is made once."""
        mine = [item for item in self.indicators if item.area == area]
        return self.statements.get(("rules", area), lambda: self.with_indicators(mine))

    @cached_property
    def tag_matcher(self) -> Matcher:
        """tags.toml, ready to be matched."""
        return Matcher.of(self.tags)

    @cached_property
    def service_matcher(self) -> Matcher:
        """services.toml, ready to be matched."""
        return Matcher.of(self.services)

    @cached_property
    def group_by_id(self) -> Mapping[str | None, Group]:
        """Groups of clients by id."""
        return {group.id: group for group in self.groups}

    @cached_property
    def first_by_fact(self) -> Mapping[str, str]:
        """Whose word counts, by fact of a device."""
        return {fact.id: fact.first for fact in self.devices}

    @cached_property
    def block_by_slug(self) -> Mapping[str, Block]:
        """Blocks by slug."""
        return {block.slug: block for block in self.blocks}

    @cached_property
    def area_by_slug(self) -> Mapping[str, Area]:
        """Areas by slug."""
        return {area.slug: area for area in self.areas}

    @cached_property
    def indicator_by_id(self) -> Mapping[str, Indicator]:
        """Indicators by id."""
        return {indicator.id: indicator for indicator in self.indicators}


def _plain(indicator: Indicator) -> dict[str, Any]:
    # `uses` is worked out from the texts, and sets have no order of their own.
    return {name: getattr(indicator, name) for name in indicator.__struct_fields__ if name != "uses"}
