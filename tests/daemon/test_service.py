"""The daemon as systemd runs it: a process that says when it is ready, and stops when it is told to."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sevenc_sync.engine.notify import Notifier

PROGRAM = Path(sys.executable).with_name("sevenc-sync")


@pytest.fixture
def notified(tmp_path: Path) -> Iterator[socket.socket]:
    """A socket as systemd's, at a path of its own."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        channel.bind(str(tmp_path / "notify"))
        channel.settimeout(60)
        yield channel


def heard(channel: socket.socket, wanted: str) -> str:
    """The next message that has this line; gives all of it."""
    for _ in range(1000):
        message = channel.recv(4096).decode()
        if wanted in message.splitlines():
            return message
    raise AssertionError(f"{wanted} was never said")


def running(site: Any, **more: str) -> "subprocess.Popen[str]":
    site.config()
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SEVENC_", "COV_"))}
    command = [str(PROGRAM), "--config", str(site.home.config), "run"]
    return subprocess.Popen(  # noqa: S603 - our own program
        command, env=kept | more, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_says_ready_and_stopping_and_ends_well(
    site: Any, notified: socket.socket, number: signal.Signals
) -> None:
    with running(site, NOTIFY_SOCKET=notified.getsockname()) as service:
        ready = notified.recv(4096).decode()
        service.send_signal(number)
        stopping = heard(notified, "STOPPING=1")
        out, err = service.communicate(timeout=60)
    assert ready.splitlines()[0] == "READY=1"
    assert "STATUS=" in ready
    assert "streams are well." in ready
    assert stopping.splitlines()[0] == "STOPPING=1"
    assert service.returncode == 0
    assert out == ""
    lines = [json.loads(line) for line in err.splitlines()]
    assert [line["event"] for line in lines][-1] == "stopped"
    assert not Path(f"/proc/{service.pid}").exists()


def test_a_signal_at_the_very_moment_of_readiness_is_not_lost(site: Any, notified: socket.socket) -> None:
    for _ in range(2):
        with running(site, NOTIFY_SOCKET=notified.getsockname()) as service:
            assert notified.recv(4096).startswith(b"READY=1")
            service.terminate()
            heard(notified, "STOPPING=1")
            assert service.wait(60) == 0
            service.communicate()


@pytest.mark.parametrize("loaded", ["sevenc_sync.cli.early", "pydantic_settings"])
def test_a_signal_while_it_still_loads_ends_it_well(site: Any, loaded: str) -> None:
    """It loads for most of a second before it can work: a stop then must not look like a crash, nor a reload be one."""
    command = [sys.executable, "-X", "importtime", str(PROGRAM), "--config", str(site.home.config), "run"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as service:  # noqa: S603 - our own program
        assert service.stderr is not None
        for line in service.stderr:  # the interpreter says of each module when it is loaded
            if line.split("|")[-1].strip() == loaded:
                break
        time.sleep(0.01)  # the handlers are set right after the first of them
        service.send_signal(signal.SIGHUP)
        time.sleep(0.01)
        service.terminate()
        rest = service.stderr.read()
    assert service.returncode == 0
    assert "Traceback" not in rest
    assert '"event": "started"' not in rest


def test_a_second_one_is_told_who_has_the_store_and_not_that_an_address_is_taken(
    site: Any, notified: socket.socket
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        listen = "{}:{}".format(*free.getsockname())
    with running(site, NOTIFY_SOCKET=notified.getsockname(), SEVENC_WEB__LISTEN=listen) as service:
        assert notified.recv(4096).startswith(b"READY=1")
        with running(site, SEVENC_WEB__LISTEN=listen) as second:
            _, said = second.communicate(timeout=60)
        service.terminate()
        service.communicate(timeout=60)
    assert second.returncode == 1
    assert str(service.pid) in said
    assert "in use" not in said
    assert service.returncode == 0


def test_it_works_without_systemd(site: Any) -> None:
    with running(site) as service:
        assert service.stderr is not None
        said = [json.loads(service.stderr.readline())["event"]]
        while "stream run" not in said:
            said.append(json.loads(service.stderr.readline())["event"])
        service.terminate()
        service.communicate(timeout=60)
    assert service.returncode == 0
    assert said[0] == "started"


def test_no_secret_is_in_the_services_arguments_or_log(site: Any, notified: socket.socket) -> None:
    with running(site, NOTIFY_SOCKET=notified.getsockname(), SEVENC_LOGS__LEVEL="debug") as service:
        assert notified.recv(4096).startswith(b"READY=1")
        arguments = Path(f"/proc/{service.pid}/cmdline").read_text()
        service.terminate()
        _, err = service.communicate(timeout=60)
    secrets = [value for account in site.sandbox.accounts for value in account.secrets.values()]
    assert not [secret for secret in secrets if secret in arguments + err]


def test_a_notifier_speaks_to_abstract_sockets_too() -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        channel.bind(f"\0sevenc-test-{os.getpid()}")
        channel.settimeout(10)
        Notifier(f"@sevenc-test-{os.getpid()}").send("READY=1", "STATUS=ok")
        assert channel.recv(100) == b"READY=1\nSTATUS=ok"


def test_a_socket_that_nobody_reads_is_no_error(tmp_path: Path) -> None:
    Notifier(str(tmp_path / "nobody")).send("READY=1")
    Notifier(None).send("READY=1")


def test_the_notifier_is_the_one_that_systemd_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", "/run/systemd/notify")
    assert Notifier.of_process() == Notifier("/run/systemd/notify")
    monkeypatch.delenv("NOTIFY_SOCKET")
    assert Notifier.of_process() == Notifier(None)
