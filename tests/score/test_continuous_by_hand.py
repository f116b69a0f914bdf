"""The indicators of the block continuous over a handful of records, against numbers worked out by hand, on both databases."""

from sevenc_sync.score import Rules
from tests.score.by_hand import (
    Case,
    agents,
    assets,
    expected_of,
    indicators_of,
    protections,
    runs,
    score_of_cases,
    servers_with_backups,
    with_agents,
)
from tests.score.conftest import World, ago, day

AGREED = {"RTO Hours": 8, "RPO Hours": 4}
CASES = [
    # 9 of 10 runs of the window are ok or warnings: 90 % lies halfway between steps 85 and 95. The old ones do not count.
    Case(
        "continuous.backup-management.job-success",
        (90.0, 10, 2.5),
        runs(*[(i, "ok") for i in range(8)], (8, "warning"), (9, "failed"), (31, "failed"), (40, "missed")),
    ),
    # 2 of 4 servers were saved within a day; the retired one is not managed.
    Case("continuous.backup-management.protected-coverage", (50.0, 4, 2.0), servers_with_backups),
    # 1 of 2: the third lives in the cloud anyway, the fourth is archived. 50 % is step 2.
    Case(
        "continuous.backup-management.offsite-copy",
        (50.0, 2, 2.0),
        protections(
            {"offsite_at": ago(3)},
            {"offsite_at": ago(8)},
            {"offsite_expected": False},
            {"is_archived": True, "offsite_at": ago(1)},
        ),
    ),
    # The newest passed test is 75 days old: within 90, but of one of three; the one that failed does not count.
    Case(
        "continuous.backup-management.restore-test",
        (75.0, 3, 3.0),
        protections(
            {"verified_at": ago(75), "verified_ok": True},
            {"verified_at": ago(200), "verified_ok": True},
            {"verified_at": ago(2), "verified_ok": False},
        ),
    ),
    # One of two within 90 days is half; the mailbox is no machine. 135 days would be halfway from 2 to 3.
    Case(
        "continuous.backup-management.restore-test",
        (90.0, 2, 4.0),
        protections({"verified_at": ago(90.5), "verified_ok": True}, {}, {"workload": "mailbox"}),
    ),
    Case(
        "continuous.backup-management.restore-test",
        (135.0, 1, 2.5),
        protections({"verified_at": ago(135), "verified_ok": True}),
    ),
    # All within 30 days.
    Case(
        "continuous.backup-management.restore-test",
        (2.0, 2, 5.0),
        protections(
            {"verified_at": ago(30), "verified_ok": True}, {"verified_at": ago(2), "verified_ok": True}
        ),
    ),
    # 1 of 4 machines: 25 % is (25 - 15) / 35 = 0.2857 beyond step 1. Shares are not tested.
    Case(
        "continuous.backup-management.verified-coverage",
        (25.0, 4, 1.28),
        protections(
            {"verified_at": ago(89), "verified_ok": True},
            {"verified_at": ago(91), "verified_ok": True},
            {"verified_at": ago(1), "verified_ok": False},
            {},
            {"workload": "share"},
        ),
    ),
    # A document of 365 days is level 3, and so is a fresher one; 547.5 days would be 2.5: 548 is a little less.
    Case(
        "continuous.disaster-recovery-planning.plan-currency",
        (365.0, 1, 3.0),
        custom={"DR Plan Date": day(365), **AGREED},
    ),
    Case(
        "continuous.disaster-recovery-planning.plan-currency",
        (10.0, 1, 3.0),
        custom={"DR Plan Date": day(10), **AGREED},
    ),
    Case(
        "continuous.disaster-recovery-planning.plan-currency",
        (548.0, 1, 2.49),
        custom={"DR Plan Date": day(548), **AGREED},
    ),
    Case(
        "continuous.disaster-recovery-planning.plan-currency",
        (3000.0, 1, 1.0),
        custom={"DR Plan Date": day(3000), **AGREED},
    ),
    # A plan that does not say how long work may stand still, or how much of it may be lost, ends at level 2.
    Case(
        "continuous.disaster-recovery-planning.plan-currency",
        (10.0, 1, 2.0),
        custom={"DR Plan Date": day(10), "RTO Hours": 4},
    ),
    Case(
        "continuous.disaster-recovery-planning.plan-currency",
        (1095.0, 1, 1.5),
        custom={"DR Plan Date": day(1095)},
    ),
    Case(
        "continuous.disaster-recovery-planning.plan-currency", (None, 0, 0.0), custom={"DR Plan Date": "soon"}
    ),
    Case(
        "continuous.disaster-recovery-planning.plan-currency",
        (None, 0, 0.0),
        custom={"DR Plan Date": day(-30)},
    ),
    Case(
        "continuous.disaster-recovery-planning.exercise-age",
        (135.0, 1, 4.5),
        custom={"DR Test Date": day(135)},
    ),
    Case("continuous.disaster-recovery-planning.exercise-age", (None, 0, 0.0), custom={"DR Test Date": None}),
    Case("continuous.it-best-practices.mfa-coverage", (97.0, 1, 4.5), custom={"MFA Percent": 97}),
    Case("continuous.it-best-practices.mfa-coverage", (7.5, 1, 0.5), custom={"mfa percent ": "7,5 %"}),
    Case("continuous.it-best-practices.mfa-coverage", (None, 0, None), custom={"MFA Percent": "most"}),
    Case("continuous.it-best-practices.training-coverage", (50.0, 1, 2.0), custom={"Training Percent": "50"}),
    # 3 of 6: Windows 11, LTSC and Server 2022 are served; 7, plain 10 and Server 2012 R2 are not. No system: not counted.
    Case(
        "continuous.basic-protection-tools.os-supported",
        (50.0, 6, 2.0),
        assets(
            {"type": "Workstation", "os": "Microsoft Windows 11 Pro"},
            {"type": "Workstation", "os": "Windows 10 Enterprise LTSC 2021"},
            {"type": "Server", "os": "Windows Server 2022 Standard"},
            {"type": "Workstation", "os": "Windows 7 Professional"},
            {"type": "Laptop", "os": "WINDOWS 10 Pro"},
            {"type": "Server", "os": "Microsoft Windows Server 2012 R2"},
            {"type": "Laptop"},
            {"type": "Firewall", "os": "Windows 7"},
        ),
    ),
    Case("continuous.it-best-practices.phish-fail", (26.0, 1, 1.5), custom={"Phishing Fail Percent": 26}),
    Case("continuous.it-best-practices.policy-set", (50.0, 1, 2.0), custom={"Policies Current Percent": 50}),
    # Supported until next month, until yesterday's day and last year; what the agent says outweighs the name.
    Case(
        "continuous.basic-protection-tools.os-supported",
        (66.6667, 3, 2.47),
        with_agents(
            ({"type": "Workstation", "os": "Windows 7"}, {"os_support_ends_on": ago(-30)}),
            ({"type": "Workstation"}, {"os_support_ends_on": ago(1)}),
            ({"type": "Workstation", "os": "Windows 11"}, {"os_support_ends_on": ago(365)}),
        ),
    ),
    # 2 of 4: fresh definitions, and current by the tool's word; old definitions and a stopped one are not good. Nobody
    # says anything of the fifth, the sixth was not seen for a month, and the seventh is no computer.
    Case(
        "continuous.basic-protection-tools.av-healthy",
        (50.0, 4, 2.0),
        agents(
            {"antivirus_present": True, "antivirus_running": True, "antivirus_updated_at": ago(7)},
            {"antivirus_present": True, "antivirus_running": True, "antivirus_current": True},
            {
                "antivirus_present": True,
                "antivirus_running": True,
                "antivirus_updated_at": ago(8),
                "antivirus_current": True,
            },
            {"antivirus_present": True, "antivirus_running": False, "antivirus_current": True},
            {},
            {"antivirus_present": False, "last_seen_at": ago(31)},
            {"antivirus_present": False, "kind": "appliance"},
        ),
    ),
    # 2 of 4: nothing missing, and a patch of 14 days; one of 15 days, and one of unknown age, are too old.
    Case(
        "continuous.basic-protection-tools.patched-14d",
        (50.0, 4, 2.0),
        agents(
            {"patches_missing": 0},
            {"patches_missing": 2, "oldest_patch_at": ago(14)},
            {"patches_missing": 1, "oldest_patch_at": ago(15)},
            {"patches_missing": 3},
            {},
        ),
    ),
    # 3 of 5: a restart that waits since a start of 14 days ago, one of which nobody knows since when, and none; one that
    # waits since 15 days ago is as good as no patch, and a restart mends nothing that is not installed.
    Case(
        "continuous.basic-protection-tools.patched-14d",
        (60.0, 5, 2.28),
        agents(
            {"patches_missing": 0, "reboot_pending": True, "booted_at": ago(14)},
            {"patches_missing": 0, "reboot_pending": True},
            {"patches_missing": 0, "reboot_pending": False, "booted_at": ago(40)},
            {"patches_missing": 0, "reboot_pending": True, "booted_at": ago(15)},
            {"patches_missing": 1, "oldest_patch_at": ago(20), "reboot_pending": True, "booted_at": ago(1)},
        ),
    ),
    # 1 of 2 laptops; of the third nobody knows, and the desktop is not asked.
    Case(
        "continuous.basic-protection-tools.disk-encryption",
        (50.0, 2, 2.0),
        agents({"is_encrypted": True}, {"is_encrypted": False}, {}, {"kind": "workstation"}, kind="laptop"),
    ),
    Case(
        "continuous.disaster-recovery-planning.recovery-in-target",
        (60.0, 1, 2.5),
        custom={"Recoveries In Target Percent": 60},
    ),
    Case(
        "continuous.disaster-recovery-planning.failover-coverage",
        (32.5, 1, 1.5),
        custom={"Failover Percent": 32.5},
    ),
    # Last year's review, and the one before it a year earlier: 4; with an action that is done: 5. A gap of 367 days, one
    # review alone, or a review that is older than a year: not more than the age says.
    Case(
        "continuous.disaster-recovery-planning.plan-currency",
        (30.0, 1, 4.0),
        custom={
            "DR Plan Date": day(30),
            **AGREED,
            "DR Plan Previous Review": day(395),
            "DR Plan Earlier Review": day(761),
        },
    ),
    Case(
        "continuous.disaster-recovery-planning.plan-currency",
        (30.0, 1, 5.0),
        custom={
            "DR Plan Date": day(30),
            **AGREED,
            "DR Plan Previous Review": day(395),
            "DR Plan Earlier Review": day(700),
            "DR Plan Actions Done": "2",
        },
    ),
    Case(
        "continuous.disaster-recovery-planning.plan-currency",
        (30.0, 1, 3.0),
        custom={
            "DR Plan Date": day(30),
            **AGREED,
            "DR Plan Previous Review": day(397),
            "DR Plan Earlier Review": day(700),
            "DR Plan Actions Done": 2,
        },
    ),
    Case(
        "continuous.disaster-recovery-planning.plan-currency",
        (30.0, 1, 3.0),
        custom={
            "DR Plan Date": day(30),
            **AGREED,
            "DR Plan Previous Review": day(200),
            "DR Plan Actions Done": 2,
        },
    ),
    Case(
        "continuous.disaster-recovery-planning.plan-currency",
        (400.0, 1, 2.9),
        custom={
            "DR Plan Date": day(400),
            **AGREED,
            "DR Plan Previous Review": day(500),
            "DR Plan Earlier Review": day(600),
        },
    ),
]


def test_each_indicator_of_continuous_gives_the_value_sample_and_level_worked_out_by_hand(
    world: World, rules: Rules
) -> None:
    assert score_of_cases(world, rules, CASES) == expected_of(CASES)


def test_no_indicator_of_continuous_is_left_without_a_case(rules: Rules) -> None:
    assert {case.indicator for case in CASES} == indicators_of(rules, "continuous")
