"""Autotask's time entries, projects, tasks and company notes in our words. Pure functions."""

from collections.abc import Iterable

from connectors.autotask_psa import wire
from connectors.autotask_psa.canonical import is_complete, label, person, text_id
from sevenc_sync.connect.stream import Context
from sevenc_sync.connect.text import clean, flag, number, when
from sevenc_sync.model import Activity, Phase, Project, TimeEntry

NOTE, TO_DO = "note:", "todo:"  # how the ids of activities begin: both collections are numbered from one
TITLE_LENGTH = 200  # of a to-do's text, which has no title of its own
NOTE_TITLE = "7C score"  # of our own notes, which are no evidence of anything


def time_entry(record: wire.TimeEntry, context: Context) -> Iterable[TimeEntry]:
    """Work that somebody wrote down. Its company is that of the ticket, the task or the contract it was done for."""
    ticket, task, contract = text_id(record.ticket_id), text_id(record.task_id), text_id(record.contract_id)
    billed = flag(record.is_non_billable)
    yield TimeEntry(
        id=str(record.id),
        company=_company(context, ticket, task, contract),
        charge="ticket" if ticket else "project" if task else "internal",
        ticket=ticket,
        project=None if task is None else context.related("phase", "project", task),
        contract=contract,
        work_type=label(context, "work_type", record.billing_code_id)
        or label(context, "work_type", record.internal_billing_code_id),
        work_role=label(context, "role", record.role_id),
        member=person(context, record.resource_id),
        started_at=when(record.start_date_time) or when(record.date_worked),
        hours=number(record.hours_worked),
        is_billable=None if billed is None else not billed,
        updated_at=when(record.last_modified_date_time),
    )


def _company(context: Context, ticket: str | None, task: str | None, contract: str | None) -> str | None:
    for table, key in (("ticket", ticket), ("phase", task), ("contract", contract)):
        found = None if key is None else context.related(table, "company", key)
        if found is not None:
            return found
    return None


def project(record: wire.Project, context: Context) -> Iterable[Project]:
    """A project with its plan and what it came to."""
    ended = when(record.completed_date_time)
    closed = is_complete(record.status, ended)
    yield Project(
        id=str(record.id),
        company=text_id(record.company_id),
        name=clean(record.project_name),
        type=label(context, "project_type", record.project_type),
        status=label(context, "project_status", record.status),
        manager=person(context, record.project_lead_resource_id),
        is_closed=closed,
        planned_start_on=when(record.start_date_time),
        planned_end_on=when(record.end_date_time),
        ended_on=ended if closed else None,
        budget_hours=number(record.estimated_time),
        actual_hours=number(record.actual_hours),
        percent_done=number(record.completed_percentage),
        updated_at=when(record.last_activity_date_time),
    )


def task(record: wire.Task, context: Context) -> Iterable[Phase]:
    """A project's task: the part with a due date of which Autotask says whether and when it was done."""
    if record.project_id is None:
        raise ValueError("a task without its project")
    key = str(record.project_id)
    ended = when(record.completed_date_time)
    done = is_complete(record.status, ended)
    yield Phase(
        id=str(record.id),
        company=context.related("project", "company", key),
        project=key,
        name=clean(record.title),
        status=label(context, "task_status", record.status),
        is_done=done,
        due_on=when(record.end_date_time),
        ended_on=ended if done else None,
        planned_hours=number(record.estimated_hours),
        updated_at=when(record.last_activity_date_time),
    )


def activity(record: wire.Activity, context: Context) -> Iterable[Activity]:
    """A company note as something that happened: a call, a meeting, a review. Nothing for our own notes."""
    name = clean(record.name)
    if name == NOTE_TITLE:
        return
    starts = when(record.start_date_time)
    yield Activity(
        id=f"{NOTE}{record.id}",
        company=text_id(record.company_id),
        name=name,
        kind=label(context, "note_action", record.action_type),
        # a note tells of what was; one with a time to come is a plan
        is_done=None if starts is None else starts <= context.now,
        member=person(context, record.assigned_resource_id),
        starts_at=starts,
        ends_at=when(record.end_date_time),
        updated_at=when(record.last_modified_date),
    )


def to_do(record: wire.ToDo, context: Context) -> Iterable[Activity]:
    """A to-do as a meeting, call or review that is planned, and was held once it is completed."""
    text = clean(record.activity_description) or ""
    yield Activity(
        id=f"{TO_DO}{record.id}",
        company=text_id(record.company_id),
        # of its text the first line says what it is about
        name=clean(text.partition("\n")[0], TITLE_LENGTH),
        kind=label(context, "to_do_action", record.action_type),
        is_done=when(record.completed_date) is not None,
        member=person(context, record.assigned_to_resource_id),
        starts_at=when(record.start_date_time),
        ends_at=when(record.end_date_time),
        updated_at=when(record.last_modified_date),
    )
