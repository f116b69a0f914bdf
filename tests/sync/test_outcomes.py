"""What a run says when it could not end well: its state by who has to act, and a place from which the next one goes on."""

import dataclasses
from collections.abc import Callable
from datetime import timedelta

import msgspec
import pytest

from sevenc_sync.clock import from_seconds, to_seconds
from sevenc_sync.connect.errors import CredentialsProblem, Stopped
from sevenc_sync.connect.layouts import BareArray
from sevenc_sync.store.runs import LEASE, Claim, claim
from sevenc_sync.sync.run import fail_stream
from tests.sync.conftest import DEVICES, LAG, NOW, THERE, TICKETS, Answer, Desk, Request

ATTEMPTS = 2  # the desk's patience


def failing(desk: Desk, answer: Answer, *, after: str = "3") -> Callable[[Request], Answer | None]:
    """The vendor fails for one page of tickets, each time that it is asked."""

    def fail(request: Request) -> Answer | None:
        return answer if request.query.get("after", "") == after else None

    desk.vendor.before = fail
    return fail


OUTCOMES = {
    "401": (Answer(401), "failed", "refuses the credentials", "Renew the account's credentials"),
    "403": (Answer(403), "unreadable", "answered 403", "The API user needs: Service desk: inquire."),
    "404": (Answer(404), "unreadable", "answered 404", "The API user needs: Service desk: inquire."),
    "400": (Answer(400, b'{"message":"bad filter"}'), "failed", 'answered 400 ("bad filter")', "Report this"),
    "302": (
        Answer(302, b"", {"Location": "https://x.example/"}),
        "failed",
        "redirects to x.example",
        "base_url",
    ),
    "429": (Answer(429), "throttled", "asks us to wait", "Nothing"),
    "429, one hour": (Answer(429, b"", {"Retry-After": "3600"}), "throttled", "asks us to wait", "Nothing"),
    "500": (Answer(500), "failed", "answered 500", "Nothing: the next run tries again."),
    "503": (Answer(503), "failed", "answered 503", "Nothing: the next run tries again."),
    "a web page": (Answer(200, b"<html>"), "failed", "web page instead of data", "Nothing"),
    "a cut body": (Answer(200, b'[{"id":4,'), "failed", "not JSON", "Report this"),
    "an object": (Answer(200, b'{"message":"no"}'), "failed", "one object where a list", "Report this"),
    "a word": (Answer(200, b'"no"'), "failed", "no list of records", "Report this"),
}


@pytest.mark.parametrize("case", OUTCOMES)
def test_a_failure_says_what_happened_and_who_must_act(desk: Desk, case: str) -> None:
    answer, state, error, action = OUTCOMES[case]
    failing(desk, answer)
    result = desk.run(TICKETS)
    assert result.state == state
    assert result.problem is not None
    row = desk.last_run()
    assert row["state"] == desk.state(TICKETS)["state"] == state
    assert error in row["error"]
    assert action in row["action"]
    assert (desk.state(TICKETS)["reason"], result.error, result.action) == (
        row["error"],
        row["error"],
        row["action"],
    )
    assert ("warning", "finished") in desk.log()


@pytest.mark.parametrize("case", OUTCOMES)
def test_a_failure_keeps_what_was_read_and_the_next_run_goes_on_there(desk: Desk, case: str) -> None:
    failing(desk, OUTCOMES[case][0])
    desk.run(TICKETS)
    state = desk.state(TICKETS)
    assert (state["watermark"], state["last_ok_at"], state["last_full_at"], state["failures"]) == (
        None,
        None,
        None,
        1,
    )
    assert list(desk.rows("ticket")) == ["1", "2", "3"]
    desk.vendor.before = lambda _request: None
    desk.vendor.requests.clear()
    desk.vendor.now = THERE + timedelta(hours=3)
    result = desk.run(TICKETS)
    assert (result.state, result.mode, result.new) == ("ok", "full", 3)
    assert [request.query.get("after") for request in desk.vendor.requests] == ["3", "6"]
    # The pass began before it failed: what changed in between belongs to the next delta.
    assert from_seconds(desk.state(TICKETS)["watermark"]) == THERE - LAG
    assert desk.state(TICKETS)["failures"] == 0


def test_a_failed_delta_keeps_its_lower_bound(desk: Desk) -> None:
    desk.run(TICKETS)
    watermark = desk.state(TICKETS)["watermark"]
    desk.vendor.now = THERE + timedelta(hours=1)
    for number in range(1, 8):
        desk.vendor.put_ticket(number, summary=f"Again {number}")
    failing(desk, Answer(500))
    assert desk.run(TICKETS).state == "failed"
    assert desk.state(TICKETS)["watermark"] == watermark
    desk.vendor.before = lambda _request: None
    desk.vendor.requests.clear()
    result = desk.run(TICKETS)
    assert (result.mode, result.changed, result.new) == ("delta", 3, 1)
    assert {request.query["since"] for request in desk.vendor.requests} == {"2026-11-22T11:57:00Z"}
    assert from_seconds(desk.state(TICKETS)["watermark"]) == THERE + timedelta(hours=1) - LAG


