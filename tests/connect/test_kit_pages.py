import dataclasses
import itertools
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sevenc_sync.connect.errors import ContractChanged
from sevenc_sync.connect.layouts import AnyOf, BareArray, Envelope, Layout
from sevenc_sync.connect.pages import (
    MAX_PAGES,
    NEXT,
    Incomplete,
    Keyset,
    Malformed,
    NextAddress,
    NumberedPages,
    PageInfo,
    Paginator,
    Params,
    SinglePage,
)

KEYSET = Keyset(size=3, size_param="pageSize", key_param="pageId")
NUMBERED = NumberedPages(
    size=3,
    page_param="_page",
    size_param="_perPage",
    envelope="pagination",
    page_field="page",
    total_field="totalPages",
)

# A server: parameters -> (ids of the page, the envelope's fields, whether a Link names a next page)
Server = Callable[[Params], tuple[list[int], dict[str, object], bool | None]]


def read(paginator: Paginator, server: Server, limit: int = 500) -> list[int]:
    """Walk as the engine does. Fails when the walk does not end."""
    found: list[int] = []
    params: Params | None = paginator.first()
    for _ in range(limit):
        if params is None:
            return found
        ids, paging, link = server(params)
        found += ids
        last = str(ids[-1]) if ids else None
        params = paginator.next(
            PageInfo(params=params, count=len(ids), last_key=last, paging=paging, link_next=link)
        )
    raise AssertionError("the walk does not end")


def keyset_server(ids: list[int], *, links: bool, cap: int = 1000) -> Server:
    def serve(params: Params) -> tuple[list[int], dict[str, object], bool | None]:
        after = int(params.get("pageId", 0))
        size = min(int(params["pageSize"]), cap)
        rest = [one for one in sorted(ids) if one > after]
        return rest[:size], {}, len(rest) > size if links else None

    return serve


