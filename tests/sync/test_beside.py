"""Lists that tell more of a stream's records: read whole before it, under a cursor that keeps its name, or not at all."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
import respx
from httpx import Response

from sevenc_sync.clock import fixed
from sevenc_sync.connect.errors import AccessProblem, ContractChanged, VendorDown
from sevenc_sync.connect.http import Http, HttpFactory
from sevenc_sync.connect.layouts import Envelope
from sevenc_sync.connect.limits import Limits
from sevenc_sync.connect.pages import OFFSET, CursorPages, Incomplete, Keyset, PageInfo, sent
from sevenc_sync.connect.retries import RetryPolicy
from sevenc_sync.connect.stream import Beside, Context, Stream, Window
from sevenc_sync.model import Company
from sevenc_sync.sync.beside import Told, read_beside

NOW = datetime(2026, 11, 20, tzinfo=UTC)
BASE = "https://rmm.example"
PAGES = CursorPages(2, "pageSize", "cursor", envelope="cursor")


class Row(msgspec.Struct):
    device: int | None = None
    word: str | None = None


class Record(msgspec.Struct):
    id: int


STREAM = Stream(
    name="devices",
    title="Devices",
    path="/devices",
    wire=Record,
    to_canonical=lambda record, context: [
        Company(id=str(record.id), name=context.said("words", record.id)[0].word)
    ],
    records=(Company,),
    paginator=Keyset(100, "size", "after"),
    beside=(
        Beside(
            name="words",
            path="/words",
            wire=Row,
            of=lambda row: None if row.device is None else str(row.device),
            paginator=PAGES,
            layout=Envelope("results"),
            params=lambda window: {"until": f"{window.now:%Y}"},
        ),
    ),
    needs="reading",
)


class Waits(threading.Event):
    """A stop event that never really waits."""

    def wait(self, timeout: float | None = None) -> bool:
        return self.is_set()


@pytest.fixture
def http() -> Iterator[Http]:
    factory = HttpFactory(clock=fixed(NOW), stop=Waits(), policy=RetryPolicy(attempts=2))
    with factory(BASE, limits=Limits(per_minute=1e9)) as client:
        yield client


def page(rows: list[dict[str, Any]], offset: int, name: str | None = "c1") -> dict[str, Any]:
    return {"cursor": {"name": name, "offset": offset, "count": len(rows)}, "results": rows}


def row(device: int | None, word: str) -> dict[str, Any]:
    return {"device": device, "word": word}


def told(http: Http, *answers: Response | dict[str, Any]) -> tuple[Told, list[dict[str, str]], int]:
    """What is said, the parameters that were sent, and how often somebody heard of a page."""
    heard: list[int] = []
    with respx.mock(base_url=BASE) as router:
        route = router.get("/words")
        route.side_effect = [
            answer if isinstance(answer, Response) else Response(200, json=answer) for answer in answers
        ]
        found = read_beside(http, STREAM, Window(since=None, horizon=NOW, now=NOW), lambda: heard.append(1))
        return found, [dict(call.request.url.params) for call in route.calls], len(heard)


def test_a_list_is_read_to_its_end_although_the_cursor_keeps_its_name(http: Http) -> None:
    found, asked, heard = told(
        http, page([row(1, "a"), row(2, "b")], 2), page([row(1, "c"), row(None, "d")], 4), page([], 4)
    )
    assert found == {"words": {"1": [Row(1, "a"), Row(1, "c")], "2": [Row(2, "b")]}}
    assert asked == [
        {"pageSize": "2", "until": "2026"},
        {"pageSize": "2", "until": "2026", "cursor": "c1"},
        {"pageSize": "2", "until": "2026", "cursor": "c1"},
    ]
    assert heard == 3
    context = Context(now=NOW, beside=found)
    assert context.said("words", 2) == [Row(2, "b")]
    assert context.said("words", 3) == context.said("other", 2) == ()


def test_a_lost_answer_makes_the_list_begin_anew(http: Http) -> None:
    """The vendor's place has moved although its answer never came: what it held must not be missing."""
    found, asked, _ = told(
        http,
        page([row(1, "a"), row(2, "b")], 2),
        Response(502),
        page([row(5, "e")], 5),
        page([row(1, "a"), row(2, "b")], 2, "c2"),
        page([row(3, "c"), row(4, "d")], 4, "c2"),
        page([row(5, "e")], 5, "c2"),
        page([], 5, "c2"),
    )
    assert sorted(found["words"]) == ["1", "2", "3", "4", "5"]
    assert [params.get("cursor") for params in asked] == [None, "c1", "c1", None, "c2", "c2", "c2"]


def test_a_cursor_that_has_ended_makes_the_list_begin_anew(http: Http) -> None:
    found, _, _ = told(http, page([row(1, "a"), row(2, "b")], 2), Response(400), {"results": [row(1, "a")]})
    assert found == {"words": {"1": [Row(1, "a")]}}


@pytest.mark.parametrize(
    ("answers", "problem"),
    [
        ([Response(403)], AccessProblem),
        ([Response(500), Response(500)], VendorDown),
        ([{"rows": []}], ContractChanged),
        ([{"results": [{"device": [1]}]}], ContractChanged),
        ([page([row(1, "a")], 1), page([row(1, "b")], 1)] * 2, ContractChanged),
        ([page([row(1, "a")], 1), Response(400)] * 2, ContractChanged),
    ],
)
def test_a_part_of_a_list_is_none(http: Http, answers: list[Any], problem: type[Exception]) -> None:
    with pytest.raises(problem):
        told(http, *answers)


def info(paging: Any, count: int = 2, offset: int | None = None) -> PageInfo:
    params: dict[str, str | int] = {"pageSize": 2} if offset is None else {"pageSize": 2, OFFSET: offset}
    return PageInfo(params=params, count=count, last_key=None, paging=paging, link_next=None)


def test_how_a_cursor_goes_on_and_ends() -> None:
    following = PAGES.next(info({"cursor": {"name": "c", "offset": 2}}))
    assert following == {"pageSize": 2, "cursor": "c", OFFSET: 2}
    assert sent(following or {}) == {"pageSize": 2, "cursor": "c"}
    assert PAGES.next(info({}, count=1)) is None
    assert PAGES.next(info({"cursor": None}, count=0)) is None
    assert PAGES.next(info({"cursor": {"name": "", "offset": 2}})) is None
    assert PAGES.next(info({"cursor": {"name": "c", "offset": 4}}, count=0, offset=4)) is None
    with pytest.raises(Incomplete):
        PAGES.next(info({}))
    wrongs: list[Any] = [
        [],
        {"name": 5, "offset": 2},
        {"name": "c"},
        {"name": "c", "offset": 0},
        {"name": "c", "offset": 3},
    ]
    for wrong in wrongs:
        with pytest.raises(ContractChanged):
            PAGES.next(info({"cursor": wrong}))
