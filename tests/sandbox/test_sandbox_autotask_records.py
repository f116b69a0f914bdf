"""What the simulated Autotask holds: records true to the vendor's types, metadata, and the same MSP as elsewhere."""

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
import pytest

from sevenc_sync.sandbox import Sandbox, World, build_world
from sevenc_sync.sandbox.autotask.collections import COLLECTIONS
from sevenc_sync.sandbox.autotask.facts import CHANGED, ENTITIES, RECORDS
from sevenc_sync.sandbox.autotask.schema import entity, faults, fields, has_udfs
from sevenc_sync.sandbox.autotask.times import parsed

NOW = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)
Item = dict[str, Any]
EMPTY = {
    "TicketNotes", "ContractServiceBundles", "ContractServiceBundleUnits", "ServiceBundles",
    "ServiceBundleServices", "DeletedTicketActivityLogs",
}  # fmt: skip
"""Collections that this tenant has and does not use."""

NAMES = [collection.name for collection in COLLECTIONS.values()]


def everything(at: httpx.Client, collection: str, *items: Item) -> list[Item]:
    body = {"filter": [*items, {"op": "gte", "field": "id", "value": 0}]}
    url: str | None = f"/{collection}/query"
    found: list[Item] = []
    while url is not None:
        answer = at.post(url, json=body).json()
        found += answer["items"]
        url = answer["pageDetails"]["nextPageUrl"]
    return found


def by_id(at: httpx.Client, collection: str) -> Mapping[int, Item]:
    return {row["id"]: row for row in everything(at, collection)}


def udfs(company: Item) -> dict[str, str | None]:
    return {udf["name"]: udf["value"] for udf in company["userDefinedFields"]}


@pytest.fixture
def tables(autotask: Sandbox) -> Mapping[str, list[Item]]:
    server = autotask.vendors["autotask_psa"]
    return {name: server.records(name) for name in NAMES}


# Types


def test_facts_collections_and_entities_name_the_same_things() -> None:
    assert set(RECORDS) == set(ENTITIES) == set(NAMES)
    assert set(CHANGED) <= set(NAMES)
    assert all(name in fields(collection) for collection, names in CHANGED.items() for name in names)


@pytest.mark.parametrize("collection", NAMES)
def test_every_record_keeps_to_the_vendors_types(
    autotask: Sandbox, at: httpx.Client, collection: str
) -> None:
    records = everything(at, collection)
    assert (not records) == (collection in EMPTY)
    assert [fault for record in records for fault in faults(collection, record)] == []
    assert len({record["id"] for record in records}) == len(records)
    assert records == autotask.vendors["autotask_psa"].records(collection) or len(records) > 1


def test_the_type_check_finds_faults() -> None:
    good: Item = {**dict.fromkeys(fields("Companies")), "userDefinedFields": []}
    assert list(faults("Companies", good)) == []
    bad = {
        **good,
        "id": "7",
        "isActive": 1,
        "createDate": "2026-01-01",
        "zap": 1,
        "userDefinedFields": [{"name": 1}],
    }
    del bad["city"]
    assert len(list(faults("Companies", bad))) == 6


@pytest.mark.parametrize("collection", sorted(set(NAMES) - EMPTY))
def test_every_record_has_an_address_of_its_own(at: httpx.Client, collection: str) -> None:
    record = everything(at, collection)[0]
    assert at.get(f"/{collection}/{record['id']}").json() == {"item": record}


def test_a_record_that_is_not_there_is_answered_in_three_forms(autotask: Sandbox, at: httpx.Client) -> None:
    answers = [at.get(f"/Tickets/{number}") for number in (1, 2, 3)]
    bodies = [answer.json() if answer.status_code == 200 else answer.status_code for answer in answers]
    assert {str(body) for body in bodies} == {"404", "{'item': None}", "None"}
    autotask.autotask.missing = "404"
    assert {at.get(f"/Tickets/{number}").status_code for number in (1, 2, 3)} == {404}


