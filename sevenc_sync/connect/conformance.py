"""Checks that every connector must stand, for its own tests: what it declares, and how it takes odd values.

Nothing here needs a network or a store. What a whole account does when its vendor misbehaves is checked with servers,
in tests/conformance.
"""

import copy
import json
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from pydantic import SecretStr

from sevenc_sync.connect.connector import AccountSettings, Connector
from sevenc_sync.connect.stream import Context, Detail, Stream, Window, every_parent
from sevenc_sync.model import RECORDS, Lookup, Record

_NAME = re.compile(r"[a-z][a-z0-9_]*")
_SECRET_WORDS = re.compile(r"(^|_)(secret|password|passphrase|token|key|code)$")
_NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)
_WINDOWS = [
    Window(since=since, horizon=_NOW - timedelta(days=400), now=_NOW)
    for since in (None, _NOW - timedelta(days=3), _NOW - timedelta(hours=1))
]

_MISSING = object()
ODD_VALUES: Sequence[Any] = (
    _MISSING,
    None,
    False,
    True,
    0,
    -1,
    1.5,
    10**30,
    "",
    " ",
    "0",
    "conformance",
    "\u202e\0\ud800",
    "0001-01-01T00:00:00",
    "2999-12-31T23:59:59Z",
    "9999-12-31T23:59:59-14:00",
    [],
    [None],
    {},
    {"conformance": []},
)
"""What a vendor may send in place of any value; each is either understood or refused with a ValueError."""


def mistakes(connector: Connector) -> list[str]:
    """What is wrong with the connector's declaration, a sentence each; none for a good one."""
    return list(_declared(connector))


def _declared(connector: Connector) -> Iterator[str]:
    if not _NAME.fullmatch(connector.name):
        yield f"The connector's name {connector.name!r} is not of small letters, digits and _."
    if not connector.title.strip():
        yield "The connector has no title."
    if not connector.streams:
        yield "The connector has no streams."
    yield from _of_settings(connector.settings)
    names = [stream.name for stream in connector.streams]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f"Two streams are named {name}."
    for position, stream in enumerate(connector.streams):
        for mistake in _of_stream(stream, connector.streams[:position]):
            yield f"{stream.name}: {mistake}"


def _of_settings(settings: type[AccountSettings]) -> Iterator[str]:
    for name, field in settings.model_fields.items():
        if _SECRET_WORDS.search(name) and field.annotation is str:
            yield f"The setting {name} sounds like a secret: make it a SecretStr, so that it is never shown."
        if field.annotation is SecretStr and not field.is_required():
            yield f"The secret {name} has a default."
        if not field.description:
            yield f"The setting {name} has no description."


def _of_stream(stream: Stream, earlier: Sequence[Stream]) -> Iterator[str]:
    if not _NAME.fullmatch(stream.name):
        yield "its name is not of small letters, digits and _."
    if not stream.title.strip():
        yield "it has no title."
    if len(stream.needs.split()) < 2:  # noqa: PLR2004 - one word names no permission
        yield "`needs` does not name the permission, in the words of the vendor's own screens."
    if not stream.path.startswith("/"):
        yield f"its path {stream.path!r} does not begin with a slash."
    if not stream.records:
        yield "it declares no records."
    if stream.cadence <= timedelta(0) or stream.lag < timedelta(0):
        yield "its cadence or its lag is no time."
    yield from _of_keys(stream)
    yield from _of_gone(stream)
    yield from _of_others(stream, earlier)
    yield from _of_questions(stream)
    if stream.detail is not None:
        yield from _of_detail(stream, stream.detail, earlier)
    yield from _of_beside(stream)


def _of_beside(stream: Stream) -> Iterator[str]:
    if stream.beside and (stream.delta or stream.ranges or stream.sweep):
        yield "what stands beside it is read with all of its records: no changes, no parts, no ids."
    if len({item.name for item in stream.beside}) < len(stream.beside):
        yield "two of the lists beside it have one name."


def _of_keys(stream: Stream) -> Iterator[str]:
    for wire, what in ((stream.wire, "record"), (stream.sweep and stream.sweep.wire, "sweep's record")):
        if wire and stream.key not in {field.encode_name for field in msgspec.structs.fields(wire)}:
            yield f"its {what} {wire.__name__} has no field {stream.key!r}, which is its key."


def _of_gone(stream: Stream) -> Iterator[str]:
    for record in stream.complete:
        if record not in stream.records:
            yield f"it is complete for {record.__name__}, which it does not declare."
        for column in set(stream.scope) - {field.name for field in msgspec.structs.fields(record)}:
            yield f"its scope names {column!r}, which {record.__name__} does not have."
    if stream.complete and stream.sweep is not None:
        yield "it is complete and has a sweep: a whole pass or a sweep tells what is gone, not both."
    if Lookup in stream.complete and not stream.scope:
        yield "it is complete for list entries without a scope: those of other streams would be taken for gone."


def _of_others(stream: Stream, earlier: Sequence[Stream]) -> Iterator[str]:
    made = {record.table for other in earlier for record in other.records}
    if ("{parent}" in stream.path) is not (stream.parent is not None):
        yield "its path has a {parent} and it has none, or the other way round."
    if stream.parent is not None and stream.parent not in made:
        yield f"its parents are rows of {stream.parent!r}, which no stream before it makes."
    if stream.lookups and Lookup.table not in made:
        yield "it wants list entries, which no stream before it makes."
    for table, column in stream.related:
        fields = (
            {field.name for field in msgspec.structs.fields(RECORDS[table])} if table in RECORDS else set()
        )
        if column not in fields:
            yield f"it wants {table}.{column}, which does not exist."


