import json
from collections.abc import Callable

import httpx
import msgspec
import pytest
import respx

from sevenc_sync.connect.errors import ContractChanged, VendorDown
from sevenc_sync.connect.http import Http
from sevenc_sync.connect.layouts import Envelope
from sevenc_sync.connect.pages import Keyset, NextAddress
from sevenc_sync.connect.walk import MAX_PAGES, names_next, read_all
from tests.connect.conftest import SITE

PAGES = Keyset(size=2, size_param="pageSize", key_param="pageId")


class Item(msgspec.Struct):
    id: int


def serve(ids: list[int]) -> Callable[[httpx.Request], httpx.Response]:
    def answer(request: httpx.Request) -> httpx.Response:
        params = request.url.params
        after = int(params.get("pageId", 0))
        rest = [one for one in ids if one > after]
        return httpx.Response(200, json=[{"id": one} for one in rest[: int(params["pageSize"])]])

    return answer


def test_all_pages_of_a_list_are_read_with_the_same_parameters(http: Http, vendor: respx.MockRouter) -> None:
    route = vendor.get(url__startswith=f"{SITE}/items").mock(side_effect=serve([1, 2, 3, 4, 5]))
    found = read_all(http, "/items", Item, PAGES, params={"fields": "id"}, headers={"x-paging": "forward"})
    assert [item.id for item in found] == [1, 2, 3, 4, 5]
    assert route.call_count == 3
    for call in route.calls:
        assert call.request.url.params["fields"] == "id"
        assert call.request.headers["x-paging"] == "forward"


def test_an_empty_list_is_one_request(http: Http, vendor: respx.MockRouter) -> None:
    route = vendor.get(url__startswith=f"{SITE}/items").respond(200, json=[])
    assert read_all(http, "/items", Item, PAGES) == []
    assert route.call_count == 1


def test_a_list_that_leads_back_is_not_read_for_ever(http: Http, vendor: respx.MockRouter) -> None:
    route = vendor.get(url__startswith=f"{SITE}/items").respond(200, json=[{"id": 1}, {"id": 2}])
    with pytest.raises(ContractChanged, match="leads back"):
        read_all(http, "/items", Item, PAGES)
    assert route.call_count == 2


def test_a_list_without_an_end_is_not_read_for_ever(http: Http, vendor: respx.MockRouter) -> None:
    route = vendor.get(url__startswith=f"{SITE}/items").mock(side_effect=serve(list(range(1, 10_000))))
    with pytest.raises(ContractChanged, match="does not end"):
        read_all(http, "/items", Item, PAGES)
    assert route.call_count == MAX_PAGES


def test_a_record_of_another_shape_is_a_changed_contract(http: Http, vendor: respx.MockRouter) -> None:
    vendor.get(url__startswith=f"{SITE}/items").respond(200, json=[{"id": "one"}])
    with pytest.raises(ContractChanged, match="unknown shape"):
        read_all(http, "/items", Item, PAGES)


def test_a_web_page_is_a_vendor_that_is_down(http: Http, vendor: respx.MockRouter) -> None:
    vendor.get(url__startswith=f"{SITE}/items").respond(200, html="<html></html>")
    with pytest.raises(VendorDown):
        read_all(http, "/items", Item, PAGES)


def test_a_link_header_names_a_next_page_or_none() -> None:
    assert names_next({"link": '<https://v.test/x?page=2>; rel="next"'}) is True
    assert names_next({"link": '<https://v.test/x?page=1>; rel="first"'}) is False
    assert names_next({"link": ""}) is None
    assert names_next({}) is None


def test_a_list_that_is_asked_for_by_post_is_followed_by_post_with_the_same_body(
    http: Http, vendor: respx.MockRouter
) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        assert json.loads(request.content) == {"filter": []}
        last = request.url.query == b"from=2"
        following = None if last else f"{SITE}/items/next?from=2"
        return httpx.Response(200, json={"items": [{"id": 2 if last else 1}], "page": {"next": following}})

    vendor.post(url__startswith=f"{SITE}/items").mock(side_effect=answer)
    found = read_all(
        http,
        "/items/query",
        Item,
        NextAddress(envelope="page", field="next"),
        layout=Envelope("items"),
        body={"filter": []},
    )
    assert [item.id for item in found] == [1, 2]


def test_a_next_address_at_another_host_is_not_followed(http: Http, vendor: respx.MockRouter) -> None:
    elsewhere = {"items": [{"id": 1}], "page": {"next": "https://elsewhere.test/items"}}
    vendor.post(f"{SITE}/items").respond(200, json=elsewhere)
    pages = NextAddress(envelope="page", field="next")
    with pytest.raises(ContractChanged, match="leads elsewhere"):
        read_all(http, "/items", Item, pages, layout=Envelope("items"), body={})
