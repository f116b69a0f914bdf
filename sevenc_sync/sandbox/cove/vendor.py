"""Cove's front: one address for all methods, a login, visas that end, and faults that come with status 200."""

import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec

from sevenc_sync.sandbox.cove import records
from sevenc_sync.sandbox.exchange import Access, Answer, Call, Clock, Vendor, json_answer
from sevenc_sync.sandbox.secrets import token
from sevenc_sync.sandbox.tables import Key, Record, Tables
from sevenc_sync.sandbox.world import World

PATH = "/jsonapi"
VISA_LASTS = timedelta(minutes=15)
BAD_LOGIN, BAD_VISA, NOT_ALLOWED, INTERNAL = 2100, 1701, 13501, -32603
FORBIDDEN_COLUMNS = re.compile(r"^(D0?[23]F\d+|QW)$")
"""Columns that an ordinary API user may not read."""

CUSTOMER = "Brightwater IT (admin@brightwater.example)"
Params = Mapping[str, Any]


class _Fault(Exception):
    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


class Cove(Vendor):
    """The backup product with one world in it."""

    name = "cove"
    account = "cove"

    def __init__(self, world: World, clock: Clock, written: Path | None = None) -> None:
        self.clock = clock
        self.world = world
        self.tables = Tables(
            {
                "partners": (lambda: records.partners(world), "Id"),
                "accounts": (lambda: records.accounts(world), "AccountId"),
            },
            written,
        )
        self.user = "api-reader"
        self.password = token(world.seed, "cove token", 32)
        self._issued = 0

    def access(self) -> Access:
        """The customer's name, the API user and its token."""
        return Access({"partner": CUSTOMER, "username": self.user}, {"password": self.password})

    def path_of(self, call: Call) -> str:
        """The one address and, behind it, the method."""
        try:
            method = msgspec.json.decode(call.body).get("method")
        except (msgspec.DecodeError, AttributeError):
            return call.path
        return f"{call.path}/{method}" if isinstance(method, str) else call.path

    def answer(self, call: Call) -> Answer:
        """A result with the next visa, or a fault: both with status 200."""
        if not call.path.startswith(PATH):
            return self.error(404)
        try:
            asked = msgspec.json.decode(call.body)
        except msgspec.DecodeError:
            return _fault(None, INTERNAL, "Parse error")
        method, params = asked.get("method"), asked.get("params") or {}
        try:
            result: Record | list[Record]
            if method == "Login":
                result = self._login(params)
            else:
                self._admit(asked.get("visa"))
                handler = METHODS.get(method)
                if handler is None:
                    raise _Fault(INTERNAL, f"Method not found: {method}")  # noqa: TRY301 (one place makes answers)
                result = handler(self, params)
        except _Fault as fault:
            return _fault(asked.get("id"), fault.code, str(fault))
        return json_answer(
            {"jsonrpc": "2.0", "id": asked.get("id"), "visa": self._visa(), "result": {"result": result}}
        )

    def error(self, status: int) -> Answer:
        """What a gateway before the product answers."""
        return Answer(
            status, f"<html><body><h1>{status}</h1></body></html>".encode(), content_type="text/html"
        )

    def records_in(self, body: Any) -> list[Any] | None:
        """The list within the double result."""
        result = body.get("result") if isinstance(body, dict) else None
        found = result.get("result") if isinstance(result, dict) else None
        return found if isinstance(found, list) else None

    def with_records(self, body: Any, records: list[Any]) -> Any:
        """The same around other records."""
        return {**body, "result": {**body["result"], "result": records}}

    def edit(self, table: str, key: Key, changes: Mapping[str, Any]) -> Record:
        """Changes fields; the product notes no time of change."""
        record: Record = {**self.tables.rows(table)[key], **changes}
        self.tables.put(table, record)
        return record

    def _login(self, params: Params) -> Record:
        given = (params.get("partner"), params.get("username"), params.get("password"))
        if given != (CUSTOMER, self.user, self.password):
            raise _Fault(BAD_LOGIN, "Unknown partner or username, or bad password")
        return {
            "Id": 4242, "PartnerId": records.ROOT_ID, "Name": self.user, "EmailAddress": "api@brightwater.example",
            "Flags": ["SecurityOfficer", "NonInteractive"],
        }  # fmt: skip

    def _visa(self) -> str:
        self._issued += 1
        issued = int(self.clock().timestamp())
        return f"{token(self.world.seed, f'visa {self._issued}', 8)}-1-4242-{issued}-{token(self.world.seed, f'sign {issued}', 16)}"

    def _admit(self, visa: object) -> None:
        parts = visa.split("-") if isinstance(visa, str) else []
        if len(parts) != 5 or parts[4] != token(self.world.seed, f"sign {parts[3]}", 16):  # noqa: PLR2004 (a visa's parts)
            raise _Fault(BAD_VISA, "Visa is inconsistent or corrupted")
        if int(self.clock().timestamp()) - int(parts[3]) > VISA_LASTS.total_seconds():
            raise _Fault(BAD_VISA, "Visa is inconsistent or corrupted")

    def _below(self, partner: object) -> set[int]:
        """The partner and all below it."""
        if not isinstance(partner, int) or partner not in self.tables.rows("partners"):
            raise _Fault(NOT_ALLOWED, "Operation failed for security reasons")
        found = {partner}
        rows = list(self.tables.rows("partners").values())
        while more := {row["Id"] for row in rows if row["ParentId"] in found} - found:
            found |= more
        return found

    def partners(self, params: Params) -> list[Record]:
        """The partner itself and, recursively, those below it."""
        if not isinstance(params.get("fields"), list) or "fetchRecursively" not in params:
            raise _Fault(INTERNAL, "Missing parameter")
        below = self._below(params.get("parentPartnerId"))
        return [row for key, row in self.tables.rows("partners").items() if key in below]

    def statistics(self, params: Params) -> list[Record]:
        """A page of accounts with the columns that were asked for, those without a value left out."""
        query = params.get("query")
        if not isinstance(query, dict) or not isinstance(query.get("RecordsCount"), int):
            raise _Fault(INTERNAL, "Missing parameter query")
        columns = query.get("Columns") or []
        if any(FORBIDDEN_COLUMNS.match(column) for column in columns):
            raise _Fault(NOT_ALLOWED, "Operation failed for security reasons")
        below = self._below(query.get("PartnerId"))
        rows = [row for row in self.tables.rows("accounts").values() if row["PartnerId"] in below]
        column, _, direction = str(query.get("OrderBy") or "AU ASC").partition(" ")
        rows.sort(key=lambda row: _place(row, column), reverse=direction == "DESC")
        start = query.get("StartRecordNumber", 0)
        return [_shown(row, columns) for row in rows[start : start + query["RecordsCount"]]]


METHODS: Mapping[str, Callable[[Cove, Params], list[Record]]] = {
    "EnumeratePartners": Cove.partners,
    "EnumerateAccountStatistics": Cove.statistics,
}


def _shown(row: Record, columns: list[str]) -> Record:
    wanted = {_padded(name) for name in columns}
    return {**row, "Settings": [one for one in row["Settings"] if wanted.issuperset(one)]}


def _place(row: Record, column: str) -> tuple[int, int]:
    """Where an account stands in the order by `CD` (created) or by its id."""
    created = next((int(one["I4"]) for one in row["Settings"] if "I4" in one), 0)
    return (created if column == "CD" else 0), row["AccountId"]


def _padded(column: str) -> str:
    """`D9F0` is asked for as well as `D09F00`; answers have the long form."""
    match = re.fullmatch(r"D(\d+)F(\d+)", column)
    return column if match is None else f"D{int(match[1]):02d}F{int(match[2]):02d}"


def _fault(number: object, code: int, message: str) -> Answer:
    return json_answer({"jsonrpc": "2.0", "id": number, "error": {"code": code, "message": message}})
