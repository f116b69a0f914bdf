"""The way into the simulated Autotask: zones, credentials, limits, and what cannot be routed."""

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from sevenc_sync.sandbox import Sandbox, World
from sevenc_sync.sandbox.autotask.gate import HOURLY_LIMIT

NOW = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)
ALL: dict[str, Any] = {"filter": [{"op": "gte", "field": "id", "value": 0}]}


def discovered(sandbox: Sandbox, user: str | None = None) -> httpx.Response:
    account = sandbox.accounts[0]
    wanted = account.secrets["user_name"] if user is None else user
    return httpx.get(f"{account.base_url}/atservicesrest/v1.0/ZoneInformation", params={"user": wanted})


# Zones


def test_discovery_needs_no_credentials_and_names_an_address_of_its_own(autotask: Sandbox) -> None:
    zone = discovered(autotask).json()
    assert set(zone) == {"zoneName", "url", "webUrl", "ci"}
    assert zone["url"] == f"{autotask.accounts[0].base_url}/ATServicesRest/"
    assert isinstance(zone["ci"], int)


def test_the_user_of_discovery_is_read_without_regard_to_case(autotask: Sandbox) -> None:
    assert discovered(autotask, autotask.accounts[0].secrets["user_name"].upper()).status_code == 200


@pytest.mark.parametrize("user", ["", "nobody@example.test"])
def test_discovery_for_an_unknown_user_is_a_500(autotask: Sandbox, user: str) -> None:
    answer = discovered(autotask, user)
    assert (answer.status_code, answer.json()) == (
        500,
        {"errors": ["Zone information could not be determined"]},
    )


def test_after_a_move_the_old_zone_is_401_and_discovery_gives_the_new_one(
    autotask: Sandbox, at: httpx.Client
) -> None:
    assert at.post("/Companies/query", json=ALL).status_code == 200
    autotask.autotask.move_zone(15)
    assert at.post("/Companies/query", json=ALL).status_code == 401
    url = discovered(autotask).json()["url"]
    assert url == f"{autotask.accounts[0].base_url}/zone15/ATServicesRest"
    answer = at.post(f"{url}/V1.0/Companies/query", json={**ALL, "MaxRecords": 2})
    assert answer.status_code == 200
    assert answer.json()["pageDetails"]["nextPageUrl"].startswith(f"{url}/V1.0/Companies/query/next?paging=")


def test_a_move_does_not_count_as_a_wrong_secret(autotask: Sandbox, at: httpx.Client) -> None:
    autotask.autotask.move_zone(15)
    for _ in range(8):
        at.post("/Companies/query", json=ALL)
    assert not autotask.autotask.gate.locked


def test_versions_are_told_to_anybody(autotask: Sandbox, at: httpx.Client) -> None:
    base = autotask.accounts[0].base_url
    assert httpx.get(f"{base}/ATServicesRest/VersionInformation").json() == {"apiVersions": ["1.0"]}
    assert set(at.get("/Version").json()) == {"majorVersion", "minorVersion", "build", "customerType"}
    assert {"key": 24, "value": True} in at.get("/Modules").json()["modules"]


# Credentials


@pytest.mark.parametrize(
    ("header", "status", "text"),
    [("Secret", 401, None), ("UserName", 500, "UserName"), ("ApiIntegrationCode", 500, "IntegrationCode")],
)
@pytest.mark.parametrize("value", ["wrong", None])
def test_only_a_wrong_secret_is_a_401(
    at: httpx.Client, header: str, status: int, text: str | None, value: str | None
) -> None:
    del at.headers[header]
    if value is not None:
        at.headers[header] = value
    answer = at.post("/Companies/query", json=ALL)
    assert answer.status_code == status
    if text is None:
        assert answer.content == b""
    else:
        assert text in answer.json()["errors"][0]


def test_header_names_in_any_case_are_read(autotask: Sandbox) -> None:
    account = autotask.accounts[0]
    headers = {
        "apiintegrationcode": account.secrets["integration_code"], "USERNAME": account.secrets["user_name"],
        "secret": account.secrets["secret"],
    }  # fmt: skip
    answer = httpx.get(f"{account.base_url}/ATSERVICESREST/v1.0/companies/0", headers=headers)
    assert answer.json()["item"]["companyName"] == "Brightwater IT"


def test_enough_wrong_secrets_lock_the_user_until_somebody_unlocks_it(
    autotask: Sandbox, at: httpx.Client
) -> None:
    for _ in range(autotask.autotask.gate.lock_after):
        assert at.get("/Companies/0", headers={"Secret": "wrong"}).status_code == 401
    assert at.get("/Companies/0").status_code == 401
    autotask.autotask.gate.unlock()
    assert at.get("/Companies/0").status_code == 200


def test_a_right_secret_in_between_starts_the_count_anew(autotask: Sandbox, at: httpx.Client) -> None:
    for _ in range(autotask.autotask.gate.lock_after - 1):
        at.get("/Companies/0", headers={"Secret": "wrong"})
    assert at.get("/Companies/0").status_code == 200
    assert at.get("/Companies/0", headers={"Secret": "wrong"}).status_code == 401
    assert at.get("/Companies/0").status_code == 200


