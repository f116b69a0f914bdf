"""The PSA's front: discovery, credentials, routes, lists, single records, and the errors in the vendor's words."""

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sevenc_sync.sandbox.connectwise import lookups
from sevenc_sync.sandbox.connectwise.plans import Plans
from sevenc_sync.sandbox.connectwise.query import QueryError, cut, dig, filtered, paged
from sevenc_sync.sandbox.connectwise.records import Render, moment
from sevenc_sync.sandbox.connectwise.routes import ROUTES, SEARCHES, Route, loaders
from sevenc_sync.sandbox.connectwise.work import Work
from sevenc_sync.sandbox.connectwise.writes import (
    WriteError,
    checked_company,
    checked_ticket_note,
    created,
    patched,
    read_body,
    replaced,
    settled_ticket,
)
from sevenc_sync.sandbox.exchange import Access, Answer, Call, Clock, Vendor, json_answer
from sevenc_sync.sandbox.secrets import token, token_uuid
from sevenc_sync.sandbox.tables import Key, Record, Tables
from sevenc_sync.sandbox.world import World

ANY_CODEBASE = "v4_6_release/"
API_PATH = re.compile(r"/(?P<codebase>[^/]+/)apis/3\.0(?P<path>/.*)")
COMPANY_ID = "brightwater"
API_MEMBER = "SevenCSync"
ERRORS: Mapping[int, tuple[str, str]] = {
    400: ("InvalidObject", "object is invalid"),
    401: ("ConnectWiseApi", "UserNotAuthenticated"),
    403: ("Security", "You do not have security permission to perform this action."),
    404: ("ConnectWiseApi", "The endpoint does not exist."),
    405: ("ConnectWiseApi", "The requested resource does not support this method."),
    500: ("InternalError", "A timeout has occured. Please try again."),
}


@dataclass(frozen=True, slots=True)
class _Found:
    route: Route
    parent: int | None
    key: str


