"""One `[[indicator]]` entry: its keys, its conditions and its ladder, checked."""

from collections.abc import Mapping
from typing import Any, Literal, cast

from sqlalchemy import column, literal

from sevenc_sync.score.counted import UNIT_TABLES
from sevenc_sync.score.entries import EntryReader, is_number
from sevenc_sync.score.ladders import Better, is_ladder
from sevenc_sync.score.language import build
from sevenc_sync.score.measures import MEASURES
from sevenc_sync.score.mistakes import listed, nearest, shown
from sevenc_sync.score.reading import Measure
from sevenc_sync.score.rules import Absent, Indicator, Need, Per, Period
from sevenc_sync.score.sources import SOURCES, Source
from sevenc_sync.score.vocabulary import NAMES, SQL_TYPE, AnyKind, Scope, Uses

DEFAULT_FRESH = 3 * 86_400  # a stream that is read daily may fail twice before its evidence counts as too old
_STEPS = 5
_DATED = ("age", "document", "drill", "rhythm")
_NEEDS = ("sample", "fresh", "known")
_SOURCE_KINDS = ("attestation", "backup", "monitoring", "psa")


def read_indicator(reader: EntryReader, areas: frozenset[str], tags: frozenset[str]) -> Indicator | None:
    """The indicator, or None when it has mistakes (all of them noted)."""
    area = reader.id.rpartition(".")[0]
    if area not in areas:
        reader.wrong(
            "id", "unknown area", reader.id, "area.name with an area of framework.toml", nearest(area, areas)
        )
    rows = reader.choice("rows", list(SOURCES), None)
    reader.choice("measure", list(MEASURES), "share")
    likely = reader.meant("measure", list(MEASURES), "share")
    if likely is None:
        _only_texts(reader, tags, areas)
        return None
    measure = MEASURES[likely]
    source = SOURCES.get(reader.meant("rows", list(SOURCES)) or "")
    informs = reader.flag("inform", False)
    check = _Check(reader, source, tags, areas)
    better = cast(Better, reader.choice("better", ("higher", "lower"), measure.better))
    if measure.name in ("share", "steps", "covers") and better == "lower":
        reader.wrong("better", f"does not fit {measure.name}", "lower", "higher: say in good what is good")
    texts = {
        key: check.expression(key, kind, needed=key in measure.needs)
        for key, kind in {**measure.needs, **measure.may}.items()
    }
    window, at = _window(reader, source, measure)
    if at is not None:
        check.uses |= Uses(columns=frozenset({at}))
    indicator = Indicator(
        id=reader.id,
        title=reader.text("title"),
        rows=rows,
        measure=measure.name,
        where=check.expression("where", "condition", needed=False),
        good=texts.get("good"),
        of=texts.get("of"),
        top=texts.get("top"),
        bottom=texts.get("bottom"),
        complete=texts.get("complete"),
        before=texts.get("before"),
        earlier=texts.get("earlier"),
        acted=texts.get("acted"),
        steps=check.steps() if measure.name == "steps" else (),
        parts=check.parts() if measure.name == "covers" else (),
        window=window,
        at=at,
        per=_per(reader, measure),
        period=_period(reader, measure),
        times=reader.positive("times", 1.0) if measure.name == "per" else 1.0,
        unit=reader.optional_text("unit") or measure.unit,
        better=better,
        levels=() if informs else _levels(reader, measure, better),
        gate=reader.flag("gate", False),
        weight=0.0 if informs else reader.positive("weight", 1.0),
        need=_need(reader, measure),
        absent=_absent(reader, measure),
        ahead=(reader.length("ahead", 86_400) or 0) if measure.name in _DATED else 0,
        interval=_interval(reader, measure),
        why=reader.text("why"),
        fix=reader.text("fix"),
        basis=reader.text("basis"),
        sources=_sources(reader),
        uses=check.uses,
    )
    reader.finish()
    return indicator if reader.is_right else None


def _only_texts(reader: EntryReader, tags: frozenset[str], areas: frozenset[str]) -> None:
    """Check what can be checked where nobody knows which measure is meant: the conditions, whatever they are for."""
    check = _Check(reader, SOURCES.get(reader.meant("rows", list(SOURCES)) or ""), tags, areas)
    kinds = {
        key: kind for measure in MEASURES.values() for key, kind in {**measure.needs, **measure.may}.items()
    }
    for key, kind in {**kinds, "where": "condition"}.items():
        if reader.has(key):
            check.expression(key, kind, needed=False)


def _window(reader: EntryReader, source: Source | None, measure: Measure) -> tuple[int | None, str | None]:
    """How far back rows count, in seconds, and the time column that says when a row happened."""
    window = reader.length("window", None)
    at = reader.optional_text("at")
    if measure.name in ("per", "trend") and window is None:
        reader.wrong("window", "is missing", None, f'"90d": {measure.name} counts within a window')
    if at is not None and window is None:
        reader.wrong("at", "means nothing without a window", at)
    if window is None or source is None:
        return window, None
    column_name = at or source.at
    if column_name is None:
        reader.wrong("at", "is missing", None, f"a time column of {source.name}")
        return window, None
    times = [name for name, fact in source.columns.items() if fact.kind == "time"]
    if column_name not in times:
        reader.wrong("at", "unknown time column", column_name, listed(times), nearest(column_name, times))
        return window, None
    return window, column_name


