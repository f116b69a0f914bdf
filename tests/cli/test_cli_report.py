"""A client's report: the same bytes from the same store, charts that bring their colours, and clear words when it cannot be."""

import re
from collections.abc import Callable
from pathlib import Path

from typer.testing import Result

Site = Callable[..., Result]


def client_of(site: Site) -> str:
    listed = site("clients", "--json")
    names = re.findall(r'"name": ?"([^"]+)"', listed.stdout)
    assert names
    return str(names[0])


def test_the_report_needs_no_other_file_and_is_the_same_each_time(scored: Site, tmp_path: Path) -> None:
    client = client_of(scored)
    for name in ("one.html", "two.html"):
        result = scored("report", client, "--html", str(tmp_path / name))
        assert (result.exit_code, result.stderr) == (0, "")
        assert str(tmp_path / name) in result.stdout
    text = (tmp_path / "one.html").read_text()
    assert text == (tmp_path / "two.html").read_text()
    assert client in text
    assert "<script" not in text
    assert not re.findall(r'(?:src|href)="(?!data:)', text)


def test_charts_bring_their_colours_along(scored: Site, tmp_path: Path) -> None:
    """Print applies no style sheet to the shapes of a chart: one without paint comes out black."""
    scored("report", client_of(scored), "--html", str(tmp_path / "report.html"))
    charts = re.findall(r"<svg.*?</svg>", (tmp_path / "report.html").read_text(), re.DOTALL)
    assert charts
    shapes = [
        shape for chart in charts for shape in re.findall(r"<(?:polygon|path|line|circle|text) [^>]*>", chart)
    ]
    assert len(shapes) > 20
    assert [shape for shape in shapes if "fill=" not in shape] == []


def test_what_cannot_be_written_is_said(scored: Site, tmp_path: Path) -> None:
    client = client_of(scored)
    nothing = scored("report", client)
    assert (nothing.exit_code, nothing.stderr) == (2, "sevenc-sync: give --html FILE or --pdf FILE.\n")
    result = scored("report", client, "--html", str(tmp_path / "nowhere" / "report.html"))
    assert result.exit_code == 1
    assert "cannot be written: No such file or directory." in result.stderr
