"""What several records of one device say together, and what it means that nobody says it."""

from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest

from sevenc_sync.model import Asset
from sevenc_sync.score import Rules, RulesInvalid, builtin_rules_dir, load_rules
from sevenc_sync.score.sources import SOURCES
from sevenc_sync.score.told import Told, _sets
from sevenc_sync.store.tables import TOLD_OF_DEVICES
from tests.score.conftest import BACKUP, PSA, RMM, World, ago
from tests.score.test_score_sources import rows

COVERAGE = "competent.managed-services.agent-coverage"
ANTIVIRUS = "continuous.basic-protection-tools.av-healthy"
ENCRYPTED = "continuous.basic-protection-tools.disk-encryption"


def seconds(days: float) -> int:
    return int(ago(days).timestamp())


def a_device(world: World, psa: dict[str, Any], *others: tuple[int, dict[str, Any]]) -> None:
    """One device with its PSA record and what other accounts say of it."""
    world.client(1)
    world.rmm(1)
    world.account(10, "second rmm")
    world.link(10, "s1", 1)
    world.put(PSA, Asset(id="a", company="c1", type="Laptop", **psa))
    keys = [("asset", PSA, "a")]
    company = {RMM: "r1", 10: "s1", BACKUP: "b1"}
    for n, (account, facts) in enumerate(others):
        world.put(account, Asset(id=f"o{n}", company=company[account], **facts))
        keys.append(("asset", account, f"o{n}"))
    world.device(1, *keys)


def test_the_psa_record_stands_for_the_device_and_an_agent_tells_its_state(
    world: World, rules: Rules
) -> None:
    a_device(
        world,
        {"name": "PC-1", "last_seen_at": ago(9), "warranty_ends_on": ago(-5)},
        (
            RMM,
            {
                "name": "other",
                "last_seen_at": ago(1),
                "is_encrypted": True,
                "warranty_ends_on": ago(-99),
                "os": "W",
            },
        ),
    )
    found = rows(world, rules, "assets", "name", "last_seen_at", "is_encrypted", "warranty_ends_on", "os")
    assert found == [
        {
            "client": 1,
            "id": "a",
            "name": "PC-1",
            "last_seen_at": seconds(1),
            "is_encrypted": True,
            "warranty_ends_on": seconds(-5),
            "os": "W",
        }
    ]


def test_of_two_agents_the_newer_word_counts_and_silence_is_no_word(world: World, rules: Rules) -> None:
    a_device(
        world,
        {},
        (
            RMM,
            {"last_seen_at": ago(20), "patches_missing": 0, "is_encrypted": True, "antivirus_present": True},
        ),
        (10, {"last_seen_at": ago(1), "patches_missing": 7, "is_encrypted": False}),
    )
    (found,) = rows(
        world, rules, "assets", "patches_missing", "is_encrypted", "antivirus_present", "last_seen_at"
    )
    assert (found["patches_missing"], found["is_encrypted"], found["antivirus_present"]) == (7, False, True)
    assert found["last_seen_at"] == seconds(1)


def test_a_record_that_is_gone_says_nothing(world: World, rules: Rules) -> None:
    a_device(world, {})
    world.put(RMM, Asset(id="g", company="r1", is_encrypted=True), gone=True)
    world.device(1, ("asset", RMM, "g"))
    assert [row["is_encrypted"] for row in rows(world, rules, "assets", "is_encrypted")] == [None]


def test_the_order_of_records_does_not_matter(world: World, rules: Rules) -> None:
    same = {"last_seen_at": ago(1)}
    a_device(
        world,
        {},
        (10, {**same, "patches_missing": 5}),
        (RMM, {**same, "patches_missing": 3}),
        (RMM, {**same, "patches_missing": 4}),
    )
    # At the same moment the account with the smaller number is heard first, then the smaller id.
    assert [row["patches_missing"] for row in rows(world, rules, "assets", "patches_missing")] == [3]


def test_whose_word_counts_is_data_that_an_msp_can_change(world: World, tmp_path: Path) -> None:
    said = {"os": "W10", "serial": "P", "last_seen_at": ago(9)}
    a_device(
        world, said, (RMM, {"os": "W11", "serial": "R", "last_seen_at": ago(1), "warranty_ends_on": ago(3)})
    )
    (tmp_path / "own.toml").write_text("""
        [[device]]
        id = "os"
        first = "agent"
        [[device]]
        id = "serial"
        first = "agent"
        [[device]]
        id = "last_seen_at"
        first = "standing"
        [[device]]
        id = "warranty_ends_on"
        enabled = false
    """)
    own = load_rules([builtin_rules_dir(), tmp_path])
    (found,) = rows(world, own, "assets", "os", "serial", "last_seen_at", "warranty_ends_on")
    assert (found["os"], found["serial"]) == ("W11", "R")
    assert found["last_seen_at"] == seconds(9)
    # What no entry names is the standing record's alone.
    assert found["warranty_ends_on"] is None


