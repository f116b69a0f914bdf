"""Autotask's streams, in the order in which they use each other: lists first, then what points to them."""

from datetime import timedelta

from connectors.autotask_psa import canonical, contracts, picklists, queries, wire, work
from connectors.autotask_psa.lists import DAILY, LISTS, rights
from connectors.autotask_psa.queries import ANY, Body, Filter, any_of, changed, everything, ids, query, since
from sevenc_sync.connect.stream import Listed, Stream, Sweep, Window
from sevenc_sync.connect.text import iso
from sevenc_sync.model import (
    Activity,
    Asset,
    Company,
    Contract,
    ContractLine,
    Lookup,
    Phase,
    Project,
    Ticket,
    TimeEntry,
)

_OFTEN = timedelta(minutes=15)
_FOUR_TIMES_A_DAY = timedelta(hours=6)

_NOT_COMPLETE: Filter = {"op": "noteq", "field": "status", "value": int(canonical.COMPLETE)}


def _open_or_recent_tickets(window: Window) -> Filter:
    return any_of(since("lastActivityDate", window.horizon), _NOT_COMPLETE)


def _open_or_recent_projects(window: Window) -> Filter:
    return any_of(since("lastActivityDateTime", window.horizon), _NOT_COMPLETE)


def _open_or_recent_tasks(window: Window) -> Filter:
    return any_of(
        since("lastActivityDateTime", window.horizon), {"op": "notExist", "field": "completedDateTime"}
    )


def _ticket_ids(window: Window) -> Body:
    return query(wire.fields_of(wire.TicketId), _open_or_recent_tickets(window))


def _units(record: type[wire.Wire], window: Window) -> Body:
    """The billing periods that have begun, and that any rule looks back to."""
    return query(
        wire.fields_of(record),
        {"op": "lte", "field": "startDate", "value": iso(window.now)},
        since("endDate", window.horizon),
    )


def _listed_ticket(record: wire.TicketId) -> Listed:
    return Listed(str(record.id), {"company": canonical.text_id(record.company_id)})


