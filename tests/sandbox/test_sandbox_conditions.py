"""The filter language: every text means what a plain reading of it says."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sevenc_sync.sandbox.connectwise.conditions import FilterError, compile_filter

TICKET: dict[str, Any] = {
    "id": 7,
    "summary": 'Printer "Lobby" jammed',
    "closedFlag": False,
    "status": {"id": 5, "name": "In Progress"},
    "company": {"id": 250, "identifier": "ACME", "name": "Müller & Söhne"},
    "actualHours": 1.5,
    "recordType": "ServiceTicket",
    "_info": {"lastUpdated": "2026-03-01T10:00:00Z", "dateEntered": "2026-02-27T09:00:00Z"},
    "customFields": [
        {"caption": "Tier", "value": "Gold"},
        {"caption": "Seats", "value": 12},
        {"caption": "Empty"},
    ],
}


@pytest.mark.parametrize(
    "text",
    [
        "id=7",
        "ID = 7",
        "id in (1, 7,9)",
        "id not in (1,2)",
        "id != 8 and id >= 7 and id<=7 and id > 6 and id < 8",
        "actualHours > 1.4",
        'Status/Name="in progress"',
        "status/name = 'In Progress'",
        'status/name in ("New","In Progress")',
        'summary contains "printer"',
        'summary not contains "scanner"',
        'summary like "print*jammed"',
        'summary like "%LOBBY%"',
        'summary not like "scan%"',
        r'summary = "Printer \"Lobby\" jammed"',
        'company/name = "müller & söhne"',
        'company/identifier like "ac*" AND (status/id = 4 OR status/id = 5)',
        "closedFlag = False",
        "closedFlag=false and closedFlag != TRUE",
        "parentTicketId = null",
        "parentTicketId = NULL and company/id != null",
        "lastUpdated > [2026-03-01T09:59:59Z]",
        "LastUpdated >= [2026-03-01T10:00:00Z] and lastUpdated<[2026-03-02]",
        "_info/lastUpdated = [2026-03-01T10:00:00Z]",
        "dateEntered < [2026-02-28]",
        'recordType="ServiceTicket"',
        "((id=7))",
        "id=1 and id=2 or id=7",
    ],
)
def test_true_of_the_ticket(text: str) -> None:
    assert compile_filter(text, "Ticket")(TICKET)


@pytest.mark.parametrize(
    "text",
    [
        "id=8",
        "id=7 and (id=8 or id=9)",
        "parentTicketId != null",
        "parentTicketId != 5",
        "parentTicketId not in (5)",
        "parentTicketId > 5",
        'poNumber not contains "x"',
        'summary like "printer"',
        'summary = "printer*"',
        "lastUpdated > [2026-03-01T10:00:00Z]",
        'company/name = ""',
        'integratorTags = "x"',
        'recordType = "ProjectTicket"',
    ],
)
def test_false_of_the_ticket(text: str) -> None:
    assert not compile_filter(text, "Ticket")(TICKET)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("foo = 1", "foo is not a recognized name."),
        ("company/foo = 1", "company/foo is not a recognized name."),
        ('recordType = "Nonsense"', "Enum value supplied was invalid"),
        ("lastUpdated > [yesterday]", "not recognized as a valid DateTime"),
        ("id = ", "unexpected end"),
        ("id = 1 id = 2", "Syntax error"),
        ("(id = 1", "unexpected end"),
        ("id in ()", "Syntax error"),
        ("id == 1", "Syntax error"),
        ("id not = 1", "Syntax error"),
        ("id = abc", "Syntax error"),
        ('id = "abc"', "correct format"),
        ('closedFlag = "maybe"', "valid Boolean"),
        ("id = 1 and", "unexpected end"),
        ('summary = "open', "Syntax error"),
    ],
)
def test_what_the_language_does_not_know_is_refused(text: str, message: str) -> None:
    with pytest.raises(FilterError, match=message):
        compile_filter(text, "Ticket")


def test_an_offset_is_not_taken_into_account() -> None:
    assert compile_filter("lastUpdated = [2026-03-01T10:00:00+05:00]", "Ticket")(TICKET)


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ('caption="Tier" AND value="gold"', True),
        ('caption="Tier" and value != null', True),
        ('caption="Empty" and value = null', True),
        ('caption="Empty" and value != null', False),
        ('caption="Tier" and value="12"', False),
        ('caption="Seats" and value=12', True),
        ('caption="Seats" and value > 11', True),
    ],
)
def test_custom_field_filters_speak_of_one_field(text: str, holds: bool) -> None:
    assert compile_filter(text, "Ticket", "custom")(TICKET) == holds


def test_child_filters_want_one_element_that_meets_all() -> None:
    company = {"id": 1, "types": [{"id": 4, "name": "Client"}, {"id": 5, "name": "Vendor"}]}
    assert compile_filter("types/id=4", "Company", "child")(company)
    assert compile_filter('types/id=5 and types/name="Vendor"', "Company", "child")(company)
    assert not compile_filter('types/id=4 and types/name="Vendor"', "Company", "child")(company)
    assert not compile_filter("types/id=4", "Company", "child")({"id": 2})


def test_child_filters_do_not_know_in() -> None:
    with pytest.raises(FilterError, match="in"):
        compile_filter("types/id in (4)", "Company", "child")


def test_a_plain_filter_on_a_list_finds_nothing() -> None:
    assert not compile_filter('types/name="Client"', "Company")(
        {"id": 1, "types": [{"id": 4, "name": "Client"}]}
    )


# Random filters against a naive reading of them.

Row = dict[str, Any]


@dataclass(frozen=True)
class Meaning:
    """A filter's text and what it says of a row, worked out without the parser."""

    text: str
    holds: Callable[[Row], bool]


