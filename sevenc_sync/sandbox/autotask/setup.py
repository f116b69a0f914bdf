"""The PSA's set-up: picklists of fields, and the short collections of roles, work types, services and device types."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from sevenc_sync.sandbox.autotask.schema import whole
from sevenc_sync.sandbox.world.contracts import LOW_CODE, PRODUCTS
from sevenc_sync.sandbox.world.entities import TicketKind
from sevenc_sync.sandbox.world.tickets import WORDS

Record = dict[str, Any]
SETUP_TIME = "2019-03-04T15:00:00Z"
OWN_COMPANY = 0
"""The id of the MSP itself, in every tenant."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One entry of a picklist; `parent` is the value of another field that it goes with."""

    value: int
    label: str
    parent: str = ""
    system: bool = False
    active: bool = True
    default: bool = False


QUEUES: Mapping[str, tuple[int, tuple[TicketKind, ...]]] = {
    "Help Desk": (29_683_481, ("incident", "question", "request")),
    "Monitoring Alert": (29_683_482, ("alert",)),
    "Maintenance": (29_683_483, ("maintenance",)),
    "Project Requests": (29_683_484, ("project",)),
}
QUEUE_OF: Mapping[TicketKind, int] = {kind: number for number, kinds in QUEUES.values() for kind in kinds}
TICKET_STATUSES = {
    "New": 1, "Complete": 5, "Waiting Customer": 7, "In Progress": 8, "Resolved, awaiting confirmation": 13,
}  # fmt: skip
PRIORITIES = {"High": 1, "Medium": 2, "Low": 3, "Critical": 4}
SOURCES = {"Phone": 2, "Email": 4, "RMM Alert": 8, "Internal": 10, "Portal": 11}
SOURCE_LABELS = {"RMM Alert": "Monitoring Alert", "Portal": "Client Portal", "Internal": "Insourced"}
TICKET_TYPES = {"Service Request": 1, "Incident": 2, "Problem": 3, "Change Request": 4, "Alert": 5}
TICKET_TYPE_OF: Mapping[TicketKind, int] = {
    "incident": 2, "question": 1, "request": 1, "alert": 5, "maintenance": 4, "project": 1,
}  # fmt: skip
TICKET_CATEGORIES = {"Standard": 3, "Datto RMM Alert": 4, "Proactive": 101}
CATEGORY_OF: Mapping[TicketKind, int] = {"alert": 4, "maintenance": 101}
SLA = (2, "Standard SLA")

COMPANY_TYPES = {
    "Customer": 1,
    "Lead": 2,
    "Prospect": 3,
    "Dead": 4,
    "Cancellation": 6,
    "Vendor": 7,
    "Partner": 8,
}
CONTRACT_TYPES = {
    "Time & Materials": 1, "Fixed Price": 3, "Block Hours": 4, "Retainer": 6, "Recurring Service": 7, "Per Ticket": 8,
}  # fmt: skip
CONTRACT_CATEGORIES = {"managed": 12, "block hours": 13, "hourly": 14, "backup": 15, "cloud": 16}
CATEGORY_LABELS = {
    "managed": "Managed Services",
    "block hours": "Block Hours",
    "hourly": "Time and Materials",
    "backup": "Backup and Continuity",
    "cloud": "Cloud Services",
}
PERIODS = {"Monthly": 1, "Quarterly": 2, "Semi-Annual": 3, "Yearly": 4, "One-Time": 5}
PROJECT_STATUSES = {"Inactive": 0, "New": 1, "In Progress": 2, "Change Order": 4, "Complete": 5, "On Hold": 9}
PROJECT_TYPES = {"Internal": 3, "Client": 5, "Template": 8}
TASK_STATUSES = {"New": 1, "Complete": 5, "In Progress": 8}
TASK_TYPES = {"Fixed Work": 1, "Fixed Duration": 2}
ACTION_TYPES: Mapping[str, tuple[int, bool]] = {
    "Opportunity Update": (0, True), "Phone Call": (1, True), "Meeting": (2, True), "General": (3, True),
    "Quick Note": (5, True), "Business Review": (29_683_101, False), "Strategy Session": (29_683_102, False),
    "IT Plan Review": (29_683_103, False), "Audit": (29_683_104, False), "Security Review": (29_683_105, False),
}  # fmt: skip
"""Name to number, and whether the vendor brought it."""

