"""Every connector says how it keeps the rules of a good one, and what it says is true.

A folder in connectors/ has a quality.toml with every rule: done, todo or exempt, the last two with a reason. Where code can
tell, a rule that is done must be kept, and one that is kept must not be called anything else.
"""

import ast
import importlib
import re
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from pydantic import ValidationError

import connectors
from sevenc_sync.connect.connector import Connector
from sevenc_sync.connect.errors import ContractChanged, CredentialsProblem, Problem
from sevenc_sync.connect.pages import Malformed
from sevenc_sync.connect.stream import Context, Stream, Window
from sevenc_sync.model import Lookup

NOW = datetime(2026, 11, 22, 19, 30, tzinfo=UTC)
HOME = Path(connectors.__path__[0])
TESTS = Path(__file__).parent


@dataclass(frozen=True)
class Subject:
    """A connector's folder and what is in it."""

    folder: Path
    connector: Connector
    sources: dict[str, ast.Module]
    says: dict[str, Any]

    def names(self) -> Iterator[str]:
        """Every name that its code uses, dotted."""
        for tree in self.sources.values():
            for node in ast.walk(tree):
                if isinstance(node, ast.Attribute | ast.Name):
                    yield ast.unparse(node)


def subject(folder: Path) -> Subject:
    connector = importlib.import_module(f"connectors.{folder.name}").CONNECTOR
    assert isinstance(connector, Connector)
    sources = {path.name: ast.parse(path.read_text("utf-8")) for path in sorted(folder.glob("*.py"))}
    says = tomllib.loads((folder / "quality.toml").read_text("utf-8"))
    return Subject(folder, connector, sources, says)


FOLDERS = sorted(path.parent for path in HOME.glob("*/__init__.py"))


# -- checks: each gives what speaks against the rule's being kept


def needs_declared(it: Subject) -> list[str]:
    return [stream.name for stream in it.connector.streams if not stream.needs.strip()]


def delta(it: Subject) -> list[str]:
    return [] if any(stream.delta for stream in it.connector.streams) else ["no stream asks for what changed"]


def gone_noticed(it: Subject) -> list[str]:
    """Lists may keep old values: records point to them."""
    return [
        stream.name
        for stream in it.connector.streams
        if stream.records != (Lookup,)
        and not stream.complete
        and stream.sweep is None
        and stream.detail is None  # it makes no rows
    ]


def quarantine(it: Subject) -> list[str]:
    """A record without the key that the stream names cannot be kept; it goes to quarantine alone."""

    def is_taken(stream: Stream) -> bool:
        try:
            return bool(
                list(stream.to_canonical(msgspec.json.decode(b"{}", type=stream.wire), Context(now=NOW)))
            )
        except ValueError:  # msgspec's errors are ValueErrors too
            return False

    return [stream.name for stream in it.connector.streams if is_taken(stream)]


def never_empty_by_mistake(it: Subject) -> list[str]:
    """An answer of another shape is a problem, not an empty list."""

    def is_taken(stream: Stream, body: bytes) -> bool:
        try:
            stream.layout.split(body)
        except (ContractChanged, Malformed):
            return False
        return True

    bodies = (b"", b"null", b"17", b'"text"', b"<html></html>", b'{"unknown": 1}')
    return [
        f"{stream.name}: {body!r}"
        for stream in it.connector.streams
        for body in bodies
        if is_taken(stream, body)
    ]


def error_reader(it: Subject) -> list[str]:
    """It knows its vendor's refusals: those of the key are told from all others, and random bytes upset it never."""
    readers: list[Callable[..., Problem | None]] = [
        reader
        for name in it.sources
        if name != "__init__.py"
        and (
            reader := getattr(
                importlib.import_module(f"connectors.{it.folder.name}.{name[:-3]}"), "read_error", None
            )
        )
    ]
    if not readers:
        return ["no read_error"]
    refused = readers[0](401, {}, b"")
    faults = (
        [] if refused is None or isinstance(refused, CredentialsProblem) else ["401 is no refusal of the key"]
    )
    for status in (400, 401, 403, 404, 405, 409, 429, 500, 503):
        for body in (b"", b"\xff\xfe", b"[" * 5000, b'{"errors": 7}'):
            readers[0](status, {}, body)
    return faults


