"""The benchmarks run to their end and compare the same tickets. How fast is never a test."""

import subprocess
import sys
from pathlib import Path

BENCH = Path(__file__).parents[2] / "bench"


def test_a_quick_round_pulls_the_same_tickets_as_the_floor() -> None:
    done = subprocess.run(  # noqa: S603 - our own script
        [sys.executable, str(BENCH / "run.py"), "--quick", "--tickets", "2000"],
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "2000 tickets" in done.stdout
    assert "ours / floor" in done.stdout


def test_a_small_round_of_matching_prints_its_goals() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bench.match", "--clients", "300", "--devices", "2"],
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
        cwd=BENCH.parent,
    )
    # Whether it is fast enough says nothing in so small a world.
    assert "goal companies: met" in done.stdout, done.stderr
    assert "goal seconds: met" in done.stdout
    assert "moved: 1 of 1 asked about" in done.stdout


def test_a_few_deliveries_are_killed_and_leave_exactly_one_note_and_ticket_each() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bench.kill_push", "--kills", "4", "--psa", "connectwise_psa"],
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
        cwd=BENCH.parent,
    )
    assert done.returncode == 0, done.stderr
    assert " 4 of them between the PSA's answer and our commit" in done.stdout
    assert "without exactly one note or ticket: 0" in done.stdout
