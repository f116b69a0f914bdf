"""The row sources of work as SQL: time entries, projects, and what happened with a client."""

from typing import TYPE_CHECKING

from sqlalchemy import (
    Double,
    Integer,
    Text,
    and_,
    case,
    cast,
    false,
    func,
    literal,
    null,
    or_,
    select,
    true,
    union_all,
)

from sevenc_sync.score.bound import Bound, own_columns
from sevenc_sync.score.decided import Known
from sevenc_sync.score.sources import SOURCES, Source
from sevenc_sync.score.sqlfunctions import same_order
from sevenc_sync.score.vocabulary import DAY, SQL_TYPE, Sql, Uses
from sevenc_sync.score.wordtables import flag_names
from sevenc_sync.store.tables import account, client, evidence, link, plan_item

if TYPE_CHECKING:  # binding binds by way of this module
    from sevenc_sync.score.binding import Binder

_entry, _ticket, _company = evidence["time_entry"], evidence["ticket"], evidence["company"]
_project, _phase, _activity = evidence["project"], evidence["phase"], evidence["activity"]

_REPEATED_WITHIN = 30 * DAY


def time_entries(binder: "Binder", source: Source, uses: Uses) -> Bound:
    """Time entries with the tags of their tickets; tickets with hours for accounts that have no entry at all."""
    names = flag_names(uses)
    from_, where = binder.linked(_entry)
    mine, theirs = binder.flags(_entry, source, names), binder.flags(_ticket, SOURCES["tickets"], names)
    with_ticket = mine.join(from_).outerjoin(
        _ticket,
        and_(
            _ticket.c.account == _entry.c.account,
            _ticket.c.id == _entry.c.ticket,
            _ticket.c.gone_at.is_(None),
        ),
    )
    entries = select(
        link.c.client.label("client"),
        _entry.c.account.label("account"),
        literal(source.table, Text()).label("row_table"),
        *[own_columns(_entry, source)[name].label(f"c_{name}") for name in source.columns],
        *[or_(mine.by_name[name], theirs.by_name[name]).label(f"f_{name}") for name in names],
    ).select_from(theirs.join(with_ticket)).where(*where)  # fmt: skip
    from_, where = binder.linked(_ticket)
    tickets = own_columns(_ticket, SOURCES["tickets"])
    said_of_ticket: dict[str, Sql] = {
        **{name: tickets[name] for name in ("id", "fetched_at", "contract", "hours", "updated_at")},
        "charge": literal("ticket", Text()),
        "ticket": tickets["id"],
        "member": tickets["owner"],
        "started_at": tickets["opened_at"],
    }
    whole = binder.flags(_ticket, SOURCES["tickets"], names)
    has_entries = select(literal(1, Integer())).select_from(_entry).where(_entry.c.account == account.c.id)
    without_entries = select(account.c.id).where(~has_entries.correlate(account).exists())
    instead = select(
        link.c.client,
        _ticket.c.account,
        literal(_ticket.name, Text()),
        *[
            said_of_ticket.get(name, cast(null(), SQL_TYPE[fact.kind])).label(f"c_{name}")
            for name, fact in source.columns.items()
        ],
        *[whole.by_name[name].label(f"f_{name}") for name in names],
    ).select_from(whole.join(from_)).where(
        *where,
        _ticket.c.merged_into.is_(None),
        _ticket.c.hours > 0,
        # A list of few accounts that is made once: none of the others' tickets is read.
        link.c.account.in_(without_entries),
    )  # fmt: skip
    rows = union_all(entries, instead).subquery("work")
    return Bound(
        source=source,
        from_=rows,
        where=(),
        client=rows.c.client,
        account=rows.c.account,
        columns={name: rows.c[f"c_{name}"] for name in source.columns},
        flags={name: rows.c[f"f_{name}"] for name in names},
        customs={},
        table=rows.c.row_table,
    )


def tickets(binder: "Binder", source: Source, uses: Uses) -> Bound:
    """Tickets with the hours of their time entries, and whether each repeats an earlier one."""
    from_, where = binder.linked(_ticket)
    flags = binder.flags(_ticket, source, flag_names(uses))
    own = own_columns(_ticket, source)
    booked = own_columns(_entry, SOURCES["time_entries"])["hours"]
    of_entries = (
        select(func.sum(booked, type_=Double()))
        .where(
            _entry.c.account == _ticket.c.account,
            _entry.c.ticket == _ticket.c.id,
            _entry.c.gone_at.is_(None),
        )
        .correlate(_ticket)
        .scalar_subquery()
    )
    # Where hours are written down at all, a ticket without any took none; else nobody knows what it took.
    is_booked = (
        select(literal(1, Integer())).select_from(_entry).where(_entry.c.account == link.c.account).exists()
    )
    none = case((is_booked, literal(0.0, Double())))
    return Bound(
        source=source,
        from_=flags.join(from_),
        where=(*where, _ticket.c.merged_into.is_(None)),
        client=link.c.client,
        account=_ticket.c.account,
        columns=own | {"hours": func.coalesce(own["hours"], of_entries, none), "is_repeat": _is_repeat()},
        flags=flags.by_name,
        customs={},
        early=flags.early,
    )


