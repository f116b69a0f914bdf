import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import httpx
import pytest
import respx
from hypothesis import given
from hypothesis import strategies as st

from connectors.connectwise_psa import CONNECTOR, wire
from connectors.connectwise_psa.streams import STREAMS
from sevenc_sync.connect.errors import ContractChanged
from sevenc_sync.connect.http import Http, HttpFactory
from sevenc_sync.connect.pages import PageInfo
from sevenc_sync.connect.stream import Parent, Stream, Window
from sevenc_sync.model import Lookup, Record
from sevenc_sync.sandbox.connectwise.routes import ROUTES
from sevenc_sync.sandbox.connectwise.schema import resolve

Pull = Callable[..., list[Record]]

BY_NAME = {stream.name: stream for stream in STREAMS}
API = "https://api-na.myconnectwise.net/v4_6_release/apis/3.0"
LONG_API = f"https://{'psa.' * 25}example.test/v4_6_release/apis/3.0"  # an on-premises server's
SINCE = datetime(2026, 11, 22, 18, 20, 30, tzinfo=UTC)
HORIZON = datetime(2025, 11, 22, tzinfo=UTC)

PARAMETERS = {
    "conditions",
    "childConditions",
    "customFieldConditions",
    "orderBy",
    "fields",
    "page",
    "pageSize",
    "pageId",
}
TIME = r"\[\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\]"
CONDITION = re.compile(
    rf'lastUpdated > {TIME}|timeStart > {TIME}|closedFlag = false|recordType="ServiceTicket"|id in \([0-9,]+\)'
)


def unknown_fields(path: str, fields: str) -> list[str]:
    """The names among a request's `fields` that the vendor's document does not know for this list."""
    return [name for name in fields.split(",") if resolve(ROUTES[path].record_type, name) is None]


