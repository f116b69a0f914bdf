"""Writing to the PSA: what a new or changed record must hold, and the vendor's words when it does not."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sevenc_sync.sandbox.autotask.collections import Collection
from sevenc_sync.sandbox.autotask.facts import CHANGED
from sevenc_sync.sandbox.autotask.metadata import UDFS, choices
from sevenc_sync.sandbox.autotask.schema import UDF_FIELD, Field, entity, fields, find, fits, has_udfs, whole
from sevenc_sync.sandbox.autotask.times import moment, parsed
from sevenc_sync.sandbox.tables import Record, Tables

WRITTEN_FROM = 1_500_000_000
"""Ids of what callers create start here: above all that the world will ever hold."""

CREATED = ("createDate", "createDateTime")
CREATORS = ("creatorResourceID", "createdByResourceID", "creatorUserID")
ACTIVE_FLAGS = ("isActive",)


class WriteError(ValueError):
    """A refused write, in the vendor's words."""

    def __init__(self, message: str) -> None:
        super().__init__(f"{message} ; on record number [1].")


def created(
    collection: Collection, body: Any, tables: Tables, api_user: int, now: datetime, parent: int | None
) -> Record:
    """A new record out of what the caller sent and what the server sets. Raises WriteError."""
    number = tables.next_id(collection.name, WRITTEN_FROM)
    sent = _checked(collection.name, _linked(collection, body, parent), tables)
    for field in fields(collection.name).values():
        if field.required and not field.read_only and sent.get(field.name) in (None, ""):
            raise WriteError(f"Missing required field: {field.name}.")
    server: Record = {"id": number, **dict.fromkeys(CHANGED.get(collection.name, ()), moment(now, number))}
    known = fields(collection.name)
    server |= {name: moment(now, number) for name in CREATED if name in known}
    server |= {name: api_user for name in CREATORS if name in known}
    own = [{"name": name, "value": None} for name in UDFS.get(collection.name, {})]
    blank = {UDF_FIELD: own} if has_udfs(collection.name) else {}
    record = whole(collection.name, {**blank, **_stored(sent, number), **server})
    return _settled(collection.name, _with_udfs(record, sent), tables, now)


def changed(
    collection: Collection, old: Record, body: Any, tables: Tables, now: datetime, *, replace: bool
) -> Record:
    """The record after a PATCH, or with `replace` after a PUT, which clears every writable field not sent.

    Raises WriteError.
    """
    sent = _checked(collection.name, body, tables)
    if replace:
        kept = {"id", UDF_FIELD, collection.link}
        writable = [f for f in fields(collection.name).values() if not f.read_only and f.name not in kept]
        sent = {**{field.name: None for field in writable}, **sent}
    for field in fields(collection.name).values():
        if field.required and field.name in sent and sent[field.name] in (None, ""):
            raise WriteError(f"Missing required field: {field.name}.")
    touched = dict.fromkeys(CHANGED.get(collection.name, ()), moment(now, old["id"]))
    record = {**old, **_stored(sent, old["id"]), **touched}
    return _settled(collection.name, _with_udfs(record, sent), tables, now)


def _linked(collection: Collection, body: Any, parent: int | None) -> Record:
    """The body with its parent's id, which the path gives."""
    if not isinstance(body, dict):
        raise WriteError("Unexpected character encountered while parsing value: the body must be an object.")
    if parent is None:
        return body
    given = next(
        (value for name, value in body.items() if name.casefold() == collection.link.casefold()), None
    )
    if given not in (None, parent):
        raise WriteError(f"{collection.link} does not match the parent of the request.")
    return {**body, collection.link: parent}


def _checked(collection: str, body: Any, tables: Tables) -> Record:
    """The fields of a body that may be written, each of the right type, length, picklist and reference."""
    if not isinstance(body, dict):
        raise WriteError("Unexpected character encountered while parsing value: the body must be an object.")
    sent: Record = {}
    for name, value in body.items():
        if name.casefold() == UDF_FIELD.casefold():
            sent[UDF_FIELD] = _checked_udfs(collection, value)
            continue
        field = find(collection, name)
        if field is not None and field.name == "id" and not isinstance(value, int):
            raise WriteError(f"Error converting value {value!r} to type 'System.Int64'. Path 'id'.")
        if field is not None and not field.read_only:
            sent[field.name] = value if value is None else _value(collection, field, value, tables)
    return sent


