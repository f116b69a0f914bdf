"""Numbered pages shift while they are read: a record that goes moves one that stays past the edge of a page."""

from dataclasses import replace

from sevenc_sync.model import Asset
from tests.sync.conftest import DEVICES, Answer, Desk, Request

COMPLETE = replace(DEVICES, complete=(Asset,))


def delete_once(desk: Desk, key: str, at_page: str) -> None:
    """The device goes just before this page is given."""

    def delete(request: Request) -> Answer | None:
        if request.query["page"] == at_page:
            desk.vendor.devices.pop(key, None)
        return None

    desk.vendor.before = delete


def alive(desk: Desk) -> list[str]:
    return [key for key, row in desk.rows("asset").items() if row["gone_at"] is None]


def test_a_record_that_goes_between_two_pages_takes_no_other_with_it(desk: Desk) -> None:
    desk.run(COMPLETE)
    assert alive(desk) == ["d0", "d1", "d2", "d3", "printer"]
    desk.vendor.requests.clear()
    delete_once(desk, "d0", "2")  # d2 would begin page 2, and now ends page 1
    result = desk.run(COMPLETE)
    assert (result.state, result.gone) == ("ok", 0)
    assert [request.query["page"] for request in desk.vendor.requests] == ["1", "2", "1", "2"]
    assert alive(desk) == ["d0", "d1", "d2", "d3", "printer"]
    # The record itself was seen while it was there; the next pass misses it.
    assert desk.run(COMPLETE).gone == 1
    assert alive(desk) == ["d1", "d2", "d3", "printer"]


def test_a_list_is_read_again_only_when_something_seems_to_be_gone(desk: Desk) -> None:
    desk.run(COMPLETE)
    desk.vendor.requests.clear()
    assert desk.run(COMPLETE).gone == 0
    assert len(desk.vendor.requests) == 3


def test_a_list_of_one_page_cannot_shift(desk: Desk) -> None:
    for key in ("d1", "d2", "d3"):
        del desk.vendor.devices[key]
    desk.run(COMPLETE)
    del desk.vendor.devices["d0"]
    desk.vendor.requests.clear()
    assert desk.run(COMPLETE).gone == 1
    assert len(desk.vendor.requests) == 1


def test_a_second_reading_that_fails_buries_nothing(desk: Desk) -> None:
    desk.run(COMPLETE)
    del desk.vendor.devices["d0"]
    asked: list[Request] = []

    def fail_again(request: Request) -> Answer | None:
        asked.append(request)
        return Answer(500) if len(asked) > 2 else None

    desk.vendor.before = fail_again
    assert desk.run(COMPLETE).state == "failed"
    assert "d0" in alive(desk)
    desk.vendor.before = lambda _request: None
    assert desk.run(COMPLETE).gone == 1
