import random
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.datto_bcdr.backups import interval_hours, moment, verdict
from connectors.datto_bcdr.streams import STREAMS
from sevenc_sync.connect.stream import Context, Parent
from sevenc_sync.model import Lookup, Protection, ProtectionRun, Record

NOW = datetime(2026, 11, 22, 19, 30, tzinfo=UTC)
BY_NAME = {stream.name: stream for stream in STREAMS}
APPLIANCE = Parent("D0011223344", "4711", {"company": "4711", "kind": "appliance", "model": "S5-4"})
CLOUD = Parent("CLD0001", "4711", {"company": "4711", "kind": "appliance", "model": "CLDSIRIS"})
VOLUME = "0123456789abcdef0123456789abcdef"


def translated(stream: str, wire: dict[str, Any], parent: Parent | None = None) -> list[Record]:
    """The record as its stream translates it, by way of the bytes that the server would send."""
    chosen = BY_NAME[stream]
    record = msgspec.json.Decoder(chosen.wire).decode(msgspec.json.encode(wire))
    return list(chosen.to_canonical(record, Context(now=NOW, parent=parent)))


def nulls(record: dict[str, Any], *keep: str) -> dict[str, Any]:
    """The same record with null for everything else."""
    return {key: value if key in keep else None for key, value in record.items()}


def backup(at: str, status: object = "success", error: str | None = None, **more: Any) -> dict[str, Any]:
    return {"timestamp": at, "backup": {"status": status, "errorMessage": error}, **more}


def screenshot(status: object) -> dict[str, Any]:
    return {"screenshotVerification": {"status": status, "image": None}}


AGENT = {
    "name": "ACME-DC01",
    "type": "agent",
    "assetId": 12,
    "volume": VOLUME,
    "localIp": "10.0.0.5",
    "os": "Windows Server 2022",
    "fqdn": "acme-dc01.acme.local",
    "agentVersion": "3.0",
    "isPaused": False,
    "isArchived": False,
    "localSnapshots": 120,
    "lastSnapshot": 1795374000,  # 19:00
    "latestOffsite": 1795370400,  # 18:00
    "lastScreenshotAttempt": 1795330800,  # 07:00
    "lastScreenshotAttemptStatus": True,
    "protectedMachine": {"mac": "00:11:22:33:44:55", "serial": "VMware-42"},
    "backups": [
        backup("2026-11-22T19:00:00+00:00", advancedVerification=screenshot(None)),
        backup("2026-11-22T17:00:00+00:00", "failure", "VSS writer failed\x00"),
        backup("2026-11-22T19:00:00+01:00", advancedVerification=screenshot("1")),
    ],
}
RUN = f"D0011223344/{VOLUME}"


def at(hour: int) -> datetime:
    return datetime(2026, 11, 22, hour, tzinfo=UTC)


def test_an_agent_and_its_last_backups() -> None:
    assert translated("protections", AGENT, APPLIANCE) == [
        Protection(
            id=RUN,
            company="4711",
            name="ACME-DC01",
            host_name="acme-dc01.acme.local",
            workload="machine",
            device="D0011223344",
            os="Windows Server 2022",
            serial="VMware-42",
            mac="00:11:22:33:44:55",
            is_paused=False,
            is_archived=False,
            last_attempt_at=at(19),
            last_success_at=at(19),
            last_result="ok",
            interval_hours=1.0,
            interval_inferred=True,
            offsite_at=at(18),
            offsite_expected=True,
            verified_at=at(7),
            verified_ok=True,
        ),
        ProtectionRun(
            id=f"{RUN}@2026-11-22T17:00:00Z",
            company="4711",
            protection=RUN,
            at=at(17),
            result="failed",
            error="VSS writer failed",
        ),
        ProtectionRun(
            id=f"{RUN}@2026-11-22T18:00:00Z",
            company="4711",
            protection=RUN,
            at=at(18),
            result="ok",
            verified_ok=True,
        ),
        ProtectionRun(
            id=f"{RUN}@2026-11-22T19:00:00Z", company="4711", protection=RUN, at=at(19), result="ok"
        ),
    ]


