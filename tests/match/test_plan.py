"""The plan of which company is which client: rules by example, then laws over made-up worlds."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from sevenc_sync.match.clients import Decision, Known, Plan, plan
from sevenc_sync.match.index import named_accounts
from sevenc_sync.match.names import spellings
from sevenc_sync.match.nearby import blocking_keys
from sevenc_sync.store.clients import ClientRow
from sevenc_sync.store.companies import CompanyKey, CompanyRow
from sevenc_sync.store.links import LinkRow

SYSTEMS = {
    1: ("psa", "connectwise_psa"),
    2: ("old psa", "autotask_psa"),
    3: ("backup", "datto_bcdr"),
    4: ("rmm", "datto_rmm"),
}
ROLES = {1: "psa", 2: "psa", 3: "backup", 4: "rmm"}


def company(
    account: int, key: str, name: str, external: Mapping[str, str] | None = None, **more: Any
) -> CompanyRow:
    return CompanyRow(account=account, id=key, name=name, external=external or {}, **more)


def client(number: int, account: int, key: str, name: str, *, is_active: bool = True) -> ClientRow:
    return ClientRow(id=number, name=name, account=account, company=key, is_active=is_active, seats=None)


def by_type(row: CompanyRow) -> bool | None:
    """Client, anything else named, or not said: as an MSP's company types would tell."""
    return None if row.types is None else row.types == "Client"


def known(
    companies: Sequence[CompanyRow],
    clients: Sequence[ClientRow] = (),
    links: Sequence[LinkRow] = (),
    master: int | None = 1,
) -> Known:
    roles = {number: role for number, role in ROLES.items() if number == master or role != "psa"}
    return Known(
        companies=companies, clients=clients, links=links, master=master, roles=roles, systems=SYSTEMS
    )


def carried_out(before: Known, planned: Plan) -> Known:
    """What is there after the plan: as the store would keep it."""
    number = max((row.id for row in before.clients), default=0)
    clients: dict[int, ClientRow] = {}
    ids: dict[int, int] = {}
    for item in sorted(planned.clients, key=lambda item: (item.account, item.company)):
        key = item.id
        if key is None:
            number += 1
            key = number
        ids[id(item)] = key
        clients[key] = replace(
            client(key, item.account, item.company, item.name, is_active=item.is_active), seats=item.seats
        )
    links = {row.key: row for row in before.links if row.key not in planned.dropped}
    for at, decision in planned.decisions.items():
        links[at] = line(at, decision, ids, next(row.name for row in before.companies if row.key == at))
    for at, (_, now_called) in planned.renamed.items():
        links[at] = replace(links[at], name=now_called)
    return replace(before, clients=list(clients.values()), links=list(links.values()))


def line(key: CompanyKey, decision: Decision, ids: Mapping[int, int], name: str) -> LinkRow:
    owner = None if decision.client is None else ids[id(decision.client)]
    return LinkRow(
        account=key[0],
        company=key[1],
        client=owner,
        state=decision.state,
        method=decision.method,
        detail=decision.detail,
        name=name,
    )


def settled(before: Known) -> Known:
    return carried_out(before, plan(before, by_type))


def owner(ledger: Known, key: CompanyKey) -> str | None:
    """The name of the client that a company is linked to."""
    row = next((row for row in ledger.links if row.key == key), None)
    if row is None or row.state != "linked":
        return None
    return next(item.name for item in ledger.clients if item.id == row.client)


def why(ledger: Known, key: CompanyKey) -> str | None:
    row = next(row for row in ledger.links if row.key == key)
    assert row.state == "review"
    assert row.client is None
    return row.detail


ACME = company(1, "10", "Acme Ltd", types="Client")
BETA = company(1, "11", "Beta GmbH", types="Client")


