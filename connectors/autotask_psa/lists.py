"""Autotask's lists: the values of its picklists, people, and what time, services and bundles are called."""

from datetime import timedelta

from connectors.autotask_psa import canonical, picklists, queries, wire
from connectors.autotask_psa.queries import everything
from sevenc_sync.connect.layouts import Envelope
from sevenc_sync.connect.pages import SinglePage
from sevenc_sync.connect.stream import Stream
from sevenc_sync.model import Lookup

DAILY = timedelta(days=1)


def rights(where: str) -> str:
    """A right as a security level names it (Admin > Security Levels)."""
    return f"{where}: view all"


def _picklist_stream(collection: str, name: str, title: str, where: str) -> Stream:
    """A collection's description, for the values of its lists. A tenant hides old values and never removes them."""
    return Stream(
        name=name,
        title=title,
        path=f"/{collection}/entityInformation/fields",
        wire=wire.FieldInfo,
        key="name",
        to_canonical=picklists.values_of(collection),
        records=(Lookup,),
        paginator=SinglePage(),
        layout=Envelope("fields"),
        cadence=DAILY,
        needs=rights(where),
    )


def _named_stream(collection: str, name: str, title: str, kind: str, where: str) -> Stream:
    """A short collection that is used for its names."""
    return Stream(
        name=name,
        title=title,
        path=f"/{collection}/query",
        wire=wire.Named,
        to_canonical=canonical.named(kind),
        records=(Lookup,),
        complete=(Lookup,),
        scope={"kind": kind},
        paginator=queries.PAGES,
        layout=queries.ITEMS,
        count=queries.COUNT,
        apart=queries.APART,
        body=everything(wire.Named),
        cadence=DAILY,
        needs=rights(where),
    )


LISTS = (
    _picklist_stream("Companies", "company_lists", "Lists of companies", "CRM > Companies"),
    _picklist_stream(
        "Tickets",
        "ticket_lists",
        "Lists of tickets: queues, issues, statuses, priorities",
        "Service Desk > Tickets",
    ),
    _picklist_stream(
        "ConfigurationItems",
        "configuration_item_lists",
        "Lists of devices: types, makers, models",
        "CRM > Configuration Items",
    ),
    _picklist_stream(
        "Contracts", "contract_lists", "Lists of contracts: types, statuses, periods", "Contracts > Contracts"
    ),
    _picklist_stream(
        "Projects", "project_lists", "Lists of projects: types, statuses", "Projects > Projects"
    ),
    _picklist_stream("Tasks", "task_lists", "Lists of tasks: statuses", "Projects > Tasks"),
    _picklist_stream("CompanyNotes", "note_lists", "Action types of company notes", "CRM > Notes"),
    _picklist_stream("CompanyToDos", "to_do_lists", "Action types of to-dos", "CRM > To Dos"),
    Stream(
        name="company_fields",
        title="Lists of the companies' own fields",
        path="/Companies/entityInformation/userDefinedFields",
        wire=wire.FieldInfo,
        key="name",
        to_canonical=picklists.company_fields,
        records=(Lookup,),
        paginator=SinglePage(),
        layout=Envelope("fields"),
        cadence=DAILY,
        needs=rights("CRM > Companies"),
    ),
    Stream(
        name="resources",
        title="The MSP's own people",
        path="/Resources/query",
        wire=wire.Resource,
        to_canonical=canonical.resource,
        records=(Lookup,),
        complete=(Lookup,),
        scope={"kind": "resource"},
        paginator=queries.PAGES,
        layout=queries.ITEMS,
        count=queries.COUNT,
        apart=queries.APART,
        body=everything(wire.Resource),
        cadence=DAILY,
        needs=rights("Admin > Resources"),
    ),
    _named_stream("BillingCodes", "work_types", "Work types", "work_type", "Admin > Billing Codes"),
    _named_stream("Roles", "roles", "Roles", "role", "Admin > Roles"),
    _named_stream("Services", "services", "Services", "service", "Contracts > Services"),
    _named_stream(
        "ServiceBundles", "service_bundles", "Service bundles", "service_bundle", "Contracts > Services"
    ),
)
