"""The world in the PSA's records: projects with phases and tickets, activities, the calendar, booked hours."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sevenc_sync.sandbox.connectwise import lookups
from sevenc_sync.sandbox.connectwise.records import SITE_OFFSET, Render, contact_ref, midnight, moment
from sevenc_sync.sandbox.world.entities import Activity, Effort, Phase, Project, Task, WorkKind, World

Record = dict[str, Any]
PROJECT_STATUSES = {"Open": 1, "In Progress": 2, "On-Hold": 3, "Completed": 4, "Cancelled": 5}
CLOSED_STATUSES = frozenset({"Completed", "Cancelled"})
PROJECT_TYPES = {"Client Project": 1, "Programme": 2}
PHASE_STATUSES = {"Open": 1, "Closed": 2}
ACTIVITY_TYPES = {
    "business review": (1, "Business Review"), "strategy": (2, "Strategy Session"),
    "plan review": (3, "IT Plan Review"), "SLA audit": (4, "Audit"), "budget": (5, "Meeting"),
    "security review": (6, "Security Review"), "check-in": (7, "Phone Call"),
}  # fmt: skip
ACTIVITY_STATUSES = {"Open": 1, "Closed": 2}
SCHEDULE_TYPES = {"S": (4, "Service Ticket"), "C": (2, "Sales Activity"), "P": (3, "Project Ticket")}
SCHEDULE_STATUSES = {"Tentative": 1, "Firm": 2}
WORK_TYPE_OF: dict[WorkKind, str] = {
    "remote": "Remote", "on-site": "Onsite", "maintenance": "Preventive", "vCIO": "vCIO", "project": "Project",
}  # fmt: skip
ROLE_OF: dict[WorkKind, str] = {"vCIO": "vCIO", "project": "Project Engineer"}
BOARD_REF: Record = {"id": lookups.PROJECT_BOARD[1], "name": lookups.PROJECT_BOARD[0], "_info": {}}


class Plans:
    """Turns what is planned and booked into records."""

    def __init__(self, world: World, books: Render) -> None:
        self.world = world
        self.books = books
        self.tickets = {t.id: t for t in world.tickets}
        self.contracts = {c.id: c for c in world.contracts}
        self.activities = {a.id: a for a in world.activities}
        self.tasks = {t.id: (t, phase, p) for p in world.projects for phase in p.phases for t in phase.tasks}

    def project_list(self) -> Iterable[Record]:
        """All projects."""
        return (self._project(p) for p in self.world.projects)

    def _project(self, p: Project) -> Record:
        status = project_status(p)
        kind = "Programme" if p.kind == "programme" else "Client Project"
        done = sum(phase.ended is not None for phase in p.phases)
        record: Record = {
            "id": p.id, "name": p.name, "board": BOARD_REF, "company": self.books.company_ref(p.client_id),
            "status": lookups.reference(PROJECT_STATUSES[status], status, "project/statuses"),
            "closedFlag": status in CLOSED_STATUSES, "manager": self.books.member_ref(p.manager),
            "type": lookups.reference(PROJECT_TYPES[kind], kind, "project/projectTypes"),
            "billingMethod": "ActualRates", "billTime": "Billable", "budgetFlag": False, "description": "",
            "estimatedStart": midnight(p.start.date()), "estimatedEnd": midnight(p.due.date()),
            "estimatedHours": p.planned_hours, "budgetHours": p.planned_hours, "actualHours": p.actual_hours,
            "scheduledStart": moment(p.start), "scheduledEnd": moment(p.due), "scheduledHours": p.planned_hours,
            "percentComplete": round(done / len(p.phases), 2), "location": lookups.LOCATION,
            "department": lookups.DEPARTMENT, "contact": contact_ref(p.client_id), "customFields": [],
            "site": {"id": p.client_id + SITE_OFFSET, "name": "Main", "_info": {}},
            "_info": _info(p.updated, p.created),
        }  # fmt: skip
        if p.actual_hours:
            record["actualStart"] = moment(p.start)
        if p.ended is not None:
            record["actualEnd"] = moment(p.ended)
        if p.contract_id is not None:
            record["agreement"] = self._agreement_ref(p.contract_id)
        return record

    def phase_list(self) -> Iterable[Record]:
        """All phases of all projects."""
        return (
            self._phase(p, phase, place)
            for p in self.world.projects
            for place, phase in enumerate(p.phases, 1)
        )

    def _phase(self, p: Project, phase: Phase, place: int) -> Record:
        status = "Closed" if phase.ended else "Open"
        record: Record = {
            "id": phase.id, "projectId": p.id, "description": phase.name, "board": BOARD_REF,
            "status": {"id": PHASE_STATUSES[status], "name": status, "_info": {}}, "wbsCode": str(place),
            "markAsMilestoneFlag": place == len(p.phases), "notes": "", "deadlineDate": midnight(phase.due.date()),
            "scheduledStart": moment(phase.start), "scheduledEnd": moment(phase.due), "billTime": "Billable",
            "scheduledHours": phase.planned_hours, "budgetHours": phase.planned_hours,
            "actualHours": phase.actual_hours, "customFields": [], "_info": _info(phase.updated, p.created),
        }  # fmt: skip
        if phase.ended is not None:
            record["actualStart"], record["actualEnd"] = moment(phase.start), moment(phase.ended)
        return record

    def ticket_list(self) -> Iterable[Record]:
        """The tasks of projects: tickets of a kind of their own, in the same range of numbers as service tickets."""
        return (self._ticket(task, phase, p) for task, phase, p in self.tasks.values())

    def _ticket(self, t: Task, phase: Phase, p: Project) -> Record:
        record: Record = {
            "id": t.id, "summary": t.name, "isIssueFlag": False, "board": BOARD_REF,
            "status": {"id": 502 if t.ended else 501, "name": ">Closed" if t.ended else "Open", "_info": {}},
            "project": lookups.reference(p.id, p.name, "project/projects"),
            "phase": {"id": phase.id, "name": phase.name, "_info": {}},
            "company": self.books.company_ref(p.client_id), "owner": self.books.member_ref(t.owner),
            "budgetHours": t.planned_hours, "actualHours": t.actual_hours, "closedFlag": t.ended is not None,
            "estimatedStartDate": midnight(t.start.date()), "requiredDate": midnight(t.due.date()),
            "resources": t.owner, "location": lookups.LOCATION, "department": lookups.DEPARTMENT,
            "customFields": [], "_info": _info(t.updated, p.created),
        }  # fmt: skip
        if t.ended is not None:
            record["closedDate"], record["closedBy"] = moment(t.ended), t.owner
        return record

    def activity_list(self) -> Iterable[Record]:
        """Meetings and calls with clients."""
        return (self._activity(a) for a in self.world.activities)

    def _activity(self, a: Activity) -> Record:
        number, kind = ACTIVITY_TYPES[a.kind]
        status = "Closed" if a.held else "Open"
        record: Record = {
            "id": a.id, "name": a.name, "type": lookups.reference(number, kind, "sales/activities/types"),
            "company": self.books.company_ref(a.client_id), "contact": contact_ref(a.client_id),
            "status": lookups.reference(ACTIVITY_STATUSES[status], status, "sales/activities/statuses"),
            "notes": "Agenda:\r\n- actions\u00a0of last time" if a.id % 6 == 0 else "",
            "dateStart": moment(a.start), "dateEnd": moment(a.end), "dateEndUtc": moment(a.end),
            "assignedBy": self.books.member_ref(a.member), "assignTo": self.books.member_ref(a.member),
            "scheduleStatus": {"id": SCHEDULE_STATUSES["Firm"], "name": "Firm", "_info": {}},
            "notifyFlag": False, "closeFlag": a.held, "customFields": [], "_info": _info(a.updated, a.created),
        }  # fmt: skip
        if a.id % 37 == 0:
            del record["assignTo"]  # dirt: some records carry nobody
        if a.held:
            record["dateClosedUtc"] = moment(a.updated)
        return record

    def schedule_list(self) -> Iterable[Record]:
        """The calendar: each activity, and each visit to a client."""
        for a in self.world.activities:
            yield self._entry(a.id, a.id, "C", a.name, a.member, a.start, a.end, a.held, a.updated, a.created)
        for e in self.world.efforts:
            if e.kind == "on-site" and e.ticket_id is not None:
                name = self.tickets[e.ticket_id].summary
                yield self._entry(
                    e.id, e.ticket_id, "S", name, e.member, e.start, e.end, True, e.updated, e.entered
                )

    def _entry(
        self, number: int, target: int, kind: str, name: str, member: str, start: datetime, end: datetime, done: bool,
        updated: datetime, created: datetime,
    ) -> Record:  # fmt: skip
        record: Record = {
            "id": number, "objectId": target, "name": name,
            "type": {"id": SCHEDULE_TYPES[kind][0], "identifier": kind, "_info": {}},
            "status": {"id": SCHEDULE_STATUSES["Firm"], "name": "Firm", "_info": {}},
            "dateStart": moment(start), "dateEnd": moment(end), "doneFlag": done, "acknowledgedFlag": True,
            "ownerFlag": True, "meetingFlag": kind == "C", "hours": round((end - start).total_seconds() / 3600, 2),
            "_info": _info(updated, created),
        }  # fmt: skip
        if number % 41:
            record["member"] = self.books.member_ref(member)  # dirt: some entries carry nobody
        return record

    def time_list(self) -> Iterable[Record]:
        """Booked hours: on service tickets, on projects' tickets, on activities."""
        return (self._time(e) for e in self.world.efforts)

    def _time(self, e: Effort) -> Record:
        member = self.books.member_ref(e.member)
        work, role = WORK_TYPE_OF[e.kind], ROLE_OF.get(e.kind, "Engineer")
        record: Record = {
            "id": e.id, "company": self.books.company_ref(e.client_id), "companyType": "Client", "member": member,
            "workType": lookups.reference(lookups.WORK_TYPES[work], work, "time/workTypes"),
            "workRole": lookups.reference(lookups.WORK_ROLES[role], role, "time/workRoles"),
            "timeStart": moment(e.start), "timeEnd": moment(e.end), "hoursDeduct": 0.0, "actualHours": e.hours,
            "billableOption": "DoNotBill" if e.activity_id is not None else "Billable", "notes": e.note,
            "hoursBilled": e.hours if e.activity_id is None else 0.0, "hourlyCost": "45.00",
            "enteredBy": member["identifier"], "dateEntered": moment(e.entered), "hourlyRate": 135.0,
            "status": "Open", "invoiceFlag": False, **self._charged(e),
            "_info": {"lastUpdated": moment(e.updated), "updatedBy": f"{e.member:<15}",
                      "dateEntered": moment(e.entered)},
        }  # fmt: skip
        if e.contract_id is not None:
            record["agreement"] = self._agreement_ref(e.contract_id)
        return record

    def _charged(self, e: Effort) -> Record:
        """What an entry is charged to."""
        if e.activity_id is not None:
            name = self.activities[e.activity_id].name
            reference = lookups.reference(e.activity_id, name, "sales/activities")
            return {"chargeToId": e.activity_id, "chargeToType": "Activity", "activity": reference}
        if e.task_id is not None:
            task, phase, p = self.tasks[e.task_id]
            return {
                "chargeToId": task.id, "chargeToType": "ProjectTicket",
                "ticket": {"id": task.id, "summary": task.name, "_info": {}},
                "project": lookups.reference(p.id, p.name, "project/projects"),
                "phase": {"id": phase.id, "name": phase.name, "_info": {}},
            }  # fmt: skip
        t = self.tickets[e.ticket_id or 0]
        return {
            "chargeToId": t.id, "chargeToType": "ServiceTicket",
            "ticket": {"id": t.id, "summary": t.summary, "_info": {}}, "ticketBoard": lookups.BOARD_OF[t.kind],
            "ticketType": t.type, "ticketSubType": t.subtype,
        }  # fmt: skip

    def _agreement_ref(self, number: int) -> Record:
        return {"id": number, "name": self.contracts[number].name, "_info": {}}


