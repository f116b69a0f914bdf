"""What reading a connector's streams once tells of them, and how their pages are made small."""

import dataclasses
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from sevenc_sync.connect.layouts import Layout
from sevenc_sync.connect.pages import (
    Keyset,
    NextAddress,
    NumberedPages,
    OffsetPages,
    OverlappingPages,
    PagesToLast,
)
from sevenc_sync.connect.stream import Stream, Window
from sevenc_sync.sandbox import VendorServer

PAGES = 3  # so many pages has a list, where it has as many records

# The words of questions that are asked by POST for the size of a page.
SIZE_WORDS = ("maxRecords", "pageSize", "limit")


@dataclass(frozen=True)
class Spied:
    """Another layout, that notes the records of every answer."""

    inner: Layout
    noted: list[list[bytes]] = field(compare=False)

    def split(self, body: bytes) -> tuple[Sequence[msgspec.Raw], Mapping[str, object]]:
        """See Layout."""
        rows, paging = self.inner.split(body)
        self.noted.append([bytes(row) for row in rows])
        return rows, paging


@dataclass(frozen=True, slots=True)
class Facts:
    """What reading a stream once has shown.

    `requests` are the paths that were asked for, in order. `table` is the vendor's table behind the stream, None where
    it has none.
    """

    answers: list[list[bytes]]
    requests: list[str]
    table: str | None
    table_keys: Mapping[bytes, int | str]  # the record's bytes -> its key in the table

    @property
    def records(self) -> list[bytes]:
        """All records, as they came."""
        return [raw for answer in self.answers for raw in answer]

    @property
    def first_path(self) -> str:
        """The path of the first answer that had records."""
        return self.requests[next(place for place, answer in enumerate(self.answers) if answer)]

    @property
    def paths(self) -> str:
        """An expression for the paths of the stream's requests."""
        return _one_of(self.requests)

    @property
    def longest_path(self) -> str:
        """The path at which its longest list begins."""
        first = self.requests[0]
        if all(path.startswith(first) for path in self.requests):
            return first
        filled = [path for path, answer in zip(self.requests, self.answers, strict=True) if answer]
        return max(filled, key=filled.count)

    @property
    def longest(self) -> str:
        """An expression for the paths of its longest list: all of them, or those below one parent."""
        first = self.longest_path
        return _one_of([path for path in self.requests if path.startswith(first)])

    @property
    def longest_count(self) -> int:
        """How many pages with records its longest list has."""
        return sum(
            bool(answer) and re.search(self.longest, path) is not None
            for path, answer in zip(self.requests, self.answers, strict=True)
        )


def _one_of(paths: Sequence[str]) -> str:
    return f"^(?:{'|'.join(re.escape(path) for path in dict.fromkeys(paths))})$"


def changed(stream: Stream, **changes: Any) -> Stream:
    """The stream with other values."""
    return dataclasses.replace(stream, **changes)


def can_be_paged(stream: Stream) -> bool:
    """Whether the suite can make the stream's list come on several pages."""
    match stream.paginator:
        case Keyset() | OffsetPages() | OverlappingPages() | PagesToLast():
            return True
        case NumberedPages():
            return stream.paginator.size_param is not None
        case NextAddress():
            return stream.body is not None
        case _:
            return False


def in_pages(stream: Stream, answers: Sequence[Sequence[bytes]]) -> Stream:
    """The stream with pages so small that its longest list takes a few."""
    stream = changed(stream, ranges=None)  # parts are read in an order that nobody can foretell
    longest = max((len(answer) for answer in answers), default=0)
    # one record a page would make its first the last: then nothing tells a bad record from a page without an end
    size = max(-(-longest // PAGES), 2 if longest > 2 else 1)
    if not can_be_paged(stream):
        return stream
    match stream.paginator:
        case Keyset() | NumberedPages() | OffsetPages() | OverlappingPages() | PagesToLast():
            return changed(stream, paginator=dataclasses.replace(stream.paginator, size=size))
        case _:
            return stream if stream.body is None else changed(stream, body=_sized(stream.body, size))


def _sized(
    body: Callable[[Window], Mapping[str, object]], size: int
) -> Callable[[Window], Mapping[str, object]]:
    def smaller(window: Window) -> Mapping[str, object]:
        asked = dict(body(window))
        for word in SIZE_WORDS:
            if word in asked:
                asked[word] = size
        return asked

    return smaller


def facts_of(answers: list[list[bytes]], requests: list[str], server: VendorServer) -> Facts:
    # Where pages overlap, a record is read twice.
    raws = list(dict.fromkeys(raw for answer in answers for raw in answer))
    records = [json.loads(raw) for raw in raws]
    for table in server.vendor.tables.names:
        keys = _keys_in(server.vendor.tables.rows(table), records)
        if keys:
            return Facts(answers, requests, table, dict(zip(raws, keys, strict=True)))
    return Facts(answers, requests, None, {})


def _keys_in(rows: Mapping[int | str, dict[str, Any]], records: Sequence[Any]) -> list[int | str]:
    """The rows' keys that the records were made of, when the table has one for each."""
    found: list[int | str] = []
    for record in records:
        keys = [key for key, row in rows.items() if _is_part(record, row)]
        if not keys:
            return []
        found.append(keys[0])
    return found if len(set(found)) == len(found) else []


def _is_part(record: Any, row: Any) -> bool:
    if isinstance(record, dict) and isinstance(row, dict):
        return bool(record or not row) and all(
            name in row and _is_part(value, row[name]) for name, value in record.items()
        )
    # an empty list may stand for what was not asked for
    return bool(record == row) or (record == [] and isinstance(row, list))