def _interval(reader: EntryReader, measure: Measure) -> int | None:
    if measure.name != "rhythm":
        return None
    interval = reader.length("interval", None)
    if interval is None and not reader.has("interval"):
        reader.wrong("interval", "is missing", None, '"90d": how often it should happen')
    return interval


def _per(reader: EntryReader, measure: Measure) -> Per | None:
    if measure.name not in ("per", "match"):
        return None
    return cast(Per, reader.choice("per", list(UNIT_TABLES), None))


def _period(reader: EntryReader, measure: Measure) -> Period:
    if measure.name != "per":
        return "month"
    return cast(Period, reader.choice("period", ("month", "quarter", "year"), "month"))


def _absent(reader: EntryReader, measure: Measure) -> Absent:
    if measure.name not in (*_DATED, "number"):
        return "zero"
    default = "unknown" if measure.name == "number" else "zero"
    return cast(Absent, reader.choice("absent", ("zero", "unknown"), default))


def _sources(reader: EntryReader) -> tuple[str, ...]:
    found = reader.texts("sources", needed=True)
    for word in found:
        if word not in _SOURCE_KINDS:
            reader.wrong("sources", "unknown word", word, listed(_SOURCE_KINDS), nearest(word, _SOURCE_KINDS))
    return found


def _levels(reader: EntryReader, measure: Measure, better: Better) -> tuple[float, ...]:
    if measure.name == "steps":
        return measure.levels or ()
    given = reader.numbers("levels")
    if given is None:
        if measure.levels is None and not reader.has("levels"):
            reader.wrong("levels", "is missing", None, f"{_STEPS} numbers")
        return measure.levels or ()
    steps = _STEPS if measure.levels is None else len(measure.levels)
    if len(given) != steps:
        reader.wrong("levels", f"has {len(given)} steps", shown(list(given)), f"{steps} numbers")
    elif not is_ladder(given, better):
        way = "rising" if better == "higher" else "falling"
        reader.wrong("levels", "is no ladder", shown(list(given)), f"{way} numbers from 0 on")
    return given


def _need(reader: EntryReader, measure: Measure) -> Need:
    sample, fresh, known = measure.sample, DEFAULT_FRESH, 0
    for key, value in reader.optional_table("need").items():
        if key == "sample":
            if is_number(value) and isinstance(value, int) and value >= 0:
                sample = value
            else:
                reader.wrong("need", "sample is no whole number", shown(value), "a whole number from 0 on")
        elif key == "fresh":
            fresh = reader.length_of("need", value, DEFAULT_FRESH) or DEFAULT_FRESH
        elif key == "known":
            known = reader.length_of("need", value, None) or 0
        else:
            reader.wrong("need", "unknown key", key, "sample, fresh or known", nearest(key, _NEEDS))
    return Need(sample, fresh, known)


class _Check:
    """Checks the texts of one indicator and gathers what they read."""

    def __init__(
        self, reader: EntryReader, source: Source | None, tags: frozenset[str], areas: frozenset[str]
    ) -> None:
        self.reader = reader
        self.uses = Uses()
        self._scope = dry_scope(source, tags, areas)

    def expression(self, key: str, kind: AnyKind, *, needed: bool) -> str | None:
        """The text under that key, which must be of that kind."""
        text = self.reader.text(key) if needed else self.reader.optional_text(key)
        if text:
            self._text(key, text, kind)
        return text

    def steps(self) -> tuple[str, ...]:
        """The conditions of a ladder of conditions."""
        found = self.reader.texts("steps", needed=True)
        if len(found) > _STEPS:
            self.reader.wrong("steps", f"has {len(found)} steps", None, f"at most {_STEPS}")
        for text in found:
            self._text("steps", text, "condition")
        return found

    def parts(self) -> tuple[tuple[str, str], ...]:
        """Named conditions."""
        found: list[tuple[str, str]] = []
        table: Mapping[str, Any] = self.reader.table("parts")
        for name, text in table.items():
            if isinstance(text, str) and text.strip():
                self._text("parts", text, "condition")
                found.append((name, text))
            else:
                self.reader.wrong("parts", "is no condition", f"{name} = {text!r}", "a text")
        return tuple(found)

    def _text(self, key: str, text: str, kind: AnyKind) -> None:
        built = build(text, self._scope)
        self.uses |= built.uses
        for fault in built.faults:
            self.reader.wrong(key, fault.problem, fault.value, fault.expected, fault.nearest)
        if not built.faults and built.kind not in (kind, "unknown"):
            self.reader.wrong(key, f"is {NAMES[built.kind]}", shown(text), NAMES[kind])


def dry_scope(source: Source | None, tags: frozenset[str], areas: frozenset[str]) -> Scope:
    """A scope over columns that stand for no rows: enough to check a text, all but its columns where no source is known."""

    def stand_in(kind: Literal["text", "condition"]) -> Any:
        return literal("", SQL_TYPE["text"]) if kind == "text" else literal(True, SQL_TYPE["condition"])

    facts = {} if source is None else source.columns
    return Scope(
        source=source,
        now=0,
        tags=tags,
        areas=areas,
        column=lambda name: column(name, SQL_TYPE[facts[name].kind]),
        tagged=lambda _: stand_in("condition"),
        service=lambda _: stand_in("condition"),
        custom=lambda _: stand_in("text"),
        rpo_hours=lambda default: default,
    )
