"""The functions of the language: what each call becomes in SQL."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import BigInteger, Double, Text, case, cast, func, literal, null
from sqlglot import exp

from sevenc_sync.score.mistakes import cut, nearest, shown
from sevenc_sync.score.sqlfunctions import ascii_lower, day_of_text, number_of_text
from sevenc_sync.score.vocabulary import (
    DAY,
    FUNCTIONS,
    HOUR,
    MAX_DAYS,
    SQL_TYPE,
    AnyKind,
    Fault,
    Scope,
    Sql,
    clock,
    clock_year,
    field_key,
)


@dataclass(frozen=True)
class Typed:
    """A part of an expression: its SQL, and which kind of value it gives."""

    sql: Sql
    kind: AnyKind


UNKNOWN = Typed(null(), "unknown")


@dataclass
class Calls(ABC):
    """Builds calls, and collects what they read and what is wrong. The walk over all else is a subclass of this."""

    scope: Scope
    faults: list[Fault] = field(default_factory=list)
    columns: set[str] = field(default_factory=set)
    tags: set[str] = field(default_factory=set)
    services: set[str] = field(default_factory=set)
    customs: set[str] = field(default_factory=set)

    def fault(self, problem: str, value: str, expected: str | None = None, near: str | None = None) -> Typed:
        """Note what is wrong; the part of the expression becomes unknown."""
        self.faults.append(Fault(problem, value, expected, near))
        return UNKNOWN

    @abstractmethod
    def want(self, node: Any, kind: AnyKind, depth: int) -> Sql:
        """The node's SQL, which must be of that kind (null is of every kind)."""

    @abstractmethod
    def alike(self, nodes: Sequence[Any], depth: int) -> tuple[list[Sql], AnyKind]:
        """The nodes' SQL, which must all be of one kind; gives that kind."""

    def call(self, node: exp.Func, depth: int) -> Typed:
        """A call as SQL. Raises nothing: what is not a function of the language is a fault."""
        name, arguments = name_and_arguments(node)
        if name not in FUNCTIONS:
            return self.fault(
                "unknown function", f"{name}()", "a function of the language", nearest(name, FUNCTIONS)
            )
        count = _ARITY.get(name)
        # sqlglot keeps some values of the functions that it knows under names of their own.
        hidden = any(value for key, value in node.args.items() if key not in ("this", "expressions"))
        if hidden or (count is None and not arguments) or (count is not None and len(arguments) != count):
            return self.fault("has the wrong number of values", cut(node.sql()), FUNCTIONS[name])
        return _CALLS[name](self, arguments, depth + 1)

    def _call_now(self, _arguments: list[Any], _: int) -> Typed:
        return Typed(clock(self.scope.now), "time")

    def _call_this_year(self, _arguments: list[Any], _: int) -> Typed:
        return Typed(clock_year(self.scope.now), "number")

    def _call_date(self, arguments: list[Any], _: int) -> Typed:
        text = self._word(arguments[0], "date")
        if text is None:
            return UNKNOWN
        try:
            day = date.fromisoformat(text)
        except ValueError:
            return self.fault("is no day", shown(text), FUNCTIONS["date"])
        moment = datetime(day.year, day.month, day.day, tzinfo=UTC)
        return Typed(literal(int(moment.timestamp()), BigInteger()), "time")

    def _call_days_ago(self, arguments: list[Any], _: int) -> Typed:
        return self._ago(arguments[0], DAY)

    def _call_hours_ago(self, arguments: list[Any], _: int) -> Typed:
        return self._ago(arguments[0], HOUR)

    def _ago(self, node: Any, unit: int) -> Typed:
        if (
            not isinstance(node, exp.Literal)
            or node.is_string
            or not 0 <= float(node.this) * unit <= MAX_DAYS * DAY
        ):
            return self.fault("is no length of time", cut(node.sql()), "a number from 0 to a hundred years")
        return Typed(clock(self.scope.now) - literal(round(float(node.this) * unit), BigInteger()), "time")

    def _call_days_since(self, arguments: list[Any], depth: int) -> Typed:
        moment = self.want(arguments[0], "time", depth)
        passed: Sql = cast(clock(self.scope.now) - moment, Double())
        return Typed(passed.op("/", return_type=Double())(literal(float(DAY), Double())), "number")

    def _call_hours_between(self, arguments: list[Any], depth: int) -> Typed:
        start, end = (self.want(node, "time", depth) for node in arguments)
        passed: Sql = cast(end - start, Double())
        return Typed(passed.op("/", return_type=Double())(literal(float(HOUR), Double())), "number")

    def _call_lower(self, arguments: list[Any], depth: int) -> Typed:
        return Typed(ascii_lower(self.want(arguments[0], "text", depth)), "text")

    def _call_coalesce(self, arguments: list[Any], depth: int) -> Typed:
        parts, kind = self.alike(arguments, depth)
        if kind == "null":
            return self.fault("has only nulls", "coalesce", FUNCTIONS["coalesce"])
        type_ = SQL_TYPE[kind] if kind != "unknown" else None
        return Typed(func.coalesce(*parts, type_=type_), kind)

    def _call_how_many(self, arguments: list[Any], depth: int) -> Typed:
        total: Sql = literal(0.0, Double())
        for node in arguments:
            holds = self.want(node, "condition", depth)
            total = total + case((holds, literal(1.0, Double())), else_=literal(0.0, Double()))
        return Typed(total, "number")

    def _call_rpo_hours(self, arguments: list[Any], depth: int) -> Typed:
        return Typed(self.scope.rpo_hours(cast(self.want(arguments[0], "number", depth), Double())), "number")

    def _call_tagged(self, arguments: list[Any], _: int) -> Typed:
        word = self._word(arguments[0], "tagged")
        if word is None:
            return UNKNOWN
        source = self.scope.source
        if source is not None and source.phrase is None:
            return self.fault(f"{source.name} have no words", f"tagged({word!r})")
        if word not in self.scope.tags:
            return self.fault("unknown tag", word, "a tag of tags.toml", nearest(word, self.scope.tags))
        self.tags.add(word)
        return Typed(self.scope.tagged(word), "condition")

    def _call_service(self, arguments: list[Any], _: int) -> Typed:
        word = self._word(arguments[0], "service")
        if word is None:
            return UNKNOWN
        source = self.scope.source
        if source is not None and source.name != "contract_lines":
            return self.fault(f"{source.name} have no services", f"service({word!r})")
        if word not in self.scope.areas:
            return self.fault(
                "unknown area", word, "an area of framework.toml", nearest(word, self.scope.areas)
            )
        self.services.add(word)
        return Typed(self.scope.service(word), "condition")

    def _call_custom(self, arguments: list[Any], _: int) -> Typed:
        text = self._field(arguments[0], "custom")
        return UNKNOWN if text is None else Typed(text, "text")

    def _call_custom_date(self, arguments: list[Any], _: int) -> Typed:
        text = self._field(arguments[0], "custom_date")
        return UNKNOWN if text is None else Typed(day_of_text(text), "time")

    def _call_custom_number(self, arguments: list[Any], _: int) -> Typed:
        text = self._field(arguments[0], "custom_number")
        return UNKNOWN if text is None else Typed(number_of_text(text), "number")

    def _call_custom_year(self, arguments: list[Any], _: int) -> Typed:
        text = self._field(arguments[0], "custom_year")
        if text is None:
            return UNKNOWN
        # A vendor's number field gives 2026.0 for a year.
        year = func.replace(text, ".0", "", type_=Text())
        first = case((func.length(year) == len("2026"), year.concat("-01-01")))
        return Typed(day_of_text(first), "time")

    def _field(self, node: Any, function: str) -> Sql | None:
        word = self._word(node, function)
        if word is None:
            return None
        source = self.scope.source
        if source is not None and source.name not in ("companies", "events"):
            self.fault(
                f"{source.name} have no custom fields",
                f"{function}({word!r})",
                "rows = 'companies' or 'events'",
            )
            return None
        name = field_key(word)
        self.customs.add(name)
        return self.scope.custom(name)

    def _word(self, node: Any, function: str) -> str | None:
        if isinstance(node, exp.Literal) and node.is_string:
            return str(node.this)
        self.fault("is not a text in single quotes", cut(node.sql()), FUNCTIONS[function])
        return None


def name_and_arguments(node: exp.Func) -> tuple[str, list[Any]]:
    """A call's name and values, whether sqlglot knows the function or not."""
    if isinstance(node, exp.Anonymous):
        return str(node.this).lower(), list(node.expressions)
    name = _KNOWN_CALLS.get(type(node).__name__, node.sql_name().lower())
    first = [node.this] if node.args.get("this") is not None else []
    others = node.expressions
    return name, [*first, *others]


_KNOWN_CALLS: Mapping[str, str] = {"Date": "date", "Lower": "lower", "Coalesce": "coalesce"}
_ARITY: Mapping[str, int | None] = {
    **dict.fromkeys(FUNCTIONS, 1),
    "now": 0,
    "this_year": 0,
    "hours_between": 2,
    "coalesce": None,
    "how_many": None,
}
_Call = Callable[[Calls, list[Any], int], Typed]
_CALLS: Mapping[str, _Call] = {name: getattr(Calls, f"_call_{name}") for name in FUNCTIONS}
