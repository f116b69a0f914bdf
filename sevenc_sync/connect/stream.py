"""A stream: one kind of record at one vendor, as a value."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from sevenc_sync.connect.pages import BareArray, Layout, Paginator
from sevenc_sync.model import Lookup, Record


@dataclass(frozen=True, slots=True)
class Window:
    """The part of a source that a pass reads: everything changed after `since`, or everything (None).

    `horizon` is the oldest time that any rule looks back to; a full pass may leave out what ended before it.
    """

    since: datetime | None
    horizon: datetime


@dataclass(frozen=True, slots=True)
class Parent:
    """The record that a child stream's path points into. `row` is its row in the store, by column name."""

    id: str
    company: str | None
    row: Mapping[str, object]

    @property
    def vendor_id(self) -> str:
        """The id as the vendor's paths want it: without the `kind:` that a list entry's id has here."""
        kind = self.row.get("kind")
        return self.id.removeprefix(f"{kind}:") if isinstance(kind, str) else self.id


@dataclass(frozen=True, slots=True)
class Context:
    """What a translation to the canonical record may use beside the wire record itself."""

    now: datetime
    parent: Parent | None = None
    lookups: Mapping[str, Mapping[str, Lookup]] = field(default_factory=dict)  # kind -> vendor id -> entry

    def lookup(self, kind: str, key: object) -> Lookup | None:
        """The vendor's list entry, or None when it is not known (no right to read the list, say)."""
        return self.lookups.get(kind, {}).get(str(key))


def no_params(window: Window) -> Mapping[str, str]:  # noqa: ARG001 - a stream without a window
    """The vendor offers no filter: everything is read each time."""
    return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """One kind of record at one vendor.

    `to_canonical` turns one wire record into the canonical records it holds; `records` names their kinds. `key` is the
    wire field that holds the vendor's id. `parent` names the evidence table whose rows fill `{parent}` in the path.
    With `body` the question is asked by POST, with that JSON for every page. `lookups` names the kinds of list entries
    that the translation wants. `needs` is the permission, in the words of the vendor's own screens. `lag` is taken off the watermark, because vendors' indexes trail their clocks.
    """

    name: str
    title: str
    path: str
    wire: type[Any]
    to_canonical: Callable[[Any, Context], Iterable[Record]]
    records: tuple[type[Record], ...]
    paginator: Paginator
    needs: str
    key: str = "id"
    layout: Layout = field(default_factory=BareArray)
    params: Callable[[Window], Mapping[str, str]] = no_params
    body: Callable[[Window], Mapping[str, object]] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    delta: bool = False
    lag: timedelta = timedelta(minutes=10)
    cadence: timedelta = timedelta(hours=1)
    parent: str | None = None
    parent_kinds: Mapping[str, str] = field(
        default_factory=dict
    )  # column -> value that a parent row must have
    lookups: tuple[str, ...] = ()

    def path_for(self, parent: Parent | None) -> str:
        """The path of one pass: with the parent's vendor id, quoted, where the stream has a parent."""
        return (
            self.path if parent is None else self.path.replace("{parent}", quote(parent.vendor_id, safe=""))
        )
