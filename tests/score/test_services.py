"""The MSP's own side: who buys what, what to build next, who delivers it, and whether what is paid for is there."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sevenc_sync.model import Asset, Contract, ContractLine, Protection
from sevenc_sync.score import (
    Balance,
    Estate,
    Line,
    Peer,
    Ref,
    Rules,
    Standing,
    balances,
    differing,
    offers,
    read_duties,
    read_estates,
    read_peers,
    standing,
    to_build,
)
from tests.score.conftest import BACKUP, NOW, PSA, World, ago

AREA = "cost-effective.vendor-management"
BACKUPS = "continuous.backup-management"


def estate(number: int, *areas: str, seats: float | None = 10) -> Estate:
    lines = tuple(
        Line(
            ref=Ref(account="psa", table="contract_line", id=area, name=None),
            product=area,
            unit=None,
            quantity=1,
            areas=frozenset({area}),
            counts=None,
        )
        for area in areas
    )
    return Estate(
        client=number, name=f"C{number}", group=None, lines=lines, numbers={}, records={}, seats=seats
    )


def at_level(
    world: World, rules: Rules, levels: Sequence[float | None]
) -> dict[int, dict[str, float | None]]:
    """One client for each of these levels in AREA, with the rest as an empty client has it."""
    for number in range(1, len(levels) + 1):
        world.client(number)
    results = world.score(rules)
    return {
        number: {part.slug: part.level for part in results[number].areas} | {AREA: level}
        for number, level in enumerate(levels, start=1)
    }


def test_an_area_shows_buyers_medians_and_the_need_of_those_below_their_target(
    sqlite_world: World, rules: Rules
) -> None:
    results = at_level(sqlite_world, rules, [4.0, 5.0, 1.0, 2.0, None])
    estates = [
        estate(1, AREA),
        estate(2, AREA),
        estate(3, seats=100),
        estate(4, seats=None),
        estate(5, seats=900),
    ]
    offer = next(item for item in offers(rules, estates, results) if item.area == AREA)
    assert rules.target_of(None, AREA) == 3.0
    assert (offer.offered, offer.buyers, offer.clients, offer.share, offer.is_low) == (True, 2, 5, 0.4, False)
    assert (offer.median_buyers, offer.median_others, offer.unknown) == (4.5, 1.5, 1)
    # Gaps: 2 levels x 100 seats, and 1 level x 1, as nobody knows that client's seats. The unknown one is no gap.
    assert (offer.gap_clients, offer.gap, offer.gap_seats, offer.need) == (2, 1.5, 101.0, 201.0)


def test_what_to_build_next_is_hardly_sold_and_most_needed_first(sqlite_world: World, rules: Rules) -> None:
    results = at_level(sqlite_world, rules, [1.0, 1.0, 1.0, 1.0])
    sold = [estate(number, AREA) for number in range(1, 5)]
    assert AREA not in [item.area for item in to_build(offers(rules, sold, results))]
    unsold = [estate(number, seats=1000) for number in range(1, 5)]
    ranked = to_build(offers(rules, unsold, results))
    assert AREA in [item.area for item in ranked]
    assert all(item.is_low and item.gap_clients for item in ranked)
    assert [item.need for item in ranked] == sorted((item.need for item in ranked), reverse=True)


def furnished(world: World) -> None:
    """A client that pays for 3 servers, 2 protected machines and 9 seats, and has 2, 3 and 10; its workstations nobody bills."""
    world.client(1)
    world.client(2)
    world.put(
        PSA,
        Contract(id="k", company="c1", is_active=True, starts_on=ago(400)),
        Contract(id="old", company="c1", is_active=True, starts_on=ago(400), ends_on=ago(40)),
        ContractLine(id="s1", company="c1", contract="k", product="MS-SERVER", quantity=2.0),
        ContractLine(id="s2", company="c1", contract="k", product="MS-SERVER", quantity=1.0),
        ContractLine(id="b", company="c1", contract="k", product="BDR-SERVER", quantity=2.0),
        ContractLine(id="t", company="c1", contract="k", product="MS-SAT", quantity=9.0),
        ContractLine(id="v", company="c1", contract="k", product="Vendor care", quantity=1.0),
        ContractLine(id="none", company="c1", contract="k", product="MS-WORKSTATION", quantity=0.0),
        ContractLine(id="gone", company="c1", contract="old", product="MS-WORKSTATION", quantity=4.0),
        Asset(id="a1", company="c1", type="Server", name="SRV1"),
        Asset(id="a2", company="c1", type="Server", name="SRV2"),
        Asset(id="a3", company="c1", type="Server", name="SRV3", status="Retired"),
        Asset(id="w1", company="c1", type="Laptop", name="NB1"),
        Asset(id="w9", company="c2", type="Laptop", name="NB9"),
    )
    world.put(
        BACKUP,
        *[Protection(id=f"p{n}", company="b1", name=f"P{n}", workload="machine") for n in range(3)],
        Protection(id="off", company="b1", workload="machine", is_paused=True),
        Protection(id="mail", company="b1", workload="mailbox"),
        Protection(id="old", company="b1", workload="machine", is_archived=True),
    )


def test_each_product_is_compared_with_what_its_quantity_counts(world: World, rules: Rules) -> None:
    furnished(world)
    (mine,) = read_estates(world.store, rules, NOW, [1])
    found = {(item.product, item.counts): item for item in balances(mine)}
    shown = {
        key: (item.paid, item.delivered, item.difference, ids(item.lines), ids(item.records))
        for key, item in found.items()
    }
    assert shown == {
        ("BDR-SERVER", "protected"): (2.0, 3.0, 1.0, ["b"], ["p0", "p1", "p2"]),
        ("MS-SAT", "seat"): (9.0, 10.0, 1.0, ["t"], []),
        ("MS-SERVER", "server"): (3.0, 2.0, -1.0, ["s1", "s2"], ["a1", "a2"]),
        (None, "workstation"): (None, 1.0, 1.0, [], ["w1"]),
    }
    assert len(differing(balances(mine))) == 4
    # Whoever only wants to know how many there are gets the same numbers.
    (counted,) = read_estates(world.store, rules, NOW, [1], things="numbers")
    assert [(item.product, item.difference) for item in balances(counted)] == [
        (item.product, item.difference) for item in balances(mine)
    ]
    assert [ref.name for ref in found["MS-SERVER", "server"].records] == ["SRV1", "SRV2"]


def ids(refs: Sequence[Ref]) -> list[str]:
    return [ref.id for ref in refs]


@pytest.mark.parametrize(
    ("paid", "delivered", "lines", "difference"),
    [
        (3.0, 3.0, 1, 0.0),
        (3.0, None, 1, None),
        (None, 3.0, 1, None),
        (None, 3.0, 0, 3.0),
        (0.0, 0.0, 1, 0.0),
    ],
)
def test_what_is_not_known_on_one_side_is_no_difference(
    paid: float | None, delivered: float | None, lines: int, difference: float | None
) -> None:
    refs = (Ref(account="psa", table="contract_line", id="1", name=None),) * lines
    item = Balance(product="x", counts="seat", paid=paid, delivered=delivered, lines=refs, records=())
    assert item.difference == difference
    assert bool(differing([item])) is bool(difference)


def test_the_matrix_names_who_delivers_and_what_falls_to_the_head_of_the_company(
    world: World, rules: Rules
) -> None:
    furnished(world)
    fields = {
        f"Delivered By {BACKUPS}": "client",
        "delivered by DISASTER recovery planning": "Partner: Rescue & Co",
        "Delivered By managed-services": "vendor",  # two areas end so: it says nothing
        "Delivered By IT Audits": "perhaps the auditor",
    }
    world.client(3, custom=fields)
    world.put(
        PSA,
        Contract(id="k3", company="c3", is_active=True, starts_on=ago(400)),
        ContractLine(id="b3", company="c3", contract="k3", product="Backup", quantity=1.0),
    )
    (first,) = read_estates(world.store, rules, NOW, [1])
    (third,) = read_estates(world.store, rules, NOW, [3])
    mine = {duty.area: duty for duty in read_duties(world.store, rules, NOW, first)}
    assert list(mine) == [area.slug for area in rules.areas]
    assert (mine[AREA].party, mine[AREA].by, ids(mine[AREA].lines)) == ("msp", "contract", ["v"])
    assert (mine["confident.it-audits"].party, mine["confident.it-audits"].by) == ("ceo", "nobody")
    theirs = {duty.area: duty for duty in read_duties(world.store, rules, NOW, third)}
    # Billed by the MSP, and done by the client all the same: both are shown.
    assert (theirs[BACKUPS].party, theirs[BACKUPS].by, ids(theirs[BACKUPS].lines)) == (
        "client",
        "attestation",
        ["b3"],
    )
    recovery = theirs["continuous.disaster-recovery-planning"]
    assert (recovery.party, recovery.who) == ("partner", "Rescue & Co")
    assert theirs["competent.managed-services"].party == "ceo"
    assert (theirs["confident.it-audits"].party, theirs["confident.it-audits"].unclear) == (
        "ceo",
        "perhaps the auditor",
    )


def peers(*pairs: tuple[float | None, float | None]) -> list[Peer]:
    return [Peer(number, seats, score) for number, (seats, score) in enumerate(pairs)]


def test_a_client_is_compared_with_those_of_like_size_from_five_on() -> None:
    four = peers((10, 50), (12, 40), (20, 60), (5, 45))
    assert standing(four, 0) is None
    five = [
        *four,
        Peer(9, 11, 10.0),
        Peer(10, 21, 0.0),
        Peer(11, 4, 0.0),
        Peer(12, None, 0.0),
        Peer(13, 10, None),
    ]
    assert standing(five, 0) == Standing(clients=5, better_than=75.0)
    assert standing(five, 12) is None
    assert standing(five, 13) is None
    assert standing(five, 99) is None


def test_seats_and_scores_of_all_scored_clients_are_compared(world: World, rules: Rules) -> None:
    for number in range(1, 7):
        world.client(number, seats=10 if number < 6 else None)
    world.score(rules)
    found = read_peers(world.store)
    assert {peer.client: peer.seats for peer in found} == {1: 10, 2: 10, 3: 10, 4: 10, 5: 10, 6: None}
    assert all(peer.score is not None for peer in found)
    assert standing(found, 1) == Standing(clients=5, better_than=0.0)
    assert standing(found, 6) is None


@given(st.lists(st.tuples(st.integers(1, 50), st.integers(0, 100)), min_size=1, max_size=30))
def test_the_best_of_a_group_is_better_than_all_who_have_less(pairs: list[tuple[int, int]]) -> None:
    group = peers(*[(10, float(score)) for _, score in pairs])
    best = max(group, key=lambda peer: peer.score or 0)
    found = standing(group, best.client)
    if len(group) < 5:
        assert found is None
        return
    assert found is not None
    ties = sum(peer.score == best.score for peer in group) - 1
    assert found.better_than == round(100 * (len(group) - 1 - ties) / (len(group) - 1), 1)