def test_a_wrong_word_about_a_device_is_a_mistake_with_its_place(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text("""[[device]]
id = "oss"
first = "agent"
[[device]]
id = "os_build"
first = "latest"
[[device]]
id = "os"
first = "psa"
""")
    with pytest.raises(RulesInvalid) as raised:
        load_rules([builtin_rules_dir(), tmp_path])
    said = str(raised.value)
    assert "own.toml:2: oss" in said
    assert "unknown fact of a device" in said
    assert "own.toml:6: os_build" in said
    assert "needs a fact that is a time" in said
    assert "own.toml:9: os" in said


@pytest.mark.parametrize(
    ("indicator", "reason"),
    [
        (COVERAGE, "no source says when devices were last seen"),
        (ANTIVIRUS, "no source says when devices were last seen"),
        (ENCRYPTED, "no source says whether disks are encrypted"),
        ("continuous.basic-protection-tools.patched-14d", "no source says when devices were last seen"),
        ("competent.uptime-extension.availability", "no source says how long devices were offline"),
    ],
)
def test_what_no_source_says_is_unknown_and_never_level_0(
    sqlite_world: World, rules: Rules, indicator: str, reason: str
) -> None:
    sqlite_world.client(1)
    sqlite_world.put(PSA, Asset(id="a", company="c1", type="Laptop"))
    # A backup appliance tells of itself alone.
    sqlite_world.put(BACKUP, Asset(id="x", company="b1", kind="appliance", last_seen_at=ago(0)))
    found = sqlite_world.indicator(rules, indicator)
    assert (found.level, found.value, found.reason) == (None, None, reason)


def agents_of_another_client(world: World) -> None:
    world.client(1)
    world.client(2)
    world.put(PSA, Asset(id="a", company="c1", type="Laptop"))
    world.rmm(2)
    world.put(RMM, Asset(id="g", company="r2", kind="laptop", last_seen_at=ago(1)))


def test_a_client_that_a_working_agent_source_does_not_know_has_no_agents(
    sqlite_world: World, rules: Rules
) -> None:
    agents_of_another_client(sqlite_world)
    found = sqlite_world.indicator(rules, COVERAGE)
    assert (found.value, found.sample, found.level) == (0.0, 1, 0.0)


def test_another_clients_psa_says_nothing_about_this_one(sqlite_world: World, rules: Rules) -> None:
    sqlite_world.client(1)
    sqlite_world.put(PSA, Asset(id="a", company="c1", type="Laptop"))
    sqlite_world.account(12, "other psa")
    sqlite_world.stream(12, "devices")
    sqlite_world.feeds["asset"].append((12, "devices"))
    sqlite_world.client(2)
    move_to_account(sqlite_world, 2, 12)
    sqlite_world.put(12, Asset(id="g", company="z", kind="laptop", last_seen_at=ago(1)))
    found = sqlite_world.indicator(rules, COVERAGE)
    assert (found.level, found.reason) == (None, "no source of this client says when devices were last seen")


def move_to_account(world: World, client: int, account: int) -> None:
    from sevenc_sync.store import tables

    with world.store.write() as connection:
        connection.execute(
            tables.client.update().where(tables.client.c.id == client).values(account=account, company="z")
        )


@pytest.mark.parametrize(
    "breaks",
    [
        lambda world: world.stream(RMM, "agents", ok=ago(4)),
        lambda world: world.stream(RMM, "agents", state="unreadable"),
    ],
)
def test_agents_that_cannot_be_read_make_unknown_although_the_psa_is_fresh(
    sqlite_world: World, rules: Rules, breaks: Callable[[World], None]
) -> None:
    sqlite_world.client(1)
    sqlite_world.rmm(1)
    sqlite_world.put(RMM, Asset(id="g", company="r1", kind="laptop", last_seen_at=ago(1)))
    assert sqlite_world.indicator(rules, COVERAGE).level == 5.0
    breaks(sqlite_world)
    found = sqlite_world.indicator(rules, COVERAGE)
    assert found.level is None
    assert (found.reason or "").startswith("rmm, agents: ")


@pytest.mark.parametrize("how", ["is gone", "waits in review", "is another client's"])
def test_a_record_that_is_none_of_the_client_s_stands_for_none_of_its_devices(
    world: World, rules: Rules, how: str
) -> None:
    """The devices were put together before the record went: until they are again, the other record stands."""
    world.client(1)
    world.client(2)
    world.rmm(1)
    world.link(
        PSA, "left", 2 if how == "is another client's" else 1, "review" if "review" in how else "linked"
    )
    world.put(RMM, Asset(id="g", company="r1", kind="server", name="stands"))
    world.put(PSA, Asset(id="a", company="left", type="Server", name="left"), gone=how == "is gone")
    world.device(1, ("asset", PSA, "a"), ("asset", RMM, "g"))
    assert rows(world, rules, "assets", "name", clients=[1]) == [{"client": 1, "id": "g", "name": "stands"}]


def test_a_second_record_in_the_client_s_own_psa_tells_nothing_of_the_device(
    world: World, rules: Rules
) -> None:
    """The PSA says what it says by the record that stands; a retired double of it is no second opinion."""
    world.client(1)
    world.put(PSA, Asset(id="a", company="c1", type="Server", updated_at=ago(9)))
    world.put(
        PSA,
        Asset(
            id="b",
            company="c1",
            type="Server",
            is_active=False,
            os="W",
            last_seen_at=ago(1),
            updated_at=ago(1),
        ),
    )
    world.device(1, ("asset", PSA, "a"), ("asset", PSA, "b"))
    (found,) = rows(world, rules, "assets", "os", "last_seen_at")
    assert found == {"client": 1, "id": "a", "os": None, "last_seen_at": None}


def test_the_models_bought_most_within_a_year_are_common_by_the_clients_own_psa_alone(
    world: World, rules: Rules
) -> None:
    world.client(1)
    world.rmm(1)
    bought = [("A", 4, 30), ("B", 3, 30), ("C", 2, 30), ("D", 1, 30), ("E", 9, 400), (None, 5, 30)]
    for model, number, age in bought:
        for n in range(number):
            world.put(
                PSA,
                Asset(id=f"{model}{n}", company="c1", type="Workstation", model=model, purchased_on=ago(age)),
            )
    for n in range(9):
        world.put(RMM, Asset(id=f"r{n}", company="r1", type="Workstation", model="D", purchased_on=ago(9)))
    found = rows(world, rules, "assets", "model", "is_common_model")
    said = {(row["model"], row["is_common_model"]) for row in found}
    assert said == {("A", True), ("B", True), ("C", True), ("D", False), ("E", False), (None, None)}


def test_each_fact_that_not_every_source_tells_has_its_bit() -> None:
    told = {name for name, fact in SOURCES["assets"].columns.items() if fact.told is not None}
    assert set(TOLD_OF_DEVICES) == told
    assert not any(
        fact.told for name, source in SOURCES.items() if name != "assets" for fact in source.columns.values()
    )


def test_what_an_account_tells_is_what_some_record_of_it_tells_that_is_there(world: World) -> None:
    """Compared with reading every record, over records that each tell a few things, or nothing."""
    chance = Random(7)  # noqa: S311 - nobody guards anything with it
    some: dict[str, Any] = {
        name: ago(1) if name.endswith("_at") else True if name.startswith(("antivirus", "is_")) else 0
        for name in TOLD_OF_DEVICES
    }
    tellers: dict[str, set[int]] = {name: set() for name in TOLD_OF_DEVICES}
    world.account(RMM, "rmm")
    world.account(13, "tells nothing")
    for account, names in (
        (PSA, TOLD_OF_DEVICES[:1]),
        (RMM, TOLD_OF_DEVICES[1:9]),
        (BACKUP, TOLD_OF_DEVICES),
    ):
        for n in range(30):
            facts = {name: some[name] for name in names if chance.random() < 0.2}
            kind, is_gone = chance.choice([None, "server", "appliance"]), n % 5 == 0
            if account == BACKUP and n % 2:
                kind = "appliance"
            elif account == BACKUP:
                is_gone = True
            world.put(account, Asset(id=f"{n}", company="x", kind=kind, **facts), gone=is_gone)
            for name in facts:
                if kind != "appliance" and not is_gone:
                    tellers[name].add(account)
    with world.store.read() as connection:
        told = Told.read(connection)
    assert told.accounts == {("asset", name): numbers for name, numbers in tellers.items()}
    assert tellers["last_seen_at"] == {PSA}
    assert tellers["monitored_minutes"] == set()


def test_what_accounts_tell_is_found_without_reading_their_devices(sqlite_world: World) -> None:
    with sqlite_world.store.read() as connection:
        statement = _sets().compile(dialect=connection.dialect)
        plan = "\n".join(
            row.detail for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", (0,))
        )
    assert "SEARCH asset USING INDEX ix_asset_told (account=?)" in plan
    assert "SEARCH asset USING INDEX ix_asset_told (account=? AND <expr>>?)" in plan
    assert "SCAN asset" not in plan
