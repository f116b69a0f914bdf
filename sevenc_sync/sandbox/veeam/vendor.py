"""The console's front: an API key or a token that ends, offset paging, filters, and a web page for what it does not know."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from operator import eq, ge, gt, le, lt, ne
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import msgspec

from sevenc_sync.sandbox.exchange import Access, Answer, Call, Clock, Vendor, json_answer
from sevenc_sync.sandbox.secrets import token
from sevenc_sync.sandbox.tables import Key, Record, Tables
from sevenc_sync.sandbox.veeam import records
from sevenc_sync.sandbox.world import World

BASE = "/api/v3"
DEFAULT_LIMIT, MOST = 100, 500
LASTS = timedelta(hours=1)
PAGE = b"<!doctype html><html><head><title>Service Provider Console</title></head><body></body></html>"

LISTS: Mapping[str, tuple[str, Callable[[World], Iterable[Record]], str]] = {
    "/organizations/companies": ("companies", records.companies, "instanceUid"),
    "/protectedWorkloads/virtualMachines": ("virtual_machines", records.virtual_machines, "instanceUid"),
    "/protectedWorkloads/virtualMachines/backups": ("vm_backups", records.vm_backups, "instanceUid"),
    "/protectedWorkloads/computersManagedByConsole": (
        "console_computers", records.console_computers, "backupAgentUid",
    ),
    "/protectedWorkloads/computersManagedByBackupServer": (
        "server_computers", records.server_computers, "instanceUid",
    ),
    "/protectedWorkloads/fileShares": ("file_shares", records.file_shares, "fileShareUid"),
    "/protectedWorkloads/vb365ProtectedObjects": ("microsoft_objects", records.microsoft_objects, "id"),
    "/infrastructure/backupServers/jobs": ("jobs", records.jobs, "uniqueUid"),
    "/infrastructure/backupAgents/jobs": ("agent_jobs", records.agent_jobs, "instanceUid"),
    "/infrastructure/vb365Servers/organizations/jobs": ("microsoft_jobs", records.microsoft_jobs, "instanceUid"),
}  # fmt: skip
"""Path to the table behind it, what fills it, and the field that names its records."""

UNFILTERED = re.compile(r"/protectedWorkloads/(computersManagedBy\w+|vb365ProtectedObjects)")
"""Lists that answer a filter with the web page, or know none."""

COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "equals": eq, "notEquals": ne, "lessThan": lt, "lessThanOrEqual": le, "greaterThan": gt, "greaterThanOrEqual": ge,
}  # fmt: skip
KINDS = {401: "security", 403: "security", 429: "transport", 520: "unspecified"}
WORDS = {
    401: "Authorization has been denied for this request.",
    403: "Access to the resource is denied.",
    404: "The resource was not found.",
    429: "API calls quota exceeded.",
    520: "An internal server error has occurred.",
}


class VeeamVspc(Vendor):
    """The console with one world in it."""

    name = "veeam_vspc"
    account = "veeam"

    def __init__(self, world: World, clock: Clock, written: Path | None = None) -> None:
        self.clock = clock
        self.tables = Tables(
            {table: (partial(fill, world), key) for table, fill, key in LISTS.values()}, written
        )
        self.api_key = token(world.seed, "veeam key", 48)
        self.password = token(world.seed, "veeam password", 20)
        self.user_name = "sync"
        self._issued: dict[str, datetime] = {}

    def access(self) -> Access:
        """An API key."""
        return Access({}, {"api_key": self.api_key})

    def answer(self, call: Call) -> Answer:
        """What is not below the API, or no route there, is the web application's page with status 200, for everybody."""
        path = call.path.removeprefix(BASE)
        if path == "/token" and call.method == "POST":
            return self._token(call)
        if not call.path.startswith(f"{BASE}/") or (path not in LISTS and path != "/about"):
            return Answer(200, PAGE, content_type="text/html")
        if not self._knows(call.headers.get("authorization", "")):
            return self.error(401)
        if call.method != "GET":
            return self.error(405)
        if path == "/about":
            return json_answer({"data": {"serverVersion": "9.1.0.30345"}, "meta": None})
        return self._list(call, path)

    def error(self, status: int) -> Answer:
        """Errors in the console's shape; every fault of the server itself is 520 there, and what a gateway says is HTML."""
        if status >= 500 and status != 520:  # noqa: PLR2004 (HTTP)
            return Answer(status, PAGE, content_type="text/html")
        return _refused(status, WORDS.get(status, "The request cannot be processed."))

    def records_in(self, body: Any) -> list[Any] | None:
        """The records under `data`."""
        data = body.get("data") if isinstance(body, dict) else None
        return data if isinstance(data, list) else None

    def with_records(self, body: Any, records: list[Any]) -> Any:
        """The same envelope; its counts stay what they were."""
        return {**body, "data": records}

    def edit(self, table: str, key: Key, changes: Mapping[str, Any]) -> Record:
        """Changes fields; the console notes no time of change."""
        record: Record = {**self.tables.rows(table)[key], **changes}
        self.tables.put(table, record)
        return record

    def _token(self, call: Call) -> Answer:
        """A password for a token of an hour; the wrong one is a 400."""
        form = {name: values[-1] for name, values in parse_qs(call.body.decode("utf-8", "replace")).items()}
        good = (form.get("grant_type"), form.get("username"), form.get("password"))
        if good != ("password", self.user_name, self.password):
            fault = {
                "error": "invalid_grant",
                "error_description": "The user name or password is incorrect.",
                "error_uri": None,
            }
            return json_answer(fault, 400)
        value = token(len(self._issued), f"veeam token {self.password}", 40)
        self._issued[value] = self.clock() + LASTS
        return json_answer(
            {"access_token": value, "token_type": "bearer", "refresh_token": token(1, value, 40),
             "expires_in": int(LASTS.total_seconds()), "mfa_token": None, "encrypted_code": None}
        )  # fmt: skip

    def _knows(self, header: str) -> bool:
        scheme, _, value = header.partition(" ")
        until = self._issued.get(value)
        return scheme.casefold() == "bearer" and (
            value == self.api_key or (until is not None and self.clock() < until)
        )

    def _list(self, call: Call, path: str) -> Answer:
        limit, offset = (
            _whole(call, name, usual) for name, usual in (("limit", DEFAULT_LIMIT), ("offset", 0))
        )
        if limit is None or offset is None or not 0 < limit <= MOST or offset < 0:
            return _refused(400, "The value is out of range.", "limit")
        rows = list(self.tables.rows(LISTS[path][0]).values())
        if "filter" in call.query:
            if UNFILTERED.fullmatch(path):
                return Answer(200, PAGE, content_type="text/html")
            try:
                rows = [row for row in rows if _fits(row, msgspec.json.decode(call.query["filter"]))]
            except (msgspec.DecodeError, KeyError, TypeError):
                return _refused(400, "The filter expression is not valid.", "filter")
        shown = rows[offset : offset + limit]
        paging = {"total": len(rows), "count": len(shown), "offset": offset}
        return json_answer({"data": shown, "meta": {"pagingInfo": paging}})


def _refused(status: int, words: str, parameter: str | None = None) -> Answer:
    error: Record = {"message": words, "type": KINDS.get(status, "logical"), "code": status}
    if parameter is not None:
        error["parameterName"] = parameter
    return json_answer({"errors": [error]}, status)


def _whole(call: Call, name: str, usual: int) -> int | None:
    value = call.query.get(name, str(usual))
    return int(value) if value.lstrip("-").isdecimal() else None


def _fits(row: Record, conditions: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a record fits all conditions. KeyError or TypeError for one that is not understood."""
    for condition in conditions:
        value: Any = row
        for step in str(condition["property"]).split("."):
            value = (value or {}).get(step)
        wanted, operation = condition["value"], condition["operation"]
        if condition.get("collation") == "ignorecase" and isinstance(value, str):
            value, wanted = value.casefold(), str(wanted).casefold()
        if operation == "in":
            good = value in wanted
        elif operation == "contains":
            good = str(wanted) in str(value or "")
        else:
            good = value is not None and COMPARISONS[operation](value, wanted)
        if not good:
            return False
    return True
