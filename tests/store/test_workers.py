"""Many workers on one PostgreSQL: whose configuration counts, what the dead leave, and who scores which clients."""

import os
import socket
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, text, update

from sevenc_sync.clock import utc_now
from sevenc_sync.store import parts, workers
from sevenc_sync.store.accounts import ensure_account
from sevenc_sync.store.database import Store, StoreProblem
from sevenc_sync.store.holder import this_holder
from sevenc_sync.store.parts import Open, PartLost
from sevenc_sync.store.queue import newest_queue_schema, queued_jobs, require_queue, upgrade_queue
from sevenc_sync.store.rounds import Marks
from sevenc_sync.store.runs import Busy, claim
from sevenc_sync.store.service import beat, take_service
from sevenc_sync.store.tables import judging, service

HERE, FAR, FARTHER = this_holder(), "far:11:1", "farther:12:1"
DEAD_HERE = f"{socket.gethostname()}:{os.getpid()}:1"  # the number of a process that began at another time


@pytest.fixture
def team(postgres_store: Store) -> Store:
    """A store with a worker of this process and one elsewhere."""
    for holder in (HERE, FAR):
        workers.join(postgres_store, holder, "one")
        workers.declare(postgres_store, holder, "one")
    return postgres_store


def states(store: Store) -> dict[str, bool]:
    """Each worker's process and whether its configuration counts."""
    with store.read() as connection:
        return {worker.process: worker.is_in_force for worker in workers.living_workers(connection)}


def silence(store: Store, holder: str, seconds: int) -> None:
    """Let the holder's last sign of life be so long ago."""
    with store.write() as connection:
        connection.execute(
            update(service)
            .where(service.c.holder == holder)
            .values(seen_at=service.c.seen_at - seconds, started_at=service.c.started_at - seconds)
        )


class TestWhoseConfigurationCounts:
    """The one that was read last."""

    def test_workers_with_the_same_work_side_by_side(self, team: Store) -> None:
        assert states(team) == {
            f"process {os.getpid()} on {socket.gethostname()}": True,
            "process 11 on far": True,
        }

    def test_one_with_another_makes_those_before_it_wait_until_they_have_it_too(self, team: Store) -> None:
        workers.join(team, FARTHER, "two")
        assert workers.declare(team, FARTHER, "two")
        mine = f"process {os.getpid()} on {socket.gethostname()}"
        assert states(team) == {mine: False, "process 11 on far": False, "process 12 on farther": True}
        workers.say_alive(team, HERE, "two")
        assert not workers.declare(team, HERE, "two")
        assert states(team) == {mine: True, "process 11 on far": False, "process 12 on farther": True}

    def test_after_another_configuration_all_clients_are_due(self, team: Store) -> None:
        parts.begin_round(team, an_open_round("basis"), [])
        with team.write() as connection:
            parts.end_round(connection, an_open_round("basis"), "rules")
        workers.declare(team, FARTHER, "two")
        with team.read() as connection:
            left = parts.standing(connection)
        assert (left.basis, left.all_at, left.rules) == (None, None, None)


class TestWhatTheDeadLeave:
    """Streams and clients that they held are anybody's at once."""

    def test_a_silent_worker_is_buried_and_its_stream_is_free(self, team: Store) -> None:
        number = ensure_account(team, "psa", "connectwise_psa")
        claim(team, number, "tickets", trigger="test", holder=FAR, now=utc_now())
        assert workers.bury(team, 60) == []
        assert isinstance(claim(team, number, "tickets", trigger="test", holder=HERE, now=utc_now()), Busy)
        silence(team, FAR, 61)
        assert workers.bury(team, 60) == [FAR]
        assert not isinstance(
            claim(team, number, "tickets", trigger="test", holder=HERE, now=utc_now()), Busy
        )
        assert not workers.say_alive(team, FAR, "one")

    def test_a_dead_process_of_this_machine_is_seen_at_once(self, team: Store) -> None:
        workers.join(team, DEAD_HERE, "one")
        take_service(team, DEAD_HERE, utc_now(), "judge")
        assert workers.bury(team, 900) == [DEAD_HERE]
        with team.read() as connection:
            assert connection.execute(select(service).where(service.c.name == "judge")).first() is None

    def test_while_one_that_stands_still_holds_locks_nobody_is_kept_waiting(self, team: Store) -> None:
        number = ensure_account(team, "psa", "connectwise_psa")
        claim(team, number, "tickets", trigger="test", holder=FAR, now=utc_now())
        silence(team, FAR, 61)
        with team.write() as stopped:
            stopped.execute(text("SELECT 1 FROM stream_state FOR UPDATE"))
            assert workers.bury(team, 60) == []
        assert workers.bury(team, 60) == [FAR]

    def test_the_database_ends_the_connections_of_a_machine_without_power(self, team: Store) -> None:
        with team.read() as connection:
            assert connection.execute(text("SHOW idle_in_transaction_session_timeout")).scalar() == "15min"

    def test_who_says_it_is_alive_keeps_all_its_places(self, team: Store) -> None:
        take_service(team, FAR, utc_now(), "judge")
        silence(team, FAR, 300)
        workers.say_alive(team, FAR, "one")
        assert workers.bury(team, 60) == []
        with pytest.raises(StoreProblem):
            take_service(team, HERE, utc_now() + timedelta(minutes=4), "judge")


