"""The MSP's own side: which areas it sells to whom, how those do who buy and who do not, and what to build next."""

from collections.abc import Mapping, Sequence
from statistics import median

import msgspec

from sevenc_sync.score.estate import Estate
from sevenc_sync.score.rules import Area, Rules

LOW_SHARE = 0.25  # an area that fewer of the clients buy is hardly offered; judgement


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """One area as the MSP sells it.

    `offered`: at least one contract line in force sells it. `buyers` of `clients` clients buy it. The medians are levels of 0 to 5
    over clients whose level is known, None where there is none. `gap_clients` do not reach their target, by `gap` levels in
    the mean, and have `gap_seats` seats; `unknown` clients have no known level and count as no gap. `need` is the sum of gap x seats
    over the clients with a gap: what there would be to gain.
    """

    area: str
    name: str
    offered: bool
    clients: int
    buyers: int
    median_buyers: float | None
    median_others: float | None
    unknown: int
    gap_clients: int
    gap: float | None
    gap_seats: float
    need: float

    @property
    def share(self) -> float:
        """The share of clients who buy it, 0 to 1."""
        return self.buyers / self.clients if self.clients else 0.0

    @property
    def is_low(self) -> bool:
        """Whether it is sold to nobody or to few."""
        return self.share < LOW_SHARE


def offers(
    rules: Rules,
    estates: Sequence[Estate],
    levels: Mapping[int, Mapping[str, float | None]],
) -> list[Offer]:
    """Every area in the framework's order, from the levels by client and area (see `part_levels`).

    A gap is what a level lacks to the target of the client's group.

    A client whose seats are not known counts as one seat: it has a gap, but nobody knows how large.
    """
    sold = {estate.client: estate.sold for estate in estates}
    groups = {estate.group for estate in estates}
    return [
        _offer(area, {group: rules.target_of(group, area.slug) for group in groups}, estates, sold, levels)
        for area in rules.areas
    ]


def to_build(found: Sequence[Offer]) -> list[Offer]:
    """Areas with no or low offering that some client needs, the greatest need first."""
    return sorted(
        (offer for offer in found if offer.is_low and offer.need > 0), key=lambda o: (-o.need, o.area)
    )


def _offer(
    area: Area,
    targets: Mapping[str | None, float],
    estates: Sequence[Estate],
    sold: Mapping[int, frozenset[str]],
    levels: Mapping[int, Mapping[str, float | None]],
) -> Offer:
    buying: list[float] = []
    others: list[float] = []
    gaps: list[tuple[float, float]] = []
    buyers = unknown = 0
    for estate in estates:
        is_sold = area.slug in sold[estate.client]
        buyers += is_sold
        level = levels.get(estate.client, {}).get(area.slug)
        if level is None:
            unknown += 1
            continue
        (buying if is_sold else others).append(level)
        gap = targets[estate.group] - level
        if gap > 0:
            gaps.append((gap, estate.seats or 1.0))
    return Offer(
        area=area.slug,
        name=area.name,
        offered=buyers > 0,
        clients=len(estates),
        buyers=buyers,
        median_buyers=round(median(buying), 2) if buying else None,
        median_others=round(median(others), 2) if others else None,
        unknown=unknown,
        gap_clients=len(gaps),
        gap=round(sum(gap for gap, _ in gaps) / len(gaps), 2) if gaps else None,
        gap_seats=sum(seats for _, seats in gaps),
        need=round(sum(gap * seats for gap, seats in gaps), 1),
    )
