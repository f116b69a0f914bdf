"""Autotask's questions: the body of a query, and its filters. One custom field a query at most; none is used here."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from connectors.autotask_psa import wire
from sevenc_sync.connect.layouts import Envelope
from sevenc_sync.connect.pages import NextAddress
from sevenc_sync.connect.stream import Apart, Asked, Count, Window
from sevenc_sync.connect.text import iso

Body = Mapping[str, object]
Filter = Mapping[str, object]

PAGE_SIZE = 500  # the vendor's maximum
CHUNK = 400  # ids in one question: each counts as an OR, of which 500 are allowed

PAGES = NextAddress(envelope="pageDetails", field="nextPageUrl", count_field="count")
ITEMS = Envelope("items")

# How many records a question finds, for one request.
COUNT = Count(
    suffix="/count", narrow=lambda body: {"filter": body["filter"]}, field="queryCount", page=PAGE_SIZE
)

# A query must have a filter. From 0 on: the MSP's own company has that id.
ANY: Filter = {"op": "gte", "field": "id", "value": 0}


def query(fields: Sequence[str] | None, *filters: Filter) -> Body:
    """A query's body. Without `fields` all come, and only then the MSP's own fields too."""
    body: dict[str, object] = {"maxRecords": PAGE_SIZE, "filter": list(filters)}
    return body if fields is None else {**body, "includeFields": list(fields)}


def since(field: str, moment: datetime) -> Filter:
    """From that time on."""
    return {"op": "gte", "field": field, "value": iso(moment)}


def any_of(*filters: Filter) -> Filter:
    """At least one of them."""
    return {"op": "or", "items": list(filters)}


def ids(fields: Sequence[str] | None) -> Callable[[Sequence[str]], Body]:
    """The question for these records."""
    return lambda wanted: query(fields, {"op": "in", "field": "id", "value": [int(one) for one in wanted]})


def _ids_alone(asked: Asked) -> Asked:
    params, body = asked
    return params, {**(body or {}), "includeFields": ["id"]}


def _these(asked: Asked, wanted: Sequence[str]) -> Asked:
    params, body = asked
    chosen = {"op": "in", "field": "id", "value": [int(one) for one in wanted]}
    return params, {**(body or {}), "filter": [chosen]}


def _after(asked: Asked, key: str) -> Asked:
    params, body = asked
    filters = (body or {}).get("filter")
    further = {"op": "gt", "field": "id", "value": int(key)}
    return params, {**(body or {}), "filter": [*(filters if isinstance(filters, list) else []), further]}


# Records come in the order of their ids, so what follows one is what has a greater id.
APART = Apart(ids=_ids_alone, these=_these, after=_after, chunk=CHUNK)


def everything(record: type[wire.Wire]) -> Callable[[Window], Body]:
    """The whole collection each time."""
    body = query(wire.fields_of(record), ANY)
    return lambda _window: body


def changed(
    fields: Sequence[str] | None, field: str, whole: Callable[[Window], Filter]
) -> Callable[[Window], Body]:
    """What changed since by the collection's own `field`; without a since, what `whole` says."""

    def body(window: Window) -> Body:
        return query(fields, whole(window) if window.since is None else since(field, window.since))

    return body