@pytest.mark.parametrize(
    "collection", [c for c in COLLECTIONS.values() if c.parent and c.name not in EMPTY], ids=lambda c: c.name
)
def test_a_child_route_gives_the_records_of_its_parent(at: httpx.Client, collection: Any) -> None:
    rows = everything(at, collection.name)
    parent = rows[-1][collection.link]
    path = f"/{collection.parent}/{parent}/{collection.child}"
    answer = at.get(path).json()
    assert [row["id"] for row in answer["items"]] == [
        row["id"] for row in rows if row[collection.link] == parent
    ]
    assert answer["pageDetails"]["nextPageUrl"] is None
    assert at.get(f"{path}/{rows[-1]['id']}").json() == {"item": rows[-1]}
    assert at.get(f"{path}/entityInformation").json()["info"]["name"] == entity(collection.name)


def test_references_lead_to_records(tables: Mapping[str, list[Item]]) -> None:
    known = {name: {row["id"] for row in rows} for name, rows in tables.items()}
    dangling = [
        (collection, field.name, record["id"])
        for collection, rows in tables.items()
        if collection != "DeletedTicketLogs"
        for field in fields(collection).values()
        if field.refers_to
        for record in rows
        if record[field.name] is not None and record[field.name] not in known[field.refers_to]
    ]
    assert dangling == []


def test_picklist_fields_hold_values_of_their_picklists(
    at: httpx.Client, tables: Mapping[str, list[Item]]
) -> None:
    wrong = []
    for collection, rows in tables.items():
        for field in at.get(f"/{collection}/entityInformation/fields").json()["fields"]:
            if field["isPickList"] and field["picklistValues"] and field["dataType"] == "integer":
                values = {int(choice["value"]) for choice in field["picklistValues"]}
                wrong += [
                    (collection, field["name"], row["id"])
                    for row in rows
                    if row[field["name"]] not in {None, *values}
                ]
    assert wrong == []


# Metadata


def test_entity_information_says_what_may_be_done(at: httpx.Client) -> None:
    info = at.get("/CompanyNotes/entityInformation").json()["info"]
    assert (info["name"], info["canCreate"], info["canUpdate"], info["canDelete"]) == (
        "CompanyNote",
        True,
        True,
        False,
    )
    info = at.get("/contractserviceunits/EntityInformation").json()["info"]
    assert (info["canQuery"], info["canCreate"], info["hasUserDefinedFields"]) == (True, False, False)
    assert at.get("/Companies/entityInformation").json()["info"]["hasUserDefinedFields"]
    assert at.get("/Companies/entityInformation/nothing").status_code == 404


def test_fields_come_with_their_picklists_as_texts(at: httpx.Client) -> None:
    found = {field["name"]: field for field in at.get("/Tickets/entityInformation/fields").json()["fields"]}
    status = {choice["label"]: choice for choice in found["status"]["picklistValues"]}
    assert (status["Complete"]["value"], status["Complete"]["isSystem"]) == ("5", True)
    assert found["companyID"]["referenceEntityType"] == "Company"
    assert (found["title"]["dataType"], found["title"]["length"], found["title"]["isRequired"]) == (
        "string",
        255,
        True,
    )
    assert (found["id"]["isReadOnly"], found["creatorType"]["isQueryable"]) == (True, False)
    assert (found["title"]["picklistValues"], found["title"]["isPickList"]) == (None, False)
    issues = {choice["value"] for choice in found["issueType"]["picklistValues"]}
    assert found["subIssueType"]["picklistParentValueField"] == "issueType"
    assert {choice["parentValue"] for choice in found["subIssueType"]["picklistValues"]} == issues
    assert any(not choice["isActive"] for choice in found["queueID"]["picklistValues"])


def test_user_defined_fields_are_described_and_only_where_there_are_some(at: httpx.Client) -> None:
    path = "/{}/entityInformation/userDefinedFields"
    described = at.get(path.format("Companies")).json()["fields"]
    company = everything(at, "Companies")[1]
    assert [field["name"] for field in described] == list(udfs(company))
    rating = next(field for field in described if field["name"] == "VML")
    assert [choice["value"] for choice in rating["picklistValues"]] == ["1", "2", "3", "4", "5"]
    assert at.get(path.format("Roles")).json() == {"fields": []}