def test_what_the_user_may_not_see_is_empty_and_no_error(autotask: Sandbox, at: httpx.Client) -> None:
    autotask.autotask.hidden.add("Contracts")
    answer = at.post("/Contracts/query", json=ALL)
    assert (answer.status_code, answer.json()["items"]) == (200, [])


# Limits


def test_the_threshold_tells_the_real_count_of_the_hour(autotask: Sandbox, at: httpx.Client) -> None:
    discovered(autotask)
    at.post("/Companies/query", json=ALL)
    at.get("/Companies/0")
    assert at.get("/ThresholdInformation").json() == {
        "externalRequestThreshold": HOURLY_LIMIT,
        "requestThresholdTimeframe": 60,
        "currentTimeframeRequestCount": 3,
    }


def test_calls_leave_the_count_after_an_hour(small_world: World) -> None:
    moment = [NOW]
    sandbox = Sandbox(small_world, vendors=("autotask_psa",), clock=lambda: moment[0])
    gate = sandbox.autotask.gate
    gate.set_used(7)
    moment[0] = NOW + timedelta(minutes=59)
    assert gate.used == 7
    moment[0] = NOW + timedelta(minutes=60)
    assert gate.used == 0


def test_beyond_the_hourly_limit_every_call_is_refused(autotask: Sandbox, at: httpx.Client) -> None:
    autotask.autotask.gate.set_used(HOURLY_LIMIT - 1)
    assert at.get("/Companies/0").status_code == 200
    refused = at.get("/Companies/0")
    assert refused.status_code == 429
    assert "threshold" in refused.json()["errors"][0]
    autotask.autotask.gate.over_limit_status = 500
    assert at.get("/ThresholdInformation").status_code == 500
    assert discovered(autotask).status_code == 200


def test_a_fourth_call_at_once_at_one_endpoint_is_refused_and_others_are_not(
    autotask: Sandbox, at: httpx.Client
) -> None:
    server = autotask.vendors["autotask_psa"]
    server.faults.add("delay", path=r"(?i)/tickets/", first=3, seconds=60)
    paths = ("/Tickets/query/count", "/tickets/entityInformation/fields", "/Tickets/query/count")
    answered: list[int] = []

    def ask(path: str) -> None:
        method = "GET" if "fields" in path else "POST"
        body = None if method == "GET" else ALL
        with httpx.Client(headers=at.headers, base_url=at.base_url, timeout=90) as own:
            answered.append(own.request(method, path, json=body).status_code)

    threads = [threading.Thread(target=ask, args=(path,)) for path in paths]
    for thread in threads:
        thread.start()
    while len(server.requests) < 3:
        threading.Event().wait(0.01)
    fourth = at.post("/Tickets/query", json=ALL)
    assert fourth.status_code == 429
    assert "thread threshold of 3 threads" in fourth.json()["errors"][0]
    assert at.post("/Companies/query", json=ALL).status_code == 200
    assert at.get("/ThresholdInformation").status_code == 200
    server.stop()
    for thread in threads:
        thread.join()
    assert answered == [200, 200, 200]


# What cannot be routed


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/Nothing/query", 404), ("POST", "/CompanyNotes", 405), ("GET", "/Companies/5/Notes/query", 404),
        ("PATCH", "/Tickets/1", 405), ("DELETE", "/Companies/29680250", 405), ("POST", "/Companies/29680250/Nothing", 404),
        ("GET", "/Companies", 405), ("PUT", "/Companies/query", 405), ("POST", "/ThresholdInformation", 405),
        ("DELETE", "/Companies/29680250/Notes/1", 405), ("POST", "/Tickets/entityInformation", 405),
    ],
)  # fmt: skip
def test_other_paths_and_verbs_fail_in_the_shape_of_the_layer_in_front(
    at: httpx.Client, method: str, path: str, status: int
) -> None:
    answer = at.request(method, path, json={} if method != "GET" else None)
    assert answer.status_code == status
    assert set(answer.json()) == {"Message"}


def test_an_address_that_is_too_long_is_404(at: httpx.Client) -> None:
    search = '{"filter":[{"op":"in","field":"id","value":[%s]}]}'
    short, long = (search % ",".join(["1"] * count) for count in (10, 800))
    assert at.get("/Companies/query", params={"search": short}).status_code == 200
    assert at.get("/Companies/query", params={"search": long}).status_code == 404
    assert at.post("/Companies/query", content=search % ",".join(["1"] * 400)).status_code == 200


@pytest.mark.parametrize(
    ("status", "key"), [(403, "errors"), (404, "Message"), (405, "Message"), (429, "errors"), (500, "errors")]
)
def test_it_fails_on_order_in_its_own_words(
    autotask: Sandbox, at: httpx.Client, status: int, key: str
) -> None:
    autotask.vendors["autotask_psa"].faults.add("status", status=status)
    answer = at.get("/Companies/0")
    assert answer.status_code == status
    assert set(answer.json()) == {key}


@pytest.mark.parametrize("status", [502, 503, 504])
def test_its_gateway_fails_without_json(autotask: Sandbox, at: httpx.Client, status: int) -> None:
    autotask.vendors["autotask_psa"].faults.add("status", status=status)
    assert "json" not in at.get("/Companies/0").headers["content-type"]
