"""The row source of devices as SQL: one row per device, with what all records of it and all its backups say together."""

from typing import TYPE_CHECKING

from sqlalchemy import FromClause, Integer, Text, Tuple, and_, case, func, literal, not_, or_, select, tuple_

from sevenc_sync.score.bound import Bound, own_columns
from sevenc_sync.score.sources import Source
from sevenc_sync.score.sqlfunctions import same_order
from sevenc_sync.score.vocabulary import DAY, Sql, Uses
from sevenc_sync.score.wordtables import flag_names
from sevenc_sync.store.tables import client, device_link, evidence, link

if TYPE_CHECKING:  # binding binds by way of this module
    from sevenc_sync.score.binding import Binder

KINDS = ("server", "workstation", "laptop", "network", "appliance", "other")
RETIRED = "retired"
OTHERS = 3  # other records of one device that are heard, the newest first
COMMON_MODELS = 3
_ALWAYS = frozenset({"id", "fetched_at", "kind", "managed", "type", "model"})
_BOUGHT_WITHIN = 365 * DAY

_asset, _protection = evidence["asset"], evidence["protection"]


def assets(binder: "Binder", source: Source, uses: Uses) -> Bound:
    """One row per device: the master PSA's record first, then active ones, then the newest."""
    # All of these are copied into the list of devices: what nobody asks for is left out.
    asked = uses.columns | _ALWAYS | {source.newest}
    names = [
        name
        for name, fact in source.columns.items()
        if name in asked and fact.table is None and name != "is_common_model"
    ]
    inner = _standing(binder, source, uses, names)
    columns: dict[str, Sql] = {name: inner.c[f"c_{name}"] for name in names}
    outer: FromClause = inner
    firsts = binder.rules.first_by_fact
    wanted = [name for name in firsts if name in uses.columns]
    if wanted:
        others = _others(binder, source, wanted)
        outer = outer.outerjoin(
            others, and_(others.c.client == inner.c.client, others.c.device == inner.c.device)
        )
        columns |= {
            name: _together(source, name, firsts[name], columns[name], others.c[name]) for name in wanted
        }
    if any(source.columns[name].table == _protection.name for name in uses.columns):
        backups = _backups(binder)
        outer = outer.outerjoin(
            backups, and_(backups.c.client == inner.c.client, backups.c.device == inner.c.device)
        )
        columns |= {
            "is_protected": func.coalesce(backups.c.protecting, 0) > 0,
            "last_backup_success_at": backups.c.last_success_at,
            "offsite_at": backups.c.offsite_at,
            "verified_at": backups.c.verified_at,
        }
    if "is_common_model" in uses.columns:
        common = _common_models(binder)
        outer = outer.outerjoin(
            common,
            and_(
                common.c.client == inner.c.client,
                common.c.type == func.coalesce(columns["type"], ""),
                common.c.model == columns["model"],
            ),
        )
        columns["is_common_model"] = case((columns["model"].is_not(None), common.c.model.is_not(None)))
    return Bound(
        source=source,
        from_=outer,
        where=(),
        client=inner.c.client,
        account=inner.c.account,
        columns=columns,
        flags={name: inner.c[f"f_{name}"] for name in flag_names(uses)},
        customs={},
    )


def is_protection_of(theirs: FromClause) -> Sql:
    """Whether a row of device_link is that of the protection."""
    return and_(
        theirs.c.kind == "protection",
        theirs.c.account == _protection.c.account,
        theirs.c.id == _protection.c.id,
        theirs.c.client == link.c.client,
    )


def _is_record_of(theirs: FromClause) -> Sql:
    return and_(
        theirs.c.kind == "asset",
        theirs.c.account == _asset.c.account,
        theirs.c.id == _asset.c.id,
        theirs.c.client == link.c.client,
    )


def _is_there(theirs: FromClause) -> Sql:
    """Whether an outer join found a row of device_link.

    As an expression over an outer join, so that SQLite begins with the clients: it would rather read the links of all devices.
    """
    return func.coalesce(theirs.c.device, "") != ""


def _standing(binder: "Binder", source: Source, uses: Uses, names: list[str]) -> FromClause:
    """Of all records of each device the first by `_order`; it stands for the device."""
    from_, where = binder.linked(_asset)
    flags = binder.flags(_asset, source, {*flag_names(uses), *KINDS, RETIRED})
    mine = device_link.alias("mine")
    kind = func.coalesce(
        _asset.c.kind, case(*[(flags.by_name[name], literal(name, Text())) for name in KINDS], else_=None)
    )
    own = own_columns(_asset, source) | {
        "kind": kind,
        "managed": and_(func.coalesce(_asset.c.is_active, True), not_(flags.by_name[RETIRED])),
    }
    return (
        select(
            link.c.client.label("client"),
            _asset.c.account.label("account"),
            mine.c.device.label("device"),
            *[own[name].label(f"c_{name}") for name in names],
            *[flags.by_name[name].label(f"f_{name}") for name in flag_names(uses)],
        )
        .select_from(flags.join(from_).outerjoin(mine, _is_record_of(mine)))
        .where(*where, not_(_has_better(mine)))
        .cte("device")
        # Kind and the like are worked out once for each device, not for each indicator.
        .prefix_with("MATERIALIZED")
    )


