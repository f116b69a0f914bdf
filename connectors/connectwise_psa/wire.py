"""ConnectWise's records as they come: only the fields that are used, everything optional but the id.

`fields_of` makes the request's `fields` list from these structs, so that what is asked for is what is read.
"""

from types import UnionType
from typing import Any, Union, get_args, get_origin

import msgspec
from msgspec import field

# Values that unset come as nothing, as null or as "", and numbers and flags that may come as text.
Number = int | float | str | None
Flag = bool | int | str | None


class Wire(msgspec.Struct, gc=False, rename="camel"):
    """A record or a part of one. Keys that are not named here are skipped."""


class Info(Wire, gc=False, rename="camel"):
    """The strings beside a record. It comes only when `fields` names it."""

    last_updated: str | None = None
    date_entered: str | None = None


class IdRef(Wire, gc=False, rename="camel"):
    """A reference of which the id is used."""

    id: int | None = None


class NameRef(Wire, gc=False, rename="camel"):
    """A reference of which the name is used."""

    name: str | None = None


class IdNameRef(Wire, gc=False, rename="camel"):
    """A reference of which both are used."""

    id: int | None = None
    name: str | None = None


class IdentifierRef(Wire, gc=False, rename="camel"):
    """A reference that is named by its identifier: a member, the product of an addition."""

    identifier: str | None = None


class PriorityRef(Wire, gc=False, rename="camel"):
    """A ticket's priority; the level may be missing."""

    id: int | None = None
    name: str | None = None
    level: str | None = None


class CustomField(Wire, gc=False, rename="camel"):
    """A field that the MSP made. The value is a scalar of any type, or missing."""

    caption: str | None = None
    value: Any = None


class Company(Wire, gc=False, rename="camel"):
    """GET /company/companies."""

    id: int
    identifier: str | None = None
    name: str | None = None
    status: IdNameRef | None = None
    types: list[NameRef | None] | None = None
    deleted_flag: Flag = None
    is_vendor_flag: Flag = None
    number_of_employees: Number = None
    account_number: str | None = None
    custom_fields: list[CustomField | None] | None = None
    info: Info | None = field(name="_info", default=None)


class CompanyStatus(Wire, gc=False, rename="camel"):
    """GET /company/companies/statuses."""

    id: int
    name: str | None = None
    inactive_flag: Flag = None


class Board(Wire, gc=False, rename="camel"):
    """GET /service/boards."""

    id: int
    name: str | None = None
    inactive_flag: Flag = None
    project_flag: Flag = None


class BoardType(Wire, gc=False, rename="camel"):
    """GET /service/boards/{board}/types."""

    id: int
    name: str | None = None
    category: str | None = None
    inactive_flag: Flag = None


class Priority(Wire, gc=False, rename="camel"):
    """GET /service/priorities."""

    id: int
    name: str | None = None
    level: str | None = None


class Ticket(Wire, gc=False, rename="camel"):
    """GET /service/tickets."""

    id: int
    summary: str | None = None
    record_type: str | None = None
    board: IdNameRef | None = None
    status: NameRef | None = None
    company: IdRef | None = None
    type: IdNameRef | None = None
    sub_type: NameRef | None = None
    owner: IdentifierRef | None = None
    priority: PriorityRef | None = None
    source: NameRef | None = None
    agreement: IdRef | None = None
    closed_date: str | None = None
    closed_flag: Flag = None
    actual_hours: Number = None
    date_resolved: str | None = None
    date_responded: str | None = None
    respond_by_goal: str | None = field(name="respondByGoalUTC", default=None)
    resolution_goal: str | None = field(name="resolutionGoalUTC", default=None)
    is_in_sla: Flag = None
    sla: NameRef | None = None
    parent_ticket_id: int | str | None = None
    merged_parent_ticket: IdRef | None = None
    info: Info | None = field(name="_info", default=None)


class Question(Wire, gc=False, rename="camel"):
    """A question that the MSP put to all devices of a type. The answer is a scalar of any type, or missing."""

    question: str | None = None
    answer: Any = None
    field_type: str | None = None


class Configuration(Wire, gc=False, rename="camel"):
    """GET /company/configurations."""

    id: int
    name: str | None = None
    type: NameRef | None = None
    status: NameRef | None = None
    company: IdRef | None = None
    serial_number: str | None = None
    model_number: str | None = None
    mac_address: str | None = None
    manufacturer: NameRef | None = None
    os_type: str | None = None
    os_info: str | None = None
    purchase_date: str | None = None
    installation_date: str | None = None
    warranty_expiration_date: str | None = None
    active_flag: Flag = None
    questions: list[Question | None] | None = None
    info: Info | None = field(name="_info", default=None)


