"""The world in the PSA's records: tickets and how they kept their goals, notes, projects, booked hours."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sevenc_sync.sandbox.autotask import setup
from sevenc_sync.sandbox.autotask.books import RESOURCE_OFFSET, Books
from sevenc_sync.sandbox.autotask.schema import whole
from sevenc_sync.sandbox.autotask.setup import Record
from sevenc_sync.sandbox.autotask.times import midnight, moment
from sevenc_sync.sandbox.world.entities import Activity, Effort, Project, Ticket, WorkKind, World
from sevenc_sync.sandbox.world.seeds import at, day_index, day_of
from sevenc_sync.sandbox.world.tickets import IDS_PER_DAY

VENDOR_NUMBER = "Vendor Ticket Number"
TICKET_UDFS = {VENDOR_NUMBER: "str"}
DELETED_EVERY, DELETED_PLACE = 23, IDS_PER_DAY - 1
"""On one day of so many a ticket was filed by mistake and deleted, under the last number of that day."""

WORK_TYPE_OF: dict[WorkKind, str] = {
    "remote": "Remote Support", "on-site": "On-Site Support", "maintenance": "Preventive Maintenance",
    "vCIO": "vCIO / Account Management", "project": "Project Work",
}  # fmt: skip
ROLE_OF: dict[WorkKind, str] = {"vCIO": "vCIO", "project": "Project Engineer"}
ACTION_OF = {
    "business review": "Business Review", "strategy": "Strategy Session", "plan review": "IT Plan Review",
    "SLA audit": "Audit", "budget": "Meeting", "security review": "Security Review", "check-in": "Phone Call",
}  # fmt: skip
ON_TICKET, ON_TASK = 2, 6
NOTED = 3  # every third activity that was held was never planned


def ticket_number(created: datetime, number: int) -> str:
    """A ticket's number as people write it: the day, and a running number within it."""
    return f"T{created:%Y%m%d}.{number % IDS_PER_DAY + 1:04d}"


