"""Which rows the sources hold: linked, there, active, and each device once."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import update

from sevenc_sync.clock import to_seconds
from sevenc_sync.model import Asset, Company, Contract, ContractLine, Protection, Ticket
from sevenc_sync.score import Rules
from sevenc_sync.score.binding import Binder
from sevenc_sync.score.indicators import dry_scope
from sevenc_sync.score.language import build
from sevenc_sync.score.sources import SOURCES
from sevenc_sync.score.vocabulary import Uses
from sevenc_sync.score.words import Phrases
from sevenc_sync.store import tables
from tests.score.conftest import BACKUP, NOW, PSA, World, ago

Rows = list[dict[str, Any]]


def rows(
    world: World,
    rules: Rules,
    source: str,
    *columns: str,
    where: str = "true",
    clients: list[int] | None = None,
) -> Rows:
    """The source's rows with these columns, in the order of their ids; times as seconds."""
    with world.store.read() as connection:
        binder = Binder(rules, to_seconds(NOW), Phrases.read(connection), connection.dialect.name, clients)
        dry = build(
            where,
            dry_scope(
                SOURCES[source],
                frozenset(t for r in rules.tags for t in r.gives),
                frozenset(rules.area_by_slug),
            ),
        )
        assert not dry.faults
        bound = binder.bind(source, Uses(columns=frozenset(columns)) | dry.uses)
        condition = build(where, bound.scope(rules, to_seconds(NOW))).sql
        chosen = [bound.client.label("client"), bound.columns["id"].label("id")]
        chosen += [bound.columns[name].label(f"x_{name}") for name in columns]
        found = connection.execute(bound.select(*chosen).where(condition)).mappings()
        return sorted(
            ({key.removeprefix("x_"): value for key, value in row.items()} for row in found),
            key=lambda row: (row["client"], row["id"]),
        )


def ids(found: Rows) -> list[str]:
    return [row["id"] for row in found]


def test_only_records_of_linked_companies_that_are_still_there_belong_to_a_client(
    world: World, rules: Rules
) -> None:
    world.client(1)
    world.link(PSA, "waits", None, "review")
    world.put(PSA, Ticket(id="mine", company="c1"), Ticket(id="stray", company="nobody"))
    world.put(PSA, Ticket(id="waiting", company="waits"), Ticket(id="none", company=None))
    world.put(
        BACKUP, Ticket(id="mine", company="c1")
    )  # the same ids in an account where they mean something else
    world.put(PSA, Ticket(id="gone", company="c1"), gone=True)
    assert rows(world, rules, "tickets") == [{"client": 1, "id": "mine"}]


def test_inactive_clients_have_no_rows(world: World, rules: Rules) -> None:
    world.client(1)
    world.client(2)
    world.put(PSA, Ticket(id="a", company="c1"), Ticket(id="b", company="c2"))
    with world.store.write() as connection:
        connection.execute(update(tables.client).where(tables.client.c.id == 1).values(is_active=False))
    assert ids(rows(world, rules, "tickets")) == ["b"]
    assert ids(rows(world, rules, "companies")) == ["c2"]


def test_a_choice_of_clients_holds_for_every_source(world: World, rules: Rules) -> None:
    for n in (1, 2):
        world.client(n)
        world.put(PSA, Ticket(id=f"t{n}", company=f"c{n}"), Asset(id=f"a{n}", company=f"c{n}"))
        world.put(
            PSA,
            Contract(id=f"k{n}", company=f"c{n}"),
            ContractLine(id=f"l{n}", company=f"c{n}", contract=f"k{n}"),
        )
        world.put(BACKUP, Protection(id=f"p{n}", company=f"b{n}"))
    for source in ("tickets", "assets", "contracts", "contract_lines", "protections", "companies"):
        assert {row["client"] for row in rows(world, rules, source, clients=[2])} == {2}, source


def test_a_merged_ticket_is_left_out(world: World, rules: Rules) -> None:
    world.client(1)
    world.put(PSA, Ticket(id="kept", company="c1"), Ticket(id="merged", company="c1", merged_into="kept"))
    assert ids(rows(world, rules, "tickets")) == ["kept"]


def test_a_client_has_one_company_row_its_master_record(world: World, rules: Rules) -> None:
    world.client(1, seats=None)
    world.put(BACKUP, Company(id="b1", name="Client One"))
    world.put(PSA, Company(id="branch", name="Branch"))
    world.link(PSA, "branch", 1)
    assert ids(rows(world, rules, "companies")) == ["c1"]


