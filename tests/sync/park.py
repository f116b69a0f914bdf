"""A park of machines: a list of them, and a call for each that tells its facts or its patches."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from sevenc_sync.connect.connector import AccountSettings, Connector
from sevenc_sync.connect.layouts import Envelope, OneRecord
from sevenc_sync.connect.pages import NumberedPages, SinglePage
from sevenc_sync.connect.stream import Context, Detail, Stream
from sevenc_sync.connect.text import day
from sevenc_sync.model import Asset
from sevenc_sync.store.details import backlogs
from sevenc_sync.sync.outcome import RunResult
from sevenc_sync.sync.run import Surroundings, run_stream
from tests.sync.conftest import Answer, Desk, Request

PER_RUN = 3


class WireMachine(msgspec.Struct, gc=False):
    id: str
    company: str | None = None
    seen: int = 0
    build: int | None = None
    lacks: int | None = None


class WireFacts(msgspec.Struct, gc=False):
    serial: str | None = None


class WirePatch(msgspec.Struct, gc=False):
    id: int
    severity: str | None = None
    released: str | None = None


def machine(wire: WireMachine, _context: Context) -> Iterator[Asset]:
    yield Asset(
        id=wire.id,
        company=wire.company,
        status=f"seen {wire.seen}",
        patches_missing=0 if wire.lacks == 0 else None,
    )


def facts(wire: WireFacts, context: Context) -> Iterator[Asset]:
    assert context.parent is not None
    yield Asset(id=context.parent.id, company=None, serial=wire.serial)


def patch(wire: WirePatch, context: Context) -> Iterator[Asset]:
    assert context.parent is not None
    counts = {"high": 1, "low": 0}.get(wire.severity or "")
    yield Asset(
        id=context.parent.id,
        company=None,
        patches_missing=counts,
        oldest_patch_at=day(wire.released) if counts else None,
    )


MACHINES = Stream(
    name="machines",
    title="Machines",
    path="/machines",
    wire=WireMachine,
    to_canonical=machine,
    records=(Asset,),
    complete=(Asset,),
    layout=Envelope("items"),
    paginator=SinglePage(),
    needs="Machines: read",
)
FACTS = Stream(
    name="facts",
    title="Facts of each machine",
    path="/machines/{parent}/facts",
    key="serial",
    wire=WireFacts,
    to_canonical=facts,
    records=(Asset,),
    parent="asset",
    layout=OneRecord(("serial",)),
    paginator=SinglePage(),
    detail=Detail(
        of="machines",
        mark=lambda wire: None if wire.build is None else str(wire.build),
        fills={"serial": "only"},
        per_run=PER_RUN,
    ),
    needs="Machines: read",
)
PATCHES = replace(
    FACTS,
    name="patches",
    path="/machines/{parent}/patches",
    key="id",
    wire=WirePatch,
    to_canonical=patch,
    layout=Envelope("items"),
    paginator=NumberedPages(
        size=2, page_param="page", size_param="per", envelope="paging", page_field="page", total_field="pages"
    ),
    detail=Detail(
        of="machines",
        mark=lambda wire: str(wire.lacks) if wire.lacks else None,
        fills={"patches_missing": "sum", "oldest_patch_at": "earliest"},
        per_run=PER_RUN,
    ),
)
CONNECTOR = Connector(
    name="test",
    title="Test",
    role="rmm",
    settings=AccountSettings,
    open=lambda _settings, _factory: pytest.fail("nobody opens it"),
    streams=(MACHINES, FACTS, PATCHES),
)


class Park:
    """Machines at a vendor, read by us."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.machines: dict[str, dict[str, Any]] = {}
        self.patches: dict[str, list[dict[str, Any]]] = {}
        self.failing: dict[str, int] = {}  # machine -> status of its details
        desk.vendor.before = self.answer

    def put(self, *keys: str, **fields: Any) -> None:
        for key in keys:
            old = self.machines.get(key, {"id": key, "company": f"of {key}", "build": 1})
            self.machines[key] = {**old, **fields}

    def answer(self, request: Request) -> Answer | None:
        match request.path.strip("/").split("/"):
            case ["machines"]:
                return said({"items": list(self.machines.values())})
            case ["machines", key, _] if key in self.failing or key not in self.machines:
                return Answer(self.failing.get(key, 404))
            case ["machines", key, "facts"]:
                return said({"serial": f"{key}/{self.machines[key]['build']}"})
            case ["machines", key, "patches"]:
                page, per = int(request.query["page"]), int(request.query["per"])
                rows = self.patches.get(key, [])
                paging = {"page": page, "pages": max(1, -(-len(rows) // per))}
                return said({"items": rows[(page - 1) * per : page * per], "paging": paging})
        return None

    def run(self, stream: Stream, kind: Any = "usual") -> RunResult:
        self.desk.vendor.requests.clear()
        around = Surroundings(
            store=self.desk.store,
            clock=lambda: self.desk.now,
            trigger="command",
            history=timedelta(days=365),
            holder=self.desk.holder,
        )
        with self.desk.http() as http:
            result = run_stream(
                around, http, stream, account=self.desk.account, account_name="psa", kind=kind,
                details=CONNECTOR.details_of(stream.name),
            )  # fmt: skip
        self.desk.now += timedelta(minutes=1)
        return result

    def asked(self) -> list[str]:
        """The machines whose details the last run asked for, in order."""
        return list(dict.fromkeys(path.split("/")[2] for path in self.desk.vendor.paths()))

    def column(self, name: str) -> dict[str, Any]:
        return {key: row[name] for key, row in self.desk.rows("asset").items() if row["gone_at"] is None}

    def waiting(self, stream: str = "facts") -> int:
        with self.desk.store.read() as connection:
            return next((row.waiting for row in backlogs(connection) if row.stream == stream), 0)


def said(data: object) -> Answer:
    return Answer(200, json.dumps(data).encode())
