"""The simulated MSP: repeatable, growing without renumbering, and as good or bad as its truth says."""

import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from statistics import correlation
from typing import TypeVar

import msgspec
import pytest

from sevenc_sync.sandbox import BLOCKS, World, build_world
from sevenc_sync.sandbox.world.contracts import LOW_CODE, PRODUCTS
from sevenc_sync.sandbox.world.entities import Machine, Organisation, Protection

NOW = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)


T = TypeVar("T")


def share(things: Iterable[T], holds: Callable[[T], bool]) -> float:
    found = [holds(thing) for thing in things]
    return sum(found) / len(found) if found else 0.0


def ranks(values: Sequence[float]) -> list[int]:
    order = sorted(range(len(values)), key=lambda place: values[place])
    return [order.index(place) for place in range(len(values))]


def spearman(left: Sequence[float], right: Sequence[float]) -> float:
    return correlation(ranks(left), ranks(right))


def test_the_same_arguments_give_the_same_bytes(small_world: World) -> None:
    again = build_world(clients=6, now=NOW)
    assert msgspec.json.encode(again) == msgspec.json.encode(small_world)


def test_another_seed_gives_another_world(small_world: World) -> None:
    other = build_world(8, 6, now=NOW)
    assert {t.id for t in other.tickets} != {t.id for t in small_world.tickets}
    assert other.truth != small_world.truth


def test_the_default_world_has_the_promised_size(big_world: World) -> None:
    assert len(big_world.clients) == 40
    assert 5400 <= len(big_world.tickets) <= 6600
    assert 1100 <= len(big_world.machines) <= 1350
    assert 110 <= len(big_world.contracts) <= 145
    assert 230 <= sum(len(a.protections) for a in big_world.appliances) <= 290
    assert min(t.created for t in big_world.tickets) < NOW - timedelta(days=385)
    assert Counter(o.kind for o in big_world.others) == {
        "vendor": 3,
        "prospect": 2,
        "former": 1,
        "deleted": 1,
    }


@pytest.mark.parametrize("arguments", [{"clients": 0}, {"clients": 401}, {"anchor": NOW + timedelta(days=1)}])
def test_impossible_worlds_are_refused(arguments: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"clients|anchor"):
        build_world(**{"clients": 6, "now": NOW, **arguments})  # type: ignore[arg-type] # wrong on purpose


def test_naive_times_are_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        build_world(clients=1, now=datetime(2026, 1, 1))  # noqa: DTZ001 (naive on purpose)


def test_no_two_things_share_an_id(big_world: World) -> None:
    w = big_world
    for things in (w.tickets, w.machines, w.contracts, (*w.clients, *w.others, w.own), w.members):
        assert len({thing.id for thing in things}) == len(things)
    lines = [line.id for contract in w.contracts for line in contract.lines]
    protections = [p.id for a in w.appliances for p in a.protections]
    assert len(set(lines)) == len(lines)
    assert len(set(protections)) == len(protections)
    assert max(t.id for t in w.tickets) < 2**31


def test_a_day_later_every_id_is_still_there_and_the_day_is_added(big_world: World) -> None:
    tomorrow = build_world(now=NOW + timedelta(days=1), anchor=NOW)
    before, after = ({t.id: t for t in world.tickets} for world in (big_world, tomorrow))
    assert before.keys() < after.keys()
    assert all(after[i].created > NOW for i in after.keys() - before.keys())
    assert tomorrow.machines == big_world.machines
    assert tomorrow.contracts == big_world.contracts
    assert [c.id for c in tomorrow.clients] == [c.id for c in big_world.clients]
    assert tomorrow.truth.keys() == big_world.truth.keys()
    runs = {p.id: {run.at: run for run in p.runs} for a in big_world.appliances for p in a.protections}
    for appliance in tomorrow.appliances:
        for protection in appliance.protections:
            shared = [run for run in protection.runs if run.at in runs[protection.id]]
            assert len(shared) >= len(runs[protection.id]) - 1


def test_what_changed_in_a_day_was_updated_in_that_day(big_world: World) -> None:
    tomorrow = build_world(now=NOW + timedelta(days=1), anchor=NOW)
    before = {t.id: t for t in big_world.tickets}
    changed = [t for t in tomorrow.tickets if t.id in before and t != before[t.id]]
    assert len(changed) > 5
    assert all(NOW < t.updated <= tomorrow.now for t in changed)
    assert any(t.closed is not None and before[t.id].closed is None for t in changed)


def test_nothing_lies_in_the_future(big_world: World) -> None:
    for ticket in big_world.tickets:
        events = (ticket.created, ticket.responded, ticket.resolved, ticket.closed, ticket.updated)
        assert all(moment <= NOW for moment in events if moment is not None)
    assert all(run.at <= NOW for a in big_world.appliances for p in a.protections for run in p.runs)
    assert all(v <= NOW.date() for c in big_world.clients for v in c.attested.values() if isinstance(v, date))


def test_the_truth_spreads_from_neglected_to_excellent(big_world: World) -> None:
    overall = sorted(truth.overall for truth in big_world.truth.values())
    assert overall[0] < 0.1
    assert overall[-1] > 0.9
    assert all(later - earlier < 0.08 for earlier, later in pairwise(overall))
    assert all(set(truth.blocks) == set(BLOCKS) for truth in big_world.truth.values())
    assert sum(not truth.has_backup for truth in big_world.truth.values()) == 4