def numbered_server(ids: list[int], size: int, *, envelope: bool) -> Server:
    def serve(params: Params) -> tuple[list[int], dict[str, object], bool | None]:
        page = int(params["_page"])
        total = -(-len(ids) // size)
        paging: dict[str, object] = {"pagination": {"page": page, "totalPages": total}} if envelope else {}
        return ids[(page - 1) * size : page * size], paging, None

    return serve


ID_LISTS = st.lists(st.integers(1, 10_000), unique=True, max_size=40)


@given(ID_LISTS, st.integers(1, 12), st.booleans())
def test_pages_after_a_key_give_each_record_once(ids: list[int], size: int, links: bool) -> None:
    paginator = Keyset(size=size, size_param="pageSize", key_param="pageId")
    assert read(paginator, keyset_server(ids, links=links)) == sorted(ids)


@given(ID_LISTS, st.integers(1, 12), st.integers(1, 12))
def test_a_server_that_caps_the_page_loses_nothing_where_it_names_the_next_page(
    ids: list[int], size: int, cap: int
) -> None:
    paginator = Keyset(size=size, size_param="pageSize", key_param="pageId")
    assert read(paginator, keyset_server(ids, links=True, cap=cap)) == sorted(ids)


@given(ID_LISTS, st.integers(1, 12), st.booleans())
def test_numbered_pages_give_each_record_once(ids: list[int], size: int, envelope: bool) -> None:
    paginator = NumberedPages(
        size=size,
        page_param="_page",
        size_param="_perPage",
        envelope="pagination",
        page_field="page",
        total_field="totalPages",
    )
    assert read(paginator, numbered_server(ids, size, envelope=envelope)) == ids


@given(ID_LISTS)
def test_a_single_page_is_all(ids: list[int]) -> None:
    assert read(SinglePage(), lambda _params: (ids, {}, None)) == ids


def info(
    params: Params,
    count: int,
    last_key: str | None = None,
    paging: dict[str, object] | None = None,
    *,
    link: bool | None = None,
) -> PageInfo:
    return PageInfo(params=params, count=count, last_key=last_key, paging=paging or {}, link_next=link)


def test_the_first_page_after_a_key_has_no_key_and_the_next_one_only_the_key() -> None:
    assert KEYSET.first() == {"pageSize": 3}
    assert KEYSET.next(info({"pageSize": 3}, 3, "17")) == {"pageSize": 3, "pageId": "17"}


def test_an_empty_page_that_names_a_next_one_is_asked_again() -> None:
    with pytest.raises(Incomplete, match="an empty page"):
        KEYSET.next(info({"pageSize": 3}, 0, link=True))
    numbered: dict[str, object] = {"pagination": {"page": 2, "totalPages": 3}}
    with pytest.raises(Incomplete, match="an empty page"):
        NUMBERED.next(info({"_page": 2}, 0, paging=numbered))
    address: dict[str, object] = {"pageDetails": {"nextPageUrl": "https://vendor.test/items/next"}}
    with pytest.raises(Incomplete, match="an empty page"):
        BY_ADDRESS.next(info({}, 0, paging=address))


def test_a_page_that_does_not_say_after_which_record_the_next_one_begins_is_asked_again() -> None:
    with pytest.raises(Incomplete, match="a last record without its key"):
        KEYSET.next(info({"pageSize": 3}, 3, None))


def test_a_repeated_page_by_key_repeats_its_parameters_so_that_the_engine_sees_it() -> None:
    once = KEYSET.next(info({"pageSize": 3}, 3, "17"))
    assert once is not None
    assert KEYSET.next(info(once, 3, "17")) == once


@pytest.mark.parametrize("paging", [{"page": 1}, {"page": 1, "totalPages": "2"}, [], "x", 7])
def test_an_envelope_without_a_usable_total_is_a_changed_contract(paging: Any) -> None:
    with pytest.raises(ContractChanged, match=r"pagination\.totalPages"):
        NUMBERED.next(info({"_page": 1}, 3, paging={"pagination": paging}))


def test_another_page_than_the_one_asked_for_is_asked_again() -> None:
    paging: dict[str, object] = {"pagination": {"page": 1, "totalPages": 5}}
    with pytest.raises(Incomplete, match="page 1 where page 2 was asked for"):
        NUMBERED.next(info({"_page": 2}, 3, paging=paging))


def test_an_empty_page_of_a_list_that_has_records_is_asked_again() -> None:
    paging: dict[str, object] = {"pagination": {"page": 1, "totalPages": 1, "count": 7}}
    counting = dataclasses.replace(NUMBERED, count_field="count")
    with pytest.raises(Incomplete, match="an empty page"):
        counting.next(info({"_page": 1}, 0, paging=paging))
    assert counting.next(info({"_page": 1}, 7, paging=paging)) is None
    assert NUMBERED.next(info({"_page": 1}, 0, paging=paging)) is None
    paging = {"page": {"next": None, "count": 7}}
    with pytest.raises(Incomplete, match="an empty page"):
        NextAddress("page", "next", "count").next(info({}, 0, paging=paging))
    assert NextAddress("page", "next", "count").next(info({}, 7, paging=paging)) is None
    assert (
        NextAddress("page", "next", "count").next(info({}, 0, paging={"page": {"next": None, "count": 0}}))
        is None
    )


def test_an_empty_list_may_name_any_page() -> None:
    assert NUMBERED.next(info({"_page": 1}, 0, paging={"pagination": {"page": 0, "totalPages": 0}})) is None


def test_a_list_without_an_envelope_that_just_fills_the_page_is_asked_for_more() -> None:
    params: Params = {"_page": 1, "_perPage": 3}
    assert NUMBERED.next(info(params, 3)) == {"_page": 2, "_perPage": 3}
    assert NUMBERED.next(info(params, 2)) is None
    assert NUMBERED.next(info(params, 4)) is None  # it holds all, whatever the size asked for


def test_numbered_pages_end_at_last() -> None:
    def endless(params: Params) -> tuple[list[int], dict[str, object], bool | None]:
        page = int(params["_page"])
        return [page], {"pagination": {"page": page, "totalPages": page + 1}}, None

    with pytest.raises(ContractChanged, match=f"after {MAX_PAGES} pages"):
        read(NUMBERED, endless, limit=MAX_PAGES + 1)


BY_ADDRESS = NextAddress(envelope="pageDetails", field="nextPageUrl")


@given(ID_LISTS, st.integers(1, 12))
def test_pages_by_address_give_each_record_once(ids: list[int], size: int) -> None:
    def serve(params: Params) -> tuple[list[int], dict[str, object], bool | None]:
        start = int(str(params.get(NEXT, "https://v.test/?from=0")).rpartition("=")[2])
        end = start + size
        following = f"https://v.test/?from={end}" if end < len(ids) else None
        return ids[start:end], {"pageDetails": {"nextPageUrl": following}}, None

    assert read(BY_ADDRESS, serve) == ids


@pytest.mark.parametrize(
    "paging", [{}, {"pageDetails": None}, {"pageDetails": {}}, {"pageDetails": {"nextPageUrl": 7}}]
)
def test_an_envelope_without_a_next_address_is_a_changed_contract(paging: dict[str, object]) -> None:
    with pytest.raises(ContractChanged, match=r"pageDetails\.nextPageUrl"):
        BY_ADDRESS.next(info({}, 3, paging=paging))


ROWS = st.lists(st.dictionaries(st.text(max_size=3), st.integers(), max_size=3), max_size=20)


def decoded(layout: Layout, body: object) -> list[Any]:
    rows, _ = layout.split(msgspec.json.encode(body))
    return [msgspec.json.decode(row) for row in rows]


@given(ROWS)
def test_every_shape_of_a_list_gives_the_same_records(rows: list[dict[str, int]]) -> None:
    assert decoded(BareArray(), rows) == rows
    assert decoded(Envelope("items"), {"items": rows, "pagination": {}}) == rows
    for shape in (rows, {"items": rows}, {str(number): row for number, row in enumerate(rows)}):
        assert decoded(AnyOf("items"), shape) == rows


@given(st.permutations(range(12)))
def test_a_numbered_object_is_read_in_the_order_of_its_numbers(order: list[int]) -> None:
    assert decoded(AnyOf("items"), {str(n): {"n": n} for n in order}) == [{"n": n} for n in range(12)]


def test_an_envelope_gives_its_other_fields_too() -> None:
    _, paging = Envelope("items").split(b'{"items": [], "pagination": {"totalPages": 2}}')
    assert paging == {"pagination": {"totalPages": 2}}


@pytest.mark.parametrize(
    ("layout", "body"),
    [
        (BareArray(), b'{"code": "NotFound"}'),
        (BareArray(), b"null"),
        (BareArray(), b"7"),
        (Envelope("items"), b"[]"),
        (Envelope("items"), b'{"pagination": {}}'),
        (Envelope("items"), b'{"items": null}'),
        (Envelope("items"), b'{"items": {"0": {}}}'),
        (AnyOf("items"), b'{"code": "x", "message": "y"}'),
        (AnyOf("items"), b'{"0": {}, "total": 1}'),
        (AnyOf("items"), b"null"),
        (AnyOf("items"), b'"text"'),
    ],
)
def test_an_unknown_shape_is_never_an_empty_list(layout: Layout, body: bytes) -> None:
    with pytest.raises(ContractChanged):
        layout.split(body)


@pytest.mark.parametrize("layout", [BareArray(), Envelope("items"), AnyOf("items")])
@pytest.mark.parametrize("body", [b"", b"  ", b"<html></html>", b"\xff"])
def test_a_body_that_is_no_json_in_any_layout_is_malformed(layout: Layout, body: bytes) -> None:
    with pytest.raises(Malformed):
        layout.split(body)


@pytest.mark.parametrize(
    ("layout", "body"),
    [
        (BareArray(), b'[{"id": 1}'),
        (Envelope("items"), b'{"items": ['),
        (AnyOf("items"), b'[{"id": 1}'),
        (AnyOf("items"), b'{"items": ['),
        (AnyOf("items"), b'{"0": {'),
    ],
)
def test_a_cut_body_is_malformed(layout: Layout, body: bytes) -> None:
    with pytest.raises(Malformed):
        layout.split(body)


def test_blanks_before_the_list_do_no_harm() -> None:
    layouts: tuple[Layout, ...] = (BareArray(), AnyOf("items"))
    for layout, shape in itertools.product(layouts, (b"[1]", b"\r\n \t[1]")):
        assert [bytes(row) for row in layout.split(shape)[0]] == [b"1"]
