"""One daemon a store, signs of life, another configuration while it runs, and a stop that does not wait for ever."""

import io
import json
import os
import signal
import socket
import subprocess
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from sevenc_sync import logs
from sevenc_sync.clock import utc_now
from sevenc_sync.config import Configuration, load
from sevenc_sync.daemon import Daemon
from sevenc_sync.engine.local import open_engine
from sevenc_sync.engine.notify import Notifier
from sevenc_sync.registry import connectors
from sevenc_sync.store.database import Store, StoreProblem
from sevenc_sync.store.service import SILENT, beat, leave_service, take_service
from tests.daemon.test_service import PROGRAM, heard, notified, running

__all__ = ["notified"]
GIVE_UP = 60
ELSEWHERE = "elsewhere:4711:99"


@pytest.fixture
def log() -> io.StringIO:
    stream = io.StringIO()
    logs.set_up("info", "json", stream)
    return stream


def said(log: io.StringIO, event: str) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    return [line for line in lines if line["event"] == event]


def again(site: Any, change: Callable[[str], str]) -> Configuration:
    """The site's configuration after a person has changed its file."""
    site.home.config.write_text(change(site.home.config.read_text()))
    return load(site.home.config, connectors())


class TestOneDaemonAStore:
    """The second one says who the first one is."""

    def test_a_second_one_is_refused_and_names_the_first(self, store: Store) -> None:
        now = utc_now()
        take_service(store, ELSEWHERE, now)
        with pytest.raises(StoreProblem, match="process 4711 on elsewhere") as refused:
            take_service(store, "here:1:1", now + timedelta(minutes=4))
        assert "Stop that one first" in str(refused.value)

    def test_one_that_is_silent_for_long_is_taken_for_dead_and_learns_it_when_it_wakes(
        self, store: Store
    ) -> None:
        now = utc_now()
        take_service(store, ELSEWHERE, now)
        assert beat(store, ELSEWHERE, now + timedelta(minutes=4))
        later = now + timedelta(minutes=4) + SILENT + timedelta(seconds=1)
        take_service(store, "here:1:1", later)
        assert not beat(store, ELSEWHERE, later)
        leave_service(store, ELSEWHERE)
        assert beat(store, "here:1:1", later)

    def test_a_process_of_this_machine_that_is_dead_is_known_at_once(self, store: Store) -> None:
        now = utc_now()
        take_service(store, f"{socket.gethostname()}:{os.getpid()}:1", now)
        take_service(store, "here:1:1", now)

    def test_after_a_clean_end_the_next_one_begins_at_once(self, store: Store) -> None:
        take_service(store, ELSEWHERE, utc_now())
        leave_service(store, ELSEWHERE)
        take_service(store, "here:1:1", utc_now())

    def test_the_service_started_twice_ends_with_a_sentence_and_the_first_goes_on(
        self, site: Any, notified: socket.socket
    ) -> None:
        with running(site, NOTIFY_SOCKET=notified.getsockname()) as first:
            heard(notified, "READY=1")
            second = subprocess.run(  # noqa: S603 - our own program
                [PROGRAM, "--config", site.home.config, "run"], capture_output=True, text=True, check=False
            )
            assert second.returncode == 1
            assert f"process {first.pid} on {socket.gethostname()}" in second.stderr
            first.send_signal(signal.SIGKILL)
            first.communicate(timeout=GIVE_UP)
        # Killed, it left its place taken; the next start sees that it is dead.
        with running(site, NOTIFY_SOCKET=notified.getsockname()) as third:
            heard(notified, "READY=1")
            third.terminate()
            third.communicate(timeout=GIVE_UP)
        assert third.returncode == 0


class TestSignsOfLife:
    """The watchdog hears of a daemon whose store answers, and of no other."""

    def test_the_watchdog_is_fed_with_a_line_that_says_how_things_are(
        self, site: Any, notified: socket.socket
    ) -> None:
        with running(site, NOTIFY_SOCKET=notified.getsockname(), WATCHDOG_USEC="200000") as service:
            heard(notified, "READY=1")
            messages = [heard(notified, "WATCHDOG=1") for _ in range(3)]
            service.terminate()
            heard(notified, "STOPPING=1")
            service.communicate(timeout=GIVE_UP)
        assert all("streams are well." in message for message in messages)

    def test_a_store_that_does_not_answer_is_not_alive(
        self, site: Any, log: io.StringIO, notified: socket.socket
    ) -> None:
        notified.settimeout(0.2)
        with open_engine(site.config()) as engine:
            daemon = Daemon(engine, notifier=Notifier(notified.getsockname(), 1.0))
            take_service(engine.store, engine.holder, engine.clock())
            daemon._live()
            assert notified.recv(4096).startswith(b"WATCHDOG=1")
            with engine.store.write() as connection:
                connection.exec_driver_sql("DROP TABLE service")
            with pytest.raises(Exception, match="no such table"):
                daemon._live()
            with pytest.raises(TimeoutError):
                notified.recv(4096)

    def test_one_whose_place_was_taken_stops(self, site: Any, log: io.StringIO) -> None:
        with open_engine(site.config()) as engine:
            take_service(engine.store, ELSEWHERE, engine.clock())
            Daemon(engine, notifier=Notifier(None))._live()
            assert engine.stop.is_set()
        assert [line["level"] for line in said(log, "another daemon works on the store")] == ["error"]

    @pytest.mark.parametrize(
        ("given", "meant", "seconds"),
        [("30000000", None, 15.0), ("30000000", "0", None), ("0", None, None), ("soon", None, None)],
    )
    def test_systemd_says_how_often_it_wants_to_hear(
        self, monkeypatch: pytest.MonkeyPatch, given: str, meant: str | None, seconds: float | None
    ) -> None:
        monkeypatch.setenv("WATCHDOG_USEC", given)
        monkeypatch.delenv("WATCHDOG_PID", raising=False)
        if meant is not None:
            monkeypatch.setenv("WATCHDOG_PID", meant)
        assert Notifier.of_process().watchdog_seconds == seconds