def project_status(p: Project) -> str:
    """The status that a project has in this PSA."""
    if p.ended is not None:
        return "Completed"
    if p.on_hold:
        return "On-Hold"
    return "In Progress" if p.actual_hours else "Open"


def project_statuses() -> Iterable[Record]:
    """Project statuses."""
    for name, number in PROJECT_STATUSES.items():
        yield {
            "id": number, "name": name, "defaultFlag": number == 1, "inactiveFlag": False, "noTimeFlag": False,
            "closedFlag": name in CLOSED_STATUSES, "_info": lookups.INFO,
        }  # fmt: skip


def activity_types() -> Iterable[Record]:
    """Kinds of activities."""
    for number, name in ACTIVITY_TYPES.values():
        yield {
            "id": number, "name": name, "points": 1, "defaultFlag": name == "Meeting", "inactiveFlag": False,
            "emailFlag": False, "memoFlag": False, "historyFlag": True, "_info": lookups.INFO,
        }  # fmt: skip


def activity_statuses() -> Iterable[Record]:
    """Activity statuses."""
    for name, number in ACTIVITY_STATUSES.items():
        yield {
            "id": number, "name": name, "defaultFlag": number == 1, "inactiveFlag": False,
            "spawnFollowupFlag": False, "closedFlag": name == "Closed", "_info": lookups.INFO,
        }  # fmt: skip


def schedule_types() -> Iterable[Record]:
    """Kinds of calendar entries; their identifier says what `objectId` points to."""
    for identifier, (number, name) in SCHEDULE_TYPES.items():
        yield {
            "id": number,
            "name": name,
            "identifier": identifier,
            "systemFlag": True,
            "_info": lookups.INFO,
        }


def schedule_statuses() -> Iterable[Record]:
    """Statuses of calendar entries."""
    for name, number in SCHEDULE_STATUSES.items():
        yield {
            "id": number, "name": name, "defaultFlag": name == "Firm", "showAsTentativeFlag": name == "Tentative",
            "_info": lookups.INFO,
        }  # fmt: skip


def _info(updated: datetime, created: datetime) -> Record:
    return {
        "lastUpdated": moment(updated), "updatedBy": "jdoe           ", "dateEntered": moment(created),
        "enteredBy": "jdoe",
    }  # fmt: skip
