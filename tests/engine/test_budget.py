"""A run that does not fit into what is left of a vendor's quota waits; one that is too large for any hour goes in portions."""

from datetime import timedelta

import pytest

from sevenc_sync.clock import to_seconds
from sevenc_sync.store.reads import quotas
from tests.engine.conftest import NOW, OpenTenant

HOUR = timedelta(hours=1)


def test_before_a_first_pass_the_vendor_is_asked_how_much_there_is_and_later_the_runs_before_say_it(
    tenant: OpenTenant,
) -> None:
    with tenant() as psa:
        first = psa.round()
        assert {result.state for result in first.values()} == {"ok"}
        counted = [path for path in psa.asked if path.endswith("/count")]
        assert "/Tickets/query/count" in counted
        questions = [one for one in psa.engine.accounts[0].connector.streams if one.body is not None]
        assert len(counted) == len(set(counted)) == len(questions)
        psa.later(HOUR)
        psa.round()  # the first by what changed
        psa.asked.clear()
        psa.later(HOUR)
        assert {result.state for result in psa.round().values()} == {"ok"}
        assert [path for path in psa.asked if path.endswith("/count")] == []


def test_a_run_that_does_not_fit_is_refused_before_it_starts_and_the_smaller_ones_go_on(
    tenant: OpenTenant,
) -> None:
    with tenant() as psa:
        psa.used(9_850)
        psa.counts["Tickets"] = 60_000  # 121 pages
        results = psa.round()
        refused = results.pop("tickets")
        assert {result.state for result in results.values()} == {"ok"}
        assert refused.state == "throttled"
        assert refused.requests == 0
        assert "/Tickets/query" not in psa.asked
        assert refused.error is not None
        assert refused.error.startswith("Tickets: this run needs about 153 requests, and ")
        assert "are left for us of the 10000 that the vendor allows in 60 minutes" in refused.error
        assert refused.error.endswith("Tried again at 12:15 UTC.")
        assert psa.state("tickets")["next_due_at"] == to_seconds(NOW + timedelta(minutes=15))
        with psa.engine.store.read() as connection:
            # asking for the count of used ones was one more
            assert [(row["used"], row["limit"]) for row in quotas(connection)] == [(9_851, 10_000)]


def test_a_refused_run_comes_when_there_is_room(tenant: OpenTenant) -> None:
    with tenant() as psa:
        psa.used(9_850)
        psa.counts["Tickets"] = 60_000
        assert psa.round("tickets")["tickets"].state == "throttled"
        psa.later(timedelta(minutes=14))
        assert psa.round("tickets", due_only=True) == {}
        psa.later(timedelta(minutes=1))
        assert psa.round("tickets", due_only=True)["tickets"].state == "throttled"
        psa.later(HOUR)
        assert psa.round("tickets", due_only=True)["tickets"].state == "ok"
        assert psa.state("tickets")["reason"] is None


def test_what_is_too_large_for_any_hour_is_read_in_portions_each_from_where_the_last_one_stopped(
    tenant: OpenTenant,
) -> None:
    with tenant(name="whole") as undisturbed:
        undisturbed.round("tickets")
        there = undisturbed.ids("ticket")
    with tenant(limit=100, quota_share=2) as psa:
        states = []
        for _ in range(20):
            psa.asked.clear()
            result = psa.round("tickets", due_only=True)["tickets"]
            states.append(result.state)
            inside = [path for path in psa.asked if "Information" not in path]
            assert len(inside) <= 2  # our share of an hour
            if result.state == "ok":
                break
            assert result.state == "throttled"
            assert result.fetched > 0 or "are used up" in (result.error or "")
            psa.later(HOUR)
        assert states[-1] == "ok"
        assert len(states) > 1
        assert psa.ids("ticket") == there


def test_what_is_too_large_for_any_hour_waits_too_while_hardly_anything_is_left(tenant: OpenTenant) -> None:
    with tenant() as psa:
        psa.used(9_850)
        psa.counts["Tickets"] = 2_000_000
        refused = psa.round("tickets")["tickets"]
        assert refused.state == "throttled"
        assert "needs about 625 requests for a portion of 5003" in (refused.error or "")
        psa.used(9_000)
        assert psa.round("tickets")["tickets"].state == "ok"


def test_a_vendor_that_does_not_tell_its_quota_is_read_as_ever(tenant: OpenTenant) -> None:
    with tenant() as psa:
        psa.sandbox.vendors["autotask_psa"].faults.add("status", status=403, path=r"/ThresholdInformation$")
        psa.used(9_900)
        psa.counts["Tickets"] = 2_000_000
        assert psa.round("tickets")["tickets"].state == "ok"
        assert not [path for path in psa.asked if path.endswith("/count")]


@pytest.mark.parametrize("status", [403, 404, 503])
def test_a_count_that_cannot_be_had_stops_nothing(tenant: OpenTenant, status: int) -> None:
    with tenant() as psa:
        psa.sandbox.vendors["autotask_psa"].faults.add("status", status=status, path=r"/query/count$")
        assert psa.round("tickets")["tickets"].state == "ok"


def test_a_first_pass_over_changes_is_not_taken_for_a_whole_one(tenant: OpenTenant) -> None:
    with tenant() as psa:
        psa.round("tickets")
        psa.later(HOUR)
        psa.questions.clear()
        assert psa.round("tickets")["tickets"].mode == "delta"
        [(collection, asked)] = psa.questions
    assert collection == "Tickets"
    assert b'"field":"lastActivityDate"' in asked
    assert b"status" not in asked  # that is asked for open ones, in a whole pass
