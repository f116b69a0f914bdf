"""ConnectWise's streams, in the order in which they use each other: lists first, then what points to them."""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from connectors.connectwise_psa import canonical, wire, work
from connectors.connectwise_psa.apart import APART, CHUNK
from sevenc_sync.connect.pages import Keyset
from sevenc_sync.connect.stream import Listed, Parent, Ranges, Stream, Sweep, Window
from sevenc_sync.connect.text import iso
from sevenc_sync.model import (
    Activity,
    Asset,
    Company,
    Contract,
    ContractLine,
    Lookup,
    Phase,
    Project,
    Ticket,
    TimeEntry,
)

FORWARD_ONLY = {"pagination-type": "forward-only"}
PAGE_SIZE = 1000  # the vendor's maximum: these records are small with our `fields`
LARGE_PAGE_SIZE = 500  # thousand-row pages of these have timed out on hosted systems

_PAGES = Keyset(size=PAGE_SIZE, size_param="pageSize", key_param="pageId")
_LARGE_PAGES = Keyset(size=LARGE_PAGE_SIZE, size_param="pageSize", key_param="pageId")

_OFTEN = timedelta(minutes=15)
_DAILY = timedelta(days=1)
_WEEKLY = timedelta(days=7)

LAG = timedelta(minutes=10)  # taken off the time of a pass: the vendor's index trails its clock

AT_ONCE = 4  # more parallel calls of one tenant have been throttled


def _everything(record: type[wire.Wire]) -> Callable[[Window], Mapping[str, str]]:
    """The whole list each time: short lists, of which one wants to see what is gone."""
    fields = {"fields": wire.fields_of(record)}
    return lambda _window: fields


def _changed(record: type[wire.Wire]) -> Callable[[Window], Mapping[str, str]]:
    """What changed since; the whole list without a since."""
    fields = wire.fields_of(record)

    def params(window: Window) -> Mapping[str, str]:
        if window.since is None:
            return {"fields": fields}
        return {"fields": fields, "conditions": f"lastUpdated > [{iso(window.since)}]"}

    return params


def _since(record: type[wire.Wire], whole: Callable[[Window], str]) -> Callable[[Window], Mapping[str, str]]:
    """What changed since; without a since, what `whole` says."""
    fields = wire.fields_of(record)

    def params(window: Window) -> Mapping[str, str]:
        when = whole(window) if window.since is None else f"lastUpdated > [{iso(window.since)}]"
        return {"fields": fields, "conditions": when}

    return params


def _open_or_recent(window: Window) -> str:
    return f"(lastUpdated > [{iso(window.horizon)}] or closedFlag = false)"


def _recent(window: Window) -> str:
    return f"lastUpdated > [{iso(window.horizon)}]"


def _worked_recently(window: Window) -> str:
    return f"timeStart > [{iso(window.horizon)}]"


_SERVICE_ONLY = f'recordType="{canonical.SERVICE_TICKET}"'


def _tickets(window: Window) -> Mapping[str, str]:
    """Service tickets of all boards: what changed since, or all that are open or changed within the horizon."""
    when = _open_or_recent(window) if window.since is None else f"lastUpdated > [{iso(window.since)}]"
    return {"fields": wire.fields_of(wire.Ticket), "conditions": f"{when} and {_SERVICE_ONLY}"}


def _all_tickets(window: Window) -> str:
    return f"{_open_or_recent(window)} and {_SERVICE_ONLY}"


def _listed_company(record: wire.SweptCompany) -> Listed:
    """A company that was merged into another stays as a deleted one; it is inactive here then."""
    deleted = str(record.deleted_flag).strip().lower() in ("true", "1")
    return Listed(str(record.id), {"is_active": False} if deleted else {})


def _listed_ticket(record: wire.SweptTicket) -> Listed:
    facts = {
        "company": canonical.text_id(record.company),
        "merged_into": canonical.text_id(record.merged_parent_ticket),
    }
    return Listed(str(record.id), facts)


def _listed_with_owner(record: wire.Owned) -> Listed:
    return Listed(str(record.id), {"company": canonical.text_id(record.company)})


