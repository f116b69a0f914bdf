"""A dead holder is known at once; a live one, and one on another machine, is never taken for dead."""

import socket
import subprocess
import sys

import pytest

from sevenc_sync.store.holder import is_dead, this_holder


def test_this_process_is_alive() -> None:
    assert not is_dead(this_holder())


def test_a_process_that_has_ended_is_dead() -> None:
    program = "from sevenc_sync.store.holder import this_holder; print(this_holder())"
    ended = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)  # noqa: S603 - our own program
    assert is_dead(ended.stdout.strip())


def test_a_later_process_with_the_same_number_is_not_the_holder() -> None:
    host, pid, started = this_holder().rsplit(":", 2)
    assert is_dead(f"{host}:{pid}:{int(started) - 1}")


def test_another_machines_process_is_never_known_to_be_dead() -> None:
    _host, pid, _started = this_holder().rsplit(":", 2)
    assert not is_dead(f"elsewhere.example:{pid}:1")


@pytest.mark.parametrize("name", ["fe80::1", "a:b"])
def test_a_host_name_may_hold_colons(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(socket, "gethostname", lambda: name)
    assert not is_dead(this_holder())
