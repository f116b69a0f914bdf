"""Each fault does what it says, to the calls it is meant for and to no others."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import msgspec
import pytest

from sevenc_sync.sandbox import Sandbox, VendorServer
from sevenc_sync.sandbox.faults import MISSING

NOW = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)
BOARDS, TICKETS = "/service/boards", "/service/tickets"
NOTES = "/company/companies/250/notes"


@pytest.fixture
def server(sandbox: Sandbox) -> VendorServer:
    return sandbox.vendors["connectwise_psa"]


def statuses(psa: httpx.Client, path: str, times: int) -> list[int]:
    return [psa.get(path).status_code for _ in range(times)]


# Which calls


def test_a_rule_applies_to_its_path_and_method_only(server: VendorServer, psa: httpx.Client) -> None:
    server.faults.add("status", path=r"/boards$", method="GET", status=500)
    assert psa.get(BOARDS).status_code == 500
    assert psa.post(BOARDS, json={}).status_code == 405
    assert psa.get(f"{BOARDS}/1/statuses").status_code == 200


@pytest.mark.parametrize(
    ("rule", "expected"),
    [({}, [500, 500, 500, 500]), ({"nth": 2}, [200, 500, 200, 200]), ({"first": 2}, [500, 500, 200, 200])],
)
def test_a_rule_applies_to_all_calls_the_nth_or_the_first(
    server: VendorServer, psa: httpx.Client, rule: dict[str, int], expected: list[int]
) -> None:
    number = server.faults.add("status", path="/boards", **rule)
    assert statuses(psa, BOARDS, 4) == expected
    assert server.faults.fired(number) == expected.count(500)


def test_chance_is_repeatable_by_its_seed(server: VendorServer, psa: httpx.Client) -> None:
    def draw(seed: int) -> list[int]:
        server.faults.clear()
        server.faults.add("status", path="/boards", probability=0.5, seed=seed)
        return statuses(psa, BOARDS, 20)

    assert draw(1) == draw(1) != draw(2)
    assert set(draw(1)) == {200, 500}


def test_clearing_ends_all_misbehaviour(server: VendorServer, psa: httpx.Client) -> None:
    number = server.faults.add("status")
    assert psa.get(BOARDS).status_code == 500
    server.faults.clear()
    assert psa.get(BOARDS).status_code == 200
    assert server.faults.fired(number) == 0


@pytest.mark.parametrize(
    "rule", [{"action": "explode"}, {"action": "status", "colour": 1}, {"action": "status", "nth": "x"}]
)
def test_a_rule_that_means_nothing_is_refused(server: VendorServer, rule: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        server.faults.add(**rule)


# Statuses


@pytest.mark.parametrize(
    ("status", "key", "text"),
    [
        (400, "code", "InvalidObject"), (401, "message", "UserNotAuthenticated"), (403, "code", "Security"),
        (404, "message", "The endpoint does not exist."), (429, "error", "ConnectWiseAPI"),
        (500, "message", "A timeout has occured. Please try again."),
    ],
)  # fmt: skip
def test_the_psa_fails_in_its_own_words(
    server: VendorServer, psa: httpx.Client, status: int, key: str, text: str
) -> None:
    server.faults.add("status", status=status)
    answer = psa.get(BOARDS)
    assert answer.status_code == status
    assert answer.json()[key] == text


@pytest.mark.parametrize("status", [502, 503, 504])
def test_gateways_answer_without_json(
    sandbox: Sandbox, psa: httpx.Client, bcdr: httpx.Client, status: int
) -> None:
    for server, client, path in ((0, psa, BOARDS), (1, bcdr, "/device")):
        list(sandbox.vendors.values())[server].faults.add("status", status=status)
        answer = client.get(path)
        assert answer.status_code == status
        assert "json" not in answer.headers["content-type"]


def test_the_backup_product_fails_in_its_own_words(sandbox: Sandbox, bcdr: httpx.Client) -> None:
    sandbox.vendors["datto_bcdr"].faults.add("status", status=429, retry_after=7)
    answer = bcdr.get("/device")
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "7")
    assert answer.json()["code"].startswith("exception.")


def test_retry_after_comes_in_seconds_or_as_a_date(server: VendorServer, psa: httpx.Client) -> None:
    server.faults.add("status", status=429, retry_after=30, nth=1)
    server.faults.add("status", status=429, retry_after=30, retry_date=True, nth=2)
    assert psa.get(BOARDS).headers["Retry-After"] == "30"
    assert parsedate_to_datetime(psa.get(BOARDS).headers["Retry-After"]) == NOW + timedelta(seconds=30)


def test_a_refused_write_has_no_effect_unless_it_fails_after_it(
    server: VendorServer, psa: httpx.Client
) -> None:
    server.faults.add("status", method="POST", status=503, nth=1)
    server.faults.add("status", method="POST", status=504, nth=2, after=True)
    assert psa.post(NOTES, json={"text": "lost"}).status_code == 503
    assert psa.post(NOTES, json={"text": "kept"}).status_code == 504
    assert [note["text"] for note in server.notes()[250]] == ["kept"]


# Bodies


def test_a_cut_body_ends_in_the_middle_and_the_write_has_happened(
    server: VendorServer, psa: httpx.Client
) -> None:
    server.faults.add("cut", first=2)
    with pytest.raises(httpx.RemoteProtocolError):
        psa.get(BOARDS)
    with pytest.raises(httpx.RemoteProtocolError):
        psa.post(NOTES, json={"text": "kept"})
    assert len(psa.get(NOTES).json()) == 1


def test_invalid_json_and_html_come_with_200(server: VendorServer, psa: httpx.Client) -> None:
    server.faults.add("invalid_json", nth=1)
    server.faults.add("html", nth=2)
    broken = psa.get(BOARDS)
    assert (broken.status_code, broken.headers["content-type"]) == (200, "application/json; charset=utf-8")
    with pytest.raises(ValueError, match="Expecting"):
        broken.json()
    page = psa.get(BOARDS)
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html")


def test_a_slow_body_arrives_whole(server: VendorServer, psa: httpx.Client) -> None:
    whole = psa.get(f"{TICKETS}/count").content
    server.faults.add("trickle")
    with psa.stream("GET", f"{TICKETS}/count") as answer:
        pieces = list(answer.iter_raw())
    assert b"".join(pieces) == whole


def test_a_delay_outlasts_an_impatient_client_and_does_not_hold_up_the_end(
    sandbox: Sandbox, psa: httpx.Client
) -> None:
    sandbox.vendors["connectwise_psa"].faults.add("delay", seconds=3600)
    with pytest.raises(httpx.ReadTimeout):
        psa.get(BOARDS, timeout=0.05)
    sandbox.stop()


def test_a_redirect_points_to_another_host(server: VendorServer, psa: httpx.Client) -> None:
    server.faults.add("redirect", location="http://other.invalid/x")
    answer = psa.get(BOARDS)
    assert (answer.status_code, answer.headers["Location"]) == (302, "http://other.invalid/x")


def test_the_date_header_is_the_clocks_and_can_be_wrong(server: VendorServer, psa: httpx.Client) -> None:
    assert parsedate_to_datetime(psa.get(BOARDS).headers["Date"]) == NOW
    server.faults.add("clock_skew", seconds=-600)
    assert parsedate_to_datetime(psa.get(BOARDS).headers["Date"]) == NOW - timedelta(minutes=10)


# Pages


def page(client: httpx.Client, path: str, number: int) -> list[int]:
    return [row["id"] for row in client.get(path, params={"pageSize": 10, "page": number}).json()]


def test_a_page_can_be_repeated_emptied_or_overlap(server: VendorServer, psa: httpx.Client) -> None:
    honest = [page(psa, TICKETS, number) for number in (1, 2, 3)]
    effects: dict[Any, Callable[[list[int], list[int]], list[int]]] = {
        "repeat_page": lambda before, _: before,
        "empty_page": lambda _before, _now: [],
        "duplicate": lambda before, now: [before[-1], *now],
    }
    for action, effect in effects.items():
        server.faults.clear()
        server.faults.add(action, path=r"/tickets$", nth=2)
        assert [page(psa, TICKETS, number) for number in (1, 2, 3)] == [
            honest[0],
            effect(honest[0], honest[1]),
            honest[2],
        ]


def test_a_page_that_is_repeated_stays_the_page_before(server: VendorServer, psa: httpx.Client) -> None:
    honest = [page(psa, TICKETS, number) for number in (1, 2)]
    for nth in (2, 3):
        server.faults.add("repeat_page", path=r"/tickets$", nth=nth)
    asked = [page(psa, TICKETS, number) for number in (1, 2, 2, 2)]
    assert asked == [honest[0], honest[0], honest[0], honest[1]]


def test_the_first_page_has_none_before_it_to_repeat(server: VendorServer, psa: httpx.Client) -> None:
    honest = page(psa, TICKETS, 1)
    server.faults.add("repeat_page")
    assert page(psa, TICKETS, 1) == honest


@pytest.mark.parametrize("shape", ["index", "items", "array"])
def test_pages_of_the_backup_product_are_spoiled_in_every_shape(
    sandbox: Sandbox, bcdr: httpx.Client, shape: Any
) -> None:
    sandbox.datto.shape = shape
    serial = bcdr.get("/device").json()["items"][0]["serialNumber"]

    def names(body: Any) -> list[str]:
        rows = (
            body if isinstance(body, list) else body.get("items", [v for k, v in body.items() if k.isdigit()])
        )
        return [row["name"] for row in rows]

    honest = names(bcdr.get(f"/device/{serial}/asset").json())
    sandbox.vendors["datto_bcdr"].faults.add("empty_page", path="/asset$", nth=1)
    sandbox.vendors["datto_bcdr"].faults.add("duplicate", path="/asset$", nth=2)
    assert names(bcdr.get(f"/device/{serial}/asset").json()) == []
    assert names(bcdr.get(f"/device/{serial}/asset").json()) == [honest[-1], *honest]


# Records


@pytest.mark.parametrize(
    ("rule", "check"),
    [
        ({"key": "id", "value": "seven"}, lambda r: r["id"] == "seven"),
        ({"key": "name", "value": MISSING}, lambda r: "name" not in r),
        ({"key": "_info", "value": None}, lambda r: r["_info"] is None),
        ({"key": "brandNewKey", "value": [1]}, lambda r: r["brandNewKey"] == [1]),
        ({"key": "location/id", "value": 99}, lambda r: r["location"] == {"id": 99, "name": "Main Office"}),
        ({"key": "nothing/there", "value": 1}, lambda r: r["nothing"] == {"there": 1}),
    ],
)
def test_one_record_of_a_list_is_changed_and_the_store_is_not(
    server: VendorServer, psa: httpx.Client, rule: dict[str, Any], check: Callable[[dict[str, Any]], bool]
) -> None:
    honest = psa.get(BOARDS).json()
    server.faults.add("mutate", index=1, **rule)
    spoiled = psa.get(BOARDS).json()
    assert check(spoiled[1])
    assert spoiled[:1] + spoiled[2:] == honest[:1] + honest[2:]
    server.faults.clear()
    assert psa.get(BOARDS).json() == honest


def test_a_single_record_can_be_changed_or_huge(server: VendorServer, psa: httpx.Client) -> None:
    server.faults.add("mutate", key="name", value=5, nth=1)
    server.faults.add("big_record", key="name", size=3_000_000, nth=2)
    assert psa.get(f"{BOARDS}/1").json()["name"] == 5
    assert len(psa.get(f"{BOARDS}/1").json()["name"]) == 3_000_000


def test_faults_add_up(server: VendorServer, psa: httpx.Client) -> None:
    server.faults.add("clock_skew", seconds=60)
    server.faults.add("empty_page")
    answer = psa.get(BOARDS)
    assert answer.json() == []
    assert parsedate_to_datetime(answer.headers["Date"]) == NOW + timedelta(seconds=60)


# From another process


def test_rules_can_be_posted_listed_and_cleared_over_http(server: VendorServer, psa: httpx.Client) -> None:
    control = f"{server.base_url}/__sandbox__/faults"
    posted = httpx.post(control, json={"action": "status", "status": 418, "path": "/boards"})
    assert (posted.status_code, posted.json()) == (201, {"numbers": [1]})
    assert psa.get(BOARDS).status_code == 418
    assert [(rule["number"], rule["fired"], rule["status"]) for rule in httpx.get(control).json()] == [
        (1, 1, 418)
    ]
    replaced = httpx.post(
        control, json={"clear": True, "rules": [{"action": "html", "nth": 1}, {"action": "cut", "nth": 9}]}
    )
    assert replaced.json() == {"numbers": [2, 3]}
    assert psa.get(BOARDS).headers["content-type"] == "text/html"
    assert httpx.delete(control).status_code == 204
    assert psa.get(BOARDS).status_code == 200


@pytest.mark.parametrize(
    "body", ['{"action": "explode"}', "{", '{"action": "status", "path": "("}', '{"rules": [{}]}', "[]"]
)
def test_faulty_rules_are_refused_over_http(server: VendorServer, body: str) -> None:
    assert httpx.post(f"{server.base_url}/__sandbox__/faults", content=body).status_code == 400
    assert httpx.get(f"{server.base_url}/__sandbox__/nothing").status_code == 404


def test_calls_are_counted_and_logged_without_their_credentials(
    sandbox: Sandbox, server: VendorServer, psa: httpx.Client
) -> None:
    psa.get(BOARDS, params={"pageSize": 2})
    psa.get("/service/nothing")
    root = "/v4_6_release/apis/3.0"
    assert [(seen.method, seen.path, seen.query, seen.status) for seen in server.requests] == [
        ("GET", f"{root}{BOARDS}", "pageSize=2", 200),
        ("GET", f"{root}/service/nothing", "", 404),
    ]
    assert server.counts()["GET", f"{root}{BOARDS}", 200] == 1
    control = f"{server.base_url}/__sandbox__/requests"
    log = httpx.get(control)
    assert log.json()["count"] == 2
    assert log.json()["by_path"] == {f"GET {root}{BOARDS}": 1, f"GET {root}/service/nothing": 1}
    assert not re.search("|".join(map(re.escape, sandbox.accounts[0].secrets.values())), log.text)
    assert "authorization" not in log.text.casefold()
    assert httpx.delete(control).status_code == 204
    assert server.requests == []
