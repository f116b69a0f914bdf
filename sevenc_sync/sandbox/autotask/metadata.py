"""What the vendor says about its own entities: abilities, fields with their picklists, user-defined fields."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sevenc_sync.sandbox.autotask.books import COMPANY_UDFS, RATING_UDF, device_picklists
from sevenc_sync.sandbox.autotask.collections import Collection
from sevenc_sync.sandbox.autotask.facts import CHANGED
from sevenc_sync.sandbox.autotask.schema import DATA_TYPES, Field, entity, fields, has_udfs
from sevenc_sync.sandbox.autotask.setup import Choice, picklists
from sevenc_sync.sandbox.autotask.work import TICKET_UDFS

Record = dict[str, Any]
UDFS: Mapping[str, Mapping[str, str]] = {"Companies": COMPANY_UDFS, "Tickets": TICKET_UDFS}
"""Collection to its user-defined fields and their types."""

UDF_WORDS = {"num": "Number", "dt": "Date", "str": "Text"}
RATINGS = ("1", "2", "3", "4", "5")
WEBHOOKS = frozenset({"Companies", "Contacts", "ConfigurationItems", "Tickets", "TicketNotes"})
PARENT_FIELDS = {("Tickets", "subIssueType"): "issueType"}
ACCESS = "All"


def choices(collection: str, field: str) -> Sequence[Choice]:
    """The choices of a picklist; none where this tenant has not filled it."""
    return picklists().get((collection, field)) or device_picklists().get((collection, field), ())


def information(collection: Collection) -> Record:
    """What may be done with an entity."""
    create = bool({"POST"} & (collection.writes | collection.child_writes))
    update = bool({"PATCH"} & (collection.writes | collection.child_writes))
    info = {
        "name": entity(collection.name), "canCreate": create, "canDelete": "DELETE" in collection.writes,
        "canQuery": True, "canUpdate": update, "userAccessForCreate": ACCESS if create else "None",
        "userAccessForDelete": "None", "userAccessForQuery": ACCESS,
        "userAccessForUpdate": ACCESS if update else "None", "hasUserDefinedFields": has_udfs(collection.name),
        "supportsWebhookCallouts": collection.name in WEBHOOKS,
    }  # fmt: skip
    return {"info": info}


def field_list(collection: str) -> Record:
    """All fields of an entity with their picklists."""
    return {"fields": [_field(collection, field) for field in fields(collection).values()]}


def udf_list(collection: str) -> Record:
    """The user-defined fields of an entity."""
    return {"fields": list(_udfs(UDFS.get(collection, {})))}


def _field(collection: str, field: Field) -> Record:
    target = field.refers_to
    return {
        "name": field.name, "dataType": DATA_TYPES[field.type], "length": field.length,
        "isRequired": field.required, "isReadOnly": field.read_only, "isQueryable": field.queryable,
        "isReference": bool(target), "referenceEntityType": entity(target) if target else "",
        "isPickList": field.picklist,
        "picklistValues": _entries(choices(collection, field.name)) if field.picklist else None,
        "picklistParentValueField": PARENT_FIELDS.get((collection, field.name), ""),
        "isSupportedWebhookField": collection in WEBHOOKS and field.name not in CHANGED.get(collection, ()),
    }  # fmt: skip


def _entries(found: Sequence[Choice]) -> list[Record]:
    return [
        {
            "value": str(choice.value), "label": choice.label, "isDefaultValue": choice.default,
            "sortOrder": place, "parentValue": choice.parent, "isActive": choice.active,
            "isSystem": choice.system,
        }
        for place, choice in enumerate(found, 1)
    ]  # fmt: skip


def _udfs(types: Mapping[str, str]) -> Iterable[Record]:
    for name, kind in types.items():
        picked = name == RATING_UDF
        rating = [Choice(int(value), f"VML {value}") for value in RATINGS]
        yield {
            "name": name, "label": name, "type": "List" if picked else UDF_WORDS[kind], "length": 0,
            "description": "", "isRequired": False, "isReadOnly": False, "isQueryable": True,
            "isReference": False, "referenceEntityType": "", "isPickList": picked,
            "picklistValues": _entries(rating) if picked else None, "picklistParentValueField": "",
            "defaultValue": None, "isSupportedWebhookField": False,
        }  # fmt: skip