def test_a_block_is_none_exactly_where_nobody_recorded_anything(big_world: World) -> None:
    silent = [c for c in big_world.clients if big_world.truth[c.name].blocks["conscious"] is None]
    assert silent
    assert all("IT Strategy Date" not in c.attested and "IT Plan Year" not in c.attested for c in silent)
    assert all(
        value is not None
        for truth in big_world.truth.values()
        for block, value in truth.blocks.items()
        if block != "conscious"
    )


def test_clients_without_backup_have_no_appliance_and_pay_for_none(big_world: World) -> None:
    with_appliance = {a.client_id for a in big_world.appliances}
    for client in big_world.clients:
        assert (client.id in with_appliance) == big_world.truth[client.name].has_backup
    paying = {c.client_id for c in big_world.contracts if c.kind == "backup"}
    assert paying == with_appliance - {None}


@pytest.mark.parametrize(("seed", "clients"), [(7, 40), (1, 40), (2, 12)])
def test_the_records_alone_give_the_order_of_the_truth(seed: int, clients: int) -> None:
    world = build_world(seed, clients, now=NOW)
    signs = [_signs(world, client) for client in world.clients]
    totals = [
        sum(places) for places in zip(*(ranks(column) for column in zip(*signs, strict=True)), strict=True)
    ]
    truth = [world.truth[client.name].overall for client in world.clients]
    assert spearman(totals, truth) >= 0.95


def _signs(world: World, client: Organisation) -> list[float]:
    """Nine plain numbers of a client's records, better when higher."""
    machines = [m for m in world.machines if m.client_id == client.id and m.active]
    servers = [m for m in machines if m.kind == "server"]
    computers = [m for m in machines if m.kind in {"server", "workstation", "laptop"}]
    protections = [
        p for a in world.appliances if a.client_id == client.id for p in a.protections if not p.archived
    ]
    protected = {p.machine_id for p in protections}
    recent = [t for t in world.tickets if t.client_id == client.id and t.created > NOW - timedelta(days=90)]
    reactive = [t for t in recent if t.kind in {"incident", "alert"}]
    lines = [
        line
        for c in world.contracts
        if c.client_id == client.id
        for line in c.lines
        if line.cancelled is None
    ]
    return [
        share([run for p in protections for run in p.runs[-10:]], lambda run: run.ok),
        share(servers, lambda machine: machine.id in protected),
        share(computers, lambda machine: not _out_of_support(machine)),
        share(
            computers, lambda machine: machine.warranty_end is not None and machine.warranty_end > NOW.date()
        ),
        -len(reactive) / len(computers),
        share(recent, lambda ticket: ticket.kind == "maintenance"),
        share(
            [t for t in recent if t.responded], lambda ticket: (ticket.responded or NOW) <= ticket.respond_by
        ),
        len(lines),
        sum((NOW.date() - v).days < 400 for v in client.attested.values() if isinstance(v, date)),
    ]


def _out_of_support(machine: Machine) -> bool:
    return any(old in machine.os for old in ("2008", "2012", "Windows 7", "Windows 10"))


def test_backup_product_names_differ_only_in_what_a_matcher_may_ignore(big_world: World) -> None:
    legal = {"ltd", "limited", "inc", "incorporated", "llc", "corp", "corporation", "llp", "gmbh", "ab", "sa"}

    def plain(name: str) -> list[str]:
        folded = unicodedata.normalize("NFKD", name.replace("-", " ")).casefold()
        words = "".join(c for c in folded if c.isalnum() or c.isspace()).split()
        return [word for word in words if word not in legal]

    assert all(plain(c.name) == plain(c.backup_name) for c in big_world.clients)
    assert sum(c.name != c.backup_name for c in big_world.clients) > 25
    assert len({tuple(plain(c.name)) for c in big_world.clients}) == 40
    assert any(not c.name.isascii() for c in big_world.clients)


def test_exactly_two_backup_organisations_belong_to_no_company(big_world: World) -> None:
    assert len({a.organisation for a in big_world.appliances if a.client_id is None}) == 2


def test_protected_machines_are_machines_of_the_same_client(big_world: World) -> None:
    machines = {m.id: m for m in big_world.machines}

    def agents() -> Iterable[tuple[int, Protection]]:
        for appliance in big_world.appliances:
            for protection in appliance.protections:
                if appliance.client_id is not None and protection.machine_id is not None:
                    yield appliance.client_id, protection

    for client_id, protection in agents():
        machine = machines[protection.machine_id or 0]
        assert (machine.client_id, machine.name) == (client_id, protection.name)


def test_every_kind_of_backup_state_occurs(big_world: World) -> None:
    everything = [p for a in big_world.appliances for p in a.protections]
    assert any(p.paused for p in everything)
    assert any(p.archived for p in everything)
    assert any(p.offsite is None and not p.archived for p in everything)
    assert any(not any(run.ok for run in p.runs[-4:]) for p in everything)
    assert any(a.cloud for a in big_world.appliances)


def test_contracts_come_in_all_forms_and_states(big_world: World) -> None:
    kinds = Counter(c.kind for c in big_world.contracts)
    assert set(kinds) == {"managed", "block hours", "hourly", "backup", "cloud"}
    assert any(c.cancelled for c in big_world.contracts)
    assert any(c.end is not None and c.end < NOW.date() and not c.cancelled for c in big_world.contracts)
    sold = {line.product for c in big_world.contracts for line in c.lines}
    assert sold == {LOW_CODE[0], *(product[0] for product in PRODUCTS)}


def test_more_clients_than_listed_names_still_have_names_of_their_own() -> None:
    world = build_world(clients=150, now=NOW)
    assert len({c.name for c in world.clients}) == 150