def _sweep(
    record: type[wire.Wire],
    whole: Callable[[Window], str] | None = None,
    *,
    listed: type[wire.Wire] = wire.Owned,
    facts: Callable[[Any], Listed] = _listed_with_owner,
    cadence: timedelta = _DAILY,
) -> Sweep:
    """Ids, and what a merge changes, of all that a whole pass reads.

    `record` is what is read again where ours differs, `facts` what a `listed` record tells.
    """
    fields, all_fields = wire.fields_of(listed), wire.fields_of(record)

    def params(window: Window) -> Mapping[str, str]:
        return {"fields": fields} if whole is None else {"fields": fields, "conditions": whole(window)}

    def reread(ids: Sequence[str]) -> Mapping[str, str]:
        return {"fields": all_fields, "conditions": f"id in ({','.join(ids)})"}

    return Sweep(
        wire=listed,
        listed=facts,
        params=params,
        reread=reread,
        chunk=CHUNK,
        cadence=cadence,
    )


def _ranges(record: type[wire.Wire], whole: Callable[[Window], str] | None = None) -> Ranges:
    """The whole list cut by id: what `whole` says, within bounds that are numbers."""
    fields = wire.fields_of(record)

    def edge(window: Window, highest: bool) -> Mapping[str, str]:
        params = {"fields": "id", "orderBy": f"id {'desc' if highest else 'asc'}", "pageSize": "1"}
        return params if whole is None else {**params, "conditions": whole(window)}

    def within(window: Window, low: int, high: int | None) -> Mapping[str, str]:
        bounds = f"id >= {low}" if high is None else f"id >= {low} and id < {high}"
        return {"fields": fields, "conditions": bounds if whole is None else f"{bounds} and {whole(window)}"}

    return Ranges(edge=edge, within=within, workers=AT_ONCE)


def _open_or_changed(parent: Parent, window: Window) -> bool:
    """Whether a project may have phases that are new to us: it is open, or has changed since the last pass.

    Also when we have read another version of it since: a merge of companies moves it without its time of change.
    """
    changed, read = parent.row.get("updated_at"), parent.row.get("fetched_at")
    if window.since is None or parent.row.get("is_closed") is not True or not isinstance(changed, int):
        return True
    last_pass = window.since + LAG
    return changed >= window.since.timestamp() or (isinstance(read, int) and read >= last_pass.timestamp())


