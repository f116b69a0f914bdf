"""What the simulated machines' agents tell: as good or bad as the client is managed, with the dirt of real fleets."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from statistics import correlation

import msgspec
import pytest

from sevenc_sync.sandbox import World, build_world
from sevenc_sync.sandbox.world.entities import Agent

NOW = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)
TOO_OLD = (NOW - timedelta(days=14)).date()


@pytest.fixture(scope="module")
def managed() -> World:
    """All clients on one RMM."""
    return build_world(clients=24, now=NOW, rmms=("some_rmm",))


def test_agents_change_nothing_else_in_the_world(managed: World) -> None:
    bare = build_world(clients=24, now=NOW)
    assert bare.agents == ()
    for name in ("machines", "tickets", "contracts", "appliances", "projects", "activities", "truth"):
        assert msgspec.json.encode(getattr(bare, name)) == msgspec.json.encode(getattr(managed, name))


def test_only_clients_on_an_rmm_have_agents_and_ids_stay(managed: World) -> None:
    later = build_world(clients=24, now=NOW + timedelta(days=1), anchor=NOW, rmms=("some_rmm",))
    assert [a.id for a in later.agents] == [a.id for a in managed.agents]
    assert len({a.id for a in managed.agents}) == len({a.uid for a in managed.agents}) == len(managed.agents)
    spread = build_world(clients=4, now=NOW, backups=("b",), rmms=("one", "two"))
    assert {c.rmm for c in spread.clients} == {"one", "two"}
    machines = {m.id: m for m in managed.machines}
    assert all(machines[a.machine_id].client_id == a.client_id for a in managed.agents)
    assert all(a.last_seen <= NOW for a in managed.agents)


@pytest.mark.parametrize(
    ("block", "good"),
    [
        ("continuous", lambda a: a.antivirus is not None and a.antivirus.running and a.antivirus.current),
        ("continuous", lambda a: not any(p.severity == "critical" and p.released < TOO_OLD for p in a.missing)),
        ("competent", lambda a: a.last_seen > NOW - timedelta(days=7)),
    ],
)  # fmt: skip
def test_the_better_a_client_the_more_of_its_agents_are_well(
    managed: World, block: str, good: Callable[[Agent], bool]
) -> None:
    shares, qualities = [], []
    for client in managed.clients:
        told = [good(a) for a in managed.agents if a.client_id == client.id]
        shares.append(sum(told) / len(told))
        qualities.append(managed.truth[client.name].blocks[block] or 0.0)
    assert correlation(shares, qualities) > 0.75


def test_the_dirt_is_there(managed: World) -> None:
    machines = {m.id: m for m in managed.machines}
    covered = {a.machine_id for a in managed.agents}
    twice = [a for a in managed.agents if sum(b.machine_id == a.machine_id for b in managed.agents) > 1]
    assert any(m.kind == "server" and m.active and m.id not in covered for m in managed.machines)
    assert any(not machines[a.machine_id].active for a in managed.agents)
    assert len(twice) >= 4
    assert any(not a.online and machines[a.machine_id].active and a not in twice for a in managed.agents)
    assert {a.encrypted for a in managed.agents} == {True, False, None}
