"""Which names of organisations are equal, and which must not be."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sevenc_sync.match.legal_forms import LEGAL_FORMS
from sevenc_sync.match.names import spellings

EQUAL = [
    ("Acme Ltd.", "ACME LIMITED"),
    ("Acme Ltd", "Acme"),
    ("Acme, Inc.", "acme inc"),
    ("Acme L.L.C.", "Acme LLC"),
    ("The Acme Company", "Acme Co."),
    ("Acme Pty Ltd", "Acme"),
    ("Acme Co., Ltd.", "Acme"),
    ("Smith & Jones LLP", "Smith and Jones"),
    ("Meyer und Sohn KG", "Meyer & Sohn"),
    ("Kovács és Társa Bt.", "Kovacs & Tarsa"),
    ("Beispiel GmbH & Co. KG", "Beispiel"),
    ("Beispiel UG (haftungsbeschränkt)", "Beispiel"),
    ("Példa Kft.", "PELDA KFT"),
    ("Példa Zrt", "Pelda"),
    ("Exemple S.A.R.L.", "Exemple SARL"),
    ("Exemple S. A.", "exemple sa"),
    ("Voorbeeld B.V.", "Voorbeeld bv"),
    ("Ejemplo S.A. de C.V.", "Ejemplo"),
    ("Esempio S.p.A.", "Esempio"),
    ("Eksempel A/S", "Eksempel"),
    ("Příklad a.s.", "Priklad"),
    ("Przykład Sp. z o.o.", "Przyklad"),
    ("Primjer d.o.o.", "Primjer"),
    ("Müller GmbH", "Mueller GmbH"),
    ("Müller GmbH", "Muller"),
    ("Mu\u0308ller", "Müller"),
    ("Søren ApS", "Soeren"),
    ("Søren ApS", "Soren"),
    ("Straße 7", "Strasse 7"),
    ("O'Brien Dental", "O\u2019Brien Dental"),
    ("O'Brien Dental", "OBrien dental"),
    ("Bright-Water IT", "Brightwater IT"),
    ("Bright  Water\u00a0IT", "BRIGHT WATER IT"),
    ("A.B.C. Plumbing", "ABC Plumbing"),
    ("A B C Plumbing", "ABC Plumbing"),
    ("Café Noir", "CAFE NOIR"),
    ("\uff21cme", "Acme"),
    ("株式 例", "株式例"),
]

DIFFERENT = [
    ("Acme", "Acne"),
    ("Acme North", "Acme South"),
    ("Acme Ltd (UK)", "Acme Ltd (US)"),
    ("Sunset Spa", "Sunset"),
    ("Smith & Jones", "Smith Jones"),
    ("Blue Sky", "Blu Sky"),
    ("Mueller", "Muller"),
    ("Joel Dental", "Jol Dental"),
    ("Acme Group", "Acme"),
    ("Brand X", "Br & X"),
    ("Limited", "Company"),
    ("Acme EU", "Acme"),
    ("Movers KY", "Movers"),
    ("がく", "かく"),
    ("3 Rivers", "4 Rivers"),
]


@pytest.mark.parametrize(("one", "other"), EQUAL)
def test_names_that_differ_only_in_how_they_are_written_share_a_spelling(one: str, other: str) -> None:
    assert spellings(one) & spellings(other)


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_names_of_different_organisations_share_no_spelling(one: str, other: str) -> None:
    assert not spellings(one) & spellings(other)


@pytest.mark.parametrize("name", ["", "  ", "---", "&", ".", "& +"])
def test_a_name_without_letters_and_digits_has_no_spelling_and_so_equals_nothing(name: str) -> None:
    assert spellings(name) == frozenset()


@pytest.mark.parametrize("form", sorted({form for forms in LEGAL_FORMS.values() for form in forms}))
def test_a_name_that_is_nothing_but_a_legal_form_keeps_a_spelling(form: str) -> None:
    assert spellings(form)


WORDS = st.lists(
    st.sampled_from(["north", "Müller", "data", "Årsta", "café", "x", "7", "and"]), min_size=1, max_size=4
)


@given(words=WORDS, mark=st.sampled_from([" ", "-", ", ", " / ", "\u00a0"]))
def test_case_and_marks_between_words_never_change_the_spellings(words: list[str], mark: str) -> None:
    name = " ".join(["Zeta", *words, "Omega"])
    assert spellings(name) == spellings(mark.join(["ZETA", *words, "OMEGA"]).upper())


@given(st.text(max_size=40))
def test_every_text_can_be_folded_and_equals_itself_in_upper_case(name: str) -> None:
    assert len(spellings(name)) <= 2
    assert all(spelling == spelling.strip() for spelling in spellings(name))


@given(st.text(alphabet="abcdefgäöüßøéő .,&-'", max_size=30))
def test_upper_case_and_lower_case_of_one_name_are_equal(name: str) -> None:
    assert spellings(name.upper()) == spellings(name.lower()) or not name.strip()
