"""Charts as small SVG texts: a radar of blocks, a history, a spark line. Plain functions of numbers; the same numbers, the same bytes.

Colours come from classes, because the console's content policy allows no inline styles. Each chart has a text for whoever cannot see it.
"""

import math
from collections.abc import Callable, Sequence
from datetime import datetime

from markupsafe import Markup, escape

TOP = 5.0  # the highest level
NEAR = 12  # units within which a label stands in the middle
LINE = 2  # points that make a line
FULL = 0.9  # of a quota: look at it; judgement
Point = tuple[datetime, float | None]
_PAINT = {
    "grid": 'fill="none" stroke="#dde2e7"',
    "target": 'fill="none" stroke="#55606e" stroke-dasharray="4 4"',
    "area": 'fill="{colour}" fill-opacity="0.22" stroke="{colour}" stroke-width="2"',
    "dot": 'fill="{colour}"',
    "hole": 'fill="#ffffff" stroke="#777788" stroke-dasharray="2 2"',
    "line": 'fill="none" stroke="{colour}" stroke-width="2.4"',
}


def level_class(level: float | None) -> str:
    """The class of a level's colour: l0 to l5, lu for unknown."""
    return "lu" if level is None else f"l{min(5, max(0, int(level)))}"


def radar(
    names: Sequence[str],
    levels: Sequence[float | None],
    targets: Sequence[float | None] = (),
    title: str = "",
    written: Callable[[float], str] = "{:.1f}".format,
) -> Markup:
    """A radar with one spoke for each block, levels 0 to 5. An unknown one has a gap and a ring, never a zero.

    `written` gives a level as people of a language write it.
    """
    size, reach = 340, 108.0
    middle = size / 2
    count = len(names)
    if not count:
        return Markup("")

    def at(place: int, level: float) -> tuple[float, float]:
        angle = 2 * math.pi * place / count - math.pi / 2
        return middle + reach * level / TOP * math.cos(angle), middle + reach * level / TOP * math.sin(angle)

    parts = [
        f'<polygon class="grid" points="{_points([at(n, ring) for n in range(count)])}"/>'
        for ring in range(1, 6)
    ]
    for place in range(count):
        x, y = at(place, TOP)
        parts.append(f'<line class="grid" x1="{middle:g}" y1="{middle:g}" x2="{x:.1f}" y2="{y:.1f}"/>')
    aims = [target for target in targets if target is not None]
    if len(aims) == count:
        corners = [at(place, target) for place, target in enumerate(aims)]
        parts.append(f'<polygon class="target" points="{_points(corners)}"/>')
    parts += _filled(levels, at, middle)
    for place, name in enumerate(names):
        level = levels[place]
        x, y = at(place, TOP * 1.17)
        anchor = "middle" if abs(x - middle) < NEAR else "start" if x > middle else "end"
        said = "?" if level is None else escape(written(level))
        parts.append(
            f'<text x="{x:.1f}" y="{y + 1:.1f}" text-anchor="{anchor}">{escape(name)}'
            f'<tspan class="num" x="{x:.1f}" dy="14">{said}</tspan></text>'
        )
        if level is None:
            gx, gy = at(place, TOP)
            parts.append(f'<circle class="hole" cx="{gx:.1f}" cy="{gy:.1f}" r="4"/>')
        else:
            px, py = at(place, level)
            parts.append(f'<circle class="dot" cx="{px:.1f}" cy="{py:.1f}" r="3.5"/>')
    words = ", ".join(f"{name} {_said(level)}" for name, level in zip(names, levels, strict=True))
    return _svg("radar", -70, 0, size + 140, size, f"{title}{': ' if title else ''}{words}", parts)


def _filled(
    levels: Sequence[float | None], at: Callable[[int, float], tuple[float, float]], middle: float
) -> list[str]:
    """The area of the levels; where one is unknown, the slices beside it stay empty."""
    known = [level for level in levels if level is not None]
    if len(known) == len(levels):
        return [f'<polygon class="area" points="{_points([at(*spot) for spot in enumerate(known)])}"/>']
    slices = []
    for place, level in enumerate(levels):
        after = (place + 1) % len(levels)
        beside = levels[after]
        if level is not None and beside is not None:
            corners = _points([at(place, level), at(after, beside)])
            slices.append(f'<path class="area" d="M{middle:g} {middle:g}L{corners}Z"/>')
    return slices