STREAMS = (
    Stream(
        name="company_statuses",
        title="Company statuses",
        path="/company/companies/statuses",
        wire=wire.CompanyStatus,
        to_canonical=canonical.company_status,
        records=(Lookup,),
        complete=(Lookup,),
        scope={"kind": "company_status"},
        paginator=_PAGES,
        headers=FORWARD_ONLY,
        apart=APART,
        params=_everything(wire.CompanyStatus),
        cadence=_DAILY,
        needs="Companies > Company Maintenance: Inquire All",
    ),
    Stream(
        name="boards",
        title="Service boards",
        path="/service/boards",
        wire=wire.Board,
        to_canonical=canonical.board,
        records=(Lookup,),
        complete=(Lookup,),
        scope={"kind": "board"},
        paginator=_PAGES,
        headers=FORWARD_ONLY,
        apart=APART,
        params=_everything(wire.Board),
        cadence=_DAILY,
        needs="Service Desk > Service Tickets: Inquire All, and System > Table Setup: Inquire All",
    ),
    Stream(
        name="board_types",
        title="Ticket types of the boards",
        path="/service/boards/{parent}/types",
        parent="lookup",
        parent_kinds={"kind": "board"},
        wire=wire.BoardType,
        to_canonical=canonical.board_type,
        records=(Lookup,),
        complete=(Lookup,),
        scope={"kind": "board_type"},
        paginator=_PAGES,
        headers=FORWARD_ONLY,
        apart=APART,
        params=_everything(wire.BoardType),
        cadence=_DAILY,
        needs="Service Desk > Service Tickets: Inquire All, and System > Table Setup: Inquire All",
    ),
    Stream(
        name="priorities",
        title="Ticket priorities",
        path="/service/priorities",
        wire=wire.Priority,
        to_canonical=canonical.priority,
        records=(Lookup,),
        complete=(Lookup,),
        scope={"kind": "priority"},
        paginator=_PAGES,
        headers=FORWARD_ONLY,
        apart=APART,
        params=_everything(wire.Priority),
        cadence=_DAILY,
        needs="Service Desk > Service Tickets: Inquire All, and System > Table Setup: Inquire All",
    ),
    Stream(
        name="companies",
        title="Companies",
        path="/company/companies",
        wire=wire.Company,
        to_canonical=canonical.company,
        records=(Company,),
        paginator=_PAGES,
        headers=FORWARD_ONLY,
        apart=APART,
        params=_changed(wire.Company),
        delta=True,
        sweep=_sweep(wire.Company, listed=wire.SweptCompany, facts=_listed_company),
        lookups=("company_status",),
        needs="Companies > Company Maintenance: Inquire All",
    ),
    Stream(
        name="tickets",
        title="Service tickets",
        path="/service/tickets",
        wire=wire.Ticket,
        to_canonical=canonical.ticket,
        records=(Ticket,),
        paginator=_LARGE_PAGES,
        headers=FORWARD_ONLY,
        apart=APART,
        params=_tickets,
        delta=True,
        ranges=_ranges(wire.Ticket, _all_tickets),
        sweep=_sweep(wire.Ticket, _all_tickets, listed=wire.SweptTicket, facts=_listed_ticket),
        cadence=_OFTEN,
        lookups=("board_type", "priority"),
        needs="Service Desk > Service Tickets: Inquire All",
    ),
    Stream(
        name="configurations",
        title="Configurations",
        path="/company/configurations",
        wire=wire.Configuration,
        to_canonical=canonical.configuration,
        records=(Asset,),
        paginator=_LARGE_PAGES,
        headers=FORWARD_ONLY,
        apart=APART,
        params=_changed(wire.Configuration),
        delta=True,
        ranges=_ranges(wire.Configuration),
        sweep=_sweep(wire.Configuration),
        needs="Companies > Configurations: Inquire All",
    ),
    Stream(
        name="agreements",
        title="Agreements",
        path="/finance/agreements",
        wire=wire.Agreement,
        to_canonical=canonical.agreement,
        records=(Contract,),
        paginator=_PAGES,
        headers=FORWARD_ONLY,
        apart=APART,
        params=_changed(wire.Agreement),
        delta=True,
        sweep=_sweep(wire.Agreement),
        needs="Finance > Agreements: Inquire All",
    ),
    Stream(
        name="additions",
        title="Additions to agreements",
        path="/finance/agreements/{parent}/additions",
        parent="contract",
        wire=wire.Addition,
        to_canonical=canonical.addition,
        records=(ContractLine,),
        complete=(ContractLine,),
        paginator=_PAGES,
        headers=FORWARD_ONLY,
        apart=APART,
        # one request an agreement, be it for all lines or for those that changed: an agreement's own time of change does
        # not tell of them, and they go with it to another company when two are merged
        params=_everything(wire.Addition),
        cadence=_DAILY,
        needs="Finance > Agreements: Inquire All",
    ),
    Stream(
        name="projects",
        title="Projects",
        path="/project/projects",
        wire=wire.Project,
        to_canonical=work.project,
        records=(Project,),
        paginator=_PAGES,
        headers=FORWARD_ONLY,
        apart=APART,
        params=_since(wire.Project, _open_or_recent),
        delta=True,
        sweep=_sweep(wire.Project, _open_or_recent),
        needs="Project > Project Headers: Inquire All",
    ),
    Stream(
        name="phases",
        title="Phases of projects",
        path="/project/projects/{parent}/phases",
        parent="project",
        below=_open_or_changed,
        lag=LAG,
        wire=wire.Phase,
        to_canonical=work.phase,
        records=(Phase,),
        complete=(Phase,),
        paginator=_PAGES,
        headers=FORWARD_ONLY,
        apart=APART,
        params=_everything(wire.Phase),
        # a delta goes below fewer projects; below each it reads all phases, which change with their project
        delta=True,
        # one request a project
        cadence=_DAILY,
        needs="Project > Project Phase: Inquire All",
    ),
    Stream(
        name="time_entries",
        title="Time entries",
        path="/time/entries",
        wire=wire.TimeEntry,
        to_canonical=work.time_entry,
        records=(TimeEntry,),
        paginator=_PAGES,
        headers=FORWARD_ONLY,
        apart=APART,
        params=_since(wire.TimeEntry, _worked_recently),
        delta=True,
        # the longest list of all
        ranges=_ranges(wire.TimeEntry, _worked_recently),
        sweep=_sweep(wire.TimeEntry, _worked_recently, cadence=_WEEKLY),
        needs="Time & Expense > Time Entry: Inquire All",
    ),
    Stream(
        name="activities",
        title="Activities: calls, meetings, reviews",
        path="/sales/activities",
        wire=wire.Activity,
        to_canonical=work.activity,
        records=(Activity,),
        paginator=_PAGES,
        headers=FORWARD_ONLY,
        apart=APART,
        params=_since(wire.Activity, _recent),
        delta=True,
        sweep=_sweep(wire.Activity, _recent),
        needs="Sales > Sales Activity: Inquire All",
    ),
)