class TestReload:
    """SIGHUP: the new configuration counts, or the old one with every mistake said."""

    def test_it_is_read_again_and_mistakes_leave_the_old_one_in_force(
        self, site: Any, notified: socket.socket
    ) -> None:
        with running(site, NOTIFY_SOCKET=notified.getsockname()) as service:
            heard(notified, "READY=1")
            right = site.home.config.read_text()
            site.home.config.write_text(right.replace("every_minutes", "evry_minutes"))
            service.send_signal(signal.SIGHUP)
            assert "MONOTONIC_USEC=" in heard(notified, "RELOADING=1")
            heard(notified, "READY=1")
            site.home.config.write_text(
                right.replace("[accounts.backup]", "[accounts.backup]\nenabled = false")
            )
            service.send_signal(signal.SIGHUP)
            heard(notified, "RELOADING=1")
            heard(notified, "READY=1")
            service.terminate()
            _, err = service.communicate(timeout=GIVE_UP)
        lines = [json.loads(line) for line in err.splitlines()]
        (mistake,) = [line["mistake"] for line in lines if line["event"] == "configuration mistake"]
        assert "schedule.evry_minutes: is not a known key; did you mean every_minutes?" in mistake
        (done,) = [line for line in lines if line["event"] == "configuration read again"]
        assert (done["accounts"], done["removed"], done["added"]) == (["psa"], ["backup"], [])
        assert service.returncode == 0

    def test_an_account_that_is_new_is_read_and_one_that_is_gone_is_not(
        self, site: Any, log: io.StringIO
    ) -> None:
        config = site.config()
        with_one = again(
            site, lambda text: text.replace("[accounts.backup]", "[accounts.backup]\nenabled = false")
        )
        site.home.config.unlink()
        with_both = site.config()
        assert with_both == config
        with open_engine(with_one) as engine:
            seen: set[str] = set()
            steps = {"psa": with_both, "backup": None}

            def on_result(result: Any) -> None:
                if result.account not in seen:
                    seen.add(result.account)
                    if steps[result.account] is None:
                        engine.stop.set()
                    else:
                        threading.Thread(target=daemon.reload).start()

            daemon = Daemon(
                engine,
                load=lambda: with_both,
                notifier=Notifier(None),
                tick_seconds=0.02,
                on_result=on_result,
            )
            guard = threading.Timer(GIVE_UP, engine.stop.set)
            guard.start()
            daemon.run()
            guard.cancel()
        assert seen == {"psa", "backup"}
        (done,) = said(log, "configuration read again")
        assert done["added"] == ["backup"]

    @pytest.mark.parametrize(
        ("change", "why"),
        [
            (
                lambda text: text.replace("store.db", "other.db"),
                "store.url has changed, which needs a restart",
            ),
            (
                lambda text: text.replace("connector =", "enabled = false\nconnector ="),
                "the configuration has no enabled account",
            ),
        ],
    )
    def test_what_a_running_process_cannot_take_over_is_refused(
        self, site: Any, log: io.StringIO, change: Callable[[str], str], why: str
    ) -> None:
        config = site.config()
        with open_engine(config) as engine:
            daemon = Daemon(engine, load=lambda: again(site, change), notifier=Notifier(None))
            taken = daemon.reload()
            kept = engine.config
        assert not taken
        assert why in said(log, "configuration mistake")[0]["mistake"]
        assert kept is config

    def test_wrong_rules_are_refused_with_the_rest(self, site: Any, log: io.StringIO) -> None:
        own = site.home.folder / "own"
        own.mkdir()
        (own / "mine.toml").write_text("[[indicator]]\nid = 'x'\n")
        config = site.config()
        with open_engine(config) as engine:
            wanted = lambda text: f'{text}\n[rules]\ndirectories = ["{own}"]\n'  # noqa: E731 - one line
            daemon = Daemon(engine, load=lambda: again(site, wanted), notifier=Notifier(None))
            assert not daemon.reload()
            assert engine.config is config
        assert "mine.toml" in said(log, "configuration mistake")[0]["mistake"]


class TestAStop:
    """Pages in hand are waited for, but not for ever."""

    def test_a_reading_that_does_not_end_is_given_up_after_the_limit(
        self, site: Any, log: io.StringIO, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with open_engine(site.config()) as engine:
            free, stuck = threading.Event(), threading.Event()

            def hang(**_more: Any) -> list[Any]:
                stuck.set()
                free.wait(GIVE_UP)
                return []

            monkeypatch.setattr(engine, "sync", hang)
            given_up: list[set[str]] = []
            daemon = Daemon(
                engine,
                notifier=Notifier(None),
                drain_seconds=0.1,
                give_up=lambda: given_up.append(set(daemon.work.reading)),
            )

            def stop_when_stuck() -> None:
                stuck.wait(GIVE_UP)
                engine.stop.set()

            threading.Thread(target=stop_when_stuck).start()
            daemon.run()
            take_service(engine.store, ELSEWHERE, engine.clock())  # its place is free
            free.set()
            for thread in threading.enumerate():
                if thread.name == "drain":  # or its jobs would end in the tests that follow
                    thread.join(GIVE_UP)
        assert given_up in ([{"psa", "backup"}], [{"psa"}], [{"backup"}])
        (line,) = said(log, "not drained")
        assert set(line["reading"]) == given_up[0]
