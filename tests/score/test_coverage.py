"""Coverage: words that no rule knows, the entry to paste, rows that nothing counts, and rules that do nothing."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sevenc_sync.model import Asset, ContractLine, Ticket, TimeEntry
from sevenc_sync.score import (
    Coverage,
    Mapped,
    Rules,
    builtin_rules_dir,
    coverage,
    explain,
    line_to_paste,
    load_rules,
)
from sevenc_sync.score.families import Combination, Family
from sevenc_sync.score.reach import NEVER_FAILED_ROWS
from tests.score.conftest import NOW, PSA, World, ago

RULE = """
[[indicator]]
id = "clear.it-reporting.{name}"
title = "t"
rows = "tickets"
where = "{where}"
good = "{good}"
levels = [15, 50, 85, 95, 99]
why = "w"
fix = "f"
basis = "judgement"
sources = ["psa"]
"""


def family(found: Coverage, source: str, name: str) -> Mapped:
    return next(item for item in found.words if (item.family.source, item.family.name) == (source, name))


def with_rules(tmp_path: Path, *texts: str) -> Rules:
    (tmp_path / "own.toml").write_text("\n".join(texts), encoding="utf-8")
    return load_rules([builtin_rules_dir(), tmp_path])


def unknown_tickets(world: World) -> None:
    """Three tickets that the rules know and six that they do not, two of them of no client, two merged."""
    world.client(1)
    world.put(
        PSA,
        *[
            Ticket(id=f"k{n}", company="c1", board="Help Desk", source="Phone", opened_at=ago(n))
            for n in range(3)
        ],
        *[Ticket(id=f"u{n}", company="c1", board="Züge", type="Frage", opened_at=ago(n)) for n in range(2)],
        Ticket(id="v", company="c1", board="Other", opened_at=ago(1)),
        Ticket(id="m", company="c1", board="Other", merged_into="v", opened_at=ago(1)),
        Ticket(id="x", company="nobody", board="Other", opened_at=ago(1)),
        Ticket(id="y", company="nobody", board="Other", merged_into="x", opened_at=ago(1)),
    )


def test_unmapped_words_are_counted_and_listed_most_frequent_first(world: World, rules: Rules) -> None:
    unknown_tickets(world)
    found = family(coverage(world.store, rules, NOW), "tickets", "nature")
    assert (found.rows, found.mapped, found.share) == (6, 3, 0.5)
    assert [(dict(item.words), item.rows) for item in found.unmapped] == [
        ({"board": "Züge", "type": "Frage"}, 2),
        ({"board": "Other"}, 1),
    ]


def test_the_pasted_entry_maps_what_it_was_printed_for(world: World, rules: Rules, tmp_path: Path) -> None:
    unknown_tickets(world)
    before = family(coverage(world.store, rules, NOW), "tickets", "nature")
    entries = [line_to_paste(before, item) for item in before.unmapped]
    own = with_rules(tmp_path, *[entry for entry in entries if entry])
    after = family(coverage(world.store, own, NOW), "tickets", "nature")
    assert (after.rows, after.mapped, after.unmapped) == (6, 6, ())


@settings(deadline=None)
@given(word=st.text(min_size=1, max_size=40), other=st.text(max_size=20))
def test_every_word_can_be_pasted(tmp_path_factory: pytest.TempPathFactory, word: str, other: str) -> None:
    words = {"board": word, "type": other}
    item = Combination(kind="ticket", words=words, beside={}, is_told=False, rows=1)
    of = Family(source="tickets", kind="ticket", name="nature", tags=frozenset({"internal", "reactive"}))
    entry = line_to_paste(Mapped(family=of, rows=1, mapped=0, unmapped=(item,), usual="reactive"), item)
    if not word.strip() and not other.strip():
        assert entry is None
        return
    assert entry is not None
    folder = tmp_path_factory.mktemp("own")
    (folder / "own.toml").write_text(entry, encoding="utf-8")
    own = load_rules([folder])
    assert "reactive" in own.tag_matcher.gives("ticket", {**words, "source": None})


def test_a_time_entry_is_known_by_its_own_words_or_by_its_ticket(world: World, rules: Rules) -> None:
    world.client(1)
    world.put(
        PSA,
        Ticket(id="t", company="c1", board="Help Desk"),
        TimeEntry(id="a", company="c1", ticket="t", work_type="Odd", hours=1.0),
        TimeEntry(id="b", company="c1", work_type="Preventive maintenance", hours=1.0),
        TimeEntry(id="c", company="c1", work_type="Odd", hours=1.0),
    )
    found = family(coverage(world.store, rules, NOW), "time_entries", "nature")
    assert (found.rows, found.mapped) == (3, 2)
    assert [(dict(item.words), dict(item.beside)) for item in found.unmapped] == [({"work_type": "Odd"}, {})]


def test_a_device_is_known_when_the_vendor_tells_its_kind_or_a_rule_does(world: World, rules: Rules) -> None:
    world.client(1)
    world.put(
        PSA,
        Asset(id="a", company="c1", kind="server", type="Strange"),
        Asset(id="b", company="c1", type="Managed Server"),
        Asset(id="c", company="c1", type="Strange"),
    )
    found = family(coverage(world.store, rules, NOW), "assets", "kind")
    assert (found.rows, found.mapped, [item.rows for item in found.unmapped]) == (3, 2, [1])


def test_contract_lines_are_known_when_services_toml_maps_them(
    world: World, rules: Rules, tmp_path: Path
) -> None:
    world.client(1)
    world.put(
        PSA,
        ContractLine(id="a", company="c1", contract="k", product="Backup for servers"),
        ContractLine(id="b", company="c1", contract="k", product="Coffee", unit="Each"),
        ContractLine(id="c", company="c1", contract="k"),
    )
    found = family(coverage(world.store, rules, NOW), "contract_lines", "services")
    assert (found.rows, found.mapped) == (3, 1)
    pasted = [line_to_paste(found, item) for item in found.unmapped]
    assert None in pasted, "a line without words cannot be mapped by words"
    own = with_rules(tmp_path, *[entry for entry in pasted if entry])
    again = family(coverage(world.store, own, NOW), "contract_lines", "services")
    assert (again.rows, again.mapped) == (3, 2)


def test_rows_are_counted_once_however_many_indicators_see_them(world: World, tmp_path: Path) -> None:
    unknown_tickets(world)
    rules = with_rules(
        tmp_path,
        RULE.format(name="a", where="board = 'Other'", good="is_closed"),
        RULE.format(name="b", where="board in ('Other', 'Help Desk')", good="is_closed"),
    )
    few = Rules(
        blocks=rules.blocks,
        areas=rules.areas,
        indicators=tuple(
            i for i in rules.indicators if i.id in {"clear.it-reporting.a", "clear.it-reporting.b"}
        ),
        tags=rules.tags,
        services=rules.services,
    )
    found = coverage(world.store, few, NOW)
    seen = {item.source: item for item in found.seen}
    assert (seen["tickets"].rows, seen["tickets"].counted, seen["tickets"].has_indicators) == (6, 4, True)
    assert (seen["assets"].counted, seen["assets"].has_indicators) == (0, False)
    assert found.unlinked == {"ticket": 1}


def test_rules_that_do_nothing_are_named(world: World, tmp_path: Path) -> None:
    unknown_tickets(world)
    own = """