# Forms


def test_times_come_with_and_without_a_designator_and_a_fraction(tables: Mapping[str, list[Item]]) -> None:
    texts = [row["createDate"] for row in tables["Tickets"]]
    forms = Counter((text.endswith("Z"), "." in text) for text in texts)
    assert {(True, False), (True, True), (False, True)} <= set(forms)
    assert len({len(text.partition(".")[2].rstrip("Z")) for text in texts}) > 2


def test_user_defined_values_are_texts_or_null(tables: Mapping[str, list[Item]], small_world: World) -> None:
    values = [value for row in tables["Companies"] for value in udfs(row).values()]
    assert None in values
    assert all(isinstance(value, str | None) for value in values)
    company = next(c for c in small_world.clients if "MFA Percent" in c.attested)
    row = next(row for row in tables["Companies"] if row["companyName"] == company.name)
    assert udfs(row)["MFA Percent"] == f"{company.attested['MFA Percent']}.0000"
    assert all("userDefinedFields" not in row for name in NAMES if not has_udfs(name) for row in tables[name])


def test_contacts_are_active_as_a_number(tables: Mapping[str, list[Item]], small_world: World) -> None:
    assert {row["isActive"] for row in tables["Contacts"]} == {0, 1}
    assert not any(isinstance(row["isActive"], bool) for row in tables["Contacts"])
    active = Counter(row["companyID"] for row in tables["Contacts"] if row["isActive"])
    names = {row["companyName"]: row["id"] for row in tables["Companies"]}
    assert all(active[names[client.name]] == client.seats for client in small_world.clients)


def test_the_known_dirt_is_there(tables: Mapping[str, list[Item]]) -> None:
    assert any("\u00a0" in row["title"] for row in tables["Tickets"])
    assert any("\u0000" in (row["description"] or "") for row in tables["Tickets"])
    assert any("\r\n" in (row["notes"] or "") for row in tables["ConfigurationItems"])
    assert any(row["webAddress"] is None for row in tables["Companies"])


# The same MSP


def test_both_psas_hold_the_same_clients_work_devices_and_contracts(small_world: World) -> None:
    both = Sandbox(small_world, vendors=("connectwise_psa", "autotask_psa"))
    one, other = (both.vendors[name] for name in ("connectwise_psa", "autotask_psa"))
    client_names = {client.name for client in small_world.clients}
    assert client_names <= {row["companyName"] for row in other.records("Companies")}
    names = {row["id"]: row["companyName"] for row in other.records("Companies")}
    tickets = {(row["id"], row["company"]["name"]) for row in one.records("tickets")}
    assert tickets == {(row["id"], names[row["companyID"]]) for row in other.records("Tickets")}
    devices = {
        (row["name"], row["serialNumber"], row["company"]["name"]) for row in one.records("configurations")
    }
    assert devices == {
        (row["referenceTitle"], row["serialNumber"], names[row["companyID"]])
        for row in other.records("ConfigurationItems")
    }
    assert {row["name"] for row in one.records("agreements")} == {
        row["contractName"] for row in other.records("Contracts")
    }
    assert {row["name"] for row in one.records("projects")} == {
        row["projectName"] for row in other.records("Projects")
    }
    assert {row["name"] for row in one.records("activities")} == {
        row["name"] for row in other.records("CompanyNotes")
    } | {row["activityDescription"].partition("\r\n")[0] for row in other.records("CompanyToDos")}


def test_closed_tickets_are_complete_and_carry_their_date(big_world: World) -> None:
    rows = Sandbox(big_world, vendors=("autotask_psa",)).vendors["autotask_psa"].records("Tickets")
    assert {row["status"] for row in rows} == {1, 5, 7, 8, 13}
    assert all((row["status"] == 5) == (row["completedDate"] is not None) for row in rows)


