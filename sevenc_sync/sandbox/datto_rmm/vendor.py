"""The RMM's front: the token, zero-based pages with absolute addresses, filters by likeness, its own error bodies."""

import re
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from pathlib import Path
from typing import Any

from sevenc_sync.sandbox.datto_rmm import records
from sevenc_sync.sandbox.datto_rmm.gate import CUT_OFF_RATIO, WINDOW, Gate
from sevenc_sync.sandbox.exchange import Access, Answer, Call, Clock, Vendor, json_answer
from sevenc_sync.sandbox.secrets import token, token_uuid
from sevenc_sync.sandbox.tables import Key, Record, Tables
from sevenc_sync.sandbox.world import World

ROOT = "/api"
TOKEN_PATH = "/auth/oauth/token"  # noqa: S105 (an address)
DEFAULT_MAX = MOST = 250
ITEMS = ("sites", "devices", "alerts", "patches")
HIDDEN_KEYS = frozenset({"deviceUid", "key"})
UID = r"(?P<uid>[^/]+)"
Handler = Callable[["DattoRmm", Call, "re.Match[str]"], Answer]

# Filter parameter of the device list -> the text that it is compared with.
LIKE: Mapping[str, Callable[[Record], str]] = {
    "hostname": lambda row: row["hostname"] or "",
    "siteName": lambda row: row["siteName"] or "",
    "operatingSystem": lambda row: row["operatingSystem"] or "",
    "deviceType": lambda row: row["deviceType"]["category"] or "",
}


class DattoRmm(Vendor):
    """The RMM with one world in it."""

    name = records.NAME
    account = "rmm"

    def __init__(self, world: World, clock: Clock, written: Path | None = None) -> None:
        self.clock = clock
        self.world = world
        self.tables = Tables(
            {
                "sites": (lambda: records.sites(world), "uid"),
                "devices": (lambda: records.devices(world), "uid"),
                "audits": (lambda: records.audits(world), "deviceUid"),
                "patches": (lambda: records.patches(world), "key"),
                "alerts": (lambda: records.alerts(world), "alertUid"),
            },
            written,
        )
        self.gate = Gate(
            world.seed,
            token(world.seed, "datto rmm key", 24).upper(),
            token(world.seed, "datto rmm secret", 24).upper(),
            clock,
        )

    def access(self) -> Access:
        """The API key and its secret."""
        return Access({}, {"api_key": self.gate.api_key, "secret_key": self.gate.secret_key})

    def answer(self, call: Call) -> Answer:
        """The token endpoint stands outside the API; within it all but the status asks for a token first."""
        if call.path == TOKEN_PATH:
            return self.gate.issue(call) if call.method == "POST" else self._error(405, call.path)
        path = call.path.removeprefix(ROOT)
        if path == call.path:
            return self._error(404, call.path)
        if path == "/v2/system/status":
            return json_answer({"version": "2.0.0", "status": "OK", "started": "2026-11-01T00:00:00Z"})
        refused = self.gate.refusal(call)
        if refused is not None:
            answer = self._error(refused[0], path)
            return Answer(answer.status, answer.body, refused[1])
        for pattern, handler in HANDLERS:
            match = re.fullmatch(pattern, path)
            if match is not None:
                return handler(self, call, match) if call.method == "GET" else self._error(405, path)
        return self._error(404, path)

    def error(self, status: int) -> Answer:
        """Time, status, its name and the path; nothing else is told."""
        return self._error(status, "/v2")

    def _error(self, status: int, path: str) -> Answer:
        phrase = HTTPStatus(status).phrase
        body = {
            "timestamp": records.millis(self.clock()),
            "status": status,
            "error": phrase,
            "path": path.removeprefix(ROOT),
        }
        return json_answer(body, status)

    def records_in(self, body: Any) -> list[Any] | None:
        """What stands beside the page's details."""
        if isinstance(body, dict) and "pageDetails" in body:
            return next((list(body[name]) for name in ITEMS if name in body), None)
        return None

    def with_records(self, body: Any, records: list[Any]) -> Any:
        """The same envelope around other records."""
        name = next(name for name in ITEMS if name in body)
        return {**body, name: records}

    def edit(self, table: str, key: Key, changes: Mapping[str, Any]) -> Record:
        """Changes fields; the product notes no time of change."""
        record: Record = {**self.tables.rows(table)[key], **changes}
        self.tables.put(table, record)
        return record

    def rate(self, _call: Call, _match: "re.Match[str]") -> Answer:
        """How much of the account's minute is used."""
        return json_answer(
            {
                "slidingTimeWindowSizeSeconds": int(WINDOW.total_seconds()),
                "accountUid": token_uuid(self.world.seed, "datto rmm account"),
                "accountCount": self.gate.used, "accountRateLimit": self.gate.reads_allowed,
                "accountCutOffRatio": CUT_OFF_RATIO, "accountWriteRateLimit": 600, "accountWriteCount": 0,
                "operationWriteStatus": {"device-udf-set": {"limit": 600, "count": 0}},
            }
        )  # fmt: skip

    def pagination(self, _call: Call, _match: "re.Match[str]") -> Answer:
        """The largest page."""
        return json_answer({"max": MOST})

    def sites(self, call: Call, _match: "re.Match[str]") -> Answer:
        """All sites, or those whose name holds a text."""
        rows = [row for row in self._rows("sites") if _like(call, "siteName", row["name"])]
        return _page(call, "sites", rows, total=True)

    def devices(self, call: Call, match: "re.Match[str]") -> Answer:
        """The devices of the account or of one site."""
        rows = [
            row
            for row in self._rows("devices")
            if all(_like(call, name, read(row)) for name, read in LIKE.items())
        ]
        site = match.groupdict().get("uid")
        if site is not None:
            if site not in self.tables.rows("sites"):
                return self._error(404, call.path)
            rows = [row for row in rows if row["siteUid"] == site]
        return _page(call, "devices", rows, total=True)

    def device(self, call: Call, match: "re.Match[str]") -> Answer:
        """One device."""
        row = self.tables.rows("devices").get(match["uid"])
        return json_answer(row) if row else self._error(404, call.path)

    def audit(self, call: Call, match: "re.Match[str]") -> Answer:
        """A device's audit; another class of device has one of another kind."""
        device = self.tables.rows("devices").get(match["uid"])
        if device is None:
            return self._error(404, call.path)
        row = self.tables.rows("audits").get(match["uid"])
        if device["deviceClass"] != "device" or row is None:
            return self._error(400, call.path)
        return json_answer(_sent(row))

    def patches(self, call: Call, match: "re.Match[str]") -> Answer:
        """A device's patches."""
        if match["uid"] not in self.tables.rows("devices"):
            return self._error(404, call.path)
        status = call.query.get("installStatus")
        rows = [
            _sent(row)
            for row in self._rows("patches")
            if row["deviceUid"] == match["uid"] and status in (None, row["installStatus"])
        ]
        return _page(call, "patches", rows)

    def alerts(self, call: Call, _match: "re.Match[str]") -> Answer:
        """All open alerts."""
        muted = {"true": True, "false": False}.get(call.query.get("muted", ""))
        rows = [row for row in self._rows("alerts") if muted is None or row["muted"] is muted]
        return _page(call, "alerts", rows)

    def _rows(self, table: str) -> list[Record]:
        return list(self.tables.rows(table).values())


