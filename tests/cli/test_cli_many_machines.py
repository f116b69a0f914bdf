"""Four workers on one PostgreSQL, two of them killed in the middle: nothing is lost, and nothing stands twice at the PSA."""

import json
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from sevenc_sync.clock import utc_now
from sevenc_sync.config import load
from sevenc_sync.engine.local import open_engine
from sevenc_sync.registry import connectors
from sevenc_sync.sandbox import Sandbox, World
from sevenc_sync.store.database import Store
from sevenc_sync.store.parts import open_round
from sevenc_sync.store.tables import (
    account,
    client,
    client_score,
    evidence,
    judging,
    outbox,
    stream_state,
)

PROGRAM = Path(sys.executable).with_name("sevenc-sync")
PATIENCE = 180.0
WORKERS = 4
LINES = ('engine = "procrastinate"\n', "\n[workers]\nlost_after_seconds = 2\n")


def wait_for(what: Callable[[], Any], told: str) -> Any:
    """What it gives, once that is something."""
    end = time.monotonic() + PATIENCE
    while True:
        found = what()
        if found:
            return found
        assert time.monotonic() < end, told
        time.sleep(0.1)


class Team:
    """The workers of a site, each a process of its own."""

    def __init__(self, config: Path, store: Store) -> None:
        self.config = config
        self.store = store
        self.processes: list[subprocess.Popen[str]] = []

    @contextmanager
    def working(self) -> Iterator[None]:
        """All of them begin; whoever is left at the end is stopped as systemd does it."""
        folder = self.config.parent
        try:
            for number in range(WORKERS):
                with (folder / f"worker{number}.log").open("w") as log:
                    command = [str(PROGRAM), "--config", str(self.config), "run"]
                    self.processes.append(subprocess.Popen(command, stderr=log, text=True))  # noqa: S603 - our own program
            yield
        finally:
            for process in self.processes:
                process.send_signal(signal.SIGTERM)
            for process in self.processes:
                process.wait(PATIENCE)

    def lines(self) -> list[dict[str, Any]]:
        """All that the workers have logged."""
        logs = sorted(self.config.parent.glob("worker*.log"))
        return [json.loads(line) for log in logs for line in log.read_text().splitlines()]

    def kill_the_holder_of(self, stream: str) -> None:
        """Without a warning, whoever reads or writes this stream of the PSA."""
        with self.store.read() as connection:
            held = select(stream_state.c.holder).where(stream_state.c.stream == stream)
            pid = int(connection.execute(held).scalar_one().rsplit(":", 2)[1])
        (victim,) = [process for process in self.processes if process.pid == pid]
        victim.kill()
        assert victim.wait(PATIENCE) == -signal.SIGKILL
        self.processes.remove(victim)

    def has_read_and_judged(self) -> bool:
        """Every stream is well, nothing is being done, and what was read is scored."""
        with self.store.read() as connection:
            states = connection.execute(select(stream_state.c.state, stream_state.c.run)).all()
            scored = connection.execute(select(func.count()).select_from(client_score)).scalar_one()
            over = connection.execute(select(judging.c.basis)).scalar() is not None
            return (
                len(states) > 15
                and all(tuple(row) == ("ok", None) for row in states)
                and scored > 0
                and over
                and open_round(connection) is None
            )

    def has_sent(self, number: int) -> bool:
        """So many notes stand at the PSA, by the outbox, and the round is over."""
        with self.store.read() as connection:
            sent = select(func.count()).where(outbox.c.kind == "note", outbox.c.state == "sent")
            return (
                connection.execute(sent).scalar_one() == number
                and connection.execute(
                    select(stream_state.c.run).where(stream_state.c.stream == "notes")
                ).scalar()
                is None
            )


def evidence_of(store: Store) -> dict[str, list[tuple[Any, ...]]]:
    """All evidence but when it was fetched, with accounts by their names: their numbers are given as they come."""
    with store.read() as connection:
        names = {row.id: row.name for row in connection.execute(select(account))}
        found = {}
        for name, table in evidence.items():
            kept = [column for column in table.c if column.name not in ("fetched_at", "account")]
            rows = connection.execute(select(table.c.account, *kept))
            found[name] = sorted(((names[row[0]], *row[1:]) for row in rows), key=repr)
        return found


def scores_of(config: Path, moment: datetime) -> list[tuple[Any, ...]]:
    """Every client's score, blocks, areas and indicators, from the evidence in the store, as of one moment."""
    with open_engine(load(config, connectors())) as engine:
        return [
            (
                (result.name, result.company, result.score, result.score_without, result.proof),
                [(part.slug, part.level, part.proof) for part in (*result.blocks, *result.areas)],
                [(item.id, item.value, item.level, item.sample, item.good) for item in result.indicators],
            )
            for result in engine.preview(moment)
        ]