def test_how_long_is_kept_is_the_service_plan_of_the_appliance() -> None:
    plans = {"D0011223344": Lookup(id="service plan:D0011223344", kind="service plan", name="1 year")}
    stream = BY_NAME["protections"]
    record = msgspec.json.Decoder(stream.wire).decode(msgspec.json.encode(AGENT))
    for parent, kept in ((APPLIANCE, "1 year"), (CLOUD, None)):
        context = Context(now=NOW, parent=parent, lookups={"service plan": plans})
        found = next(iter(stream.to_canonical(record, context)))
        assert isinstance(found, Protection)
        assert found.retention == kept


def test_a_share_has_no_host_and_no_screenshots() -> None:
    share = {
        "name": "Files",
        "type": "share",
        "volume": VOLUME,
        "lastScreenshotAttempt": 1795330800,
        "backups": [],
    }
    assert translated("protections", share, APPLIANCE) == [
        Protection(
            id=RUN,
            company="4711",
            name="Files",
            workload="share",
            device="D0011223344",
            offsite_expected=True,
        )
    ]


def test_an_asset_with_nothing_but_its_volume() -> None:
    bare = Protection(id=RUN, company="4711", device="D0011223344", offsite_expected=True)
    assert translated("protections", {"volume": VOLUME}, APPLIANCE) == [bare]


def test_an_asset_full_of_nulls_was_never_backed_up() -> None:
    (found,) = translated("protections", nulls(AGENT, "volume"), APPLIANCE)
    assert found == Protection(
        id=RUN, company="4711", device="D0011223344", offsite_expected=True, last_result="never"
    )


def one(**changes: Any) -> Protection:
    found, *_ = translated("protections", {**AGENT, **changes}, APPLIANCE)
    assert isinstance(found, Protection)
    return found


def runs(**changes: Any) -> list[ProtectionRun]:
    _, *found = translated("protections", {**AGENT, **changes}, APPLIANCE)
    return [run for run in found if isinstance(run, ProtectionRun)]


@pytest.mark.parametrize(
    ("changes", "unit"),
    [
        ({"volume": None}, "12"),
        ({"volume": "", "assetId": "12"}, "12"),
        ({"assetId": None}, VOLUME),
    ],
)
def test_an_asset_is_known_by_its_volume_else_by_its_number(changes: dict[str, Any], unit: str) -> None:
    assert one(**changes).id == f"D0011223344/{unit}"


@pytest.mark.parametrize("number", [None, 0, ""])
def test_an_asset_with_neither_cannot_be_kept(number: object) -> None:
    with pytest.raises(ValueError, match="neither volume nor assetId"):
        one(volume=None, assetId=number)


def test_an_agent_without_a_full_name_has_its_name_for_a_host() -> None:
    assert one(fqdn="").host_name == "ACME-DC01"


@pytest.mark.parametrize(
    ("changes", "result", "attempt", "success"),
    [
        ({"backups": [], "lastSnapshot": 1795374000}, None, at(19), at(19)),
        ({"backups": None, "lastSnapshot": 0}, None, None, None),  # 120 snapshots are kept all the same
        ({"backups": None, "lastSnapshot": 0, "localSnapshots": 0}, "never", None, None),
        ({"backups": [], "lastSnapshot": None, "localSnapshots": None}, "never", None, None),
    ],
)
def test_without_backups_in_the_list_the_last_snapshot_counts(
    changes: dict[str, Any], result: str | None, attempt: datetime | None, success: datetime | None
) -> None:
    found = one(**changes)
    assert (found.last_result, found.last_attempt_at, found.last_success_at) == (result, attempt, success)


def test_a_last_snapshot_that_is_not_mentioned_says_nothing() -> None:
    silent = {
        key: value for key, value in AGENT.items() if key not in ("lastSnapshot", "localSnapshots", "backups")
    }
    (found,) = translated("protections", silent, APPLIANCE)
    assert isinstance(found, Protection)
    assert found.last_result is None


def test_after_failures_alone_the_last_snapshot_is_the_last_success() -> None:
    found = one(backups=[backup("2026-11-22T19:00:00Z", "failure", "disk full")], lastSnapshot=1795330800)
    assert (found.last_result, found.last_error) == ("failed", "disk full")
    assert (found.last_attempt_at, found.last_success_at) == (at(19), at(7))