def limits_declared(it: Subject) -> list[str]:
    """Every client that it opens has a pace."""
    return [
        f"{name}:{node.lineno}"
        for name, tree in it.sources.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and ast.unparse(node.func) == "factory"
        and "limits" not in {keyword.arg for keyword in node.keywords}
    ]


_NETWORK = (
    "httpx",
    "requests",
    "urllib.request",
    "http.client",
    "socket",
    "aiohttp",
    "urllib3",
    "subprocess",
)


def no_own_http(it: Subject) -> list[str]:
    found = []
    for name, tree in it.sources.items():
        for node in ast.walk(tree):
            modules = (
                [alias.name for alias in node.names]
                if isinstance(node, ast.Import)
                else [node.module or ""]
                if isinstance(node, ast.ImportFrom)
                else []
            )
            found += [f"{name}: {module}" for module in modules if module.startswith(_NETWORK)]
    return found


def no_own_clock(it: Subject) -> list[str]:
    return [
        name for name in it.names() if re.search(r"\b(now|utcnow|today|time)$", name) and "datetime" in name
    ] + [name for name in it.names() if name in ("time.time", "time.monotonic", "time.sleep", "utc_now")]


_SOUNDS_SECRET = re.compile(r"(^|_)(secret|password|token|key|code)$")


def secrets_redacted(it: Subject) -> list[str]:
    """What sounds like a secret is one for pydantic, and every secret is made known before the first request."""
    fields = it.connector.settings.model_fields
    plain = [
        name
        for name in fields
        if _SOUNDS_SECRET.search(name) and "SecretStr" not in str(fields[name].annotation)
    ]
    secret = [name for name, field in fields.items() if "SecretStr" in str(field.annotation)]
    used = set(it.names())
    unknown = [] if secret and {"redact.register"} & used else ["no secret is made known to redaction"]
    return plain + unknown


def made_settings(it: Subject, base_url: str) -> object:
    """The account's settings with a value for everything that has no default."""
    required = {
        name: "value1" for name, field in it.connector.settings.model_fields.items() if field.is_required()
    }
    return it.connector.settings.model_validate(
        {**required, "name": "one", "connector": it.folder.name, "base_url": base_url}
    )


def loopback_only_http(it: Subject) -> list[str]:
    made_settings(it, "http://127.0.0.1:8911")
    try:
        made_settings(it, "http://192.0.2.1")
    except ValidationError:
        return []
    return ["plain http is taken beyond this machine"]


def links(it: Subject) -> list[str]:
    settings = made_settings(it, "http://127.0.0.1:8911")
    tables = {record.table for stream in it.connector.streams for record in stream.records}
    return (
        []
        if any(it.connector.link(settings, table, "1") for table in tables)
        else ["no record has an address"]
    )


def notes(it: Subject) -> list[str]:
    return [] if it.connector.notes is not None else ["no note port"]


def asks_only_what_it_reads(it: Subject) -> list[str]:
    """Where a question names fields, they are those of the record; one stream at least does."""
    window = Window(since=None, horizon=NOW, now=NOW)
    wrong, named = [], 0
    for stream in it.connector.streams:
        asked = stream.params(window).get("fields")
        fields = asked.split(",") if asked else None
        if stream.body is not None:
            included = stream.body(window).get("includeFields")
            fields = [str(name) for name in included] if isinstance(included, list) else None
        if fields is None:
            continue
        named += 1
        read = {item.encode_name for item in msgspec.structs.fields(stream.wire)}
        if {name.partition("/")[0] for name in fields} != read:
            wrong.append(stream.name)
    return wrong if named else ["no question names fields"]


def has_tests(it: Subject) -> list[str]:
    """Each stream stands by its name in the vendor's own tests."""
    prefix = it.folder.name.partition("_")[0]
    texts = "".join(path.read_text("utf-8") for path in sorted(TESTS.glob(f"test_{prefix}_*.py")))
    return [stream.name for stream in it.connector.streams if f'"{stream.name}"' not in texts]


