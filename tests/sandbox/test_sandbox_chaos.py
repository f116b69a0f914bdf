"""Chaos: the same for the same seed, bounded, and survivable by a client that asks again."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import httpx
import pytest

from sevenc_sync.sandbox import Sandbox, World, build_world
from sevenc_sync.sandbox.chaos import GROUNDS, POISONED_CALLS, chaos
from sevenc_sync.sandbox.sandbox import VENDORS

NOW = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)
Item = dict[str, Any]
TRIES = 5
PATIENCE = TRIES + POISONED_CALLS  # with the list of which the vendor cannot give one record for a while
ALL = {"filter": [{"op": "gte", "field": "id", "value": 0}]}


@pytest.fixture
def everybody() -> Iterator[Sandbox]:
    """All vendors over one world with enough tickets for several pages."""
    with Sandbox(build_world(clients=12, now=NOW), vendors=tuple(VENDORS), clock=lambda: NOW) as running:
        yield running


def clients(sandbox: Sandbox) -> tuple[httpx.Client, httpx.Client, httpx.Client]:
    found = {account.connector: account for account in sandbox.accounts}
    cw, at, bcdr = (found[name] for name in ("connectwise_psa", "autotask_psa", "datto_bcdr"))
    user = f"brightwater+{cw.secrets['public_key']}"
    names = {"ApiIntegrationCode": "integration_code", "UserName": "user_name", "Secret": "secret"}
    return (
        httpx.Client(
            base_url=f"{cw.base_url}/v4_6_release/apis/3.0", auth=(user, cw.secrets["private_key"]),
            headers={"clientId": cw.secrets["client_id"]},
        ),
        httpx.Client(
            base_url=f"{at.base_url}/ATServicesRest/V1.0",
            headers={header: at.secrets[name] for header, name in names.items()},
        ),
        httpx.Client(
            base_url=f"{bcdr.base_url}/v1/bcdr", auth=(bcdr.secrets["public_key"], bcdr.secrets["secret_key"])
        ),
    )  # fmt: skip


def patiently(
    ask: Callable[[], httpx.Response], fits: Callable[[Any], bool] = lambda _: True, tries: int = TRIES
) -> Any:
    """The decoded answer of the first try that succeeds and fits."""
    for _ in range(tries):
        try:
            answer = ask()
        except httpx.RemoteProtocolError:
            continue
        if answer.status_code == 200 and "json" in answer.headers["content-type"]:
            try:
                body = answer.json()
            except ValueError:
                continue
            if fits(body):
                return body
    raise AssertionError("no try was answered")


def read_connectwise(psa: httpx.Client, path: str) -> set[int]:
    """All ids, page after page behind the last id seen; a page that brings nothing new is asked for again."""
    seen: set[int] = set()
    last = 0
    total = patiently(lambda: psa.get(f"{path}/count"))["count"]
    while len(seen) < total:
        params: dict[str, str | int] = {"pageSize": 200, "conditions": f"id > {last}", "orderBy": "id"}

        def ask(params: dict[str, str | int] = params) -> httpx.Response:
            return psa.get(path, params=params)

        def is_new(rows: Any, last: int = last) -> bool:
            return any(row["id"] > last for row in rows)

        rows = patiently(ask, is_new)
        seen |= {row["id"] for row in rows}
        last = max(seen)
    return seen


def read_autotask(at: httpx.Client, collection: str) -> set[int]:
    """All ids, along the addresses that the vendor gives; a page that brings nothing new is asked for again."""
    url: str | None = f"/{collection}/query"
    seen: set[int] = set()

    def is_new(page: Any) -> bool:
        return not page["pageDetails"]["nextPageUrl"] or any(row["id"] not in seen for row in page["items"])

    while url is not None:

        def ask(url: str = url) -> httpx.Response:
            return at.post(url, json={**ALL, "MaxRecords": 200})

        page = patiently(ask, is_new, PATIENCE if collection == "TimeEntries" else TRIES)
        seen |= {row["id"] for row in page["items"]}
        url = page["pageDetails"]["nextPageUrl"]
    return seen


def test_every_vendor_has_its_ground() -> None:
    assert set(GROUNDS) == set(VENDORS)


def test_the_same_seed_arms_the_same_rules_and_another_seed_others(small_world: World) -> None:
    def rules(seed: int) -> list[list[Item]]:
        sandbox = Sandbox(small_world, vendors=tuple(VENDORS))
        numbers = chaos(sandbox, seed)
        armed = [server.faults.rules() for server in sandbox.vendors.values()]
        assert [list(found) for found in numbers.values()] == [[r["number"] for r in part] for part in armed]
        return armed

    assert rules(1) == rules(1) != rules(2)


@pytest.mark.parametrize("seed", range(5))
def test_every_fault_is_bounded_and_spares_writes(small_world: World, seed: int) -> None:
    sandbox = Sandbox(small_world, vendors=tuple(VENDORS))
    chaos(sandbox, seed)
    for name, server in sandbox.vendors.items():
        places = []
        for rule in server.faults.rules():
            if rule["action"] == "clock_skew":
                assert abs(rule["seconds"]) == 600
                continue
            assert (rule["nth"] is None) != (rule["first"] is None)
            assert rule["method"] == GROUNDS[name].method
            assert rule["method"] == "GET" or "/query" in rule["path"] or "Enumerate" in rule["path"]
            assert (rule["retry_after"] or 0) <= 2
            assert rule["seconds"] < 1
            if rule["path"] == GROUNDS[name].reads and rule["nth"]:
                places.append(rule["nth"])
        assert all(later - earlier >= 2 for earlier, later in pairwise(places))


def test_all_kinds_of_misbehaviour_are_among_them(small_world: World) -> None:
    sandbox = Sandbox(small_world, vendors=tuple(VENDORS))
    chaos(sandbox, 3)
    for name in ("connectwise_psa", "autotask_psa"):
        rules = sandbox.vendors[name].faults.rules()
        assert {rule["action"] for rule in rules} >= {
            "status", "delay", "cut", "invalid_json", "html", "repeat_page", "empty_page", "duplicate", "mutate",
            "clock_skew", "trickle", "poison",
        }  # fmt: skip
        assert {rule["status"] for rule in rules if rule["action"] == "status"} == {429, 500, 502, 503}
        assert any(rule["retry_date"] for rule in rules)


@pytest.mark.parametrize("seed", [1, 2])
def test_a_client_that_asks_again_reads_everything(everybody: Sandbox, seed: int) -> None:
    chaos(everybody, seed)
    psa, at, bcdr = clients(everybody)
    with psa, at, bcdr:
        for path, table in (("/service/tickets", "tickets"), ("/company/companies", "companies")):
            known = {row["id"] for row in everybody.vendors["connectwise_psa"].records(table)}
            assert read_connectwise(psa, path) == known
        for collection in ("Tickets", "Companies", "ContractServiceUnits", "TimeEntries"):
            known = {row["id"] for row in everybody.vendors["autotask_psa"].records(collection)}
            assert read_autotask(at, collection) == known
        devices = patiently(
            lambda: bcdr.get("/device"), lambda page: len(page["items"]) == page["pagination"]["count"]
        )
        serials = {row["serialNumber"] for row in everybody.vendors["datto_bcdr"].records("devices")}
        assert {row["serialNumber"] for row in devices["items"]} == serials


def test_clearing_ends_the_chaos(everybody: Sandbox) -> None:
    chaos(everybody, 1)
    for server in everybody.vendors.values():
        server.faults.clear()
    psa, at, bcdr = clients(everybody)
    with psa, at, bcdr:
        for _ in range(12):
            assert psa.get("/company/companies").status_code == 200
            assert at.post("/Companies/query", json=ALL).status_code == 200
            assert bcdr.get("/device").status_code == 200


def test_a_wait_until_a_date_is_counted_by_the_servers_own_wrong_clock(everybody: Sandbox) -> None:
    server = everybody.vendors["connectwise_psa"]
    server.faults.add("clock_skew", seconds=600)
    server.faults.add("status", status=429, retry_after=2, retry_date=True)
    answer = httpx.get(server.base_url)
    assert answer.headers["Date"] == "Fri, 20 Nov 2026 15:40:00 GMT"
    assert answer.headers["Retry-After"] == "Fri, 20 Nov 2026 15:40:02 GMT"
