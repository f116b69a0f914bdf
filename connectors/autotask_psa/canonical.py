"""Autotask's companies, tickets, devices and lists in our words. Pure functions; what is not said stays None."""

import re
from collections.abc import Callable, Iterable
from datetime import datetime

from connectors.autotask_psa import wire
from connectors.autotask_psa.picklists import COMPANY_FIELD, field_key
from sevenc_sync.connect.stream import Context
from sevenc_sync.connect.text import clean, flag, when
from sevenc_sync.model import Asset, Company, Custom, Lookup, Scalar, Ticket

_NUMBER = re.compile(
    r"-?[0-9]{1,15}\.[0-9]{4}"
)  # the form in which Autotask writes the numbers of such fields

MSP = 0  # the id of the MSP's own company, in every tenant
COMPLETE = "5"  # the system's own status of finished tickets and projects, in every tenant


def label(context: Context, kind: str, value: wire.Pick) -> str | None:
    """What people see for a list's value; None while the list cannot be read."""
    if value is None:
        return None
    entry = context.lookup(kind, value)
    return None if entry is None else entry.name


def text_id(value: int | None) -> str | None:
    """A reference as text. 0 is a company (the MSP's own); for all else it is nothing, but never comes."""
    return None if value is None else str(value)


def person(context: Context, resource: int | None) -> str | None:
    """A resource's name; its id while the names cannot be read."""
    return label(context, "resource", resource) or text_id(resource)


def is_complete(status: wire.Pick, ended: datetime | None) -> bool | None:
    """Whether a ticket or project is finished: by its status; without one by its end."""
    if status is not None:
        return str(status) == COMPLETE
    return True if ended is not None else None


def company(record: wire.Company, context: Context) -> Iterable[Company]:
    """A company with its type, whether it is active, and the MSP's own fields."""
    name = clean(record.company_name)
    if name is None:
        raise ValueError("companyName is empty")
    number = clean(record.company_number)
    yield Company(
        id=str(record.id),
        name=name,
        types=label(context, "company_type", record.company_type),
        is_active=flag(record.is_active),
        is_msp=record.id == MSP,
        created_at=when(record.create_date),
        updated_at=when(record.last_activity_date),
        external={"accounting": number} if number else None,
        custom=_custom(record.user_defined_fields, context),
    )


def _custom(fields: list[wire.UserDefined] | None, context: Context) -> Custom | None:
    """The MSP's own fields by name; a list's value by its label. A field without a value stays, as None."""
    found: dict[str, Scalar] = {}
    for item in fields or ():
        name = clean(item.name)
        if name is not None and found.get(name) is None:
            found[name] = _scalar(name, item.value, context)
    return found or None


def _scalar(name: str, value: object, context: Context) -> Scalar:
    if not isinstance(value, str):
        return value if isinstance(value, (bool, int, float)) else None
    text = clean(value)
    if text is None:
        return None
    entry = context.lookup(COMPANY_FIELD, field_key(name, text))
    if entry is not None:
        return entry.name
    return float(text) if _NUMBER.fullmatch(text) else text


def named(kind: str) -> Callable[[wire.Named, Context], Iterable[Lookup]]:
    """Makes records that are used for their names into list entries of this kind."""

    def entry(record: wire.Named, _context: Context) -> Iterable[Lookup]:
        name = clean(record.name)
        if name is None:
            raise ValueError("name is empty")
        yield Lookup(id=f"{kind}:{record.id}", kind=kind, name=name, is_active=flag(record.is_active))

    return entry


def resource(record: wire.Resource, _context: Context) -> Iterable[Lookup]:
    """One of the MSP's own people."""
    name = " ".join(filter(None, (clean(record.first_name), clean(record.last_name))))
    if not name:
        raise ValueError("firstName and lastName are empty")
    yield Lookup(id=f"resource:{record.id}", kind="resource", name=name, is_active=flag(record.is_active))


def ticket(record: wire.Ticket, context: Context) -> Iterable[Ticket]:
    """A service ticket. Its queue is the board, its issue the type, and what ITIL calls it the category."""
    completed = when(record.completed_date)
    closed = is_complete(record.status, completed)
    priority = None if record.priority is None else context.lookup("ticket_priority", record.priority)
    sla = label(context, "sla", record.service_level_agreement_id)
    if sla is None and record.service_level_agreement_id is not None:
        sla = str(record.service_level_agreement_id)
    return (
        Ticket(
            id=str(record.id),
            company=text_id(record.company_id),
            number=clean(record.ticket_number),
            summary=clean(record.title),
            board=label(context, "ticket_queue", record.queue_id),
            type=label(context, "issue_type", record.issue_type),
            subtype=label(context, "sub_issue_type", record.sub_issue_type),
            category=label(context, "ticket_type", record.ticket_type),
            source=label(context, "ticket_source", record.source),
            status=label(context, "ticket_status", record.status),
            priority=None if priority is None else priority.name,
            priority_level=None if priority is None else priority.meaning,
            is_closed=closed,
            opened_at=when(record.create_date),
            responded_at=when(record.first_response_date_time),
            respond_due_at=when(record.first_response_due_date_time),
            resolved_at=when(record.resolved_date_time),
            resolve_due_at=when(record.resolved_due_date_time),
            # a ticket that was opened again may keep the date; only the status counts
            closed_at=completed if closed else None,
            updated_at=when(record.last_activity_date),
            sla=sla,
            # before the end, and without an SLA, the verdict stands at its default and says nothing
            met_sla=flag(record.service_level_agreement_has_been_met) if sla and closed else None,
            owner=person(context, record.assigned_resource_id),
            contract=text_id(record.contract_id),
            asset=text_id(record.configuration_item_id),
        ),
    )


def configuration_item(record: wire.ConfigurationItem, context: Context) -> Iterable[Asset]:
    """A device as the MSP, its RMM or Datto put it there. Its kind is the MSP's word in `type`."""
    host = clean(record.rmm_device_audit_hostname) or clean(record.datto_hostname)
    yield Asset(
        id=str(record.id),
        company=text_id(record.company_id),
        name=clean(record.reference_title) or host,
        type=label(context, "asset_type", record.configuration_item_type),
        is_active=flag(record.is_active),
        host_name=host,
        serial=clean(record.serial_number) or clean(record.datto_serial_number),
        mac=clean(record.rmm_device_audit_mac_address),
        manufacturer=label(context, "manufacturer", record.rmm_device_audit_manufacturer_id),
        model=label(context, "model", record.rmm_device_audit_model_id),
        os=clean(record.rmm_device_audit_operating_system),
        installed_on=when(record.install_date),
        warranty_ends_on=when(record.warranty_expiration_date),
        last_seen_at=when(record.datto_last_check_in_date_time),
        updated_at=when(record.last_modified_time),
    )