def test_a_masters_company_becomes_a_client_when_the_predicate_says_so() -> None:
    ledger = settled(known([ACME, company(1, "12", "Parts Inc", types="Vendor")]))
    assert [item.name for item in ledger.clients] == ["Acme Ltd"]
    assert owner(ledger, (1, "10")) == "Acme Ltd"
    assert not [row for row in ledger.links if row.key == (1, "12")]


def test_where_the_predicate_cannot_tell_a_contract_in_force_makes_a_client() -> None:
    ledger = settled(known([company(1, "1", "With", has_contract=True), company(1, "2", "Without")]))
    assert [item.name for item in ledger.clients] == ["With"]


def test_inactive_and_gone_companies_are_no_clients_whatever_their_type() -> None:
    rows = [
        company(1, "1", "Left", types="Client", is_active=False),
        company(1, "2", "Deleted", types="Client", is_gone=True),
    ]
    assert settled(known(rows)).clients == []


def test_the_msps_own_company_and_catch_alls_of_the_psa_are_asked_about_until_a_person_calls_them_clients() -> (
    None
):
    rows = [
        company(1, "1", "Default", types="Client"),
        company(1, "2", "Ourselves", types="Client", is_msp=True),
        company(1, "3", "Unassigned", types="Vendor"),
        company(1, "4", "Test", types="Client", is_active=False),
        company(3, "a", "Default"),
        company(3, "b", "Ourselves"),
    ]
    asked = settled(known(rows))
    assert asked.clients == []
    assert [(row.company, row.state, row.method) for row in asked.links] == [
        ("1", "review", "catch-all"),
        ("2", "review", "own"),
        ("a", "review", "catch-all"),
        ("b", "review", "own"),
    ]
    said = settled(replace(asked, said_clients=frozenset({(1, "1"), (1, "2")})))
    assert {item.name: item.is_active for item in said.clients} == {"Default": True, "Ourselves": True}
    assert owner(said, (3, "a")) == "Default"
    assert owner(said, (3, "b")) == "Ourselves"
    again = settled(replace(said, said_clients=frozenset()))
    assert {item.name: item.is_active for item in again.clients} == {"Default": False, "Ourselves": False}
    assert why(again, (1, "1")) == why(asked, (1, "1"))


def test_a_company_that_stops_being_a_client_leaves_it_inactive_with_its_link() -> None:
    for change in ({"is_active": False}, {"is_gone": True}, {"types": "Former"}):
        before = settled(known([ACME]))
        after = settled(replace(before, companies=[replace(ACME, **change)]))
        assert [(item.id, item.is_active) for item in after.clients] == [(1, False)]
        assert owner(after, (1, "10")) == "Acme Ltd"


def test_a_client_that_comes_back_is_the_same_client() -> None:
    gone = settled(replace(settled(known([ACME])), companies=[replace(ACME, is_gone=True)]))
    back = settled(replace(gone, companies=[ACME]))
    assert [(item.id, item.is_active) for item in back.clients] == [(1, True)]


def test_a_rename_upstream_keeps_the_number_and_updates_the_name() -> None:
    before = settled(known([ACME, BETA]))
    after = settled(replace(before, companies=[replace(ACME, name="Zenith Ltd"), BETA]))
    assert sorted((item.id, item.name) for item in after.clients) == [(1, "Zenith Ltd"), (2, "Beta GmbH")]


def test_an_equal_name_links_and_two_companies_of_one_vendor_may_be_one_client() -> None:
    ledger = settled(known([ACME, BETA, company(3, "a", "ACME LIMITED"), company(3, "b", "acme")]))
    assert owner(ledger, (3, "a")) == owner(ledger, (3, "b")) == "Acme Ltd"


def test_an_explicit_id_wins_over_the_name_and_the_contradiction_is_noted() -> None:
    for system in ("PSA", "connectwise_psa", "connectwise", "ConnectWise"):
        ledger = settled(known([ACME, BETA, company(3, "a", "Acme Ltd", {system: " 11 "})]))
        assert owner(ledger, (3, "a")) == "Beta GmbH"
        (row,) = [row for row in ledger.links if row.key == (3, "a")]
        assert row.detail == f"{system} id 11; its name is that of Acme Ltd (10)"


