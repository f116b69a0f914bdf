"""What a list call makes of its records: filter, order, page, cut to fields, and the links to other pages."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from sevenc_sync.sandbox.connectwise.conditions import FilterError, Mode, compile_filter
from sevenc_sync.sandbox.connectwise.schema import FILTER_ONLY, resolve

DEFAULT_PAGE_SIZE, LARGEST_PAGE_SIZE = 25, 1000
FILTERS: tuple[tuple[str, Mode], ...] = (
    ("conditions", "conditions"),
    ("childconditions", "child"),
    ("customfieldconditions", "custom"),
)


class QueryError(ValueError):
    """A query that the vendor refuses; carries its error code."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Page:
    """One page of records and where its neighbours are (0 or None: there is none)."""

    records: Sequence[Mapping[str, Any]]
    size: int
    number: int = 0
    last: int = 0
    next_id: int | None = None

    def link(self, url: str) -> str:
        """The `Link` header's value; empty when this is the only page. As the vendor does, without the filters."""
        if self.number == 0:
            return (
                f'<{url}?pageSize={self.size}&pageId={self.next_id}>; rel="next"'
                if self.next_id is not None
                else ""
            )
        targets = []
        if self.number < self.last:
            targets += [("next", self.number + 1), ("last", self.last)]
        if self.number > 1:
            targets += [("first", 1), ("prev", self.number - 1)]
        return ", ".join(f'<{url}?pageSize={self.size}&page={page}>; rel="{rel}"' for rel, page in targets)


def filtered(
    records: Sequence[Mapping[str, Any]], record_type: str, query: Mapping[str, str]
) -> list[Mapping[str, Any]]:
    """The records that meet all three kinds of filter of a query. Raises QueryError."""
    found = list(records)
    for name, mode in FILTERS:
        text = query.get(name, "").strip()
        if not text:
            continue
        try:
            test = compile_filter(text, record_type, mode)
        except FilterError as error:
            raise QueryError("ApiFindCondition", str(error)) from None
        found = [record for record in found if test(record)]
    return found


def ordered(records: list[Mapping[str, Any]], record_type: str, order: str) -> list[Mapping[str, Any]]:
    """The records in the order asked for (`company/name desc, id asc`), else by id."""
    found = sorted(records, key=lambda record: _sort_key(record.get("id")))
    for part in reversed([item.split() for item in order.split(",") if item.strip()]):
        named = resolve(record_type, part[0])
        if named is None or part[1:] not in ([], ["asc"], ["desc"]):
            raise QueryError("ApiFindCondition", f"{' '.join(part)} is not a recognized name.")
        found.sort(key=partial(_sort_key_at, named[0]), reverse=part[1:] == ["desc"])
    return found


def paged(
    records: Sequence[Mapping[str, Any]], record_type: str, query: Mapping[str, str], forward: bool
) -> Page:
    """The page that a query asks for: by number, or forward-only from an id. Raises QueryError."""
    size = min(_number(query, "pagesize", DEFAULT_PAGE_SIZE), LARGEST_PAGE_SIZE)
    found = filtered(records, record_type, query)
    order = query.get("orderby", "")
    if forward:
        if order:
            raise QueryError("InvalidObject", "orderBy is not supported with forward-only pagination")
        after = int(query["pageid"]) if query.get("pageid", "").isdigit() else 0
        rest = [record for record in ordered(found, record_type, "") if record["id"] > after]
        more = len(rest) > size
        return Page(rest[:size], size, next_id=rest[size - 1]["id"] if more else None)
    number = _number(query, "page", 1)
    last = -(-len(found) // size)
    start = (number - 1) * size
    return Page(ordered(found, record_type, order)[start : start + size], size, number, last)


def cut(records: Sequence[Mapping[str, Any]], record_type: str, names: str) -> Sequence[Mapping[str, Any]]:
    """The records with only the fields named; unknown names vanish silently and `_info` comes only if named."""
    if not names.strip():
        return records
    wanted = [name.strip() for name in names.split(",") if name.strip() not in FILTER_ONLY]
    paths = [found[0] for name in wanted if (found := resolve(record_type, name))]
    return [_projected(record, paths) for record in records]


def dig(record: Mapping[str, Any], keys: Sequence[str]) -> Any:
    """The value at the end of a path of keys, None where the path breaks off."""
    value: Any = record
    for key in keys:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def _projected(record: Mapping[str, Any], paths: Sequence[tuple[str, ...]]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for keys in paths:
        value = dig(record, keys)
        if value is None:
            continue
        place = result
        for key in keys[:-1]:
            place = place.setdefault(key, {})
        place[keys[-1]] = value
    return result


def _number(query: Mapping[str, str], name: str, default: int) -> int:
    text = query.get(name, "")
    if not text:
        return default
    if not text.isdigit() or int(text) == 0:
        raise QueryError("InvalidObject", f"{name} object is invalid")
    return int(text)


def _sort_key_at(keys: Sequence[str], record: Mapping[str, Any]) -> tuple[int, Any]:
    return _sort_key(dig(record, keys))


def _sort_key(value: Any) -> tuple[int, Any]:
    """Missing first, then booleans and numbers, then texts without regard to case."""
    if value is None:
        return 0, 0
    return (2, value.casefold()) if isinstance(value, str) else (1, value)
