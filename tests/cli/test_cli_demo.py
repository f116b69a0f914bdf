"""The demo does the main job without any account, and a second one only what is new."""

import re
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from sevenc_sync.config import load
from sevenc_sync.registry import connectors

PROGRAM = Path(sys.executable).with_name("sevenc-sync")
BLOCKS = ("Continuous", "Competent", "Charge", "Conscious", "Confident", "Clear", "Cost-effective")
CLIENTS = 8

Completed = subprocess.CompletedProcess[str]
Program = Callable[..., Completed]


@dataclass(frozen=True)
class Demo:
    """A demo's folder and what its two runs said."""

    home: Path
    first: Completed
    second: Completed


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory, program: Program) -> Demo:
    folder = tmp_path_factory.mktemp("demo")
    args = ("demo", "--once", "--home", "home", "--clients", str(CLIENTS))
    first, second = (program(*args, cwd=folder) for _ in range(2))
    return Demo(folder / "home", first, second)


def rows_of(said: str) -> dict[str, list[str]]:
    """The table of streams: name -> the cells after it."""
    found = re.findall(r"^((?:psa|backup|\w*rmm|ninja)[\w-]*/\w+) +(.*)$", said, re.MULTILINE)
    return {name: rest.split() for name, rest in found}


def test_both_runs_end_well(demo: Demo) -> None:
    assert (demo.first.returncode, demo.first.stderr) == (0, "")
    assert (demo.second.returncode, demo.second.stderr) == (0, "")


def test_the_first_run_reads_everything_and_writes_a_note_for_each_client(demo: Demo) -> None:
    rows = rows_of(demo.first.stdout)
    assert len(rows) >= 12
    assert {cells[0] for cells in rows.values()} == {"ok"}
    one_by_one = {
        "datto_rmm/patches",
        "datto_rmm/audits",
    }  # a request for each device that waits: there is no whole pass
    assert {cells[1] for name, cells in rows.items() if name not in one_by_one} == {"full"}
    assert int(rows["psa/tickets"][2]) > 500
    assert (
        f"Notes: {CLIENTS} created, 0 updated, 0 unchanged, 0 edited, 0 failed, 0 waiting."
        in demo.first.stdout
    )


def test_the_table_has_every_client_and_the_seven_blocks(demo: Demo) -> None:
    heading = next(line for line in demo.first.stdout.splitlines() if line.startswith("client "))
    assert heading.split() == ["client", "score", "proof", *BLOCKS]
    table = demo.first.stdout.partition(heading)[2].partition("Levels 0 to 5.")[0]
    scores = re.findall(r"^\S.*?\s{2,}(\d+\.\d~?|·)\s+\d+%", table, re.MULTILINE)
    assert len(scores) == CLIENTS


def test_the_second_run_fetches_only_what_changed_and_writes_no_note(demo: Demo) -> None:
    first, second = rows_of(demo.first.stdout), rows_of(demo.second.stdout)
    assert set(first) == set(second)
    tickets = second["psa/tickets"]
    assert tickets[:2] == ["ok", "delta"]
    assert int(tickets[2]) < int(first["psa/tickets"][2]) / 10
    for name, cells in second.items():
        new, changed = int(cells[3]), int(cells[4])
        assert (name, new, changed) == (name, 0, 0)
    assert "Notes: 0 created, 0 updated, 0 unchanged, 0 edited, 0 failed, 0 waiting." in demo.second.stdout


def test_the_scores_of_both_runs_are_the_same(demo: Demo) -> None:
    tables = [re.findall(r"^.*\d%.*$", run.stdout, re.MULTILINE) for run in (demo.first, demo.second)]
    assert tables[0] == tables[1]
    assert len(tables[0]) >= CLIENTS


def test_the_folder_holds_a_configuration_that_loads_and_secrets_for_the_owner_alone(demo: Demo) -> None:
    loaded = load(demo.home / "config.toml", connectors())
    assert set(loaded.accounts) >= {"psa", "backup"}
    files = list((demo.home / "secrets").iterdir())
    assert files
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    assert stat.S_IMODE((demo.home / "secrets").stat().st_mode) == 0o700
    text = (demo.home / "config.toml").read_text()
    assert not [file for file in files if file.read_text().strip() in text]


def test_no_secret_is_said_logged_or_stored(demo: Demo) -> None:
    secrets = [file.read_text().strip() for file in (demo.home / "secrets").iterdir()]
    places = [demo.first.stdout, demo.first.stderr, demo.second.stdout, demo.second.stderr]
    others = [file for file in demo.home.rglob("*") if file.is_file() and file.parent.name != "secrets"]
    places += [file.read_bytes().decode("latin-1") for file in others]
    assert len(others) >= 4
    assert not [secret for secret in secrets for place in places if secret in place]


