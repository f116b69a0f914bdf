"""A client's report: the same bytes from the same store, charts that bring their colours, and clear words when it cannot be."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
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


@pytest.mark.parametrize(("language", "said"), [("en", r">\d\.\d<"), ("de", r">\d,\d<"), ("hu", r">\d,\d<")])
def test_levels_are_written_as_the_language_writes_numbers(
    scored: Any, tmp_path: Path, language: str, said: str
) -> None:
    config = scored.home.folder / f"{language}.toml"
    config.write_text(scored.home.config.read_text().replace("[push]", f'[push]\nlanguage = "{language}"'))
    result = scored("report", client_of(scored), "--html", str(tmp_path / "report.html"), config=config)
    assert (result.exit_code, result.stderr) == (0, "")
    levels = re.findall(r">\d[.,]\d<", (tmp_path / "report.html").read_text())
    assert len(levels) > 40
    assert [level for level in levels if not re.fullmatch(said, level)] == []
