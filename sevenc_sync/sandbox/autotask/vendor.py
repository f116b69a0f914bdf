"""The PSA's front: zones, credentials, queries, single records, child routes, metadata, and errors in the vendor's words."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import msgspec

from sevenc_sync.sandbox.autotask import metadata
from sevenc_sync.sandbox.autotask.books import API_USER, RESOURCE_OFFSET, Books
from sevenc_sync.sandbox.autotask.collections import CHILDREN, COLLECTIONS, Collection, loaders
from sevenc_sync.sandbox.autotask.facts import CHANGED
from sevenc_sync.sandbox.autotask.filters import FilterError
from sevenc_sync.sandbox.autotask.gate import THREADS_TEXT, WINDOW_MINUTES, Gate, errors, unroutable
from sevenc_sync.sandbox.autotask.query import Query, page, read_paging, read_query
from sevenc_sync.sandbox.autotask.sales import Sales
from sevenc_sync.sandbox.autotask.times import moment
from sevenc_sync.sandbox.autotask.work import Work, deleted
from sevenc_sync.sandbox.autotask.writes import WRITTEN_FROM, WriteError, changed, created
from sevenc_sync.sandbox.exchange import Access, Answer, Call, Clock, Vendor, json_answer
from sevenc_sync.sandbox.secrets import token
from sevenc_sync.sandbox.tables import Key, Record, Tables
from sevenc_sync.sandbox.world import World

ROOT = re.compile(r"(?P<zone>(?:/zone\d+)?)/atservicesrest/(?P<rest>.*)", re.IGNORECASE)
VERSION = "v1.0"
LONGEST_URL = 2048
FIRST_ZONE = 5
LOCK_TEXT = "There are too many concurrent processes locking that table. Please try again later."
MissingForm = Literal["404", "null item", "null"]
MISSING_FORMS: tuple[MissingForm, ...] = ("404", "null item", "null")


@dataclass(frozen=True, slots=True)
class _Target:
    """What a path names: a collection, perhaps below one parent, and the steps that follow."""

    collection: Collection
    parent: int | None
    rest: tuple[str, ...]


class AutotaskPsa(Vendor):
    """The PSA with one world in it.

    `gate` holds credentials and limits; `hidden` names collections that the API user may not see (queries then find
    nothing); `missing` is the form in which a record that is not there is answered, None for all forms in turn.
    """

    name = "autotask_psa"
    account = "psa"

    def __init__(self, world: World, clock: Clock, written: Path | None = None) -> None:
        self.clock = clock
        self.world = world
        self.zone = FIRST_ZONE
        self.hidden: set[str] = set()
        self.missing: MissingForm | None = None
        books = Books(world)
        self.tables = Tables(loaders(Work(world, books), books, Sales(world, books)), written)
        self.gate = Gate(
            user_name=f"api+{token(world.seed, 'autotask user', 8)}@brightwater.example",
            integration_code=token(world.seed, "autotask integration", 27).upper(),
            secret=token(world.seed, "autotask secret", 24), clock=clock,
        )  # fmt: skip
        adviser = next(m for m in world.members if m.active and m.title == "vCIO")
        self.note_resource = RESOURCE_OFFSET + adviser.id

    def move_zone(self, number: int) -> None:
        """Moves the database: the old zone knows nobody from now on, discovery tells where it went."""
        self.zone = number

    @property
    def _zone_path(self) -> str:
        """The first zone lies at the root, so that an address without discovery works until the database moves."""
        return "" if self.zone == FIRST_ZONE else f"/zone{self.zone}"

    def begin(self, call: Call) -> None:
        """Counts the call as under way at its endpoint."""
        self.gate.begin(_endpoint(call.path))

    def end(self, call: Call) -> None:
        """Counts it no more."""
        self.gate.end(_endpoint(call.path))

    def access(self) -> Access:
        """The API user, the integration's code, and the resource in whose name notes are written."""
        secrets = {
            "user_name": self.gate.user_name,
            "integration_code": self.gate.integration_code,
            "secret": self.gate.secret,
        }
        return Access({"note_resource": self.note_resource}, secrets)

    def answer(self, call: Call) -> Answer:  # noqa: PLR0911 (one line for each thing in the way)
        """Discovery and the list of versions need no credentials; all else lies in the database's zone."""
        match = ROOT.fullmatch(call.path)
        if match is None or call.length > LONGEST_URL:
            return self.error(404)
        steps = tuple(step for step in match["rest"].split("/") if step)
        folded = tuple(step.casefold() for step in steps)
        if folded == ("versioninformation",):
            return json_answer({"apiVersions": ["1.0"]})
        if not folded or folded[0] != VERSION:
            return self.error(404)
        if folded[1:] == ("zoneinformation",):
            return self._zone_information(call)
        if match["zone"].casefold() != self._zone_path:
            return self.error(401)
        refused = self.gate.refusal(call, _endpoint(call.path))
        if refused is not None:
            return refused
        try:
            return self._api(call, folded[1:])
        except (FilterError, WriteError) as error:
            return errors(str(error))
        except msgspec.DecodeError as error:
            return errors(f"Unexpected character encountered while parsing value: {error}.")

    def error(self, status: int) -> Answer:  # noqa: PLR0911 (one line for each status)
        """The vendor's body for a status; a 401 has none, what lies in front of the service answers in its own shapes."""
        match status:
            case 401:
                return Answer(401)
            case 403:
                return errors("The logged in Resource does not have the adequate permissions.", status=403)
            case 404:
                return unroutable("No HTTP resource was found that matches the request URI.", 404)
            case 405:
                return unroutable("The requested resource does not support this http method.", 405)
            case 429:
                return errors(THREADS_TEXT, status=429)
            case 500:
                return errors(LOCK_TEXT)
            case _:
                text = f"<html><body><h1>{status}</h1></body></html>"
                return Answer(status, text.encode(), content_type="text/html")

    def records_in(self, body: Any) -> list[Any] | None:
        """Lists come as `items`."""
        found = body.get("items") if isinstance(body, dict) else None
        return found if isinstance(found, list) else None

    def with_records(self, body: Any, records: list[Any]) -> Any:
        """The same page around other records; where the next one lies is left as it was."""
        details = body.get("pageDetails")
        if details is None:
            return {**body, "items": records}
        return {**body, "items": records, "pageDetails": {**details, "count": len(records)}}

    def list_of(self, call: Call) -> str:
        """All pages of a query belong to one list."""
        return re.sub(r"/(next|previous)$", "", call.path, flags=re.IGNORECASE)

    def edit(self, table: str, key: Key, changes: Mapping[str, Any]) -> Record:
        """Changes fields and moves the entity's times of change to the clock."""
        old = self.tables.rows(table)[key]
        touched = dict.fromkeys(CHANGED.get(table, ()), moment(self.clock(), old["id"]))
        record: Record = {**old, **touched, **changes}
        self.tables.put(table, record)
        return record

    def delete(self, table: str, key: Key) -> None:
        """Takes a record away; of a deleted ticket a log remains."""
        record = self.tables.rows(table)[key]
        self.tables.remove(table, key)
        if table == "Tickets":
            log = deleted(record["id"], record["title"], self.clock(), self.note_resource)
            self.tables.put("DeletedTicketLogs", {**log, "ticketNumber": record["ticketNumber"]})

    def notes(self) -> list[tuple[int, Record]]:
        """(company id, note) for the notes that callers wrote; meetings that the MSP's people noted are not among them."""
        rows = self.tables.rows("CompanyNotes").values()
        return [(row["companyID"], row) for row in rows if row["id"] >= WRITTEN_FROM]

    def _zone_information(self, call: Call) -> Answer:
        user = next((value for name, value in call.query.items() if name.casefold() == "user"), "")
        if user.casefold() != self.gate.user_name.casefold():
            return errors("Zone information could not be determined")
        end = "/" if self.zone == FIRST_ZONE else ""  # seen both ways
        return json_answer(
            {
                "zoneName": f"webservices{self.zone}",
                "url": f"http://{call.headers.get('host', '')}{self._zone_path}/ATServicesRest{end}",
                "webUrl": f"https://ww{self.zone}.psa.example/",
                "ci": 120_001,
            }
        )

    def _api(self, call: Call, steps: tuple[str, ...]) -> Answer:
        single = {"thresholdinformation": self._threshold, "version": _version, "modules": _modules}
        if len(steps) == 1 and steps[0] in single:
            return single[steps[0]]() if call.method == "GET" else _unsupported(call)
        target = _find(steps)
        if target is None:
            return self.error(404)
        return self._collection(call, target)

    def _collection(self, call: Call, target: _Target) -> Answer:  # noqa: PLR0911 (one line for each sort of path)
        collection, rest = target.collection, target.rest
        allowed = collection.writes if target.parent is None else collection.child_writes
        match rest:
            case ("query", *more) if more in (
                [],
                ["count"],
                ["next"],
                ["previous"],
            ):
                return self._query(call, collection, more[0] if more else "")
            case ("entityinformation", *more) if call.method == "GET":
                return _described(collection, more) or self.error(404)
            case () if call.method in allowed:
                return self._write(call, target)
            case () | ("next" | "previous",) if target.parent is not None and call.method == "GET":
                return self._child_list(call, target)
            case (key,) if key.lstrip("-").isdigit() and call.method == "GET":
                return self._single(int(key), target)
            case (key,) if key.isdigit() and call.method == "DELETE" and "DELETE" in allowed:
                return self._remove(int(key), collection)
            case () | ("entityinformation", *_):
                return _unsupported(call)
            case (key,) if key.isdigit():
                return _unsupported(call)
            case _:
                return self.error(404)

    def _query(self, call: Call, collection: Collection, step: str) -> Answer:
        if call.method not in {"GET", "POST"}:
            return _unsupported(call)
        search = call.query.get("search", "") if call.method == "GET" else ""
        if call.method == "GET" and not search:
            return _unsupported(call)
        body = msgspec.json.decode(search or call.body or b"null")
        query = read_query(body, collection.name, metadata.UDFS.get(collection.name, {}))
        rows = self._rows(collection.name)
        if step == "count":
            return json_answer({"queryCount": sum(1 for row in rows if query.test(row))})
        paging = read_paging(call.query.get("paging", "")) if step else None
        base = f"http://{call.headers.get('host', '')}{self._zone_path}/ATServicesRest/V1.0/{collection.name}/query"
        return json_answer(page(rows, query, paging, base, search))

    def _rows(self, collection: str) -> list[Record]:
        return [] if collection in self.hidden else list(self.tables.rows(collection).values())

    def _child_list(self, call: Call, target: _Target) -> Answer:
        collection = target.collection
        rows = [row for row in self._rows(collection.name) if row[collection.link] == target.parent]
        everything = Query(lambda _: True, 500, None, frozenset())
        base = re.sub(r"/(next|previous)$", "", call.path, flags=re.IGNORECASE)
        paging = read_paging(call.query.get("paging", "")) if target.rest else None
        return json_answer(page(rows, everything, paging, f"http://{call.headers.get('host', '')}{base}", ""))

    def _single(self, key: int, target: _Target) -> Answer:
        record = self.tables.rows(target.collection.name).get(key)
        if record is None or (target.parent is not None and record[target.collection.link] != target.parent):
            return self._absent(key)
        return json_answer({"item": record})

    def _absent(self, key: int) -> Answer:
        match self.missing or MISSING_FORMS[key % len(MISSING_FORMS)]:
            case "404":
                return Answer(404)
            case "null item":
                return json_answer({"item": None})
            case "null":
                return json_answer(None)

    def _write(self, call: Call, target: _Target) -> Answer:
        collection = target.collection
        body = msgspec.json.decode(call.body or b"null")
        now = self.clock().replace(microsecond=0)
        impersonated = self._impersonated(call)
        if call.method == "POST":
            record = created(collection, body, self.tables, API_USER, now, target.parent)
            if impersonated is not None and "impersonatorCreatorResourceID" in record:
                record["impersonatorCreatorResourceID"] = impersonated
        else:
            old = self._old(body, target)
            record = changed(collection, old, body, self.tables, now, replace=call.method == "PUT")
            if impersonated is not None and "impersonatorUpdaterResourceID" in record:
                record["impersonatorUpdaterResourceID"] = impersonated
        self.tables.put(collection.name, record)
        return json_answer({"itemId": record["id"]})

    def _old(self, body: Any, target: _Target) -> Record:
        """The record that a PATCH or PUT names in its body."""
        folded = {name.casefold(): value for name, value in body.items()} if isinstance(body, dict) else {}
        key = folded.get("id")
        record = self.tables.rows(target.collection.name).get(key) if isinstance(key, int) else None
        if record is None or (target.parent is not None and record[target.collection.link] != target.parent):
            raise WriteError(f"No matching records found for id {key}.")
        return record

    def _impersonated(self, call: Call) -> int | None:
        text = call.headers.get("impersonationresourceid", "")
        if not text:
            return None
        person = self.tables.rows("Resources").get(int(text)) if text.isdigit() else None
        if person is None or not person["isActive"]:
            raise WriteError("The impersonated Resource does not exist or is inactive.")
        return int(text)

    def _remove(self, key: int, collection: Collection) -> Answer:
        if key not in self.tables.rows(collection.name):
            return errors("No matching records found. ; on record number [1].")
        self.tables.remove(collection.name, key)
        return json_answer({"itemId": key})

    def _threshold(self) -> Answer:
        return json_answer(
            {
                "externalRequestThreshold": self.gate.hourly_limit,
                "requestThresholdTimeframe": WINDOW_MINUTES,
                "currentTimeframeRequestCount": self.gate.used,
            }
        )