MOMENTS = st.datetimes(
    min_value=datetime(2000, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
    max_value=datetime(2100, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
    timezones=st.sampled_from(
        [UTC, timezone(timedelta(hours=-5, minutes=-30)), timezone(timedelta(hours=13))]
    ),
)


@given(
    stream=st.sampled_from(STREAMS),
    since=st.none() | MOMENTS,
    horizon=MOMENTS,
    last=st.integers(1, 10**9),
)
def test_every_request_is_one_that_the_vendors_document_allows(
    stream: Stream, since: datetime | None, horizon: datetime, last: int
) -> None:
    first = stream.paginator.first()
    size = int(first["pageSize"])
    following = stream.paginator.next(
        PageInfo(params=first, count=size, last_key=str(last), paging={}, link_next=None)
    )
    assert following == {"pageSize": size, "pageId": str(last)}
    window = Window(since=since, horizon=horizon, now=SINCE)
    assert stream.headers == {"pagination-type": "forward-only"}
    assert 1 <= size <= 1000
    check(stream, {**stream.params(window), **following})
    sweep = stream.sweep
    if sweep is not None:
        assert sweep.reread is not None
        many = [str(10**9 + number) for number in range(sweep.chunk)]
        check(stream, {**sweep.params(window), **following})
        check(stream, {**sweep.reread(many), **following})


def check(stream: Stream, params: Mapping[str, str | int]) -> None:
    """The parameters are legal for the stream's list, and the address is not too long."""
    assert set(params) <= PARAMETERS
    assert "orderBy" not in params  # not allowed with forward-only pages
    assert unknown_fields(stream.path, str(params["fields"])) == []
    conditions = str(params.get("conditions", ""))
    left = re.sub(r"\b(and|or)\b|[() ]", "", CONDITION.sub("", conditions))
    assert left == ""
    assert conditions.count("(") == conditions.count(")")
    assert len(str(httpx.URL(LONG_API + stream.path, params=params))) < 2000


@pytest.mark.parametrize(
    ("record", "path"),
    [(wire.NoteType, "/company/noteTypes"), (wire.Note, "/company/companies/{parent}/notes")],
)
def test_the_lists_of_the_note_port_are_asked_for_known_fields_too(
    record: type[wire.Wire], path: str
) -> None:
    assert unknown_fields(path, wire.fields_of(record)) == []


def conditions(name: str, since: datetime | None) -> str | None:
    return BY_NAME[name].params(Window(since=since, horizon=HORIZON, now=SINCE)).get("conditions")


def test_a_first_pass_over_tickets_takes_what_is_open_or_changed_within_the_horizon() -> None:
    assert conditions("tickets", None) == (
        '(lastUpdated > [2025-11-22T00:00:00Z] or closedFlag = false) and recordType="ServiceTicket"'
    )


def test_a_later_pass_over_tickets_takes_what_changed() -> None:
    assert conditions("tickets", SINCE) == (
        'lastUpdated > [2026-11-22T18:20:30Z] and recordType="ServiceTicket"'
    )


@pytest.mark.parametrize("name", ["companies", "configurations", "agreements"])
def test_other_records_are_read_whole_first_and_by_change_later(name: str) -> None:
    assert BY_NAME[name].delta
    assert conditions(name, None) is None
    assert conditions(name, SINCE) == "lastUpdated > [2026-11-22T18:20:30Z]"


@pytest.mark.parametrize("name", ["company_statuses", "boards", "board_types", "priorities", "additions"])
def test_lists_that_are_short_or_tell_no_change_are_read_whole_each_time(name: str) -> None:
    assert not BY_NAME[name].delta
    assert conditions(name, SINCE) is None


def test_deleted_companies_are_not_filtered_out_so_that_we_learn_of_them() -> None:
    assert (
        "deletedFlag"
        in BY_NAME["companies"].params(Window(since=SINCE, horizon=HORIZON, now=SINCE))["fields"]
    )


def test_what_has_a_time_of_change_is_asked_for_it() -> None:
    for stream in STREAMS:
        fields = stream.params(Window(since=None, horizon=HORIZON, now=SINCE))["fields"].split(",")
        assert ("_info" in fields) == (stream.records != (Lookup,))


def test_large_records_come_in_smaller_pages() -> None:
    sizes = {stream.name: stream.paginator.first()["pageSize"] for stream in STREAMS}
    assert sizes.pop("tickets") == sizes.pop("configurations") == 500
    assert set(sizes.values()) == {1000}


def test_lists_are_read_before_what_points_to_them() -> None:
    order = [stream.name for stream in STREAMS]
    assert order.index("company_statuses") < order.index("companies")
    assert order.index("boards") < order.index("board_types") < order.index("tickets")
    assert order.index("priorities") < order.index("tickets")
    assert order.index("agreements") < order.index("additions")


def test_every_stream_names_the_right_that_it_needs() -> None:
    for stream in STREAMS:
        assert re.search(r"\w+ > .+: Inquire All", stream.needs)


@pytest.fixture
def http(factory: HttpFactory, vendor: respx.MockRouter) -> Iterator[Http]:
    """An open account: the login site has been asked."""
    vendor.get(url__regex=".*companyinfo.*").respond(200, json={"Codebase": "v4_6_release/"})
    settings = CONNECTOR.settings.model_validate(
        {
            "name": "psa",
            "connector": "connectwise_psa",
            "base_url": "https://na.myconnectwise.net",
            "company_id": "examplemsp",
            "public_key": "PublicKey123",
            "private_key": "PrivateKey456",
            "client_id": "some-client-id",
        }
    )
    with CONNECTOR.open(settings, factory) as opened:
        yield opened


def pages_of(records: list[dict[str, Any]]) -> Callable[[httpx.Request], httpx.Response]:
    """A server that pages forward only, and insists on it."""

    def answer(request: httpx.Request) -> httpx.Response:
        params = request.url.params
        assert request.headers["pagination-type"] == "forward-only"
        after, size = int(params.get("pageId", 0)), int(params["pageSize"])
        rest = [record for record in records if record["id"] > after]
        headers = {}
        if len(rest) > size:
            following = f"{API}/service/tickets?pageSize={size}&pageId={rest[size - 1]['id']}"
            headers["Link"] = f'<{following}>; rel="next"'
        return httpx.Response(200, json=rest[:size], headers=headers)

    return answer


def test_a_pass_reads_all_pages_and_asks_each_for_the_same(
    http: Http, vendor: respx.MockRouter, pull: Pull
) -> None:
    tickets = [{"id": 3 * n, "recordType": "ServiceTicket", "company": {"id": 250}} for n in range(1, 1202)]
    route = vendor.get(url__startswith=f"{API}/service/tickets").mock(side_effect=pages_of(tickets))
    found = pull(http, BY_NAME["tickets"], since=SINCE)
    assert [record.id for record in found] == [str(ticket["id"]) for ticket in tickets]
    asked = [call.request.url.params for call in route.calls]
    assert [params.get("pageId") for params in asked] == [None, "1500", "3000"]
    assert {params["conditions"] for params in asked} == {conditions("tickets", SINCE)}
    assert {params["fields"] for params in asked} == {wire.fields_of(wire.Ticket)}


def test_a_last_page_that_is_just_full_is_followed_by_an_empty_one(
    http: Http, vendor: respx.MockRouter, pull: Pull
) -> None:
    tickets = [{"id": n} for n in range(1, 501)]
    route = vendor.get(url__startswith=f"{API}/service/tickets").mock(side_effect=pages_of(tickets))
    assert len(pull(http, BY_NAME["tickets"])) == 500
    assert route.call_count == 2


def test_a_server_that_ignores_the_page_is_noticed(http: Http, vendor: respx.MockRouter, pull: Pull) -> None:
    vendor.get(url__startswith=f"{API}/service/tickets").respond(200, json=[{"id": n} for n in range(1, 501)])
    with pytest.raises(ContractChanged, match="already read"):
        pull(http, BY_NAME["tickets"])


def test_types_are_asked_for_by_board_and_additions_by_agreement(
    http: Http, vendor: respx.MockRouter, pull: Pull
) -> None:
    vendor.get(url__startswith=f"{API}/service/boards/7/types").respond(
        200, json=[{"id": 33, "name": "Incident"}]
    )
    vendor.get(url__startswith=f"{API}/finance/agreements/40/additions").respond(200, json=[{"id": 71}])
    board = Parent("board:7", None, {"kind": "board"})
    agreement = Parent("40", "250", {"company": "250"})
    assert [record.id for record in pull(http, BY_NAME["board_types"], parent=board)] == ["board_type:7/33"]
    (line,) = pull(http, BY_NAME["additions"], parent=agreement, since=SINCE)
    assert line.id == "71"


def test_the_parents_that_child_streams_hang_below_are_records_that_streams_give() -> None:
    given_kinds = {record.table for stream in STREAMS for record in stream.records}
    for stream in STREAMS:
        assert ("{parent}" in stream.path) == (stream.parent is not None)
        assert stream.parent is None or stream.parent in given_kinds
    assert BY_NAME["board_types"].parent_kinds == {"kind": "board"}
    assert Lookup.table == BY_NAME["board_types"].parent
