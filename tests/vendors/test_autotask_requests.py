import json
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import httpx
import msgspec
import pytest
import respx
from hypothesis import given
from hypothesis import strategies as st

from connectors.autotask_psa import CONNECTOR, wire
from connectors.autotask_psa.picklists import PICKLISTS
from connectors.autotask_psa.settings import MOST_AT_ONCE
from connectors.autotask_psa.streams import STREAMS
from sevenc_sync.connect.errors import ContractChanged
from sevenc_sync.connect.http import Http, HttpFactory
from sevenc_sync.connect.stream import Stream, Window
from sevenc_sync.model import Record, Ticket

Pull = Callable[..., list[Record]]
Body = Mapping[str, Any]

BY_NAME = {stream.name: stream for stream in STREAMS}
ZONE = "https://webservices5.autotask.net/ATServicesRest/V1.0"
SINCE = datetime(2026, 11, 22, 18, 20, 30, tzinfo=UTC)
HORIZON = datetime(2025, 11, 22, tzinfo=UTC)
NOW = datetime(2026, 11, 22, 19, 30, tzinfo=UTC)

# The vendor's document in short: collections that can be queried, and those of their fields that are of use here.
COLLECTIONS = {
    "BillingCodes": "id name isActive useType billingCodeType",
    "Companies": "id companyName companyNumber companyType isActive createDate lastActivityDate ownerResourceID"
    " lastTrackedModifiedDateTime parentCompanyID userDefinedFields",
    "CompanyNotes": "id companyID actionType assignedResourceID completedDateTime createDateTime endDateTime"
    " lastModifiedDate name note startDateTime",
    "CompanyToDos": "id companyID actionType activityDescription assignedToResourceID completedDate contactID contractID"
    " createDateTime creatorResourceID endDateTime lastModifiedDate opportunityID startDateTime ticketID",
    "ConfigurationItems": "id companyID configurationItemType referenceTitle referenceNumber isActive serialNumber"
    " installDate warrantyExpirationDate lastModifiedTime productID rmmDeviceAuditHostname rmmDeviceAuditMacAddress"
    " rmmDeviceAuditManufacturerID rmmDeviceAuditModelID rmmDeviceAuditOperatingSystem dattoHostname"
    " dattoSerialNumber dattoLastCheckInDateTime userDefinedFields",
    "ContractServiceBundleUnits": "id contractID contractServiceBundleID serviceBundleID startDate endDate units",
    "ContractServiceBundles": "id contractID serviceBundleID invoiceDescription internalDescription unitPrice",
    "ContractServiceUnits": "id contractID contractServiceID serviceID startDate endDate units",
    "ContractServices": "id contractID serviceID invoiceDescription internalDescription unitPrice",
    "Contracts": "id companyID contractName contractType contractPeriodType contractCategory status startDate endDate"
    " serviceLevelAgreementID lastModifiedDateTime userDefinedFields",
    "Projects": "id companyID projectName projectType status projectLeadResourceID startDateTime endDateTime"
    " completedDateTime estimatedTime actualHours completedPercentage lastActivityDateTime userDefinedFields",
    "Resources": "id firstName lastName isActive",
    "Roles": "id name isActive",
    "ServiceBundles": "id name isActive lastModifiedDate userDefinedFields",
    "Services": "id name isActive lastModifiedDate userDefinedFields",
    "Tasks": "id projectID phaseID title status startDateTime endDateTime completedDateTime estimatedHours"
    " lastActivityDateTime userDefinedFields",
    "Tickets": "id companyID ticketNumber title queueID issueType subIssueType ticketType ticketCategory source status"
    " priority createDate firstResponseDateTime firstResponseDueDateTime resolvedDateTime resolvedDueDateTime"
    " completedDate lastActivityDate serviceLevelAgreementID serviceLevelAgreementHasBeenMet assignedResourceID"
    " contractID configurationItemID userDefinedFields",
    "TimeEntries": "id ticketID taskID contractID billingCodeID internalBillingCodeID roleID resourceID dateWorked"
    " startDateTime hoursWorked isNonBillable lastModifiedDateTime",
}
METADATA = "name dataType length isRequired isReadOnly isQueryable isReference isPickList picklistValues"
COMPARE = {"eq", "noteq", "gt", "gte", "lt", "lte"}
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
# The field by which each collection tells what changed, where it has one.
CHANGED = {
    "companies": "lastActivityDate",
    "tickets": "lastActivityDate",
    "projects": "lastActivityDateTime",
    "tasks": "lastActivityDateTime",
    "time_entries": "lastModifiedDateTime",
    "activities": "lastModifiedDate",
    "to_dos": "lastModifiedDate",
}