class ConnectWisePsa(Vendor):
    """The PSA with one world in it. `codebase` may be changed while it runs, as a cloud release does."""

    name = "connectwise_psa"
    account = "psa"

    def __init__(self, world: World, clock: Clock, written: Path | None = None) -> None:
        self.clock = clock
        self.world = world
        self.codebase = "v2026_4/"
        render = Render(world)
        self.tables = Tables(loaders(render, Work(world, render), Plans(world, render)), written)
        self.public_key = token(world.seed, "connectwise public", 16)
        self.private_key = token(world.seed, "connectwise private", 16)
        self.client_id = token_uuid(world.seed, "connectwise client")

    def access(self) -> Access:
        """The company's name, the API member's keys and the client id."""
        secrets = {
            "public_key": self.public_key,
            "private_key": self.private_key,
            "client_id": self.client_id,
        }
        return Access({"company_id": COMPANY_ID}, secrets)

    def answer(self, call: Call) -> Answer:
        """Discovery needs no credentials; all else lies under the codebase's path."""
        if call.path.startswith("/login/companyinfo/"):
            return self._discovery(call.path.rsplit("/", 1)[-1])
        match = API_PATH.fullmatch(call.path)
        if match is None or match["codebase"] not in {ANY_CODEBASE, self.codebase}:
            return self.error(404)
        refused = self._refusal(call, match["path"])
        if refused is not None:
            return refused
        query = {name.casefold(): value for name, value in call.query.items()}
        try:
            return self._api(call, match["path"], query)
        except QueryError as error:
            return _error(400, error.code, str(error))
        except WriteError as error:
            return json_answer(error.body, error.status)

    def error(self, status: int) -> Answer:
        """The vendor's body for a status; 429 has another form than all others, gateways answer in plain text."""
        if status == 429:  # noqa: PLR2004 (HTTP)
            return json_answer(
                {"error": "ConnectWiseAPI", "message": "Too many requests. Please try again in 30 seconds."},
                429,
            )
        if status not in ERRORS:
            return Answer(status, f"{status} Server Error".encode(), content_type="text/plain")
        return _error(status, *ERRORS[status])

    def records_in(self, body: Any) -> list[Any] | None:
        """Lists are bare arrays."""
        return body if isinstance(body, list) else None

    def with_records(self, body: Any, records: list[Any]) -> Any:  # noqa: ARG002 (others wrap theirs)
        """Another bare array."""
        return records

    def notes(self) -> list[tuple[int, Record]]:
        """(company id, note) for all notes."""
        return [(note["company"]["id"], note) for note in self.tables.rows("notes").values()]

    def edit(self, table: str, key: Key, changes: Mapping[str, Any]) -> Record:
        """Changes fields and moves `_info.lastUpdated` to the clock."""
        old = self.tables.rows(table)[key]
        info = {**old.get("_info", {}), "lastUpdated": moment(self.clock()), "updatedBy": "jdoe           "}
        record: Record = {**old, **changes, "_info": info}
        self.tables.put(table, record)
        return record

    def _discovery(self, company: str) -> Answer:
        if company.casefold() != COMPANY_ID:
            return json_answer(None)
        return json_answer(
            {
                "CompanyName": "Brightwater IT", "Codebase": self.codebase,
                "VersionCode": self.codebase.rstrip("/").replace("_", "."),
                "VersionNumber": "v4.6.98117", "CompanyID": COMPANY_ID, "IsCloud": "True",
            }
        )  # fmt: skip

    def _refusal(self, call: Call, path: str) -> Answer | None:
        """Why a call may not go on; `/system/info` answers anybody."""
        if path == "/system/info":
            return None
        company, public, private = _credentials(call.headers.get("authorization", ""))
        if company and company.casefold() != COMPANY_ID:
            return Answer(400, b"Cannot route. Codebase/company is invalid", content_type="text/plain")
        if (company.casefold(), public, private) != (COMPANY_ID, self.public_key, self.private_key):
            return self.error(401)
        if not call.headers.get("clientid"):
            return _error(403, "Security", "A valid clientId header is required.")
        return None

    def _api(self, call: Call, path: str, query: Mapping[str, str]) -> Answer:  # noqa: PLR0911 (by sort of path)
        if path == "/system/info":
            return json_answer(
                {
                    "version": "v2026.4.98117",
                    "isCloud": True,
                    "serverTimeZone": "Eastern Standard Time",
                    "cloudRegion": "NA",
                }
            )
        if path in SEARCHES and call.method == "POST":
            body = read_body(call)
            if not isinstance(body, dict):
                return self.error(400)
            search = {name.casefold(): str(value) for name, value in body.items() if value is not None}
            return self._list(call, _Found(ROUTES[SEARCHES[path]], None, ""), {**search, **query})
        found, counting = _find(path)
        if found is None:
            return self.error(404)
        if found.parent is not None and found.parent not in self.tables.rows(found.route.parent_table):
            return _missing(found.route.parent_type, found.parent)
        if counting:
            return json_answer({"count": len(filtered(self._rows(found), found.route.record_type, query))})
        if found.key:
            return self._single(call, found, query)
        if call.method == "POST" and "POST" in found.route.writes:
            return self._create(call, found)
        return self._list(call, found, query) if call.method == "GET" else self.error(405)

    def _rows(self, found: _Found) -> list[Record]:
        rows = self.tables.rows(found.route.table).values()
        if found.parent is None:
            return list(rows)
        return [record for record in rows if dig(record, found.route.parent_keys) == found.parent]

    def _list(self, call: Call, found: _Found, query: Mapping[str, str]) -> Answer:
        forward = call.headers.get("pagination-type", "").casefold() == "forward-only"
        page = paged(self._rows(found), found.route.record_type, query, forward)
        records = cut(page.records, found.route.record_type, query.get("fields", ""))
        link = page.link(f"http://{call.headers.get('host', '')}{call.path}")
        headers = {
            "api-current-version": "2026.4",
            "x-cw-request-id": f"sandbox-{len(call.path)}-{page.number}",
        }
        return json_answer(records, headers={**headers, "Link": link} if link else headers)

    def _single(self, call: Call, found: _Found, query: Mapping[str, str]) -> Answer:
        route = found.route
        record = next((r for r in self._rows(found) if str(r["id"]) == found.key), None)
        if record is None:
            return _missing(route.record_type, found.key)
        if call.method == "GET":
            return json_answer(cut([record], route.record_type, query.get("fields", ""))[0])
        if call.method == "POST" or call.method not in route.writes:
            return self.error(405)
        if call.method == "DELETE":
            self.tables.remove(route.table, record["id"])
            return Answer(204)
        change = patched if call.method == "PATCH" else replaced
        new = change(record, read_body(call), route.record_type, self.tables, self._stamp(record))
        new = self._keep(route, new)
        return json_answer(new)

    def _create(self, call: Call, found: _Found) -> Answer:
        route = found.route
        fixed: Record = {"id": self.tables.next_id(route.table)}
        if route.table == "notes" and found.parent is not None:
            company = self.tables.rows("companies")[found.parent]
            default = next(t for t in lookups.note_types() if t["defaultFlag"])
            fixed |= {
                "type": {"id": default["id"], "name": default["name"], "_info": {}}, "flagged": False,
                "enteredBy": API_MEMBER,
                "company": {"id": company["id"], "identifier": company["identifier"], "name": company["name"],
                "_info": {}},
            }  # fmt: skip
        if route.table == "ticket_notes":
            fixed |= {"ticketId": found.parent, "createdBy": API_MEMBER, "dateCreated": moment(self.clock())}
        record = created(fixed, read_body(call), route.record_type, self.tables, self._stamp(None))
        if route.table == "tickets":
            record = self._described(record)
        if route.table == "ticket_notes":
            # Whatever was stored, the answer says so of both.
            self._keep(route, checked_ticket_note(record))
            return json_answer({**record, "internalFlag": True, "externalFlag": True}, 201)
        return json_answer(self._keep(route, record), 201)

    def _described(self, ticket: Record) -> Record:
        """The ticket without its description, which becomes its first note and is never given back."""
        text = ticket.get("initialDescription")
        if text:
            note: Record = {
                "id": self.tables.next_id("ticket_notes"), "ticketId": ticket["id"], "text": text,
                "detailDescriptionFlag": True, "internalAnalysisFlag": False, "resolutionFlag": False,
                "createdBy": API_MEMBER, "dateCreated": moment(self.clock()), "_info": self._stamp(None),
            }  # fmt: skip
            self.tables.put("ticket_notes", note)
        return {name: value for name, value in ticket.items() if not name.startswith("initial")}

    def _keep(self, route: Route, record: Record) -> Record:
        if route.table == "tickets":
            record = settled_ticket(record, self.tables, moment(self.clock()))
        if route.table == "companies":
            record = checked_company(record)
        self.tables.put(route.table, record)
        return record

    def _stamp(self, old: Record | None) -> dict[str, str]:
        now = moment(self.clock())
        kept = old.get("_info", {}) if old else {}
        return {**kept, "lastUpdated": now, "updatedBy": API_MEMBER}


