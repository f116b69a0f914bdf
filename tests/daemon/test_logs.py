"""What is logged: one line for each event, no secret, no control character, whoever logs it."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from sevenc_sync import logs
from sevenc_sync.connect import redact

SECRET = "hunter22-of-the-account"

Lines = io.StringIO


@pytest.fixture(autouse=True)
def as_it_was(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Logging is the process's; it gets its own back. One secret is known."""
    monkeypatch.setattr(redact, "_secrets", set())
    redact.register(SECRET)
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.fixture
def written() -> Lines:
    """Where the log goes, as JSON lines."""
    stream = io.StringIO()
    logs.set_up("debug", "json", stream)
    return stream


def events(written: Lines) -> list[dict[str, Any]]:
    """Every line decoded; each must be JSON of its own."""
    return [json.loads(line) for line in written.getvalue().splitlines()]


def test_an_event_is_one_json_line_with_time_and_level(written: Lines) -> None:
    values = {"stream": "tickets", "fetched": 3, "ok": True, "share": 0.5, "none": None}
    structlog.get_logger("x").info("stream run", **values)
    (event,) = events(written)
    time = event.pop("time")
    assert time.endswith("Z")
    assert event == {"event": "stream run", "level": "info", **values}


def test_what_is_bound_to_the_context_stands_in_every_line(written: Lines) -> None:
    with structlog.contextvars.bound_contextvars(run=7):
        structlog.get_logger().info("a")
    structlog.get_logger().info("b")
    assert [event.get("run") for event in events(written)] == [7, None]


def test_the_level_is_the_least_that_is_logged() -> None:
    stream = io.StringIO()
    logs.set_up("warning", "json", stream)
    log = structlog.get_logger()
    for say in (log.debug, log.info, log.warning, log.error):
        say("x")
    assert [event["level"] for event in events(stream)] == ["warning", "error"]


@pytest.mark.parametrize(
    "value",
    [
        SECRET,
        f"Basic {SECRET} and more",
        {"deep": [{"deeper": (SECRET,)}]},
        {SECRET: 1},
        {("a", SECRET): 1},
        {SECRET, "other"},
        ValueError(SECRET),
        SECRET.encode(),
    ],
)
def test_a_secret_never_gets_through_however_deep_it_is(written: Lines, value: object) -> None:
    structlog.get_logger().info("told", value=value)
    # A daemon of another test may still be ending in this process, and say so.
    assert [event["event"] for event in events(written)].count("told") == 1
    assert SECRET not in written.getvalue()
    assert redact.MASK in json.dumps(events(written), ensure_ascii=False)


def test_a_secret_in_the_event_itself_never_gets_through(written: Lines) -> None:
    structlog.get_logger().info(f"connecting with {SECRET}")
    assert SECRET not in written.getvalue()


def fail_twice() -> None:
    """Raises an error with a secret in it and in its cause."""
    try:
        int(f"x{SECRET}")
    except ValueError as inner:
        raise RuntimeError(f"again {SECRET}") from inner


@pytest.mark.parametrize("form", ["json", "console"])
def test_a_secret_in_an_exceptions_text_and_causes_never_gets_through(form: Any) -> None:
    stream = io.StringIO()
    logs.set_up("info", form, stream)
    try:
        fail_twice()
    except RuntimeError:
        structlog.get_logger().exception("failed")
    said = stream.getvalue()
    assert "RuntimeError" in said
    assert "ValueError" in said
    assert SECRET not in said
    assert (len(said.splitlines()) == 1) == (form == "json")


@pytest.mark.parametrize("form", ["json", "console"])
def test_libraries_that_log_by_the_standard_way_are_held_to_the_same(form: Any) -> None:
    stream = io.StringIO()
    logs.set_up("info", form, stream)
    library = logging.getLogger("a.library")
    library.info("not told")
    library.warning("with %s\x1b[31m\nsecond line", SECRET)
    try:
        fail_twice()
    except RuntimeError:
        library.exception("failed")
    said = stream.getvalue()
    assert SECRET not in said
    assert "\x1b[31m" not in said
    assert "not told" not in said
    assert "RuntimeError" in said
    assert (len(said.splitlines()) == 2) == (form == "json")


@given(st.text())
def test_no_text_can_break_a_line_or_steer_a_terminal(text: str) -> None:
    stream = io.StringIO()
    logs.set_up("info", "json", stream)
    structlog.get_logger().info("x", value=text, nested={text: [text]})
    line = stream.getvalue()
    assert line.endswith("\n")
    assert line.count("\n") == 1
    assert not [char for char in line[:-1] if ord(char) < 32 or 127 <= ord(char) < 160]
    json.loads(line)


@given(st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.tuples(st.text(), st.integers()), inner),
    max_leaves=10,
))  # fmt: skip
def test_any_value_can_be_logged_as_json(value: object) -> None:
    stream = io.StringIO()
    logs.set_up("info", "json", stream)
    structlog.get_logger().info("x", value=value)

    def refuse(word: str) -> None:
        raise AssertionError(f"{word} is no JSON")

    json.loads(stream.getvalue(), parse_constant=refuse)


def test_auto_is_json_where_there_is_no_terminal() -> None:
    stream = io.StringIO()
    logs.set_up("info", "auto", stream)
    structlog.get_logger().info("x")
    assert events(stream)[0]["event"] == "x"


def test_auto_is_for_people_on_a_terminal() -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    stream = Terminal()
    logs.set_up("info", "auto", stream)
    structlog.get_logger().info("hello", number=3)
    with pytest.raises(ValueError, match="Expecting value"):
        json.loads(stream.getvalue())
    assert "hello" in stream.getvalue()