STREAMS = (
    *LISTS,
    Stream(
        name="companies",
        title="Companies",
        path="/Companies/query",
        wire=wire.Company,
        to_canonical=canonical.company,
        records=(Company,),
        paginator=queries.PAGES,
        layout=queries.ITEMS,
        count=queries.COUNT,
        apart=queries.APART,
        # all fields: a list of them leaves the MSP's own ones out
        body=changed(None, "lastActivityDate", lambda _window: ANY),
        delta=True,
        sweep=Sweep(
            wire=wire.Id,
            listed=lambda record: Listed(str(record.id)),
            body=lambda _window: query(wire.fields_of(wire.Id), ANY),
            reread_body=ids(None),
            chunk=queries.CHUNK,
        ),
        lookups=("company_type", picklists.COMPANY_FIELD),
        needs=rights("CRM > Companies"),
    ),
    Stream(
        name="contracts",
        title="Contracts",
        path="/Contracts/query",
        wire=wire.Contract,
        to_canonical=contracts.contract,
        records=(Contract,),
        complete=(Contract,),
        paginator=queries.PAGES,
        layout=queries.ITEMS,
        count=queries.COUNT,
        apart=queries.APART,
        # few enough to be read whole; not every tenant can ask by their time of change
        body=everything(wire.Contract),
        lookups=("contract_type", "contract_category", "contract_status", "contract_period", "sla"),
        needs=rights("Contracts > Contracts"),
    ),
    Stream(
        name="contract_service_units",
        title="Quantities of services on contracts",
        path="/ContractServiceUnits/query",
        wire=wire.ServiceUnits,
        to_canonical=contracts.service_units,
        records=(Lookup,),
        paginator=queries.PAGES,
        layout=queries.ITEMS,
        count=queries.COUNT,
        apart=queries.APART,
        body=lambda window: _units(wire.ServiceUnits, window),
        cadence=DAILY,
        needs=rights("Contracts > Contracts"),
    ),
    Stream(
        name="contract_services",
        title="Services on contracts",
        path="/ContractServices/query",
        wire=wire.ContractService,
        to_canonical=contracts.service_line,
        records=(ContractLine,),
        complete=(ContractLine,),
        scope={"unit": contracts.SERVICE},
        paginator=queries.PAGES,
        layout=queries.ITEMS,
        count=queries.COUNT,
        apart=queries.APART,
        body=everything(wire.ContractService),
        cadence=DAILY,
        lookups=("service", "service_units"),
        related=(("contract", "company"),),
        needs=rights("Contracts > Contracts"),
    ),
    Stream(
        name="contract_bundle_units",
        title="Quantities of service bundles on contracts",
        path="/ContractServiceBundleUnits/query",
        wire=wire.BundleUnits,
        to_canonical=contracts.bundle_units,
        records=(Lookup,),
        paginator=queries.PAGES,
        layout=queries.ITEMS,
        count=queries.COUNT,
        apart=queries.APART,
        body=lambda window: _units(wire.BundleUnits, window),
        cadence=DAILY,
        needs=rights("Contracts > Contracts"),
    ),
    Stream(
        name="contract_bundles",
        title="Service bundles on contracts",
        path="/ContractServiceBundles/query",
        wire=wire.ContractServiceBundle,
        to_canonical=contracts.bundle_line,
        records=(ContractLine,),
        complete=(ContractLine,),
        scope={"unit": contracts.BUNDLE},
        paginator=queries.PAGES,
        layout=queries.ITEMS,
        count=queries.COUNT,
        apart=queries.APART,
        body=everything(wire.ContractServiceBundle),
        cadence=DAILY,
        lookups=("service_bundle", "bundle_units"),
        related=(("contract", "company"),),
        needs=rights("Contracts > Contracts"),
    ),
    Stream(
        name="configuration_items",
        title="Configuration items",
        path="/ConfigurationItems/query",
        wire=wire.ConfigurationItem,
        to_canonical=canonical.configuration_item,
        records=(Asset,),
        complete=(Asset,),
        paginator=queries.PAGES,
        layout=queries.ITEMS,
        count=queries.COUNT,
        apart=queries.APART,
        # whole each time: nobody has confirmed that one can ask by their time of change
        body=everything(wire.ConfigurationItem),
        cadence=_FOUR_TIMES_A_DAY,
        lookups=("asset_type", "manufacturer", "model"),
        needs=rights("CRM > Configuration Items"),
    ),
    Stream(
        name="tickets",
        title="Tickets",
        path="/Tickets/query",
        wire=wire.Ticket,
        to_canonical=canonical.ticket,
        records=(Ticket,),
        paginator=queries.PAGES,
        layout=queries.ITEMS,
        count=queries.COUNT,
        apart=queries.APART,
        body=changed(wire.fields_of(wire.Ticket), "lastActivityDate", _open_or_recent_tickets),
        delta=True,
        cadence=_OFTEN,
        sweep=Sweep(
            wire=wire.TicketId,
            listed=_listed_ticket,
            body=_ticket_ids,
            reread_body=ids(wire.fields_of(wire.Ticket)),
            chunk=queries.CHUNK,
        ),
        lookups=(
            "ticket_queue",
            "issue_type",
            "sub_issue_type",
            "ticket_type",
            "ticket_source",
            "ticket_status",
            "ticket_priority",
            "sla",
            "resource",
        ),
        needs=rights("Service Desk > Tickets"),
    ),
    Stream(
        name="projects",
        title="Projects",
        path="/Projects/query",
        wire=wire.Project,
        to_canonical=work.project,
        records=(Project,),
        complete=(Project,),
        paginator=queries.PAGES,
        layout=queries.ITEMS,
        count=queries.COUNT,
        apart=queries.APART,
        body=changed(wire.fields_of(wire.Project), "lastActivityDateTime", _open_or_recent_projects),
        delta=True,
        lookups=("project_type", "project_status", "resource"),
        needs=rights("Projects > Projects"),
    ),
    Stream(
        name="tasks",
        title="Tasks of projects",
        path="/Tasks/query",
        wire=wire.Task,
        to_canonical=work.task,
        records=(Phase,),
        complete=(Phase,),
        paginator=queries.PAGES,
        layout=queries.ITEMS,
        count=queries.COUNT,
        apart=queries.APART,
        body=changed(wire.fields_of(wire.Task), "lastActivityDateTime", _open_or_recent_tasks),
        delta=True,
        lookups=("task_status",),
        related=(("project", "company"),),
        needs=rights("Projects > Tasks"),
    ),
    Stream(
        name="time_entries",
        title="Time entries",
        path="/TimeEntries/query",
        wire=wire.TimeEntry,
        to_canonical=work.time_entry,
        records=(TimeEntry,),
        complete=(TimeEntry,),
        paginator=queries.PAGES,
        layout=queries.ITEMS,
        count=queries.COUNT,
        apart=queries.APART,
        body=changed(
            wire.fields_of(wire.TimeEntry),
            "lastModifiedDateTime",
            lambda window: since("dateWorked", window.horizon),
        ),
        delta=True,
        lookups=("work_type", "role", "resource"),
        related=(("ticket", "company"), ("phase", "company"), ("phase", "project"), ("contract", "company")),
        needs=rights("Timesheets > Time Entries"),
    ),
    Stream(
        name="activities",
        title="Company notes: calls, meetings, reviews that were held",
        path="/CompanyNotes/query",
        wire=wire.Activity,
        to_canonical=work.activity,
        records=(Activity,),
        complete=(Activity,),
        scope={"id": work.NOTE},
        paginator=queries.PAGES,
        layout=queries.ITEMS,
        count=queries.COUNT,
        apart=queries.APART,
        body=changed(
            wire.fields_of(wire.Activity),
            "lastModifiedDate",
            lambda window: since("startDateTime", window.horizon),
        ),
        delta=True,
        lookups=("note_action", "resource"),
        needs=rights("CRM > Notes"),
    ),
    Stream(
        name="to_dos",
        title="To-dos of companies: calls, meetings, reviews that are planned or done",
        path="/CompanyToDos/query",
        wire=wire.ToDo,
        to_canonical=work.to_do,
        records=(Activity,),
        complete=(Activity,),
        scope={"id": work.TO_DO},
        tells_by_null=("completedDate",),
        paginator=queries.PAGES,
        layout=queries.ITEMS,
        count=queries.COUNT,
        apart=queries.APART,
        body=changed(
            wire.fields_of(wire.ToDo),
            "lastModifiedDate",
            lambda window: since("startDateTime", window.horizon),
        ),
        delta=True,
        lookups=("to_do_action", "resource"),
        needs=rights("CRM > To Dos"),
    ),
)