@pytest.mark.parametrize(
    ("word", "result"),
    [
        ("success", "ok"),
        ("Success ", "ok"),
        ("failure", "failed"),
        ("error", "failed"),
        ("warning", "warning"),
        ("missed", "missed"),
        ("running", "running"),
        ("in progress", "running"),
    ],
)
def test_words_for_a_result(word: str, result: str) -> None:
    assert one(backups=[backup("2026-11-22T19:00:00Z", word)]).last_result == result


@pytest.mark.parametrize("word", ["aborted", "1", True, "ok?", "queued\x00"])
def test_an_unknown_word_is_shown_and_is_no_result(word: object) -> None:
    backups = [backup("2026-11-22T19:00:00Z", word), backup("2026-11-22T18:00:00Z")]
    found = one(backups=backups)
    assert found.last_result is None
    assert found.last_success_at == at(18)
    assert found.last_error is not None
    assert str(word).strip("\x00") in found.last_error
    assert [run.at for run in runs(backups=backups)] == [at(18)]


@given(st.text(max_size=12))
def test_no_word_but_those_for_success_is_ever_ok(word: str) -> None:
    found = one(backups=[backup("2026-11-22T19:00:00Z", word)])
    assert (found.last_result == "ok") == (word.strip().lower() in ("success", "successful"))


@pytest.mark.parametrize(
    "entry", [{"timestamp": "2026-11-22T19:00:00Z"}, backup("2026-11-22T19:00:00Z", None)]
)
def test_a_backup_without_a_status_has_no_result(entry: dict[str, Any]) -> None:
    found = one(backups=[entry])
    assert (found.last_result, found.last_error, found.last_attempt_at) == (None, None, at(19))
    assert runs(backups=[entry]) == []


def test_a_running_backup_is_no_run_yet() -> None:
    backups = [backup("2026-11-22T19:00:00Z", "running"), backup("2026-11-22T18:00:00Z")]
    assert one(backups=backups).last_result == "running"
    assert [run.result for run in runs(backups=backups)] == ["ok"]


def test_a_backup_without_a_time_cannot_be_placed() -> None:
    assert runs(backups=[{"backup": {"status": "success"}}, backup("", "failure")]) == []


def test_a_backup_with_a_time_that_is_none_is_told() -> None:
    with pytest.raises(ValueError, match="isoformat"):
        runs(backups=[backup("yesterday")])


def test_backups_may_come_as_a_numbered_object() -> None:
    listed = AGENT["backups"]
    assert isinstance(listed, list)
    numbered = {str(number): entry for number, entry in enumerate(listed)}
    assert translated("protections", {**AGENT, "backups": numbered}, APPLIANCE) == translated(
        "protections", AGENT, APPLIANCE
    )


@given(st.randoms(use_true_random=False))
def test_the_order_of_the_backups_does_not_matter(shuffler: random.Random) -> None:
    backups = [
        backup(f"2026-11-{day:02}T19:00:00Z", "failure" if day % 3 else "success") for day in range(1, 11)
    ]
    mixed = backups[:]
    shuffler.shuffle(mixed)
    expected = translated("protections", {**AGENT, "backups": backups}, APPLIANCE)
    assert translated("protections", {**AGENT, "backups": mixed}, APPLIANCE) == expected


def test_one_moment_has_one_run() -> None:
    twice = [
        backup("2026-11-22T19:00:00Z"),
        backup("2026-11-22T20:00:00+01:00"),
        backup("2026-11-22T19:00:00.4Z"),
    ]
    assert [run.id for run in runs(backups=twice)] == [f"{RUN}@2026-11-22T19:00:00Z"]


@pytest.mark.parametrize(
    ("status", "verified"),
    [
        ("1", True),
        ("success", True),
        (True, True),
        ("", False),
        ("failure", False),
        (None, None),
        ("pending", None),
    ],
)
def test_a_screenshot_proves_a_backup_by_any_of_its_spellings(status: object, verified: bool | None) -> None:
    (run,) = runs(backups=[backup("2026-11-22T19:00:00Z", advancedVerification=screenshot(status))])
    assert run.verified_ok is verified


