"""One call per row: every row's turn comes, never more at once than allowed, and none without a change."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sevenc_sync.connect.conformance import mistakes
from sevenc_sync.connect.connector import AccountSettings, Connector
from sevenc_sync.connect.errors import Throttled
from sevenc_sync.connect.layouts import Envelope, OneRecord
from sevenc_sync.connect.pages import NumberedPages, SinglePage
from sevenc_sync.connect.stream import Context, Detail, Stream
from sevenc_sync.connect.text import day
from sevenc_sync.model import Asset
from sevenc_sync.store.accounts import ensure_account
from sevenc_sync.store.database import Store
from sevenc_sync.store.details import backlogs
from sevenc_sync.store.migrate import upgrade
from sevenc_sync.store.tables import dirty
from sevenc_sync.sync.decode import WITHHELD, without
from sevenc_sync.sync.outcome import RunResult
from sevenc_sync.sync.run import Surroundings, run_stream
from tests.store.conftest import rows_of
from tests.sync.conftest import Answer, Desk, Request, Vendor

PER_RUN = 3


class WireMachine(msgspec.Struct, gc=False):
    id: str
    company: str | None = None
    seen: int = 0
    build: int | None = None
    lacks: int | None = None


class WireFacts(msgspec.Struct, gc=False):
    serial: str | None = None


class WirePatch(msgspec.Struct, gc=False):
    id: int
    severity: str | None = None
    released: str | None = None


def machine(wire: WireMachine, _context: Context) -> Iterator[Asset]:
    yield Asset(
        id=wire.id,
        company=wire.company,
        status=f"seen {wire.seen}",
        patches_missing=0 if wire.lacks == 0 else None,
    )


def facts(wire: WireFacts, context: Context) -> Iterator[Asset]:
    assert context.parent is not None
    yield Asset(id=context.parent.id, company=None, serial=wire.serial)


def patch(wire: WirePatch, context: Context) -> Iterator[Asset]:
    assert context.parent is not None
    counts = {"high": 1, "low": 0}.get(wire.severity or "")
    yield Asset(
        id=context.parent.id,
        company=None,
        patches_missing=counts,
        oldest_patch_at=day(wire.released) if counts else None,
    )


MACHINES = Stream(
    name="machines",
    title="Machines",
    path="/machines",
    wire=WireMachine,
    to_canonical=machine,
    records=(Asset,),
    complete=(Asset,),
    layout=Envelope("items"),
    paginator=SinglePage(),
    needs="Machines: read",
)
FACTS = Stream(
    name="facts",
    title="Facts of each machine",
    path="/machines/{parent}/facts",
    key="serial",
    wire=WireFacts,
    to_canonical=facts,
    records=(Asset,),
    parent="asset",
    layout=OneRecord(("serial",)),
    paginator=SinglePage(),
    detail=Detail(
        of="machines",
        mark=lambda wire: None if wire.build is None else str(wire.build),
        fills={"serial": "only"},
        per_run=PER_RUN,
    ),
    needs="Machines: read",
)
PATCHES = replace(
    FACTS,
    name="patches",
    path="/machines/{parent}/patches",
    key="id",
    wire=WirePatch,
    to_canonical=patch,
    layout=Envelope("items"),
    paginator=NumberedPages(
        size=2, page_param="page", size_param="per", envelope="paging", page_field="page", total_field="pages"
    ),
    detail=Detail(
        of="machines",
        mark=lambda wire: str(wire.lacks) if wire.lacks else None,
        fills={"patches_missing": "sum", "oldest_patch_at": "earliest"},
        per_run=PER_RUN,
    ),
)
CONNECTOR = Connector(
    name="test",
    title="Test",
    role="rmm",
    settings=AccountSettings,
    open=lambda _settings, _factory: pytest.fail("nobody opens it"),
    streams=(MACHINES, FACTS, PATCHES),
)


class Park:
    """Machines at a vendor, read by us."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.machines: dict[str, dict[str, Any]] = {}
        self.patches: dict[str, list[dict[str, Any]]] = {}
        self.failing: dict[str, int] = {}  # machine -> status of its details
        desk.vendor.before = self.answer

    def put(self, *keys: str, **fields: Any) -> None:
        for key in keys:
            old = self.machines.get(key, {"id": key, "company": f"of {key}", "build": 1})
            self.machines[key] = {**old, **fields}

    def answer(self, request: Request) -> Answer | None:
        match request.path.strip("/").split("/"):
            case ["machines"]:
                return said({"items": list(self.machines.values())})
            case ["machines", key, _] if key in self.failing or key not in self.machines:
                return Answer(self.failing.get(key, 404))
            case ["machines", key, "facts"]:
                return said({"serial": f"{key}/{self.machines[key]['build']}"})
            case ["machines", key, "patches"]:
                page, per = int(request.query["page"]), int(request.query["per"])
                rows = self.patches.get(key, [])
                paging = {"page": page, "pages": max(1, -(-len(rows) // per))}
                return said({"items": rows[(page - 1) * per : page * per], "paging": paging})
        return None

    def run(self, stream: Stream, kind: Any = "usual") -> RunResult:
        self.desk.vendor.requests.clear()
        around = Surroundings(
            store=self.desk.store,
            clock=lambda: self.desk.now,
            trigger="command",
            history=timedelta(days=365),
            holder=self.desk.holder,
        )
        with self.desk.http() as http:
            result = run_stream(
                around, http, stream, account=self.desk.account, account_name="psa", kind=kind,
                details=CONNECTOR.details_of(stream.name),
            )  # fmt: skip
        self.desk.now += timedelta(minutes=1)
        return result

    def asked(self) -> list[str]:
        """The machines whose details the last run asked for, in order."""
        return list(dict.fromkeys(path.split("/")[2] for path in self.desk.vendor.paths()))

    def column(self, name: str) -> dict[str, Any]:
        return {key: row[name] for key, row in self.desk.rows("asset").items() if row["gone_at"] is None}

    def waiting(self, stream: str = "facts") -> int:
        with self.desk.store.read() as connection:
            return next((row.waiting for row in backlogs(connection) if row.stream == stream), 0)


def said(data: object) -> Answer:
    return Answer(200, json.dumps(data).encode())


@pytest.fixture
def park(desk: Desk) -> Park:
    return Park(desk)


@pytest.fixture
def both_parks(both: Desk) -> Park:
    return Park(both)


def test_rows_are_filled_a_few_at_a_time_and_those_unread_say_nothing(both_parks: Park) -> None:
    park = both_parks
    park.put("a", "b", "c", "d")
    park.run(MACHINES)
    assert park.column("serial") == dict.fromkeys("abcd")
    result = park.run(FACTS)
    assert (result.state, result.changed, result.new, park.asked()) == ("ok", 3, 0, ["a", "b", "c"])
    assert park.column("serial") == {"a": "a/1", "b": "b/1", "c": "c/1", "d": None}
    with park.desk.store.read() as connection:
        (told, *_) = backlogs(connection)
    assert (told.waiting, told.rows, told.kind, told.since) == (
        1,
        4,
        "asset",
        int((park.desk.now - timedelta(minutes=2)).timestamp()),
    )
    assert (park.run(FACTS).changed, park.asked()) == (1, ["d"])
    assert (park.run(FACTS).state, park.asked()) == ("ok", [])


def test_a_machine_that_changes_is_read_again_and_says_what_it_said_until_then(park: Park) -> None:
    park.put("a", "b")
    park.run(MACHINES)
    park.run(FACTS)
    park.put("a", build=2)
    park.put("b", seen=9)
    assert park.run(MACHINES).changed == 1  # the build alone changes no column
    assert park.column("serial") == {"a": "a/1", "b": "b/1"}
    assert park.column("status") == {"a": "seen 0", "b": "seen 9"}
    assert (park.run(FACTS).changed, park.asked()) == (1, ["a"])
    assert park.column("serial") == {"a": "a/2", "b": "b/1"}


def test_what_is_the_same_again_changes_nothing_and_touches_no_company(both_parks: Park) -> None:
    park = both_parks
    park.put("a", "b")
    park.run(MACHINES)
    park.run(FACTS)
    with park.desk.store.write() as connection:
        touched = {row["company"] for row in rows_of(connection, dirty)}
        connection.execute(dirty.delete())
    assert touched == {"of a", "of b"}
    result = park.run(FACTS, "full")
    assert (result.state, result.same, result.changed, park.asked()) == ("ok", 2, 0, ["a", "b"])
    with park.desk.store.read() as connection:
        assert rows_of(connection, dirty) == []


def test_reading_everything_anew_is_bounded_too_and_comes_round(park: Park) -> None:
    park.put(*"abcde")
    park.run(MACHINES)
    park.run(FACTS)
    park.run(FACTS)
    rounds = [(park.run(FACTS, kind).state, park.asked()) for kind in ("full", "usual", "full", "usual")]
    assert [len(asked) for _state, asked in rounds] == [3, 2, 3, 2]
    assert set(rounds[0][1] + rounds[1][1]) == set("abcde") == set(rounds[2][1] + rounds[3][1])


def test_one_that_cannot_be_read_goes_behind_the_others(park: Park) -> None:
    park.put(*"abcdef")
    park.run(MACHINES)
    park.failing = {"a": 404, "c": 400}
    result = park.run(FACTS)
    assert (result.state, result.changed) == ("partial", 1)
    assert "2 of the asset rows" in str(result.error)
    assert [park.run(FACTS).state, park.asked()] == ["ok", ["d", "e", "f"]]
    assert (park.run(FACTS).state, park.asked()) == ("failed", ["a", "c"])
    park.failing = {}
    assert (park.run(FACTS).state, park.asked(), park.waiting()) == ("ok", ["a", "c"], 0)


def test_a_vendor_that_is_down_is_not_asked_for_each(park: Park) -> None:
    park.put(*"abc")
    park.run(MACHINES)
    park.failing = dict.fromkeys("abc", 503)
    result = park.run(FACTS)
    assert (result.state, park.asked(), park.waiting()) == ("failed", ["a", "b", "c"], 3)
    assert park.column("serial") == dict.fromkeys("abc")


def test_what_was_read_before_a_run_is_throttled_is_kept(park: Park) -> None:
    park.put(*"abc")
    park.run(MACHINES)
    park.failing = {"b": 429}
    result = park.run(FACTS)
    assert isinstance(result.problem, Throttled)
    assert park.column("serial") == {"a": "a/1", "b": None, "c": None}
    park.failing = {}
    assert (park.run(FACTS).state, park.asked()) == ("ok", ["b", "c"])


def test_a_list_is_folded_into_the_row(both_parks: Park) -> None:
    park = both_parks
    park.put("a", "b", "c", lacks=3)
    park.put("none", lacks=0)
    park.patches["a"] = [
        {"id": 1, "severity": "high", "released": "2026-10-13"},
        {"id": 2, "severity": "low", "released": "2026-01-01"},
        {"id": 3, "severity": "high", "released": "2026-09-08"},
    ]
    park.patches["b"] = []
    park.patches["c"] = [{"id": 1, "severity": "high", "released": "2026-10-13"}, {"id": 2, "severity": None}]
    park.run(MACHINES)
    assert park.column("patches_missing") == {"a": None, "b": None, "c": None, "none": 0}
    assert (park.run(PATCHES).state, park.asked()) == ("ok", ["a", "b", "c"])
    assert park.column("patches_missing") == {"a": 2, "b": 0, "c": None, "none": 0}
    oldest = day("2026-09-08")
    assert oldest is not None
    assert park.column("oldest_patch_at")["a"] == int(oldest.timestamp())
    assert park.column("oldest_patch_at")["b"] is None


def test_where_there_is_nothing_to_read_any_more_the_old_answer_no_longer_counts(park: Park) -> None:
    park.put("a", lacks=1)
    park.patches["a"] = [{"id": 1, "severity": "high", "released": "2026-10-13"}]
    park.run(MACHINES)
    park.run(PATCHES)
    park.put("a", lacks=0)
    park.run(MACHINES)
    assert (park.column("patches_missing"), park.column("oldest_patch_at")) == ({"a": 0}, {"a": None})
    assert (park.run(PATCHES).state, park.asked()) == ("ok", [])


def test_two_details_of_one_row_do_not_undo_each_other(park: Park) -> None:
    park.put("a", lacks=1)
    park.patches["a"] = [{"id": 1, "severity": "high", "released": "2026-10-13"}]
    for stream in (MACHINES, FACTS, PATCHES):
        park.run(stream)
    park.put("a", seen=7)
    park.run(MACHINES)
    row = park.desk.rows("asset")["a"]
    assert (row["serial"], row["patches_missing"], row["status"]) == ("a/1", 1, "seen 7")


def test_an_answer_with_a_record_that_cannot_be_read_is_no_answer(park: Park) -> None:
    park.put("a", lacks=2)
    park.patches["a"] = [{"id": 1, "severity": "high"}, {"id": "two"}]
    park.run(MACHINES)
    result = park.run(PATCHES)
    assert (result.state, result.held, park.waiting("patches")) == ("ok", 1, 1)
    assert park.column("patches_missing") == {"a": None}


def test_a_machine_that_is_gone_waits_for_nothing_and_begins_anew_when_it_is_back(park: Park) -> None:
    park.put("a", "b")
    park.run(MACHINES)
    park.run(FACTS)
    gone = park.machines.pop("a")
    park.put("b", build=2)
    assert park.run(MACHINES).gone == 1
    assert park.waiting() == 1
    park.machines["a"] = gone
    park.run(MACHINES)
    assert park.column("serial") == {"a": None, "b": "b/1"}
    park.run(FACTS)
    assert park.column("serial") == {"a": "a/1", "b": "b/2"}


ACTIONS = st.lists(
    st.one_of(
        st.tuples(st.just("change"), st.sampled_from("abcdefgh"), st.integers(1, 3)),
        st.tuples(st.just("remove"), st.sampled_from("abcdefgh"), st.just(0)),
        st.tuples(st.just("fail"), st.sampled_from("abcdefgh"), st.sampled_from([400, 404, 429, 503])),
        st.tuples(st.just("mend"), st.sampled_from("abcdefgh"), st.just(0)),
        st.tuples(st.just("list"), st.just(""), st.just(0)),
        st.tuples(st.just("read"), st.just(""), st.just(0)),
    ),
    max_size=30,
)


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store without anything in it, to be copied: making one takes longer than the test."""
    file = tmp_path_factory.mktemp("details") / "empty.db"
    with Store.open(f"sqlite:///{file}") as store:
        upgrade(store)
    return file


@settings(deadline=None, max_examples=30, suppress_health_check=list(HealthCheck))
@given(ACTIONS)
def test_every_row_is_read_in_the_end_never_more_at_once_and_none_without_a_change(
    empty: Path, actions: list[tuple[str, str, int]]
) -> None:
    file = empty.with_name("store.db")
    for old in empty.parent.glob("store.db*"):
        old.unlink()
    shutil.copyfile(empty, file)
    with Store.open(f"sqlite:///{file}") as store:
        park = Park(Desk(store, Vendor(), ensure_account(store, "psa", "test")))
        park.put(*"abcd")
        for action, key, number in actions:
            if action == "change":
                park.put(key, build=number)
            elif action == "remove":
                park.machines.pop(key, None)
            elif action == "fail":
                park.failing[key] = number
            elif action == "mend":
                park.failing.pop(key, None)
            elif action == "list":
                park.run(MACHINES)
            else:
                before = park.waiting()
                park.run(FACTS)
                assert len(park.asked()) <= min(PER_RUN, before)
                told = {key: value for key, value in park.column("serial").items() if value is not None}
                assert all(value.startswith(f"{key}/") for key, value in told.items())
        park.failing = {}
        park.run(MACHINES)
        rounds = -(-park.waiting() // PER_RUN)
        for _ in range(rounds):
            assert park.run(FACTS).state == "ok"
            assert 0 < len(park.asked()) <= PER_RUN
        assert park.column("serial") == {key: f"{key}/{row['build']}" for key, row in park.machines.items()}
        park.run(MACHINES)
        assert (park.run(FACTS).state, park.asked(), park.waiting()) == ("ok", [], 0)


def test_secrets_are_cut_out_of_what_is_held() -> None:
    raw = b'{"id": 1, "udf": {"udf7": "111111-222222"}, "hostname": "a"}'
    assert without(("udf",), raw) == b'{"id":1,"hostname":"a"}'
    assert without((), raw) == raw
    assert without(("udf",), b'["111111-222222"]') == WITHHELD
    assert without(("udf",), b'{"udf": "111111-222222", "name": "\xff"') == WITHHELD


def test_a_declaration_that_cannot_work_is_told() -> None:
    def said_of(**changes: Any) -> list[str]:
        streams = (MACHINES, replace(FACTS, **changes))
        return mistakes(replace(CONNECTOR, streams=streams))

    assert said_of() == []
    assert FACTS.detail is not None
    for changes in (
        {"detail": replace(FACTS.detail, of="nowhere")},
        {"detail": replace(FACTS.detail, fills={"company": "only"})},
        {"detail": replace(FACTS.detail, fills={"serial": "sum"})},
        {"detail": replace(FACTS.detail, fills={"patches_missing": "earliest"})},
        {"detail": replace(FACTS.detail, fills={})},
        {"detail": replace(FACTS.detail, per_run=0)},
        {"complete": (Asset,)},
    ):
        assert said_of(**changes), changes
