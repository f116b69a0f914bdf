"""Hours: time entries with the words of their tickets, and tickets where there are no entries."""

from sevenc_sync.model import Activity, TimeEntry
from sevenc_sync.score import Rules
from tests.score.by_hand import CARE, REACTIVE, computers, tickets
from tests.score.conftest import PSA, World, ago

SHARE = "charge.proactive-services.proactive-share"
REACTIVE_HOURS = "charge.proactive-services.reactive-hours-per-endpoint"


def hours(number: int, ticket: int | None, worked: float, work_type: str = "Remote") -> TimeEntry:
    """Work of ten days ago."""
    return TimeEntry(
        id=f"e{number}",
        company="c1",
        ticket=None if ticket is None else f"1-{ticket}",
        hours=worked,
        started_at=ago(10),
        work_type=work_type,
    )


def test_hours_are_those_of_the_entries_with_the_words_of_entry_and_ticket(
    world: World, rules: Rules
) -> None:
    world.client(1)
    computers(world, 1, 2)
    # The hours on the tickets are others: they do not count where entries are read.
    tickets({**REACTIVE, "hours": 90.0}, {**CARE, "hours": 90.0})(world, 1)
    world.put(
        PSA,
        *[hours(number, 0, 1.0) for number in range(3)],
        hours(3, 1, 2.0),
        hours(4, 0, 1.0, "Preventive Maintenance"),
        hours(5, None, 9.0),
    )
    # 3 of 6 hours are proactive: two by the ticket's board, one by the work type; the entry without words is neither.
    share = world.indicator(rules, SHARE)
    assert (share.value, share.sample, share.level) == (50.0, 5, 4.33)
    # 3 reactive hours / 2 computers / 2.9569 months.
    reactive = world.indicator(rules, REACTIVE_HOURS)
    assert (reactive.value, reactive.sample, reactive.level) == (0.5073, 6, 2.98)


def test_without_a_source_of_time_entries_the_hours_on_tickets_count(
    sqlite_world: World, rules: Rules
) -> None:
    world = sqlite_world
    world.client(1)
    tickets(*[{**REACTIVE, "hours": 1.0}] * 3, {**CARE, "hours": 1.0}, {**CARE, "hours": 2.0})(world, 1)
    del world.feeds["time_entry"]
    assert world.indicator(rules, SHARE).value == 50.0
    world.stream(PSA, "tickets", ok=ago(5))
    assert world.indicator(rules, SHARE).level is None


def test_a_review_in_the_calendar_is_evidence_and_one_in_the_record_an_attestation(
    sqlite_world: World, rules: Rules
) -> None:
    world = sqlite_world
    name = "competent.professional-it-management.review-rhythm"

    def area() -> float | None:
        found = world.score(rules)[1].areas
        return next(part.level for part in found if part.slug == name.rpartition(".")[0])

    world.client(1, custom={"Last Business Review": "2026-06-01"})
    world.client(2)
    assert area() == 3.0
    assert world.indicator(rules, name, 2).level == 0.0
    # The cap on what rests on attestations alone is gone as soon as the calendar speaks.
    past = [Activity(id=f"m{n}", company="c1", kind="QBR", starts_at=ago(n)) for n in (100, 190, 280)]
    world.put(PSA, *past)
    assert area() == 5.0


def test_what_no_client_has_in_calendar_or_record_is_unknown(sqlite_world: World, rules: Rules) -> None:
    world = sqlite_world
    world.client(1)
    found = world.indicator(rules, "competent.professional-it-management.review-rhythm")
    assert found.level is None
    assert "business-review" in str(found.reason)