CONFIGURATION_TYPES = {
    "server": (1, "Server"), "workstation": (2, "Workstation"), "laptop": (3, "Laptop"), "firewall": (4, "Firewall"),
    "switch": (5, "Switch"), "access point": (6, "Wireless Access Point"), "printer": (7, "Printer"),
}  # fmt: skip
FIRST_SERVICE, FIRST_PRODUCT = 29_683_600, 29_683_700
ROLES = {"Engineer": 29_683_301, "Project Engineer": 29_683_302, "vCIO": 29_683_303}
WORK_TYPES = {
    "Remote Support": 29_683_401, "On-Site Support": 29_683_402, "Preventive Maintenance": 29_683_403,
    "vCIO / Account Management": 29_683_404, "Project Work": 29_683_405,
}  # fmt: skip
DEPARTMENTS = {"Service Desk": 29_683_501, "Professional Services": 29_683_502}
YES, WORK_TYPE_USE, MATERIAL_USE = 1, 1, 3


@cache
def issue_ids() -> Mapping[str, int]:
    """Issue type to its number."""
    names = dict.fromkeys(words[0] for kinds in WORDS.values() for words in kinds)
    return {name: 10 + place for place, name in enumerate(names)}


@cache
def subissue_ids() -> Mapping[tuple[str, str], int]:
    """(issue type, sub-issue type) to its number."""
    pairs = dict.fromkeys((words[0], words[1]) for kinds in WORDS.values() for words in kinds)
    return {pair: 136 + place for place, pair in enumerate(pairs)}


@cache
def service_ids() -> Mapping[str, int]:
    """Product code to the number of the service that stands for it."""
    return {
        code: FIRST_SERVICE + place for place, code in enumerate((LOW_CODE[0], *(p[0] for p in PRODUCTS)))
    }


def _plain(names: Mapping[str, int], *, system: tuple[int, ...] = ()) -> tuple[Choice, ...]:
    return tuple(Choice(number, name, system=number in system) for name, number in names.items())


@cache
def picklists() -> Mapping[tuple[str, str], tuple[Choice, ...]]:
    """(collection, field) to its choices; a picklist that is not here is empty in this tenant."""
    sla = (Choice(SLA[0], SLA[1]),)
    issues = _plain(issue_ids())
    subissues = tuple(
        Choice(number, name, str(issue_ids()[issue])) for (issue, name), number in subissue_ids().items()
    )
    actions = tuple(Choice(number, name, system=own) for name, (number, own) in ACTION_TYPES.items())
    periods = _plain(PERIODS, system=tuple(PERIODS.values()))
    retired = (Choice(29_683_499, "Old Queue", active=False),)
    return {
        ("Companies", "companyType"): _plain(COMPANY_TYPES, system=(1, 2, 3, 4, 6, 7, 8)),
        ("CompanyNotes", "actionType"): actions, ("CompanyToDos", "actionType"): actions,
        ("Tickets", "status"): _plain(TICKET_STATUSES, system=(1, 5)),
        ("Tickets", "priority"): _plain(PRIORITIES),
        ("Tickets", "queueID"): _plain({name: number for name, (number, _) in QUEUES.items()}) + retired,
        ("Tickets", "source"): tuple(Choice(n, SOURCE_LABELS.get(name, name)) for name, n in SOURCES.items()),
        ("Tickets", "ticketType"): _plain(TICKET_TYPES, system=tuple(TICKET_TYPES.values())),
        ("Tickets", "ticketCategory"): _plain(TICKET_CATEGORIES),
        ("Tickets", "issueType"): issues,
        ("Tickets", "subIssueType"): subissues,
        ("Tickets", "serviceLevelAgreementID"): sla,
        ("Tickets", "creatorType"): _plain({"Resource": 1, "Contact": 2}, system=(1, 2)),
        ("Tickets", "lastActivityPersonType"): _plain({"Resource": 1, "Contact": 2}, system=(1, 2)),
        ("TicketNotes", "noteType"): _plain({"Task Summary": 1, "Task Detail": 2, "Task Notes": 3}),
        ("TicketNotes", "publish"): _plain({"All Autotask Users": 1, "Internal Users Only": 2}, system=(1, 2)),
        ("ConfigurationItems", "configurationItemType"): _plain(
            {name: number for number, name in CONFIGURATION_TYPES.values()}
        ),
        ("ConfigurationItems", "serviceLevelAgreementID"): sla,
        ("Contracts", "status"): _plain({"Inactive": 0, "Active": 1}, system=(0, 1)),
        ("Contracts", "contractType"): _plain(CONTRACT_TYPES, system=tuple(CONTRACT_TYPES.values())),
        ("Contracts", "contractCategory"): _plain(
            {CATEGORY_LABELS[kind]: number for kind, number in CONTRACT_CATEGORIES.items()}
        ),
        ("Contracts", "contractPeriodType"): periods,
        ("Contracts", "serviceLevelAgreementID"): sla,
        ("Contracts", "timeReportingRequiresStartAndStopTimes"): _plain({"No": 0, "Yes": 1}, system=(0, 1)),
        ("Services", "periodType"): periods,
        ("Services", "serviceLevelAgreementID"): sla,
        ("Projects", "status"): _plain(PROJECT_STATUSES, system=(0, 1, 5)),
        ("Projects", "projectType"): _plain(PROJECT_TYPES, system=tuple(PROJECT_TYPES.values())),
        ("Tasks", "status"): _plain(TASK_STATUSES, system=(1, 5)),
        ("Tasks", "taskType"): _plain(TASK_TYPES, system=(1, 2)),
        ("TimeEntries", "timeEntryType"): _plain({"ITServiceRequest": 2, "ProjectTask": 6}, system=(2, 6)),
        ("BillingCodes", "useType"): _plain({"General Allocation Code": 1, "Material Cost Code": 3}, system=(1, 3)),
        ("ActionTypes", "view"): _plain({"CRM Note View": 1, "CRM To-Do View": 2}, system=(1, 2)),
    }  # fmt: skip


