"""A stream: one kind of record at one vendor, as a value."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, Literal
from urllib.parse import quote

from sevenc_sync.connect.layouts import BareArray, Layout
from sevenc_sync.connect.pages import Paginator
from sevenc_sync.model import Lookup, Protection, ProtectionRun, Record


@dataclass(frozen=True, slots=True)
class Window:
    """The part of a source that a pass reads: everything changed after `since`, or everything (None).

    `horizon` is the oldest time that any rule looks back to; a full pass may leave out what ended before it. `now` is
    the time of asking, for vendors that are asked for what is in force.
    """

    since: datetime | None
    horizon: datetime
    now: datetime


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


def every_parent(parent: Parent, window: Window) -> bool:  # noqa: ARG001 - a stream that reads below all of them
    """Each pass reads below every parent row."""
    return True


class Entries(dict[str, Lookup]):
    """List entries of one kind by their vendor ids."""

    @cached_property
    def by_parent(self) -> Mapping[str | None, Sequence[Lookup]]:
        """The entries below each parent, made once for a whole pass."""
        found: dict[str | None, list[Lookup]] = {}
        for entry in self.values():
            found.setdefault(entry.parent, []).append(entry)
        return found


@dataclass(frozen=True, slots=True)
class Context:
    """What a translation to the canonical record may use beside the wire record itself."""

    now: datetime
    parent: Parent | None = None
    lookups: Mapping[str, Mapping[str, Lookup]] = field(default_factory=dict)  # kind -> vendor id -> entry
    rows: Mapping[tuple[str, str], Mapping[str, str | None]] = field(
        default_factory=dict
    )  # (table, column) -> id -> value
    beside: Mapping[str, Mapping[str, Sequence[Any]]] = field(
        default_factory=dict
    )  # list -> id of this stream's record -> what that list says of it

    def lookup(self, kind: str, key: object) -> Lookup | None:
        """The vendor's list entry, or None when it is not known (no right to read the list, say)."""
        return self.lookups.get(kind, {}).get(str(key))

    def below(self, kind: str, parent: object) -> Sequence[Lookup]:
        """The vendor's list entries of a kind that belong to one parent."""
        entries = self.lookups.get(kind, {})
        found = entries if isinstance(entries, Entries) else Entries(entries)
        return found.by_parent.get(str(parent), ())

    def related(self, table: str, column: str, key: object) -> str | None:
        """A column of another stored row of this account; None when the row is not known or does not say it."""
        return self.rows.get((table, column), {}).get(str(key))

    def said(self, name: str, key: object) -> Sequence[Any]:
        """What the list of that name beside the stream says of a record, in its order."""
        return self.beside.get(name, {}).get(str(key), ())


def no_params(window: Window) -> Mapping[str, str]:  # noqa: ARG001 - a stream without a window
    """The vendor offers no filter: everything is read each time."""
    return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """A list that tells more of a stream's records: read whole before each pass over them, and kept in memory meanwhile.

    `of` gives the id of the record that an entry speaks of, None where it speaks of none. Its entries make no rows, so
    none can be held in quarantine: make `wire` so wide that any entry can be read.
    """

    name: str
    path: str
    wire: type[Any]
    of: Callable[[Any], str | None]
    paginator: Paginator
    layout: Layout = field(default_factory=BareArray)
    params: Callable[[Window], Mapping[str, str]] = no_params


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranges:
    """How a list can be cut by its numeric ids, so that the parts can be read side by side.

    Pages after a key cannot be read ahead: each needs the one before. Parts can. `edge` makes the parameters that ask
    for the one record with the lowest (False) or highest (True) id, `within` those that take the place of the
    stream's own for low <= id < high (None: no upper end). `workers` is how many parts the vendor bears at once.
    """

    edge: Callable[[Window, bool], Mapping[str, str]]
    within: Callable[[Window, int, int | None], Mapping[str, str]]
    workers: int = 4


