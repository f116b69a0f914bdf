"""When nothing can be said, nothing is said: unknown with its reason, never level 0 and never a pass."""

from datetime import timedelta

import pytest
from sqlalchemy import insert

from sevenc_sync.clock import to_seconds
from sevenc_sync.model import Asset, Company, Protection, ProtectionRun, Ticket
from sevenc_sync.score import IndicatorResult, Rules
from sevenc_sync.store import tables
from sevenc_sync.store.bulk import upsert
from sevenc_sync.store.codec import Codec
from sevenc_sync.store.tables import client
from tests.score.conftest import BACKUP, NOW, PSA, World, ago, day

COVERAGE = "continuous.backup-management.protected-coverage"
SUCCESS = "continuous.backup-management.job-success"
OWNED = "charge.managed-services.tickets-owned"
PLAN = "continuous.disaster-recovery-planning.plan-currency"


def a_server(world: World, n: int = 1) -> None:
    world.put(PSA, Asset(id=f"s{n}", company=f"c{n}", type="Server"))


def is_unknown(item: IndicatorResult, because: str) -> bool:
    assert item.reason is not None, f"known: level {item.level}"
    assert because in item.reason
    return item.level is None and item.value is None


def test_servers_without_any_backup_product_are_level_0_when_the_msps_backup_source_works(
    world: World, rules: Rules
) -> None:
    world.client(1, backup=False)
    a_server(world)
    found = world.indicator(rules, COVERAGE)
    assert (found.value, found.sample, found.level, found.reason) == (0.0, 1, 0.0, None)


def test_servers_without_any_backup_product_are_unknown_when_no_backup_source_works(
    sqlite_world: World, rules: Rules
) -> None:
    sqlite_world.client(1, backup=False)
    a_server(sqlite_world)
    sqlite_world.stream(BACKUP, "protections", state="failed", ok=None)
    assert is_unknown(
        sqlite_world.indicator(rules, COVERAGE), "backup, protections: never read to the end (failed)"
    )


def test_runs_that_are_built_up_are_unknown_until_they_reach_back_a_whole_window(
    sqlite_world: World, rules: Rules
) -> None:
    world = sqlite_world
    world.client(1)
    runs = [ProtectionRun(id=f"{n}", company="b1", protection="p", at=ago(n), result="ok") for n in range(25)]
    world.put(BACKUP, *runs)
    since = to_seconds(ago(29.9))
    with world.store.write() as connection:
        connection.execute(
            insert(tables.watch).values(account=BACKUP, stream="protections", since=since, looked_at=since)
        )
    because = "backup, protections: runs are known since 2026-05-16; 30 days are needed"
    assert is_unknown(world.indicator(rules, SUCCESS), because)
    # Protections themselves are known from the first reading on.
    assert world.indicator(rules, "continuous.backup-management.restore-test").reason is None
    later = NOW + timedelta(hours=3)
    assert world.indicator(rules, SUCCESS, now=later).value == 100.0


def test_one_working_backup_source_is_enough_to_say_that_a_client_has_no_backups(
    sqlite_world: World, rules: Rules
) -> None:
    sqlite_world.client(1, backup=False)
    a_server(sqlite_world)
    sqlite_world.account(3, "other backup")
    sqlite_world.stream(BACKUP, "protections", state="unreadable")
    sqlite_world.feeds["protection"] = [(BACKUP, "protections"), (3, "machines")]
    assert is_unknown(sqlite_world.indicator(rules, COVERAGE), "backup, protections: cannot be read")
    sqlite_world.stream(3, "machines")
    assert sqlite_world.indicator(rules, COVERAGE).level == 0.0


def test_servers_are_unknown_when_no_source_delivers_backups_at_all(
    sqlite_world: World, rules: Rules
) -> None:
    sqlite_world.client(1, backup=False)
    a_server(sqlite_world)
    del sqlite_world.feeds["protection"]
    assert is_unknown(sqlite_world.indicator(rules, COVERAGE), "no source delivers backups")


def test_backup_runs_of_a_client_that_no_backup_source_knows_are_unknown(
    sqlite_world: World, rules: Rules
) -> None:
    sqlite_world.client(1, backup=False)
    assert is_unknown(sqlite_world.indicator(rules, SUCCESS), "no source of backup runs knows this client")


@pytest.mark.parametrize("state", ["review", "ignored"])
def test_a_company_that_waits_or_is_ignored_is_no_source_of_its_client(
    sqlite_world: World, rules: Rules, state: str
) -> None:
    sqlite_world.client(1, backup=False)
    sqlite_world.link(BACKUP, "b1", 1, state)
    sqlite_world.put(
        BACKUP,
        *[ProtectionRun(id=f"{i}", company="b1", protection="p", at=ago(i), result="ok") for i in range(9)],
    )
    assert is_unknown(sqlite_world.indicator(rules, SUCCESS), "no source of backup runs knows this client")