def _is_repeat() -> Sql:
    before = _ticket.alias("before")
    same = [
        func.coalesce(before.c[name], "") == func.coalesce(_ticket.c[name], "")
        for name in ("type", "subtype")
    ]
    found = (
        select(literal(1, Integer()))
        .where(
            before.c.account == _ticket.c.account,
            before.c.company == _ticket.c.company,
            before.c.opened_at >= _ticket.c.opened_at - _REPEATED_WITHIN,
            or_(
                before.c.opened_at < _ticket.c.opened_at,
                and_(
                    before.c.opened_at == _ticket.c.opened_at,
                    same_order(before.c.id) < same_order(_ticket.c.id),
                ),
            ),
            before.c.asset == _ticket.c.asset,
            *same,
            before.c.merged_into.is_(None),
            before.c.gone_at.is_(None),
        )
        .correlate(_ticket)
        .exists()
    )
    return case((_ticket.c.asset.is_not(None), found))


def plan_items(binder: "Binder", source: Source, _uses: Uses) -> Bound:
    """Items of the plan; they stand beside the client's PSA account."""
    own: dict[str, Sql] = {name: plan_item.c[name] for name in source.columns if name in plan_item.c}
    return Bound(
        source=source,
        from_=plan_item.join(client, client.c.id == plan_item.c.client),
        where=(client.c.is_active, *binder.of_clients(client.c.id)),
        client=client.c.id,
        account=client.c.account,
        columns=own | {"fetched_at": plan_item.c.changed_at},
        flags={},
        customs={},
    )


def projects(binder: "Binder", source: Source, uses: Uses) -> Bound:
    """Projects, with whether anything of them has a date of its own."""
    from_, where = binder.linked(_project)
    flags = binder.flags(_project, source, flag_names(uses))
    part = select(literal(1, Integer())).where(
        _phase.c.account == _project.c.account,
        _phase.c.company == _project.c.company,
        _phase.c.project == _project.c.id,
        _phase.c.gone_at.is_(None),
    )
    return Bound(
        source=source,
        from_=flags.join(from_),
        where=tuple(where),
        client=link.c.client,
        account=_project.c.account,
        columns=own_columns(_project, source) | {"has_phases": part.correlate(_project).exists()},
        flags=flags.by_name,
        customs={},
        early=flags.early,
    )


def events(binder: "Binder", source: Source, uses: Uses) -> Bound:
    """Activities, and the clients' own records for the days that were entered there."""
    names, fields = flag_names(uses), sorted(uses.customs)
    from_, where = binder.linked(_activity)
    flags = binder.flags(_activity, source, names)
    own = own_columns(_activity, source) | {"is_record": false()}
    held = select(
        link.c.client.label("client"),
        _activity.c.account.label("account"),
        *[_typed(own[name], name, source).label(f"c_{name}") for name in source.columns],
        *[flags.by_name[name].label(f"f_{name}") for name in names],
        *[cast(null(), Text()).label(f"x{n}") for n in range(len(fields))],
    ).select_from(flags.join(from_)).where(*where)  # fmt: skip
    known: dict[str, Sql] = {
        **{name: _company.c[name] for name in ("id", "fetched_at", "name", "updated_at")},
        "is_record": true(),
    }
    own_fields = Known.of(binder, fields)
    records = select(
        client.c.id,
        _company.c.account,
        *[
            _typed(known.get(name, null()), name, source).label(f"c_{name}")
            for name in source.columns
        ],
        *[_typed(false(), "is_record", source).label(f"f_{name}") for name in names],
        *[value.label(f"x{n}") for n, value in enumerate(own_fields.values)],
    ).select_from(
        own_fields.join(
            _company.join(client, and_(client.c.account == _company.c.account, client.c.company == _company.c.id))
        )
    ).where(client.c.is_active, _company.c.gone_at.is_(None), *binder.of_clients(client.c.id))  # fmt: skip
    rows = union_all(held, records).cte("events").prefix_with("MATERIALIZED")
    return Bound(
        source=source,
        from_=rows,
        where=(),
        client=rows.c.client,
        account=rows.c.account,
        columns={name: rows.c[f"c_{name}"] for name in source.columns},
        flags={name: rows.c[f"f_{name}"] for name in names},
        customs={name: rows.c[f"x{n}"] for n, name in enumerate(fields)},
        table=case((rows.c.c_is_record, literal(_company.name, Text())), else_=literal(source.table, Text())),
    )


def _typed(value: Sql, name: str, source: Source) -> Sql:
    """The value as the kind that its column has: the parts of a union must agree."""
    return cast(value, SQL_TYPE[source.columns[name].kind])