class Agreement(Wire, gc=False, rename="camel"):
    """GET /finance/agreements."""

    id: int
    name: str | None = None
    type: NameRef | None = None
    company: IdRef | None = None
    agreement_status: str | None = None
    cancelled_flag: Flag = None
    date_cancelled: str | None = None
    start_date: str | None = None
    end_date: str | None = None
    no_ending_date_flag: Flag = None
    bill_one_time_flag: Flag = None
    sla: NameRef | None = None
    billing_cycle: NameRef | None = None
    info: Info | None = field(name="_info", default=None)


class Addition(Wire, gc=False, rename="camel"):
    """GET /finance/agreements/{agreement}/additions."""

    id: int
    product: IdentifierRef | None = None
    description: str | None = None
    uom: str | None = None
    quantity: Number = None
    bill_customer: str | None = None
    effective_date: str | None = None
    cancelled_date: str | None = None
    info: Info | None = field(name="_info", default=None)


class TimeEntry(Wire, gc=False, rename="camel"):
    """GET /time/entries."""

    id: int
    company: IdRef | None = None
    charge_to_id: int | None = None
    charge_to_type: str | None = None
    project: IdRef | None = None
    agreement: IdRef | None = None
    work_type: NameRef | None = None
    work_role: NameRef | None = None
    member: IdentifierRef | None = None
    time_start: str | None = None
    actual_hours: Number = None
    billable_option: str | None = None
    info: Info | None = field(name="_info", default=None)


class Project(Wire, gc=False, rename="camel"):
    """GET /project/projects."""

    id: int
    name: str | None = None
    company: IdRef | None = None
    type: NameRef | None = None
    status: NameRef | None = None
    manager: IdentifierRef | None = None
    closed_flag: Flag = None
    estimated_start: str | None = None
    estimated_end: str | None = None
    actual_start: str | None = None
    actual_end: str | None = None
    budget_hours: Number = None
    estimated_hours: Number = None
    actual_hours: Number = None
    scheduled_hours: Number = None
    info: Info | None = field(name="_info", default=None)


class Phase(Wire, gc=False, rename="camel"):
    """GET /project/projects/{project}/phases."""

    id: int
    description: str | None = None
    status: NameRef | None = None
    deadline_date: str | None = None
    scheduled_end: str | None = None
    actual_end: str | None = None
    budget_hours: Number = None
    scheduled_hours: Number = None
    actual_hours: Number = None
    info: Info | None = field(name="_info", default=None)


class Activity(Wire, gc=False, rename="camel"):
    """GET /sales/activities."""

    id: int
    name: str | None = None
    company: IdRef | None = None
    type: NameRef | None = None
    status: NameRef | None = None
    assign_to: IdentifierRef | None = None
    date_start: str | None = None
    date_end: str | None = None
    close_flag: Flag = None
    info: Info | None = field(name="_info", default=None)


class Owned(Wire, gc=False, rename="camel"):
    """A record that tells that it exists, and whose it is: merging companies may move it without a time of change."""

    id: int
    company: IdRef | None = None


class SweptCompany(Wire, gc=False, rename="camel"):
    """A company that tells that it exists; deleted ones, and those merged into another, stay in the list."""

    id: int
    deleted_flag: Flag = None


class SweptTicket(Wire, gc=False, rename="camel"):
    """A ticket that tells whose it is, and which ticket it was merged into."""

    id: int
    company: IdRef | None = None
    merged_parent_ticket: IdRef | None = None


class NoteType(Wire, gc=False, rename="camel"):
    """GET /company/noteTypes."""

    id: int
    name: str | None = None
    default_flag: Flag = None


class Note(Wire, gc=False, rename="camel"):
    """GET /company/companies/{company}/notes."""

    id: int
    text: str | None = None


def fields_of(record: type[Wire]) -> str:
    """The request's `fields` for a record: references by the parts that are used, `_info` and lists as a whole."""
    names: list[str] = []
    for item in msgspec.structs.fields(record):
        part = _reference(item.type)
        if part is None or part is Info:
            names.append(item.encode_name)
        else:
            names += [f"{item.encode_name}/{inner.encode_name}" for inner in msgspec.structs.fields(part)]
    return ",".join(names)


def _reference(kind: Any) -> type[Wire] | None:
    """The struct of an optional reference; None for scalars and lists."""
    options = get_args(kind) if get_origin(kind) in (Union, UnionType) else (kind,)
    return next((option for option in options if isinstance(option, type) and issubclass(option, Wire)), None)