def _find(steps: tuple[str, ...]) -> _Target | None:
    if not steps or steps[0] not in COLLECTIONS:
        return None
    if len(steps) > 2 and steps[1].isdigit():  # noqa: PLR2004 (parent, its id, child)
        child = CHILDREN.get((steps[0], steps[2]))
        known = child is not None and steps[3:4] != ("query",)  # child routes cannot be searched
        return _Target(child, int(steps[1]), steps[3:]) if child and known else None
    return _Target(COLLECTIONS[steps[0]], None, steps[1:])


def _endpoint(path: str) -> str:
    """The object endpoint that a path belongs to: the collection, also that of a child route and of its metadata."""
    match = ROOT.fullmatch(path)
    steps = tuple(step.casefold() for step in match["rest"].split("/") if step)[1:] if match else ()
    target = _find(steps)
    return target.collection.name if target else "/".join(steps[:1])


def _described(collection: Collection, more: list[str]) -> Answer | None:
    describe: Mapping[str, Callable[[], Any]] = {
        "": lambda: metadata.information(collection),
        "fields": lambda: metadata.field_list(collection.name),
        "userdefinedfields": lambda: metadata.udf_list(collection.name),
    }
    name = "/".join(more)
    return json_answer(describe[name]()) if name in describe else None


def _unsupported(call: Call) -> Answer:
    return unroutable(f"The requested resource does not support http method '{call.method}'.", 405)


def _version() -> Answer:
    return json_answer(
        {"majorVersion": "2026", "minorVersion": "3", "build": "2026.3.1", "customerType": "Live"}
    )


def _modules() -> Answer:
    return json_answer({"modules": [{"key": key, "value": True} for key in (1, 4, 24)]})