def readme(it: Subject) -> list[str]:
    path = it.folder / "README.md"
    if not path.is_file():
        return ["no README.md"]
    text = path.read_text("utf-8")
    missing = [stream.name for stream in it.connector.streams if not re.search(rf"\b{stream.name}\b", text)]
    missing += [
        name
        for name in it.connector.settings.model_fields
        if name in own_fields(it) and f"`{name}`" not in text
    ]
    return missing + ([] if "## Not confirmed" in text else ["it does not say what is not confirmed"])


def own_fields(it: Subject) -> set[str]:
    """The settings that only this connector has, and the address, which means something else for each."""
    return set(it.connector.settings.__annotations__) | {"base_url"}


# What each rule means, and the check where code can tell.
RULES: dict[str, tuple[str, Callable[[Subject], list[str]] | None]] = {
    "needs-declared": (
        "every stream names the right that it needs, as the vendor's screens call it",
        needs_declared,
    ),
    "delta": ("what changed is asked for, where the vendor can be asked", delta),
    "gone-noticed": ("a whole pass or a sweep tells what is gone", gone_noticed),
    "quarantine": ("a record that cannot be kept is refused alone", quarantine),
    "never-empty-by-mistake": ("an unknown shape is a problem, not an empty list", never_empty_by_mistake),
    "error-reader": ("the vendor's refusals are told apart by who must act", error_reader),
    "limits-declared": ("every client has a pace", limits_declared),
    "no-own-http": ("the kit alone speaks to the network", no_own_http),
    "no-own-clock": ("the time is a parameter", no_own_clock),
    "secrets-redacted": ("secrets are known to redaction before the first request", secrets_redacted),
    "loopback-only-http": ("plain http is taken on this machine only", loopback_only_http),
    "host-checked": ("credentials go to hosts that were configured or are known to be the vendor's", None),
    "asks-only-what-it-reads": ("questions name the fields that are used", asks_only_what_it_reads),
    "links": ("records have addresses in the vendor's screens", links),
    "notes": ("client notes can be written", notes),
    "notes-idempotent": ("a note is looked for before it is written, and a write is never repeated", None),
    "tested": ("every stream has tests of its own", has_tests),
    "checked-against-vendor-document": ("each request and field stands in the vendor's own document", None),
    "readme": ("README.md tells settings, streams, rights, and what is not confirmed", readme),
}


def status_of(says: object) -> tuple[str, str]:
    """(status, reason) of a rule's entry."""
    if isinstance(says, dict):
        assert set(says) <= {"status", "reason"}
        return str(says["status"]), str(says.get("reason", ""))
    return str(says), ""


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_connector_answers_for_every_rule_with_reasons_for_what_is_not_done(folder: Path) -> None:
    it = subject(folder)
    assert set(it.says) == {"rules"}
    assert set(it.says["rules"]) == set(RULES)
    for rule, entry in it.says["rules"].items():
        status, reason = status_of(entry)
        assert status in ("done", "todo", "exempt"), rule
        assert (len(reason) > 20) == (status != "done"), rule


CHECKED = [(folder, rule) for folder in FOLDERS for rule, (_, check) in RULES.items() if check is not None]


@pytest.mark.parametrize(("folder", "rule"), CHECKED, ids=lambda value: getattr(value, "name", value))
def test_what_a_connector_says_of_a_rule_is_so(folder: Path, rule: str) -> None:
    it = subject(folder)
    check = RULES[rule][1]
    assert check is not None
    against = check(it)
    if status_of(it.says["rules"][rule])[0] == "done":
        assert against == []
    else:
        assert against != []  # it is kept: say so


def test_every_folder_of_a_connector_is_registered() -> None:
    from sevenc_sync.registry import connectors as registered

    assert {folder.name for folder in FOLDERS} == {
        name
        for name, connector in registered().items()
        if connector.settings.__module__.startswith("connectors.")
    }