class TestOneKindOfDaemon:
    """A daemon that does all the work and workers that share it exclude each other."""

    def test_no_worker_beside_a_daemon(self, postgres_store: Store) -> None:
        take_service(postgres_store, FAR, utc_now())
        with pytest.raises(StoreProblem, match=r'process 11 on far.*engine = "procrastinate"'):
            workers.join(postgres_store, HERE, "one")
        assert beat(postgres_store, FAR, utc_now())

    def test_no_daemon_beside_a_worker(self, team: Store) -> None:
        with pytest.raises(StoreProblem, match="A daemon works on this store already"):
            take_service(team, FARTHER, utc_now())


def an_open_round(basis: str) -> Open:
    """A round of now."""
    now = utc_now().replace(microsecond=0)
    return Open(at=now, basis=basis, all_at=now, links=3, before=Marks(5, 7))


class TestParts:
    """Clients of a round, scored by whoever takes them, each once."""

    def test_a_round_is_kept_with_its_parts_until_the_last_one_is_done(self, store: Store) -> None:
        begun = an_open_round("basis")
        parts.begin_round(store, begun, [{2, 1}, {3}])
        with store.read() as connection:
            assert parts.open_round(connection) == begun
            first, second = parts.waiting_parts(connection)
        assert parts.claim_part(store, first, FAR, begun.at) == [1, 2]
        assert parts.claim_part(store, first, FARTHER, begun.at) is None
        assert parts.claim_part(store, second, FARTHER, begun.at) == [3]
        assert parts.end_part(store, second, FARTHER) == 1
        assert parts.end_part(store, first, FAR) == 0
        assert parts.claim_part(store, first, FARTHER, begun.at) is None
        with store.write() as connection:
            parts.end_round(connection, begun, "rules")
        with store.read() as connection:
            assert parts.open_round(connection) is None
            assert parts.standing(connection) == parts.Standing("rules", begun.at, "basis", begun.at)

    def test_who_lost_a_part_can_save_nothing_more(self, store: Store) -> None:
        begun = an_open_round("basis")
        parts.begin_round(store, begun, [{1}])
        with store.read() as connection:
            (number,) = parts.waiting_parts(connection)
        parts.claim_part(store, number, FAR, begun.at)
        later = begun.at + parts.LEASE
        assert parts.claim_part(store, number, FARTHER, later) == [1]
        with store.write() as connection, pytest.raises(PartLost):
            parts.hold_part(connection, number, FAR)
        with pytest.raises(PartLost):
            parts.end_part(store, number, FAR)
        assert parts.end_part(store, number, FARTHER) == 0

    def test_should_a_round_break_off_before_its_parts_are_kept_all_clients_are_due(
        self, store: Store
    ) -> None:
        begun = an_open_round("basis")
        parts.begin_round(store, begun, [])
        with store.write() as connection:
            parts.end_round(connection, begun, "rules")
        parts.forget_basis(store)
        with store.read() as connection:
            assert parts.standing(connection).basis is None
            assert connection.execute(select(judging.c.rules)).scalar() == "rules"


class TestTheQueuesTables:
    """Made by `db upgrade`, and refused when they are not what the library needs."""

    def test_they_are_asked_for_with_the_command_and_made_once(self, postgres_store: Store) -> None:
        with pytest.raises(StoreProblem, match="Run: sevenc-sync db upgrade"):
            require_queue(postgres_store)
        newest = newest_queue_schema()
        assert upgrade_queue(postgres_store) == (None, newest)
        assert upgrade_queue(postgres_store) == (newest, newest)
        require_queue(postgres_store)
        with postgres_store.read() as connection:
            assert queued_jobs(connection) == {}

    @pytest.mark.parametrize(
        ("comment", "told"),
        [
            ("sevenc-sync: 99.00.00_01_later.sql", "newer procrastinate"),
            ("sevenc-sync: 03.04.00_01_pre.sql", "Run: sevenc-sync db upgrade"),
            ("somebody's own", "a database of its own"),
        ],
    )
    def test_others_are_refused(self, postgres_store: Store, comment: str, told: str) -> None:
        with postgres_store.write() as connection:
            connection.execute(text("CREATE TABLE procrastinate_jobs (id bigint)"))
            quoted = comment.replace("'", "''")
            connection.exec_driver_sql(f"COMMENT ON TABLE procrastinate_jobs IS '{quoted}'")
        with pytest.raises(StoreProblem, match=told):
            require_queue(postgres_store)

    def test_an_older_queue_gets_the_migrations_that_it_lacks(
        self, postgres_store: Store, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        upgrade_queue(postgres_store)
        script = tmp_path / "99.00.00_01_made_for_the_test.sql"
        script.write_text("CREATE TABLE made_later (share text DEFAULT '5 %'); SELECT 1;")
        monkeypatch.setattr("sevenc_sync.store.queue._migrations", lambda: [script])
        with pytest.raises(StoreProblem, match="older version"):
            require_queue(postgres_store)
        assert upgrade_queue(postgres_store)[1] == script.name
        require_queue(postgres_store)
        with postgres_store.read() as connection:
            assert connection.execute(text("SELECT count(*) FROM made_later")).scalar() == 0