MOMENTS = st.datetimes(
    min_value=datetime(2000, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
    max_value=datetime(2100, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
    timezones=st.sampled_from(
        [UTC, timezone(timedelta(hours=-5, minutes=-30)), timezone(timedelta(hours=13))]
    ),
)


def collection_of(stream: Stream) -> str:
    return stream.path.split("/")[1]


def check_filters(filters: list[Body], fields: set[str]) -> None:
    for one in filters:
        if one["op"] in ("or", "and"):
            assert set(one) == {"op", "items"}
            check_filters(one["items"], fields)
            continue
        assert one["field"] in fields - {"userDefinedFields"}
        if one["op"] in ("exist", "notExist"):
            assert "value" not in one
        elif one["op"] == "in":
            assert 1 <= len(one["value"]) <= 500
            assert {type(value) for value in one["value"]} == {int}
        else:
            assert one["op"] in COMPARE
            assert type(one["value"]) is int or TIME.fullmatch(one["value"])


def check(body: Body, stream: Stream) -> None:
    fields = set(COLLECTIONS[collection_of(stream)].split())
    assert set(body) <= {"maxRecords", "includeFields", "filter"}
    assert 1 <= body["maxRecords"] <= 500
    assert set(body.get("includeFields", ())) <= fields
    assert "id" in body.get("includeFields", ("id",))  # without it a second page cannot be made
    assert body["filter"]  # a query without a filter is refused
    check_filters(body["filter"], fields)


@given(stream=st.sampled_from(STREAMS), since=st.none() | MOMENTS, horizon=MOMENTS, now=MOMENTS)
def test_every_question_is_one_that_the_vendors_document_allows(
    stream: Stream, since: datetime | None, horizon: datetime, now: datetime
) -> None:
    window = Window(since=since, horizon=horizon, now=now)
    assert stream.params(window) == {}
    assert stream.paginator.first() == {}
    if stream.body is None:
        collection, rest = stream.path[1:].split("/", 1)
        assert collection in COLLECTIONS
        assert rest in ("entityInformation/fields", "entityInformation/userDefinedFields")
        return
    assert stream.path == f"/{collection_of(stream)}/query"
    check(json.loads(json.dumps(stream.body(window))), stream)
    if stream.sweep is not None:
        assert stream.sweep.body is not None
        check(stream.sweep.body(window), stream)


@given(stream=st.sampled_from([s for s in STREAMS if s.sweep]), count=st.integers(1, 400))
def test_records_are_read_again_by_their_ids(stream: Stream, count: int) -> None:
    assert stream.sweep is not None
    assert stream.sweep.reread_body is not None
    assert stream.sweep.chunk == 400
    body = stream.sweep.reread_body([str(number) for number in range(count)])
    check(body, stream)
    assert body["filter"] == [{"op": "in", "field": "id", "value": list(range(count))}]


def test_what_is_asked_for_is_what_is_read() -> None:
    for stream in STREAMS:
        names = {item.encode_name for item in msgspec.structs.fields(stream.wire)}
        if stream.body is None:
            assert names <= set(METADATA.split())
            continue
        assert names <= set(COLLECTIONS[collection_of(stream)].split())
        asked = stream.body(Window(since=None, horizon=HORIZON, now=NOW)).get("includeFields")
        if asked is None:
            assert "userDefinedFields" in names  # they come only when no fields are named
        else:
            assert set(asked) == names  # type: ignore[call-overload]  # a list, by the check above


def test_the_lists_that_are_read_are_fields_of_their_collections() -> None:
    for collection, kinds in PICKLISTS.items():
        assert set(kinds) <= {name.lower() for name in COLLECTIONS[collection].split()}


def filters(name: str, since: datetime | None) -> Any:
    body = BY_NAME[name].body
    assert body is not None
    return body(Window(since=since, horizon=HORIZON, now=NOW))["filter"]


@pytest.mark.parametrize("name", list(CHANGED))
def test_later_passes_ask_for_what_changed_by_the_collections_own_field(name: str) -> None:
    assert BY_NAME[name].delta
    assert filters(name, SINCE) == [{"op": "gte", "field": CHANGED[name], "value": "2026-11-22T18:20:30Z"}]


def test_collections_without_a_sure_time_of_change_are_read_whole_each_time() -> None:
    for stream in STREAMS:
        if stream.name not in CHANGED and stream.body is not None:
            assert not stream.delta
            assert filters(stream.name, SINCE) == filters(stream.name, None)


def test_all_companies_are_asked_for_the_msps_own_with_the_id_0_too() -> None:
    assert filters("companies", None) == [{"op": "gte", "field": "id", "value": 0}]


def test_a_first_pass_takes_what_is_open_or_moved_within_the_horizon() -> None:
    not_complete = {"op": "noteq", "field": "status", "value": 5}
    moved = {"op": "gte", "field": "lastActivityDate", "value": "2025-11-22T00:00:00Z"}
    assert filters("tickets", None) == [{"op": "or", "items": [moved, not_complete]}]
    moved = {**moved, "field": "lastActivityDateTime"}
    assert filters("projects", None) == [{"op": "or", "items": [moved, not_complete]}]
    open_task = {"op": "notExist", "field": "completedDateTime"}
    assert filters("tasks", None) == [{"op": "or", "items": [moved, open_task]}]


@pytest.mark.parametrize(("name", "field"), [("time_entries", "dateWorked"), ("activities", "startDateTime")])
def test_a_first_pass_over_history_begins_at_the_horizon(name: str, field: str) -> None:
    assert filters(name, None) == [{"op": "gte", "field": field, "value": "2025-11-22T00:00:00Z"}]


@pytest.mark.parametrize("name", ["contract_service_units", "contract_bundle_units"])
def test_units_are_asked_for_periods_that_have_begun_and_that_rules_look_back_to(name: str) -> None:
    assert filters(name, None) == [
        {"op": "lte", "field": "startDate", "value": "2026-11-22T19:30:00Z"},
        {"op": "gte", "field": "endDate", "value": "2025-11-22T00:00:00Z"},
    ]


def test_the_sweep_of_tickets_asks_for_the_same_ones_as_a_whole_pass_and_whose_they_are() -> None:
    sweep = BY_NAME["tickets"].sweep
    assert sweep is not None
    assert sweep.body is not None
    asked = sweep.body(Window(since=None, horizon=HORIZON, now=NOW))
    assert asked["filter"] == filters("tickets", None)
    assert asked["includeFields"] == ["id", "companyID"]
    listed = sweep.listed(wire.TicketId(id=7, company_id=0))
    assert (listed.id, listed.facts) == ("7", {"company": "0"})


def test_lists_are_read_before_what_points_to_them() -> None:
    order = [stream.name for stream in STREAMS]
    makes: dict[str, str] = {}
    for stream in STREAMS:
        if stream.body is None and stream.name != "company_fields":
            makes |= dict.fromkeys(PICKLISTS[collection_of(stream)].values(), stream.name)
        elif "kind" in stream.scope:
            makes[stream.scope["kind"]] = stream.name
    makes |= {
        "company_field": "company_fields",
        "service_units": "contract_service_units",
        "bundle_units": "contract_bundle_units",
    }
    for stream in STREAMS:
        for kind in stream.lookups:
            assert order.index(makes[kind]) < order.index(stream.name)


def test_rows_that_are_pointed_to_are_read_before_what_points_to_them() -> None:
    order = [stream.name for stream in STREAMS]
    for stream in STREAMS:
        for table, column in stream.related:
            (source, *others) = [
                other
                for other in STREAMS
                if any(
                    record.table == table and column in record.__struct_fields__ for record in other.records
                )
            ]
            assert not others
            assert order.index(source.name) < order.index(stream.name)


def test_every_stream_names_the_right_that_it_needs() -> None:
    for stream in STREAMS:
        assert re.fullmatch(r"[\w ]+ > [\w ]+: view all", stream.needs)


@pytest.fixture
def http(factory: HttpFactory, vendor: respx.MockRouter) -> Iterator[Http]:
    """An open account: zone and quota have been asked for."""
    vendor.get(url__regex=".*ZoneInformation.*").respond(200, json={"url": ZONE.removesuffix("V1.0")})
    vendor.get(f"{ZONE}/ThresholdInformation").respond(200, json={})
    settings = CONNECTOR.settings.model_validate(
        {
            "name": "psa",
            "connector": "autotask_psa",
            "user_name": "api@msp.test",
            "secret": "s3cret-value",
            "integration_code": "TRACKINGCODE",
        }
    )
    with CONNECTOR.open(settings, factory) as opened:
        yield opened


def pages_of(records: list[dict[str, Any]]) -> Callable[[httpx.Request], httpx.Response]:
    """A server that pages as Autotask does: by ids in the next address, for the same verb and body only."""

    def answer(request: httpx.Request) -> httpx.Response:
        assert request.method == "POST"
        body = json.loads(request.content)
        assert body["filter"]
        paging = request.url.params.get("paging")
        after = json.loads(paging)["nextIds"][0] if paging else -1
        rest = [record for record in records if record["id"] > after]
        page = rest[: body["maxRecords"]]
        following = None
        if len(rest) > len(page):
            place = json.dumps({"pageSize": 500, "previousIds": [], "nextIds": [page[-1]["id"]]})
            # the host's and the path's case differ from ours, as they do on live servers
            following = (
                f"https://WebServices5.autotask.net/atservicesrest/v1.0/Tickets/query/next?paging={place}"
            )
        details = {"count": len(page), "requestCount": 500, "prevPageUrl": None, "nextPageUrl": following}
        return httpx.Response(200, json={"items": page, "pageDetails": details})

    return answer


def test_a_pass_follows_the_next_address_by_post_with_the_same_body(
    http: Http, vendor: respx.MockRouter, pull: Pull
) -> None:
    tickets = [{"id": 3 * number, "companyID": 174} for number in range(1, 1202)]
    route = vendor.post(url__regex=rf"(?i){re.escape(ZONE)}/Tickets/query.*").mock(
        side_effect=pages_of(tickets)
    )
    found = pull(http, BY_NAME["tickets"], since=SINCE)
    assert [record.id for record in found] == [str(ticket["id"]) for ticket in tickets]
    assert all(isinstance(record, Ticket) for record in found)
    assert route.call_count == 3
    assert len({call.request.content for call in route.calls}) == 1
    assert {call.request.url.host for call in route.calls} == {"webservices5.autotask.net"}


def test_a_list_of_fields_is_one_answer(http: Http, vendor: respx.MockRouter, pull: Pull) -> None:
    fields = [
        {"name": "status", "picklistValues": [{"value": "5", "label": "Complete", "isActive": True}]},
        {"name": "title", "picklistValues": None},
    ]
    vendor.get(f"{ZONE}/Tickets/entityInformation/fields").respond(200, json={"fields": fields})
    assert [record.id for record in pull(http, BY_NAME["ticket_lists"])] == ["ticket_status:5"]


def test_a_next_address_at_another_host_is_not_followed(
    http: Http, vendor: respx.MockRouter, pull: Pull
) -> None:
    details = {
        "nextPageUrl": "https://webservices6.autotask.net/ATServicesRest/V1.0/Roles/query/next?paging=x"
    }
    vendor.post(f"{ZONE}/Roles/query").respond(200, json={"items": [{"id": 1}], "pageDetails": details})
    with pytest.raises(ContractChanged, match="leads elsewhere"):
        pull(http, BY_NAME["roles"])


@pytest.mark.parametrize("answer", [{"items": []}, {"pageDetails": {"nextPageUrl": None}}, [], {"items": {}}])
def test_an_answer_of_another_shape_is_never_no_records(
    http: Http, vendor: respx.MockRouter, pull: Pull, answer: object
) -> None:
    vendor.post(f"{ZONE}/Roles/query").respond(200, json=answer)
    with pytest.raises(ContractChanged):
        pull(http, BY_NAME["roles"])


def test_no_stream_reads_more_parts_side_by_side_than_autotask_bears() -> None:
    at_once = {stream.name: stream.ranges.workers for stream in STREAMS if stream.ranges is not None}
    assert {name: count for name, count in at_once.items() if count > MOST_AT_ONCE} == {}
