"""Until when an operating system gets security updates, by its name and build: one answer for all sources.

The dates are those of os_support.toml beside this file, with their sources and the day on which they were looked up.
"""

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, time
from functools import cache, lru_cache
from pathlib import Path

import msgspec

_FILE = Path(__file__).with_suffix(".toml")

_NUMBER = re.compile(r"\d+(?:\.\d+)*")
_BUILD = re.compile(r"(?<![\d.])(?:\d{1,2}\.\d\.)?(\d{5})(?![\d])")  # 10.0.19045, 19045, 19045.3803
_NAMED_VERSION = re.compile(r"\b(\d\dh[12]|1507|1511|1607|1703|1709|1803|1809|1903|1909|2004)\b")
_YEAR = re.compile(r"\b(20\d\d)\b")
_ENTERPRISE = re.compile(r"\b(enterprise|education|iot)\b")


class Release(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One release of a system. `enterprise` and `iot` are the ends of those editions, where they are others."""

    ends_on: date
    build: int | None = None
    version: str | None = None
    enterprise: date | None = None
    iot: date | None = None
    expected: bool = False

    def for_edition(self, name: str) -> date:
        """The end for the edition that the system's name tells."""
        if self.iot is not None and "iot" in name:
            return self.iot
        return self.enterprise if self.enterprise is not None and _ENTERPRISE.search(name) else self.ends_on


class System(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A system by the names that sources give it: with one end, or with releases."""

    names: tuple[str, ...]
    source: str
    ends_on: date | None = None
    releases: tuple[Release, ...] = ()


class OsSupport(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The whole file: the systems, where the dates are from, and when they were looked up."""

    checked_on: date
    sources: dict[str, str]
    system: tuple[System, ...]


@cache
def os_support() -> OsSupport:
    """The dates that come with the product."""
    return msgspec.toml.decode(_FILE.read_bytes(), type=OsSupport)


@lru_cache(maxsize=4096)
def support_ends_on(name: str | None, build: str | None = None) -> datetime | None:
    """The last day of security updates (midnight UTC) for a system as a source names it, such as "Windows 11 Pro".

    `build` is what else tells the release: `10.0.26200`, `26200.1234`, `23H2`, `14.5`. Of a Windows without any the last
    end of its releases counts. None for a system, release or build that the file does not know: newer ones, and all
    whose name does not tell.
    """
    text = " ".join((name or "").lower().split())
    system = _system(text)
    if system is None:
        return None
    if system.ends_on is not None:
        return _midnight(system.ends_on)
    told = " ".join((text, (build or "").lower()))
    if system.releases[0].build is None:
        found = _by_version(system.releases, text, build or "")
    else:
        found = _by_build(system.releases, told)
    return None if found is None else _midnight(found.for_edition(text))


def _system(text: str) -> System | None:
    """The system whose name, the longest one that is there, stands in the text."""
    best: tuple[int, System] | None = None
    for system in os_support().system:
        for name in system.names:
            if (best is None or len(name) > best[0]) and re.search(rf"\b{re.escape(name)}(?![\w.])", text):
                best = len(name), system
    return None if best is None else best[1]


def _by_build(releases: Iterable[Release], told: str) -> Release | None:
    builds = {release.build: release for release in releases}
    given = _BUILD.search(told)
    if given is not None:
        return builds.get(int(given[1]))
    versions = {release.version: release for release in releases}
    word = _NAMED_VERSION.search(told) or _YEAR.search(told)
    if word is not None:
        return versions.get(word[1])
    return max(releases, key=lambda release: (release.enterprise or release.ends_on, release.ends_on))


def _by_version(releases: Iterable[Release], text: str, build: str) -> Release | None:
    """By the first number of the name, else of the build: 22.04.3 is 22.04, and 9.4 is 9."""
    given = _NUMBER.search(text) or _NUMBER.search(build)
    if given is None:
        return None
    parts = given[0].split(".")
    versions = {release.version: release for release in releases}
    return versions.get(".".join(parts[:2])) or versions.get(parts[0])


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
