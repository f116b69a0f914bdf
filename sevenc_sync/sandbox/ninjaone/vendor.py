"""The RMM's front: access tokens, lists after an id, and queries under a cursor that keeps its name."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from sevenc_sync.sandbox.exchange import Access, Answer, Call, Clock, Vendor, json_answer
from sevenc_sync.sandbox.ninjaone import records
from sevenc_sync.sandbox.secrets import token
from sevenc_sync.sandbox.tables import Key, Record, Tables
from sevenc_sync.sandbox.world import World

TOKEN_PATH = "/ws/oauth/token"  # noqa: S105 (a path)
TOKEN_LASTS = timedelta(hours=1)
CURSOR_LASTS = timedelta(minutes=10)
DEFAULT_PAGE, MOST = 100, 10_000
KEYED = ("organizations", "locations", "devices")
"""Lists after an id; all others are queries."""

QUERIES: Mapping[str, Callable[[World], Any]] = {
    "antivirus-status": records.antivirus_status, "os-patches": records.os_patches,
    "os-patch-installs": records.os_patch_installs, "volumes": records.volumes,
    "operating-systems": records.operating_systems, "computer-systems": records.computer_systems,
    "device-health": records.device_health,
}  # fmt: skip
BRIEF = frozenset({
    "id", "uid", "organizationId", "locationId", "nodeClass", "nodeRoleId", "rolePolicyId", "policyId",
    "approvalStatus", "offline", "displayName", "systemName", "dnsName", "netbiosName", "created",
    "lastContact", "lastUpdate", "userData", "tags", "references",
})  # fmt: skip
MESSAGES = {
    400: "Bad request", 401: "Unauthorized", 403: "Forbidden", 404: "Not found",
    405: "Method not allowed", 429: "Too many requests", 500: "Internal error",
}  # fmt: skip


@dataclass(slots=True)
class _Cursor:
    """A place in a query; it moves with each answer."""

    query: str
    size: int
    offset: int
    expires: datetime


class NinjaOne(Vendor):
    """The RMM with one world in it."""

    name = records.NAME
    account = "rmm"

    def __init__(self, world: World, clock: Clock, written: Path | None = None) -> None:
        self.clock = clock
        self.world = world
        self.tables = Tables(
            {
                "organizations": (lambda: records.organizations(world), "id"),
                "locations": (lambda: records.locations(world), "id"),
                "devices": (lambda: records.devices(world), "id"),
                **{name: (partial(load, world), "_key") for name, load in QUERIES.items()},
            },
            written,
        )
        self.client_id = token(world.seed, "ninja client", 26)
        self.client_secret = token(world.seed, "ninja secret", 40)
        self._given = 0
        self._tokens: dict[str, datetime] = {}
        self._cursors: dict[str, _Cursor] = {}

    def access(self) -> Access:
        """An API client of the machine-to-machine kind."""
        return Access({}, {"client_id": self.client_id, "client_secret": self.client_secret})

    def answer(self, call: Call) -> Answer:
        """Tokens for whoever has the secret; all else for whoever has a token."""
        if call.path == TOKEN_PATH:
            return self._token(call) if call.method == "POST" else self.error(405)
        match = re.fullmatch(r"(?:/api)?/v2/(queries/)?([a-z-]+)", call.path)
        if match is None:
            return self.error(404)
        if not self._knows(call.headers.get("authorization", "")):
            return self.error(401)
        query, name = bool(match[1]), match[2]
        table = name.removesuffix("-detailed")
        if query != (table in QUERIES) or (not query and table not in KEYED):
            return self.error(404)
        if call.method != "GET":
            return self.error(405)
        return self._query(call, name) if query else self._list(call, table, brief=name == "devices")

    def error(self, status: int) -> Answer:
        """A code, a message and an incident; gateways answer in HTML."""
        if status not in MESSAGES:
            return Answer(
                status, f"<html><body><h1>{status}</h1></body></html>".encode(), content_type="text/html"
            )
        body = {"resultCode": "FAILURE", "errorMessage": MESSAGES[status], "incidentId": "00-sandbox"}
        return json_answer(body, status)

    def records_in(self, body: Any) -> list[Any] | None:
        """A bare list, or the results of a query."""
        if isinstance(body, list):
            return body
        results = body.get("results") if isinstance(body, dict) else None
        return results if isinstance(results, list) else None

    def with_records(self, body: Any, records: list[Any]) -> Any:
        """The same shape around other records."""
        return records if isinstance(body, list) else {**body, "results": records}

    def edit(self, table: str, key: Key, changes: Mapping[str, Any]) -> Record:
        """Changes fields; a device notes when."""
        record: Record = {**self.tables.rows(table)[key], **changes}
        if "lastUpdate" in record and "lastUpdate" not in changes:
            record["lastUpdate"] = records.seconds(self.clock())
        self.tables.put(table, record)
        return record

    def _token(self, call: Call) -> Answer:
        form = {name: values[-1] for name, values in parse_qs(call.body.decode("utf-8", "replace")).items()}
        if form.get("client_id") != self.client_id or form.get("client_secret") != self.client_secret:
            return json_answer({"error": "invalid_client"}, 401)
        if form.get("grant_type") != "client_credentials":
            return json_answer({"error": "unauthorized_client"}, 400)
        if "monitoring" not in form.get("scope", "").split():
            return json_answer({"error": "invalid_scope"}, 400)
        self._given += 1
        value = token(self.world.seed, f"ninja access {self._given} {self.clock().isoformat()}", 48)
        self._tokens[value] = self.clock() + TOKEN_LASTS
        lasts = int(TOKEN_LASTS.total_seconds())
        return json_answer(
            {"access_token": value, "expires_in": lasts, "scope": "monitoring", "token_type": "Bearer"}
        )

    def _knows(self, header: str) -> bool:
        scheme, _, value = header.partition(" ")
        ends = self._tokens.get(value)
        return scheme.casefold() == "bearer" and ends is not None and self.clock() < ends

    def _list(self, call: Call, table: str, *, brief: bool) -> Answer:
        size, after = _number(call, "pageSize", DEFAULT_PAGE), _number(call, "after", 0)
        if size is None or after is None:
            return self.error(400)
        rows = sorted((row for key, row in self.tables.rows(table).items() if int(key) > after), key=_id_of)
        rows = [row for row in rows if table != "devices" or _passes(row, call.query.get("df", ""))]
        page = rows[: min(size, MOST)]
        if brief:
            page = [{name: value for name, value in row.items() if name in BRIEF} for row in page]
        headers = {}
        if len(rows) > len(page) and (table != "devices" or after):  # full pages without it occur
            headers["link"] = f'<{call.path}?pageSize={size}&after={page[-1]["id"]}>; rel="next"'
        return json_answer(page, headers=headers)

    def _query(self, call: Call, name: str) -> Answer:
        rows = self._rows(call, name)
        asked = call.query.get("cursor")
        if asked is None:
            size = _number(call, "pageSize", MOST)
            if size is None:
                return self.error(400)
            if "pageSize" not in call.query and name == "antivirus-status":
                return json_answer(rows)
            if len(rows) <= size:  # all on one page: no cursor
                return json_answer({"results": rows})
            asked = token(self.world.seed, f"ninja cursor {len(self._cursors)}", 24)
            self._cursors[asked] = _Cursor(name, size, 0, self.clock() + CURSOR_LASTS)
        place = self._cursors.get(asked)
        if place is None or place.query != name or self.clock() >= place.expires:
            return self.error(400)
        page = rows[place.offset : place.offset + place.size]
        place.offset += len(page)
        cursor = {
            "name": asked, "offset": place.offset, "count": len(page),
            "expires": records.seconds(place.expires),
        }  # fmt: skip
        return json_answer({"cursor": cursor, "results": page})

    def _rows(self, call: Call, name: str) -> list[Record]:
        """What a query shows: not its rows' keys, and BitLocker's state only on demand."""
        hidden = (
            {"_key"}
            if name != "volumes" or "bl" in call.query.get("include", "")
            else {"_key", "bitLockerStatus"}
        )
        status = call.query.get("status", "").upper()
        since = _moment(call.query.get("installedAfter", ""))
        return [
            {key: value for key, value in row.items() if key not in hidden}
            for row in self.tables.rows(name).values()
            if (not status or row.get("status") == status)
            and (since is None or (row.get("installedAt") or 0) >= since)
        ]


def _id_of(row: Record) -> int:
    return int(row["id"])


def _number(call: Call, name: str, default: int) -> int | None:
    """A parameter's number, the default without it, None for what is no number above -1."""
    text = call.query.get(name)
    return default if text is None else int(text) if text.isdigit() else None


def _moment(text: str) -> float | None:
    """Seconds since 1970, or a day such as 20261120."""
    if re.fullmatch(r"\d{8}", text):
        return records.day_seconds(datetime.strptime(text, "%Y%m%d").date())  # noqa: DTZ007 (a date)
    return float(text) if text else None


def _passes(row: Record, wanted: str) -> bool:
    """The device filter: `org=1`, `org in (1,2)`, `class=...`, joined by AND. What it does not know it ignores."""
    for part in wanted.split(" AND "):
        match = re.fullmatch(r"\s*(org|class)\s*(?:=\s*(\S+)|in\s*\(([^)]*)\))\s*", part)
        if match is not None:
            field = {"org": "organizationId", "class": "nodeClass"}[match[1]]
            values: Sequence[str] = [item.strip() for item in (match[2] or match[3]).split(",")]
            if str(row[field]) not in values:
                return False
    return True
