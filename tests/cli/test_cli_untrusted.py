"""Vendors' texts cannot steer the terminal, and secrets never leave, whatever the command."""

import io
import json
import re
import sys
from collections.abc import Iterator
from contextlib import redirect_stdout
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sevenc_sync.cli.app import report_fault
from sevenc_sync.cli.common import safe, show_json
from sevenc_sync.clock import utc_now
from sevenc_sync.connect import redact

EVIL = "Evil [red]Tools[/red] [/nope] \x1b[31mred\x1b]0;title\x07 \x9b31m \u202edesrever\u202c & Söhne"
STEERS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
EVERY_READ = (
    ("status",),
    ("runs",),
    ("clients",),
    ("clients", "--unlinked"),
    ("push", "--plan"),
    ("check",),
    ("rules", "check"),
    ("score",),
    ("attest",),
    ("except",),
    ("audit",),
)


@pytest.fixture
def evil(site: Any) -> Any:
    """A site whose vendor names a client and its devices so that careless programs break."""
    vendor = next(
        vendor for vendor in site.sandbox.vendors.values() if "companies" in vendor.vendor.tables.names
    )
    name = min(client.name for client in site.sandbox.world.clients)
    (company,) = [row for row in vendor.records("companies") if row["name"] == name]
    vendor.edit("companies", company["id"], name=EVIL)
    for device in vendor.records("configurations"):
        if device["company"]["id"] == company["id"]:
            vendor.edit("configurations", device["id"], name=EVIL)
    assert site("sync").exit_code == 0
    assert site("score").exit_code == 0
    return site


def test_no_command_writes_what_steers_a_terminal(evil: Any) -> None:
    names = [row["name"] for row in evil.json("clients")]
    (name,) = [name for name in names if name.startswith("Evil")]
    soon = f"{utc_now() + timedelta(days=9):%Y-%m-%d}"
    reads = [
        *EVERY_READ,
        ("show", name),
        ("why", name, "continuous.backup-management"),
        ("attest", name, "vCIO Name", EVIL, "--note", EVIL, "--by", EVIL),
        ("except", name, "backup-management", "--reason", EVIL, "--until", soon, "--by", EVIL),
        *EVERY_READ,
        ("why", name, "continuous.backup-management"),
        ("show", "no" + EVIL),
    ]
    for args in reads:
        for more in ((), ("--json",)):
            result = evil(*args, *more)
            assert (args, STEERS.findall(result.stdout + result.stderr)) == (args, [])


def test_markup_in_a_name_is_shown_as_it_is_written(evil: Any) -> None:
    said = " ".join(evil("clients").stdout.split())
    assert "[red]" in said
    assert "[/nope]" in said


def test_machines_get_the_name_without_what_steers_a_terminal(evil: Any) -> None:
    (name,) = [row["name"] for row in evil.json("clients") if row["name"].startswith("Evil")]
    assert "\x1b" not in name
    assert "\x9b" not in name
    assert "& Söhne" in name


def test_no_command_says_a_secret(copy_of: Any) -> None:
    name = copy_of.json("clients")[0]["name"]
    for args in (*EVERY_READ, ("sync",), ("show", name), ("why", name, "continuous.backup-management")):
        for more in ((), ("--json",)):
            result = copy_of("--log-level", "debug", *args, *more)
            for secret in copy_of.secrets:
                assert secret not in result.stdout + result.stderr


def test_a_secret_that_is_typed_into_a_command_is_not_repeated(scored: Any) -> None:
    secret = scored.secrets[0]
    for args in (("show", secret), ("sync", secret), ("why", "e", secret)):
        result = scored(*args)
        assert result.exit_code in (1, 2)
        assert secret not in result.stdout + result.stderr


@pytest.fixture
def own_secrets(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(redact, "_secrets", set())
    yield
    redact._secrets.clear()


@given(before=st.text(), secret=st.text(min_size=6), after=st.text())
@pytest.mark.usefixtures("own_secrets")
def test_no_text_with_a_secret_in_it_is_shown(before: str, secret: str, after: str) -> None:
    redact.register(secret)
    shown = safe(before + secret + after).plain
    assert secret not in shown or secret in (before + after)
    assert not STEERS.search(shown)


@given(st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
))  # fmt: skip
@pytest.mark.usefixtures("own_secrets")
def test_json_says_every_value_unchanged_and_steers_nothing(value: object) -> None:
    redact._secrets.clear()
    written = io.StringIO()
    with redirect_stdout(written):
        show_json(value)
    assert json.loads(written.getvalue()) == value
    assert not STEERS.search(written.getvalue())


@pytest.mark.usefixtures("own_secrets")
def test_a_secret_of_digits_does_not_break_numbers(capsys: pytest.CaptureFixture[str]) -> None:
    redact.register("1234567")
    redact.register('quo"ted\\secret')
    show_json({"count": 1234567, "text": 'it is 1234567 and quo"ted\\secret', 'quo"ted\\secret': 1})
    found = json.loads(capsys.readouterr().out)
    assert found == {"count": 1234567, "text": "it is •••• and ••••", "••••": 1}
    assert sys.getdefaultencoding() == "utf-8"


@pytest.mark.usefixtures("own_secrets")
def test_a_fault_of_ours_is_told_without_secrets(capsys: pytest.CaptureFixture[str]) -> None:
    redact.register("hunter22-of-the-account")
    try:
        raise_with("hunter22-of-the-account \x1b[31m")
    except RuntimeError as error:
        report_fault(type(error), error, error.__traceback__)
    said = capsys.readouterr().err
    assert "raise_with" in said
    assert "RuntimeError: failed with ••••" in said
    assert "please report it" in said
    assert not STEERS.search(said)


def raise_with(text: str) -> None:
    """Fails as a defect would."""
    raise RuntimeError(f"failed with {text}")