def _find(path: str) -> tuple[_Found | None, bool]:
    """The route, parent and record that a path names, and whether it asks for a count."""
    counting = path.endswith("/count")
    steps = (path.removesuffix("/count") if counting else path).strip("/").split("/")
    for key in ("", steps[-1]):
        if key and (counting or not key.isdigit()):
            continue
        head = steps[:-1] if key else steps
        for parent, template in ((None, head), *_with_parent(head)):
            route = ROUTES.get("/" + "/".join(template))
            if route is not None:
                return _Found(route, parent, key), counting
    return None, counting


def _with_parent(steps: list[str]) -> list[tuple[int | None, list[str]]]:
    return [
        (int(step), [*steps[:place], "{parent}", *steps[place + 1 :]])
        for place, step in enumerate(steps)
        if step.isdigit() and place < len(steps) - 1
    ]


def _credentials(header: str) -> tuple[str, str, str]:
    """Company, public key and private key of a Basic header; three empty texts if it is not of that form."""
    scheme, _, encoded = header.partition(" ")
    if scheme.casefold() != "basic":
        return "", "", ""
    try:
        user, _, private = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", "", ""
    company, plus, public = user.partition("+")
    return (company, public, private) if plus else ("", "", "")


def _missing(record_type: str, key: Key) -> Answer:
    words = {"Ticket": "Service Ticket", "ProjectTicket": "Project Ticket"}.get(record_type, record_type)
    return _error(404, "NotFound", f"{words} {key} not found")


def _error(status: int, code: str, message: str) -> Answer:
    return json_answer({"code": code, "message": message, "errors": None}, status)
