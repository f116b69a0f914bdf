"""What words mean: patterns, groups, and an operator's words before ours."""

from pathlib import Path

import pytest

from sevenc_sync.model import Asset, Company, Ticket
from sevenc_sync.score import Rules, WordRule, builtin_rules_dir, load_rules, tag_phrases
from sevenc_sync.score.words import Matcher
from tests.score.conftest import PSA, World


def rule(name: str, *gives: str, group: str | None = None, **words: str) -> WordRule:
    return WordRule(
        id=name,
        kind="ticket",
        gives=gives,
        group=group,
        words={field: tuple(text.split("|")) for field, text in words.items()},
    )


@pytest.mark.parametrize(
    ("pattern", "word", "is_match"),
    [
        ("alerts", "Alerts", True),
        ("alerts", "Alerts 2", False),
        ("alert*", "ALERTS 2", True),
        ("*alert*", "RMM alerts", True),
        ("*alert", "RMM alerts", False),
        ("help*desk", "Help  Desk", True),
        ("help*desk", "helpdesk", True),
        ("a.b", "axb", False),
        ("straße*", "STRASSE 1", True),
        ("*", "", True),
        (" help desk ", "Help\u00a0Desk\n", True),
        ("(x", "(X", True),
    ],
)
def test_patterns_do_not_mind_case_or_blanks_and_know_only_the_star(
    pattern: str, word: str, is_match: bool
) -> None:
    matcher = Matcher.of([rule("r", "t", board=pattern)])
    assert bool(matcher.gives("ticket", {"board": word})) is is_match


def test_one_pattern_of_a_field_is_enough_and_every_field_must_match() -> None:
    matcher = Matcher.of([rule("r", "t", board="a|b", type="x")])
    assert matcher.gives("ticket", {"board": "B", "type": "x"}) == {"t"}
    assert not matcher.gives("ticket", {"board": "b", "type": "y"})
    assert not matcher.gives("ticket", {"board": "b", "type": None})
    assert not matcher.gives("asset", {"board": "b", "type": "x"})


def test_any_is_every_field_of_the_phrase() -> None:
    matcher = Matcher.of([rule("r", "t", any="*audit*")])
    assert matcher.gives("ticket", {"board": "x", "subtype": "Yearly audit"})
    assert not matcher.gives("ticket", {"board": "x", "subtype": None})


def test_all_matching_rules_count_but_of_a_group_only_the_first() -> None:
    rules = [
        rule("1", "a", group="g", board="*"),
        rule("2", "b", group="g", board="*"),
        rule("3", "c", board="*"),
        rule("4", "d", board="*"),
    ]
    assert Matcher.of(rules).gives("ticket", {"board": "x"}) == {"a", "c", "d"}


TICKETS = [
    (
        {
            "board": "Help Desk",
            "type": "Incident",
            "subtype": "Email",
            "category": "Reactive",
            "source": "Phone",
        },
        {"reactive", "incident", "user-raised"},
    ),
    (
        {
            "board": "Alerts",
            "type": "Monitoring Alert",
            "subtype": "Backup",
            "category": "Reactive",
            "source": "RMM Alert",
        },
        {"reactive", "alert", "monitoring", "backup"},
    ),
    (
        {
            "board": "Maintenance",
            "type": "Preventive Maintenance",
            "subtype": "Patching",
            "source": "Internal",
            "category": "Proactive",
        },
        {"proactive", "maintenance"},
    ),
    (
        {"board": "Maintenance", "type": "Review", "subtype": "Business Review", "category": "Proactive"},
        {"proactive", "review", "vcio"},
    ),
    (
        {
            "board": "Help Desk",
            "type": "Question",
            "subtype": "How-To",
            "category": "Reactive",
            "source": "Email",
        },
        {"reactive", "how-to", "user-raised"},
    ),
    ({"board": "Project Support", "type": "Quote"}, {"project"}),
    ({"board": "Internal IT", "type": "Incident"}, {"internal"}),
    ({"board": "Tier 2", "type": "Network", "category": "Reactive"}, {"reactive"}),
    ({"board": "Tier 2", "type": "Network", "category": "Proactive"}, {"proactive"}),
    ({"board": "Tier 2", "type": "Network", "category": None}, set()),
    ({"board": "Service Desk", "type": "Security Audit", "category": "Reactive"}, {"proactive", "audit"}),
]


@pytest.mark.parametrize(("words", "tags"), TICKETS)
def test_the_words_of_a_ticket_come_before_the_vendors_class_of_it(
    rules: Rules, words: dict[str, str | None], tags: set[str]
) -> None:
    assert rules.tag_matcher.gives("ticket", words) == tags


@pytest.mark.parametrize(
    ("type_", "kind"),
    [
        ("Managed Server", "server"),
        ("Managed Workstation", "workstation"),
        ("Desktop PC", "workstation"),
        ("Notebook", "laptop"),
        ("Firewall", "network"),
        ("Network Switch", "network"),
        ("Wireless Access Point", "network"),
        ("BCDR Appliance", "appliance"),
        ("Printer", "other"),
    ],
)
def test_every_type_of_device_has_one_kind(rules: Rules, type_: str, kind: str) -> None:
    assert rules.tag_matcher.gives("asset", {"type": type_, "status": "Active"}) == {kind}


@pytest.mark.parametrize(
    ("types", "role"),
    [
        ("Client", "client"),
        ("Vendor", "vendor"),
        ("My Company", "msp"),
        ("Prospect", "prospect"),
        ("Referral Partner", "partner"),
        ("Press", None),
    ],
)
def test_companies_have_one_role(rules: Rules, types: str, role: str | None) -> None:
    assert rules.tag_matcher.gives("company", {"types": types, "status": "Active"}) == (
        {role} if role else set()
    )


@pytest.mark.parametrize(
    ("product", "area"),
    [
        ("BDR-SERVER", "continuous.backup-management"),
        ("M365-Backup", "continuous.backup-management"),
        ("BDR-FAILOVER", "continuous.disaster-recovery-planning"),
        ("MS-EDR", "continuous.basic-protection-tools"),
        ("MS-VCIO", "competent.professional-it-management"),
        ("MS-AUDIT", "confident.it-audits"),
    ],
)
def test_product_codes_sell_areas(rules: Rules, product: str, area: str) -> None:
    assert area in rules.service_matcher.gives("contract_line", {"product": product, "unit": None})


def test_an_operators_words_are_looked_at_before_ours(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text(
        '[[tag]]\nid = "own.care"\nkind = "ticket"\ngroup = "nature"\ntags = ["proactive", "care"]\nwords = { board = ["help desk"] }\n'
    )
    own = load_rules([builtin_rules_dir(), tmp_path])
    assert own.tag_matcher.gives("ticket", {"board": "Help Desk", "type": "Incident"}) == {
        "proactive",
        "care",
    }


def test_phrases_of_the_store_get_their_tags_and_those_without_any_are_listed_too(
    sqlite_world: World, rules: Rules
) -> None:
    sqlite_world.put(
        PSA,
        Ticket(id="t", company="c", board="Help Desk"),
        Ticket(id="u", company="c", board="Zzz"),
        Ticket(id="v", company="c"),
    )
    sqlite_world.put(
        PSA, Asset(id="a", company="c", type="Server"), Company(id="c", name="C", types="Vendor")
    )
    with sqlite_world.store.read() as connection:
        found = tag_phrases(rules, connection)
    assert {kind: sorted(map(sorted, tags.values())) for kind, tags in found.items()} == {
        "asset": [["server"]],
        "company": [["vendor"]],
        "ticket": [[], ["reactive"]],
    }
