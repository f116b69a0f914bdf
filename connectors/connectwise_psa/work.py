"""ConnectWise's time entries, projects, phases and activities in our words. Pure functions."""

import re
from collections.abc import Iterable

from connectors.connectwise_psa import wire
from connectors.connectwise_psa.canonical import name_of, text_id
from sevenc_sync.connect.stream import Context
from sevenc_sync.connect.text import clean, day, flag, number, when
from sevenc_sync.model import Activity, Phase, Project, TimeEntry

_NO_INFO = wire.Info()

# What time was charged to, and what that is here.
_CHARGES = {
    "serviceticket": "ticket",
    "projectticket": "project",
    "company": "company",
    "activity": "company",
    "chargecode": "internal",
}
_BILLS = {"billable": True, "donotbill": False, "nocharge": False}
# The tenant names its phase statuses itself, and there is no list that says which of them are an end.
_ENDS = re.compile(r"\b(clos|complet|done|finish)")
_SAYS_NEITHER = re.compile(r"\b(not|cancel)")


def _member(ref: wire.IdentifierRef | None) -> str | None:
    return None if ref is None else clean(ref.identifier)


def time_entry(record: wire.TimeEntry, _context: Context) -> Iterable[TimeEntry]:
    """Work that somebody wrote down. Time on project tickets names the project beside the ticket."""
    info = record.info or _NO_INFO
    charged = (record.charge_to_type or "").strip().lower()
    charge = _CHARGES.get(charged)
    yield TimeEntry(
        id=str(record.id),
        company=text_id(record.company),
        charge=charge,
        ticket=str(record.charge_to_id) if charge == "ticket" and record.charge_to_id else None,
        project=text_id(record.project),
        contract=text_id(record.agreement),
        work_type=name_of(record.work_type),
        work_role=name_of(record.work_role),
        member=_member(record.member),
        started_at=when(record.time_start),
        hours=number(record.actual_hours),
        is_billable=_BILLS.get((record.billable_option or "").strip().lower()),
        updated_at=when(info.last_updated),
    )


def project(record: wire.Project, _context: Context) -> Iterable[Project]:
    """A project with its plan and what it came to. Its share done is not read: nobody says on which scale it stands."""
    info = record.info or _NO_INFO
    closed = flag(record.closed_flag)
    yield Project(
        id=str(record.id),
        company=text_id(record.company),
        name=clean(record.name),
        type=name_of(record.type),
        status=name_of(record.status),
        manager=_member(record.manager),
        is_closed=closed,
        planned_start_on=day(record.estimated_start),
        planned_end_on=day(record.estimated_end),
        started_on=day(record.actual_start),
        # a project that was opened again may keep the date; only the flag counts
        ended_on=None if closed is False else day(record.actual_end),
        # unset is stored as 0, and nobody plans a project without hours
        budget_hours=number(record.budget_hours) or number(record.estimated_hours) or None,
        actual_hours=number(record.actual_hours),
        scheduled_hours=number(record.scheduled_hours),
        updated_at=when(info.last_updated),
    )


def phase(record: wire.Phase, context: Context) -> Iterable[Phase]:
    """A project's phase. It is done when its status says so by its name, or with its project."""
    if context.parent is None:
        raise ValueError("a phase without its project")
    info = record.info or _NO_INFO
    status = name_of(record.status)
    done = _is_done(status, is_project_closed=context.parent.row.get("is_closed") is True)
    yield Phase(
        id=str(record.id),
        company=context.parent.company,
        project=context.parent.id,
        name=clean(record.description),
        status=status,
        is_done=done,
        due_on=day(record.deadline_date) or day(record.scheduled_end),
        ended_on=day(record.actual_end) if done else None,
        planned_hours=number(record.budget_hours) or number(record.scheduled_hours) or None,
        actual_hours=number(record.actual_hours),
        updated_at=when(info.last_updated),
    )


def _is_done(status: str | None, *, is_project_closed: bool) -> bool | None:
    word = (status or "").lower()
    if not word or _SAYS_NEITHER.search(word):
        return True if is_project_closed else None
    return is_project_closed or _ENDS.search(word) is not None


def activity(record: wire.Activity, _context: Context) -> Iterable[Activity]:
    """A sales activity: a call, a meeting, a review."""
    info = record.info or _NO_INFO
    yield Activity(
        id=str(record.id),
        company=text_id(record.company),
        name=clean(record.name),
        kind=name_of(record.type),
        status=name_of(record.status),
        is_done=flag(record.close_flag),
        member=_member(record.assign_to),
        starts_at=when(record.date_start),
        ends_at=when(record.date_end),
        updated_at=when(info.last_updated),
    )