def test_a_full_run_on_demand_does_not_go_on_in_a_delta(desk: Desk) -> None:
    desk.run(TICKETS)
    desk.vendor.now = THERE + timedelta(hours=1)
    for number in range(1, 8):
        desk.vendor.put_ticket(number)
    failing(desk, Answer(500))
    desk.run(TICKETS)
    desk.vendor.before = lambda _request: None
    result = desk.run(TICKETS, "full")
    assert (result.mode, result.fetched) == ("full", 7)


def test_a_vendor_that_names_a_time_is_left_alone_until_then(desk: Desk) -> None:
    failing(desk, Answer(429, b"", {"Retry-After": "3600"}))
    desk.run(TICKETS)
    assert desk.state(TICKETS)["next_due_at"] == to_seconds(NOW + timedelta(hours=1))
    assert desk.last_run()["retries"] == 0


def test_a_fault_that_passes_costs_a_retry_and_nothing_else(desk: Desk) -> None:
    answers = iter([Answer(503)])
    desk.vendor.before = lambda request: next(answers, None) if "after" in request.query else None
    result = desk.run(TICKETS)
    row = desk.last_run()
    assert (result.state, row["requests"], row["retries"], row["pages"], row["new"]) == ("ok", 4, 1, 3, 6)


def test_a_page_that_comes_again_is_asked_for_again(desk: Desk) -> None:
    first = desk.vendor._route(Request("/tickets", {"size": "3"}))
    answers = iter([first])
    desk.vendor.before = lambda request: next(answers, None) if request.query.get("after") == "6" else None
    result = desk.run(TICKETS)
    assert (result.state, result.new, result.requests) == ("ok", 6, 4)


def test_a_page_that_comes_again_for_good_ends_the_run(desk: Desk) -> None:
    first = desk.vendor._route(Request("/tickets", {"size": "3"}))
    failing(desk, first, after="6")
    result = desk.run(TICKETS)
    assert result.state == "failed"
    assert "a page already read" in str(result.error)
    assert result.requests == 2 + ATTEMPTS


def test_a_vendor_that_gives_one_page_for_all_is_found_out_by_its_bytes(desk: Desk) -> None:
    # Such a list has no envelope that would say which page it is, and would never end.
    desk.vendor.before = lambda _request: Answer(200, b'[{"id":"d1"},{"id":"d2"}]')
    result = desk.run(dataclasses.replace(DEVICES, layout=BareArray()))
    assert (result.state, result.requests) == ("failed", 1 + ATTEMPTS)
    assert "a page already read" in str(result.error)
    assert set(desk.rows("asset")) == {"d1", "d2"}


def test_a_new_key_that_leads_back_to_an_old_place_ends_the_run(desk: Desk) -> None:
    rows = iter(range(10, 99))  # no two answers are alike

    def circle(request: Request) -> Answer:
        last = 1 if request.query.get("after") == "2" else 2
        return Answer(200, msgspec.json.encode([{"id": next(rows)}, {"id": next(rows)}, {"id": last}]))

    desk.vendor.before = circle
    result = desk.run(TICKETS)
    assert result.state == "failed"
    assert "leads back to a page already read" in str(result.error)


def test_a_place_that_leads_nowhere_is_given_up(desk: Desk) -> None:
    # A server may refuse a place that it gave out itself, days later: the pass then begins anew.
    failing(desk, Answer(503))
    desk.run(TICKETS)
    failing(desk, Answer(400))
    assert desk.run(TICKETS).state == "failed"
    desk.vendor.before = lambda _request: None
    desk.vendor.requests.clear()
    assert desk.run(TICKETS).state == "ok"
    assert "after" not in desk.vendor.requests[0].query


def test_a_place_survives_a_vendor_that_is_down_for_long(desk: Desk) -> None:
    failing(desk, Answer(503))
    for _ in range(3):
        desk.run(TICKETS)
    desk.vendor.before = lambda _request: None
    desk.vendor.requests.clear()
    assert desk.run(TICKETS).new == 3
    assert desk.vendor.requests[0].query["after"] == "3"


def test_numbered_pages_begin_anew_because_they_shift(desk: Desk) -> None:
    desk.vendor.before = lambda request: Answer(500) if request.query["page"] == "3" else None
    assert desk.run(DEVICES).state == "failed"
    assert len(desk.rows("asset")) == 4
    desk.vendor.before = lambda _request: None
    desk.vendor.requests.clear()
    result = desk.run(DEVICES)
    assert (result.state, result.new, result.same) == ("ok", 1, 4)
    assert desk.vendor.requests[0].query["page"] == "1"


class Bug(Exception):
    """A fault of ours."""


