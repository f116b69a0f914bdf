"""A page's bytes to rows: what can be read becomes rows, what cannot goes to quarantine with its bytes and path."""

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from sevenc_sync.connect import redact
from sevenc_sync.connect.errors import ContractChanged
from sevenc_sync.connect.pages import BareArray, Malformed
from sevenc_sync.connect.stream import Context, Stream
from sevenc_sync.connect.text import clean
from sevenc_sync.store.codec import Codec, Row
from sevenc_sync.store.quarantine import BadRecord
from sevenc_sync.sync.mend import has_nul, mended

MAX_REASON = 300

_PLACED = re.compile(r"(.*) - at (?:`key` in )?`(\$[^`\s]*)`", re.DOTALL)


@dataclass(slots=True)
class DecodedPage:
    """A page, read. `count` is the number of records in the answer, good and bad."""

    count: int = 0
    rows: defaultdict[str, list[Row]] = field(default_factory=lambda: defaultdict(list))  # by table
    bad: list[BadRecord] = field(default_factory=list)
    last_key: str | None = None
    paging: Mapping[str, object] = field(default_factory=dict)


class PageDecoder:
    """Decodes one stream's pages. Decoders are made once: they are compiled by the library."""

    def __init__(self, stream: Stream, codecs: Mapping[str, Codec], account: int) -> None:
        self._stream = stream
        self._codecs = codecs
        self._account = account
        self._one = msgspec.json.Decoder(stream.wire)
        self._all = msgspec.json.Decoder(list[stream.wire])  # type: ignore[name-defined]  # the wire type is a value here
        key = msgspec.defstruct("Key", [("key", int | str | None, None)], rename={"key": stream.key})
        self._key = msgspec.json.Decoder(key)
        self._wire_key = _attribute_for(stream.wire, stream.key)
        self._quick = type(stream.layout) is BareArray and self._wire_key is not None

    def page(self, body: bytes, context: Context, fetched_at: int) -> DecodedPage:
        """Decode one answer. Raises Malformed for what is no JSON, ContractChanged for an unknown shape."""
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
        rows, to_canonical = result.rows, self._stream.to_canonical
        codecs, account = self._codecs, self._account
        try:
            wires = self._all.decode(body)
            for wire in wires:
                # Here a fault loses the whole attempt, so a record's rows need not wait for each other.
                for record in to_canonical(wire, context):
                    rows[record.table].append(codecs[record.table].row(account, record, fetched_at))
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
        for raw in raws:
            try:
                self._take(self._one.decode(raw), context, fetched_at, result)
            except ValueError as error:  # msgspec's errors are ValueErrors too
                result.bad.append(_bad(error, raw))
        if raws:
            result.last_key = self._last_key(raws[-1])
        return result

    def _take(self, wire: Any, context: Context, fetched_at: int, result: DecodedPage) -> None:
        made = [
            (record.table, self._codecs[record.table].row(self._account, record, fetched_at))
            for record in self._stream.to_canonical(wire, context)
        ]
        for table, row in made:  # all of a record's rows or none
            result.rows[table].append(row)

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


def _attribute_for(wire: type[Any], key: str) -> str | None:
    """The struct's attribute for the key as it is spelt in JSON."""
    return next((item.name for item in msgspec.structs.fields(wire) if item.encode_name == key), None)


def _bad(error: ValueError, raw: msgspec.Raw) -> BadRecord:
    """The record with the place that msgspec names in its message (" - at `$.a.b`"), else the whole of it.

    Messages repeat the vendor's values, so they are cleaned, and masked before they are cut.
    """
    text = redact.redact(clean(str(error)) or "")
    placed = _PLACED.fullmatch(text)
    reason, path = placed.groups() if placed else (text, "$")
    return BadRecord(path, clean(reason, MAX_REASON) or type(error).__name__, bytes(raw))
