"""The vendor's query language: a list of conditions to a test of one record.

    [{"op": "gte", "field": "id", "value": 0}, {"op": "or", "items": [{"op": "notExist", "field": "completedDate"}, ...]}]

A comparison with a missing value is false, as in SQL; texts compare without regard to case, as the vendor's database does.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sevenc_sync.sandbox.autotask.schema import UDF_FIELD, Field, entity, find
from sevenc_sync.sandbox.autotask.times import parsed

Record = Mapping[str, Any]
Test = Callable[[Record], bool]
ORDERING = frozenset({"gt", "gte", "lt", "lte"})
TEXT_ONLY = frozenset({"beginsWith", "endsWith", "contains"})
OPERATORS = frozenset({"eq", "noteq", "in", "notIn", "exist", "notExist"}) | ORDERING | TEXT_ONLY
MOST_ALTERNATIVES = 500
"""Alternatives in one query: members of `or` groups and values of `in` lists together."""


class FilterError(ValueError):
    """A query that the vendor refuses, with its words."""


@dataclass(slots=True)
class _Counts:
    alternatives: int = 0
    udfs: int = 0


def compile_filters(items: Any, collection: str, udfs: Mapping[str, str]) -> Test:
    """The test that a query's conditions make together. `udfs`: user-defined field to its type (str, num or dt).

    Raises FilterError: no condition at all, an unknown operator or field, a value that is not of the field's type, more
    than one user-defined field, more than 500 alternatives.
    """
    if not isinstance(items, list) or not items:
        raise FilterError("The query must contain at least one filter.")
    counts = _Counts()
    compiler = _Compiler(collection, {name.casefold(): (name, kind) for name, kind in udfs.items()}, counts)
    test = _all([compiler.condition(item) for item in items])
    if counts.udfs > 1:
        raise FilterError("Queries are limited to one user-defined field.")
    if counts.alternatives > MOST_ALTERNATIVES:
        raise FilterError(f"Queries are limited to {MOST_ALTERNATIVES} or fewer 'OR' conditions.")
    return test


def _all(tests: Sequence[Test]) -> Test:
    return tests[0] if len(tests) == 1 else lambda record: all(test(record) for test in tests)


def _any(tests: Sequence[Test]) -> Test:
    return lambda record: any(test(record) for test in tests)


@dataclass(frozen=True, slots=True)
class _Compiler:
    collection: str
    udfs: Mapping[str, tuple[str, str]]
    counts: _Counts

    def condition(self, item: Any) -> Test:
        if not isinstance(item, dict):
            raise FilterError(
                "Unexpected character encountered while parsing value: a filter must be an object."
            )
        parts = {name.casefold(): value for name, value in item.items()}
        op = parts.get("op")
        if op in {"and", "or"}:
            return self._group(op, parts.get("items"))
        if op not in OPERATORS:
            raise FilterError(f"Filter operator '{op}' is not supported.")
        read, kind, name = self._field(parts)
        if op in {"exist", "notExist"}:
            wanted = op == "exist"
            return lambda record: (read(record) is not None) == wanted
        if op in {"in", "notIn"}:
            return self._membership(read, kind, name, op, parts.get("value"))
        if op in TEXT_ONLY and kind != "str":
            raise FilterError(f"Filter operator '{op}' is not supported for field {name}.")
        if op in ORDERING and kind == "bool":
            raise FilterError(f"Filter operator '{op}' is not supported for field {name}.")
        return _comparison(op, read, _literal(kind, name, parts.get("value")))

    def _group(self, op: str, items: Any) -> Test:
        if not isinstance(items, list) or not items:
            raise FilterError(f"Filter operator '{op}' needs items.")
        tests = [self.condition(item) for item in items]
        if op == "or":
            self.counts.alternatives += len(tests)
            return _any(tests)
        return _all(tests)

    def _membership(self, read: Callable[[Record], Any], kind: str, name: str, op: str, values: Any) -> Test:
        if not isinstance(values, list) or not values:
            raise FilterError(f"Filter operator '{op}' needs an array of values for field {name}.")
        self.counts.alternatives += len(values)
        options = {_literal(kind, name, value) for value in values}
        if op == "in":
            return lambda record: read(record) in options
        return lambda record: (value := read(record)) is not None and value not in options

    def _field(self, parts: Mapping[str, Any]) -> tuple[Callable[[Record], Any], str, str]:
        """How to read the value that a condition names, its type, and its name."""
        name = str(parts.get("field", ""))
        if parts.get("udf") is True:
            self.counts.udfs += 1
            if name.casefold() not in self.udfs:
                raise FilterError(
                    f"Unable to find user-defined field {name} in the {entity(self.collection)} Entity."
                )
            real, kind = self.udfs[name.casefold()]
            return _udf_reader(real, kind), kind, real
        field = find(self.collection, name)
        if field is None or not field.queryable:
            raise FilterError(f"Unable to find {name} in the {entity(self.collection)} Entity.")
        return _reader(field), field.type, field.name


def _reader(field: Field) -> Callable[[Record], Any]:
    name = field.name
    if field.type == "dt":
        return lambda record: parsed(value) if (value := record.get(name)) else None
    if field.type == "str":
        return lambda record: value.casefold() if (value := record.get(name)) is not None else None
    return lambda record: record.get(name)


def _udf_reader(name: str, kind: str) -> Callable[[Record], Any]:
    def read(record: Record) -> Any:
        text = next((u["value"] for u in record.get(UDF_FIELD, ()) if u["name"] == name), None)
        return None if text is None else _literal(kind, name, text)

    return read


def _literal(kind: str, name: str, value: Any) -> Any:
    """A query's value in the form of the field's values. Raises FilterError where it cannot be one."""
    if value is None or isinstance(value, dict | list):
        raise FilterError(f"Filter value is missing or invalid for field {name}.")
    match kind:
        case "bool":
            if not isinstance(value, bool):
                raise FilterError(f"Filter value for boolean field {name} must be true or false.")
            return value
        case "int" | "long" | "num":
            return _number(kind, value)
        case "dt":
            try:
                return parsed(str(value))
            except ValueError:
                raise FilterError("String was not recognized as a valid DateTime.") from None
        case _:
            return str(value).casefold()


def _number(kind: str, value: Any) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    try:
        return float(str(value))
    except ValueError:
        target = "numeric" if kind == "num" else "int"
        raise FilterError(
            f"Conversion failed when converting varchar '{value}' to data type {target}."
        ) from None


def _comparison(op: str, read: Callable[[Record], Any], wanted: Any) -> Test:  # noqa: PLR0911 (one line for each operator)
    match op:
        case "eq":
            return lambda record: bool(read(record) == wanted)
        case "noteq":
            return lambda record: (value := read(record)) is not None and bool(value != wanted)
        case "gt":
            return lambda record: (value := read(record)) is not None and bool(value > wanted)
        case "gte":
            return lambda record: (value := read(record)) is not None and bool(value >= wanted)
        case "lt":
            return lambda record: (value := read(record)) is not None and bool(value < wanted)
        case "lte":
            return lambda record: (value := read(record)) is not None and bool(value <= wanted)
        case "beginsWith":
            return lambda record: (value := read(record)) is not None and value.startswith(wanted)
        case "endsWith":
            return lambda record: (value := read(record)) is not None and value.endswith(wanted)
        case _:
            return lambda record: (value := read(record)) is not None and wanted in value