def test_an_id_that_the_master_keeps_of_the_other_system_links_too() -> None:
    ledger = settled(known([replace(ACME, external={"backup": "t-9"}), company(3, "t-9", "Something else")]))
    assert owner(ledger, (3, "t-9")) == "Acme Ltd"


def test_a_connectors_name_that_two_accounts_share_points_to_neither() -> None:
    twins = {**SYSTEMS, 2: ("other psa", "connectwise_psa")}
    base = known(
        [
            ACME,
            company(2, "10", "Delta", types="Client"),
            company(3, "a", "Nobody", {"connectwise_psa": "10"}),
        ],
    )
    ledger = settled(replace(base, systems=twins, roles=ROLES))
    assert why(ledger, (3, "a")) == "no client has this name"


def test_ids_that_contradict_each_other_wait_with_both_names() -> None:
    rows = [
        replace(ACME, external={"backup": "t"}),
        replace(BETA, external={"backup": "t"}),
        company(3, "t", "Acme"),
    ]
    assert (
        why(settled(known(rows)), (3, "t"))
        == "its ids point to several clients: Acme Ltd (10), Beta GmbH (11)"
    )


def test_an_id_of_a_company_that_is_no_client_waits_and_says_so() -> None:
    rows = [ACME, company(1, "12", "Parts Inc", types="Vendor"), company(3, "a", "Acme", {"psa": "12"})]
    assert why(settled(known(rows)), (3, "a")) == "its id points to a company that is no client: Parts Inc"


def test_an_id_that_leads_nowhere_falls_back_to_the_name_and_is_told() -> None:
    rows = [
        ACME,
        company(3, "a", "Acme", {"psa": "999"}),
        company(3, "b", "Nobody", {"psa": "999"}),
        company(3, "c", "Nobody", {"rmm": "999"}),
    ]
    ledger = settled(known(rows))
    assert owner(ledger, (3, "a")) == "Acme Ltd"
    assert {row.company: row.detail for row in ledger.links if row.account == 3} == {
        "a": "equal name: acme; psa id 999 leads nowhere",
        "b": "psa id 999 leads nowhere, and no client has this name",
        "c": "no client has this name",
    }


def test_what_stands_in_for_an_id_is_none() -> None:
    us = company(1, "0", "Brightwater", types="Client", is_msp=True)
    for empty in ("", " ", "0", "N/A", "null", "-1"):
        assert (
            owner(settled(known([us, ACME, company(3, "a", "Acme", {"psa": empty})])), (3, "a")) == "Acme Ltd"
        )


def test_a_name_that_two_clients_have_links_nothing_and_waits_with_their_names() -> None:
    twin = company(1, "20", "Acme Inc", types="Client")
    ledger = settled(known([ACME, twin, company(3, "a", "ACME LTD")]))
    assert why(ledger, (3, "a")) == "several clients have this name: Acme Inc (20), Acme Ltd (10)"


def test_a_name_between_two_clients_links_to_neither() -> None:
    rows = [
        company(1, str(n), name, types="Client") for n, name in enumerate(["Müller", "Mueller", "Muller"])
    ]
    for name in ("Müller", "Mueller AG", "MULLER"):
        assert (why(settled(known([*rows, company(3, "a", name)])), (3, "a")) or "").startswith(
            "several clients"
        )


def test_a_former_client_of_the_same_name_makes_a_name_ambiguous_until_its_record_is_gone() -> None:
    before = settled(known([ACME, company(3, "a", "Acme")]))
    rows = [
        replace(ACME, is_active=False),
        company(1, "20", "Acme Inc", types="Client"),
        company(3, "a", "Acme"),
    ]
    after = settled(replace(before, companies=rows))
    assert (why(after, (3, "a")) or "").startswith("several clients")
    merged = settled(replace(after, companies=[replace(ACME, is_gone=True), *rows[1:]]))
    assert owner(merged, (3, "a")) == "Acme Inc"