def saved_scores_of(store: Store) -> dict[str, float | None]:
    """The score that was saved last, by client. It is of the moment at which it was made, which windows move with."""
    with store.read() as connection:
        statement = select(client.c.name, client_score.c.score).join_from(client, client_score)
        return {row.name: row.score for row in connection.execute(statement)}


def notes_at(vendors: Sandbox) -> dict[int, int]:
    """How many notes stand at each company of the PSA."""
    return {
        company: len(notes)
        for vendor in vendors.vendors.values()
        if "notes" in vendor.vendor.tables.names
        for company, notes in vendor.notes().items()
    }


def sent_of(store: Store) -> dict[tuple[str, str], tuple[str, str]]:
    """What was sent, by kind and company: state and text."""
    with store.read() as connection:
        rows = connection.execute(select(outbox).where(outbox.c.state != "replaced")).all()
    found = {(row.kind, row.company): (row.state, row.text) for row in rows}
    assert len(found) == len(rows)  # one of each
    return found


def assert_machines_are_told_the_same(status: str, workers: Sequence[Mapping[str, Any]]) -> None:
    assert [worker["in_force"] for worker in workers] == [True] * (WORKERS - 1)
    assert all(worker["process"] in status for worker in workers)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_workers_that_are_killed_leave_what_one_undisturbed_process_would(
    tmp_path: Path, world: World, site_of: Any, proxy: Any, postgres_url: str
) -> None:
    with Sandbox(world, clock=utc_now) as vendors:
        alone = site_of(tmp_path / "alone", vendors)
        for command in ("sync", "score", "push"):
            assert alone(command).exit_code == 0
        wanted_notes = notes_at(vendors)

    accepted, go_on = threading.Event(), threading.Event()
    written: list[str] = []

    def answer(path: str, status: int, body: bytes) -> tuple[int, bytes]:
        if status == 201 and re.search(r"/notes", path):
            written.append(path)
            if len(written) == 3:  # the PSA has the note; who wrote it will never know
                accepted.set()
                go_on.wait(PATIENCE)
        return status, body

    with Sandbox(world, clock=utc_now) as vendors:
        site = site_of(tmp_path / "many", vendors)
        with (
            proxy(site.base_url("psa"), rule=answer, hold_at=("/service/tickets\\?", 2)) as psa,
            Store.open(postgres_url) as store,
        ):
            config = site.through({"psa": psa.base_url})
            text = config.read_text().replace("sqlite:///store.db", postgres_url)
            config.write_text(LINES[0] + text.replace('mode = "auto"', 'mode = "off"') + LINES[1])
            refused = site.run("run", config=config)
            assert (refused.returncode, "sevenc-sync db upgrade" in refused.stderr) == (1, True)
            assert site("db", "upgrade", config=config).exit_code == 0
            team = Team(config, store)
            with team.working():
                assert psa.reached.wait(PATIENCE)
                team.kill_the_holder_of("tickets")
                psa.release.set()
                wait_for(team.has_read_and_judged, "the others did not go on reading")
                status = site("status", config=config).stdout
                assert status.count("The worker process") == WORKERS - 1
                assert_machines_are_told_the_same(status, site.json("status", config=config)["workers"])

                config.write_text(config.read_text().replace('mode = "off"', 'mode = "auto"'))
                for process in team.processes:
                    process.send_signal(signal.SIGHUP)
                assert accepted.wait(PATIENCE)
                team.kill_the_holder_of("notes")
                go_on.set()
                wait_for(lambda: team.has_sent(len(wanted_notes)), "the others did not go on writing")
            assert [process.returncode for process in team.processes] == [0, 0]

            assert notes_at(vendors) == wanted_notes
            with Store.open(f"sqlite:///{alone.home.store}") as undisturbed:
                assert evidence_of(store) == evidence_of(undisturbed)
                assert sent_of(store).keys() == sent_of(undisturbed).keys()
                assert {state for state, _text in sent_of(store).values()} == {"sent"}
                assert saved_scores_of(store) == pytest.approx(saved_scores_of(undisturbed), abs=0.5)
            now = utc_now()
            assert scores_of(config, now) == scores_of(alone.home.config, now)
    said = [line["event"] for line in team.lines()]
    assert said.count("worker is gone") >= 2
    assert "job taken over" in said
    assert "configuration kept" not in said
    assert [line for line in team.lines() if line["level"] == "error"] == []
