"""What conditions mean, and that both databases mean the same by them."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, bindparam, literal, select
from sqlalchemy.types import Text

from sevenc_sync.clock import to_seconds
from sevenc_sync.model import Asset, ContractLine, Ticket
from sevenc_sync.score import Rules
from sevenc_sync.score.indicators import dry_scope
from sevenc_sync.score.language import build
from sevenc_sync.score.sources import SOURCES
from sevenc_sync.score.sqlfunctions import ascii_lower, day_of_text, number_of_text, said
from sevenc_sync.score.vocabulary import FUNCTIONS
from tests.score.conftest import NOW, PSA, World, ago
from tests.score.test_score_sources import ids, rows

TICKETS = {
    "a": Ticket(
        id="a",
        company="c1",
        summary="Server 50% full",
        hours=3.0,
        is_closed=True,
        opened_at=ago(3),
        closed_at=ago(1),
        board="Help Desk",
    ),
    "b": Ticket(
        id="b",
        company="c1",
        summary="SERVER down",
        hours=0.5,
        is_closed=False,
        opened_at=ago(40),
        board="Alerts",
    ),
    "c": Ticket(id="c", company="c1", summary="Über_schrift", opened_at=ago(0.5)),
    "d": Ticket(id="d", company="c1", owner="ann", hours=0.0),
}

CASES = [
    ("true", "abcd"),
    ("false", ""),
    ("hours > 0", "ab"),
    ("not hours > 0", "d"),
    ("hours = 0.5 or owner = 'ann'", "bd"),
    ("hours <> 3", "bd"),
    ("hours / 2 > 0.2 and hours / 2 < 1", "b"),
    ("1 / 2 = 0.5", "abcd"),
    ("7 / 2 * 2 = 7", "abcd"),
    ("1 - 2 - 3 = -4 and 2 * (3 + 4) = 14", "abcd"),
    ("8 / 4 / 2 = 1", "abcd"),
    ("1 / hours > 0", "ab"),
    ("1 / hours is null", "cd"),
    ("hours in (3, 0)", "ad"),
    ("hours not in (3, 0)", "b"),
    ("owner in ('ann', 'bo')", "d"),
    ("hours between 0.5 and 3", "ab"),
    ("opened_at between days_ago(50) and days_ago(2)", "ab"),
    ("opened_at not between days_ago(50) and days_ago(2)", "c"),
    ("is_closed", "a"),
    ("not is_closed", "b"),
    ("is_closed is true", "a"),
    ("is_closed is not true", "bcd"),
    ("is_closed is false", "b"),
    ("is_closed is not false", "acd"),
    ("is_closed = true", "a"),
    ("is_closed is null", "cd"),
    ("is_closed is not null", "ab"),
    ("summary like 'server%'", "ab"),
    ("summary ilike '%DOWN'", "b"),
    ("summary not like '%server%'", "c"),
    ("summary like '%50\\% full'", "a"),
    ("summary like '%50\\%'", ""),
    ("summary like '%r\\_s%'", "c"),
    ("summary like 'über%'", ""),
    ("summary like 'Über%'", "c"),
    ("summary = 'server down'", ""),
    ("lower(summary) = 'server down'", "b"),
    ("lower(summary) = 'Über_schrift'", "c"),
    ("coalesce(owner, 'nobody') = 'nobody'", "abc"),
    ("coalesce(hours, 0) = 0", "cd"),
    ("coalesce(is_closed, hours = 0)", "ad"),
    ("days_since(opened_at) = 3", "a"),
    ("days_since(opened_at) < 1", "c"),
    ("hours_between(opened_at, closed_at) = 48", "a"),
    ("opened_at >= hours_ago(12)", "c"),
    ("opened_at < now()", "abc"),
    ("opened_at >= date('2026-06-12')", "ac"),
    ("this_year() = 2026", "abcd"),
    ("how_many(is_closed, hours > 1, owner is not null) = 2", "a"),
    ("how_many(is_closed) = 0", "bcd"),
    ("tagged('reactive')", "a"),
    ("tagged('monitoring')", "b"),
    ("not tagged('reactive')", "bcd"),
    ("not (is_closed or tagged('monitoring')) or hours = 0", "d"),
    ("opened_at is null or hours = 3 and is_closed", "ad"),
]


@pytest.mark.parametrize("group", range(4))
def test_conditions_choose_the_same_rows_on_both_databases(world: World, rules: Rules, group: int) -> None:
    world.client(1)
    world.put(PSA, *TICKETS.values())
    found = {text: "".join(ids(rows(world, rules, "tickets", where=text))) for text, _ in CASES[group::4]}
    assert found == dict(CASES[group::4])


CUSTOM = {
    "DR Plan Date": "2026-01-15T00:00:00Z",
    " Tier ": " gold ",
    "Percent": 85.5,
    "Flag": True,
    "Year": 2025.0,
    "None": "n/a",
}


@pytest.mark.parametrize(
    "text",
    [
        "custom('tier') = 'gold'",
        "custom('Flag') = 'true'",
        "custom('None') is null",
        "custom('Missing') is null",
        "custom_date('dr plan date') = date('2026-01-15')",
        "custom_date('Tier') is null",
        "custom_number('percent') = 85.5",
        "custom_number('Tier') is null",
        "custom_number('Flag') is null",
        "custom_year('Year') = date('2025-01-01')",
        "custom_year('Percent') is null",
        "custom_year('DR Plan Date') is null",
        "seats = 10",
    ],
)
def test_custom_fields_are_read_by_name_and_kind(world: World, rules: Rules, text: str) -> None:
    world.client(1, custom=CUSTOM)
    assert ids(rows(world, rules, "companies", where=text)) == ["c1"]


def test_custom_fields_that_are_no_object_or_hold_a_nul_give_nothing_and_no_error(
    world: World, rules: Rules
) -> None:
    world.client(1, custom={"Tier": "go\x00ld", "Other": "x"})
    world.client(2, custom={})
    assert ids(
        rows(world, rules, "companies", where="custom('Other') is null and custom('Tier') is null")
    ) == ["c1", "c2"]


def test_services_are_read_from_product_and_unit(world: World, rules: Rules) -> None:
    world.client(1)
    world.put(PSA, ContractLine(id="l", company="c1", contract="k", product="Veeam Backup"))
    world.put(PSA, ContractLine(id="m", company="c1", contract="k", product="Coffee"))
    assert ids(rows(world, rules, "contract_lines", where="service('continuous.backup-management')")) == ["l"]


def test_more_tags_than_fit_one_number_are_all_read(world: World, rules: Rules) -> None:
    from sevenc_sync.score.rules import Rules as Made
    from sevenc_sync.score.words import WordRule

    many = tuple(
        WordRule(
            id=f"r{n}",
            kind="asset",
            words={"type": ("server",) if n % 2 else ("switch",)},
            gives=(f"t{n:03}",),
        )
        for n in range(150)
    )
    wide = Made(blocks=rules.blocks, areas=rules.areas, indicators=(), tags=many, services=())
    world.client(1)
    world.put(PSA, Asset(id="s", company="c1", type="Server"), Asset(id="w", company="c1", type="Switch"))
    text = " and ".join(f"{'' if n % 2 else 'not '}tagged('t{n:03}')" for n in range(80))
    assert ids(rows(world, wide, "assets", where=text)) == ["s"]
    text = " and ".join(f"{'not ' if n % 2 else ''}tagged('t{n:03}')" for n in range(70, 150))
    assert ids(rows(world, wide, "assets", where=text)) == ["w"]


# The functions under everything that people can type


@pytest.fixture
def connection(world: World) -> Iterator[Connection]:
    """An open snapshot on either database."""
    with world.store.read() as opened:
        yield opened


def as_day(text: str | None) -> int | None:
    """The day that a text begins with, in epoch seconds, by Python's own calendar."""
    if text is None or text[10:11] not in ("", "T", " ") or not text[:10].isascii():
        return None
    if len(text) < 10 or not all(text[i] == "-" if i in (4, 7) else text[i].isdigit() for i in range(10)):
        return None
    try:
        found = date.fromisoformat(text[:10])
    except ValueError:
        return None
    if not 1900 <= found.year <= 2999:
        return None
    return to_seconds(datetime(found.year, found.month, found.day, tzinfo=NOW.tzinfo))


