"""The console as a person uses it, in Debian's Chromium; without JavaScript but for the live log.

CONSOLE_SHOTS=FOLDER keeps screenshots at both widths, light and dark.
"""

import os
import re
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect
from sqlalchemy import insert, update

from sevenc_sync.engine.judge import feeds_of
from sevenc_sync.match import questions
from sevenc_sync.score import load_results, read_plan
from sevenc_sync.store.outbox import waiting_rows
from sevenc_sync.store.runs import Claim, claim
from sevenc_sync.store.tables import quarantine, run, run_log

SHOTS = os.environ.get("CONSOLE_SHOTS")
SignedIn = Callable[..., BrowserContext]


@pytest.fixture(scope="module")
def page(browser: Browser, console: Any, signed_in: SignedIn) -> Iterator[Page]:
    """An operator's page, without JavaScript."""
    context = signed_in("olga", java_script_enabled=False)
    yield context.new_page()
    context.close()


def field_to_attest(engine: Any) -> tuple[int, str, str]:
    """A client, a field that would make one of its unknown indicators known, and a value for it."""
    values = {"date": f"{engine.clock() - timedelta(days=3):%Y-%m-%d}", "number": "80", "text": "yes"}
    for result in load_results(engine.store, engine.rules):
        plan = read_plan(
            engine.store, engine.rules, engine.clock(), feeds_of(engine.accounts), result, limit=1
        )
        for step in (step for area in plan.areas for step in area.steps):
            if step.explained.result.level is None and len(step.explained.to_attest) == 1:
                (field,) = step.explained.to_attest
                kind = next((kind for kind in values if kind in field.kinds), None)
                if kind is not None:
                    return result.client, field.label, values[kind]
    raise AssertionError("no client lacks a field that a person could attest")


def first_client(console: Any) -> int:
    return load_results(console.engine.store, console.engine.rules)[0].client


def test_from_the_portfolio_down_to_a_record(console: Any, page: Page) -> None:
    page.goto("/")
    expect(page.get_by_role("heading", name="Portfolio")).to_be_visible()
    page.locator("table.heat tbody th a").first.click()
    expect(page.get_by_role("heading", name="Seven blocks")).to_be_visible()
    page.locator("#areas").get_by_role("link", name=re.compile("backup", re.IGNORECASE)).first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Backup Management")
    assert page.locator("section.card tbody tr a[rel=noreferrer]").count() > 0
    page.get_by_text("The rule's text and its sources").first.click()
    expect(page.get_by_role("rowheader", name="basis").first).to_be_visible()


def test_a_step_of_the_plan_is_accepted(console: Any, page: Page) -> None:
    page.goto(f"/clients/{first_client(console)}")
    step = page.locator("#plan .steps > li").filter(has=page.get_by_text("Decide")).first
    step.get_by_text("Decide").click()
    step.get_by_label("Who does it").fill("Ada")
    step.get_by_label("Due").fill("2031-01-31")
    step.get_by_role("button", name="Accept", exact=True).click()
    expect(page.locator("#plan").get_by_text("accepted, Ada, due 2031-01-31")).to_be_visible()
    page.goto("/audit")
    expect(page.locator("tbody tr").first).to_contain_text("plan-accept")
    expect(page.locator("tbody tr").first).to_contain_text("olga")


def test_an_attestation_moves_the_score(console: Any, page: Page) -> None:
    number, option, value = field_to_attest(console.engine)
    page.goto(f"/clients/{number}")
    before = page.locator(".facts dd").first.inner_text(), page.locator(".facts dd").nth(1).inner_text()
    page.locator("#attestations summary").click()
    page.locator("#attestations select").select_option(option)
    page.locator("#attestations form.bar").get_by_label("Value").fill(value)
    page.get_by_role("button", name="Attest").click()
    expect(page.locator("#attestations tbody")).to_contain_text(option)
    after = page.locator(".facts dd").first.inner_text(), page.locator(".facts dd").nth(1).inner_text()
    assert after != before


def test_what_cannot_be_kept_is_said(console: Any, page: Page) -> None:
    page.goto(f"/clients/{first_client(console)}")
    page.locator("#exceptions summary").click()
    page.locator("#exceptions select").select_option(index=1)
    page.locator("#exceptions form.bar").get_by_label("Why").fill("sold")
    page.locator("#exceptions form.bar").get_by_label("Until").fill("2001-01-01")
    page.get_by_role("button", name="Leave out").click()
    expect(page.get_by_role("status")).to_contain_text("2001-01-01 is over")


def test_an_approved_note_stands_in_the_psa(console: Any, page: Page) -> None:
    engine = console.engine
    with engine.store.read() as connection:
        waiting = len(waiting_rows(connection))
    page.goto("/outbox")
    card = page.locator("article.card").first
    reference = re.search(r"\[7C-REF \w+\]", card.locator("pre").inner_text())
    assert reference is not None
    card.get_by_role("button", name="Approve and send").click()
    expect(page.get_by_role("status")).to_contain_text("1 created")
    assert page.locator("article.card").count() == waiting - 1
    sent = [str(row) for server in console.sandbox.vendors.values() for row in _notes(server.vendor)]
    assert any(reference[0] in text for text in sent)
    card = page.locator("article.card").first
    card.get_by_role("button", name="Hold for 30 days").click()
    expect(page.locator("article.card").get_by_text("held until").first).to_be_visible()