def test_results_say_how_tickets_kept_their_goals(tables: Mapping[str, list[Item]]) -> None:
    tickets = {row["id"]: row for row in tables["Tickets"]}
    for result in tables["ServiceLevelAgreementResults"]:
        ticket = tickets[result["ticketID"]]
        if result["isResolutionMet"] is not None:
            kept = parsed(ticket["resolvedDateTime"]) <= parsed(ticket["resolvedDueDateTime"])
            assert result["isResolutionMet"] == kept
    assert {row["isFirstResponseMet"] for row in tables["ServiceLevelAgreementResults"]} >= {True, False}


def test_only_recurring_contracts_have_services_and_blocks_have_hours(
    tables: Mapping[str, list[Item]],
) -> None:
    types = {row["id"]: row["contractType"] for row in tables["Contracts"]}
    assert {types[row["contractID"]] for row in tables["ContractServices"]} == {7}
    assert {types[row["contractID"]] for row in tables["ContractBlocks"]} == {4}
    assert set(types.values()) >= {4, 7}


def test_units_are_one_row_a_period_past_current_and_future(
    tables: Mapping[str, list[Item]], small_world: World
) -> None:
    lines = {line.id: line for contract in small_world.contracts for line in contract.lines}
    today = NOW.date().isoformat()
    periods: dict[int, list[tuple[str, str, int]]] = {}
    for row in tables["ContractServiceUnits"]:
        periods.setdefault(row["contractServiceID"], []).append(
            (row["startDate"], row["endDate"], row["units"])
        )
    assert set(periods) <= {row["id"] for row in tables["ContractServices"]}
    for service, rows in periods.items():
        rows.sort()
        assert all(start <= end for start, end, _ in rows)
        ends = [date.fromisoformat(end[:10]) for _, end, _ in rows[:-1]]
        starts = [date.fromisoformat(start[:10]) for start, _, _ in rows[1:]]
        assert [start - timedelta(days=1) for start in starts] == ends
        current = [units for start, end, units in rows if start[:10] <= today <= end[:10]]
        assert len(current) <= 1
        if lines[service].cancelled is None and current:
            assert current == [lines[service].quantity]
            assert rows[-1][0][:10] > today
    assert any(len(rows) > 10 for rows in periods.values())


def test_some_period_fell_in_two_and_some_service_ended(big_world: World) -> None:
    server = Sandbox(big_world, vendors=("autotask_psa",)).vendors["autotask_psa"]
    rows = server.records("ContractServiceUnits")
    assert any(row["startDate"][8:10] != "01" for row in rows)
    last: dict[int, str] = {}
    for row in rows:
        last[row["contractServiceID"]] = max(row["endDate"], last.get(row["contractServiceID"], ""))
    assert any(end[:10] < NOW.date().isoformat() for end in last.values())


def test_days_later_every_id_is_still_there(small_world: World) -> None:
    later = build_world(clients=6, now=NOW + timedelta(days=4), anchor=NOW)
    before, after = (
        Sandbox(world, vendors=("autotask_psa",)).vendors["autotask_psa"] for world in (small_world, later)
    )
    for name in NAMES:
        old, new = ({row["id"] for row in server.records(name)} for server in (before, after))
        assert old <= new, name
    assert len(after.records("Tickets")) > len(before.records("Tickets"))


def test_the_same_world_answers_with_the_same_bytes(small_world: World) -> None:
    answers = []
    body = {"filter": [{"op": "gte", "field": "id", "value": 0}]}
    for _ in range(2):
        with Sandbox(small_world, vendors=("autotask_psa",), clock=lambda: NOW) as sandbox:
            account = sandbox.accounts[0]
            headers = {
                "ApiIntegrationCode": account.secrets["integration_code"],
                "UserName": account.secrets["user_name"],
                "Secret": account.secrets["secret"],
                "Host": "same",
            }
            url = f"{account.base_url}/ATServicesRest/V1.0"
            answers.append(
                [
                    httpx.post(f"{url}/{name}/query", headers=headers, json=body).content
                    for name in ("Tickets", "Companies")
                ]
            )
    assert answers[0] == answers[1]
