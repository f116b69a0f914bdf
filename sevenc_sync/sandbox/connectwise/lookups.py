"""The PSA's set-up: boards with their types and statuses, priorities, service levels and the other short lists."""

from collections.abc import Iterable
from typing import Any

from sevenc_sync.sandbox.world.entities import TicketKind
from sevenc_sync.sandbox.world.tickets import GOALS, WORDS

Record = dict[str, Any]
SETUP_TIME = "2019-03-04T15:00:00Z"
SINGULAR = {"statuses": "status", "companies": "company", "priorities": "priority"}
INFO = {"lastUpdated": SETUP_TIME, "updatedBy": "admin1         "}
"""Padded with blanks, as the vendor pads it."""

BOARDS: dict[str, tuple[int, tuple[TicketKind, ...]]] = {
    "Help Desk": (1, ("incident", "question", "request")),
    "Alerts": (2, ("alert",)),
    "Maintenance": (3, ("maintenance",)),
    "Projects Support": (4, ("project",)),
}
BOARD_OF: dict[str, str] = {kind: name for name, (_, kinds) in BOARDS.items() for kind in kinds}
STATUSES = (
    # name, closed, escalation
    ("New", False, "NotResponded"), ("In Progress", False, "Responded"),
    ("Waiting on Client", False, "NoEscalation"),
    ("Completed", False, "Resolved"), (">Closed", True, "Resolved"),
)  # fmt: skip
PROACTIVE_TYPES = frozenset({"Preventive Maintenance", "Review", "Training"})
PRIORITIES = {"Critical": (1, "Red"), "High": (2, "Orange"), "Medium": (3, "Yellow"), "Low": (4, "Green")}
SOURCES = {"Phone": 1, "Email": 2, "Portal": 3, "RMM Alert": 4, "Internal": 5}
LOCATION: Record = {"id": 2, "name": "Main Office"}
DEPARTMENT: Record = {"id": 10, "identifier": "Services", "name": "Managed Services"}
TEAM: Record = {"id": 25, "name": "Service Team"}
SLA: Record = {"id": 3, "name": "Standard SLA"}

COMPANY_STATUSES = {"Active": (1, False), "Inactive": (2, True), "Not-Approved": (3, False)}
COMPANY_TYPES = {"Client": 1, "Prospect": 2, "Vendor": 3, "Owner": 4, "Former Client": 5}
CONFIGURATION_TYPES = {
    "server": (1, "Managed Server"), "workstation": (2, "Managed Workstation"),
    "laptop": (3, "Managed Laptop"),
    "firewall": (4, "Firewall"), "switch": (5, "Network Switch"),
    "access point": (6, "Wireless Access Point"),
    "printer": (7, "Printer"),
}  # fmt: skip
CONFIGURATION_STATUSES = {"Active": (1, False), "Retired": (2, True)}
AGREEMENT_TYPES = {
    "managed": (11, "Managed Services"), "block hours": (12, "Block Hours"),
    "hourly": (13, "Time and Materials"),
    "backup": (14, "Backup and Disaster Recovery"), "cloud": (15, "Cloud Services"),
}  # fmt: skip
NOTE_TYPES = {"Comments": (1, True), "Account Review": (2, False), "Sales": (3, False)}
WORK_TYPES = {"Remote": 1, "Onsite": 2, "Preventive": 3, "vCIO": 4, "Project": 5}
WORK_ROLES = {"Engineer": 1, "vCIO": 2, "Project Engineer": 3}
PROJECT_BOARD = ("Client Projects", 5)


def reference(number: int, name: str, path: str, **more: Any) -> Record:
    """A reference with the link that the vendor adds: another host and a doubled slash, not fit to be followed."""
    last = path.rsplit("/", 1)[-1]
    stem = SINGULAR.get(last, last.removesuffix("s"))
    return {
        "id": number,
        "name": name,
        **more,
        "_info": {f"{stem}_href": f"https://sandbox-na.psa.example/v2026_3//apis/3.0//{path}/{number}"},
    }