[[tag]]
id = "own.never"
kind = "ticket"
tags = ["reactive"]
words = { board = ["no such board"] }
"""
    rules = with_rules(
        tmp_path, own, RULE.format(name="a", where="board = 'no such board'", good="is_closed")
    )
    found = coverage(world.store, rules, NOW)
    assert "own.never" in found.idle_words
    assert "ticket.service-desk" not in found.idle_words
    assert "clear.it-reporting.a" in found.idle
    assert "charge.proactive-services.tickets-per-endpoint" not in found.idle


@pytest.mark.parametrize(
    ("where", "good", "fails"),
    [
        ("is_closed and hours > 1", "hours > 1", False),
        ("is_closed", "true", False),
        ("is_closed", "hours > 1", True),
        ("is_closed or hours > 1", "is_closed", True),
    ],
)
def test_a_rule_whose_condition_is_already_asked_for_cannot_fail(
    sqlite_world: World, tmp_path: Path, where: str, good: str, fails: bool
) -> None:
    rules = with_rules(tmp_path, RULE.format(name="a", where=where, good=good))
    found = coverage(sqlite_world.store, rules, NOW)
    doubts = {item.id: item.why for item in found.never_fail}
    assert ("clear.it-reporting.a" not in doubts) is fails
    assert fails or doubts["clear.it-reporting.a"].startswith("can never fail")


def test_a_rule_that_has_never_failed_is_named_from_enough_rows_on(
    sqlite_world: World, tmp_path: Path
) -> None:
    world = sqlite_world
    world.client(1)
    rules = with_rules(tmp_path, RULE.format(name="a", where="board = 'Z'", good="is_closed"))
    for number in range(NEVER_FAILED_ROWS):
        assert not _doubts(world, rules)
        world.put(PSA, Ticket(id=f"{number}", company="c1", board="Z", is_closed=True, opened_at=ago(1)))
    assert _doubts(world, rules) == [f"has not failed yet: all of its {NEVER_FAILED_ROWS} rows are good"]
    world.put(PSA, Ticket(id="bad", company="c1", board="Z", opened_at=ago(1)))
    assert not _doubts(world, rules)


def _doubts(world: World, rules: Rules) -> list[str]:
    found = coverage(world.store, rules, NOW)
    return [item.why for item in found.never_fail if item.id == "clear.it-reporting.a"]


def test_why_says_how_much_of_the_clients_own_evidence_the_words_miss(world: World, rules: Rules) -> None:
    unknown_tickets(world)
    world.client(2)
    world.put(PSA, Ticket(id="w", company="c2", board="Other", opened_at=ago(1)))
    missed = {
        number: explain(
            world.store, rules, NOW, world.feeds, number, "charge.proactive-services.tickets-per-endpoint"
        )
        for number in (1, 2)
    }
    assert [missed[1][0].unmapped, missed[2][0].unmapped] == [0.5, 1.0]
    words_free = explain(
        world.store, rules, NOW, world.feeds, 1, "clear.service-level-agreement.services-with-sla"
    )
    attested = explain(
        world.store, rules, NOW, world.feeds, 1, "continuous.disaster-recovery-planning.plan-currency"
    )
    assert (len(words_free), attested[0].unmapped) == (1, None)
