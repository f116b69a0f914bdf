"""Until when an operating system gets security updates: by all the ways in which sources name it."""

import importlib.util
import sys
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from sevenc_sync.model import Asset, Lookup
from sevenc_sync.os_support import os_support, support_ends_on
from sevenc_sync.sync.completed import completed
from sevenc_sync.sync.unchanged import code_digest


@pytest.mark.parametrize(
    ("name", "build", "ends_on"),
    [
        ("Microsoft Windows 11 Pro", "10.0.26200", "2027-10-12"),
        ("Microsoft Windows 11 Enterprise", "26200.1234", "2028-10-10"),
        ("Windows 11 Education", "25H2", "2028-10-10"),
        ("Microsoft Windows 11 Pro 10.0.22631", None, "2025-11-11"),
        ("Microsoft Windows 11 Pro", None, "2028-10-10"),  # the last of its releases
        ("Windows 11 Pro", "10.0.29999", None),  # newer than the list
        ("WINDOWS 10 Pro", None, "2025-10-14"),
        ("Windows 10 Enterprise LTSC 2021", None, "2027-01-12"),
        ("Microsoft Windows 10 Enterprise LTSC", "10.0.17763", "2029-01-09"),
        ("Windows 10 IoT Enterprise LTSC 2021", "10.0.19044", "2032-01-13"),
        ("Windows 8.1 Pro", "6.3.9600", "2023-01-10"),
        ("Windows 7 Professional", "6.1.7601", "2020-01-14"),
        ("Microsoft Windows Server 2012 R2 Standard", "6.3.9600", "2023-10-10"),
        ("Server 2012", None, "2023-10-10"),
        ("Microsoft Windows Server 2022 Standard", "10.0.20348", "2031-10-14"),
        ("macOS 26 Tahoe", "26.1", "2028-09-30"),
        ("Mac OS X 10.15.7", "19H2", "2022-09-12"),
        ("macOS", "14.5", "2026-09-30"),
        ("Ubuntu 22.04.3 LTS", "5.15.0-91-generic", "2027-04-01"),
        ("Debian GNU/Linux 12 (bookworm)", None, "2028-06-30"),
        ("Red Hat Enterprise Linux Server release 7.9 (Maipo)", None, "2024-06-30"),
        ("CentOS Stream 9", None, "2027-05-31"),
        ("CentOS Linux 7 (Core)", None, "2024-06-30"),
        ("Windows 111", None, None),
        ("Windows", "10.0.26200", None),
        ("Zorin OS 17", None, None),
        ("", "10.0.26200", None),
        (None, None, None),
    ],
)
def test_the_end_of_a_system(name: str | None, build: str | None, ends_on: str | None) -> None:
    wanted = None if ends_on is None else datetime.fromisoformat(f"{ends_on}T00:00:00+00:00")
    assert support_ends_on(name, build) == wanted


def test_the_list_tells_where_each_date_is_from_and_when_it_was_looked_up() -> None:
    listed = os_support()
    assert date(2026, 1, 1) < listed.checked_on <= datetime.now(UTC).date()
    assert {system.source for system in listed.system} == set(listed.sources)
    for system in listed.system:
        assert (system.ends_on is None) == bool(system.releases)
        assert len({release.build is None for release in system.releases}) <= 1
        named = [release.version for release in system.releases]
        assert None not in named
        assert len(set(named)) == len(named)
    names = [name for system in listed.system for name in system.names]
    assert len(set(names)) == len(names)


def test_what_a_source_says_itself_stands_and_only_assets_are_completed() -> None:
    said = Asset(id="1", company=None, os="Windows 7", os_support_ends_on=datetime(2030, 1, 1, tzinfo=UTC))
    assert completed(said) is said
    found = completed(Asset(id="1", company=None, os="Windows 11 Pro", os_build="10.0.26200"))
    assert found == Asset(
        id="1", company=None, os="Windows 11 Pro", os_build="10.0.26200",
        os_support_ends_on=datetime(2027, 10, 12, tzinfo=UTC),
    )  # fmt: skip
    for other in (Asset(id="1", company=None), Lookup(id="1", kind="os", name="Windows 7")):
        assert completed(other) is other


def test_other_dates_are_other_translations(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows made with the old dates must not count as unchanged."""
    code, data = tmp_path / "dated.py", tmp_path / "dated.toml"
    code.write_text("")
    data.write_text("a = 1")
    spec = importlib.util.spec_from_file_location("dated_for_a_test", code)
    assert spec is not None
    monkeypatch.setitem(sys.modules, "dated_for_a_test", importlib.util.module_from_spec(spec))
    before = code_digest("dated_for_a_test")
    code_digest.cache_clear()
    assert code_digest("dated_for_a_test") == before
    data.write_text("a = 2")
    code_digest.cache_clear()
    assert code_digest("dated_for_a_test") != before
    code_digest.cache_clear()