def as_number(text: str | None) -> float | None:
    """The number that a text is."""
    if text is None:
        return None
    plain = text.rstrip("% ").replace(",", ".")
    digits = plain[1:] if plain[:1] in ("+", "-") else plain
    whole, dot, rest = digits.partition(".")
    valid = whole.isascii() and whole.isdigit() and (not dot or (rest.isascii() and rest.isdigit()))
    return float(plain) if valid and len(plain) <= 33 else None


typed = st.one_of(
    st.text(alphabet="0123456789-+.,%T: e", max_size=14),
    st.dates().map(str),
    st.builds(
        "{:04}-{:02}-{:02}{}".format,
        st.integers(1890, 3005),
        st.integers(0, 13),
        st.integers(0, 32),
        st.sampled_from(["", "T1", " x", "x"]),
    ),
    st.floats(allow_nan=True).map(str),
    st.integers().map(str),
    st.text(max_size=12).filter(lambda text: "\x00" not in text),
)
SQL_EXAMPLES = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@SQL_EXAMPLES
@given(texts=st.lists(typed, min_size=20, max_size=20))
@example(
    texts=[
        "2024-02-29",
        "2023-02-29",
        "2026-13-01",
        "0001-01-01",
        "9999-12-31",
        "2026-1-1",
        "\u0662\u0660\u0662\u0666-\u0660\u0661-\u0660\u0661",
    ]
)
@example(
    texts=[
        "85",
        "85,5 %",
        "1.2.3",
        "--1",
        "+5",
        "9" * 33,
        "9" * 34,
        "1e5",
        ".5",
        "5.",
        "",
        "%",
        "\u0663",
        "1,000.5",
    ]
)
def test_dates_and_numbers_are_read_alike_by_python_and_both_databases(
    connection: Connection, texts: list[str]
) -> None:
    columns: list[Any] = [day_of_text(literal(text, Text())).label(f"d{i}") for i, text in enumerate(texts)]
    columns += [number_of_text(literal(text, Text())).label(f"n{i}") for i, text in enumerate(texts)]
    row = connection.execute(select(*columns)).one()
    assert list(row) == [*map(as_day, texts), *map(as_number, texts)]


