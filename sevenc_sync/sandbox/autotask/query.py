"""What a query makes of a collection's records: filter, one page in the order of ids, and the addresses of its neighbours."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import msgspec

from sevenc_sync.sandbox.autotask.filters import FilterError, Record, Test, compile_filters
from sevenc_sync.sandbox.autotask.schema import UDF_FIELD, find

LARGEST_PAGE = 500


@dataclass(frozen=True, slots=True)
class Query:
    """A query that the vendor accepts; `names` None asks for all fields."""

    test: Test
    size: int
    names: tuple[str, ...] | None
    udf_names: frozenset[str]


@dataclass(frozen=True, slots=True)
class Paging:
    """Where a page begins, as its address says: after one id (`next`), or before one (`previous`)."""

    size: int
    after: int | None = None
    before: int | None = None


def read_query(body: Any, collection: str, udfs: Mapping[str, str]) -> Query:
    """The query that a decoded body means. Raises FilterError with the vendor's words."""
    if not isinstance(body, dict):
        raise FilterError(
            "Unexpected character encountered while parsing value: the query must be an object."
        )
    parts = {name.casefold(): value for name, value in body.items()}
    size = parts.get("maxrecords")
    size = LARGEST_PAGE if size is None else size
    if not isinstance(size, int) or isinstance(size, bool) or not 1 <= size <= LARGEST_PAGE:
        raise FilterError(f"maxCountOfRecordsToReturn must be between 1 and {LARGEST_PAGE}")
    wanted = parts.get("includefields") or None
    names, own = None, frozenset[str]()
    if wanted is not None:
        found = (find(collection, str(name)) for name in wanted)
        names = tuple(field.name for field in found if field is not None)
        folded = {str(name).casefold() for name in wanted}
        own = frozenset(name for name in udfs if name.casefold() in folded)
    return Query(compile_filters(parts.get("filter"), collection, udfs), size, names, own)


def read_paging(text: str) -> Paging:
    """The place that the `paging` parameter of an address names. Raises FilterError if it is none of ours."""
    try:
        value = msgspec.json.decode(text, type=dict[str, Any])
        size, before, after = int(value["pageSize"]), value.get("previousIds"), value.get("nextIds")
        if after:
            return Paging(size, after=int(after[-1]))
        return Paging(size, before=int(before[0]) if before else None)
    except (msgspec.MsgspecError, KeyError, TypeError, ValueError, IndexError):
        raise FilterError("The paging information is invalid.") from None


def page(rows: Iterable[Record], query: Query, paging: Paging | None, address: str, search: str) -> Any:
    """The answer to a query: `items` and `pageDetails`.

    `address` is the collection's own without `/next`; `search` the text of a query that came within an address, which
    the addresses of its other pages repeat; a query that came as a body must be sent with each of them again.
    """
    found = sorted((row for row in rows if query.test(row)), key=lambda row: row["id"])
    ids = [row["id"] for row in found]
    start, end = _bounds(ids, query.size, paging)
    shown = found[start:end]
    details: dict[str, Any] = {
        "count": len(shown),
        "requestCount": query.size,
        "prevPageUrl": None,
        "nextPageUrl": None,
    }
    if shown:
        suffix = f"&search={quote(search, safe='')}" if search else ""
        if start > 0:
            details["prevPageUrl"] = _address(address, "previous", query.size, [shown[0]["id"]], suffix)
        if end < len(found):
            details["nextPageUrl"] = _address(address, "next", query.size, [shown[-1]["id"]], suffix)
    return {"items": [cut(row, query) for row in shown], "pageDetails": details}


def cut(row: Record, query: Query) -> Record:
    """The record with only the fields asked for; the list of user-defined ones always comes, empty unless they were named."""
    if query.names is None:
        return row
    result = {name: row[name] for name in query.names}
    if UDF_FIELD in row:
        result[UDF_FIELD] = [udf for udf in row[UDF_FIELD] if udf["name"] in query.udf_names]
    return result


def _bounds(ids: Sequence[int], size: int, paging: Paging | None) -> tuple[int, int]:
    if paging is None:
        return 0, min(size, len(ids))
    if paging.before is not None:
        end = sum(number < paging.before for number in ids)
        return max(0, end - size), end
    start = sum(number <= (paging.after if paging.after is not None else -1) for number in ids)
    return start, min(start + size, len(ids))


def _address(base: str, step: str, size: int, ids: list[int], suffix: str) -> str:
    key = "nextIds" if step == "next" else "previousIds"
    other = "previousIds" if step == "next" else "nextIds"
    paging = msgspec.json.encode({"pageSize": size, key: ids, other: []}).decode()
    return f"{base}/{step}?paging={quote(paging, safe='')}{suffix}"
