"""The simulated Autotask's query language and paging."""

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sevenc_sync.sandbox import Sandbox
from sevenc_sync.sandbox.autotask.filters import FilterError, compile_filters
from sevenc_sync.sandbox.autotask.times import moment, parsed

Item = dict[str, Any]
ALL: Item = {"op": "gte", "field": "id", "value": 0}
TICKET: Item = {
    "id": 7, "title": "Printer jammed", "status": 5, "companyID": 0, "completedDate": "2026-03-01T10:00:00.5",
    "serviceLevelAgreementHasBeenMet": False, "estimatedHours": 1.5, "assignedResourceID": None,
    "lastActivityDate": "2026-03-01T10:00:00Z",
    "userDefinedFields": [{"name": "Vendor Ticket Number", "value": "AB-12"}],
}  # fmt: skip
UDFS = {"Vendor Ticket Number": "str"}


def one(op: str, field: str, value: Any = None, **more: Any) -> Item:
    return {"op": op, "field": field, "value": value, **more}


def holds(*items: Item, record: Item = TICKET) -> bool:
    return compile_filters(list(items), "Tickets", UDFS)(record)


def found(at: httpx.Client, collection: str, *items: Item, **more: Any) -> list[Item]:
    answer = at.post(f"/{collection}/query", json={"filter": list(items) or [ALL], **more})
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


def refusal(at: httpx.Client, body: Any, collection: str = "Tickets") -> str:
    answer = at.post(f"/{collection}/query", json=body)
    assert answer.status_code == 500
    (text,) = answer.json()["errors"]
    return str(text)


# Conditions


@pytest.mark.parametrize(
    "item",
    [
        one("eq", "id", 7), one("eq", "ID", "7"), one("noteq", "status", 1), one("gt", "id", 6),
        one("gte", "id", 7), one("lt", "id", 8), one("lte", "estimatedHours", 1.5), one("gte", "companyID", 0),
        one("eq", "title", "PRINTER jammed"), one("beginsWith", "title", "printer"),
        one("endsWith", "title", "JAMMED"), one("contains", "title", "ter ja"), one("in", "status", [1, 5]),
        one("notIn", "status", [1, 2]), one("exist", "completedDate"), one("notExist", "assignedResourceID"),
        one("eq", "serviceLevelAgreementHasBeenMet", False), one("gt", "completedDate", "2026-03-01T10:00:00Z"),
        one("lt", "completedDate", "2026-03-01T10:00:01"), one("gte", "lastActivityDate", "2026-03-01T10:00:00.000Z"),
        one("eq", "vendor ticket number", "ab-12", udf=True), {"Op": "eq", "Field": "id", "Value": 7},
        {"op": "or", "items": [one("eq", "id", 1), one("eq", "id", 7)]},
        {"op": "and", "items": [one("eq", "id", 7), {"op": "or", "items": [one("exist", "title")]}]},
    ],
)  # fmt: skip
def test_true_of_the_ticket(item: Item) -> None:
    assert holds(item)


@pytest.mark.parametrize(
    "item",
    [
        one("eq", "id", 8), one("noteq", "id", 7), one("eq", "assignedResourceID", 1),
        one("noteq", "assignedResourceID", 1), one("notIn", "assignedResourceID", [1]),
        one("lt", "assignedResourceID", 5), one("exist", "assignedResourceID"), one("contains", "title", "scanner"),
        one("gt", "lastActivityDate", "2026-03-01T10:00:00"), one("eq", "Vendor Ticket Number", "x", udf=True),
        {"op": "and", "items": [one("eq", "id", 7), one("eq", "id", 8)]},
        {"op": "or", "items": [one("eq", "id", 6), one("eq", "id", 8)]},
    ],
)  # fmt: skip
def test_not_true_of_the_ticket(item: Item) -> None:
    assert not holds(item)


def test_conditions_beside_each_other_must_all_hold() -> None:
    assert holds(one("eq", "id", 7), one("eq", "status", 5))
    assert not holds(one("eq", "id", 7), one("eq", "status", 1))


@pytest.mark.parametrize(
    ("item", "words"),
    [
        (one("ne", "id", 7), "'ne' is not supported"), (one("notexist", "id"), "not supported"),
        (one("EQ", "id", 7), "not supported"), (one("between", "id", [1, 2]), "not supported"),
        (one("eq", "nothing", 7), "Unable to find nothing in the Ticket Entity."),
        (one("eq", "creatorType", 1), "Unable to find creatorType"),
        (one("eq", "Vendor Ticket Number", "x"), "Unable to find"),
        (one("eq", "Other", "x", udf=True), "user-defined field Other"),
        (one("eq", "serviceLevelAgreementHasBeenMet", 1), "must be true or false"),
        (one("eq", "serviceLevelAgreementHasBeenMet", None), "missing or invalid"),
        (one("gt", "serviceLevelAgreementHasBeenMet", False), "not supported"),
        (one("eq", "status", "Complete"), "Conversion failed when converting varchar 'Complete' to data type int"),
        (one("eq", "estimatedHours", "much"), "Conversion failed"), (one("gt", "createDate", "yesterday"), "valid DateTime"),
        (one("in", "status", 5), "array of values"), (one("in", "status", []), "array of values"),
        (one("contains", "id", 7), "not supported"), ({"op": "or", "items": []}, "needs items"), ("id eq 7", "object"),
    ],
)  # fmt: skip
def test_refused_in_the_vendors_words(item: Item, words: str) -> None:
    with pytest.raises(FilterError, match=".*".join(words.split("'"))):
        holds(item)


