"""In the simulated MSP the truth is known: who is really managed well must score well."""

import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import correlation

import pytest

from sevenc_sync.clock import utc_now
from sevenc_sync.sandbox import Sandbox, build_world
from tests.cli.conftest import open_site

CLIENTS = 24
LEAST = 0.9


def ranks(values: Sequence[float]) -> list[float]:
    """Places from 0 on; equal values share the mean of theirs."""
    ordered = sorted(values)
    return [ordered.index(value) + (ordered.count(value) - 1) / 2 for value in values]


@pytest.mark.parametrize(
    ("psa", "backups", "clouds", "rmms"),
    [
        ("connectwise_psa", ("datto_bcdr",), (), ("ninjaone",)),
        ("autotask_psa", ("datto_bcdr", "veeam_vspc", "cove"), ("datto_saas",), ("datto_rmm", "ninjaone")),
    ],
)
def test_the_order_of_the_scores_is_that_of_the_truth(
    tmp_path: Path,
    psa: str,
    backups: tuple[str, ...],
    clouds: tuple[str, ...],
    rmms: tuple[str, ...],
    capsys: pytest.CaptureFixture[str],
) -> None:
    world = build_world(clients=CLIENTS, now=utc_now(), backups=backups, rmms=rmms)
    cloud = ("datto_saas",) if "datto_bcdr" in backups else ()
    with Sandbox(world, vendors=(psa, *backups, *cloud, *rmms), clock=utc_now) as sandbox:
        site = open_site(tmp_path, sandbox)
        assert site("sync").exit_code == 0
        assert site("score").exit_code == 0
        rows = site.json("clients")
        scores = {row["name"]: row["score"] for row in rows}
    assert set(scores) == set(world.truth)
    names = sorted(scores)
    found = correlation(
        ranks([scores[name] for name in names]), ranks([world.truth[name].overall for name in names])
    )
    with capsys.disabled():
        sys.stdout.write(
            f"\n{psa} {backups} {clouds} {rmms}: rank correlation of score and truth over {CLIENTS} clients: {found:.3f}\n"
        )
    assert found >= LEAST
    if rmms:  # what agents tell is half of these
        for slug in ("continuous", "competent"):
            levels = {
                row["name"]: block["level"]
                for row in rows
                for block in row["blocks"]
                if block["slug"] == slug
            }
            truth = [world.truth[name].blocks[slug] or 0.0 for name in names]
            assert correlation(ranks([levels[name] for name in names]), ranks(truth)) >= LEAST, slug
