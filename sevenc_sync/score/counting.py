"""Sums per client over each row source: one statement a source, made once for a set of rules and kept.

Making a statement takes longer than running it for a few clients, so what changes from run to run (the clock, the clients, the
phrases) is told to it when it is run.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Select, and_, func, not_, or_, true
from sqlalchemy.sql.elements import KeyedColumnElement

from sevenc_sync.score.binding import Binder
from sevenc_sync.score.bound import Bound
from sevenc_sync.score.counted import YEAR
from sevenc_sync.score.decided import without_excepted
from sevenc_sync.score.language import build
from sevenc_sync.score.measures import MEASURES
from sevenc_sync.score.reading import rows
from sevenc_sync.score.rules import Indicator, Rules
from sevenc_sync.score.sources import SOURCES
from sevenc_sync.score.vocabulary import DAY, Sql, Uses, clock
from sevenc_sync.score.wordtables import WordsTable

ENDPOINTS = ("server", "workstation", "laptop")
# What `per` divides by: the source that counts it.
UNIT_SOURCES: Mapping[str, str] = {"endpoint": "assets", "seat": "companies", "contract": "contracts"}

_LONG = 100 * DAY  # windows of a quarter and less are narrow enough by themselves
# By indicator or unit, by client: the sums that the measure asked for.
Sums = dict[str, dict[int, dict[str, Any]]]


@dataclass(frozen=True)
class _Counting:
    """A statement that counts one source, what its columns are, and the tables of words that it must be given."""

    statement: Select[Any]
    plan: Sequence[tuple[str, str]]
    words: Mapping[str, WordsTable]


def all_sums(connection: Connection, binder: Binder, *, with_exceptions: bool = False) -> Sums:
    """The sums of all of the binder's indicators, and of the units that they divide by."""
    sums: Sums = {}
    for name in SOURCES:
        counting = _counting(binder, name, with_exceptions=with_exceptions)
        if counting is not None:
            sums |= _counted(connection, binder, counting)
    return sums


def _counted(connection: Connection, binder: Binder, counting: _Counting) -> Sums:
    found: Sums = {key: {} for key, _ in counting.plan}
    told = binder.parameters(counting.words)
    # The sums of one indicator stand side by side: each is cut out of the row as a whole.
    cuts: list[tuple[dict[int, dict[str, Any]], list[str], slice]] = []
    for key, group in groupby(counting.plan, key=itemgetter(0)):
        parts = [part for _, part in group]
        start = cuts[-1][2].stop if cuts else 1  # after the client
        cuts.append((found[key], parts, slice(start, start + len(parts))))
    for row in connection.execute(counting.statement, told):
        owner, values = row[0], tuple(row)
        for by_client, parts, cut in cuts:
            by_client[owner] = dict(zip(parts, values[cut], strict=True))
    return found


def expressions(indicator: Indicator, bound: Bound, rules: Rules, now: int) -> dict[str, Sql]:
    """The indicator's texts as SQL over a bound source. `where` is always there, and holds the window."""
    scope, at = bound.scope(rules, now), clock(now)
    found: dict[str, Sql] = {key: build(text, scope).sql for key, text in indicator.expressions().items()}
    # The window comes first: it is cheap to test, and most rows of a long history end there.
    meant = found.get("where", true())
    found["where"] = and_(true(), meant)
    if indicator.window is not None and indicator.at is not None:
        moment = bound.columns[indicator.at]
        found["where"] = and_(moment >= at - indicator.window, moment <= at, meant)
        then = at - YEAR
        found["year before"] = and_(moment >= then - indicator.window, moment <= then, meant)
    found["now"] = at
    return found


def _counting(binder: Binder, source: str, *, with_exceptions: bool) -> _Counting | None:
    """The statement for a source, or None where no indicator and no unit asks for it. Kept with the rules."""
    kept = binder.rules.statements
    indicators, units = kept.get(("asking", source), lambda: _asking(binder.rules, source))
    if with_exceptions:
        units = []
    if not indicators and not units:
        return None
    fields = frozenset(name for item in indicators for name in item.uses.customs)
    return kept.get(
        (
            "counting",
            source,
            binder.dialect,
            binder.clients is None,
            fields & binder.attested,
            with_exceptions,
        ),
        lambda: _made(binder, indicators, units, source, with_exceptions=with_exceptions),
    )