def test_a_fault_of_ours_is_raised_and_lets_the_stream_go(desk: Desk) -> None:
    def raise_it(request: Request) -> None:
        if "after" in request.query:
            raise Bug

    desk.vendor.before = raise_it
    with pytest.raises(Bug):
        desk.run(TICKETS)
    row = desk.last_run()
    assert (row["state"], desk.state(TICKETS)["run"]) == ("failed", None)
    assert "Bug" in row["error"]
    desk.vendor.before = lambda _request: None
    assert desk.run(TICKETS).state == "ok"


def test_a_stream_that_another_run_reads_is_busy_and_is_not_asked_for(desk: Desk) -> None:
    taken = claim(desk.store, desk.account, "tickets", trigger="schedule", holder="elsewhere:1:1", now=NOW)
    assert isinstance(taken, Claim)
    result = desk.run(TICKETS)
    assert (result.state, result.run) == ("busy", taken.run)
    assert "elsewhere:1:1" in str(result.error)
    assert desk.vendor.requests == []
    assert fail_stream_for(desk, Stopped("Stopped.")) == "busy"


def test_a_run_that_was_taken_over_writes_nothing_more(both: Desk) -> None:
    winner: list[object] = []

    def take_over(request: Request) -> None:
        if request.query.get("after") == "6":
            later = NOW + LEASE
            winner.append(
                claim(
                    both.store, both.account, "tickets", trigger="schedule", holder="elsewhere:1:1", now=later
                )
            )

    both.vendor.before = take_over
    result = both.run(TICKETS)
    assert (result.state, both.rows("ticket")) == ("lost", {})
    (taken,) = winner
    assert isinstance(taken, Claim)
    state = both.state(TICKETS)
    assert (state["run"], state["token"], state["watermark"], state["state"]) == (
        taken.run,
        None,
        None,
        "new",
    )


def test_a_run_that_is_taken_over_while_it_fails_is_lost_not_failed(desk: Desk) -> None:
    def take_over(request: Request) -> Answer | None:
        if "after" not in request.query:
            return None
        claim(desk.store, desk.account, "tickets", trigger="x", holder="elsewhere:1:1", now=NOW + LEASE)
        return Answer(400)

    desk.vendor.before = take_over
    assert desk.run(TICKETS).state == "lost"
    assert desk.state(TICKETS)["failures"] == 0


def fail_stream_for(desk: Desk, problem: Exception) -> str:
    """The state of a run that could not begin because of the problem."""
    from sevenc_sync.store.holder import this_holder
    from sevenc_sync.sync.run import Surroundings

    around = Surroundings(
        store=desk.store,
        clock=lambda: desk.now,
        holder=this_holder(),
        trigger="command",
        history=timedelta(days=1),
    )
    return fail_stream(around, TICKETS, problem, account=desk.account, account_name="psa").state  # type: ignore[arg-type]  # a Problem in every call


def test_an_account_that_cannot_be_entered_fails_its_streams_without_a_request(desk: Desk) -> None:
    desk.run(TICKETS)
    before, asked = desk.state(TICKETS), len(desk.vendor.requests)
    assert fail_stream_for(desk, CredentialsProblem("The vendor refuses the key.")) == "failed"
    state, row = desk.state(TICKETS), desk.last_run()
    assert (row["error"], row["action"]) == ("The vendor refuses the key.", CredentialsProblem.default_action)
    assert (state["watermark"], state["last_ok_at"]) == (before["watermark"], before["last_ok_at"])
    assert (state["failures"], state["run"], len(desk.vendor.requests)) == (1, None, asked)


@pytest.mark.parametrize("begun", [True, False])
def test_a_stream_that_was_stopped_is_due_at_the_next_start(desk: Desk, begun: bool) -> None:
    if begun:
        desk.vendor.before = lambda _request: desk.stop.set()
        assert desk.run(TICKETS).state == "stopped"
    else:
        assert fail_stream_for(desk, Stopped("Stopped.")) == "stopped"
    due = desk.state(TICKETS)["next_due_at"]
    assert due is None or due <= to_seconds(NOW)


def test_a_stop_ends_a_wait_at_once(desk: Desk) -> None:
    # The vendor asks for two minutes; the test would take as long if the stop were not heard.
    desk.policy = type(desk.policy)(attempts=3, longest_wait=200)

    def throttle(request: Request) -> Answer | None:
        if "after" not in request.query:
            return None
        desk.stop.set()
        return Answer(429, b"", {"Retry-After": "120"})

    desk.vendor.before = throttle
    result = desk.run(TICKETS)
    assert (result.state, result.fetched) == ("stopped", 3)
    assert list(desk.rows("ticket")) == ["1", "2", "3"]
    desk.stop.clear()
    desk.vendor.before = lambda _request: None
    desk.vendor.requests.clear()
    assert desk.run(TICKETS).state == "ok"
    assert desk.vendor.requests[0].query["after"] == "3"


def test_a_stop_before_the_first_request_asks_for_nothing(desk: Desk) -> None:
    desk.stop.set()
    assert desk.run(TICKETS).state == "stopped"
    assert desk.vendor.requests == []
