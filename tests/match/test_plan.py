"""The plan of which company is which client: rules by example, then laws over made-up worlds."""

from dataclasses import replace

from tests.match.ledgers import ACME, BETA, ROLES, SYSTEMS, company, known, owner, settled, why


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
