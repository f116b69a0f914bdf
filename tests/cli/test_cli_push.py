"""push from the outside: a plan, its approval and what voids it; fields, tickets, templates, adoption, the brake."""

import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from sevenc_sync.cli.home import Home
from sevenc_sync.clock import utc_now
from sevenc_sync.sandbox import Sandbox, World, build_world

PSAS = ("connectwise_psa", "autotask_psa")
BY = ("--by", "anna")
EXTRAS = {
    "connectwise_psa": 'ticket_board = "Help Desk"',
    "autotask_psa": 'ticket_queue = "Help Desk"\nticket_note_type = "Task Notes"',
}
NAMES = {
    "connectwise_psa": ("tickets", "ticket_notes", "externalXRef", "text"),
    "autotask_psa": ("Tickets", "TicketNotes", "externalID", "note"),
}


@pytest.fixture(scope="session")
def two_clients() -> World:
    """Two clients, with their history up to now."""
    return build_world(seed=3, clients=2, now=utc_now().replace(microsecond=0))


@pytest.fixture(scope="session")
def read_once(
    tmp_path_factory: pytest.TempPathFactory, two_clients: World, site_of: Callable[..., Any]
) -> dict[str, Path]:
    """For each PSA a folder that was read and scored."""
    found = {}
    for name in PSAS:
        folder = tmp_path_factory.mktemp(name) / "site"
        with Sandbox(two_clients, vendors=(name,), clock=utc_now) as sandbox:
            site = site_of(folder, sandbox)
            assert site("sync").exit_code == 0
            assert site("score").exit_code == 0
        found[name] = folder
    return found


Opened = Callable[..., Any]


@pytest.fixture
def opened(
    read_once: dict[str, Path], two_clients: World, tmp_path: Path, site_of: Callable[..., Any]
) -> Opened:
    """A PSA of the test's own that nothing was written to yet, and a copy of the store; `push` are more settings."""

    @contextmanager
    def make(name: str, push: str = "", account: str = "", mode: str = "review") -> Iterator[Any]:
        folder = tmp_path / f"{name}-{len(list(tmp_path.iterdir()))}"
        shutil.copytree(read_once[name], folder)
        with Sandbox(two_clients, vendors=(name,), clock=utc_now) as sandbox:
            home = Home(folder)
            home.write_config(sandbox.accounts, push=mode, every_minutes=None, anew=True)
            text = home.config.read_text().replace("[accounts.psa]\n", f"[accounts.psa]\n{account}\n")
            home.config.write_text(text.replace("[push]\n", f"[push]\n{push}\n"))
            yield site_of(folder, sandbox, is_new=False)

    return make


def texts(site: Any, name: str) -> list[str]:
    """Our notes as they stand in the PSA."""
    field = NAMES[name][3]
    notes = [note for found in site.sandbox.vendors[name].notes().values() for note in found]
    return sorted(
        text.replace("\r\n", "\n") for note in notes if "7C-REF" in (text := str(note[field] or ""))
    )


def planned(site: Any) -> tuple[str, list[dict[str, Any]]]:
    plan = site.json("push", "--plan")
    return str(plan["hash"]), list(plan["items"])


@pytest.mark.parametrize("name", PSAS)
def test_a_plan_is_approved_and_sent_and_changed_evidence_voids_what_it_touches(
    opened: Opened, name: str
) -> None:
    with opened(name) as site:
        assert "What waits needs a person's word" in site("push").stdout
        assert texts(site, name) == []
        plan, items = planned(site)
        shown = site("push", "--plan").stdout
        first, other = items
        assert all(line in shown for item in items for line in item["text"].splitlines() if line.strip())
        assert f"sevenc-sync push --approve {plan}" in shown
        area = some_area(site, first["client"])
        until = f"{utc_now() + timedelta(days=90):%Y-%m-%d}"
        told = site("except", first["client"], area, "--until", until, "--reason", "Moving house", *BY)
        assert told.exit_code == 0, told.output
        site("score")
        result = site("push", "--approve", plan, *BY)
        assert (result.exit_code, f"{first['client']}: not sent, it has changed" in result.output) == (
            3,
            True,
        )
        assert texts(site, name) == [other["text"]]
        again, (new,) = planned(site)
        assert new["text"] != first["text"]
        assert site("push", "--approve", again, *BY).exit_code == 0
        assert texts(site, name) == sorted([other["text"], new["text"]])
        assert site("push", "--approve", "0" * 12, *BY).exit_code == 1
        before = texts(site, name)
        site("score")
        assert site.json("push")["waiting"] == 0
        assert texts(site, name) == before
        logged = site.json("push", "--log")
        assert {row["by"] for row in logged if row["action"] == "push-approve"} == {"anna"}
        assert [row["action"] for row in logged].count("push-sent") == 2


def some_area(site: Any, client: str) -> str:
    """An area with a score, so that leaving it out changes the note."""
    shown = site.json("show", client)
    return str(next(area["slug"] for area in shown["areas"] if area["level"] is not None))


