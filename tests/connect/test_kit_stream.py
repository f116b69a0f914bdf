from collections.abc import Iterable
from datetime import UTC, datetime

import msgspec
import pytest

from sevenc_sync.connect.layouts import BareArray
from sevenc_sync.connect.pages import SinglePage
from sevenc_sync.connect.stream import Context, Parent, Stream, Window, no_params
from sevenc_sync.model import Lookup

NOW = datetime(2026, 11, 22, 19, 30, tzinfo=UTC)


class Thing(msgspec.Struct):
    id: int


def nothing(_record: Thing, _context: Context) -> Iterable[Lookup]:
    return ()


def stream(path: str) -> Stream:
    return Stream(
        name="things",
        title="Things",
        path=path,
        wire=Thing,
        to_canonical=nothing,
        records=(Lookup,),
        paginator=SinglePage(),
        needs="the right to see things",
    )


def test_a_stream_asks_for_everything_in_a_bare_list_unless_it_says_otherwise() -> None:
    plain = stream("/things")
    assert plain.params is no_params
    assert plain.params(Window(since=NOW, horizon=NOW, now=NOW)) == {}
    assert plain.layout == BareArray()
    assert plain.path_for(None) == "/things"


@pytest.mark.parametrize(
    ("parent", "path"),
    [
        (Parent("17", None, {}), "/boxes/17/things"),
        (Parent("a/b c", None, {}), "/boxes/a%2Fb%20c/things"),
        (Parent("board:12", None, {"kind": "board"}), "/boxes/12/things"),
        (Parent("board:12", None, {"kind": None}), "/boxes/board%3A12/things"),
        (Parent("{parent}", None, {}), "/boxes/%7Bparent%7D/things"),
    ],
)
def test_a_child_streams_path_holds_the_vendors_own_id_quoted(parent: Parent, path: str) -> None:
    assert stream("/boxes/{parent}/things").path_for(parent) == path


def test_a_list_entry_is_found_by_kind_and_vendor_id_and_none_if_it_is_not_known() -> None:
    entry = Lookup(id="priority:3", kind="priority", name="P3")
    context = Context(now=NOW, lookups={"priority": {"3": entry}})
    assert context.lookup("priority", 3) is entry
    assert context.lookup("priority", "4") is None
    assert context.lookup("status", 3) is None


def test_another_row_is_known_by_table_and_column_and_none_if_it_is_not_there() -> None:
    context = Context(now=NOW, rows={("ticket", "company"): {"17": "250", "18": None}})
    assert context.related("ticket", "company", 17) == "250"
    assert context.related("ticket", "company", 18) is None
    assert context.related("ticket", "company", 19) is None
    assert context.related("project", "company", 17) is None