def test_at_most_500_alternatives_in_lists_and_groups_together() -> None:
    group = {"op": "or", "items": [one("eq", "id", number) for number in range(100)]}
    assert not holds(group, one("in", "status", list(range(300, 700))))
    with pytest.raises(FilterError, match="500 or fewer 'OR'"):
        holds(group, one("in", "status", list(range(300, 701))))


def test_at_most_one_user_defined_field() -> None:
    item = one("exist", "Vendor Ticket Number", udf=True)
    assert holds(item)
    with pytest.raises(FilterError, match="one user-defined field"):
        holds(item, {"op": "or", "items": [item]})


NUMBERS = st.integers(-3, 3)
LEAF = st.one_of(
    st.builds(one, st.sampled_from(["eq", "noteq", "gt", "gte", "lt", "lte"]), st.just("queueID"), NUMBERS),
    st.builds(one, st.sampled_from(["in", "notIn"]), st.just("queueID"), st.lists(NUMBERS, min_size=1, max_size=3)),
    st.builds(one, st.sampled_from(["exist", "notExist"]), st.just("queueID")),
)  # fmt: skip
CONDITION = st.recursive(
    LEAF,
    lambda inner: st.builds(
        lambda op, items: {"op": op, "items": items},
        st.sampled_from(["and", "or"]),
        st.lists(inner, min_size=1, max_size=3),
    ),
    max_leaves=8,
)


def plainly(item: Item, value: int | None) -> bool:
    """What a condition on a ticket's queue means, read naively."""
    wanted: Any = item.get("value")
    inner = [plainly(part, value) for part in item.get("items", [])]
    if item["op"] in {"and", "or"}:
        return all(inner) if item["op"] == "and" else any(inner)
    if value is None:
        return bool(item["op"] == "notExist")
    meaning = {
        "exist": True, "notExist": False, "in": isinstance(wanted, list) and value in wanted,
        "notIn": isinstance(wanted, list) and value not in wanted, "eq": value == wanted, "noteq": value != wanted,
        "gt": isinstance(wanted, int) and value > wanted, "gte": isinstance(wanted, int) and value >= wanted,
        "lt": isinstance(wanted, int) and value < wanted, "lte": isinstance(wanted, int) and value <= wanted,
    }  # fmt: skip
    return bool(meaning[item["op"]])


@given(st.lists(CONDITION, min_size=1, max_size=3), st.none() | NUMBERS)
def test_any_nesting_means_what_a_plain_reading_of_it_says(items: list[Item], value: int | None) -> None:
    record = {"id": 1, "queueID": value}
    assert holds(*items, record=record) == all(plainly(item, value) for item in items)


@given(st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)), st.integers(0, 10**9))  # noqa: DTZ001 (made aware below)
def test_every_form_of_a_time_is_read_back_within_its_second(value: datetime, number: int) -> None:
    exact = value.replace(microsecond=0, tzinfo=UTC)
    text = moment(exact, number)
    assert text is not None
    assert parsed(text).replace(microsecond=0) == exact


# Queries over HTTP


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({}, "at least one filter"), ({"filter": []}, "at least one filter"), ({"MaxRecords": 5}, "at least one filter"),
        ({"filter": [ALL], "MaxRecords": 0}, "maxCountOfRecordsToReturn must be between 1 and 500"),
        ({"filter": [ALL], "maxrecords": 501}, "maxCountOfRecordsToReturn must be between 1 and 500"),
        ([], "must be an object"),
    ],
)  # fmt: skip
def test_a_query_that_is_none_is_a_500_with_one_text(at: httpx.Client, body: Any, words: str) -> None:
    assert words in refusal(at, body)


def test_a_body_that_is_no_json_is_a_500(at: httpx.Client) -> None:
    answer = at.post("/Tickets/query", content=b'{"filter": ', headers={"Content-Type": "application/json"})
    assert answer.status_code == 500
    assert answer.json()["errors"][0].startswith("Unexpected character")


def test_the_same_query_by_get_and_by_post_gives_the_same_records(at: httpx.Client) -> None:
    search = '{"Filter":[{"op":"eq","field":"IsActive","value":true}]}'
    got = at.get("/companies/query", params={"search": search}).json()
    assert got == at.post("/Companies/Query", content=search).json()
    assert 0 < got["pageDetails"]["count"] < len(found(at, "Companies"))


def test_the_count_is_that_of_all_pages(at: httpx.Client) -> None:
    items = [one("eq", "status", 5)]
    body = {"filter": items}
    total = at.post("/Tickets/query/count", json=body).json()
    assert total["queryCount"] > 500
    assert total == at.get("/Tickets/query/count", params={"search": str(body).replace("'", '"')}).json()