def test_what_nobody_matches_says_why() -> None:
    rows = [
        ACME,
        company(1, "12", "Parts Inc", types="Vendor"),
        company(3, "a", "Parts"),
        company(3, "b", "Nobody"),
        company(3, "c", "--"),
    ]
    ledger = settled(known(rows))
    assert why(ledger, (3, "a")) == "the PSA knows this name, but not as a client: Parts Inc"
    assert why(ledger, (3, "b")) == "no client has this name"
    assert why(ledger, (3, "c")) == "its name holds no letter and no digit"


def test_when_a_client_is_renamed_its_other_companies_stay_linked() -> None:
    before = settled(known([ACME, company(3, "a", "Acme")]))
    after = settled(replace(before, companies=[replace(ACME, name="Zenith"), company(3, "a", "Acme")]))
    assert owner(after, (3, "a")) == "Zenith"


def test_when_another_client_takes_the_name_over_the_companies_of_that_name_wait_while_both_stand() -> None:
    before = settled(known([ACME, company(3, "a", "Acme")]))
    rows = [
        replace(ACME, name="Acme (old)"),
        company(1, "20", "Acme Ltd", types="Client"),
        company(3, "a", "Acme"),
    ]
    asked = settled(replace(before, companies=rows))
    expected = "it was linked to Acme (old) (10); now its name is that of Acme Ltd (20)"
    assert why(asked, (3, "a")) == expected
    assert why(settled(asked), (3, "a")) == expected


def test_when_a_company_is_merged_into_another_of_its_name_what_was_linked_follows() -> None:
    before = settled(known([ACME, company(3, "a", "Acme")]))
    rows = [
        replace(ACME, is_gone=True),
        company(1, "20", "Acme Limited", types="Client"),
        company(3, "a", "Acme"),
    ]
    assert owner(settled(replace(before, companies=rows)), (3, "a")) == "Acme Limited"


def test_a_rename_upstream_keeps_the_link_and_is_noted() -> None:
    before = settled(known([ACME, BETA, company(3, "a", "Acme")]))
    rows = [ACME, BETA, company(3, "a", "Something else")]
    planned = plan(replace(before, companies=rows), by_type)
    assert planned.renamed == {(3, "a"): ("Acme", "Something else")}
    after = carried_out(replace(before, companies=rows), planned)
    assert owner(after, (3, "a")) == "Acme Ltd"
    assert plan(after, by_type).renamed == {}


def test_a_rename_to_another_clients_name_waits_until_it_is_taken_back_or_decided() -> None:
    before = settled(known([ACME, BETA, company(3, "a", "Acme")]))
    asked = settled(replace(before, companies=[ACME, BETA, company(3, "a", "Beta")]))
    assert why(asked, (3, "a")) == "it was linked to Acme Ltd (10); now its name is that of Beta GmbH (11)"
    assert why(settled(asked), (3, "a")) == why(asked, (3, "a"))
    assert (
        owner(settled(replace(asked, companies=[ACME, BETA, company(3, "a", "Acme")])), (3, "a"))
        == "Acme Ltd"
    )


def test_when_one_of_two_same_named_clients_is_renamed_what_waited_for_them_goes_on_waiting() -> None:
    twin = company(1, "20", "Acme Inc", types="Client")
    before = settled(known([ACME, twin, company(3, "a", "Acme")]))
    after = settled(replace(before, companies=[ACME, replace(twin, name="Zenith"), company(3, "a", "Acme")]))
    expected = "several clients had this name: Acme Ltd (10) still has it, Zenith (20) was renamed"
    assert why(after, (3, "a")) == why(settled(after), (3, "a")) == expected


