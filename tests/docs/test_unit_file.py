"""The systemd unit: what it starts exists, it is shut in, and the documents agree with it."""

import configparser
import re
import shutil
import subprocess
from collections import defaultdict
from pathlib import Path

import pytest

from sevenc_sync.cli import common
from sevenc_sync.config import DEFAULT_PATHS
from sevenc_sync.connect.connector import AccountSettings
from sevenc_sync.sections import StoreSettings

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "systemd" / "sevenc-sync.service").read_text(encoding="utf-8")


def unit() -> dict[str, dict[str, list[str]]]:
    """Section -> key -> its values; a key may stand several times."""
    found: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    section = ""
    for line in TEXT.splitlines():
        if heading := re.fullmatch(r"\[(\w+)\]", line):
            section = heading[1]
        elif line and not line.startswith("#"):
            key, equals, value = line.partition("=")
            assert equals, line
            found[section][key].append(value)
    return found


def test_it_has_the_form_of_a_unit() -> None:
    parser = configparser.ConfigParser(strict=False, interpolation=None, comment_prefixes="#", delimiters="=")
    parser.read_string(TEXT)
    assert parser.sections() == ["Unit", "Service", "Install"]


def test_it_starts_the_daemon_with_the_systems_configuration() -> None:
    (start,) = unit()["Service"]["ExecStart"]
    assert start == f"/opt/sevenc-sync/bin/sevenc-sync --config {DEFAULT_PATHS[-1]} run"
    assert "/opt/sevenc-sync" in (ROOT / "docs" / "install.md").read_text(encoding="utf-8")


def test_it_waits_for_the_daemons_own_word() -> None:
    service = unit()["Service"]
    assert service["Type"] == ["notify"]
    assert service["NotifyAccess"] == ["main"]


def test_a_wrong_configuration_does_not_restart_it() -> None:
    service = unit()["Service"]
    assert service["Restart"] == ["on-failure"]
    assert service["RestartPreventExitStatus"] == [str(common.USAGE)]


def test_it_is_given_longer_to_stop_than_an_answer_may_take() -> None:
    (seconds,) = unit()["Service"]["TimeoutStopSec"]
    assert int(seconds) > AccountSettings.model_fields["timeout_seconds"].default


def test_its_state_directory_is_where_the_store_is() -> None:
    service = unit()["Service"]
    assert StoreSettings().url == f"sqlite:////var/lib/{service['StateDirectory'][0]}/store.db"
    assert service["User"] == service["Group"] == ["sevenc-sync"]


def test_it_may_do_little_else() -> None:
    service = unit()["Service"]
    assert service["CapabilityBoundingSet"] == [""]
    for key in (
        *(
            "NoNewPrivileges",
            "ProtectHome",
            "PrivateTmp",
            "PrivateDevices",
            "PrivateUsers",
            "RestrictNamespaces",
        ),
        *(
            "ProtectClock",
            "ProtectKernelModules",
            "ProtectKernelTunables",
            "ProtectKernelLogs",
            "LockPersonality",
        ),
        *(
            "ProtectControlGroups",
            "ProtectHostname",
            "RestrictRealtime",
            "RestrictSUIDSGID",
            "MemoryDenyWriteExecute",
        ),
    ):
        assert (key, service[key]) == (key, ["yes"])
    assert service["ProtectSystem"] == ["strict"]
    assert set(service["RestrictAddressFamilies"][0].split()) == {"AF_UNIX", "AF_INET", "AF_INET6"}
    assert service["SystemCallFilter"] == ["@system-service", "~@privileged @resources"]


def test_its_credentials_are_the_secrets_of_the_example_configuration() -> None:
    example = (ROOT / "config.example.toml").read_text(encoding="utf-8")
    named = set(re.findall(r"^\w+_file = \"(.+)\"$", example, re.MULTILINE))
    credentials = dict(re.findall(r"^#LoadCredential=([\w.]+):(\S+)$", TEXT, re.MULTILINE))
    assert set(credentials.values()) == named
    assert all(Path(path).name == name for name, path in credentials.items())


@pytest.mark.parametrize("name", ["sevenc-sync.service", "sevenc-sync-backup.service"])
def test_its_exposure_is_small(name: str) -> None:
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("systemd-analyze is not on this machine")
    said = subprocess.run(  # noqa: S603 - systemd's own program
        [program, "security", "--offline=true", "--no-pager", str(ROOT / "systemd" / name)],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    found = re.search(r"Overall exposure level for \S+: ([\d.]+)", said)
    assert found is not None
    assert float(found[1]) <= 1.5


def test_the_backup_is_made_by_a_command_that_there_is_where_the_folders_are_made() -> None:
    text = (ROOT / "systemd" / "sevenc-sync-backup.service").read_text(encoding="utf-8")
    command = f"/opt/sevenc-sync/bin/sevenc-sync --config {DEFAULT_PATHS[-1]} db backup /var/lib/sevenc-sync/backups --keep 14"
    assert f"ExecStart={command}\n" in text
    folders = (ROOT / "systemd" / "sevenc-sync.tmpfiles").read_text(encoding="utf-8")
    assert re.search(r"^d /var/lib/sevenc-sync/backups 0750 sevenc-sync sevenc-sync", folders, re.MULTILINE)
    users = (ROOT / "systemd" / "sevenc-sync.sysusers").read_text(encoding="utf-8")
    assert re.search(r"^u sevenc-sync ", users, re.MULTILINE)


@pytest.mark.parametrize("name", sorted(path.name for path in (ROOT / "systemd").iterdir()))
def test_every_file_is_installed_by_the_page(name: str) -> None:
    assert f"systemd/{name}" in (ROOT / "docs" / "install.md").read_text(encoding="utf-8")
