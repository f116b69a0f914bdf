"""A page's bytes to rows: what can be read becomes rows, what cannot goes to quarantine with its bytes and path."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any

import msgspec

from sevenc_sync.connect import redact
from sevenc_sync.connect.errors import ContractChanged
from sevenc_sync.connect.layouts import BareArray
from sevenc_sync.connect.pages import Malformed
from sevenc_sync.connect.stream import Context, Detail, Stream
from sevenc_sync.connect.text import clean
from sevenc_sync.store.codec import Codec, Row
from sevenc_sync.store.details import Mark
from sevenc_sync.store.quarantine import BadRecord
from sevenc_sync.sync.completed import can_complete, completed
from sevenc_sync.sync.mend import has_nul, mended
from sevenc_sync.sync.unchanged import KnownRecords, WatchedContext

MAX_REASON = 300

_Sign = tuple[str, int | None]  # a record's key, and the digest of it and of how it is read

_PLACED = re.compile(r"(.*) - at (?:`key` in )?`(\$[^`\s]*)`", re.DOTALL)


@dataclass(slots=True)
class DecodedPage:
    """A page, read. `count` is the number of records in the answer, good and bad."""

    count: int = 0
    rows: defaultdict[str, list[Row]] = field(default_factory=lambda: defaultdict(list))  # by table
    bad: list[BadRecord] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)  # of details that other streams read of these rows
    keys: list[str | None] = field(default_factory=list)  # of a detail's records, in the order of their rows
    last_key: str | None = None
    paging: Mapping[str, object] = field(default_factory=dict)

    def add(self, other: "DecodedPage") -> None:
        """Take what another page holds."""
        self.count += other.count
        for table, rows in other.rows.items():
            self.rows[table].extend(rows)
        self.bad += other.bad
        self.marks += other.marks
        self.keys += other.keys


class PageDecoder:
    """Decodes one stream's pages. Decoders are made once: they are compiled by the library."""

    def __init__(
        self,
        stream: Stream,
        codecs: Mapping[str, Codec],
        account: int,
        known: KnownRecords | None = None,
        details: Mapping[str, Detail] | None = None,
    ) -> None:
        self._stream = stream
        self._details = details or {}
        self._codecs = codecs
        self._account = account
        self._one = msgspec.json.Decoder(stream.wire)
        self._all = msgspec.json.Decoder(list[stream.wire])  # type: ignore[name-defined]  # the wire type is a value here
        key = msgspec.defstruct("Key", [("key", int | str | None, None)], rename={"key": stream.key})
        self._key = msgspec.json.Decoder(key)
        self._wire_key = _attribute_for(stream.wire, stream.key)
        self._known = known if self._wire_key is not None else None
        self._home = stream.records[0].table  # the kind of row that a record becomes
        self._completes = can_complete(stream.records)
        self._quick = type(stream.layout) is BareArray and self._wire_key is not None and not stream.detail

    def page(self, body: bytes, context: Context, fetched_at: int) -> DecodedPage:
        """Decode one answer. Raises Malformed for what is no JSON, ContractChanged for an unknown shape."""
        if self._known is not None:
            context = WatchedContext(context.now, context.lookups)
        if has_nul(body):
            body = mended(body)
        try:
            return self._read(body, context, fetched_at)
        except Malformed:
            readable = mended(body)
            if readable == body:
                raise
            return self._read(readable, context, fetched_at)

    def _read(self, body: bytes, context: Context, fetched_at: int) -> DecodedPage:
        if self._quick:
            result = self._at_once(body, context, fetched_at)
            if result is not None:
                return result
        return self._one_by_one(body, context, fetched_at)

    def _at_once(self, body: bytes, context: Context, fetched_at: int) -> DecodedPage | None:
        """The whole page in one go: a third quicker. None when some record is not as documented."""
        result = DecodedPage()
        rows = result.rows
        try:
            wires = self._all.decode(body)
            for place, sign in self._not_known(wires, result):
                # Here a fault loses the whole attempt, so a record's rows need not wait for each other.
                made = self._rows_of(wires[place], context, fetched_at, sign)
                for table, row in made:
                    rows[table].append(row)
                if self._details:
                    result.marks += self._marks_of(wires[place], made)
        except msgspec.ValidationError:
            return None
        except msgspec.DecodeError as error:
            raise Malformed(str(error)) from error
        except ValueError:
            return None
        result.count = len(wires)
        if wires and self._wire_key:
            key = getattr(wires[-1], self._wire_key)
            result.last_key = None if key is None else str(key)
        return result

    def _one_by_one(self, body: bytes, context: Context, fetched_at: int) -> DecodedPage:
        raws, paging = self._stream.layout.split(body)
        result = DecodedPage(count=len(raws), paging=paging)
        wires: list[Any] = []
        good: list[msgspec.Raw] = []
        for raw in raws:
            try:
                wires.append(self._one.decode(raw))
                good.append(raw)
            except ValueError as error:  # msgspec's errors are ValueErrors too
                result.bad.append(self._bad(error, raw))
        for place, sign in self._not_known(wires, result):
            try:
                made = self._rows_of(wires[place], context, fetched_at, sign)
                marks = self._marks_of(wires[place], made)
            except ValueError as error:
                result.bad.append(self._bad(error, good[place]))
                continue
            result.marks += marks
            if self._stream.detail is not None:
                result.keys += [self._key_of(wires[place])] * len(made)
            for table, row in made:  # all of a record's rows or none
                result.rows[table].append(row)
        if raws:
            result.last_key = self._last_key(raws[-1])
        return result

    def _not_known(self, wires: Sequence[Any], result: DecodedPage) -> Iterator[tuple[int, _Sign | None]]:
        """The places of the records that must be translated. Unchanged ones go into the result as they are passed."""
        known = self._known
        if known is None or self._wire_key is None:
            yield from ((place, None) for place in range(len(wires)))
            return
        keys = [str(key) for key in map(attrgetter(self._wire_key), wires)]
        digests = known.digests.of(wires)
        stored = known.stored(keys)
        unchanged = self._codecs[self._home].unchanged
        for place, sign in enumerate(zip(keys, digests, strict=True)):
            key, digest = sign
            if digest is not None and stored.get(key) == digest:
                result.rows[self._home].append(unchanged(self._account, key))
            else:
                yield place, sign

    def _rows_of(
        self, wire: Any, context: Context, fetched_at: int, sign: _Sign | None
    ) -> list[tuple[str, Row]]:
        """A record's rows, by table. Its one row bears its digest, if it has its key and would be the same at any time."""
        records = tuple(self._stream.to_canonical(wire, context))
        if self._completes:
            records = tuple(map(completed, records))
        codecs, account = self._codecs, self._account
        if sign is not None and _is_timeless(context) and len(records) == 1:
            key, digest = sign
            record = records[0]
            if record.id == key and record.table == self._home:
                codec = codecs[self._home]
                row = codec.row(account, record, fetched_at, digest)
                # What is dated in the future is looked at again: it counts as fresh when its time has come.
                newest = codec.newest_at
                if newest is None or row[newest] is None or row[newest] <= fetched_at:
                    return [(self._home, row)]
        return [(record.table, codecs[record.table].row(account, record, fetched_at)) for record in records]

    def _marks_of(self, wire: Any, made: Sequence[tuple[str, Row]]) -> list[Mark]:
        """What the record says of the details of the row that it became."""
        ids = [row[1] for table, row in made if table == self._home]
        return [
            Mark(stream, key, detail.mark(wire)) for stream, detail in self._details.items() for key in ids
        ]

    def _key_of(self, wire: Any) -> str | None:
        """What tells the record from the others of its answer; None where it has no such key."""
        key = None if self._wire_key is None else getattr(wire, self._wire_key)
        return str(key) if isinstance(key, int | str) else None

    def _bad(self, error: ValueError, raw: msgspec.Raw) -> BadRecord:
        return _bad(error, without(self._stream.never_stored, raw))

    def _last_key(self, raw: msgspec.Raw) -> str | None:
        try:
            key = self._key.decode(raw).key  # type: ignore[attr-defined]  # the struct is made above
        except msgspec.ValidationError as error:
            if self._stream.paginator.resumable:
                raise ContractChanged(
                    f"The last record of a page of {self._stream.name} has no usable {self._stream.key}: no way to the next page.",
                    detail=str(error),
                ) from error
            return None
        return None if key is None else str(key)


