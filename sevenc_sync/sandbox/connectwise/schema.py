"""Reads the facts: which names a record type knows, what type each has, and whether a record keeps to them."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from sevenc_sync.sandbox.connectwise.facts import RECORDS, REFERENCES
from sevenc_sync.sandbox.connectwise.facts_plans import PLANS

ALL_RECORDS: Mapping[str, str] = {**RECORDS, **PLANS}
EMBEDDED = frozenset({"ConfigurationQuestion", "CustomFieldValue", "ContactCommunicationItem", "LicenseBit"})
"""Record types that stand whole inside another record; every other `@X` is a reference."""

PLAIN_REFERENCE = "id:int name:str"
WIRE_DEVIATIONS: Mapping[str, str] = {"ServiceStatus": "Sort:int"}
"""Keys that live servers send although the interface description spells them otherwise."""

FILTER_ONLY: Mapping[str, str] = {"lastUpdated": "_info/lastUpdated", "dateEntered": "_info/dateEntered"}
"""Names that a filter may use on every record although the record carries them only within `_info`."""

MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
"""The only form of a date-time that the vendor sends and takes."""


@dataclass(frozen=True, slots=True)
class Kind:
    """The type of one value: a plain word, the allowed words of an enumeration, a record, or a list of a kind."""

    word: str
    choices: tuple[str, ...] = ()
    target: str = ""
    of: "Kind | None" = None


@dataclass(frozen=True, slots=True)
class Shape:
    """A record type: its fields by name, and those that a new record needs."""

    name: str
    fields: Mapping[str, Kind]
    required: frozenset[str]

    def find(self, name: str) -> tuple[str, Kind] | None:
        """The field with this name in any spelling of case."""
        return _by_folded(self.name).get(name.casefold())


@cache
def shape(name: str) -> Shape:
    """The record type of that name; embedded types and references included. KeyError if there is none."""
    if name in ALL_RECORDS:
        return _shape(name, ALL_RECORDS[name])
    base = name.removeprefix("ref ")
    line = f"{REFERENCES.get(base, PLAIN_REFERENCE)} {WIRE_DEVIATIONS.get(base, '')} _info:map"
    return _shape(name, line)


@cache
def _by_folded(name: str) -> dict[str, tuple[str, Kind]]:
    return {field.casefold(): (field, kind) for field, kind in shape(name).fields.items()}


def _shape(name: str, line: str) -> Shape:
    fields: dict[str, Kind] = {}
    required = set()
    for item in line.split():
        label, _, text = item.partition(":")
        field = label.rstrip("*")
        fields[field] = _kind(text)
        if label.endswith("*"):
            required.add(field)
    return Shape(name, fields, frozenset(required))


def _kind(text: str) -> Kind:
    if text.startswith("["):
        return Kind("list", of=_kind(text[1:-1]))
    if text.startswith("@"):
        target = text[1:] if text[1:] in EMBEDDED else f"ref {text[1:]}"
        return Kind("record", target=target)
    if "|" in text:
        return Kind("enum", choices=tuple(text.split("|")))
    return Kind(text)


def resolve(record_type: str, path: str) -> tuple[tuple[str, ...], Kind] | None:
    """Keys and type behind a filter's or field list's name such as `company/identifier`; None if unknown."""
    parts = path.split("/")
    found = shape(record_type).find(parts[0])
    if found is None:
        filter_only = {name.casefold(): target for name, target in FILTER_ONLY.items()}.get(path.casefold())
        return (tuple(filter_only.split("/")), Kind("dt")) if filter_only else None
    keys, kind = [found[0]], found[1]
    for part in parts[1:]:
        inner = kind.of if kind.word == "list" and kind.of else kind
        if inner.word == "map":
            keys.append(part)
            kind = Kind("str")
            continue
        step = shape(inner.target).find(part) if inner.word == "record" else None
        if step is None:
            return None
        keys.append(step[0])
        kind = step[1]
    return tuple(keys), kind


def faults(record_type: str, record: Mapping[str, Any], at: str = "") -> Iterator[str]:
    """What in a record breaks the facts: unknown keys, wrong types, words outside an enumeration."""
    known = shape(record_type)
    for key, value in record.items():
        place = f"{at}{key}"
        kind = known.fields.get(key)
        if kind is None:
            yield f"{place}: unknown to {record_type}"
        else:
            yield from _value_faults(kind, value, place)


def _value_faults(kind: Kind, value: Any, place: str) -> Iterator[str]:
    if value is None or kind.word == "any":
        return
    if kind.word == "list" and kind.of is not None:
        if not isinstance(value, list):
            yield f"{place}: not a list"
            return
        for number, item in enumerate(value):
            yield from _value_faults(kind.of, item, f"{place}[{number}]")
    elif kind.word == "record":
        if isinstance(value, dict):
            yield from faults(kind.target, value, f"{place}/")
        else:
            yield f"{place}: not an object"
    elif not _fits(kind, value):
        yield f"{place}: {value!r} is not {kind.word}"


def _fits(kind: Kind, value: Any) -> bool:  # noqa: PLR0911 (one line for each kind)
    match kind.word:
        case "int":
            return isinstance(value, int) and not isinstance(value, bool)
        case "num":
            return isinstance(value, int | float) and not isinstance(value, bool)
        case "bool":
            return isinstance(value, bool)
        case "dt":
            return isinstance(value, str) and MOMENT.fullmatch(value) is not None
        case "map":
            return isinstance(value, dict) and all(isinstance(item, str) for item in value.values())
        case "enum":
            return value in kind.choices
        case _:
            return isinstance(value, str)
