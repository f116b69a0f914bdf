"""What backup products without appliances saw: every state somewhere, and as good or bad as the client's truth."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from statistics import correlation

import msgspec
import pytest

from sevenc_sync.sandbox import World, build_world
from sevenc_sync.sandbox.world.entities import Workload

NOW = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)
PRODUCTS = ("datto_bcdr", "first", "second")


@pytest.fixture(scope="module")
def spread() -> World:
    """Thirty clients over three products."""
    return build_world(clients=30, now=NOW, backups=PRODUCTS)


def workloads(world: World, product: str) -> Iterator[Workload]:
    return (w for t in world.tenants if t.product == product for w in t.workloads)


def test_an_msp_with_appliances_alone_has_no_tenants(small_world: World) -> None:
    assert small_world.tenants == ()


def test_other_products_change_nothing_but_the_backups(spread: World) -> None:
    alone = build_world(clients=30, now=NOW)
    assert msgspec.json.encode((spread.machines, spread.tickets)) == msgspec.json.encode(
        (alone.machines, alone.tickets)
    )
    with_appliances = {client.id for client in spread.clients if client.backup == "datto_bcdr"}
    assert {a for a in alone.appliances if a.client_id in with_appliances} <= set(spread.appliances)


def test_each_client_is_a_tenant_of_its_product_and_two_are_known_to_nobody(spread: World) -> None:
    for product in PRODUCTS[1:]:
        own = {client.id for client in spread.clients if client.backup == product}
        tenants = [tenant for tenant in spread.tenants if tenant.product == product]
        assert own < {tenant.client_id for tenant in tenants}
        assert [tenant.client_id for tenant in tenants].count(None) == 2
        assert {tenant.reference for tenant in tenants if tenant.client_id in own} > {None}
    ids = [t.id for t in spread.tenants] + [w.id for t in spread.tenants for w in t.workloads]
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize("product", PRODUCTS[1:])
def test_every_state_that_a_dashboard_hides_is_there(spread: World, product: str) -> None:
    found = list(workloads(spread, product))
    assert any(w.paused and w.runs[-1].at < NOW - timedelta(days=5) for w in found)
    assert any(w.retired and w.runs[-1].at < NOW - timedelta(days=19) for w in found)
    assert any(w.runs == () and w.recovery_point is None for w in found)
    assert any({run.result for run in w.runs} == {"warning"} for w in found)
    assert any(
        w.recovery_point is not None
        and w.runs[-1].result == "ok"
        and w.recovery_point < NOW - timedelta(days=8)
        for w in found
    )
    assert {"machine", "VM", "share", "mailboxes", "drives", "sites"} == {w.kind for w in found}


def test_some_machines_are_protected_by_two_products(spread: World) -> None:
    first, second = ({w.machine_id for w in workloads(spread, product)} - {None} for product in PRODUCTS[1:])
    assert first & second


def test_runs_go_as_well_as_the_client_is_managed(spread: World) -> None:
    rates, truths = [], []
    for client in spread.clients:
        truth = spread.truth[client.name].blocks["continuous"]
        runs = [
            run.result in {"ok", "warning"}
            for t in spread.tenants
            if t.client_id == client.id and t.product == client.backup
            for w in t.workloads
            for run in w.runs
        ]
        if runs and truth is not None:
            rates.append(sum(runs) / len(runs))
            truths.append(truth)
    assert len(rates) >= 15
    assert correlation(rates, truths) > 0.8


def test_a_day_later_what_ran_is_still_there(spread: World) -> None:
    tomorrow = build_world(clients=30, now=NOW + timedelta(days=1), anchor=NOW, backups=PRODUCTS)
    before = {w.id: w for t in spread.tenants for w in t.workloads}
    for tenant in tomorrow.tenants:
        for workload in tenant.workloads:
            old = set(before[workload.id].runs)
            assert len(old - set(workload.runs)) <= 4
    assert all(run.at <= NOW for w in before.values() for run in w.runs)