def test_an_id_leads_even_after_a_rename() -> None:
    before = settled(known([ACME, BETA, company(3, "a", "Acme")]))
    rows = [ACME, BETA, company(3, "a", "Acme", {"psa": "11"})]
    assert owner(settled(replace(before, companies=rows)), (3, "a")) == "Beta GmbH"


def test_what_a_person_ruled_out_is_never_linked_by_name_id_or_habit() -> None:
    rows = [ACME, company(3, "a", "Acme"), company(3, "b", "Nobody", {"psa": "10"}), company(3, "c", "Acme")]
    before = settled(known(rows))
    number = before.clients[0].id
    never = frozenset({((3, "a"), number), ((3, "b"), number)})
    after = settled(replace(before, never=never))
    assert why(after, (3, "a")) == "it has the name of Acme Ltd (10), and a person said never"
    assert why(after, (3, "b")) == "its ids point to Acme Ltd (10), and a person said never"
    assert owner(after, (3, "c")) == "Acme Ltd"
    renamed = replace(before, never=never, companies=[ACME, company(3, "a", "Else")])
    assert why(settled(renamed), (3, "a")) == "no client has this name"


def test_catch_alls_and_the_msps_own_name_are_asked_about_unless_an_id_leads() -> None:
    rows = [
        ACME,
        company(1, "2", "Brightwater IT Ltd", types="Client", is_msp=True),
        company(1, "3", "Default", types="Client"),
        company(3, "a", "Default"),
        company(3, "b", "Brightwater IT"),
        company(3, "c", "001 - Recycle Bin"),
        company(3, "d", "Unassigned", {"psa": "10"}),
    ]
    ledger = settled(known(rows))
    assert [(row.company, row.state, row.method) for row in ledger.links if row.account == 3] == [
        ("a", "review", "catch-all"),
        ("b", "review", "own"),
        ("c", "review", "catch-all"),
        ("d", "linked", "external-id"),
    ]


def test_an_id_of_the_psa_needs_no_name_where_there_is_one_psa() -> None:
    rows = [ACME, company(3, "a", "Nobody", {"psa": "10"})]
    base = replace(known(rows), systems={**SYSTEMS, 1: ("cw", "connectwise_psa")})
    assert owner(settled(base), (3, "a")) == "Acme Ltd"
    assert owner(settled(replace(base, roles=ROLES)), (3, "a")) is None


def test_a_persons_decision_is_never_examined_again() -> None:
    rows = [ACME, BETA, company(3, "a", "Acme"), company(3, "b", "Acme")]
    before = settled(known(rows))
    number = next(item.id for item in before.clients if item.name == "Beta GmbH")
    chosen = LinkRow(account=3, company="a", client=number, state="linked", method="operator", detail=None)
    ignored = LinkRow(account=3, company="b", client=None, state="ignored", method="operator", detail=None)
    other = [row for row in before.links if row.account != 3]
    after = settled(replace(before, links=[*other, chosen, ignored]))
    assert owner(after, (3, "a")) == "Beta GmbH"
    assert owner(after, (3, "b")) is None


def test_a_person_may_join_two_of_the_masters_companies_to_one_client() -> None:
    twin = company(1, "20", "Acme Inc", types="Client")
    rows = [ACME, twin, company(3, "a", "Acme")]
    before = settled(known(rows))
    first = next(item.id for item in before.clients if item.company == "10")
    joined = LinkRow(account=1, company="20", client=first, state="linked", method="operator", detail=None)
    after = settled(replace(before, links=[row for row in before.links if row.key != (1, "20")] + [joined]))
    assert {item.company: item.is_active for item in after.clients} == {"10": True, "20": False}
    assert owner(after, (3, "a")) == owner(after, (1, "20")) == "Acme Ltd"


def test_the_msps_own_company_elsewhere_is_asked_about() -> None:
    ledger = settled(known([ACME, company(3, "us", "Brightwater", is_msp=True)]))
    assert why(ledger, (3, "us")) == "it is marked as the MSP's own company: ignore it, or link it"


