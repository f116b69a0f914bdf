"""What of a client's result a note says: the weakest, what could not be judged, the accepted risks.

Everything here depends on the result, the plan and the rules alone, and nothing on the minute: levels are whole, counts and
ages are rounded the more the larger they are. So an unchanged client has an unchanged note.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta

from sevenc_sync.connect.redact import redact
from sevenc_sync.connect.text import clean
from sevenc_sync.push.content import Block, Core, Gap, NeedKind, Risk, Step, Value
from sevenc_sync.score import ClientResult, IndicatorResult, PartResult, Rules
from sevenc_sync.store.exceptions import AcceptedRisk
from sevenc_sync.store.outbox import Facts
from sevenc_sync.store.plan_items import PlanItem

STEPS = 3  # so many things to do: more are a plan, not a note
GOOD_ENOUGH = 4  # an indicator from this level on is not named as weak
EXACT = 20  # counts above are rounded, so that a note does not change with every ticket
RISKS = 3  # so many accepted risks are named
GAPS = 3  # so many reasons why something could not be judged
SETTLED = ("done", "risk")  # a plan's items that nobody need be asked to do
_AGES = ("age", "document", "drill")

PlanOf = Mapping[str, PlanItem]


def core_of(
    result: ClientResult, rules: Rules, risks: Sequence[AcceptedRisk] = (), items: PlanOf | None = None
) -> Core:
    """What the note on this client says; `risks` are the exceptions that the result rests on, `items` its plan.

    Raises ValueError for a client without a score: it gets no note.
    """
    if result.score is None:
        raise ValueError(f"client {result.client} has no score to write about")
    plan = items or {}
    counted = [item for item in result.indicators if item.counts]
    gaps = _gaps(counted, rules)
    accepted = sorted(
        [*_left_out(risks, rules), *_lived_with(plan, rules)],
        key=lambda risk: (risk.until, risk.area, risk.title or ""),
    )
    without = result.score_without if risks else None
    return Core(
        client=plain(result.name, 70),
        score=round(result.score),
        score_without=None if without is None else round(without),
        proof=int(100 * result.proof + 1e-9),
        known=sum(item.level is not None for item in counted),
        total=len(counted),
        is_provisional=result.is_provisional,
        blocks=tuple(
            Block(
                slug=block.slug,
                name=plain(block.name, 30),
                level=whole(block),
                is_provisional=block.level is not None and block.is_provisional,
            )
            for block in result.blocks
        ),
        steps=_steps(counted, rules, plan),
        gaps=gaps[:GAPS],
        more_gaps=max(0, len(gaps) - GAPS),
        risks=tuple(accepted[:RISKS]),
        more_risks=max(0, len(accepted) - RISKS),
    )


def facts_of(result: ClientResult) -> Facts:
    """What decides whether a note is due."""
    return Facts(
        score=round(result.score or 0.0),
        proof=int(100 * result.proof + 1e-9),
        levels={block.slug: whole(block) for block in result.blocks},
    )


def whole(part: PartResult) -> int | None:
    """The level that is reached in full."""
    return None if part.level is None else int(part.level)


_EMAIL = re.compile(r"\S+@\S+")
_REFERENCE = re.compile(r"\[?7C-REF[^\]]*\]?", re.IGNORECASE)
_MARKUP = str.maketrans("<>", "\u2039\u203a")  # a PSA that shows notes as HTML finds none in them


def plain(text: str, limit: int) -> str:
    """One line that may stand in a note: no secret, address, markup or control character, nothing like our reference."""
    line = " ".join((clean(redact(text)) or "").split())
    line = _REFERENCE.sub("…", _EMAIL.sub("…", line)).translate(_MARKUP)
    return clean(line, limit) or "?"


def area_name(slug: str, rules: Rules) -> str:
    """An area's name."""
    area = rules.area_by_slug.get(slug)
    return plain(slug if area is None else area.name, 60)


def about(count: int) -> int:
    """A count as one says it: exact up to EXACT, then in fives, from 100 on with two digits."""
    if count <= EXACT:
        return count
    step = 5 if count < 100 else 10 ** (len(str(count)) - 2)  # noqa: PLR2004 - the docstring says it
    return round(count / step) * step


def to_fix(item: IndicatorResult) -> int | None:
    """How many rows do not pass, rounded; None where rows are not counted."""
    if item.measure != "share" or item.good is None:
        return None
    return about(item.sample - item.good)


def value_of(item: IndicatorResult) -> Value:
    """The indicator's value in steps that last."""
    return value_as(item.value, item.measure, item.unit)


def value_as(value: float | None, measure: str, unit: str) -> Value:
    """A value of such an indicator, rounded for people."""
    if value is None:
        return Value("never" if measure in _AGES else "none")
    if measure in _AGES:
        return _age(value)
    if unit == "%":
        return Value("percent", float(int(value)))
    if measure == "steps":
        return Value("step", value)
    words = plain(unit, 40) if unit else ""
    if measure == "count":
        return Value("count", float(about(int(value))), words)
    return Value("number", float(f"{value:.2g}"), words)