def _asking(rules: Rules, source: str) -> tuple[list[Indicator], list[str]]:
    """The indicators over a source, and the units that it counts for others."""
    indicators = [indicator for indicator in rules.indicators if indicator.rows == source]
    return indicators, sorted({i.per for i in rules.indicators if i.per and UNIT_SOURCES[i.per] == source})


def _made(
    binder: Binder,
    indicators: Sequence[Indicator],
    units: Sequence[str],
    source: str,
    *,
    with_exceptions: bool,
) -> _Counting:
    """All sums over one source in one pass over its rows."""
    binder = replace(binder, words={})
    uses = Uses()
    for indicator in indicators:
        uses |= indicator.uses
    bound = binder.bind(source, uses)
    plan: list[tuple[str, str]] = []
    selected: list[KeyedColumnElement[Any]] = []

    def ask(key: str, part: str, sql: Sql) -> None:
        selected.append(sql.label(f"s{len(plan)}"))
        plan.append((key, part))

    reached: dict[tuple[str, ...], Sql] = {}
    for indicator in indicators:
        parts = expressions(indicator, bound, binder.rules, binder.now)
        reached |= reach(indicator, bound, binder)
        if with_exceptions:
            parts = without_excepted(parts, bound, indicator, binder.clock)
        for part, sql in _sums(indicator, parts, bound):
            ask(indicator.id, part, sql)
    for unit in units:
        ask(unit_key(unit), "units", _unit_sum(unit, bound))
    statement = bound.select(bound.client.label("client"), *selected).group_by(bound.client)
    if not units:
        # Most rows of a long history are asked for by no indicator: they end here, before anything is counted.
        statement = statement.where(or_(*reached.values()))
    return _Counting(statement, plan, binder.words)


def _sums(indicator: Indicator, parts: dict[str, Sql], bound: Bound) -> Iterator[tuple[str, Sql]]:
    """What is summed up for one indicator: its measure's sums, and whether more than a word of mouth is behind them."""
    yield from MEASURES[indicator.measure].sums(indicator, parts).items()
    if indicator.is_attested and "is_record" in bound.columns:
        evident = and_(parts["where"], not_(bound.columns["is_record"]))
        yield "evidenced", rows(evident)


def reach(indicator: Indicator, bound: Bound, binder: Binder) -> dict[tuple[str, ...], Sql]:
    """Conditions of which each row that the indicator may count meets one, by what they say.

    They are asked of every row of a history: windows first, and before words are looked up.
    """
    parts = expressions(indicator, bound.before_words(), binder.rules, binder.now)
    if indicator.window is None or indicator.at is None:
        return {(indicator.where or "",): parts["where"]}
    moment, at = bound.columns[indicator.at], parts["now"]
    since = moment >= at - indicator.window
    found: dict[tuple[str, ...], Sql] = {(indicator.at, str(indicator.window)): since}
    if indicator.window > _LONG:
        # A long window holds much of a history: the words that are meant narrow it down.
        found = {(indicator.at, str(indicator.window), indicator.where or ""): parts["where"]}
    if indicator.measure == "trend":
        then = at - YEAR
        found[indicator.at, str(indicator.window), "a year before"] = moment.between(
            then - indicator.window, then
        )
    return found


def unit_key(unit: str) -> str:
    """The key in `Sums` of a unit that `per` divides by."""
    return f"per {unit}"


def _unit_sum(unit: str, bound: Bound) -> Sql:
    if unit == "endpoint":
        return rows(and_(bound.columns["managed"], bound.columns["kind"].in_(ENDPOINTS)))
    if unit == "contract":
        return rows(bound.columns["in_force"])
    return func.max(bound.columns["seats"])