def board_reference(name: str) -> Record:
    """A reference to a board."""
    return reference(BOARDS[name][0], name, "service/boards")


def boards() -> Iterable[Record]:
    """Service boards."""
    for name, (number, _) in BOARDS.items():
        yield {
            "id": number, "name": name, "location": LOCATION, "department": DEPARTMENT, "inactiveFlag": False,
            "projectFlag": False, "billTime": "Billable", "billExpense": "Billable",
            "billProduct": "Billable", "_info": INFO,
        }  # fmt: skip
    yield {
        "id": PROJECT_BOARD[1], "name": PROJECT_BOARD[0], "location": LOCATION, "department": DEPARTMENT,
        "inactiveFlag": False, "projectFlag": True, "_info": INFO,
    }  # fmt: skip
    yield {
        "id": 9,
        "name": "Old Board",
        "location": LOCATION,
        "department": DEPARTMENT,
        "inactiveFlag": True,
        "projectFlag": False,
        "_info": INFO,
    }


def type_ids() -> dict[tuple[str, str], int]:
    """(board, type) to the type's id; ids differ from board to board."""
    pairs = [
        (board, t)
        for board, (_, kinds) in BOARDS.items()
        for t in dict.fromkeys(w[0] for k in kinds for w in WORDS[k])
    ]
    return {pair: 21 + place for place, pair in enumerate(pairs)}


def subtype_ids() -> dict[tuple[str, str], int]:
    """(board, sub-type) to the sub-type's id."""
    pairs = [
        (board, s)
        for board, (_, kinds) in BOARDS.items()
        for s in dict.fromkeys(w[1] for k in kinds for w in WORDS[k])
    ]
    return {pair: 61 + place for place, pair in enumerate(pairs)}


def status_id(board: str, status: str) -> int:
    """The id of a status on a board: the same name has another id on every board."""
    return BOARDS[board][0] * 100 + 1 + [name for name, _, _ in STATUSES].index(status)


def board_types() -> Iterable[Record]:
    """Ticket types with their category."""
    for (board, name), number in type_ids().items():
        yield {
            "id": number, "name": name, "category": "Proactive" if name in PROACTIVE_TYPES else "Reactive",
            "defaultFlag": False,
            "inactiveFlag": False, "requestForChangeFlag": False, "board": board_reference(board),
            "_info": INFO,
        }  # fmt: skip


def board_subtypes() -> Iterable[Record]:
    """Ticket sub-types with the types that they go with."""
    types = type_ids()
    for (board, name), number in subtype_ids().items():
        with_types = sorted({types[board, w[0]] for k in BOARDS[board][1] for w in WORDS[k] if w[1] == name})
        yield {
            "id": number,
            "name": name,
            "inactiveFlag": False,
            "typeAssociationIds": with_types,
            "board": board_reference(board),
            "_info": INFO,
        }


def board_statuses() -> Iterable[Record]:
    """Ticket statuses of all boards; "Completed" does not count as closed, as many MSPs have it."""
    for board in BOARDS:
        for place, (name, closed, escalation) in enumerate(STATUSES):
            yield {
                "id": status_id(board, name), "name": name, "board": board_reference(board),
                "sortOrder": place * 10,
                "displayOnBoard": not closed, "inactive": False, "closedStatus": closed,
                "timeEntryNotAllowed": closed,
                "defaultFlag": place == 0, "escalationStatus": escalation, "customerPortalFlag": True,
                "_info": INFO,
            }  # fmt: skip


def priorities() -> Iterable[Record]:
    """Priorities with their level."""
    for level, (number, color) in PRIORITIES.items():
        yield {
            "id": number, "name": f"Priority {number} - {level}", "color": color, "sortOrder": number,
            "defaultFlag": level == "Medium",
            "level": level, "_info": INFO,
        }  # fmt: skip