def test_a_device_known_to_two_sources_is_one_row_the_psas(world: World, rules: Rules) -> None:
    world.client(1)
    world.put(PSA, Asset(id="z", company="c1", type="Server", name="SRV"))
    world.put(
        BACKUP,
        Asset(id="a", company="b1", type="Server", name="srv.local"),
        Asset(id="b", company="b1", kind="appliance"),
    )
    world.device(1, ("asset", PSA, "z"), ("asset", BACKUP, "a"))
    assert rows(world, rules, "assets", "kind", "name") == [
        {"client": 1, "id": "b", "kind": "appliance", "name": None},
        {"client": 1, "id": "z", "kind": "server", "name": "SRV"},
    ]


def test_of_two_psa_records_of_a_device_the_active_one_stands_for_it(world: World, rules: Rules) -> None:
    world.client(1)
    world.put(PSA, Asset(id="old", company="c1", is_active=False, updated_at=ago(1)))
    world.put(PSA, Asset(id="new", company="c1", is_active=True, updated_at=ago(9)))
    world.device(1, ("asset", PSA, "old"), ("asset", PSA, "new"))
    assert ids(rows(world, rules, "assets")) == ["new"]


def test_of_two_equal_records_the_newest_and_then_the_lowest_id_stands_for_the_device(
    world: World, rules: Rules
) -> None:
    world.client(1)
    world.put(
        PSA, Asset(id="b", company="c1", updated_at=ago(2)), Asset(id="a", company="c1", updated_at=ago(3))
    )
    world.put(PSA, Asset(id="Z", company="c1"), Asset(id="y", company="c1"))
    world.device(1, ("asset", PSA, "b"), ("asset", PSA, "a"))
    world.device(1, ("asset", PSA, "y"), ("asset", PSA, "Z"))
    assert ids(rows(world, rules, "assets")) == ["Z", "b"]


def test_devices_that_no_link_knows_are_devices_of_their_own(world: World, rules: Rules) -> None:
    world.client(1)
    world.put(PSA, Asset(id="a", company="c1"), Asset(id="b", company="c1"))
    world.put(BACKUP, Asset(id="a", company="b1"))
    assert len(rows(world, rules, "assets")) == 3


def test_the_vendors_kind_comes_before_the_words(world: World, rules: Rules) -> None:
    world.client(1)
    given = [
        ("1", "laptop", "Managed Server"),
        ("2", None, "managed WORKSTATION"),
        ("3", None, "Printer"),
        ("4", None, None),
    ]
    world.put(PSA, *[Asset(id=i, company="c1", kind=kind, type=type_) for i, kind, type_ in given])
    assert [row["kind"] for row in rows(world, rules, "assets", "kind")] == [
        "laptop",
        "workstation",
        "other",
        None,
    ]


def test_managed_means_neither_inactive_nor_retired_by_its_status(world: World, rules: Rules) -> None:
    world.client(1)
    states = [(None, None), (True, "Active"), (False, "Active"), (True, "Retired")]
    world.put(
        PSA, *[Asset(id=str(i), company="c1", is_active=a, status=s) for i, (a, s) in enumerate(states)]
    )
    assert [bool(row["managed"]) for row in rows(world, rules, "assets", "managed")] == [
        True,
        True,
        False,
        False,
    ]


def test_backup_facts_of_a_device_are_those_of_all_its_protections(world: World, rules: Rules) -> None:
    world.client(1)
    world.put(PSA, Asset(id="s", company="c1"), Asset(id="t", company="c1"))
    world.put(
        BACKUP,
        Protection(id="1", company="b1", last_success_at=ago(3), offsite_at=ago(1), is_paused=True),
        Protection(id="2", company="b1", last_success_at=ago(2), verified_at=ago(4), verified_ok=True),
        Protection(id="3", company="b1", last_success_at=ago(1), is_archived=True),
        Protection(id="4", company="b1", verified_at=ago(1), verified_ok=False),
        Protection(id="5", company="b1", last_success_at=ago(0.1), is_paused=True),
    )
    keys: list[tuple[str, int, str]] = [("protection", BACKUP, str(n)) for n in (1, 2, 3, 4)]
    world.device(1, ("asset", PSA, "s"), *keys)
    world.device(1, ("asset", PSA, "t"), ("protection", BACKUP, "5"))
    columns = ("last_backup_success_at", "offsite_at", "verified_at", "is_protected")
    first, second = rows(world, rules, "assets", *columns)
    seconds = [to_seconds(ago(days)) for days in (2, 1, 4)]
    assert [first[name] for name in columns[:3]] == seconds
    assert (bool(first["is_protected"]), bool(second["is_protected"])) == (True, False)