def _value(collection: str, field: Field, value: Any, tables: Tables) -> Any:
    if field.type == "dt":
        return _time(field, value)
    if not fits(field, value):
        raise WriteError(
            f"Unexpected character encountered while parsing value: {value}. Path '{field.name}'."
        )
    if field.length and len(value) > field.length:
        raise WriteError(f"Maximum length of {field.length} exceeded for field {field.name}.")
    if field.picklist and not any(
        choice.value == value and choice.active for choice in choices(collection, field.name)
    ):
        raise WriteError(f"Picklist value [{value}] does not exist for {field.name}.")
    if field.refers_to and not _usable(field, value, tables):
        kind = entity(field.refers_to)
        raise WriteError(
            f"Reference value on field: {field.name} of type: {kind} does not exist or is invalid."
        )
    return value


def _time(field: Field, value: Any) -> str:
    try:
        parsed(value)
    except (TypeError, ValueError):
        raise WriteError(f"Could not convert string to DateTime: {value}. Path '{field.name}'.") from None
    return str(value)


def _usable(field: Field, value: int, tables: Tables) -> bool:
    """Whether the record referred to exists, is active, and may be referred to: API users may not."""
    record = tables.rows(field.refers_to).get(value)
    if record is None or not record.get("isActive", True):
        return False
    return not (field.refers_to == "Resources" and record["licenseType"] != 1)


def _checked_udfs(collection: str, value: Any) -> dict[str, str | None]:
    known = {name.casefold(): name for name in UDFS.get(collection, {})}
    if not isinstance(value, list):
        raise WriteError(f"Unexpected character encountered while parsing value. Path '{UDF_FIELD}'.")
    found = {}
    for item in value:
        name = known.get(str(item.get("name", "")).casefold()) if isinstance(item, dict) else None
        if name is None:
            raise WriteError(f"Unable to find user-defined field in the {entity(collection)} Entity.")
        found[name] = None if item.get("value") is None else str(item["value"])
    return found


def _with_udfs(record: Record, sent: Record) -> Record:
    given = sent.get(UDF_FIELD)
    if given is None:
        return record
    merged = [{"name": u["name"], "value": given.get(u["name"], u["value"])} for u in record[UDF_FIELD]]
    return {**record, UDF_FIELD: merged}


def _stored(sent: Mapping[str, Any], number: int) -> Record:
    """What was sent, times in the form in which this record's times go out."""
    known: Record = {}
    for name, value in sent.items():
        if name == UDF_FIELD:
            continue
        whole_seconds = (
            isinstance(value, str) and "T" in value and value[:4].isdigit() and name.endswith("Time")
        )
        known[name] = moment(parsed(value), number) if whole_seconds else value
    return known


def _settled(collection: str, record: Record, tables: Tables, now: datetime) -> Record:
    """A written record with what the server derives, and what it makes of its parent."""
    if collection == "Tickets":
        return _settled_ticket(record, now)
    if collection == "CompanyNotes":
        contact = (
            tables.rows("Contacts").get(record["contactID"]) if record["contactID"] is not None else None
        )
        if contact is not None and contact["companyID"] != record["companyID"]:
            raise WriteError(
                "Reference value on field: contactID of type: Contact does not exist or is invalid."
            )
        _touch(tables, "Companies", record["companyID"], now)
    if collection == "TicketNotes":
        _touch(tables, "Tickets", record["ticketID"], now)
    return record


def _settled_ticket(record: Record, now: datetime) -> Record:
    complete = 5
    if (record["assignedResourceID"] is None) != (record["assignedResourceRoleID"] is None):
        raise WriteError(
            "When assigning a Resource, you must assign both a assignedResourceID and assignedResourceRoleID."
        )
    done = record["status"] == complete
    when = (record["completedDate"] or moment(now, record["id"])) if done else None
    number = record["ticketNumber"] or f"T{now:%Y%m%d}.{record['id'] % 10000:04d}"
    return {**record, "completedDate": when, "ticketNumber": number}


def _touch(tables: Tables, collection: str, key: int, now: datetime) -> None:
    """Activity on a record moves its time of activity."""
    record = tables.rows(collection)[key]
    tables.put(collection, {**record, "lastActivityDate": moment(now, key)})