def _order(record: FromClause) -> Tuple:
    """What records of one device are put in order by: the master PSA's first, then active ones, then the newest."""
    return tuple_(
        case((record.c.account == client.c.account, 0), else_=1),
        case((record.c.is_active.is_(False), 1), else_=0),
        -func.coalesce(record.c.updated_at, 0),
        record.c.account,
        same_order(record.c.id),
    )


def _has_better(mine: FromClause) -> Sql:
    """Whether the device has a record of the same client before this one. A device with one record costs one look-up."""
    other, record, theirs = device_link.alias("other"), _asset.alias("record"), link.alias("its_link")
    return (
        select(literal(1, Integer()))
        .select_from(
            other.join(record, and_(record.c.account == other.c.account, record.c.id == other.c.id)).join(
                theirs,
                and_(
                    theirs.c.account == record.c.account,
                    theirs.c.company == record.c.company,
                    theirs.c.state == "linked",
                    theirs.c.client == other.c.client,
                ),
            )
        )
        .where(
            other.c.client == mine.c.client,
            other.c.device == mine.c.device,
            other.c.kind == "asset",
            or_(other.c.id != mine.c.id, other.c.account != mine.c.account),
            record.c.gone_at.is_(None),
            _order(record) < _order(_asset),
        )
        .correlate(_asset, client, mine)
        .exists()
    )


def _others(binder: "Binder", source: Source, names: list[str]) -> FromClause:
    """What records of each device in accounts other than the client's PSA say: the newest that says it, name by name."""
    from_, where = binder.linked(_asset)
    theirs = device_link.alias("heard")
    own = own_columns(_asset, source)
    place = func.row_number().over(
        partition_by=[link.c.client, theirs.c.device],
        order_by=[
            func.coalesce(_asset.c.last_seen_at, _asset.c.updated_at, 0).desc(),
            _asset.c.account,
            same_order(_asset.c.id),
        ],
    )
    heard = (
        select(
            link.c.client,
            theirs.c.device,
            place.label("place"),
            *[_countable(source, name, own[name]).label(name) for name in names],
        )
        .select_from(from_.outerjoin(theirs, _is_record_of(theirs)))
        .where(*where, link.c.account != client.c.account, _is_there(theirs))
        .subquery("records")
    )

    def newest(name: str) -> Sql:
        said = [func.max(case((heard.c.place == n, heard.c[name]))) for n in range(1, OTHERS + 1)]
        return func.coalesce(*said)

    return (
        select(heard.c.client, heard.c.device, *[newest(name).label(name) for name in names])
        .where(heard.c.place <= OTHERS)
        .group_by(heard.c.client, heard.c.device)
        .subquery("others")
    )


def _countable(source: Source, name: str, value: Sql) -> Sql:
    """The value as something that has a largest one on both databases: conditions as 1 and 0."""
    return case((value, 1), (not_(value), 0)) if source.columns[name].kind == "condition" else value


def _together(source: Source, name: str, first: str, own: Sql, other: Sql) -> Sql:
    """The standing record's value and that of the others as one; `first` says whose word counts."""
    if source.columns[name].kind == "condition":
        other = case((other == 1, True), (other == 0, False))
    if first == "latest":
        return case((func.coalesce(other, 0) > func.coalesce(own, 0), other), else_=own)
    return func.coalesce(own, other) if first == "standing" else func.coalesce(other, own)


def _backups(binder: "Binder") -> FromClause:
    """What all protections of each device say together."""
    from_, where = binder.linked(_protection)
    theirs = device_link.alias("theirs")
    passed = func.coalesce(_protection.c.verified_ok, False)
    return (
        select(
            link.c.client,
            theirs.c.device,
            func.max(case((func.coalesce(_protection.c.is_paused, False), 0), else_=1)).label("protecting"),
            func.max(_protection.c.last_success_at).label("last_success_at"),
            func.max(_protection.c.offsite_at).label("offsite_at"),
            func.max(case((passed, _protection.c.verified_at))).label("verified_at"),
        )
        .select_from(from_.outerjoin(theirs, is_protection_of(theirs)))
        .where(*where, not_(func.coalesce(_protection.c.is_archived, False)), _is_there(theirs))
        .group_by(link.c.client, theirs.c.device)
        .subquery("backups")
    )


def _common_models(binder: "Binder") -> FromClause:
    """Of each client and type of device the models that were bought most, by the master PSA's records."""
    from_, where = binder.linked(_asset)
    kind = func.coalesce(_asset.c.type, "")
    place = func.row_number().over(
        partition_by=[link.c.client, kind], order_by=[func.count().desc(), same_order(_asset.c.model)]
    )
    bought = (
        select(link.c.client, kind.label("type"), _asset.c.model, place.label("place"))
        .select_from(from_)
        .where(
            *where,
            # Asked of the link, so that no other account's assets are read; as a sum, so that no database looks for links by
            # their account alone: that would be all of the MSP's.
            link.c.account + 0 == client.c.account,
            _asset.c.model.is_not(None),
            _asset.c.purchased_on > binder.clock - _BOUGHT_WITHIN,
        )
        .group_by(link.c.client, kind, _asset.c.model)
        .subquery("bought")
    )
    return select(bought).where(bought.c.place <= COMMON_MODELS).subquery("common")