def test_a_stream_that_cannot_be_read_makes_its_indicators_unknown_with_its_reason(
    sqlite_world: World, rules: Rules
) -> None:
    sqlite_world.client(1)
    sqlite_world.put(PSA, Ticket(id="t", company="c1", owner="ann", updated_at=ago(1)))
    sqlite_world.stream(PSA, "tickets", state="unreadable", why="needs Service Tickets: Inquire")
    assert is_unknown(
        sqlite_world.indicator(rules, OWNED), "psa, tickets: cannot be read (needs Service Tickets: Inquire)"
    )


def test_a_stream_that_was_never_read_makes_its_indicators_unknown(sqlite_world: World, rules: Rules) -> None:
    sqlite_world.client(1)
    sqlite_world.put(PSA, Ticket(id="t", company="c1"))
    sqlite_world.feeds["ticket"] = [(PSA, "other tickets")]
    assert is_unknown(sqlite_world.indicator(rules, OWNED), "psa, other tickets: never read")


def test_a_reading_that_is_too_old_makes_its_indicators_unknown(sqlite_world: World, rules: Rules) -> None:
    sqlite_world.client(1)
    a_server(sqlite_world)
    sqlite_world.stream(BACKUP, "protections", state="failed", ok=ago(hours=37))
    assert is_unknown(
        sqlite_world.indicator(rules, COVERAGE), "last read to the end on 2026-06-13 23:00 UTC (now failed)"
    )


def test_a_failed_run_does_not_matter_while_the_last_good_reading_is_fresh(
    sqlite_world: World, rules: Rules
) -> None:
    sqlite_world.client(1)
    a_server(sqlite_world)
    sqlite_world.stream(BACKUP, "protections", state="failed", ok=ago(hours=35))
    assert sqlite_world.indicator(rules, COVERAGE).level == 0.0


def test_a_frozen_stream_makes_its_indicators_unknown_with_its_reason(world: World, rules: Rules) -> None:
    world.client(1)
    world.put(PSA, Ticket(id="t", company="c1", owner="ann", updated_at=ago(1)))
    assert world.indicator(rules, OWNED).level == 5.0
    # New tickets every twelve hours for three weeks; then hourly readings that bring nothing, for eight days.
    hours = [(24 * 29 - hour, int(hour % 12 == 0 and hour <= 24 * 21)) for hour in range(24 * 29 + 1)]
    runs = [
        {
            "account": PSA,
            "stream": "tickets",
            "trigger": "schedule",
            "mode": "delta",
            "state": "ok",
            "holder": "h",
            "started_at": to_seconds(ago(hours=back)),
            "finished_at": to_seconds(ago(hours=back)),
            "new": new,
        }
        for back, new in hours
    ]
    with world.store.write() as connection:
        connection.execute(insert(tables.run), runs)
    reason = "psa, tickets: frozen: says ok, but nothing new since 2026-06-07 12:00 UTC; before, never longer than 12 hours"
    assert is_unknown(world.indicator(rules, OWNED), reason)


def test_another_accounts_trouble_does_not_touch_what_the_psa_delivers(
    sqlite_world: World, rules: Rules
) -> None:
    sqlite_world.client(1)
    a_server(sqlite_world)
    sqlite_world.stream(BACKUP, "appliances", state="unreadable")
    assert sqlite_world.indicator(rules, "cost-effective.vendor-management.end-dates-known").level == 0.0


def test_too_few_rows_are_unknown_with_both_numbers(sqlite_world: World, rules: Rules) -> None:
    sqlite_world.client(1)
    runs = [ProtectionRun(id=str(i), company="b1", protection="p", at=ago(i), result="ok") for i in range(4)]
    sqlite_world.put(BACKUP, *runs)
    assert is_unknown(sqlite_world.indicator(rules, SUCCESS), "4 rows found, 5 needed")


def test_a_client_without_open_tickets_has_no_share_of_owned_ones(sqlite_world: World, rules: Rules) -> None:
    sqlite_world.client(1)
    assert is_unknown(sqlite_world.indicator(rules, OWNED), "0 rows found, 1 needed")


def test_a_custom_field_proves_something_from_the_moment_that_somebody_fills_it(
    world: World, rules: Rules
) -> None:
    """What is known of all companies' fields is kept between scorings: one company's change must end that."""
    world.client(1, custom=None)
    world.client(2, custom=None)
    codec = Codec(Company)
    for n, custom in enumerate(({}, {"DR Plan Date": day(9)}, {"Other": "x"}, {"DR Plan Date": day(9)})):
        filled = Company(id="c2", name="Client 2", custom=custom, updated_at=ago(1))
        with world.store.write() as connection:
            row = codec.row(PSA, filled, to_seconds(ago(hours=1)))
            upsert(connection, codec, PSA, [row])
        found = world.indicator(rules, PLAN)
        if "DR Plan Date" in custom:
            assert found.reason is None, n
        else:
            assert is_unknown(found, "psa uses no custom field named dr plan actions done, dr plan date, ")


