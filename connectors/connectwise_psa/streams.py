"""ConnectWise's streams, in the order in which they use each other: lists first, then what points to them."""

from collections.abc import Callable, Mapping
from datetime import timedelta

from connectors.connectwise_psa import canonical, wire
from sevenc_sync.connect.pages import Keyset
from sevenc_sync.connect.stream import Stream, Window
from sevenc_sync.connect.text import iso
from sevenc_sync.model import Asset, Company, Contract, ContractLine, Lookup, Ticket

FORWARD_ONLY = {"pagination-type": "forward-only"}
PAGE_SIZE = 1000  # the vendor's maximum: these records are small with our `fields`
LARGE_PAGE_SIZE = 500  # thousand-row pages of these have timed out on hosted systems

_PAGES = Keyset(size=PAGE_SIZE, size_param="pageSize", key_param="pageId")
_LARGE_PAGES = Keyset(size=LARGE_PAGE_SIZE, size_param="pageSize", key_param="pageId")

_OFTEN = timedelta(minutes=15)
_DAILY = timedelta(days=1)


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


def _tickets(window: Window) -> Mapping[str, str]:
    """Service tickets of all boards: what changed since, or all that are open or changed within the horizon."""
    if window.since is None:
        when = f"(lastUpdated > [{iso(window.horizon)}] or closedFlag = false)"
    else:
        when = f"lastUpdated > [{iso(window.since)}]"
    return {
        "fields": wire.fields_of(wire.Ticket),
        "conditions": f'{when} and recordType="{canonical.SERVICE_TICKET}"',
    }


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
        params=_changed(wire.Company),
        delta=True,
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
        params=_tickets,
        delta=True,
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
        params=_changed(wire.Configuration),
        delta=True,
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
        params=_changed(wire.Agreement),
        delta=True,
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
        params=_changed(wire.Addition),
        delta=True,
        # one request an agreement, and an agreement's own time of change does not tell of its additions
        cadence=_DAILY,
        needs="Finance > Agreements: Inquire All",
    ),
)