def test_moving_to_another_psa_keeps_each_clients_number() -> None:
    old = [company(2, "7", "Acme", types="Client"), company(2, "8", "Gamma", types="Client")]
    before = settled(known(old, master=2))
    after = settled(replace(before, companies=[ACME, BETA, *old], master=1, roles=ROLES))
    assert {item.name: (item.id, item.account, item.is_active) for item in after.clients} == {
        "Acme Ltd": (1, 1, True),
        "Gamma": (2, 2, False),
        "Beta GmbH": (3, 1, True),
    }
    assert owner(after, (2, "7")) == "Acme Ltd"
    assert why(after, (2, "8")) == "no client has this name"
    back = settled(replace(after, master=2))
    assert {item.name: (item.id, item.is_active) for item in back.clients if item.account == 2} == {
        "Acme": (1, True),
        "Gamma": (2, True),
    }


def test_a_master_that_is_no_longer_read_leaves_its_clients_inactive_and_linked() -> None:
    before = settled(known([company(2, "8", "Gamma", types="Client")], master=2))
    after = settled(replace(before, companies=[ACME], master=1, roles={1: "psa", 3: "backup", 4: "rmm"}))
    assert {item.name: item.is_active for item in after.clients} == {"Acme Ltd": True, "Gamma": False}
    assert owner(after, (2, "8")) == "Gamma"


def test_a_psa_that_is_not_a_master_asks_no_questions_about_vendors() -> None:
    rows = [
        ACME,
        company(2, "1", "Acme", types="Client"),
        company(2, "2", "Parts", types="Vendor"),
        company(2, "3", "New", types="Client"),
    ]
    ledger = settled(replace(known(rows), roles=ROLES))
    assert owner(ledger, (2, "1")) == "Acme Ltd"
    assert [row.company for row in ledger.links if row.account == 2 and row.state == "review"] == ["3"]


def test_a_question_about_a_company_that_is_gone_is_withdrawn() -> None:
    before = settled(known([ACME, company(3, "a", "Nobody")]))
    after = settled(replace(before, companies=[ACME, company(3, "a", "Nobody", is_gone=True)]))
    assert [row.account for row in after.links] == [1]


NAMES = [
    "Acme",
    "Acme Ltd",
    "ACME Inc",
    "Müller GmbH",
    "Mueller",
    "Muller AG",
    "Beta & Co",
    "Beta",
    "Zeta",
    "---",
]


@st.composite
def worlds(draw: st.DrawFn) -> list[CompanyRow]:
    keys = draw(
        st.lists(
            st.tuples(st.sampled_from([1, 1, 2, 3, 4]), st.sampled_from("abcdef")), unique=True, max_size=14
        )
    )
    systems = st.sampled_from(["psa", "backup", "rmm", "old psa", "connectwise_psa"])
    return [
        company(
            account,
            key,
            draw(st.sampled_from(NAMES)),
            draw(st.dictionaries(systems, st.sampled_from("abcdef"), max_size=1)),
            types=draw(st.sampled_from(["Client", "Client", "Vendor", None])),
            is_active=draw(st.sampled_from([True, None, False])),
            is_msp=draw(st.sampled_from([None, None, None, True])),
            is_gone=draw(st.sampled_from([False, False, False, True])),
            has_contract=draw(st.booleans()),
        )
        for account, key in keys
    ]


MASTERS = st.sampled_from([1, 1, 2, None])


def rows_of(ledger: Known) -> tuple[list[ClientRow], list[LinkRow]]:
    return sorted(ledger.clients, key=lambda row: row.id), sorted(ledger.links, key=lambda row: row.key)