def _is_timeless(context: Context) -> bool:
    """Whether the record just translated needed no time. Begins anew for the next one."""
    if not isinstance(context, WatchedContext) or not context.asked:
        return True
    context.asked.clear()
    return False


def _attribute_for(wire: type[Any], key: str) -> str | None:
    """The struct's attribute for the key as it is spelt in JSON."""
    return next((item.name for item in msgspec.structs.fields(wire) if item.encode_name == key), None)


_FIELDS = msgspec.json.Decoder(dict[str, msgspec.Raw])
WITHHELD = b'"withheld: it may hold secrets, and cannot be taken apart"'


def without(keys: Sequence[str], raw: bytes) -> bytes:
    """The record's bytes without the values of these keys; nothing of it when they cannot be cut out."""
    if not keys:
        return raw
    try:
        fields = _FIELDS.decode(raw)
    except ValueError:
        return WITHHELD
    return msgspec.json.encode({name: value for name, value in fields.items() if name not in keys})


def _bad(error: ValueError, raw: bytes) -> BadRecord:
    """The record with the place that msgspec names in its message (" - at `$.a.b`"), else the whole of it.

    Messages repeat the vendor's values, so they are cleaned, and masked before they are cut.
    """
    text = redact.redact(clean(str(error)) or "")
    placed = _PLACED.fullmatch(text)
    reason, path = placed.groups() if placed else (text, "$")
    return BadRecord(path, clean(reason, MAX_REASON) or type(error).__name__, bytes(raw))
