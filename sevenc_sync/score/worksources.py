"""The row sources of work that was done and planned: hours, projects, their phases, and meetings."""

from sevenc_sync.score.sourcefacts import COMMON, Source, flag, number, text, time

_TIME_ENTRIES = Source(
    name="time_entries",
    table="time_entry",
    means=(
        "Hours that somebody wrote down. `tagged()` reads the entry's own words and those of its ticket. For an account "
        "without any time entry its tickets with hours stand in, each as one entry at the time it was opened."
    ),
    columns={
        **COMMON,
        "charge": text("what it was done for: ticket, project, company or internal"),
        "ticket": text("the vendor's id of the ticket"),
        "project": text("the vendor's id of the project"),
        "contract": text("the vendor's id of the contract"),
        "work_type": text("the MSP's type of work"),
        "work_role": text("the MSP's role in which it was done"),
        "member": text("who did it"),
        "started_at": time("when the work began"),
        "hours": number("how long it took"),
        "is_billable": flag("whether it is charged"),
        "updated_at": time("when the entry last changed"),
    },
    at="started_at",
    newest="updated_at",
    phrase="time_entry",
    label=("work_type", "member", "started_at", "hours", "ticket", "project"),
    instead="ticket",
    words_of="ticket",
)

_PROJECTS = Source(
    name="projects",
    table="project",
    means="Projects with their plan and what they came to. Hours are totals.",
    columns={
        **COMMON,
        "name": text("the project's name"),
        "type": text("the MSP's type of project"),
        "status": text("the MSP's status name"),
        "manager": text("who runs it"),
        "is_closed": flag("whether it is over"),
        "planned_start_on": time("the day on which it should begin"),
        "planned_end_on": time("the day by which it should be over"),
        "started_on": time("when it began"),
        "ended_on": time("when it was over"),
        "budget_hours": number("hours that it may take"),
        "actual_hours": number("hours that it took so far"),
        "scheduled_hours": number("hours that are planned for people"),
        "percent_done": number("how much of it is done, by the vendor's word"),
        "updated_at": time("when it last changed"),
        "has_phases": flag("whether it is cut into phases or tasks; never null", "phase"),
    },
    at="ended_on",
    newest="updated_at",
    phrase="project",
    label=("name", "type", "status", "manager", "planned_end_on", "ended_on", "budget_hours", "actual_hours"),
)

_PHASES = Source(
    name="phases",
    table="phase",
    means="Parts of projects with a date of their own: phases, milestones or tasks.",
    columns={
        **COMMON,
        "project": text("the vendor's id of the project"),
        "name": text("the phase's name"),
        "status": text("the MSP's status name"),
        "is_done": flag("whether it is done"),
        "due_on": time("the day by which it should be done"),
        "ended_on": time("when it was done"),
        "planned_hours": number("hours that it may take"),
        "actual_hours": number("hours that it took so far"),
        "updated_at": time("when it last changed"),
    },
    at="due_on",
    newest="updated_at",
    phrase=None,
    label=("name", "project", "status", "due_on", "ended_on"),
)

_EVENT_COLUMNS = {
    **COMMON,
    "name": text("what the calendar or the list calls it"),
    "kind": text("the MSP's kind of activity"),
    "status": text("the MSP's status name"),
    "is_done": flag("whether it took place"),
    "member": text("who of the MSP takes part"),
    "starts_at": time("when it begins"),
    "ends_at": time("when it ends"),
    "updated_at": time("when the record last changed"),
}

_ACTIVITIES = Source(
    name="activities",
    table="activity",
    means="What happens with a client: meetings, reviews, calls. Those that are only planned too.",
    columns=_EVENT_COLUMNS,
    at="starts_at",
    newest="updated_at",
    phrase="activity",
    label=("name", "kind", "status", "starts_at", "member"),
)

_EVENTS = Source(
    name="events",
    table="activity",
    means=(
        "As `activities`, and one more row per client: the client's own record in its master PSA account, with nothing "
        "but its custom fields, so that a day which somebody entered there counts beside the calendar."
    ),
    columns={**_EVENT_COLUMNS, "is_record": flag("whether the row is the client's own record; never null")},
    at="starts_at",
    newest="updated_at",
    phrase="activity",
    label=("name", "kind", "status", "starts_at", "member"),
    instead="company",
)

_PLAN_ITEMS = Source(
    name="plan_items",
    table="plan_item",
    means="Items of the client's plan, as they stand in this program.",
    columns={
        "id": text("the item's id"),
        "fetched_at": time("when the item last changed"),
        "indicator": text("the indicator that it is about"),
        "state": text("open, accepted, done or risk (accepted as it is)"),
        "owner": text("who is to do it"),
        "due_at": time("by when it should be done"),
        "first_at": time("when it came into the plan"),
        "changed_at": time("when it last changed"),
    },
    at="due_at",
    newest="changed_at",
    phrase=None,
    label=("indicator", "state", "owner", "due_at"),
    is_own=True,
)

WORK_SOURCES = (_TIME_ENTRIES, _PROJECTS, _PHASES, _ACTIVITIES, _EVENTS, _PLAN_ITEMS)