HANDLERS: Sequence[tuple[str, Handler]] = (
    (r"/v2/system/request_rate", DattoRmm.rate),
    (r"/v2/system/pagination", DattoRmm.pagination),
    (r"/v2/account/sites", DattoRmm.sites),
    (r"/v2/account/devices", DattoRmm.devices),
    (r"/v2/account/alerts/open", DattoRmm.alerts),
    (rf"/v2/site/{UID}/devices", DattoRmm.devices),
    (rf"/v2/device/{UID}", DattoRmm.device),
    (rf"/v2/device/{UID}/patches", DattoRmm.patches),
    (rf"/v2/audit/device/{UID}", DattoRmm.audit),
)


def _sent(record: Record) -> Record:
    return {key: value for key, value in record.items() if key not in HIDDEN_KEYS}


def _like(call: Call, name: str, text: str) -> bool:
    return call.query.get(name, "").casefold() in text.casefold()


def _number(call: Call, name: str, default: int) -> int:
    text = call.query.get(name, "")
    return int(text) if text.isdigit() else default


def _page(call: Call, items: str, rows: Sequence[Record], *, total: bool = False) -> Answer:
    """A page in its envelope. Its addresses are absolute and forget every parameter but the page's own."""
    size = min(max(1, _number(call, "max", DEFAULT_MAX)), MOST)
    page = _number(call, "page", 0)
    shown = rows[page * size : (page + 1) * size]
    address = f"http://{call.headers.get('host', '')}{call.path}?max={size}&page="
    details: Record = {
        "count": len(shown),
        "prevPageUrl": f"{address}{page - 1}" if page else None,
        "nextPageUrl": f"{address}{page + 1}" if (page + 1) * size < len(rows) else None,
    }
    if total:
        details["totalCount"] = len(rows)
    return json_answer({"pageDetails": details, items: shown})