def _get(row: Row, path: str) -> Any:
    value: Any = row
    for key in ("_info/lastUpdated" if path == "lastUpdated" else path).split("/"):
        value = value.get(key) if isinstance(value, dict) else None
    return value


WORDS = st.sampled_from(["New", "Open", "on hold", 'a "b"', "x'y", "back\\slash", "Ünïcode", "", "%"])
NUMBERS = st.integers(-3, 3)
DAYS = st.integers(1, 9).map(lambda day: f"2026-03-0{day}T00:00:00Z")


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _compare(operator: str, left: Any, right: Any) -> bool:
    if left is None:
        return False
    if isinstance(left, str) and operator in {"=", "!="}:
        left, right = left.casefold(), right.casefold()
    table: dict[str, Callable[[], bool]] = {
        "=": lambda: bool(left == right),
        "!=": lambda: bool(left != right),
        "<": lambda: bool(left < right),
        "<=": lambda: bool(left <= right),
        ">": lambda: bool(left > right),
        ">=": lambda: bool(left >= right),
    }
    return table[operator]()


@st.composite
def orders(draw: st.DrawFn) -> Meaning:
    """A number, a word or a time against another."""
    path, values, operators = draw(
        st.sampled_from(
            [
                *(
                    (path, NUMBERS, ["=", "!=", "<", "<=", ">", ">="])
                    for path in ("id", "status/id", "parentTicketId")
                ),
                ("status/name", WORDS, ["=", "!="]),
                ("lastUpdated", DAYS, ["<", "<=", ">", ">="]),
            ]
        )
    )
    operator, wanted = draw(st.sampled_from(operators)), draw(values)
    shown = f"[{wanted}]" if path == "lastUpdated" else _quoted(wanted) if isinstance(wanted, str) else wanted
    space = draw(st.sampled_from(["", " "]))
    return Meaning(
        f"{draw(st.sampled_from([path, path.upper()]))}{space}{operator}{space}{shown}",
        lambda row: _compare(operator, _get(row, path), wanted),
    )


@st.composite
def states(draw: st.DrawFn) -> Meaning:
    """A flag, or whether there is a value at all."""
    if draw(st.booleans()):
        flag = draw(st.booleans())
        return Meaning(f"closedFlag={flag}", lambda row: _get(row, "closedFlag") == flag)
    path, negated = (
        draw(st.sampled_from(["parentTicketId", "status/name", "closedFlag"])),
        draw(st.booleans()),
    )
    return Meaning(
        f"{path} {'!=' if negated else '='} null", lambda row: (_get(row, path) is None) != negated
    )


@st.composite
def memberships(draw: st.DrawFn) -> Meaning:
    """One of several numbers, or a part of a word, or not."""
    negated = draw(st.booleans())
    word_not = draw(st.sampled_from(["not ", "NOT "])) if negated else ""
    if draw(st.booleans()):
        numbers = draw(st.lists(NUMBERS, min_size=1, max_size=3))
        return Meaning(
            f"parentTicketId {word_not}in ({','.join(map(str, numbers))})",
            lambda row: (
                _get(row, "parentTicketId") is not None
                and (_get(row, "parentTicketId") in numbers) != negated
            ),
        )
    part = draw(WORDS)
    return Meaning(
        f"status/name {word_not}contains {_quoted(part)}",
        lambda row: (
            _get(row, "status/name") is not None
            and (part.casefold() in _get(row, "status/name").casefold()) != negated
        ),
    )


def comparisons() -> st.SearchStrategy[Meaning]:
    return orders() | states() | memberships()


def _joined(parts: tuple[Meaning, str, Meaning]) -> Meaning:
    left, word, right = parts
    both = word.casefold() == "and"

    def holds(row: Row) -> bool:
        return (left.holds(row) and right.holds(row)) if both else (left.holds(row) or right.holds(row))

    return Meaning(f"({left.text}) {word} ({right.text})", holds)


FILTERS = st.recursive(
    comparisons(),
    lambda inner: st.tuples(inner, st.sampled_from(["and", "or", "AND", "Or"]), inner).map(_joined),
    max_leaves=6,
)
ROWS = st.fixed_dictionaries(
    {"id": NUMBERS},
    optional={
        "parentTicketId": st.none() | NUMBERS,
        "closedFlag": st.booleans(),
        "status": st.fixed_dictionaries({"id": NUMBERS}, optional={"name": WORDS}),
        "_info": DAYS.map(lambda day: {"lastUpdated": day}),
    },
)


@given(FILTERS, st.lists(ROWS, max_size=5))
def test_any_filter_means_what_it_says(meaning: Meaning, rows: list[Row]) -> None:
    test = compile_filter(meaning.text, "Ticket")
    assert [test(row) for row in rows] == [meaning.holds(row) for row in rows], meaning.text


@given(comparisons(), comparisons(), comparisons(), ROWS)
def test_and_binds_more_tightly_than_or(a: Meaning, b: Meaning, c: Meaning, row: Row) -> None:
    test = compile_filter(f"{a.text} or {b.text} and {c.text}", "Ticket")
    assert test(row) == (a.holds(row) or (b.holds(row) and c.holds(row)))


@given(
    st.text(max_size=30)
    | st.lists(st.sampled_from(["id", "=", "(", ")", "1", "and", "not", "in", '"', "[", "null"])).map(
        " ".join
    )
)
def test_any_text_is_either_a_filter_or_refused(text: str) -> None:
    with suppress(FilterError):
        assert compile_filter(text, "Ticket")({"id": 1}) in {True, False}