def _age(days: float) -> Value:
    """Weeks for two months, months for two years, then years; whole ones that have passed."""
    weeks, months = int(days // 7), int(days // 30.4375)
    if months < 2:  # noqa: PLR2004 - the docstring says it
        return Value("weeks", weeks)
    if months < 24:  # noqa: PLR2004 - the docstring says it
        return Value("months", months)
    return Value("years", months // 12)


def _steps(indicators: Iterable[IndicatorResult], rules: Rules, plan: PlanOf) -> tuple[Step, ...]:
    """What was agreed first, the earliest day before others; then the weakest, gates and heavy ones first, one an area."""
    by_id = {item.id: item for item in indicators}
    agreed = sorted(
        (found for found in plan.values() if found.state == "accepted" and found.indicator in by_id),
        key=lambda found: (found.due_at is None, found.due_at or found.changed_at, found.id),
    )
    chosen = {found.indicator: by_id[found.indicator] for found in agreed}
    areas = {item.area for item in chosen.values()}
    weak = sorted(
        (
            (item, int(item.level))
            for item in by_id.values()
            if item.level is not None and item.level < GOOD_ENOUGH and not _is_settled(plan, item.id)
        ),
        key=lambda pair: (pair[1], not pair[0].is_gate, -pair[0].weight, pair[0].id),
    )
    for item, _ in weak:
        if item.area not in areas:
            areas.add(item.area)
            chosen[item.id] = item
    return tuple(_step(item, rules, plan.get(item.id)) for item in list(chosen.values())[:STEPS])


def _is_settled(plan: PlanOf, indicator: str) -> bool:
    return indicator in plan and plan[indicator].state in SETTLED


def _step(item: IndicatorResult, rules: Rules, planned: PlanItem | None) -> Step:
    rule = rules.indicator_by_id.get(item.id)
    is_agreed = planned is not None and planned.state == "accepted"
    return Step(
        item=None if planned is None else planned.id,
        indicator=item.id,
        area=area_name(item.area, rules),
        title=plain(item.title, 120),
        value=value_of(item),
        to_fix=to_fix(item),
        level=None if item.level is None else int(item.level),
        why="" if rule is None else plain(rule.why, 240),
        fix="" if rule is None else plain(rule.fix, 240),
        owner=plain(planned.owner, 60) if is_agreed and planned and planned.owner else None,
        due=planned.due_at.date() if is_agreed and planned and planned.due_at else None,
        is_agreed=is_agreed,
    )


def _gaps(indicators: Sequence[IndicatorResult], rules: Rules) -> tuple[Gap, ...]:
    """What is unknown, by what it needs; the need that would show most comes first."""
    areas: dict[tuple[NeedKind, str], set[str]] = defaultdict(set)
    count: dict[tuple[NeedKind, str], int] = defaultdict(int)
    for item in indicators:
        if item.level is None:
            need = _need(item.reason or "no evidence")
            areas[need].add(area_name(item.area, rules))
            count[need] += 1
    ordered = sorted(areas, key=lambda need: (-count[need], need))
    return tuple(Gap(areas=tuple(sorted(areas[need])), kind=need[0], need=need[1]) for need in ordered)


_NEEDS: tuple[tuple[NeedKind, re.Pattern[str]], ...] = (
    ("stale", re.compile(r"^(?P<what>[^:]+): (?:never|last) read\b.*$")),
    ("closed", re.compile(r"^(?P<what>[^:]+): cannot be read\b.*$")),
    ("no-source", re.compile(r"^no source delivers (?P<what>.+)$")),
    ("not-known", re.compile(r"^no source of (?P<what>.+) knows this client$")),
    ("untold", re.compile(r"^no source(?: of this client)? says (?P<what>.+)$")),
    # Which field or mark it is stands in `why`: a note that lists thirty fields is read by nobody.
    ("not-entered", re.compile(r"^.+ uses no custom field named .+$")),
    ("unmarked", re.compile(r"^none of the .+ is tagged .+$")),
    ("too-new", re.compile(r"^the client is too new for it$")),
    ("too-short", re.compile(r"^.+: runs are known since .+$")),
    ("nothing", re.compile(r"^\S+ .*found, (?P<what>1) needed$")),
    ("few", re.compile(r"^\S+ .*found, (?P<what>\d+) needed$")),
)
_MOMENT = re.compile(r"\s*(?:\bon |\bat )?\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2})?)?(?: ?UTC|Z)?")


def _need(reason: str) -> tuple[NeedKind, str]:
    """Why an indicator is unknown, without the moment and the count that would change by the day."""
    for kind, pattern in _NEEDS:
        if match := pattern.match(reason):
            said = match.groupdict().get("what")
            return kind, "" if said is None or kind == "nothing" else plain(said, 100)
    return "other", plain(_MOMENT.sub("", reason), 160)


def _left_out(risks: Iterable[AcceptedRisk], rules: Rules) -> list[Risk]:
    """What exceptions leave out; the records of one indicator that have reason and last day in common as one."""
    found: dict[tuple[str, str, date], int] = defaultdict(int)
    for risk in risks:
        found[risk.target, risk.reason, _last_day(risk.until)] += risk.record is not None
    return [
        _risk(target, about(records), reason, until, rules, is_left_out=True)
        for (target, reason, until), records in found.items()
    ]


def _lived_with(plan: PlanOf, rules: Rules) -> list[Risk]:
    """What a person accepted in the plan; it stays in the score."""
    return [
        _risk(item.indicator, 0, item.reason or "", _last_day(item.until), rules, is_left_out=False)
        for item in plan.values()
        if item.state == "risk" and item.until is not None
    ]


def _risk(target: str, records: int, reason: str, until: date, rules: Rules, *, is_left_out: bool) -> Risk:
    indicator = rules.indicator_by_id.get(target)
    return Risk(
        area=area_name(target if indicator is None else indicator.area, rules),
        title=None if indicator is None else plain(indicator.title, 120),
        records=records,
        reason=plain(reason, 160),
        until=until,
        is_left_out=is_left_out,
    )


def _last_day(until: datetime) -> date:
    return (until - timedelta(seconds=1)).date()