@pytest.mark.parametrize(
    ("local", "verified"),
    [
        ({"status": "success", "errors": []}, None),  # good files alone do not prove that the machine starts
        ({"status": "failure", "errors": []}, False),
        ({"status": False, "errors": None}, False),
        ({"status": "success", "errors": [{"errorType": "x", "errorMessage": "y"}]}, False),
        ({"status": "", "errors": None}, None),
        (None, None),
    ],
)
def test_a_fault_in_the_files_is_a_failed_check(local: object, verified: bool | None) -> None:
    (run,) = runs(backups=[backup("2026-11-22T19:00:00Z", localVerification=local)])
    assert run.verified_ok is verified
    (seen,) = runs(
        backups=[
            backup("2026-11-22T19:00:00Z", localVerification=local, advancedVerification=screenshot("1"))
        ]
    )
    assert seen.verified_ok is (verified is not False)


def test_a_check_counts_only_where_the_backup_itself_went_well() -> None:
    (run,) = runs(backups=[backup("2026-11-22T19:00:00Z", "failure", advancedVerification=screenshot(""))])
    assert run.verified_ok is None


@pytest.mark.parametrize(
    ("changes", "tried", "verified"),
    [
        ({"lastScreenshotAttempt": 0}, None, None),
        ({"lastScreenshotAttempt": None, "lastScreenshotAttemptStatus": False}, None, None),
        ({"lastScreenshotAttemptStatus": False}, at(7), False),
        ({"lastScreenshotAttemptStatus": ""}, at(7), False),
        ({"lastScreenshotAttemptStatus": None}, at(7), None),
        ({"lastScreenshotAttempt": None, "latestScreenshot": 1795330800}, at(7), True),
    ],
)
def test_the_last_screenshot(changes: dict[str, Any], tried: datetime | None, verified: bool | None) -> None:
    found = one(**changes)
    assert (found.verified_at, found.verified_ok) == (tried, verified)


@pytest.mark.parametrize(
    ("model", "expected"),
    [("S5-4", True), ("CLDSIRIS", False), ("cldsiris", False), ("Azure-2", False), ("", None), (None, None)],
)
def test_only_devices_that_are_not_in_the_cloud_are_expected_to_copy_there(
    model: str | None, expected: bool | None
) -> None:
    (found,) = translated("protections", {"volume": VOLUME}, Parent("D1", None, {"model": model}))
    assert isinstance(found, Protection)
    assert found.offsite_expected is expected
    assert found.offsite_at is None


def test_archived_and_paused_assets_stay_visible() -> None:
    found = one(isArchived="1", isPaused=1)
    assert (found.is_archived, found.is_paused) == (True, True)
    assert one(isArchived=None, isPaused="").is_paused is None


MOMENTS = st.lists(st.integers(0, 10**6), unique=True, max_size=12).map(
    lambda minutes: [NOW + timedelta(minutes=minute) for minute in sorted(minutes)]
)


@given(MOMENTS)
def test_the_usual_interval_lies_between_the_shortest_and_the_longest_gap(times: list[datetime]) -> None:
    hours = interval_hours(times)
    if len(times) < 3:
        assert hours is None
        return
    gaps = [(later - earlier).total_seconds() / 3600 for earlier, later in pairwise(times)]
    assert hours is not None
    assert min(gaps) - 0.01 <= hours <= max(gaps) + 0.01


def test_one_night_without_a_backup_does_not_change_the_usual_interval() -> None:
    times = [NOW + timedelta(hours=hour) for hour in (0, 1, 2, 3, 14, 15, 16)]
    assert interval_hours(times) == 1


@pytest.mark.parametrize("value", [-1, "-1", "soon", 1e30])
def test_a_time_that_is_none_is_a_value_error(value: Any) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the texts are Python's own
        moment(value)


@pytest.mark.parametrize("value", [None, 0, "0", ""])
def test_nought_is_never(value: Any) -> None:
    assert moment(value) is None


def test_a_verdict_in_an_unknown_word_is_none() -> None:
    assert verdict("inconclusive") is None


def test_an_assets_company_is_that_of_its_device() -> None:
    for record in translated("protections", AGENT, CLOUD):
        assert isinstance(record, (Protection, ProtectionRun))
        assert record.company == "4711"
        assert record.id.startswith("CLD0001/")
