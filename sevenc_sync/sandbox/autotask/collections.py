"""Which collections the PSA has: what fills each, what may be written where, and its place below a parent."""

from collections.abc import Mapping
from dataclasses import dataclass

from sevenc_sync.sandbox.autotask import setup
from sevenc_sync.sandbox.autotask.books import Books, product_list
from sevenc_sync.sandbox.autotask.sales import Sales
from sevenc_sync.sandbox.autotask.work import Work
from sevenc_sync.sandbox.tables import Loader

NONE: frozenset[str] = frozenset()
ROOT_WRITES = frozenset({"POST", "PATCH", "PUT"})


@dataclass(frozen=True, slots=True)
class Collection:
    """A collection. Below `parent` it is reached as `child`; `link` is the field that holds the parent's id."""

    name: str
    writes: frozenset[str] = NONE
    parent: str = ""
    child: str = ""
    link: str = ""
    child_writes: frozenset[str] = NONE


_ALL = (
    Collection("Companies", ROOT_WRITES),
    Collection("CompanyNotes", NONE, "Companies", "Notes", "companyID", ROOT_WRITES),
    Collection("CompanyToDos", NONE, "Companies", "ToDos", "companyID"),
    Collection("CompanyLocations", NONE, "Companies", "Locations", "companyID"),
    Collection("Contacts", NONE, "Companies", "Contacts", "companyID", ROOT_WRITES),
    Collection("Tickets", ROOT_WRITES),
    Collection("TicketNotes", NONE, "Tickets", "Notes", "ticketID", ROOT_WRITES),
    Collection("TicketCategories"),
    Collection("ConfigurationItems", ROOT_WRITES),
    Collection("ConfigurationItemTypes"),
    Collection("ConfigurationItemCategories"),
    Collection("Contracts", ROOT_WRITES),
    Collection("ContractServices", NONE, "Contracts", "Services", "contractID"),
    Collection("ContractServiceUnits", NONE, "Contracts", "ServiceUnits", "contractID"),
    Collection("ContractServiceBundles", NONE, "Contracts", "ServiceBundles", "contractID"),
    Collection("ContractServiceBundleUnits", NONE, "Contracts", "ServiceBundleUnits", "contractID"),
    Collection("ContractBlocks", NONE, "Contracts", "Blocks", "contractID"),
    Collection("Services", ROOT_WRITES),
    Collection("ServiceBundles"),
    Collection("ServiceBundleServices", NONE, "ServiceBundles", "Services", "serviceBundleID"),
    Collection("Products"),
    Collection("Projects", ROOT_WRITES),
    Collection("Phases", NONE, "Projects", "Phases", "projectID"),
    Collection("Tasks", NONE, "Projects", "Tasks", "projectID"),
    Collection("TimeEntries", ROOT_WRITES | {"DELETE"}),
    Collection("Resources"),
    Collection("ResourceRoles", NONE, "Resources", "Roles", "resourceID"),
    Collection("Departments"),
    Collection("Roles"),
    Collection("DeletedTicketLogs"),
    Collection("DeletedTicketActivityLogs"),
    Collection("BillingCodes"),
    Collection("ActionTypes"),
    Collection("ServiceLevelAgreementResults"),
)
COLLECTIONS: Mapping[str, Collection] = {collection.name.casefold(): collection for collection in _ALL}
"""By name in lower case: the vendor does not mind the case of a path."""

CHILDREN: Mapping[tuple[str, str], Collection] = {
    (c.parent.casefold(), c.child.casefold()): c for c in _ALL if c.parent
}
"""(parent, child route) in lower case."""


def loaders(work: Work, books: Books, sales: Sales) -> Mapping[str, tuple[Loader, str]]:
    """Collection to what fills it and the name of its key."""
    fill: dict[str, Loader] = {
        "Companies": books.company_list,
        "CompanyNotes": work.note_list,
        "CompanyToDos": work.to_do_list,
        "CompanyLocations": books.location_list,
        "Contacts": books.contact_list,
        "Tickets": work.ticket_list,
        "TicketCategories": setup.ticket_categories,
        "ConfigurationItems": books.device_list,
        "ConfigurationItemTypes": setup.configuration_types,
        "ConfigurationItemCategories": setup.configuration_categories,
        "Contracts": sales.contract_list,
        "ContractServices": sales.service_list,
        "ContractServiceUnits": sales.unit_list,
        "ContractBlocks": sales.block_list,
        "Services": setup.services,
        "Products": product_list,
        "Projects": work.project_list,
        "Phases": work.phase_list,
        "Tasks": work.task_list,
        "TimeEntries": work.time_list,
        "Resources": books.resource_list,
        "ResourceRoles": books.resource_role_list,
        "Departments": setup.departments,
        "Roles": setup.roles,
        "DeletedTicketLogs": work.deleted_list,
        "BillingCodes": setup.billing_codes,
        "ActionTypes": setup.action_types,
        "ServiceLevelAgreementResults": work.result_list,
    }
    return {collection.name: (fill.get(collection.name, list), "id") for collection in _ALL}