NOTHING = ("", "-", "?", "n/a", "none", "tbd")
BLANKS = " \t\r\n\u00a0"


@SQL_EXAMPLES
@given(text=st.text(alphabet=st.sampled_from(" \t\n\u00a0aAüÜN/-?ıİ"), max_size=6))
@example(text=" N/A\u00a0")
def test_what_says_nothing_and_small_letters_are_the_same_on_both_databases(
    connection: Connection, text: str
) -> None:
    small = "".join(c.lower() if c.isascii() else c for c in text)
    stripped = text.strip(BLANKS)
    nothing = "".join(c.lower() if c.isascii() else c for c in stripped) in NOTHING
    value = bindparam("value", text, type_=Text())
    row = connection.execute(select(ascii_lower(value), said(value))).one()
    assert tuple(row) == (small, None if nothing else stripped)


def test_of_two_fields_with_one_name_the_greater_text_counts_on_both_databases(
    world: World, rules: Rules
) -> None:
    world.client(1, custom={"Tier": "b", " TIER ": "a", "tier": None})
    world.client(2, custom={"Tier": None})
    assert ids(rows(world, rules, "companies", where="custom('tier') = 'b'")) == ["c1"]


# What is no part of the language


def checked(text: str, source: str, rules: Rules) -> list[str]:
    """The faults of a text, as sentences."""
    scope = dry_scope(SOURCES[source], frozenset({"reactive", "proactive"}), frozenset(rules.area_by_slug))
    return [
        f"{f.problem}: {f.value}" + (f" ({f.nearest})" if f.nearest else "")
        for f in build(text, scope).faults
    ]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("hour > 1", "unknown column: hour (hours)"),
        ("day_ago(3) > opened_at", "unknown function: day_ago() (days_ago)"),
        ("tagged('proactiv')", "unknown tag: proactiv (proactive)"),
        ("ticket.hours > 1", "is not part of the language: ticket.hours"),
        ("hours in (select 1)", "is not part of the language"),
        ("exists (select 1)", "unknown function: exists()"),
        ("case when true then true end", "unknown function: case()"),
        ("cast(hours as text) = '1'", "unknown function: cast()"),
        ("hours % 2 = 1", "is not part of the language"),
        ("summary || 'x' = 'y'", "is not part of the language"),
        ("load_extension('x')", "unknown function: load_extension()"),
        ("pg_sleep(9) is null", "unknown function: pg_sleep()"),
        ("1; drop table ticket", "is not one expression"),
        ("", "is not one expression"),
        ("hours >", "cannot be read"),
        ("hours > 'x'", "is a text: 'x'"),
        ("summary > 'a'", "compares a text by size"),
        ("summary between 'a' and 'b'", "compares a text by size"),
        ("is_closed < true", "compares a condition by size"),
        ("hours = null", "compares with null"),
        ("hours in (1, null)", "compares with null"),
        ("hours between null and 2", "compares with null"),
        ("hours and is_closed", "is a number: hours"),
        ("not hours", "is a number: hours"),
        ("opened_at - closed_at > 5", "is a time: opened_at"),
        ("summary like owner", "has no pattern"),
        ("summary like 'a\\b'", "is no pattern"),
        ("summary like 'a!%' escape '!'", "is not part of the language"),
        ("summary similar to 'a'", "is not part of the language"),
        ("hours is 3", "is not a test"),
        ("days_ago(-1) < opened_at", "is no length of time"),
        ("days_ago(hours) < opened_at", "is no length of time"),
        ("days_ago(1e9) < opened_at", "is no length of time"),
        ("opened_at > date('2026-02-30')", "is no day"),
        ("opened_at > date(owner)", "is not a text in single quotes"),
        ("now(1) > opened_at", "has the wrong number of values"),
        ("hours_between(opened_at) > 1", "has the wrong number of values"),
        ("coalesce(null, null) is null", "has only nulls"),
        ("coalesce(hours, 'x') = 1", "is a text: 'x'"),
        ("custom('x') = 'y'", "tickets have no custom fields"),
        ("service('continuous.backup-management')", "tickets have no services"),
        ("hours > 1e999", "is not a number that can be kept"),
        ('"hours" = "summary"', "is a text"),
        ("is_closed = true and hour > 1 and tagged('x')", "unknown column: hour (hours)"),
        (":x = 1", "is not part of the language"),
        ("summary = @y", "is not part of the language"),
        ("date('2026-01-01', 'x') < opened_at", "has the wrong number of values"),
        ("ifnull(hours, 1) = 1 or nvl2(hours, 1, 2) = 1", "unknown function: nvl2()"),
        ("count(hours) > 1", "unknown function: count()"),
        ("hours > " + "1 + " * 200 + "1", "is too deep"),
        ("(" * 200 + "true" + ")" * 200, "has too many brackets"),
        ("true" + " and true" * 400, "is too long"),
        ("not " * 400 + "true", "cannot be read"),
    ],
)
def test_what_is_no_part_of_the_language_is_told_with_the_nearest_word(
    text: str, fault: str, rules: Rules
) -> None:
    faults = checked(text, "tickets", rules)
    assert any(fault in item for item in faults), faults