def spark(points: Sequence[Point]) -> Markup:
    """A trend of scores (0 to 100) in a small line; empty where fewer than two are known."""
    known = [(moment, value) for moment, value in points if value is not None]
    if len(known) < LINE:
        return Markup("")
    wide, high = 84, 20
    low, top = _span([value for _, value in known], least=10.0)
    begin, end = known[0][0].timestamp(), known[-1][0].timestamp()

    def place(moment: datetime, value: float) -> tuple[int, int]:
        x = 1 + (wide - 2) * ((moment.timestamp() - begin) / (end - begin or 1.0))
        return round(x), round(high - 2 - (high - 4) * (value - low) / (top - low))

    line: list[tuple[int, int]] = []
    for moment, value in known:
        spot = place(moment, value)
        if not line or spot[0] != line[-1][0]:
            line.append(spot)
        else:
            line[-1] = spot
    drawn = " ".join(f"{x} {y}" for x, y in line)
    first, last = known[0][1], known[-1][1]
    said = f"{first:.0f} to {last:.0f}"
    return Markup(  # noqa: S704 - numbers only
        f'<svg class="spark" viewBox="0 0 {wide} {high}" role="img" aria-label="{said}"><path d="M{drawn}"/></svg>'
    )


def history_chart(points: Sequence[Point], title: str, *, top: float = 100.0, wide: int = 640) -> Markup:
    """Scores over time as steps: a value holds until the next one. Gaps are moments at which nothing was known."""
    if not points:
        return Markup("")
    high, left, right, foot = 190, 34, 12, 24
    begin, end = points[0][0].timestamp(), points[-1][0].timestamp()
    width = wide - left - right

    def across(moment: datetime) -> float:
        return left + width * ((moment.timestamp() - begin) / (end - begin) if end > begin else 1.0)

    def up(value: float) -> float:
        return 8 + (high - foot - 8) * (1 - value / top)

    parts = []
    for step in range(5):
        value = top * step / 4
        parts.append(
            f'<line class="grid" x1="{left}" y1="{up(value):.1f}" x2="{wide - right}" y2="{up(value):.1f}"/>'
            f'<text x="{left - 6}" y="{up(value) + 4:.1f}" text-anchor="end">{value:g}</text>'
        )
    drawn, is_down = "", False
    for moment, known in points:
        x = across(moment)
        if is_down:
            drawn += f"H{x:.1f}"
        if known is None:
            is_down = False
            continue
        drawn += f"V{up(known):.1f}" if is_down else f"M{x:.1f} {up(known):.1f}"
        is_down = True
    parts.append(f'<path class="line" d="{drawn}"/>')
    last = next((value for _, value in reversed(points) if value is not None), None)
    if last is not None and points[-1][1] is not None:
        parts.append(f'<circle class="dot" cx="{across(points[-1][0]):.1f}" cy="{up(last):.1f}" r="3.5"/>')
    parts.append(
        f'<text x="{left}" y="{high - 6}">{points[0][0]:%Y-%m-%d}</text>'
        f'<text x="{wide - right}" y="{high - 6}" text-anchor="end">{points[-1][0]:%Y-%m-%d}</text>'
    )
    first = next((value for _, value in points if value is not None), None)
    words = f"{title}: from {_said(first)} on {points[0][0]:%Y-%m-%d} to {_said(points[-1][1])} on {points[-1][0]:%Y-%m-%d}"
    return _svg("history", 0, 0, wide, high, words, parts)


def bar(share: float, *, is_quota: bool = True) -> Markup:
    """A share of 0 to 1 as a bar; that of a quota warns when it is nearly used up."""
    width = round(100 * min(1.0, max(0.0, share)))
    kind = "bar full" if is_quota and share >= FULL else "bar"
    return Markup(  # noqa: S704 - numbers only
        f'<svg class="{kind}" viewBox="0 0 100 8" role="img" aria-label="{width} %" preserveAspectRatio="none">'
        f'<rect class="track" width="100" height="8"/><rect class="value" width="{width}" height="8"/></svg>'
    )


def painted(chart: Markup, colour: str) -> Markup:
    """A chart that brings its colours along, `colour` (#rrggbb) for what is measured: print applies no style sheet to SVG."""
    told = str(chart)
    for name, paint in _PAINT.items():
        told = told.replace(f'class="{name}"', paint.format(colour=colour))
    told = told.replace(
        "<text ", '<text fill="#1b2430" font-family="DejaVu Sans, sans-serif" font-size="13" '
    )
    return Markup(told)  # noqa: S704 - a chart of this module; `colour` is checked where it is read


def _span(values: Sequence[float], *, least: float) -> tuple[float, float]:
    """The range to draw: never so narrow that noise looks like a move."""
    low, top = min(values), max(values)
    more = max(0.0, least - (top - low)) / 2
    return low - more, top + more


def _points(places: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in places)


def _said(level: float | None) -> str:
    return "unknown" if level is None else f"{level:.1f}"


def _svg(kind: str, x: int, y: int, wide: int, high: int, words: str, parts: Sequence[str]) -> Markup:
    head = f'<svg class="{kind}" viewBox="{x} {y} {wide} {high}" role="img" aria-label="{escape(words)}">'
    return Markup(head + "".join(parts) + "</svg>")  # noqa: S704 - names in it are escaped