def test_the_lines_to_try_next_work_as_they_stand(demo: Demo) -> None:
    lines = demo.first.stdout.partition("Try next:")[2].strip().splitlines()
    commands = [line.strip() for line in lines if "--config" in line]
    assert len(commands) >= 5
    for command in commands:
        done = subprocess.run(  # noqa: S602 - the very line that is shown
            command, shell=True, cwd=demo.home.parent, capture_output=True, text=True, timeout=60, check=False
        )
        assert (command, done.returncode, done.stderr) == (command, 0, "")
        assert done.stdout


def test_another_world_in_the_same_folder_is_refused(demo: Demo, program: Program) -> None:
    result = program("demo", "--once", "--home", "home", "--seed", "8", cwd=demo.home.parent)
    assert result.returncode == 2
    assert f"holds a world with --seed 7 --clients {CLIENTS}" in result.stderr


def test_a_folder_that_cannot_be_made_is_named(program: Program, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    result = program("demo", "--once", "--home", "file/home", cwd=tmp_path)
    assert result.returncode == 2
    assert "file/home cannot be made: Not a directory. Choose another --home." in result.stderr


def test_the_sandbox_serves_until_it_is_stopped_and_its_configuration_works(
    program: Program, tmp_path: Path
) -> None:
    command = [str(PROGRAM), "sandbox", "--home", "home", "--port", "0", "--clients", "6"]
    with subprocess.Popen(  # noqa: S603 - our own program
        command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as vendors:
        assert vendors.stdout is not None
        said = ""
        while "Ctrl-C stops the vendors." not in said:
            line = vendors.stdout.readline()
            assert line, f"the sandbox ended early: {said}"
            said += line
        ports = [int(port) for port in re.findall(r"http://127\.0\.0\.1:(\d+)", said)]
        assert len(ports) >= 2
        (tmp_path / "home" / "config.toml").write_text(
            (tmp_path / "home" / "config.toml").read_text() + "\n[logs]\nlevel = 'warning'\n"
        )
        result = program("--config", "home/config.toml", "sync", cwd=tmp_path)
        assert (result.returncode, result.stderr) == (0, "")
        assert {cells[0] for cells in rows_of(result.stdout).values()} == {"ok"}
        vendors.send_signal(signal.SIGTERM)
        assert vendors.wait(30) == 0
    for port in ports:
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port), timeout=5).close()


def test_a_port_that_is_taken_is_said_with_the_way_out(program: Program, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = program("sandbox", "--home", "home", "--port", str(port), "--clients", "6", cwd=tmp_path)
    assert result.returncode == 1
    assert f"the port {port} cannot be used: Address already in use. Choose another --port" in result.stderr


def test_a_sandboxs_configuration_that_a_person_changed_is_left_alone(tmp_path: Path) -> None:
    config = tmp_path / "home" / "config.toml"
    command = [str(PROGRAM), "sandbox", "--home", "home", "--port", "0", "--clients", "6"]
    for state in ("written", "left as you changed it"):
        with subprocess.Popen(  # noqa: S603 - our own program
            command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as vendors:
            assert vendors.stdout is not None
            said = ""
            while "Ctrl-C stops the vendors." not in said:
                line = vendors.stdout.readline()
                assert line, f"the sandbox ended early: {said}"
                said += line
            vendors.terminate()
            vendors.communicate(timeout=60)
        assert f"Configuration ({state})" in said
        if state == "written":
            config.write_text(config.read_text() + "# mine\n")
    assert config.read_text().endswith("# mine\n")


def signed_in(address: str, user: str, password: str) -> str:
    """Sign in as a browser does; gives the page that comes then."""
    with httpx.Client(base_url=address, follow_redirects=True) as browser:
        browser.get("/login").raise_for_status()
        answer = browser.post("/login", data={"name": user, "password": password})
        assert answer.status_code == 200, answer.text
        return answer.text


def test_the_demo_goes_on_as_the_daemon_with_its_console_until_it_is_stopped(tmp_path: Path) -> None:
    command = [str(PROGRAM), "demo", "--home", "home", "--clients", "6"]
    with subprocess.Popen(  # noqa: S603 - our own program
        command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as going:
        assert going.stdout is not None
        said = ""
        while "The daemon goes on reading" not in said:
            line = going.stdout.readline()
            assert line, f"the demo ended early: {said}"
            said += line
        console = re.search(r"Operator console: (http://\S+)\n  user (\S+), password (\S+)\n", said)
        assert console, said
        page = signed_in(*console.groups())
        first = re.search(r"^(\S.*?)\s{2,}\d", said.partition("client ")[2], re.MULTILINE)
        assert first
        assert first[1] in page
        going.terminate()
        out, err = going.communicate(timeout=60)
    assert (going.returncode, err) == (0, "")
    assert out.endswith("Stopped.\n")
    kept = b"".join(file.read_bytes() for file in (tmp_path / "home").rglob("*") if file.is_file())
    assert console[3].encode() not in kept
