"""What renames, merges, moves and people's decisions do to links that stand."""

from dataclasses import replace

from sevenc_sync.match.clients import plan
from sevenc_sync.store.links import LinkRow
from tests.match.ledgers import (
    ACME,
    BETA,
    ROLES,
    SYSTEMS,
    by_type,
    carried_out,
    company,
    known,
    owner,
    settled,
    why,
)


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
