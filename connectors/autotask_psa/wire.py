"""Autotask's records as they come: only the fields that are used, everything optional but the id.

`fields_of` makes a query's `includeFields` from these structs, so that what is asked for is what is read.
"""

from typing import Any

import msgspec
from msgspec import field

# Values that come as null or "", and numbers, flags and list values that may come as text.
Number = int | float | str | None
Flag = bool | int | str | None
Pick = int | str | None


def spelled(name: str) -> str:
    """A field as Autotask spells it: camel case, and ID in capitals at the end (`companyID`)."""
    first, *rest = name.split("_")
    return first + "".join("ID" if part == "id" else part.capitalize() for part in rest)


class Wire(msgspec.Struct, gc=False, rename=spelled):
    """A record or a part of one. Keys that are not named here are skipped."""


class Zone(Wire):
    """GET /ZoneInformation."""

    url: str | None = None


class Threshold(Wire):
    """GET /ThresholdInformation: requests of all integrations in the last minutes, and how many may be."""

    external_request_threshold: int | None = None
    request_threshold_timeframe: int | None = None
    current_timeframe_request_count: int | None = None


class PickValue(Wire):
    """One value of a list that the tenant can edit. Other records hold the value, people see the label."""

    value: Pick = None
    label: str | None = None
    parent_value: Pick = None
    is_active: Flag = None


class FieldInfo(Wire):
    """GET /X/entityInformation/fields and …/userDefinedFields: a field and, where it has one, its list."""

    name: str
    picklist_values: list[PickValue] | None = None


class UserDefined(Wire):
    """A field that the MSP made. The value comes as text."""

    name: str | None = None
    value: Any = None


class Company(Wire):
    """Companies. Id 0 is the MSP itself."""

    id: int
    company_name: str | None = None
    company_number: str | None = None
    company_type: Pick = None
    is_active: Flag = None
    create_date: str | None = None
    last_activity_date: str | None = None
    user_defined_fields: list[UserDefined] | None = None


class Named(Wire):
    """Services, ServiceBundles, BillingCodes, Roles."""

    id: int
    name: str | None = None
    is_active: Flag = None


class Resource(Wire):
    """Resources: the MSP's own people."""

    id: int
    first_name: str | None = None
    last_name: str | None = None
    is_active: Flag = None


class Ticket(Wire):
    """Tickets."""

    id: int
    company_id: int | None = None
    ticket_number: str | None = None
    title: str | None = None
    queue_id: Pick = None
    issue_type: Pick = None
    sub_issue_type: Pick = None
    ticket_type: Pick = None
    source: Pick = None
    status: Pick = None
    priority: Pick = None
    create_date: str | None = None
    first_response_date_time: str | None = None
    first_response_due_date_time: str | None = None
    resolved_date_time: str | None = None
    resolved_due_date_time: str | None = None
    completed_date: str | None = None
    last_activity_date: str | None = None
    service_level_agreement_id: Pick = None
    service_level_agreement_has_been_met: Flag = None
    assigned_resource_id: int | None = None
    contract_id: int | None = None
    configuration_item_id: int | None = None


class TimeEntry(Wire):
    """TimeEntries. They name no company, only what the work was done for."""

    id: int
    ticket_id: int | None = None
    task_id: int | None = None
    contract_id: int | None = None
    billing_code_id: int | None = None
    internal_billing_code_id: int | None = None
    role_id: int | None = None
    resource_id: int | None = None
    date_worked: str | None = None
    start_date_time: str | None = None
    hours_worked: Number = None
    is_non_billable: Flag = None
    last_modified_date_time: str | None = None


