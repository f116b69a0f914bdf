"""What the note says, before it is words: chosen from a client's result, in steps coarse enough to stand for weeks.

Everything here depends on the result and the rules alone, and nothing on the minute: levels are whole, counts and ages
are rounded the more the larger they are. So an unchanged client has an unchanged note.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Literal

import msgspec

from sevenc_sync.connect.redact import redact
from sevenc_sync.connect.text import clean
from sevenc_sync.score import ClientResult, IndicatorResult, PartResult, Rules
from sevenc_sync.store.exceptions import AcceptedRisk

WEAKEST = 3  # so many things to do first: more are a plan, not a note
GOOD_ENOUGH = 4  # an indicator from this level on is not named as weak
EXACT = 20  # counts above are rounded, so that a note does not change with every ticket
RISKS = 3  # so many accepted risks are named
GAPS = 3  # so many reasons why something could not be judged

ValueKind = Literal["percent", "weeks", "months", "years", "never", "count", "number", "step", "none"]


class Value(msgspec.Struct, frozen=True):
    """An indicator's value, rounded for people. `unit` is set for counts and plain numbers."""

    kind: ValueKind
    number: float = 0.0
    unit: str = ""


class BlockLine(msgspec.Struct, frozen=True):
    """A block with its whole level; None: not enough proof."""

    name: str
    level: int | None
    is_provisional: bool


class Weakness(msgspec.Struct, frozen=True, kw_only=True):
    """A weak indicator. `to_fix` is the number of rows that do not pass, rounded; None where rows are not counted."""

    area: str
    title: str
    value: Value
    to_fix: int | None
    level: int
    step: str


class Gap(msgspec.Struct, frozen=True):
    """Areas that could not be judged, wholly or in part, and what that needs."""

    areas: tuple[str, ...]
    need: str


class Risk(msgspec.Struct, frozen=True):
    """Something that is left out of the score by an exception; `until` is its last day, YYYY-MM-DD."""

    what: str
    reason: str
    until: str


class Content(msgspec.Struct, frozen=True, kw_only=True):
    """All that a note says but its date. `known` of `total` indicators could be judged.

    `score_without` is the score without any exception; None where none counts, or nothing is known without.
    """

    client: str
    score: int
    score_without: int | None
    known: int
    total: int
    is_provisional: bool
    blocks: tuple[BlockLine, ...]
    weakest: tuple[Weakness, ...]
    gaps: tuple[Gap, ...]
    more_gaps: int
    risks: tuple[Risk, ...]
    more_risks: int


class Move(msgspec.Struct, frozen=True):
    """A block whose level is another one than before; None: not enough proof."""

    name: str
    before: int | None
    after: int | None


def content_of(result: ClientResult, rules: Rules, risks: Sequence[AcceptedRisk] = ()) -> Content:
    """What the note on this client says; `risks` are the exceptions that the result rests on.

    Raises ValueError for a client without a score: it gets no note.
    """
    if result.score is None:
        raise ValueError(f"client {result.client} has no score to write about")
    counted = [item for item in result.indicators if item.counts]
    gaps, accepted = _gaps(counted, rules), _risks(risks, rules)
    without = result.score_without if risks else None
    return Content(
        client=plain(result.name, 70),
        score=round(result.score),
        score_without=None if without is None else round(without),
        known=sum(item.level is not None for item in counted),
        total=len(counted),
        is_provisional=result.is_provisional,
        blocks=tuple(
            BlockLine(plain(block.name, 30), whole(block), block.level is not None and block.is_provisional)
            for block in result.blocks
        ),
        weakest=_weakest(counted, rules),
        gaps=gaps[:GAPS],
        more_gaps=max(0, len(gaps) - GAPS),
        risks=accepted[:RISKS],
        more_risks=max(0, len(accepted) - RISKS),
    )


def moves_between(before: ClientResult | None, after: ClientResult) -> tuple[Move, ...]:
    """The blocks that reached another whole level since the result before."""
    if before is None:
        return ()
    known = {block.slug: whole(block) for block in before.blocks}
    return tuple(
        Move(plain(block.name, 30), known[block.slug], whole(block))
        for block in after.blocks
        if block.slug in known and known[block.slug] != whole(block)
    )


def whole(part: PartResult) -> int | None:
    """The level that is reached in full."""
    return None if part.level is None else int(part.level)


_EMAIL = re.compile(r"\S+@\S+")
_REFERENCE = re.compile(r"\[?7C-REF[^\]]*\]?", re.IGNORECASE)


def plain(text: str, limit: int) -> str:
    """One line that may stand in a note: no secret, no address, no control character, nothing like our reference."""
    line = " ".join((clean(redact(text)) or "").split())
    line = _REFERENCE.sub("…", _EMAIL.sub("…", line))
    return clean(line, limit) or "?"


