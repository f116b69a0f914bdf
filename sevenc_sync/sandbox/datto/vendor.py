"""The backup product's front: credentials, the envelope with its paging, and assets in three shapes."""

import base64
import binascii
import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from sevenc_sync.sandbox.datto import records
from sevenc_sync.sandbox.exchange import Access, Answer, Call, Clock, Vendor, json_answer
from sevenc_sync.sandbox.secrets import token
from sevenc_sync.sandbox.tables import Key, Record, Tables
from sevenc_sync.sandbox.world import World

AssetShape = Literal["index", "items", "array"]
"""`{"0": {...}, "1": {...}}`, `{"items": [...]}` or a bare list."""

SHAPES: Sequence[AssetShape] = ("index", "items", "index", "array", "items")
DEFAULT_PER_PAGE, MOST_PER_PAGE = 100, 250
DEVICE = r"/v1/bcdr/device/(?P<serial>[^/]+)"
HIDDEN_KEYS = frozenset({"serialNumber", "id"})
ERRORS: Mapping[int, tuple[str, str]] = {
    400: ("exception.badrequesthttpexception", "Bad Request"),
    401: ("exception.unauthorizedhttpexception", "Invalid credentials."),
    403: ("exception.accessdeniedhttpexception", "Access Denied."),
    404: ("exception.notfoundhttpexception", "Not Found"),
    405: ("exception.methodnotallowedhttpexception", "Method Not Allowed"),
    429: ("exception.toomanyrequestshttpexception", "Too Many Requests"),
    500: ("exception.internalservererror", "Internal Server Error"),
}
Handler = Callable[["DattoBcdr", Call, "re.Match[str]"], Answer]