def action_types() -> Iterable[Record]:
    """Kinds of notes and to-dos."""
    for name, (number, own) in ACTION_TYPES.items():
        yield whole(
            "ActionTypes",
            {"id": number, "name": name, "isActive": True, "isSystemActionType": own, "view": YES},
        )


def ticket_categories() -> Iterable[Record]:
    """Ticket categories."""
    for name, number in TICKET_CATEGORIES.items():
        yield whole(
            "TicketCategories",
            {"id": number, "name": name, "isActive": True, "isGlobalDefault": name == "Standard",
             "isApiOnly": False, "displayColorRGB": 1},
        )  # fmt: skip


def configuration_types() -> Iterable[Record]:
    """Types of devices."""
    for number, name in CONFIGURATION_TYPES.values():
        yield whole("ConfigurationItemTypes", {"id": number, "name": name, "isActive": True})


def configuration_categories() -> Iterable[Record]:
    """The one category of devices in use."""
    values = {"id": 1, "name": "Standard", "isActive": True, "isGlobalDefault": True, "displayColorRGB": 1}
    yield whole("ConfigurationItemCategories", {**values, "isClientPortalDefault": True, "nickname": "STD"})


def roles() -> Iterable[Record]:
    """Roles in which people work."""
    for name, number in ROLES.items():
        yield whole(
            "Roles",
            {"id": number, "name": name, "isActive": True, "hourlyRate": 135.0, "hourlyFactor": 1.0,
             "description": "", "isSystemRole": False, "isExcludedFromNewContracts": False},
        )  # fmt: skip


def departments() -> Iterable[Record]:
    """Departments."""
    for name, number in DEPARTMENTS.items():
        yield whole("Departments", {"id": number, "name": name, "description": "", "primaryLocationID": 10})


def billing_codes() -> Iterable[Record]:
    """Work types, and the one code under which services are billed."""
    for name, number in WORK_TYPES.items():
        yield whole(
            "BillingCodes",
            {"id": number, "name": name, "isActive": True, "useType": WORK_TYPE_USE, "unitCost": 0.0,
             "description": "", "isExcludedFromNewContracts": False, "markupRate": 0.0},
        )  # fmt: skip
    yield whole(
        "BillingCodes",
        {
            "id": FIRST_SERVICE - 1,
            "name": "Recurring Services",
            "isActive": True,
            "useType": MATERIAL_USE,
            "description": None,
        },
    )


def services() -> Iterable[Record]:
    """The catalogue of services; its prices are list prices, contracts have their own."""
    lines = ((LOW_CODE[0], LOW_CODE[1], LOW_CODE[3]), *((p[0], p[1], p[6]) for p in PRODUCTS))
    for code, description, price in lines:
        yield whole(
            "Services",
            {"id": service_ids()[code], "name": description, "description": "", "isActive": True,
             "invoiceDescription": description, "unitPrice": round(price * 1.1, 2), "sku": code,
             "unitCost": round(price * 0.55, 2), "periodType": PERIODS["Monthly"], "createDate": SETUP_TIME,
             "billingCodeID": FIRST_SERVICE - 1, "lastModifiedDate": SETUP_TIME, "markupRate": 0.0},
        )  # fmt: skip
