"""The ledger as a spreadsheet: nothing in it runs, and every mistake is told with its line."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sevenc_sync.match import read_sheet, write_sheet
from sevenc_sync.match.sheet import COLUMNS, escaped, unescaped
from sevenc_sync.store.clients import ClientRow
from sevenc_sync.store.ledger import LedgerLine

KNOWN = {("rmm", "t1"): (2, "t1"), ("rmm", "t2"): (2, "t2"), ("psa", "10"): (1, "10")}
CLIENTS = [
    ClientRow(id=at, name=name, account=1, company=str(9 + at), is_active=True, seats=None)
    for at, name in enumerate(["Acme Ltd", "Beta GmbH", "Twin", "Twin"], 1)
]
OWN = {(1, "10"): 1}
HEAD = "source,company,decision,decide_client,note\n"


def line(name: str, company: str = "t1") -> LedgerLine:
    return LedgerLine(
        account="rmm", number=2, company=company, name=name, client=None, client_name=None, state="review",
        method="name", detail="no client has this name", confidence=None, by=None, at=datetime(2026, 1, 1, tzinfo=UTC),
        is_own=False,
    )  # fmt: skip


def told(body: str, head: str = HEAD) -> list[str]:
    return [str(mistake) for mistake in read_sheet(head + body, "anna", KNOWN, CLIENTS, OWN, "psa").mistakes]


def test_decisions_are_read_by_number_or_whole_name_and_lines_without_one_are_passed_over() -> None:
    sheet = read_sheet(
        HEAD + "rmm,t1,link,beta gmbh, see  mail \nrmm,t2,,1,\n\npsa,10,Never,2,\n",
        "anna",
        KNOWN,
        CLIENTS,
        OWN,
        "psa",
    )
    assert sheet.mistakes == []
    assert [
        (at, made.verdict, made.account, made.record, made.client, made.note, made.by)
        for at, made in sheet.decisions
    ] == [
        (2, "link", 2, "t1", 2, "see mail", "anna"),
        (5, "never", 1, "10", 2, None, "anna"),
    ]


def test_a_company_of_the_master_psa_is_made_a_client() -> None:
    sheet = read_sheet(HEAD + "psa,10,client,,\n", "anna", KNOWN, CLIENTS, OWN, "psa")
    assert sheet.mistakes == []
    assert [(made.verdict, made.account, made.record) for _, made in sheet.decisions] == [("client", 1, "10")]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            "rmm,t1,merge,1,\n",
            "line 2, decision: 'merge'; expected link, unlink, ignore, never, client, or nothing",
        ),
        ("rmm,t9,ignore,,\n", "line 2, company: the ledger has no 'rmm/t9'"),
        ("rmm,t1,client,,\n", "line 2, decision: only companies of the master PSA, psa, become clients"),
        ("rmm,t1,link,,\n", "line 2, decide_client: empty; link needs a client's number or name"),
        ("rmm,t1,link,Gamma,\n", "line 2, decide_client: there is no client 'Gamma'"),
        ("rmm,t1,link,Twin,\n", "line 2, decide_client: 'Twin' is several clients: give the number, 3, 4"),
        ("rmm,t1,ignore,,\nrmm,t1,link,1,\n", "line 3, company: decided already in line 2"),
        ("rmm,t1,ignore\n", "line 2, line: 3 cells; the first line has 5"),
        ("psa,10,never,1,\n", "line 2, decide_client: that is the client's own record; unlink it instead"),
        (f"rmm,t1,ignore,,{'x' * 501}\n", "line 2, note: 501 characters; at most 500"),
        ('rmm,t1,ignore,,"a\nb"\nrmm,t9,ignore,,\n', "line 4, company: the ledger has no 'rmm/t9'"),
    ],
)
def test_every_mistake_is_told_with_its_line(body: str, expected: str) -> None:
    assert told(body) == [expected]


def test_all_mistakes_are_told_at_once() -> None:
    assert len(told("rmm,t9,merge,1,\nrmm,t1,link,Gamma,\n")) == 3


def test_a_file_that_is_no_ledger_is_refused() -> None:
    assert [text.split(":")[0] for text in told("", "a;b;c\n")] == [
        "line 1, source", "line 1, company", "line 1, decision", "line 1, decide_client",
    ]  # fmt: skip
    assert told("", "source,company,decision,decision,decide_client\n") == ["line 1, decision: there twice"]
    assert told('rmm,t1,"ignore,,\n')[0].startswith("line 2, line: no CSV")


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "'="])
def test_no_cell_can_be_run_as_a_formula(start: str) -> None:
    text = write_sheet([line(f"{start}HYPERLINK(1)")], [])
    assert f"'{start}HYPERLINK(1)" in text


@given(st.text(max_size=12))
def test_escaping_is_taken_back_exactly(text: str) -> None:
    assert unescaped(escaped(text)) == text
    assert escaped(text)[:1] not in tuple("=+-@\t\r\n")


def test_what_is_written_can_be_read_back_and_decides_nothing() -> None:
    text = write_sheet([line('Acme, "quoted"\nand more'), line("Beta", "t2")], [])
    assert text.splitlines()[0] == ",".join(COLUMNS)
    sheet = read_sheet(text, "anna", KNOWN, CLIENTS, OWN, "psa")
    assert (sheet.decisions, sheet.mistakes) == ([], [])
