"""Autotask's lists that a tenant can edit: which fields hold one, and their values as list entries.

Records hold a value's number, which is the tenant's own; only the label says what it means.
"""

from collections.abc import Callable, Iterable, Mapping

from connectors.autotask_psa import wire
from sevenc_sync.connect.stream import Context
from sevenc_sync.connect.text import clean, flag
from sevenc_sync.model import Lookup

# Collection -> its fields (in small letters: their spelling changed over the years) -> the kind of list entry.
PICKLISTS: Mapping[str, Mapping[str, str]] = {
    "Companies": {"companytype": "company_type"},
    "Tickets": {
        "queueid": "ticket_queue",
        "issuetype": "issue_type",
        "subissuetype": "sub_issue_type",
        "tickettype": "ticket_type",
        "source": "ticket_source",
        "status": "ticket_status",
        "priority": "ticket_priority",
        "servicelevelagreementid": "sla",
    },
    "ConfigurationItems": {
        "configurationitemtype": "asset_type",
        "rmmdeviceauditmanufacturerid": "manufacturer",
        "rmmdeviceauditmodelid": "model",
    },
    "Contracts": {
        "contracttype": "contract_type",
        "contractcategory": "contract_category",
        "contractperiodtype": "contract_period",
        "status": "contract_status",
    },
    "Projects": {"projecttype": "project_type", "status": "project_status"},
    "Tasks": {"status": "task_status"},
    "CompanyNotes": {"actiontype": "note_action"},
    "CompanyToDos": {"actiontype": "to_do_action"},
}

COMPANY_FIELD = "company_field"  # the kind of the values of the companies' own list fields

_LEVELS = ("critical", "high", "medium", "low")


def values_of(collection: str) -> Callable[[wire.FieldInfo, Context], Iterable[Lookup]]:
    """Makes the values of a collection's known lists into list entries."""
    kinds = PICKLISTS[collection]

    def entries(record: wire.FieldInfo, _context: Context) -> Iterable[Lookup]:
        kind = kinds.get(record.name.lower())
        return (
            ()
            if kind is None
            else [entry for value in record.picklist_values or () for entry in _entry(kind, value)]
        )

    return entries


def company_fields(record: wire.FieldInfo, _context: Context) -> Iterable[Lookup]:
    """The values of a company field that the MSP made as a list: records hold the value, people see the label."""
    for value in record.picklist_values or ():
        label, stored = clean(value.label), _stored(value.value)
        if label is not None and stored is not None:
            yield Lookup(
                id=f"{COMPANY_FIELD}:{field_key(record.name, stored)}",
                kind=COMPANY_FIELD,
                name=label,
                is_active=flag(value.is_active),
            )


def field_key(field: str, value: str) -> str:
    """A value of a field that the MSP made; fields are known by their names, whose case does not matter."""
    return f"{field.strip().casefold()}={value}"


def _entry(kind: str, value: wire.PickValue) -> Iterable[Lookup]:
    label, stored = clean(value.label), _stored(value.value)
    if label is None or stored is None:
        return
    parent = _stored(value.parent_value)
    yield Lookup(
        id=f"{kind}:{stored}",
        kind=kind,
        name=label,
        meaning=level(label) if kind == "ticket_priority" else None,
        parent=f"issue_type:{parent}" if parent and kind == "sub_issue_type" else None,
        is_active=flag(value.is_active),
    )


def _stored(value: wire.Pick) -> str | None:
    return None if value is None else clean(str(value))


def level(label: str) -> str | None:
    """The level that a priority's label names ("High", "1 - Critical"); None for a label of another kind."""
    words = "".join(letter if letter.isalpha() else " " for letter in label.lower()).split()
    found = [name for name in _LEVELS if name in words]
    return found[0] if len(found) == 1 else None
