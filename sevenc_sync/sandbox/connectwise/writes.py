"""Writing to the PSA: what a new or changed record must hold, and the vendor's words when it does not."""

from collections.abc import Mapping
from typing import Any

import msgspec

from sevenc_sync.sandbox.connectwise.schema import MOMENT, Kind, shape
from sevenc_sync.sandbox.exchange import Call
from sevenc_sync.sandbox.tables import Record, Tables

REFERENCED: Mapping[str, str] = {
    "ref Company": "companies", "ref NoteType": "note_types", "ref Board": "boards",
    "ref ServiceStatus": "board_statuses",
    "ref Member": "members", "ref Priority": "priorities", "ref ServiceType": "board_types",
    "ref ServiceSubType": "board_subtypes",
    "ref ServiceSource": "sources", "ref Agreement": "agreements",
}  # fmt: skip
"""Reference type to the table that must hold the record; others are taken as they come."""


NUMERIC = frozenset({"Number", "Percent", "Currency"})


class WriteError(ValueError):
    """A refused write: status and body of the answer."""

    def __init__(
        self, status: int, code: str, message: str, errors: list[dict[str, str]] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.body = {"code": code, "message": message, "errors": errors}


def read_body(call: Call) -> Any:
    """The decoded body of a call.

    Without `charset=utf-8` in its content type the vendor reads the bytes in another character set, and texts that
    are not plain ASCII come out garbled. Raises WriteError: 415 for another type than JSON, 400 for no JSON.
    """
    content_type = call.headers.get("content-type", "").casefold().replace(" ", "")
    if not content_type.startswith("application/json"):
        raise WriteError(
            415, "UnsupportedMediaType", "The request contains an entity body in an unsupported format."
        )
    text = (
        call.body.decode("utf-8", "replace")
        if "charset=utf-8" in content_type
        else call.body.decode("cp1252", "replace")
    )
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError:
        raise WriteError(400, "InvalidObject", "The request body is not valid JSON.") from None


def created(fixed: Record, body: Any, record_type: str, tables: Tables, info: Record) -> Record:
    """A new record out of what the server sets and what the caller sent. Raises WriteError."""
    return _checked({**fixed, **_plain(body), "id": fixed["id"], "_info": info}, record_type, tables)


def replaced(old: Record, body: Any, record_type: str, tables: Tables, info: Record) -> Record:
    """The record after a PUT: what is not sent is gone, except what only the server sets. Raises WriteError."""
    server_side: Record = {key: old[key] for key in ("id", "company", "enteredBy") if key in old}
    return _checked({**server_side, **_plain(body), "id": old["id"], "_info": info}, record_type, tables)


def patched(old: Record, body: Any, record_type: str, tables: Tables, info: Record) -> Record:
    """The record after a PATCH: a list of operations on top-level fields. Raises WriteError."""
    if not isinstance(body, list):
        raise WriteError(400, "InvalidObject", "Patch operations: expected array format")
    record = dict(old)
    for step in body:
        name = str(step.get("path", "")).lstrip("/") if isinstance(step, dict) else ""
        root = name.split("/", 1)[0]
        if (
            not isinstance(step, dict)
            or step.get("op") not in {"add", "replace", "remove"}
            or root not in shape(record_type).fields
        ):
            raise _refusal(record_type, "InvalidField", f"{name} is not a field that can be patched", root)
        if root != name:
            continue  # a path into a reference answers 200 and changes nothing
        if step["op"] == "remove":
            record.pop(name, None)
        elif name == "customFields":
            record[name] = _custom_fields(old, step.get("value"), record_type)
        else:
            record[name] = step.get("value")
    return _checked({**record, "id": old["id"], "_info": info}, record_type, tables)


def settled_ticket(record: Record, tables: Tables, now: str) -> Record:
    """A written ticket with what the server derives: its flag and time of closing follow its status."""
    board = (
        tables.rows("boards")[record["board"]["id"]]
        if "board" in record
        else next(iter(tables.rows("boards").values()))
    )
    statuses = [row for row in tables.rows("board_statuses").values() if row["board"]["id"] == board["id"]]
    status_id = (
        record["status"]["id"]
        if "status" in record
        else next(row["id"] for row in statuses if row["defaultFlag"])
    )
    status = next((row for row in statuses if row["id"] == status_id), None)
    if status is None:
        raise _refusal("Ticket", "NotFound", f"status {status_id} not found", "status/id")
    closed = status["closedStatus"]
    derived: Record = {
        "recordType": "ServiceTicket", "board": {"id": board["id"], "name": board["name"], "_info": {}},
        "status": {"id": status["id"], "name": status["name"], "sort": status["sortOrder"], "_info": {}},
        "closedFlag": closed,
    }  # fmt: skip
    kept = {name: value for name, value in record.items() if closed or name not in {"closedDate", "closedBy"}}
    return {**({"closedDate": now} if closed else {}), **kept, **derived}


FIRST_YEAR, LAST_YEAR = 1900, 9999


def checked_company(record: Record) -> Record:
    """A changed company: the vendor checks all of the stored record, not only what was sent. Raises WriteError."""
    year = record.get("yearEstablished")
    if year is not None and not FIRST_YEAR <= year <= LAST_YEAR:
        text = f"The field yearEstablished must be between {FIRST_YEAR} and {LAST_YEAR}."
        raise _refusal("Company", "InvalidField", text, "yearEstablished")
    return record


def checked_ticket_note(record: Record) -> Record:
    """A new note on a ticket: it must say which sort it is. Raises WriteError."""
    sorts = ("detailDescriptionFlag", "internalAnalysisFlag", "resolutionFlag")
    if not any(record.get(name) for name in sorts):
        raise _refusal("ServiceNote", "InvalidField", "One of the note flags must be set to true.", sorts[0])
    return record


def _custom_fields(old: Record, value: Any, record_type: str) -> list[Record]:
    """The record's custom fields with new values. Those that are not sent lose theirs: the worst that callers report."""
    items = value if isinstance(value, list) else []
    sent = {item.get("id"): item.get("value") for item in items if isinstance(item, dict)}
    there = {field["id"]: field for field in old.get("customFields", [])}
    for number in sent:
        if number not in there:
            raise _refusal(record_type, "NotFound", f"customField {number} not found", "customFields/id")
    for number, new in sent.items():
        fits = isinstance(new, int | float) if there[number]["type"] in NUMERIC else isinstance(new, str)
        if new is not None and not fits:
            raise _refusal(record_type, "InvalidField", f"Error converting value {new!r}", "customFields")
    return [{**field, "value": sent.get(number)} for number, field in there.items()]


def _plain(body: Any) -> Record:
    if not isinstance(body, dict):
        raise WriteError(400, "InvalidObject", "object is invalid")
    return body


def _checked(record: Record, record_type: str, tables: Tables) -> Record:
    known = shape(record_type)
    for name in sorted(known.required):
        if record.get(name) in (None, "", {}):
            raise _refusal(record_type, "MissingRequiredField", f"The {name} field is required.", name)
    result: Record = {}
    for name, value in record.items():
        kind = known.fields.get(name)
        if kind is not None and value is not None:
            result[name] = _value(record_type, name, kind, value, tables)
    return result


def _value(record_type: str, name: str, kind: Kind, value: Any, tables: Tables) -> Any:
    if kind.word == "dt" and not (isinstance(value, str) and MOMENT.fullmatch(value)):
        raise _refusal(record_type, "UnsupportedFormat", f"Unsupported format applied to {name}", name)
    if kind.word == "str" and not isinstance(value, str):
        raise _refusal(record_type, "InvalidField", f"Error converting value of {name}", name)
    if kind.word == "bool" and not isinstance(value, bool):
        raise _refusal(record_type, "InvalidField", f"Error converting value of {name}", name)
    if kind.word == "enum" and value not in kind.choices:
        raise _refusal(record_type, "InvalidField", "Enum value supplied was invalid", name)
    if kind.word == "record" and kind.target in REFERENCED:
        return _reference(record_type, name, kind.target, value, tables)
    return value


def _reference(record_type: str, name: str, target: str, value: Any, tables: Tables) -> Record:
    """The whole reference for what the caller sent: an id, an identifier or a name."""
    for key in ("id", "identifier", "name"):
        wanted = value.get(key) if isinstance(value, dict) else None
        if wanted is None:
            continue
        for row in tables.rows(REFERENCED[target]).values():
            if row.get(key) == wanted:
                fields = (
                    ("id", "identifier", "name") if "identifier" in shape(target).fields else ("id", "name")
                )
                return {field: row[field] for field in fields if field in row} | {"_info": {}}
        raise _refusal(record_type, "NotFound", f"{name} {wanted} not found", f"{name}/{key}")
    raise _refusal(record_type, "InvalidField", f"The {name}/id field is required.", f"{name}/id")


def _refusal(record_type: str, code: str, message: str, field: str) -> WriteError:
    resource = record_type[0].lower() + record_type[1:]
    inner = {"code": code, "message": message, "resource": resource, "field": field}
    return WriteError(400, "InvalidObject", f"{resource} object is invalid", [inner])