def test_all_faults_of_a_condition_are_told_at_once(rules: Rules) -> None:
    assert len(checked("hour > 1 and ownr = 'x' and tagged('y') and summary = 3", "tickets", rules)) == 4


def test_sources_without_words_have_no_tags(rules: Rules) -> None:
    assert checked("tagged('reactive')", "protection_runs", rules) == [
        "protection_runs have no words: tagged('reactive')"
    ]


@settings(max_examples=200, deadline=None)
@given(text=st.text(max_size=60))
def test_no_text_makes_the_parser_fail_otherwise_than_by_a_fault(text: str) -> None:
    scope = dry_scope(SOURCES["tickets"], frozenset(), frozenset())
    built = build(text, scope)
    assert built.faults or built.kind in ("text", "number", "condition", "time", "null")


def test_the_language_has_just_the_functions_that_it_lists() -> None:
    assert sorted(FUNCTIONS) == sorted(text.partition("(")[0] for text in FUNCTIONS.values())


def test_what_a_condition_reads_is_known(rules: Rules) -> None:
    uses = rules.indicator_by_id["charge.managed-services.scope-sold"].uses
    assert uses.columns == {"in_force", "quantity"}
    assert "continuous.backup-management" in uses.services
    plan = rules.indicator_by_id["conscious.annual-it-plan.plan-currency"]
    assert plan.uses.customs == {"it plan year"}
    assert plan.is_attested
    assert rules.indicator_by_id["charge.proactive-services.found-first"].uses.tags == {
        "incident",
        "alert",
        "monitoring",
    }