def _notes(vendor: Any) -> list[Any]:
    return [
        row
        for name in vendor.tables.names
        if "note" in name.lower()
        for row in vendor.tables.rows(name).values()
    ]


def test_a_match_is_reviewed(console: Any, page: Page) -> None:
    with console.engine.store.read() as connection:
        before = len(questions(connection))
    page.goto("/matching")
    card = page.locator(".card").filter(has=page.get_by_role("button", name="It is nobody's")).first
    card.get_by_role("button", name="It is nobody's").click()
    page.wait_for_url("/matching")
    with console.engine.store.read() as connection:
        assert len(questions(connection)) == before - 1
    expect(page.get_by_role("region", name="Decided")).to_contain_text("ignore")


def test_the_log_of_a_running_sync_is_followed(console: Any, signed_in: SignedIn) -> None:
    engine = console.engine
    stream = engine.accounts[0].connector.streams[0].name
    claimed = claim(
        engine.store,
        engine.accounts[0].number,
        stream,
        trigger="test",
        holder=engine.holder,
        now=engine.clock(),
    )
    assert isinstance(claimed, Claim)
    number = claimed.run
    context = signed_in("vera")
    live = context.new_page()
    live.goto(f"/syncs/runs/{number}")
    with engine.store.write() as connection:
        values = {"run": number, "at": 1_800_000_000, "level": "info", "event": "page 17", "detail": "{}"}
        connection.execute(insert(run_log).values(values))
    expect(live.get_by_text("page 17")).to_be_visible(timeout=5000)
    with engine.store.write() as connection:
        connection.execute(update(run).where(run.c.id == number).values(state="ok"))
    expect(live.locator("[data-state]")).to_have_text("ok", timeout=5000)
    context.close()


def test_a_record_in_quarantine_is_tried_again(console: Any, page: Page) -> None:
    """Its vendor has mended it meanwhile: the retry reads all of its stream, and nothing is held any more."""
    engine = console.engine
    number = next(item.number for item in engine.accounts if item.name == "psa")
    values = {"account": number, "stream": "boards", "digest": 1, "run": 1, "path": "$.name", "body": b"{}"}
    times = {"first_at": 1_800_000_000, "last_at": 1_800_000_000}
    with engine.store.write() as connection:
        connection.execute(insert(quarantine).values(reason="expected a text", **values, **times))
    page.goto("/syncs")
    row = page.get_by_role("region", name="Quarantine").get_by_role("row").nth(1)
    expect(row).to_contain_text("psa/boards")
    expect(row).to_contain_text("expected a text")
    row.get_by_role("button", name="Retry").click()
    until = time.monotonic() + 10
    while not page.get_by_text("No record is held.").is_visible() and time.monotonic() < until:
        page.wait_for_timeout(100)
        page.goto("/syncs")
    expect(page.get_by_text("No record is held.")).to_be_visible()


PAGES = ("/", "/clients/{}", "/clients/{}/why/continuous.backup-management?records=5", "/msp", "/outbox", "/syncs", "/syncs/runs/1",
         "/matching", "/coverage", "/rules", "/audit")  # fmt: skip


def test_every_page_is_usable_by_everybody(console: Any, signed_in: SignedIn) -> None:
    """In the light at 1280, and what the dark and 390 may change of it: colours and widths."""
    context = signed_in("olga", viewport={"width": 1280, "height": 900}, bypass_csp=True)
    page = context.new_page()
    wrong = []
    for path in PAGES:
        page.set_viewport_size({"width": 1280, "height": 900})
        page.emulate_media(color_scheme="light")
        page.goto(path.format(first_client(console)))
        wrong += [(path, "light", *said) for said in serious(page, {})]
        page.set_viewport_size({"width": 390, "height": 900})
        page.emulate_media(color_scheme="dark")
        narrow = {"runOnly": ["color-contrast", "scrollable-region-focusable"]}
        wrong += [(path, "dark", *said) for said in serious(page, narrow)]
        wide = page.evaluate("document.documentElement.scrollWidth")
        wrong += [(path, "dark", f"{wide} wide", "")] if wide > 390 else []
    context.close()
    assert not wrong


# The first rows of a list stand for the others, which the same line of a template makes.
ALIKE = [["tbody tr:nth-child(n+9)"], [".steps > li:nth-child(n+4)"], ["article.card:nth-of-type(n+3)"]]


def serious(page: Page, options: dict[str, Any]) -> list[tuple[str, str]]:
    """What axe finds serious, with the first element of each."""
    found = Axe().run(page, {"exclude": ALIKE}, {"resultTypes": ["violations"]} | options)
    return [
        (item["id"], item["nodes"][0]["html"][:200])
        for item in found.response["violations"]
        if item["impact"] in ("serious", "critical")
    ]


@pytest.mark.skipif(SHOTS is None, reason="screenshots are kept on request: CONSOLE_SHOTS=FOLDER")
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_screenshots(console: Any, signed_in: SignedIn, width: int, scheme: str) -> None:
    folder = Path(SHOTS or ".")
    folder.mkdir(parents=True, exist_ok=True)
    context = signed_in("olga", viewport={"width": width, "height": 900}, color_scheme=scheme)
    page = context.new_page()
    for path in PAGES:
        page.goto(path.format(first_client(console)))
        name = path.partition("?")[0].strip("/").replace("{}", "one").replace("/", "-") or "portfolio"
        page.screenshot(path=folder / f"{name}-{width}-{scheme}.png", full_page=True)
    context.close()
    assert len(list(folder.glob("*.png"))) >= len(PAGES)
