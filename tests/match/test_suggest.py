"""Which client a company may be: near names, best first, and only a clear one is taken in bulk."""

from sevenc_sync.match.suggest import EQUAL, LEAST, Suggester, Suggestion, clear_one
from sevenc_sync.store.clients import ClientRow

NAMES = [
    "Acme Fabrication Ltd",
    "Northfield Logistics Inc.",
    "Müller Präzision GmbH",
    "Harbor Dental Group LLC",
    "Smith & Jones",
]


def clients(*names: str, active: bool = True) -> list[ClientRow]:
    return [
        ClientRow(id=at, name=name, account=1, company=str(at), is_active=active, seats=None)
        for at, name in enumerate(names, 1)
    ]


def best(text: str) -> tuple[str, float] | None:
    found = Suggester(clients(*NAMES)).suggest(text)
    return (found[0].name, found[0].score) if found else None


def test_misspelt_and_longer_and_turned_names_find_their_client() -> None:
    for text, expected in (
        ("Acme Fabricaton", NAMES[0]),
        ("Northfield", NAMES[1]),
        ("Logistics Northfield", NAMES[1]),
        ("Mueller Praezision", NAMES[2]),
        ("Harbour Dental Group", NAMES[3]),
        ("Jones and Smith", NAMES[4]),
    ):
        found = best(text)
        assert found is not None
        assert found[0] == expected
        assert LEAST <= found[1] <= EQUAL


def test_strangers_are_not_suggested_nor_clients_that_are_ruled_out_or_inactive() -> None:
    assert best("Zebra Quality") is None
    assert best("---") is None
    suggester = Suggester(clients(*NAMES))
    assert 1 not in [item.client for item in suggester.suggest("Acme Fabrication", {1})]
    assert Suggester(clients(*NAMES, active=False)).suggest("Acme Fabrication") == []


def test_of_two_equal_names_neither_is_clear() -> None:
    found = Suggester(clients("Acme Ltd", "Acme Inc", "Other")).suggest("Acme")
    assert [item.score for item in found] == [EQUAL, EQUAL]
    assert clear_one(found, 0.6) is None


def test_a_clear_one_reaches_the_wanted_score_and_is_ahead() -> None:
    one, near, far = Suggestion(1, "a", 0.9), Suggestion(2, "b", 0.86), Suggestion(3, "c", 0.7)
    assert clear_one([one, far], 0.9) is one
    assert clear_one([one, far], 0.91) is None
    assert clear_one([one, near], 0.6) is None
    assert clear_one([], 0.6) is None
