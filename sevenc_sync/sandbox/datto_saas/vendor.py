"""SaaS Protection's front: credentials, bare lists, and applications in the shapes that documents and answers have."""

import base64
import binascii
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sevenc_sync.sandbox.datto_saas import records
from sevenc_sync.sandbox.exchange import Access, Answer, Call, Clock, Vendor, json_answer
from sevenc_sync.sandbox.secrets import token
from sevenc_sync.sandbox.tables import Key, Record, Tables
from sevenc_sync.sandbox.world import World

APPLICATIONS = re.compile(r"/v1/saas/(\d+)/applications")
DOMAINS = "/v1/saas/domains"
MOST_DAYS = 30
ERRORS: Mapping[int, tuple[str, str]] = {
    400: ("exception.badrequesthttpexception", "Bad Request"),
    401: ("exception.unauthorizedhttpexception", "Invalid credentials."),
    403: ("exception.accessdeniedhttpexception", "Access Denied."),
    404: ("exception.notfoundhttpexception", "Not Found"),
    405: ("exception.methodnotallowedhttpexception", "Method Not Allowed"),
    429: ("exception.toomanyrequestshttpexception", "Too Many Requests"),
    500: ("exception.internalservererror", "Internal Server Error"),
}


class DattoSaas(Vendor):
    """The product with one world in it."""

    name = "datto_saas"
    account = "saas"

    def __init__(self, world: World, clock: Clock, written: Path | None = None) -> None:
        self.clock = clock
        self.world = world
        self.tables = Tables(
            {
                "domains": (lambda: records.domains(world), "id"),
                "applications": (lambda: records.applications(world), "customerId"),
            },
            written,
        )
        self.public_key = token(world.seed, "saas public", 6)
        self.secret_key = token(world.seed, "saas secret", 32)

    def access(self) -> Access:
        """The two API keys."""
        return Access({}, {"public_key": self.public_key, "secret_key": self.secret_key})

    def answer(self, call: Call) -> Answer:
        """A route that does not exist is 404 for everybody; one that does asks for the keys first."""
        of_customer = APPLICATIONS.fullmatch(call.path)
        if call.path != DOMAINS and of_customer is None:
            return self.error(404)
        if not self._knows(call.headers.get("authorization", "")):
            return self.error(401)
        if call.method != "GET":
            return self.error(405)
        if of_customer is None:
            rows = self.tables.rows("domains").values()
            return json_answer([{name: value for name, value in row.items() if name != "id"} for row in rows])
        return self._applications(int(of_customer[1]), call.query.get("daysUntil", "10"))

    def _applications(self, customer: int, days: str) -> Answer:
        if not days.isdigit() or int(days) > MOST_DAYS:
            return self.error(400)
        if customer not in {row["saasCustomerId"] for row in self.tables.rows("domains").values()}:
            return self.error(404)
        row = self.tables.rows("applications").get(customer)
        items = [] if row is None else [row]
        pagination = {"page": 1, "perPage": 100, "totalPages": len(items), "count": len(items)}
        envelope = {"pagination": pagination, "items": items}
        # The documents say a list of envelopes, answers have been one.
        return json_answer([envelope] if customer % 3 == 1 else envelope)

    def error(self, status: int) -> Answer:
        """A code in the style of the vendor's framework, and a message; gateways answer in HTML."""
        if status not in ERRORS:
            page = f"<html><body><h1>{status}</h1></body></html>"
            return Answer(status, page.encode(), content_type="text/html")
        code, message = ERRORS[status]
        return json_answer({"code": code, "message": message}, status)

    def records_in(self, body: Any) -> list[Any] | None:
        """The records of a list, of an envelope, or of a list of envelopes."""
        if isinstance(body, list):
            inner = [
                self.records_in(one) if isinstance(one, dict) and "items" in one else [one] for one in body
            ]
            return [record for found in inner for record in found or ()]
        items = body.get("items") if isinstance(body, dict) else None
        return list(items) if isinstance(items, list) else None

    def with_records(self, body: Any, records: list[Any]) -> Any:
        """The same shape around other records."""
        if isinstance(body, dict):
            return {**body, "items": records}
        if body and isinstance(body[0], dict) and "items" in body[0]:
            return [{**body[0], "items": records}]
        return records

    def edit(self, table: str, key: Key, changes: Mapping[str, Any]) -> Record:
        """Changes fields; the product notes no time of change."""
        record: Record = {**self.tables.rows(table)[key], **changes}
        self.tables.put(table, record)
        return record

    def _knows(self, header: str) -> bool:
        scheme, _, encoded = header.partition(" ")
        try:
            pair = base64.b64decode(encoded, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            return False
        return scheme.casefold() == "basic" and pair == f"{self.public_key}:{self.secret_key}"
