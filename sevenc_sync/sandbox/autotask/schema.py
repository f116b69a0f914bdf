"""Reads the facts: which fields a collection has, of what type, and whether a record keeps to them."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from sevenc_sync.sandbox.autotask.facts import ENTITIES, NOT_QUERYABLE, RECORDS, REFERENCES

FIELD = re.compile(r"(?P<name>\w+)(?P<required>\*?):(?P<type>\w+)(?:\((?P<length>\d+)\))?(?P<pick>\^?)")
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,3})?Z?")
"""The forms of a date-time on the wire: with and without a designator (both are UTC) and a fraction."""

UDF_FIELD = "userDefinedFields"
SERVER_SIDE = frozenset({
    "id", "completedDate", "completedDateTime", "completedByResourceID", "ticketNumber", "phaseNumber",
    "projectNumber", "taskNumber", "isReady", "actualHours", "actualBilledHours", "completedPercentage",
})  # fmt: skip
SERVER_PREFIXES = ("create", "creator", "lastActivity", "lastModified", "lastTracked", "impersonator")
DATA_TYPES = {
    "int": "integer",
    "long": "long",
    "num": "double",
    "bool": "boolean",
    "str": "string",
    "dt": "datetime",
}
"""Type of the facts to the word of the vendor's field metadata."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field of an entity; `length` is 0 where the vendor sets no bound."""

    name: str
    type: str
    required: bool
    length: int
    picklist: bool
    queryable: bool

    @property
    def read_only(self) -> bool:
        """Whether only the server sets it."""
        return self.name in SERVER_SIDE or self.name.startswith(SERVER_PREFIXES)

    @property
    def refers_to(self) -> str:
        """The collection that its number points into; empty for none."""
        return REFERENCES.get(self.name, "")


@cache
def fields(collection: str) -> Mapping[str, Field]:
    """The fields of a collection by name, without its own (user-defined) ones. KeyError for an unknown collection."""
    found = {}
    for item in RECORDS[collection].split():
        match = FIELD.fullmatch(item)
        if match is None:
            raise ValueError(f"{collection}: {item} is no fact")
        name = match["name"]
        if match["type"] != "udf":
            length = int(match["length"] or 0)
            queryable = name not in NOT_QUERYABLE.get(collection, ())
            found[name] = Field(
                name, match["type"], bool(match["required"]), length, bool(match["pick"]), queryable
            )
    return found


@cache
def _folded(collection: str) -> Mapping[str, Field]:
    return {name.casefold(): field for name, field in fields(collection).items()}


def find(collection: str, name: str) -> Field | None:
    """The field with this name in any spelling of case."""
    return _folded(collection).get(name.casefold())


@cache
def has_udfs(collection: str) -> bool:
    """Whether its records carry a list of user-defined fields."""
    return f"{UDF_FIELD}:udf" in RECORDS[collection].split()


@cache
def _blank(collection: str) -> Mapping[str, Any]:
    return {**dict.fromkeys(fields(collection)), **({UDF_FIELD: []} if has_udfs(collection) else {})}


def whole(collection: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """A record with all fields of its entity: what is not given is null, as the vendor sends it."""
    return {**_blank(collection), **values}


def entity(collection: str) -> str:
    """The name of the collection's entity, as messages and metadata use it."""
    return ENTITIES[collection]


def faults(collection: str, record: Mapping[str, Any]) -> Iterator[str]:
    """What in a record breaks the facts: unknown or absent keys, wrong types."""
    known = fields(collection)
    expected = set(known) | ({UDF_FIELD} if has_udfs(collection) else set())
    for name in sorted(expected - set(record)):
        yield f"{name}: absent"
    for name, value in record.items():
        if name not in expected:
            yield f"{name}: unknown to {collection}"
        elif name == UDF_FIELD:
            yield from _udf_faults(value)
        elif value is not None and not fits(known[name], value):
            yield f"{name}: {value!r} is not {known[name].type}"


def fits(field: Field, value: Any) -> bool:
    """Whether a value is of the field's type on the wire."""
    match field.type:
        case "int":
            return isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**31
        case "long":
            return isinstance(value, int) and not isinstance(value, bool)
        case "num":
            return isinstance(value, int | float) and not isinstance(value, bool)
        case "bool":
            return isinstance(value, bool)
        case "dt":
            return isinstance(value, str) and MOMENT.fullmatch(value) is not None
        case _:
            return isinstance(value, str)


def _udf_faults(value: Any) -> Iterator[str]:
    if not isinstance(value, list):
        yield f"{UDF_FIELD}: not a list"
        return
    for item in value:
        plain = isinstance(item, dict) and set(item) == {"name", "value"} and isinstance(item["name"], str)
        if not plain or not isinstance(item["value"], str | None):
            yield f"{UDF_FIELD}: {item!r} is not a name with a text or null"