def test_company_zero_is_the_msp_and_gt_zero_drops_it(at: httpx.Client) -> None:
    everybody = {row["id"] for row in found(at, "Companies")}
    assert everybody - {row["id"] for row in found(at, "Companies", one("gt", "id", 0))} == {0}


def test_include_fields_leaves_the_others_out_but_for_the_empty_list_of_own_fields(at: httpx.Client) -> None:
    row = found(at, "Companies", IncludeFields=["ID", "companyname", "nonsense"])[0]
    assert row == {"id": 0, "companyName": "Brightwater IT", "userDefinedFields": []}
    row = found(at, "Companies", one("gt", "id", 0), includefields=["id", "VML"])[0]
    assert set(row) == {"id", "userDefinedFields"}
    assert [udf["name"] for udf in row["userDefinedFields"]] == ["VML"]
    assert set(found(at, "Roles", includeFields=["name"])[0]) == {"name"}


def test_pages_of_a_posted_query_are_posted_again_with_the_same_body(at: httpx.Client) -> None:
    body = {"filter": [one("gte", "id", 0)], "MaxRecords": 200}
    url: str | None = "/Contacts/query"
    pages: list[list[int]] = []
    while url is not None:
        answer = at.post(url, json=body).json()
        assert answer["pageDetails"]["requestCount"] == 200
        assert answer["pageDetails"]["count"] == len(answer["items"])
        pages.append([row["id"] for row in answer["items"]])
        url = answer["pageDetails"]["nextPageUrl"]
        assert url is None or at.get(url).status_code == 405
    assert [len(page) for page in pages[:-1]] == [200] * (len(pages) - 1)
    seen = [number for page in pages for number in page]
    assert seen == sorted(set(seen))
    assert len(seen) == at.post("/Contacts/query/count", json=body).json()["queryCount"]


def test_a_next_page_is_refused_without_the_filter_again(at: httpx.Client) -> None:
    url = at.post("/Companies/query", json={"filter": [ALL], "MaxRecords": 2}).json()["pageDetails"][
        "nextPageUrl"
    ]
    assert at.post(url, json={}).status_code == 500
    assert at.post(url.split("?")[0], json={"filter": [ALL]}).status_code == 500


def test_pages_of_a_query_in_an_address_carry_it_and_lead_back_too(at: httpx.Client) -> None:
    search = '{"MaxRecords":4,"filter":[{"op":"gte","field":"id","value":0}]}'
    first = at.get("/Companies/query", params={"search": search}).json()
    assert first["pageDetails"]["prevPageUrl"] is None
    second = at.get(first["pageDetails"]["nextPageUrl"]).json()
    assert second["items"][0]["id"] > first["items"][-1]["id"]
    assert at.get(second["pageDetails"]["prevPageUrl"]).json()["items"] == first["items"]


def test_tickets_changed_since_a_time_are_those_with_a_later_activity(at: httpx.Client) -> None:
    since = "2026-11-18T00:00:00Z"
    late = {row["id"] for row in found(at, "Tickets", one("gte", "lastActivityDate", since))}
    rows: list[Item] = []
    while batch := found(at, "Tickets", one("gt", "id", rows[-1]["id"] if rows else -1)):
        rows += batch
    assert late == {row["id"] for row in rows if parsed(row["lastActivityDate"]) >= parsed(since)}
    assert late


def test_a_user_defined_date_and_number_compare_as_such(at: httpx.Client) -> None:
    recent = found(at, "Companies", one("gte", "DR Plan Date", "2025-11-20", udf=True))
    assert recent
    values = [
        next(u["value"] for u in row["userDefinedFields"] if u["name"] == "DR Plan Date") for row in recent
    ]
    assert all(value >= "2025-11-20" for value in values)
    many = found(at, "Companies", one("gt", "MFA Percent", 9, udf=True))
    assert all(
        float(u["value"]) > 9 for row in many for u in row["userDefinedFields"] if u["name"] == "MFA Percent"
    )
    assert many


def test_faults_know_pages_of_one_query_as_one_list(autotask: Sandbox, at: httpx.Client) -> None:
    faults = autotask.vendors["autotask_psa"].faults
    faults.add("repeat_page", path="/Companies/query", nth=2)
    faults.add("duplicate", path="/Contacts/query", nth=2)
    faults.add("empty_page", path="/Contacts/query", nth=3)
    body = {"filter": [ALL], "MaxRecords": 3}
    first = at.post("/Companies/query", json=body).json()
    assert at.post(first["pageDetails"]["nextPageUrl"], json=body).json() == first
    one_page = at.post("/Contacts/query", json=body).json()
    second = at.post(one_page["pageDetails"]["nextPageUrl"], json=body).json()
    assert second["items"][0] == one_page["items"][-1]
    assert second["pageDetails"]["count"] == 4
    third = at.post(second["pageDetails"]["nextPageUrl"], json=body).json()
    assert (third["items"], third["pageDetails"]["nextPageUrl"] is None) == ([], False)
