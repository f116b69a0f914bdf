"""The simulated Service Provider Console speaks the vendor's dialect."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sevenc_sync.sandbox import build_world
from sevenc_sync.sandbox.exchange import Answer, Call
from sevenc_sync.sandbox.veeam import VeeamVspc

NOW = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)
WORLD = build_world(clients=9, now=NOW, backups=("veeam_vspc",))
COMPANIES = "/organizations/companies"
COMPUTERS = "/protectedWorkloads/computersManagedByConsole"

Ask = Callable[..., Answer]


class Clock:
    now = NOW


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def vendor(clock: Clock) -> VeeamVspc:
    return VeeamVspc(WORLD, lambda: clock.now)


@pytest.fixture
def ask(vendor: VeeamVspc) -> Ask:
    def call(
        path: str, *, key: str | None = None, method: str = "GET", body: bytes = b"", **query: str
    ) -> Answer:
        headers = {"authorization": f"Bearer {vendor.api_key if key is None else key}"}
        return vendor.answer(Call(method, f"/api/v3{path}", query, headers, body))

    return call


def data(answer: Answer) -> Any:
    assert answer.status == 200
    return json.loads(answer.body)


def test_lists_come_in_pages_by_offset(ask: Ask) -> None:
    whole = data(ask(COMPANIES))
    total = len(whole["data"])
    assert whole["meta"]["pagingInfo"] == {"total": total, "count": total, "offset": 0}
    part = data(ask(COMPANIES, limit="2", offset="3"))
    assert part["data"] == whole["data"][3:5]
    assert part["meta"]["pagingInfo"] == {"total": total, "count": 2, "offset": 3}
    assert data(ask(COMPANIES, offset="99"))["data"] == []
    refused = ask(COMPANIES, limit="501")
    assert refused.status == 400
    assert json.loads(refused.body)["errors"][0]["parameterName"] == "limit"


def test_a_path_that_it_does_not_know_is_the_web_page_with_status_200(ask: Ask) -> None:
    for path, key in (("/organisations", None), ("/protectedWorkloads/virtualMachine", "wrong")):
        answer = ask(path, key=key)
        assert (answer.status, answer.content_type) == (200, "text/html")
        assert answer.body.startswith(b"<!doctype html>")


def test_a_filter_works_but_for_lists_of_computers(ask: Ask) -> None:
    first = data(ask(COMPANIES))["data"][0]
    wanted = [
        {"property": "name", "operation": "equals", "collation": "ignorecase", "value": first["name"].upper()}
    ]
    assert data(ask(COMPANIES, filter=json.dumps(wanted)))["data"] == [first]
    assert ask(COMPANIES, filter="[{}]").status == 400
    assert ask(COMPUTERS, filter=json.dumps(wanted)).content_type == "text/html"


def test_a_token_lasts_an_hour(ask: Ask, vendor: VeeamVspc, clock: Clock) -> None:
    form = f"grant_type=password&username={vendor.user_name}&password={vendor.password}".encode()
    granted = data(ask("/token", method="POST", body=form))
    assert (granted["token_type"], granted["expires_in"]) == ("bearer", 3600)
    assert ask(COMPANIES, key=granted["access_token"]).status == 200
    clock.now += timedelta(hours=1)
    assert ask(COMPANIES, key=granted["access_token"]).status == 401
    wrong = ask("/token", method="POST", body=form + b"x")
    assert (wrong.status, json.loads(wrong.body)["error"]) == (400, "invalid_grant")


def test_refusals_are_in_the_vendors_shape(ask: Ask, vendor: VeeamVspc) -> None:
    refused = ask(COMPANIES, key="wrong")
    assert (refused.status, json.loads(refused.body)["errors"][0]["type"]) == (401, "security")
    assert ask(COMPANIES, method="DELETE").status == 405
    assert json.loads(vendor.error(429).body)["errors"][0]["type"] == "transport"


def test_the_machines_are_those_of_the_world(ask: Ask) -> None:
    names = {machine.name for machine in WORLD.machines} | {"LAB-01", "LAB-02"}
    for path in (
        COMPUTERS,
        "/protectedWorkloads/virtualMachines",
        "/protectedWorkloads/computersManagedByBackupServer",
    ):
        shown = data(ask(path, limit="500"))["data"]
        assert shown
        assert {row["name"] for row in shown} <= names


def test_a_missed_run_leaves_no_session(ask: Ask) -> None:
    tenants = [tenant for tenant in WORLD.tenants if tenant.product == "veeam_vspc"]
    missed = {
        w.name for tenant in tenants for w in tenant.workloads if w.runs and w.runs[-1].result == "missed"
    }
    statuses = {
        row["name"]: row["status"]
        for row in data(ask("/infrastructure/backupAgents/jobs", limit="500"))["data"]
    }
    shown = [status for name, status in statuses.items() if name.removeprefix("Backup ") in missed]
    assert set(statuses.values()) <= {"Success", "Warning", "Failed", "None"}
    assert "Missed" not in shown


def test_times_have_seven_digits_and_offsets_of_several_zones(ask: Ask) -> None:
    rows = data(ask("/protectedWorkloads/virtualMachines", limit="500"))["data"]
    dates = {row["latestRestorePointDate"] for row in rows}
    assert all(".0000000" in date for date in dates if not date.startswith("0001"))
    assert any(date.endswith("-07:00") for date in dates)