def _of_questions(stream: Stream) -> Iterator[str]:
    asked = [
        (dict(stream.params(window)), None if stream.body is None else dict(stream.body(window)))
        for window in _WINDOWS
    ]
    whole, since, later = asked
    asks_fewer = stream.below is not every_parent  # below the parents that may have something new
    if stream.delta and not asks_fewer and since in (later, whole):
        yield "it says that it can be asked for changes, and asks the same whatever the time."
    if not stream.delta and since != whole:
        yield "it asks for changes, but does not say so (delta)."


_FOLDED = {"sum": (int, float), "earliest": (datetime,)}


def _of_detail(stream: Stream, detail: Detail, earlier: Sequence[Stream]) -> Iterator[str]:
    """A detail fills columns of rows that one stream before it makes."""
    maker = next((other for other in earlier if other.name == detail.of), None)
    if maker is None or stream.records != maker.records[:1] or stream.parent != maker.records[0].table:
        yield f"it tells more of the rows of {detail.of!r}, which must be its parents, and come from a stream before it."
        return
    if (
        stream.delta
        or stream.complete
        or stream.sweep
        or stream.ranges
        or detail.per_run < 1
        or not detail.fills
    ):
        yield "it reads one answer per row: no changes, no ids, no parts; a bound of at least one; and what it fills."
    record = stream.records[0]
    types = {field.name: str(field.type) for field in msgspec.structs.fields(record)}
    for column, fold in detail.fills.items():
        own = column in ("id", "company", *record.phrase) or column not in types
        fits = fold == "only" or any(kind.__name__ in types.get(column, "") for kind in _FOLDED[fold])
        if own or not fits:
            yield f"it fills {column!r} by {fold!r}, which cannot be."


def oddities(stream: Stream, raw: bytes, context: Context) -> list[str]:
    """What is wrong with how the stream takes odd values in this record, a sentence each.

    Every value of the record is in turn taken away, and replaced by each of ODD_VALUES. The record must then be
    understood, or be refused with a ValueError, which puts it into quarantine. What is not said must not be read as
    "no", as zero or as an empty text, and a key that is not known must change nothing.
    """
    decoder = msgspec.json.Decoder(stream.wire)

    def read(body: Any) -> list[Record]:
        encoded = json.dumps(body).encode("utf-8", "surrogatepass")
        return list(stream.to_canonical(decoder.decode(encoded), context))

    original = json.loads(raw)
    return list(_odd(stream, original, read(original), read))


def _odd(
    stream: Stream, original: Any, expected: list[Record], read: Callable[[Any], list[Record]]
) -> Iterator[str]:
    for place in _places(original):
        where = ".".join(map(str, place))
        for value in ODD_VALUES:
            shown = "nothing" if value is _MISSING else json.dumps(value)
            try:
                records = read(_with(original, place, value))
            except ValueError:
                continue
            except Exception as error:  # noqa: BLE001 - whatever it is, it is what we look for
                yield f"{stream.name}: {shown} at {where} raises {type(error).__name__}: it must be a ValueError."
                continue
            for record in records:
                yield from (f"{stream.name}: {shown} at {where}: {text}" for text in _unfit(stream, record))
            if (value is None or value is _MISSING) and where not in stream.tells_by_null:
                yield from (
                    f"{stream.name}: {shown} at {where} is read as {text}"
                    for text in _made_up(expected, records)
                )
    for place in [(), *(place for place in _places(original) if isinstance(_at(original, place), dict))]:
        unknown = _with(original, (*place, "conformanceUnknown"), {"a": [1]})
        if _read_or_none(read, unknown) != expected:
            where = ".".join(map(str, place)) or "the record"
            yield f"{stream.name}: an unknown key in {where} changes what is read, or is refused."


def _read_or_none(read: Callable[[Any], list[Record]], body: Any) -> list[Record] | None:
    try:
        return read(body)
    except ValueError:
        return None


def _unfit(stream: Stream, record: Record) -> Iterator[str]:
    if type(record) not in stream.records:
        yield f"a {type(record).__name__} comes, which is not declared."
    for name, value in msgspec.structs.asdict(record).items():
        if isinstance(value, datetime) and value.tzinfo is None:
            yield f"{name} is a time without a zone."


def _made_up(expected: list[Record], records: list[Record]) -> Iterator[str]:
    """Values that say something where the vendor said nothing, by fields that said something else before."""
    before = {(type(record), record.id): record for record in expected}
    for record in records:
        old = before.get((type(record), record.id))
        if old is None:
            continue
        for name, value in msgspec.structs.asdict(record).items():
            if value != getattr(old, name) and value in (0, ""):  # 0 is False too
                yield f"{name} = {value!r}, but nothing was said."


def _places(value: Any, place: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Where values stand in a record; of a list the first item only."""
    items: list[tuple[str | int, Any]] = []
    if isinstance(value, dict):
        items = list(value.items())
    elif isinstance(value, list):
        items = list(enumerate(value[:1]))
    for key, item in items:
        yield (*place, key)
        yield from _places(item, (*place, key))


def _at(value: Any, place: tuple[str | int, ...]) -> Any:
    for key in place:
        value = value[key]
    return value


def _with(original: Any, place: tuple[str | int, ...], value: Any) -> Any:
    changed = copy.deepcopy(original)
    holder = _at(changed, place[:-1])
    if value is _MISSING:
        del holder[place[-1]]
    else:
        holder[place[-1]] = value
    return changed