class DattoBcdr(Vendor):
    """The backup product with one world in it. `shape` forces one asset shape; None chooses by device."""

    name = "datto_bcdr"
    account = "backup"

    def __init__(self, world: World, clock: Clock, written: Path | None = None) -> None:
        self.clock = clock
        self.world = world
        self.shape: AssetShape | None = None
        self.tables = Tables(
            {
                "devices": (lambda: records.devices(world), "serialNumber"),
                "assets": (lambda: records.assets(world), "assetId"),
                "alerts": (lambda: records.alerts(world), "id"),
                "restores": (lambda: records.restores(world), "restoreId"),
            },
            written,
        )
        self.public_key = token(world.seed, "datto public", 6)
        self.secret_key = token(world.seed, "datto secret", 32)

    def access(self) -> Access:
        """The two API keys."""
        return Access({}, {"public_key": self.public_key, "secret_key": self.secret_key})

    def answer(self, call: Call) -> Answer:
        """A route that does not exist is 404 for everybody; one that does asks for the keys first."""
        for pattern, handler in HANDLERS:
            match = re.fullmatch(pattern, call.path)
            if match is None:
                continue
            if not self._knows(call.headers.get("authorization", "")):
                return self.error(401)
            return handler(self, call, match) if call.method == "GET" else self.error(405)
        return self.error(404)

    def error(self, status: int) -> Answer:
        """A code in the style of the vendor's framework, and a message; gateways answer in HTML."""
        if status not in ERRORS:
            return Answer(
                status, f"<html><body><h1>{status}</h1></body></html>".encode(), content_type="text/html"
            )
        code, message = ERRORS[status]
        return json_answer({"code": code, "message": message}, status)

    def records_in(self, body: Any) -> list[Any] | None:
        """A bare list, the items of an envelope, or the values of an object with numbered keys."""
        if isinstance(body, list):
            return body
        if isinstance(body, dict):
            if isinstance(body.get("items"), list):
                return list(body["items"])
            if body and all(key.isdigit() for key in body):
                return list(body.values())
        return None

    def with_records(self, body: Any, records: list[Any]) -> Any:
        """The same shape around other records."""
        if isinstance(body, list):
            return records
        if "items" in body:
            return {**body, "items": records}
        return {str(place): record for place, record in enumerate(records)}

    def edit(self, table: str, key: Key, changes: Mapping[str, Any]) -> Record:
        """Changes fields; the product notes no time of change."""
        record: Record = {**self.tables.rows(table)[key], **changes}
        self.tables.put(table, record)
        return record

    def shape_of(self, serial: str) -> AssetShape:
        """The shape in which a device's assets come."""
        if self.shape is not None:
            return self.shape
        return SHAPES[hashlib.sha256(serial.encode()).digest()[0] % len(SHAPES)]

    def _knows(self, header: str) -> bool:
        scheme, _, encoded = header.partition(" ")
        try:
            pair = base64.b64decode(encoded, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            return False
        return scheme.casefold() == "basic" and pair == f"{self.public_key}:{self.secret_key}"

    def _of(self, table: str, serial: str) -> list[Record]:
        return [record for record in self.tables.rows(table).values() if record["serialNumber"] == serial]

    def devices(self, call: Call, _: "re.Match[str]") -> Answer:
        """The device list."""
        rows = list(self.tables.rows("devices").values())
        if call.query.get("showHiddenDevices", "1") == "0":
            rows = [row for row in rows if not row.get("hidden")]
        return _envelope(call, rows)

    def device(self, _: Call, match: "re.Match[str]") -> Answer:
        """One device."""
        record = self.tables.rows("devices").get(match["serial"])
        return json_answer(record) if record else self.error(404)

    def assets(self, call: Call, match: "re.Match[str]") -> Answer:
        """A device's assets, all of them or those of one type."""
        serial, kind = match["serial"], match.groupdict().get("kind")
        if serial not in self.tables.rows("devices"):
            return self.error(404)
        rows = [_sent(record) for record in self._of("assets", serial) if kind in {None, record["type"]}]
        shape = "items" if kind else self.shape_of(serial)
        if shape == "items":
            return _envelope(call, rows)
        page, per_page = _paging(call)
        rows = rows[(page - 1) * per_page : page * per_page]
        return json_answer(rows if shape == "array" else {str(place): row for place, row in enumerate(rows)})

    def asset(self, _: Call, match: "re.Match[str]") -> Answer:
        """One asset in a list; an empty list if there is none."""
        return json_answer(
            [_sent(r) for r in self._of("assets", match["serial"]) if r["volume"] == match["volume"]]
        )

    def of_device(self, call: Call, match: "re.Match[str]") -> Answer:
        """A device's alerts or restores."""
        if match["serial"] not in self.tables.rows("devices"):
            return self.error(404)
        return _envelope(
            call,
            [
                _sent(row)
                for row in self._of(
                    {"alert": "alerts", "vm-restores": "restores"}[match["list"]], match["serial"]
                )
            ],
        )


HANDLERS: Sequence[tuple[str, Handler]] = (
    (r"/v1/bcdr/device", DattoBcdr.devices),
    (DEVICE, DattoBcdr.device),
    (DEVICE + r"/asset", DattoBcdr.assets),
    (DEVICE + r"/asset/(?P<kind>agent|share)", DattoBcdr.assets),
    (DEVICE + r"/asset/(?P<volume>[0-9a-f]{32})", DattoBcdr.asset),
    (DEVICE + r"/(?P<list>alert|vm-restores)", DattoBcdr.of_device),
)


def _sent(record: Record) -> Record:
    return {key: value for key, value in record.items() if key not in HIDDEN_KEYS}


def _paging(call: Call) -> tuple[int, int]:
    page, per_page = (call.query.get(name, "") for name in ("_page", "_perPage"))
    number = int(page) if page.isdigit() else 1
    size = int(per_page) if per_page.isdigit() else DEFAULT_PER_PAGE
    return max(1, number), min(max(1, size), MOST_PER_PAGE)


def _envelope(call: Call, rows: Sequence[Record]) -> Answer:
    page, per_page = _paging(call)
    pagination = {
        "page": page,
        "perPage": per_page,
        "totalPages": -(-len(rows) // per_page),
        "count": len(rows),
    }
    return json_answer({"pagination": pagination, "items": rows[(page - 1) * per_page : page * per_page]})