def slas() -> Iterable[Record]:
    """The service level agreement."""
    yield {
        "id": SLA["id"], "name": SLA["name"], "basedOn": "AllHours", "defaultFlag": True,
        "applicationOrder": 1,
        "respondHours": 4.0, "respondPercent": 90, "planWithin": 8.0, "planWithinPercent": 90,
        "resolutionHours": 24.0, "resolutionPercent": 90, "_info": INFO,
    }  # fmt: skip


def sla_priorities() -> Iterable[Record]:
    """The service level's goals per priority."""
    for level, (respond, resolve) in GOALS.items():
        number = PRIORITIES[level][0]
        yield {
            "id": number, "priority": reference(number, f"Priority {number} - {level}", "service/priorities"),
            "respondHours": float(respond),
            "respondPercent": 90, "planWithin": float(respond * 2), "planWithinPercent": 90,
            "resolutionHours": float(resolve),
            "resolutionPercent": 90, "sla": SLA, "_info": INFO,
        }  # fmt: skip


def agreement_types() -> Iterable[Record]:
    """Agreement types, all fields that the vendor demands filled."""
    for number, name in AGREEMENT_TYPES.values():
        yield {
            "id": number, "name": name, "defaultFlag": False, "inactiveFlag": False,
            "employeeCompRate": "Actual",
            "employeeCompNotExceed": "Billing", "invoicingCycle": "ContractYear", "billTime": "NoDefault",
            "billExpenses": "NoDefault",
            "billProducts": "NoDefault", "_info": INFO,
        }  # fmt: skip


def named(items: dict[str, int], **more: Any) -> Iterable[Record]:
    """A plain lookup list."""
    for name, number in items.items():
        yield {"id": number, "name": name, **more, "_info": INFO}


def company_statuses() -> Iterable[Record]:
    """Company statuses."""
    for name, (number, inactive) in COMPANY_STATUSES.items():
        yield {
            "id": number,
            "name": name,
            "defaultFlag": number == 1,
            "inactiveFlag": inactive,
            "notifyFlag": False,
            "_info": INFO,
        }


def company_types() -> Iterable[Record]:
    """Company types."""
    for name, number in COMPANY_TYPES.items():
        yield {
            "id": number,
            "name": name,
            "defaultFlag": number == 1,
            "vendorFlag": name == "Vendor",
            "serviceAlertFlag": False,
            "_info": INFO,
        }


def configuration_types() -> Iterable[Record]:
    """Configuration types."""
    for number, name in CONFIGURATION_TYPES.values():
        yield {"id": number, "name": name, "inactiveFlag": False, "systemFlag": False, "_info": INFO}


def configuration_statuses() -> Iterable[Record]:
    """Configuration statuses, whose text is called description."""
    for name, (number, closed) in CONFIGURATION_STATUSES.items():
        yield {
            "id": number,
            "description": name,
            "closedFlag": closed,
            "defaultFlag": number == 1,
            "_info": INFO,
        }


def note_types() -> Iterable[Record]:
    """Company note types."""
    for name, (number, default) in NOTE_TYPES.items():
        yield {
            "id": number,
            "identifier": name[:15],
            "name": name,
            "defaultFlag": default,
            "importFlag": False,
            "_info": INFO,
        }


def scales(words: tuple[str, ...] = ("Low", "Medium", "High")) -> Iterable[Record]:
    """Impacts and severities."""
    for place, name in enumerate(words, 1):
        yield {"id": place, "name": name, "description": name, "defaultFlag": name == "Medium", "_info": {}}


def work_types() -> Iterable[Record]:
    """Work types."""
    for name, number in WORK_TYPES.items():
        yield {
            "id": number,
            "name": name,
            "billTime": "Billable",
            "rateType": "Multiplier",
            "rate": 1.0,
            "inactiveFlag": False,
            "_info": INFO,
        }