@pytest.mark.parametrize("name", PSAS)
def test_an_accepted_step_becomes_one_ticket_that_is_linked_back_and_told_when_it_is_closed(
    opened: Opened, name: str
) -> None:
    tickets, notes, key, _ = NAMES[name]
    with opened(name, account=EXTRAS[name]) as site:
        server = site.sandbox.vendors[name]

        def ours() -> list[dict[str, Any]]:
            return [row for row in server.records(tickets) if "sevenc-sync" in str(row.get(key) or "")]

        def send() -> str:
            plan, items = planned(site)
            shown = str(site("push", "--plan").stdout)
            assert items
            assert site("push", "--approve", plan, *BY).exit_code == 0
            return shown

        send()
        client = site.json("clients")[0]["name"]
        plan = site.json("plan", client)
        step = min(step["id"] for area in plan["areas"] for step in area["steps"])
        accepted = ("--accept", step, "--owner", "Eva", "--due", f"{utc_now() + timedelta(days=30):%Y-%m-%d}")
        assert site("plan", client, *accepted, *BY).exit_code == 0
        assert step in send()
        (ticket,) = ours()
        number = str(ticket.get("ticketNumber") or ticket["id"])
        assert number in site("plan", client, "--all").stdout
        site("score")
        send_if_any(site)
        assert len(ours()) == 1
        assert site("plan", client, "--done", step, *BY).exit_code == 0
        assert f"ticket {number} in psa" in send()
        send_if_any(site)
        mine = [row for row in server.records(notes) if step in str(row)]
        assert len([row for row in mine if "says anna" in str(row)]) == 1
        assert len(ours()) == 1


def send_if_any(site: Any) -> None:
    plan = site.json("push", "--plan")
    if plan["items"]:
        assert site("push", "--approve", plan["hash"], *BY).exit_code == 0


def test_with_history_append_each_note_is_a_new_one(opened: Opened) -> None:
    name = "autotask_psa"
    with opened(name, push='history = "append"', mode="auto") as site:
        assert site("push").exit_code == 0
        (client, _) = [row["name"] for row in site.json("clients")]
        before = texts(site, name)
        assert len(before) == 2
        site("score")
        assert site.json("push")["created"] == 0
        config = site.home.config.read_text()
        site.home.config.write_text(
            config.replace("[push]\n", '[push]\nlanguage = "de"\nchange_points = 1\n')
        )
        everything_else(site, client)
        site("score")
        pushed = site.json("push")
        assert pushed["created"] >= 1, pushed
        after = texts(site, name)
        assert len(after) >= 3
        assert set(before) < set(after)


def everything_else(site: Any, client: str) -> None:
    """Leave out the client's best areas, so that its score falls."""
    shown = site.json("show", client)
    known = sorted((a for a in shown["areas"] if a["level"] is not None), key=lambda a: -a["level"])
    until = f"{utc_now() + timedelta(days=90):%Y-%m-%d}"
    for area in known[: len(known) // 2]:
        told = site("except", client, area["slug"], "--until", until, "--reason", "Not ours", *BY)
        assert told.exit_code == 0, told.output


def test_an_edited_note_is_adopted_by_name_and_the_persons_words_are_kept(opened: Opened) -> None:
    name = "connectwise_psa"
    with opened(name, mode="auto", push="change_points = 1") as site:
        assert site("push").exit_code == 0
        server = site.sandbox.vendors[name]
        client = site.json("clients")[0]
        (note,) = [n for found in server.notes().values() for n in found if client["name"] in n["text"]]
        server.edit(
            "notes", note["id"], text=note["text"].replace("The blocks", "Ring the boss first.\r\nThe blocks")
        )
        everything_else(site, client["name"])
        site("score")
        left = site("push")
        assert (left.exit_code, "--adopt" in left.output) == (1, True)
        assert "Ring the boss first." in "".join(texts(site, name))
        assert site("push", "--adopt", client["name"], *BY).exit_code == 0
        (mine,) = [text for text in texts(site, name) if client["name"] in text]
        own = mine.partition("7C-REF")[2]
        assert "Ring the boss first." in own
        assert "Ring the boss first." not in mine.partition("7C-REF")[0]


def test_a_template_that_is_broken_stops_the_command_and_one_that_breaks_later_sends_nothing(
    opened: Opened,
) -> None:
    name = "connectwise_psa"
    with opened(name, mode="auto", push='template = "mine.txt"') as site:
        mine = site.home.folder / "mine.txt"
        for text, said in (
            ("{{ client ", "mine.txt:1"),
            ("{{ nothing }}", "'nothing' is undefined"),
            ("{{ client.__class__.__mro__ }}", "unsafe"),
            ("", "gives no text"),
        ):
            mine.write_text(text)
            result = site("push")
            assert (result.exit_code, said in result.output) == (2, True), result.output
        mine.write_text("{{ client }} {% if client != 'Acme Ltd' %}{{ 1 // 0 }}{% endif %}")
        result = site("push")
        assert result.exit_code == 1
        assert "ZeroDivisionError" in result.output
        assert texts(site, name) == []
        mine.write_text("Hello {{ client }}, {{ score }}\n<b>{{ 'a@b.example' }}</b> [7C-REF 123]")
        assert site("push").exit_code == 0
        for text in texts(site, name):
            assert text.startswith("Hello ")
            assert ("@" in text, text.count("7C-REF")) == (False, 1)


def test_the_brake_holds_everything_until_a_person_gives_a_reason(opened: Opened) -> None:
    name = "connectwise_psa"
    with opened(name, mode="auto") as site:
        config = site.home.config.read_text()
        site.home.config.write_text(re.sub(r"brake_notes = \d+", "brake_notes = 1", config))
        held = site("push")
        assert (held.exit_code, texts(site, name)) == (4, [])
        assert "--accept --reason" in held.stdout
        status = site("status")
        assert "The brake holds a push since" in status.output
        assert site("push").exit_code == 4
        assert site("push", "--accept").exit_code == 2
        assert site("push", "--accept", "--reason", "the first time", *BY).exit_code == 0
        assert len(texts(site, name)) == 2
        assert "The brake holds" not in site("status").output
        (row,) = [row for row in site.json("push", "--log") if row["action"] == "push-accept"]
        assert (row["by"], row["detail"]["reason"]) == ("anna", "the first time")
