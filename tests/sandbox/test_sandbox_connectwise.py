"""The simulated PSA answers reads in the vendor's dialect."""

import re
from typing import Any

import httpx
import pytest

from sevenc_sync.sandbox import Sandbox
from sevenc_sync.sandbox.connectwise.routes import ROUTES
from sevenc_sync.sandbox.connectwise.schema import faults, resolve, shape

TICKETS = "/service/tickets"


def read_all(psa: httpx.Client, path: str, **params: str | int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    page = 1
    while batch := psa.get(path, params={**params, "pageSize": 1000, "page": page}).json():
        found += batch
        page += 1
    return found


# Discovery and credentials


def test_discovery_needs_no_credentials_and_names_the_codebase(sandbox: Sandbox) -> None:
    base = sandbox.accounts[0].base_url
    info = httpx.get(f"{base}/login/companyinfo/brightwater").json()
    assert info["Codebase"] == "v2026_4/"
    assert info["CompanyID"] == "brightwater"
    assert httpx.get(f"{base}/login/companyinfo/nobody").json() is None


def test_a_new_release_moves_the_codebase_and_the_old_path_is_gone(
    sandbox: Sandbox, psa: httpx.Client
) -> None:
    base = sandbox.accounts[0].base_url
    path = "apis/3.0/company/companies?pageSize=1"
    assert psa.get(f"{base}/v2026_4/{path}").status_code == 200
    sandbox.connectwise.codebase = "v2027_1/"
    assert psa.get(f"{base}/v2026_4/{path}").status_code == 404
    assert psa.get(f"{base}/v2027_1/{path}").status_code == 200
    assert psa.get(f"{base}/v4_6_release/{path}").status_code == 200


def test_wrong_keys_are_401_a_wrong_company_is_400_in_plain_text(sandbox: Sandbox, psa: httpx.Client) -> None:
    secrets = sandbox.accounts[0].secrets
    wrong = psa.get("/company/companies", auth=(f"brightwater+{secrets['public_key']}", "no"))
    assert (wrong.status_code, wrong.json()["message"]) == (401, "UserNotAuthenticated")
    nobody = psa.get("/company/companies", auth=(f"other+{secrets['public_key']}", secrets["private_key"]))
    assert (nobody.status_code, nobody.text) == (400, "Cannot route. Codebase/company is invalid")


@pytest.mark.parametrize("header", ["", "Bearer x", "Basic %%%", "Basic bm9jb2xvbg=="])
def test_other_credentials_are_401(psa: httpx.Client, header: str) -> None:
    request = psa.build_request("GET", "/company/companies", headers={"Authorization": header})
    assert psa.send(request, auth=None).status_code == 401


def test_a_call_without_client_id_is_403(psa: httpx.Client) -> None:
    del psa.headers["clientId"]
    answer = psa.get("/company/companies")
    assert (answer.status_code, answer.json()["code"]) == (403, "Security")


def test_system_info_answers_anybody(sandbox: Sandbox) -> None:
    info = httpx.get(f"{sandbox.accounts[0].base_url}/v4_6_release/apis/3.0/system/info").json()
    assert list(faults("Info", info)) == []


@pytest.mark.parametrize(
    "path", ["/service/statuses", "/system/customFields", "/finance/agreements/300/nothing", "/"]
)
def test_an_unknown_path_is_404_in_the_vendors_words(psa: httpx.Client, path: str) -> None:
    answer = psa.get(path)
    assert answer.status_code == 404
    assert (answer.json()["code"], answer.json()["message"]) == (
        "ConnectWiseApi",
        "The endpoint does not exist.",
    )


def test_an_unknown_record_is_404_with_its_number(psa: httpx.Client) -> None:
    answer = psa.get("/service/tickets/404")
    assert (answer.status_code, answer.json()["message"]) == (404, "Service Ticket 404 not found")
    assert psa.get("/company/companies/9999/notes").json()["message"] == "Company 9999 not found"


def test_a_method_that_a_path_does_not_have_is_405(psa: httpx.Client) -> None:
    assert psa.post("/service/boards", json={}).status_code == 405
    assert psa.delete("/company/companies/250").status_code == 405


# Records


@pytest.mark.parametrize("path", ROUTES)
def test_every_record_keeps_to_the_vendors_types(sandbox: Sandbox, psa: httpx.Client, path: str) -> None:
    route = ROUTES[path]
    server = sandbox.vendors["connectwise_psa"]
    parents = [row["id"] for row in server.records(route.parent_table)] if "{parent}" in path else [None]
    if route.table == "ticket_notes":
        parents = parents[:3]  # nobody has written any
    records = [r for parent in parents for r in read_all(psa, path.replace("{parent}", str(parent)))]
    assert records or route.table in {"notes", "ticket_notes"}
    assert [fault for record in records for fault in faults(route.record_type, record)] == []
    assert len({record["id"] for record in records}) == len(records)
    assert len(records) == len(server.records(route.table))


@pytest.mark.parametrize("path", [path for path in ROUTES if "{" not in path])
def test_every_list_has_a_count_and_every_record_an_address(psa: httpx.Client, path: str) -> None:
    first = psa.get(path, params={"pageSize": 1}).json()[0]
    assert psa.get(f"{path}/count").json() == {"count": len(read_all(psa, path))}
    assert psa.get(f"{path}/{first['id']}").json() == first


def test_the_type_check_finds_faults() -> None:
    bad = {
        "id": "7",
        "closedFlag": 1,
        "recordType": "X",
        "board": {"nam": "a"},
        "zap": 1,
        "customFields": {},
        "requiredDate": "2026",
    }
    assert len(list(faults("Ticket", bad))) == 7
    assert shape("CompanyNote").required == {"text"}
    assert resolve("Ticket", "LASTUPDATED") is not None


def test_references_of_records_lead_to_records(psa: httpx.Client) -> None:
    lists = {
        "company": "/company/companies", "board": "/service/boards", "priority": "/service/priorities", "source": "/service/sources",
        "owner": "/system/members", "agreement": "/finance/agreements", "team": "/service/teams", "sla": "/service/SLAs",
    }  # fmt: skip
    known = {key: {row["id"] for row in read_all(psa, path)} for key, path in lists.items()}
    statuses = {
        b: {row["id"]: row for row in read_all(psa, f"/service/boards/{b}/statuses")} for b in (1, 2, 3, 4)
    }
    types = {b: {row["id"] for row in read_all(psa, f"/service/boards/{b}/types")} for b in (1, 2, 3, 4)}
    for ticket in read_all(psa, TICKETS):
        assert all(ticket[key]["id"] in ids for key, ids in known.items() if key in ticket)
        board = ticket["board"]["id"]
        assert ticket["type"]["id"] in types[board]
        assert statuses[board][ticket["status"]["id"]]["closedStatus"] == ticket["closedFlag"]


def test_some_devices_have_their_warranty_in_a_question(psa: httpx.Client) -> None:
    devices = psa.get("/company/configurations", params={"pageSize": 1000}).json()
    asked = [device for device in devices if "questions" in device]
    assert 0 < len(asked) < len(devices)
    for device in asked:
        assert "warrantyExpirationDate" not in device
        (ends,) = [q for q in device["questions"] if q["question"] == "Warranty ends"]
        assert ends["fieldType"] == "Date"


def test_the_known_dirt_is_there(sandbox: Sandbox) -> None:
    server = sandbox.vendors["connectwise_psa"]
    tickets, companies = server.records("tickets"), server.records("companies")
    assert any(t["_info"]["updatedBy"].endswith("  ") for t in tickets)
    assert any("\u00a0" in t["summary"] for t in tickets)
    assert any(t.get("closedDate") == "" for t in tickets)
    assert any("Sort" in t["status"] for t in tickets)
    assert any("\r\n" in c["notes"] for c in server.records("configurations"))
    assert any(c.get("dateDeleted") and not c["deletedFlag"] for c in companies)
    assert sum(c["deletedFlag"] for c in companies) == 1
    assert any("website" not in c for c in companies)
    fields = [field for c in companies for field in c["customFields"]]
    assert any("value" not in field for field in fields)
    assert any(field.get("value", 0) is None for field in fields)
    assert any(field["caption"].endswith(" ") for field in fields)


# Queries


def test_pages_hold_25_records_unless_asked_and_never_more_than_1000(psa: httpx.Client) -> None:
    assert len(psa.get("/time/entries").json()) == 25
    assert len(psa.get("/time/entries", params={"pageSize": 5000}).json()) == min(
        1000, len(read_all(psa, "/time/entries"))
    )
    assert psa.get(TICKETS, params={"page": 9999}).json() == []


@pytest.mark.parametrize("params", [{"pageSize": "x"}, {"pageSize": "0"}, {"page": "-1"}])
def test_senseless_pages_are_400(psa: httpx.Client, params: dict[str, str]) -> None:
    assert psa.get(TICKETS, params=params).status_code == 400


def test_numbered_pages_link_to_their_neighbours_without_the_filters(psa: httpx.Client) -> None:
    def rels(page: int) -> dict[str, str]:
        header = psa.get(
            "/company/companies", params={"pageSize": 5, "page": page, "conditions": "id > 0"}
        ).headers.get("Link", "")
        return {rel: url for url, rel in re.findall(r'<([^>]+)>; rel="(\w+)"', header)}

    total = psa.get("/company/companies/count").json()["count"]
    last = -(-total // 5)
    assert rels(1).keys() == {"next", "last"}
    assert rels(1)["next"].endswith("/company/companies?pageSize=5&page=2")
    assert rels(1)["last"].endswith(f"page={last}")
    assert rels(2).keys() == {"next", "last", "first", "prev"}
    assert rels(last).keys() == {"first", "prev"}
    assert "Link" not in psa.get("/service/boards").headers


def test_forward_only_pages_continue_after_an_id(psa: httpx.Client) -> None:
    headers = {"pagination-type": "forward-only"}
    seen: list[int] = []
    params: dict[str, str | int] = {"pageSize": 300, "fields": "id"}
    while True:
        answer = psa.get(TICKETS, params=params, headers=headers)
        ids = [row["id"] for row in answer.json()]
        seen += ids
        link = answer.headers.get("Link")
        if link is None:
            break
        assert f"pageId={ids[-1]}" in link
        params["pageId"] = ids[-1]
    assert seen == sorted(row["id"] for row in read_all(psa, TICKETS))
    assert psa.get(TICKETS, params={"orderBy": "id"}, headers=headers).status_code == 400


def test_conditions_select_and_count(psa: httpx.Client) -> None:
    conditions = 'board/name = "Help Desk" and closedFlag = False'
    found = read_all(psa, TICKETS, conditions=conditions)
    assert found
    assert all(t["board"]["name"] == "Help Desk" and not t["closedFlag"] for t in found)
    assert psa.get(f"{TICKETS}/count", params={"conditions": conditions}).json() == {"count": len(found)}


def test_records_changed_since_a_time_are_those_with_a_later_last_updated(psa: httpx.Client) -> None:
    since = "2026-11-15T00:00:00Z"
    found = {t["id"] for t in read_all(psa, TICKETS, conditions=f"lastUpdated > [{since}]", orderBy="id asc")}
    assert found == {t["id"] for t in read_all(psa, TICKETS) if t["_info"]["lastUpdated"] > since}
    assert found


def test_an_unknown_name_in_a_condition_is_400(psa: httpx.Client) -> None:
    answer = psa.get(TICKETS, params={"conditions": "foo=1"})
    assert answer.status_code == 400
    assert (answer.json()["code"], answer.json()["message"]) == (
        "ApiFindCondition",
        "foo is not a recognized name.",
    )


def test_child_and_custom_field_conditions(psa: httpx.Client) -> None:
    vendors = read_all(psa, "/company/companies", childConditions='types/name="Vendor"')
    assert vendors
    assert all(any(t["name"] == "Vendor" for t in company["types"]) for company in vendors)
    rated = read_all(psa, "/company/companies", customFieldConditions='caption="VML" and value >= 4')
    assert rated
    assert all(next(f["value"] for f in c["customFields"] if f["caption"] == "VML") >= 4 for c in rated)


def test_order_by_fields_within_references_and_both_ways(psa: httpx.Client) -> None:
    def names(order: str) -> list[str]:
        return [a["company"]["name"].casefold() for a in read_all(psa, "/finance/agreements", orderBy=order)]

    assert names("company/name desc") == sorted(names("id"), reverse=True)
    assert names("company/name asc, id desc") == sorted(names("id"))
    assert psa.get(TICKETS, params={"orderBy": "nothing"}).status_code == 400


def test_fields_cut_the_answer_and_info_comes_only_if_named(psa: httpx.Client) -> None:
    params: dict[str, str | int] = {"pageSize": 1, "fields": "id,status/id,board/name,nonsense"}
    record = psa.get(TICKETS, params=params).json()[0]
    assert record == {
        "id": record["id"],
        "status": {"id": record["status"]["id"]},
        "board": {"name": record["board"]["name"]},
    }
    params["fields"] = "id,lastUpdated"
    assert psa.get(TICKETS, params=params).json()[0].keys() == {"id"}
    params["fields"] = "id,_info"
    assert psa.get(TICKETS, params=params).json()[0].keys() == {"id", "_info"}


def test_search_takes_the_filter_in_a_body(psa: httpx.Client) -> None:
    body = {"conditions": "closedFlag = False", "orderBy": "id desc"}
    found = psa.post(f"{TICKETS}/search", params={"pageSize": 1000}, json=body).json()
    assert [t["id"] for t in found] == sorted(
        (t["id"] for t in read_all(psa, TICKETS, conditions="closedFlag=False")), reverse=True
    )
    assert psa.post(f"{TICKETS}/search", json=[]).status_code == 400


def test_additions_belong_to_their_agreement(psa: httpx.Client) -> None:
    for agreement in read_all(psa, "/finance/agreements"):
        path = f"/finance/agreements/{agreement['id']}/additions"
        additions = read_all(psa, path)
        assert all(a["agreementId"] == agreement["id"] for a in additions)
        assert psa.get(f"{path}/count").json() == {"count": len(additions)}


def test_a_record_of_another_parent_is_not_found(psa: httpx.Client) -> None:
    status = psa.get("/service/boards/1/statuses").json()[0]["id"]
    assert psa.get(f"/service/boards/1/statuses/{status}").status_code == 200
    assert psa.get(f"/service/boards/2/statuses/{status}").status_code == 404
