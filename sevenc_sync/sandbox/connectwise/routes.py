"""Which paths the PSA knows, and the table, record type and parent behind each."""

from collections.abc import Mapping
from dataclasses import dataclass

from sevenc_sync.sandbox.connectwise import lookups
from sevenc_sync.sandbox.connectwise import plans as planning
from sevenc_sync.sandbox.connectwise.plans import Plans
from sevenc_sync.sandbox.connectwise.records import Render
from sevenc_sync.sandbox.connectwise.work import Work
from sevenc_sync.sandbox.tables import Loader


@dataclass(frozen=True, slots=True)
class Route:
    """A list and, with an id behind it, its records; `parent_keys` lead from a record to its parent's id.

    `writes` are the methods that change something here.
    """

    table: str
    record_type: str
    parent_table: str = ""
    parent_type: str = ""
    parent_keys: tuple[str, ...] = ()
    writes: frozenset[str] = frozenset()


ALL_WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})


def _of_board(table: str, record_type: str) -> Route:
    return Route(table, record_type, "boards", "Board", ("board", "id"))


ROUTES: Mapping[str, Route] = {
    "/company/companies": Route("companies", "Company", writes=frozenset({"PATCH"})),
    "/company/companies/statuses": Route("company_statuses", "CompanyStatus"),
    "/company/companies/types": Route("company_types", "CompanyType"),
    "/company/companies/{parent}/notes": Route(
        "notes", "CompanyNote", "companies", "Company", ("company", "id"), ALL_WRITES
    ),
    "/company/companies/{parent}/sites": Route(
        "sites", "CompanySite", "companies", "Company", ("company", "id")
    ),
    "/company/noteTypes": Route("note_types", "CompanyNoteType"),
    "/company/configurations": Route("configurations", "Configuration"),
    "/company/configurations/statuses": Route("configuration_statuses", "ConfigurationStatus"),
    "/company/configurations/types": Route("configuration_types", "ConfigurationType"),
    "/service/tickets": Route("tickets", "Ticket", writes=ALL_WRITES),
    "/service/tickets/{parent}/notes": Route(
        "ticket_notes", "ServiceNote", "tickets", "Ticket", ("ticketId",), ALL_WRITES
    ),
    "/service/boards": Route("boards", "Board"),
    "/service/boards/{parent}/types": _of_board("board_types", "BoardType"),
    "/service/boards/{parent}/subtypes": _of_board("board_subtypes", "BoardSubType"),
    "/service/boards/{parent}/statuses": _of_board("board_statuses", "BoardStatus"),
    "/service/priorities": Route("priorities", "Priority"),
    "/service/SLAs": Route("slas", "SLA"),
    "/service/SLAs/{parent}/priorities": Route("sla_priorities", "SLAPriority", "slas", "SLA", ("sla", "id")),
    "/service/sources": Route("sources", "Source"),
    "/service/teams": Route("teams", "ServiceTeam"),
    "/service/impacts": Route("impacts", "Impact"),
    "/service/severities": Route("severities", "Severity"),
    "/finance/agreements": Route("agreements", "Agreement"),
    "/finance/agreements/types": Route("agreement_types", "AgreementType"),
    "/finance/agreements/{parent}/additions": Route(
        "additions", "Addition", "agreements", "Agreement", ("agreementId",)
    ),
    "/system/members": Route("members", "Member"),
    "/company/contacts": Route("contacts", "Contact"),
    "/project/projects": Route("projects", "Project"),
    "/project/projects/{parent}/phases": Route(
        "phases", "ProjectPhase", "projects", "Project", ("projectId",)
    ),
    "/project/statuses": Route("project_statuses", "ProjectStatus"),
    "/project/projectTypes": Route("project_types", "ProjectType"),
    "/project/tickets": Route("project_tickets", "ProjectTicket"),
    "/schedule/entries": Route("schedule_entries", "ScheduleEntry"),
    "/schedule/types": Route("schedule_types", "ScheduleType"),
    "/schedule/statuses": Route("schedule_statuses", "ScheduleStatus"),
    "/sales/activities": Route("activities", "Activity"),
    "/sales/activities/types": Route("activity_types", "ActivityType"),
    "/sales/activities/statuses": Route("activity_statuses", "ActivityStatus"),
    "/time/entries": Route("time_entries", "TimeEntry"),
    "/time/workTypes": Route("work_types", "WorkType"),
    "/time/workRoles": Route("work_roles", "WorkRole"),
}
"""Path below the API's root, `{parent}` for an id in the middle."""


SEARCHES: Mapping[str, str] = {
    "/service/tickets/search": "/service/tickets",
    "/project/tickets/search": "/project/tickets",
}
"""Paths that take a list's filter in a body."""


def loaders(render: Render, work: Work, plans: Plans) -> Mapping[str, tuple[Loader, str]]:
    """Table to what fills it and the name of its key."""
    fill: dict[str, Loader] = {
        "companies": render.company_list,
        "company_statuses": lookups.company_statuses,
        "company_types": lookups.company_types,
        "notes": list,
        "ticket_notes": list,
        "sites": render.site_list,
        "note_types": lookups.note_types,
        "configurations": render.configuration_list,
        "configuration_statuses": lookups.configuration_statuses,
        "configuration_types": lookups.configuration_types,
        "tickets": work.ticket_list,
        "boards": lookups.boards,
        "board_types": lookups.board_types,
        "board_subtypes": lookups.board_subtypes,
        "board_statuses": lookups.board_statuses,
        "priorities": lookups.priorities,
        "slas": lookups.slas,
        "sla_priorities": lookups.sla_priorities,
        "sources": lambda: lookups.named(lookups.SOURCES, defaultFlag=False),
        "teams": lambda: lookups.named({lookups.TEAM["name"]: lookups.TEAM["id"]}),
        "impacts": lookups.scales,
        "severities": lookups.scales,
        "agreements": work.agreement_list,
        "agreement_types": lookups.agreement_types,
        "additions": work.addition_list,
        "members": render.member_list,
        "contacts": render.contact_list,
        "projects": plans.project_list,
        "phases": plans.phase_list,
        "project_statuses": planning.project_statuses,
        "project_types": lambda: lookups.named(planning.PROJECT_TYPES, inactiveFlag=False),
        "project_tickets": plans.ticket_list,
        "schedule_entries": plans.schedule_list,
        "schedule_types": planning.schedule_types,
        "schedule_statuses": planning.schedule_statuses,
        "activities": plans.activity_list,
        "activity_types": planning.activity_types,
        "activity_statuses": planning.activity_statuses,
        "time_entries": plans.time_list,
        "work_types": lookups.work_types,
        "work_roles": lambda: lookups.named(lookups.WORK_ROLES, inactiveFlag=False),
    }
    return {table: (load, "id") for table, load in fill.items()}