def test_backup_facts_come_from_the_devices_own_client_only(world: World, rules: Rules) -> None:
    world.client(1)
    world.client(2)
    world.put(PSA, Asset(id="s", company="c1"))
    world.put(BACKUP, Protection(id="p", company="b2", last_success_at=ago(1)))
    world.device(1, ("asset", PSA, "s"))
    world.device(2, ("protection", BACKUP, "p"))
    assert rows(world, rules, "assets", "last_backup_success_at")[0]["last_backup_success_at"] is None


def test_a_contract_is_in_force_from_its_first_to_the_end_of_its_last_day(world: World, rules: Rules) -> None:
    world.client(1)
    given: dict[str, dict[str, Any]] = {
        "a open": {},
        "b last day": {"starts_on": ago(100), "ends_on": ago(0.5)},
        "c over": {"ends_on": ago(1.01)},
        "d not begun": {"starts_on": ago(-1)},
        "e cancelled": {"cancelled_on": ago(1)},
        "f will be cancelled": {"cancelled_on": ago(-1)},
        "g expired": {"is_active": False},
    }
    world.put(PSA, *[Contract(id=name, company="c1", **facts) for name, facts in given.items()])
    found = rows(world, rules, "contracts", where="in_force")
    assert ids(found) == ["a open", "b last day", "f will be cancelled"]


def test_a_line_is_in_force_with_its_contract(world: World, rules: Rules) -> None:
    world.client(1)
    world.put(
        PSA,
        Contract(id="k", company="c1", name="Care", type="Managed"),
        Contract(id="over", company="c1", ends_on=ago(9)),
    )
    world.put(PSA, Contract(id="gone", company="c1"), gone=True)
    made: list[tuple[str, str, dict[str, Any]]] = [
        ("a", "k", {}),
        ("b", "over", {}),
        ("c", "gone", {}),
        ("d", "none", {}),
        ("e", "k", {"cancelled_on": ago(1)}),
    ]
    world.put(PSA, *[ContractLine(id=i, company="c1", contract=k, **more) for i, k, more in made])
    found = rows(world, rules, "contract_lines", "in_force", "contract_name", "contract_type")
    assert [bool(row["in_force"]) for row in found] == [True, False, False, False, False]
    assert (found[0]["contract_name"], found[0]["contract_type"]) == ("Care", "Managed")
    assert found[2]["contract_name"] is None


def test_archived_protections_are_left_out(world: World, rules: Rules) -> None:
    world.client(1)
    world.put(BACKUP, Protection(id="a", company="b1"), Protection(id="b", company="b1", is_archived=True))
    assert ids(rows(world, rules, "protections", "in_psa")) == ["a"]


def test_numbers_too_large_to_be_meant_are_null(world: World, rules: Rules) -> None:
    world.client(1)
    hours: list[float] = [1e300, -1e300, 8.5]
    world.put(PSA, *[Ticket(id=str(i), company="c1", hours=h) for i, h in enumerate(hours)])
    assert [row["hours"] for row in rows(world, rules, "tickets", "hours")] == [None, None, 8.5]


def test_every_column_of_every_source_can_be_read(
    world: World, rules: Rules, furnish: Callable[[World], None]
) -> None:
    furnish(world)
    for name, source in SOURCES.items():
        found = rows(world, rules, name, *(set(source.columns) - {"id"}))
        # Events have the client's own record beside what is in the calendar.
        assert len(found) == (2 if name == "events" else 1), name
        assert all(set(row) == {"client", *source.columns} for row in found), name


def test_words_are_looked_up_by_index_and_not_row_by_row(sqlite_world: World, rules: Rules) -> None:
    with sqlite_world.store.read() as connection:
        binder = Binder(rules, to_seconds(NOW), Phrases.read(connection), connection.dialect.name, None)
        bound = binder.bind("tickets", Uses(tags=frozenset({"reactive"})))
        asked = bound.select(bound.columns["id"]).where(bound.flags["reactive"])
        plain = asked.compile(connection.engine, compile_kwargs={"literal_binds": True})
        plan = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {plain}")]
    assert any("SEARCH words" in step for step in plan), plan


def test_a_protection_that_was_left_behind_is_no_machine_of_its_own(world: World, rules: Rules) -> None:
    world.client(1)
    world.put(BACKUP, *[Protection(id=number, company="b1") for number in ("old", "new", "other")])
    world.device(1, ("protection", BACKUP, "old"), ("protection", BACKUP, "new"))
    assert ids(rows(world, rules, "protections")) == ["new", "old", "other"]
    with world.store.write() as connection:
        columns = tables.device_link.c
        connection.execute(update(tables.device_link).where(columns.id == "old").values(is_stale=True))
    assert ids(rows(world, rules, "protections")) == ["new", "other"]