def _weakest(indicators: Iterable[IndicatorResult], rules: Rules) -> tuple[Weakness, ...]:
    """The lowest levels first, gates and heavy ones before others; one for each area."""
    known = [(item, int(item.level)) for item in indicators if item.level is not None]
    weak = sorted(
        ((item, level) for item, level in known if level < GOOD_ENOUGH),
        key=lambda pair: (pair[1], not pair[0].is_gate, -pair[0].weight, pair[0].id),
    )
    chosen: dict[str, tuple[IndicatorResult, int]] = {}
    for item, level in weak:
        chosen.setdefault(item.area, (item, level))
    return tuple(
        Weakness(
            area=_area_name(item.area, rules),
            title=plain(item.title, 120),
            value=_value(item),
            to_fix=_to_fix(item),
            level=level,
            step=plain(rules.indicator_by_id[item.id].fix, 240) if item.id in rules.indicator_by_id else "",
        )
        for item, level in list(chosen.values())[:WEAKEST]
    )


def _area_name(slug: str, rules: Rules) -> str:
    area = rules.area_by_slug.get(slug)
    return plain(slug if area is None else area.name, 60)


def _to_fix(item: IndicatorResult) -> int | None:
    if item.measure != "share" or item.good is None:
        return None
    return about(item.sample - item.good)


def about(count: int) -> int:
    """A count as one says it: exact up to EXACT, then in fives, from 100 on with two digits."""
    if count <= EXACT:
        return count
    step = 5 if count < 100 else 10 ** (len(str(count)) - 2)  # noqa: PLR2004 - the docstring says it
    return round(count / step) * step


def _value(item: IndicatorResult) -> Value:
    value = item.value
    if value is None:
        return Value("never" if item.measure in ("age", "document") else "none")
    if item.measure in ("age", "document"):
        return _age(value)
    if item.unit == "%":
        return Value("percent", float(int(value)))
    if item.measure == "steps":
        return Value("step", value)
    unit = plain(item.unit, 40) if item.unit else ""
    if item.measure == "count":
        return Value("count", float(about(int(value))), unit)
    return Value("number", float(f"{value:.2g}"), unit)


def _age(days: float) -> Value:
    """Weeks for two months, months for two years, then years; whole ones that have passed."""
    weeks, months = int(days // 7), int(days // 30.4375)
    if months < 2:  # noqa: PLR2004 - the docstring says it
        return Value("weeks", weeks)
    if months < 24:  # noqa: PLR2004 - the docstring says it
        return Value("months", months)
    return Value("years", months // 12)


def _gaps(indicators: Sequence[IndicatorResult], rules: Rules) -> tuple[Gap, ...]:
    """What is unknown, by what it needs; the need that would show most comes first."""
    areas: dict[str, set[str]] = defaultdict(set)
    count: dict[str, int] = defaultdict(int)
    for item in indicators:
        if item.level is None:
            need = plain(_need(item.reason or "no evidence"), 160)
            areas[need].add(_area_name(item.area, rules))
            count[need] += 1
    ordered = sorted(areas, key=lambda need: (-count[need], need))
    return tuple(Gap(tuple(sorted(areas[need])), need) for need in ordered)


def _risks(risks: Iterable[AcceptedRisk], rules: Rules) -> tuple[Risk, ...]:
    """What is left out, each with its reason and last day; the records of one indicator that have both in common as one."""
    found: dict[tuple[str, str, str], int] = defaultdict(int)
    for risk in risks:
        last = f"{risk.until - timedelta(seconds=1):%Y-%m-%d}"
        found[risk.target, risk.reason, last] += risk.record is not None
    ordered = sorted(found.items(), key=lambda pair: (pair[0][2], pair[0]))
    return tuple(
        Risk(_left_out(target, records, rules), plain(reason, 160), until)
        for (target, reason, until), records in ordered
    )


def _left_out(target: str, records: int, rules: Rules) -> str:
    if target in rules.indicator_by_id:
        indicator = rules.indicator_by_id[target]
        words = plain(f"{_area_name(indicator.area, rules)}: {indicator.title}", 120)
    else:
        words = _area_name(target, rules)
    if not records:
        return words
    return f"{words} ({about(records)} {'record' if records == 1 else 'records'})"


_STALE = re.compile(r"^(?P<stream>[^:]+): (?:never|last) read\b.*$")
_CLOSED = re.compile(r"^(?P<stream>[^:]+): cannot be read\b.*$")
_FEW = re.compile(r"^\S+ .*found, (?P<wanted>\d+) needed$")
_MOMENT = re.compile(r"\s*(?:\bon |\bat )?\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2})?)?(?: ?UTC|Z)?")


def _need(reason: str) -> str:
    """Why an indicator is unknown, without the moment and the count that would change by the day."""
    if match := _STALE.match(reason):
        return f"needs up-to-date data ({match['stream']})"
    if match := _CLOSED.match(reason):
        return f"needs the right to read {match['stream']}"
    if match := _FEW.match(reason):
        return (
            "nothing was found to judge"
            if match["wanted"] == "1"
            else f"needs {match['wanted']} records or more"
        )
    return _MOMENT.sub("", reason)