class ConfigurationItem(Wire):
    """ConfigurationItems."""

    id: int
    company_id: int | None = None
    reference_title: str | None = None
    configuration_item_type: Pick = None
    is_active: Flag = None
    serial_number: str | None = None
    install_date: str | None = None
    warranty_expiration_date: str | None = None
    last_modified_time: str | None = None
    rmm_device_audit_hostname: str | None = None
    rmm_device_audit_mac_address: str | None = None
    rmm_device_audit_manufacturer_id: Pick = None
    rmm_device_audit_model_id: Pick = None
    rmm_device_audit_operating_system: str | None = None
    datto_hostname: str | None = None
    datto_serial_number: str | None = None
    datto_last_check_in_date_time: str | None = None


class Contract(Wire):
    """Contracts."""

    id: int
    company_id: int | None = None
    contract_name: str | None = None
    contract_type: Pick = None
    contract_category: Pick = None
    contract_period_type: Pick = None
    status: Pick = None
    start_date: str | None = None
    end_date: str | None = None
    service_level_agreement_id: Pick = None
    last_modified_date_time: str | None = None


class ContractService(Wire):
    """ContractServices: a service on a contract, without its quantity."""

    id: int
    contract_id: int | None = None
    service_id: int | None = None
    invoice_description: str | None = None
    internal_description: str | None = None
    unit_price: Number = None


class ContractServiceBundle(Wire):
    """ContractServiceBundles: a bundle on a contract, without its quantity."""

    id: int
    contract_id: int | None = None
    service_bundle_id: int | None = None
    invoice_description: str | None = None
    internal_description: str | None = None
    unit_price: Number = None


class ServiceUnits(Wire):
    """ContractServiceUnits: how many of a service in one billing period."""

    id: int
    contract_service_id: int | None = None
    start_date: str | None = None
    end_date: str | None = None
    units: Number = None


class BundleUnits(Wire):
    """ContractServiceBundleUnits: how many of a bundle in one billing period."""

    id: int
    contract_service_bundle_id: int | None = None
    start_date: str | None = None
    end_date: str | None = None
    units: Number = None


class Project(Wire):
    """Projects."""

    id: int
    company_id: int | None = None
    project_name: str | None = None
    project_type: Pick = None
    status: Pick = None
    project_lead_resource_id: int | None = None
    start_date_time: str | None = None
    end_date_time: str | None = None
    completed_date_time: str | None = None
    estimated_time: Number = None
    actual_hours: Number = None
    completed_percentage: Number = None
    last_activity_date_time: str | None = None


class Task(Wire):
    """Tasks of projects."""

    id: int
    project_id: int | None = None
    title: str | None = None
    status: Pick = None
    end_date_time: str | None = None
    completed_date_time: str | None = None
    estimated_hours: Number = None
    last_activity_date_time: str | None = None


class Activity(Wire):
    """CompanyNotes as evidence: what happened with a company, without the text."""

    id: int
    company_id: int | None = None
    name: str | None = None
    action_type: Pick = None
    assigned_resource_id: int | None = None
    start_date_time: str | None = None
    end_date_time: str | None = None
    last_modified_date: str | None = None


class ToDo(Wire):
    """CompanyToDos: a call or meeting with a company that is planned, and when it was done."""

    id: int
    company_id: int | None = None
    activity_description: str | None = None
    action_type: Pick = None
    assigned_to_resource_id: int | None = None
    start_date_time: str | None = None
    end_date_time: str | None = None
    completed_date: str | None = None
    last_modified_date: str | None = None


class Note(Wire):
    """CompanyNotes as the place of our note."""

    id: int
    company_id: int | None = None
    note: str | None = None


class NoteItem(Wire):
    """GET /CompanyNotes/{id}."""

    item: Note | None = None


class Written(Wire):
    """What a create or a change answers: the id alone."""

    item_id: int | str = field(name="itemId")


class Id(Wire):
    """A record that tells only that it exists."""

    id: int


class TicketId(Wire):
    """A ticket that tells that it exists, and whose it is: merging companies moves it without a time of change."""

    id: int
    company_id: int | None = None


def fields_of(record: type[Wire]) -> list[str]:
    """The names that a query's `includeFields` holds for a record."""
    return [item.encode_name for item in msgspec.structs.fields(record)]