def test_a_custom_field_that_nobody_fills_proves_nothing(world: World, rules: Rules) -> None:
    world.client(1, custom={"DR Plan Date": None, "MFA Percent": " "})
    world.client(2, custom=None)
    assert is_unknown(
        world.indicator(rules, PLAN), "psa uses no custom field named dr plan actions done, dr plan date, "
    )
    assert is_unknown(
        world.indicator(rules, PLAN, 2), "psa uses no custom field named dr plan actions done, dr plan date, "
    )


def test_an_empty_field_that_is_filled_for_others_is_level_0(sqlite_world: World, rules: Rules) -> None:
    sqlite_world.client(1, custom={"DR Plan Date": None})
    sqlite_world.client(2, custom={"DR Plan Date": day(5), "RTO Hours": 8, "RPO Hours": 4})
    sqlite_world.client(3, custom=None)
    results = sqlite_world.score(rules)
    levels = [next(i for i in results[n].indicators if i.id == PLAN).level for n in (1, 2, 3)]
    assert levels == [0.0, 3.0, 0.0]


def test_an_empty_percentage_is_unknown_rather_than_nothing(sqlite_world: World, rules: Rules) -> None:
    sqlite_world.client(1, custom={"MFA Percent": None})
    sqlite_world.client(2, custom={"MFA Percent": 80})
    name = "continuous.it-best-practices.mfa-coverage"
    assert is_unknown(sqlite_world.indicator(rules, name), "no number is known")


def test_a_rate_is_unknown_where_its_units_are(world: World, rules: Rules) -> None:
    world.client(1, seats=None)
    world.put(PSA, *[Ticket(id=str(i), company="c1", board="Help Desk", opened_at=ago(3)) for i in range(6)])
    assert is_unknown(
        world.indicator(rules, "competent.proactive-services.tickets-per-seat"), "no seats are known"
    )
    assert is_unknown(
        world.indicator(rules, "charge.proactive-services.tickets-per-endpoint"), "no endpoints are known"
    )


def test_a_client_of_which_nothing_is_known_has_no_score(sqlite_world: World, rules: Rules) -> None:
    sqlite_world.client(1)
    for stream in {pair for pairs in sqlite_world.feeds.values() for pair in pairs}:
        sqlite_world.stream(*stream, state="new", ok=None)
    result = sqlite_world.score(rules)[1]
    assert (result.score, result.proof, result.is_provisional) == (None, 0.0, True)
    assert {block.level for block in result.blocks} == {None}
    assert all(item.reason for item in result.indicators)


def test_few_rows_are_marked_as_a_low_sample(sqlite_world: World, rules: Rules) -> None:
    sqlite_world.client(1)
    a_server(sqlite_world)
    sqlite_world.put(PSA, *[Asset(id=f"w{i}", company="c1", type="Workstation") for i in range(4)])
    name = "cost-effective.vendor-management.end-dates-known"
    assert (
        sqlite_world.indicator(rules, name).sample,
        sqlite_world.indicator(rules, name).is_low_sample,
    ) == (5, False)
    assert sqlite_world.indicator(rules, COVERAGE).is_low_sample


def test_the_reading_of_paused_backups_is_not_stretched(sqlite_world: World, rules: Rules) -> None:
    sqlite_world.client(1)
    a_server(sqlite_world)
    sqlite_world.put(BACKUP, Protection(id="p", company="b1", last_success_at=ago(hours=2), is_paused=True))
    sqlite_world.device(1, ("asset", PSA, "s1"), ("protection", BACKUP, "p"))
    assert sqlite_world.indicator(rules, COVERAGE).value == 100.0


def test_a_new_client_has_no_evidence_coverage_yet_and_looking_back_hides_nothing_else(
    sqlite_world: World, rules: Rules
) -> None:
    sqlite_world.client(1)
    a_server(sqlite_world)
    with sqlite_world.store.write() as connection:
        connection.execute(client.update().values(created_at=to_seconds(ago(hours=23))))
    proof = "cost-effective.framework-and-vcio-role.evidence-coverage"
    assert is_unknown(sqlite_world.indicator(rules, proof), "the client is too new for it")
    assert sqlite_world.indicator(rules, proof, now=NOW + timedelta(hours=1)).level is not None
    earlier = sqlite_world.indicator(rules, COVERAGE, now=NOW - timedelta(days=3))
    assert earlier.level == 0.0