@dataclass(frozen=True, slots=True)
class Listed:
    """One line of a list that tells only what still exists.

    `facts` are columns of the stored row that can change without the vendor's time of change moving (a ticket that
    went to another company when two were merged); a row that differs is read again.
    """

    id: str
    facts: Mapping[str, str | bool | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """How a stream's source tells which of its records still exist, by the stream's own pages.

    `params` (and `body`, for vendors that are asked by POST) ask for ids and facts only. `reread` makes the parameters
    (or `reread_body` the body) that read these records whole, at most `chunk` at once. `holds_all` says that every
    listed id should be in the store: one that is not was missed, and is read too.
    """

    wire: type[Any]
    listed: Callable[[Any], Listed]
    params: Callable[[Window], Mapping[str, str]] = no_params
    body: Callable[[Window], Mapping[str, object]] | None = None
    reread: Callable[[Sequence[str]], Mapping[str, str]] | None = None
    reread_body: Callable[[Sequence[str]], Mapping[str, object]] | None = None
    chunk: int = 100
    holds_all: bool = True
    cadence: timedelta = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """How a list that is asked for by POST tells its length: at its own path and `suffix`, by the same filter.

    `narrow` makes the question of it from that of a page, `field` holds the number, `page` is how many records a page has.
    """

    suffix: str
    narrow: Callable[[Mapping[str, object]], Mapping[str, object]]
    field: str
    page: int


Asked = tuple[Mapping[str, str], Mapping[str, object] | None]  # a question's parameters, and its body


@dataclass(frozen=True, slots=True, kw_only=True)
class Apart:
    """How a page that the vendor answers with 500 for ever is taken apart, to get all of its records but the bad one.

    Each makes a question of the list's own: `ids` for the ids alone, `these` for the records of these ids, at most `chunk` at
    once, `after` for the records with a greater id, where pages are not asked for by their first key.
    """

    ids: Callable[[Asked], Asked]
    these: Callable[[Asked, Sequence[str]], Asked]
    after: Callable[[Asked, str], Asked] | None = None
    chunk: int = 100


Fold = Literal["only", "sum", "earliest"]
"""How a column comes of the records of one answer: the only one says it, their sum, or the earliest of their times.

The sum is unknown (null) where one of the records does not say its part, and 0 where there are none.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Detail:
    """How a stream tells more of rows that another one makes: one call for each of them, when they have changed.

    `of` names the other stream. `mark` looks at one of its wire records and gives a text that is another one when the
    detail should be read again, None where there is none to read. `fills` names the columns that only this stream tells,
    each with how it comes of the answer's records; until the row's turn has come they are null. `per_run` is how many rows
    one run asks for at most: those first that have waited longest.
    """

    of: str
    mark: Callable[[Any], str | None]
    fills: Mapping[str, Fold]
    per_run: int = 250


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """One kind of record at one vendor.

    `to_canonical` turns one wire record into the canonical records it holds; `records` names their kinds. `key` is the
    wire field that holds the vendor's id. `parent` names the evidence table whose rows fill `{parent}` in the path.
    With `body` the question is asked by POST, with that JSON for every page. `lookups` names the kinds of list entries
    that the translation wants, `related` the (table, column) pairs that it wants of other stored rows: a vendor's time
    entry may name only its ticket, and the ticket the company. `complete` names the kinds of records of which a whole pass shows all there are (within
    `scope`: column -> value): what it does not show is gone. `sweep` tells the same where no pass reads everything.
    In a scope, `id` is how the ids begin that this stream makes.
    With `detail` the stream makes no rows of its own: it fills columns of its parents'.
    `beside` are lists that tell more of the same records: the translation asks `context.said`.
    `needs` is the permission, in the words of the vendor's own screens. `lag` is taken off the watermark, because
    vendors' indexes trail their clocks.
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
    below: Callable[[Parent, Window], bool] = (
        every_parent  # whether a pass over this window reads below this row
    )
    lookups: tuple[str, ...] = ()
    related: tuple[tuple[str, str], ...] = ()
    complete: tuple[type[Record], ...] = ()
    scope: Mapping[str, str] = field(default_factory=dict)
    tells_by_null: tuple[
        str, ...
    ] = ()  # fields whose absence is an answer too: no day of an end, so not ended
    sweep: Sweep | None = None
    ranges: Ranges | None = None
    detail: Detail | None = None
    never_stored: tuple[
        str, ...
    ] = ()  # keys of a record that may hold secrets: cut out of what quarantine keeps
    beside: tuple[Beside, ...] = ()
    count: Count | None = None
    apart: Apart | None = None

    @property
    def builds_runs(self) -> bool:
        """Whether backup runs are built up from what its protections show each time: it delivers none itself."""
        return Protection in self.records and ProtectionRun not in self.records and self.detail is None

    def path_for(self, parent: Parent | None) -> str:
        """The path of one pass: with the parent's vendor id, quoted, where the stream has a parent."""
        return (
            self.path if parent is None else self.path.replace("{parent}", quote(parent.vendor_id, safe=""))
        )