class Work:
    """Turns what the MSP does into records."""

    def __init__(self, world: World, books: Books) -> None:
        self.world = world
        self.books = books

    def ticket_list(self) -> Iterable[Record]:
        """All tickets."""
        return (self._ticket(t) for t in self.world.tickets)

    def _ticket(self, t: Ticket) -> Record:
        owner = self.books.members[t.owner] if t.owner else None
        person = t.kind not in {"alert", "maintenance"}
        return whole(
            "Tickets",
            {
                "id": t.id, "ticketNumber": ticket_number(t.created, t.id),
                "title": t.summary.replace(" ", "\u00a0", 1) if t.id % 40 == 0 else t.summary,
                "description": "First line\r\nsecond\u0000line" if t.id % 60 == 0 else "",
                "companyID": self.books.company(t.client_id),
                "contactID": self.books.contact(t.client_id) if person else None,
                "configurationItemID": t.machine_id, "contractID": t.contract_id,
                "queueID": setup.QUEUE_OF[t.kind], "status": setup.TICKET_STATUSES[_status(t)],
                "priority": setup.PRIORITIES[t.priority], "source": setup.SOURCES[t.source],
                "ticketType": setup.TICKET_TYPE_OF[t.kind],
                "ticketCategory": setup.CATEGORY_OF.get(t.kind, setup.TICKET_CATEGORIES["Standard"]),
                "issueType": setup.issue_ids()[t.type],
                "subIssueType": setup.subissue_ids()[t.type, t.subtype],
                "assignedResourceID": owner,
                "assignedResourceRoleID": setup.ROLES["Engineer"] if owner else None,
                "creatorResourceID": RESOURCE_OFFSET + self.world.members[0].id, "creatorType": 1,
                "createDate": moment(t.created, t.id), "dueDateTime": moment(t.resolve_by, t.id),
                "firstResponseDateTime": moment(t.responded, t.id),
                "resolvedDateTime": moment(t.resolved, t.id), "completedDate": moment(t.closed, t.id),
                "completedByResourceID": owner if t.closed else None,
                "lastActivityDate": moment(t.updated, t.id),
                "lastTrackedModificationDateTime": moment(t.updated, t.id),
                "lastActivityPersonType": 1, "estimatedHours": 0.0, "hoursToBeScheduled": 0.0,
                "isVisibleToComanaged": False, "isAssignedToComanaged": False, "purchaseOrderNumber": "",
                "resolution": "", "externalID": "", "rmmAlertID": str(t.id) if t.kind == "alert" else None,
                "userDefinedFields": [{"name": VENDOR_NUMBER, "value": None}], **self._goals(t),
            },
        )  # fmt: skip

    def _goals(self, t: Ticket) -> Record:
        if not t.under_sla:
            return {}
        return {
            "serviceLevelAgreementID": setup.SLA[0],
            "firstResponseDueDateTime": moment(t.respond_by, t.id),
            "resolvedDueDateTime": moment(t.resolve_by, t.id),
            "serviceLevelAgreementHasBeenMet": _met(t.responded, t.respond_by)
            and _met(t.resolved, t.resolve_by)
            if t.resolved
            else None,
        }

    def result_list(self) -> Iterable[Record]:
        """How tickets under a service level kept their goals; null while it is not known."""
        for t in self.world.tickets:
            if not t.under_sla:
                continue
            owner = self.books.members[t.owner or "jdoe"]
            yield whole(
                "ServiceLevelAgreementResults",
                {
                    "id": t.id, "ticketID": t.id, "serviceLevelAgreementName": setup.SLA[1],
                    "firstResponseElapsedHours": _hours(t.created, t.responded),
                    "firstResponseResourceID": owner if t.responded else None,
                    "isFirstResponseMet": _met(t.responded, t.respond_by) if t.responded else None,
                    "resolutionElapsedHours": _hours(t.created, t.resolved),
                    "resolutionResourceID": owner if t.resolved else None,
                    "isResolutionMet": _met(t.resolved, t.resolve_by) if t.resolved else None,
                },
            )  # fmt: skip

    def deleted_list(self) -> Iterable[Record]:
        """Tickets that somebody filed by mistake and deleted the same day."""
        first = min((t.created for t in self.world.tickets), default=self.world.now)
        for index in range(day_index(first.date()), day_index(self.world.now.date())):
            if index % DELETED_EVERY == 0:
                number = index * IDS_PER_DAY + DELETED_PLACE
                when = at(day_of(index), 64_000)
                yield deleted(number, "Test - please ignore", when, self.books.members["jdoe"])

    def note_list(self) -> Iterable[Record]:
        """Meetings and calls that were held and never planned here: notes with a kind, a time and a person."""
        return (self._note(a) for a in self.world.activities if not _was_planned(a))

    def to_do_list(self) -> Iterable[Record]:
        """Meetings and calls that were planned as to-dos: those held are completed."""
        return (self._to_do(a) for a in self.world.activities if _was_planned(a))

    def _to_do(self, a: Activity) -> Record:
        return whole(
            "CompanyToDos",
            {
                "id": a.id, "actionType": setup.ACTION_TYPES[ACTION_OF[a.kind]][0],
                "activityDescription": f"{a.name}\r\nAgenda follows." if a.id % NOTED == 0 else a.name,
                "assignedToResourceID": self.books.members[a.member], "companyID": self.books.company(a.client_id),
                "startDateTime": moment(a.start, a.id), "endDateTime": moment(a.end, a.id),
                "completedDate": moment(a.updated, a.id) if a.held else None,
                "createDateTime": moment(a.created, a.id), "lastModifiedDate": moment(a.updated, a.id),
                "creatorResourceID": self.books.members[a.member],
            },
        )  # fmt: skip

    def _note(self, a: Activity) -> Record:
        return whole(
            "CompanyNotes",
            {
                "id": a.id, "actionType": setup.ACTION_TYPES[ACTION_OF[a.kind]][0], "name": a.name[:128],
                "assignedResourceID": self.books.members[a.member], "companyID": self.books.company(a.client_id),
                "startDateTime": moment(a.start, a.id), "endDateTime": moment(a.end, a.id),
                "completedDateTime": moment(a.updated, a.id), "note": "",
                "createDateTime": moment(a.created, a.id), "lastModifiedDate": moment(a.updated, a.id),
            },
        )  # fmt: skip

    def project_list(self) -> Iterable[Record]:
        """All projects, the standing programmes included."""
        return (self._project(p) for p in self.world.projects)

    def _project(self, p: Project) -> Record:
        done = [phase for phase in p.phases if phase.ended is not None]
        status = (
            "Complete" if p.ended else "On Hold" if p.on_hold else "In Progress" if p.actual_hours else "New"
        )
        return whole(
            "Projects",
            {
                "id": p.id, "projectName": p.name, "projectNumber": f"P{p.created:%Y%m%d}.{p.id % 10000:04d}",
                "companyID": self.books.company(p.client_id), "contractID": p.contract_id,
                "projectType": setup.PROJECT_TYPES["Client"], "status": setup.PROJECT_STATUSES[status],
                "projectLeadResourceID": self.books.members[p.manager], "description": "",
                "startDateTime": moment(p.start, p.id), "endDateTime": moment(p.due, p.id),
                "completedDateTime": moment(p.ended, p.id), "completedPercentage": 100 * len(done) // len(p.phases),
                "estimatedTime": p.planned_hours, "actualHours": p.actual_hours, "actualBilledHours": 0.0,
                "createDateTime": moment(p.created, p.id), "lastActivityDateTime": moment(p.updated, p.id),
                "creatorResourceID": self.books.members[p.manager], "duration": (p.due - p.start).days,
                "statusDateTime": moment(p.updated, p.id), "userDefinedFields": [],
            },
        )  # fmt: skip

    def phase_list(self) -> Iterable[Record]:
        """All phases; they carry no status of their own."""
        for project in self.world.projects:
            for phase in project.phases:
                yield whole(
                    "Phases",
                    {
                        "id": phase.id, "projectID": project.id, "title": phase.name, "isScheduled": True,
                        "phaseNumber": f"T{project.created:%Y%m%d}.{phase.id % 10000:04d}",
                        "startDate": moment(phase.start, phase.id), "dueDate": moment(phase.due, phase.id),
                        "estimatedHours": phase.planned_hours, "createDate": moment(project.created, phase.id),
                        "lastActivityDateTime": moment(phase.updated, phase.id), "description": "",
                        "creatorResourceID": self.books.members[project.manager],
                    },
                )  # fmt: skip

    def task_list(self) -> Iterable[Record]:
        """All tasks."""
        for project in self.world.projects:
            for task in (task for phase in project.phases for task in phase.tasks):
                status = "Complete" if task.ended else "In Progress" if task.actual_hours else "New"
                yield whole(
                    "Tasks",
                    {
                        "id": task.id, "projectID": project.id, "phaseID": task.phase_id, "title": task.name,
                        "status": setup.TASK_STATUSES[status], "taskType": setup.TASK_TYPES["Fixed Work"],
                        "taskNumber": f"T{project.created:%Y%m%d}.{task.id % 10000:04d}",
                        "assignedResourceID": self.books.members[task.owner], "priority": 0,
                        "assignedResourceRoleID": setup.ROLES["Project Engineer"], "description": "",
                        "startDateTime": moment(task.start, task.id), "endDateTime": moment(task.due, task.id),
                        "completedDateTime": moment(task.ended, task.id), "estimatedHours": task.planned_hours,
                        "remainingHours": max(0.0, round(task.planned_hours - task.actual_hours, 2)),
                        "createDateTime": moment(project.created, task.id), "isTaskBillable": True,
                        "lastActivityDateTime": moment(task.updated, task.id), "userDefinedFields": [],
                    },
                )  # fmt: skip

    def time_list(self) -> Iterable[Record]:
        """Booked hours: each on a ticket or a task; a meeting of a client without a programme cannot be booked here."""
        return (self._time(e) for e in self.world.efforts if e.ticket_id is not None or e.task_id is not None)

    def _time(self, e: Effort) -> Record:
        member = self.books.members[e.member]
        return whole(
            "TimeEntries",
            {
                "id": e.id, "ticketID": e.ticket_id, "taskID": e.task_id, "resourceID": member,
                "timeEntryType": ON_TICKET if e.ticket_id is not None else ON_TASK,
                "roleID": setup.ROLES[ROLE_OF.get(e.kind, "Engineer")],
                "billingCodeID": setup.WORK_TYPES[WORK_TYPE_OF[e.kind]], "contractID": e.contract_id,
                "dateWorked": midnight(e.start.date()), "startDateTime": moment(e.start, e.id),
                "endDateTime": moment(e.end, e.id), "hoursWorked": e.hours, "offsetHours": 0.0,
                "hoursToBill": e.hours if e.billable else 0.0, "isNonBillable": not e.billable,
                "summaryNotes": e.note, "internalNotes": "", "showOnInvoice": e.billable,
                "createDateTime": moment(e.entered, e.id), "lastModifiedDateTime": moment(e.updated, e.id),
                "creatorUserID": member, "lastModifiedUserID": member,
            },
        )  # fmt: skip


def deleted(ticket_id: int, title: str, when: datetime, by: int) -> Record:
    """The log of a deleted ticket."""
    return whole(
        "DeletedTicketLogs",
        {
            "id": ticket_id, "ticketID": ticket_id, "ticketTitle": title,
            "ticketNumber": ticket_number(when, ticket_id), "deletedByResourceID": by,
            "deletedDateTime": moment(when, ticket_id),
        },
    )  # fmt: skip


def _status(t: Ticket) -> str:
    if t.closed is not None:
        return "Complete"
    if t.resolved is not None:
        return "Resolved, awaiting confirmation"
    if t.responded is None:
        return "New"
    return "Waiting Customer" if t.id % 4 == 1 else "In Progress"


def _was_planned(a: Activity) -> bool:
    """What is to come or was forgotten was planned; of what was held some was only noted."""
    return not a.held or a.id % NOTED != 1


def _met(happened: datetime | None, goal: datetime) -> bool:
    return happened is not None and happened <= goal


def _hours(start: datetime, end: datetime | None) -> float | None:
    return None if end is None else round((end - start) / timedelta(hours=1), 4)
