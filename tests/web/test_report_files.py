"""Reports in a directory: whoever looks into it finds a client by its name, and each once a period."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from sevenc_sync.engine.report_job import write_reports
from sevenc_sync.score import load_results
from sevenc_sync.sections import ReportSettings


def test_each_client_has_one_report_a_period_under_its_name(console: Any, tmp_path: Path) -> None:
    engine = console.engine
    report = ReportSettings(directory=Path("reports"), msp="Brightwater IT")
    settings = SimpleNamespace(report=report, push=engine.config.settings.push)
    wanted: Any = SimpleNamespace(
        config=SimpleNamespace(settings=settings, path=tmp_path / "config.toml"),
        store=engine.store,
        rules=engine.rules,
    )
    written = write_reports(wanted)
    names = sorted(path.name for path in (tmp_path / "reports").iterdir())
    # Other tests of this console may have made a client of a company that waited.
    scored = [result for result in load_results(engine.store, engine.rules) if result.score is not None]
    assert written == len(names) == len(scored) >= 8
    period = f"{engine.clock():%Y}-Q{(engine.clock().month + 2) // 3}"
    assert any(name.startswith("cafe-nunez-llc-") and name.endswith(f"-{period}.html") for name in names)
    # A client that is called otherwise meanwhile gets no second one.
    (tmp_path / "reports" / names[0]).rename(tmp_path / "reports" / f"other-{names[0]}")
    assert write_reports(wanted) == 0
