"""Rules of the plan that hold for all worlds."""

from collections.abc import Collection
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from sevenc_sync.match.clients import Known, plan
from sevenc_sync.match.index import named_accounts
from sevenc_sync.match.names import spellings
from sevenc_sync.match.nearby import blocking_keys
from sevenc_sync.store.clients import ClientRow
from sevenc_sync.store.companies import CompanyKey, CompanyRow
from sevenc_sync.store.links import LinkRow
from tests.match.ledgers import ROLES, SYSTEMS, by_type, company, known, owner, settled

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
