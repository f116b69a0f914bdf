"""Pages by number until the envelope names no next one, and answers that are one record."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sevenc_sync.connect.errors import ContractChanged
from sevenc_sync.connect.layouts import OneRecord
from sevenc_sync.connect.pages import MAX_PAGES, Incomplete, PageInfo, PagesToLast, Params

PAGES = PagesToLast(
    size=3,
    page_param="page",
    size_param="max",
    envelope="about",
    next_field="next",
    count_field="count",
    total_field="all",
)


def page(params: Params, count: int, about: Any) -> PageInfo:
    return PageInfo(params=params, count=count, last_key=None, paging={"about": about}, link_next=None)


@given(st.lists(st.integers(), max_size=40), st.integers(1, 5))
def test_all_pages_are_read_from_zero_on_whatever_size_the_vendor_gives(ids: list[int], size: int) -> None:
    params: Params | None = PAGES.first()
    found: list[int] = []
    while params is not None:
        number = int(params["page"])
        shown = ids[number * size : (number + 1) * size]
        follows = (number + 1) * size < len(ids)
        found += shown
        about = {"count": len(shown), "next": "https://elsewhere.invalid/" if follows else None}
        params = PAGES.next(page(params, len(shown), about))
    assert found == ids


@pytest.mark.parametrize(
    ("count", "about"),
    [(0, {"next": "x"}), (0, {"count": 2, "next": None}), (0, {"count": 0, "all": 7, "next": ""})],
)
def test_an_empty_page_where_records_should_be_is_asked_again(count: int, about: Any) -> None:
    with pytest.raises(Incomplete):
        PAGES.next(page(PAGES.first(), count, about))


def test_an_empty_list_is_one() -> None:
    for about in ({"count": 0, "next": None}, {"count": 0}, {"next": "", "all": 0}):
        assert PAGES.next(page(PAGES.first(), 0, about)) is None


@pytest.mark.parametrize("about", [None, 7, [], {"other": 1}])
def test_an_unknown_envelope_is_never_the_end(about: Any) -> None:
    with pytest.raises(ContractChanged):
        PAGES.next(page(PAGES.first(), 3, about))


def test_a_list_without_an_end_is_given_up() -> None:
    with pytest.raises(ContractChanged):
        PAGES.next(page({"page": MAX_PAGES, "max": 3}, 3, {"next": "x"}))


def test_one_record_is_known_by_its_keys() -> None:
    layout = OneRecord(("bios", "nics"))
    rows, paging = layout.split(b' {"nics": [], "new": 1}')
    assert ([bytes(row) for row in rows], paging) == ([b' {"nics": [], "new": 1}'], {})
    for body in (b"[]", b"null", b'"bios"', b'{"error": "bios"}', b"{}"):
        with pytest.raises(ContractChanged):
            layout.split(body)
