import unicodedata
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sevenc_sync.connect.text import clean, day, flag, from_epoch, iso, number, when


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (None, None),
        ("", None),
        (" \r\n\t ", None),
        ("\x00\u200e", None),
        ("  Acme  ", "Acme"),
        ("Acme\u00a0Ltd", "Acme Ltd"),
        ("one\r\ntwo", "one\ntwo"),
        ("tab\tstays", "tab\tstays"),
        ("a\x00b\u200bc\ufeff", "abc"),
        ("evil\u202etxt.exe", "eviltxt.exe"),
        ("\x1b[31mred", "[31mred"),
        ("half \ud800 pair", "half ? pair"),
        ("Größe 漢字 😀", "Größe 漢字 😀"),
    ],
)
def test_texts_are_cleaned(raw: str | None, text: str | None) -> None:
    assert clean(raw) == text


def test_a_long_text_is_cut_and_shows_it() -> None:
    assert clean("abcdef", 4) == "abc…"
    assert clean("ab cdef", 4) == "ab…"
    assert clean("abcd", 4) == "abcd"


@given(st.text(st.characters(codec=None), max_size=60), st.integers(1, 40))
def test_a_clean_text_can_be_stored_shown_and_cleaned_again(raw: str, limit: int) -> None:
    text = clean(raw, limit)
    if text is None:
        return
    assert text.encode("utf-8")
    assert len(text) <= limit
    assert not [char for char in text if unicodedata.category(char) == "Cc" and char not in "\t\n"]
    assert clean(text, limit) == text


NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("raw", "moment"),
    [
        (None, None),
        ("", None),
        ("2026-11-22T12:00:00Z", NOON),
        ("2026-11-22T12:00:00", NOON),
        ("2026-11-22T13:00:00+01:00", NOON),
        ("2026-11-22T12:00:00.0000000Z", NOON),
        ("2026-11-22", NOON.replace(hour=0)),
        ("0001-01-01T00:00:00", None),
        ("0001-01-01T00:00:00Z", None),
        ("0001-01-01T00:00:00+02:00", None),
    ],
)
def test_times_are_aware_and_in_utc(raw: str | None, moment: datetime | None) -> None:
    assert when(raw) == moment


@pytest.mark.parametrize("raw", ["soon", "22.11.2026", "2026-13-01", "9999-12-31T23:59:59-05:00", " "])
def test_what_is_no_time_is_a_value_error(raw: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the texts are Python's own
        when(raw)


@pytest.mark.parametrize(
    "raw",
    [
        "2026-11-22",
        "2026-11-22T00:00:00Z",
        "2026-11-22T12:00:00",
        "2026-11-22T00:00:00+13:00",
        "2026-11-22T23:00:00-05:00",
    ],
)
def test_a_calendar_date_is_the_one_that_is_written(raw: str) -> None:
    assert day(raw) == datetime(2026, 11, 22, tzinfo=UTC)


@pytest.mark.parametrize("raw", [None, "", "0001-01-01T00:00:00Z"])
def test_no_date_is_none(raw: str | None) -> None:
    assert day(raw) is None


@given(st.text(max_size=40))
def test_any_text_is_a_date_or_a_value_error(raw: str) -> None:
    try:
        moment = day(raw)
    except ValueError:
        return
    assert moment is None or moment == moment.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=UTC)


@given(st.text(max_size=40))
def test_any_text_is_a_time_or_a_value_error(raw: str) -> None:
    try:
        moment = when(raw)
    except ValueError:
        return
    assert moment is None or moment.tzinfo is UTC


def test_seconds_since_1970_where_nought_is_never() -> None:
    assert from_epoch(1795348800) == NOON
    assert from_epoch(0) is None
    assert from_epoch(None) is None


@pytest.mark.parametrize("value", [1795348800000, 1e20, -1e20])
def test_seconds_beyond_the_calendar_are_a_value_error(value: float) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the texts are Python's own
        from_epoch(value)


@given(
    st.datetimes(min_value=datetime(1900, 1, 1), max_value=datetime(9000, 1, 1)),  # noqa: DTZ001 - given a zone below
    st.integers(-14 * 60, 14 * 60),
)
def test_a_time_is_written_in_whole_seconds_of_utc_and_read_back(naive: datetime, minutes: int) -> None:
    moment = naive.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    assert when(iso(moment)) == moment.replace(microsecond=0)
    assert iso(moment).endswith("Z")


@pytest.mark.parametrize(
    ("raw", "value"), [(None, None), ("", None), (0, 0.0), (1.5, 1.5), ("10800.00", 10800.0), ("0", 0.0)]
)
def test_numbers_may_come_as_text(raw: float | str | None, value: float | None) -> None:
    assert number(raw) == value


@pytest.mark.parametrize("raw", ["many", "nan", "inf", "1,5", 10**400])
def test_what_is_no_number_is_a_value_error(raw: str | int) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the texts are Python's own
        number(raw)


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (True, True),
        (False, False),
        ("True", True),
        ("false", False),
        (1, True),
        (0, False),
        ("1", True),
        ("", None),
        (None, None),
    ],
)
def test_yes_and_no_may_come_as_text_or_number(raw: bool | str | int | None, value: bool | None) -> None:
    assert flag(raw) is value


@pytest.mark.parametrize("raw", ["maybe", 2, "yes"])
def test_any_other_word_is_neither_yes_nor_no(raw: str | int) -> None:
    with pytest.raises(ValueError, match="neither true nor false"):
        flag(raw)