@given(first=worlds(), second=worlds(), master=MASTERS, data=st.data())
def test_the_order_of_rows_never_matters(
    first: list[CompanyRow], second: list[CompanyRow], master: int | None, data: st.DataObject
) -> None:
    before = settled(replace(known(first, master=master), roles=ROLES))
    mixed = replace(
        before,
        companies=data.draw(st.permutations(second)),
        clients=data.draw(st.permutations(before.clients)),
        links=data.draw(st.permutations(before.links)),
    )
    assert rows_of(settled(mixed)) == rows_of(settled(replace(before, companies=second)))


@given(first=worlds(), second=worlds(), master=MASTERS, later=MASTERS)
def test_a_second_run_over_the_same_companies_changes_nothing(
    first: list[CompanyRow], second: list[CompanyRow], master: int | None, later: int | None
) -> None:
    before = settled(replace(known(first, master=master), roles=ROLES))
    once = settled(replace(before, companies=second, master=later))
    assert rows_of(settled(once)) == rows_of(once)


@given(first=worlds(), second=worlds(), master=MASTERS)
def test_clients_are_never_lost_and_every_link_leads_to_one_of_them(
    first: list[CompanyRow], second: list[CompanyRow], master: int | None
) -> None:
    before = settled(replace(known(first, master=master), roles=ROLES))
    after = settled(replace(before, companies=second))
    numbers = {item.id for item in after.clients}
    assert {item.id for item in before.clients} <= numbers
    assert len({(item.account, item.company) for item in after.clients}) == len(after.clients)
    for row in after.links:
        assert (row.client in numbers) == (row.state == "linked")
        assert row.state == "linked" or row.detail
    for item in after.clients:
        if item.is_active:
            assert owner(after, (item.account, item.company)) == item.name


@given(worlds())
def test_a_name_links_only_where_exactly_one_client_has_it(world: list[CompanyRow]) -> None:
    ledger = settled(known(world))
    for row in ledger.links:
        assert row.method != "renamed"
        if row.method == "name" and row.state == "linked":
            name = next(item.name for item in world if item.key == row.key)
            assert [item.id for item in ledger.clients if spellings(item.name) & spellings(name)] == [
                row.client
            ]


def near(ledger: Known, changed: Collection[CompanyKey]) -> Known:
    """The part of the world that the changed companies have to do with, by shared keys, as the store finds it."""
    keys = blocking_keys(ledger.companies, ledger.clients, named_accounts(SYSTEMS, ROLES))
    nodes = {row.key for row in ledger.companies} | {(row.account, row.company) for row in ledger.clients}
    sets = [
        *([f"i:{key[0]}:{key[1]}", *keys.get(key, ())] for key in nodes),
        *([f"i:{row.account}:{row.company}", f"c:{row.client}"] for row in ledger.links if row.client),
        *([f"i:{row.account}:{row.company}", f"c:{row.id}"] for row in ledger.clients),
    ]
    reached = {f"i:{key[0]}:{key[1]}" for key in changed}
    while more := {key for group in sets if reached & set(group) for key in group} - reached:
        reached |= more
    return replace(
        ledger,
        companies=[row for row in ledger.companies if f"i:{row.account}:{row.id}" in reached],
        clients=[row for row in ledger.clients if f"c:{row.id}" in reached],
        links=[row for row in ledger.links if f"i:{row.account}:{row.company}" in reached],
    )


@given(first=worlds(), master=MASTERS, data=st.data())
def test_strangers_have_no_say(first: list[CompanyRow], master: int | None, data: st.DataObject) -> None:
    before = settled(replace(known(first, master=master), roles=ROLES))
    chosen = data.draw(st.sets(st.sampled_from([row.key for row in first]))) if first else set()
    part = near(before, chosen)
    whole, alone = plan(before, by_type), plan(part, by_type)
    for row in part.companies:
        one, other = whole.decisions.get(row.key), alone.decisions.get(row.key)
        assert (one and (one.state, one.method, one.detail)) == (
            other and (other.state, other.method, other.detail)
        )
