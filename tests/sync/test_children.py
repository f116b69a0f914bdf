"""Lists below a record: one that cannot be read is told, and never costs the others, nor is it forgotten."""

from datetime import timedelta

import pytest

from sevenc_sync.model import ProtectionRun
from sevenc_sync.sync import batch
from tests.sync.conftest import BACKUPS, DEVICES, THERE, Answer, Desk, Request


@pytest.fixture
def family(desk: Desk) -> Desk:
    """The devices are read; their backups not yet."""
    desk.vendor.backups["d2"][1]["at"] = "2026-11-02T01:00:00Z"
    desk.run(DEVICES)
    desk.vendor.requests.clear()
    return desk


def down(desk: Desk, *names: str, status: int = 503) -> None:
    """The lists below these devices answer with an error."""

    def fail(request: Request) -> Answer | None:
        return Answer(status) if any(f"/{name}/" in request.path for name in names) else None

    desk.vendor.before = fail


def devices_asked(desk: Desk) -> list[str]:
    """The devices below which was read, in order, each once."""
    return list(dict.fromkeys(path.split("/")[2] for path in desk.vendor.paths()))


def read_below(desk: Desk) -> set[str]:
    """The devices whose backups the store has."""
    return {str(row["protection"]) for row in desk.rows("protection_run").values()}


def test_a_parent_that_is_gone_is_told_and_the_others_are_read(family: Desk) -> None:
    del family.vendor.backups["d0"]
    result = family.run(BACKUPS)
    assert result.state == "partial"
    assert "1 of the asset rows" in str(result.error)
    assert "d0" in str(result.error)
    assert read_below(family) == {"d2", "d3"}


def test_a_parent_whose_list_is_down_is_told_and_read_by_the_next_run(family: Desk) -> None:
    down(family, "d2")
    result = family.run(BACKUPS)
    assert (result.state, result.problem) == ("partial", None)
    assert read_below(family) == {"d0", "d3"}
    assert family.state(BACKUPS)["watermark"] is None
    family.vendor.before = lambda _request: None
    result = family.run(BACKUPS)
    assert (result.state, result.new, result.same) == ("ok", 4, 5)


def test_three_parents_down_in_a_row_are_the_vendor_not_the_record(family: Desk) -> None:
    down(family, "d0", "d1", "d2", "d3")
    result = family.run(BACKUPS)
    assert result.state == "failed"
    assert devices_asked(family) == ["d0", "d1", "d2"]


def test_parents_down_with_a_good_one_between_are_told_apart(family: Desk) -> None:
    down(family, "d0", "d1", "d3")
    result = family.run(BACKUPS)
    assert (result.state, read_below(family)) == ("partial", {"d2"})
    assert "3 of the asset rows" in str(result.error)


@pytest.mark.parametrize("status", [400, 403, 503])
def test_one_parents_list_that_cannot_be_read_does_not_stop_the_others(family: Desk, status: int) -> None:
    down(family, "d0", status=status)
    result = family.run(BACKUPS)
    assert (result.state, read_below(family)) == ("partial", {"d2", "d3"})


@pytest.mark.parametrize(("status", "state"), [(400, "failed"), (403, "unreadable"), (503, "failed")])
def test_when_no_parents_list_can_be_read_the_stream_cannot(family: Desk, status: int, state: str) -> None:
    down(family, "d0", "d1", "d2", "d3", status=status)
    assert family.run(BACKUPS).state == state


def test_an_interrupted_pass_goes_on_below_the_parent_where_it_was(family: Desk) -> None:
    down(family, "d2", status=401)
    assert family.run(BACKUPS).state == "failed"
    family.vendor.before = lambda _request: None
    family.vendor.requests.clear()
    assert family.run(BACKUPS).state == "ok"
    assert devices_asked(family) == ["d1", "d2", "d3"]
    assert read_below(family) == {"d0", "d2", "d3"}


def test_an_interrupted_list_goes_on_at_its_page(family: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch, "MAX_ROWS", 1)
    family.vendor.before = lambda request: (
        Answer(401) if "/d2/" in request.path and request.query.get("after") == "2" else None
    )
    family.run(BACKUPS)
    family.vendor.before = lambda _request: None
    family.vendor.requests.clear()
    assert family.run(BACKUPS).state == "ok"
    assert (family.vendor.requests[0].path, family.vendor.requests[0].query["after"]) == (
        "/devices/d2/backups",
        "2",
    )


def test_a_parent_skipped_before_an_interruption_is_not_forgotten(family: Desk) -> None:
    def fail(request: Request) -> Answer | None:
        statuses = {"d0": 503, "d3": 401}
        status = statuses.get(request.path.split("/")[2])
        return None if status is None else Answer(status)

    family.vendor.before = fail
    assert family.run(BACKUPS).state == "failed"
    family.vendor.before = lambda _request: None
    assert family.run(BACKUPS).state == "ok"
    assert read_below(family) == {"d0", "d2", "d3"}


def test_a_parent_whose_id_needs_quoting_is_asked_for_by_its_own_id(desk: Desk) -> None:
    asked: list[str] = []
    desk.vendor.put_device("a/b c", backups=1)
    desk.run(DEVICES)
    desk.vendor.before = lambda request: asked.append(request.path)
    desk.run(BACKUPS)
    assert "/devices/a%2Fb%20c/backups" in asked


def test_a_child_takes_its_parents_company(family: Desk) -> None:
    family.run(BACKUPS)
    assert {row["company"] for row in family.rows("protection_run").values()} == {"c0", "c2", "c3"}


def test_children_of_a_parent_that_moved_are_changed(family: Desk) -> None:
    family.run(BACKUPS)
    family.vendor.devices["d0"]["company"] = "elsewhere"
    family.vendor.now = THERE + timedelta(hours=1)
    family.run(DEVICES)
    result = family.run(BACKUPS)
    assert (result.changed, result.same) == (3, 6)
    assert ProtectionRun.table == "protection_run"
