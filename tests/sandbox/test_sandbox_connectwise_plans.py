"""The simulated PSA's projects, calendar, activities and booked hours."""

from typing import Any

import httpx
import pytest

from sevenc_sync.sandbox import Sandbox, World

Item = dict[str, Any]


def read_all(psa: httpx.Client, path: str, **params: str | int) -> list[Item]:
    found: list[Item] = []
    page = 1
    while batch := psa.get(path, params={**params, "pageSize": 1000, "page": page}).json():
        found += batch
        page += 1
    return found


def test_phases_belong_to_their_project(psa: httpx.Client) -> None:
    for project in read_all(psa, "/project/projects"):
        phases = read_all(psa, f"/project/projects/{project['id']}/phases")
        assert phases
        assert all(phase["projectId"] == project["id"] for phase in phases)
        assert [phase["wbsCode"] for phase in phases] == [str(n) for n in range(1, len(phases) + 1)]
        assert phases[-1]["markAsMilestoneFlag"]
    answer = psa.get("/project/projects/9/phases")
    assert (answer.status_code, answer.json()["message"]) == (404, "Project 9 not found")


def test_closed_projects_have_a_closed_status_and_an_end(psa: httpx.Client) -> None:
    closed = {row["id"] for row in read_all(psa, "/project/statuses") if row["closedFlag"]}
    projects = read_all(psa, "/project/projects")
    assert all((p["status"]["id"] in closed) == p["closedFlag"] == ("actualEnd" in p) for p in projects)
    assert {p["closedFlag"] for p in projects} == {True, False}
    found = read_all(psa, "/project/projects", conditions="closedFlag=false")
    assert len(found) == sum(not p["closedFlag"] for p in projects)


def test_project_tickets_are_found_by_search_and_are_no_service_tickets(psa: httpx.Client) -> None:
    everything = read_all(psa, "/project/tickets")
    number = everything[0]["project"]["id"]
    body = {"conditions": f"project/id = {number}"}
    found = psa.post("/project/tickets/search", params={"pageSize": 1000}, json=body).json()
    assert [t["id"] for t in found] == [t["id"] for t in everything if t["project"]["id"] == number]
    assert not {t["id"] for t in everything} & {t["id"] for t in read_all(psa, "/service/tickets")}
    assert psa.get("/project/tickets/1").json()["message"] == "Project Ticket 1 not found"


def test_activities_carry_a_type_a_status_and_a_flag_that_agree(psa: httpx.Client) -> None:
    types = {row["id"]: row["name"] for row in read_all(psa, "/sales/activities/types")}
    closed = {row["id"] for row in read_all(psa, "/sales/activities/statuses") if row["closedFlag"]}
    activities = read_all(psa, "/sales/activities")
    assert all(types[a["type"]["id"]] == a["type"]["name"] for a in activities)
    assert all((a["status"]["id"] in closed) == a["closeFlag"] == ("dateClosedUtc" in a) for a in activities)
    reviews = read_all(
        psa, "/sales/activities", conditions='type/name = "Business Review" and closeFlag = true'
    )
    assert reviews
    assert all("Quarterly Business Review" in a["name"] for a in reviews)


def test_the_calendar_points_to_activities_and_to_tickets(psa: httpx.Client) -> None:
    entries = read_all(psa, "/schedule/entries")
    known = {
        "C": {a["id"] for a in read_all(psa, "/sales/activities")},
        "S": {t["id"] for t in read_all(psa, "/service/tickets")},
    }
    assert {entry["type"]["identifier"] for entry in entries} == {"C", "S"}
    assert all(entry["objectId"] in known[entry["type"]["identifier"]] for entry in entries)
    assert {row["identifier"] for row in read_all(psa, "/schedule/types")} == {"C", "S", "P"}


def test_hours_are_charged_to_what_exists(psa: httpx.Client) -> None:
    known = {
        "ServiceTicket": {row["id"] for row in read_all(psa, "/service/tickets")},
        "ProjectTicket": {row["id"] for row in read_all(psa, "/project/tickets")},
        "Activity": {row["id"] for row in read_all(psa, "/sales/activities")},
    }
    work_types = {row["id"] for row in read_all(psa, "/time/workTypes")}
    entries = read_all(psa, "/time/entries")
    assert {entry["chargeToType"] for entry in entries} == set(known)
    assert all(entry["chargeToId"] in known[entry["chargeToType"]] for entry in entries)
    assert {entry["workType"]["id"] for entry in entries} == work_types
    assert all("project" in e and "phase" in e for e in entries if e["chargeToType"] == "ProjectTicket")


@pytest.mark.parametrize(
    "path", ["/project/projects", "/sales/activities", "/schedule/entries", "/time/entries"]
)
def test_what_changed_since_a_time_can_be_asked_for(psa: httpx.Client, path: str) -> None:
    since = "2026-10-01T00:00:00Z"
    found = {row["id"] for row in read_all(psa, path, conditions=f"lastUpdated > [{since}]")}
    assert found == {row["id"] for row in read_all(psa, path) if row["_info"]["lastUpdated"] > since}
    assert found


def test_the_known_dirt_of_plans_is_there(big_world: World) -> None:
    server = Sandbox(big_world).vendors["connectwise_psa"]
    activities = server.records("activities")
    assert any("assignTo" not in row for row in activities)
    assert any("\u00a0" in row["notes"] for row in activities)
    assert any("member" not in row for row in server.records("schedule_entries"))
