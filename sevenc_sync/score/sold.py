"""Which areas a client buys: those to which services.toml maps a contract line of the client that is in force."""

from datetime import datetime

import msgspec
from sqlalchemy import case, func

from sevenc_sync.clock import to_seconds
from sevenc_sync.score.binding import Binder
from sevenc_sync.score.feeds import Feeds, Sources
from sevenc_sync.score.indicators import DEFAULT_FRESH
from sevenc_sync.score.results import ClientResult
from sevenc_sync.score.rules import Rules
from sevenc_sync.score.vocabulary import Uses
from sevenc_sync.score.words import Phrases
from sevenc_sync.score.wordtables import service_flag
from sevenc_sync.store.database import Store


class Sold(msgspec.Struct, frozen=True):
    """The areas that a client buys. None where its contract lines are not known, and `reason` says why."""

    areas: frozenset[str] | None
    reason: str | None = None


def sold_areas(store: Store, rules: Rules, now: datetime, feeds: Feeds, result: ClientResult) -> Sold:
    """The areas that this client buys as of `now`. A line with a quantity of 0 sells nothing."""
    seconds = to_seconds(now)
    areas = sorted(rules.area_by_slug)
    with store.read() as connection:
        sources = Sources.read(connection, feeds, seconds)
        reason = sources.fault(result.client, result.account, "contract_line", ("contract",), DEFAULT_FRESH)
        if reason is not None:
            return Sold(None, reason)
        phrases, dialect = Phrases.read(connection), connection.dialect.name
        binder = Binder(rules, seconds, phrases, dialect, [result.client])
        uses = Uses(columns=frozenset({"in_force", "quantity"}), services=frozenset(areas))
        bound = binder.bind("contract_lines", uses)
        lines = bound.select(
            *[
                func.count(case((bound.flags[service_flag(area)], 1))).label(f"n{n}")
                for n, area in enumerate(areas)
            ]
        ).where(bound.columns["in_force"], func.coalesce(bound.columns["quantity"], 1) > 0)
        counts = connection.execute(lines).one()
    return Sold(frozenset(area for area, count in zip(areas, counts, strict=True) if count))
