"""The chart of a simulation: how many cases wait at each hour, as an SVG that prints and reads without colour."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

_WIDTH: Final = 720
_HEIGHT: Final = 260
_LEFT: Final = 46
_RIGHT: Final = 12
_TOP: Final = 14
_BOTTOM: Final = 34
_DASHES: Final = ("none", "7 4")
"""The line of the first policy is whole, that of the second broken."""


@dataclass(frozen=True, kw_only=True)
class Line:
    """What waits at the beginning of each hour: mean, least and most of the runs."""

    label: str
    hours: Sequence[tuple[float, int, int]]


def chart(lines: Sequence[Line], *, title: str, hour: str) -> str:
    """An SVG of its own; ``hour`` names the axis below."""
    hours = max((len(one.hours) for one in lines), default=1)
    top = _round_up(max((most for one in lines for _, _, most in one.hours), default=1))
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" class="chart"'
        ' fill="none" stroke="currentColor" font-size="12" font-family="sans-serif">'
    )
    parts = [head, f"<title>{escape(title)}</title>", *_grid(hours, top, hour)]
    for number, one in enumerate(lines):
        points = [(_x(at, hours), _y(mean, top)) for at, (mean, _, _) in enumerate(one.hours)]
        upper = [(_x(at, hours), _y(most, top)) for at, (_, _, most) in enumerate(one.hours)]
        lower = [(_x(at, hours), _y(least, top)) for at, (_, least, _) in enumerate(one.hours)]
        shade = _points([*upper, *reversed(lower)])
        parts += [
            f'<polygon points="{shade}" fill="currentColor" fill-opacity="0.12" stroke="none"/>',
            f'<polyline points="{_points(points)}" {_stroke(number)}/>',
            *_legend(number, one.label),
        ]
    return "".join([*parts, "</svg>"])


def _grid(hours: int, top: int, hour: str) -> list[str]:
    found: list[str] = []
    for step in range(5):
        value = top * step / 4
        y = _y(value, top)
        found.append(f'<line x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke-opacity="0.25"/>')
        found.append(_text(_LEFT - 6, y + 4, f"{value:g}", anchor="end"))
    every = 6 if hours <= 48 else 24 if hours <= 24 * 10 else 24 * 5
    below = _HEIGHT - _BOTTOM + 16
    found += [_text(_x(at, hours), below, str(at), anchor="middle") for at in range(0, hours, every)]
    found.append(_text(_WIDTH - _RIGHT, _HEIGHT - 4, hour, anchor="end"))
    return found


def _legend(number: int, label: str) -> list[str]:
    y = _TOP + 8 + 18 * number
    x = _LEFT + 12
    line = f'<line x1="{x}" x2="{x + 34}" y1="{y}" y2="{y}" {_stroke(number)}/>'
    return [line, _text(x + 42, y + 4, label)]


def _stroke(number: int) -> str:
    return f'stroke-width="2" stroke-dasharray="{_DASHES[number % 2]}"'


def _text(x: float, y: float, words: str, *, anchor: str = "start") -> str:
    look = f'text-anchor="{anchor}" fill="currentColor" stroke="none"'
    return f'<text x="{x:.1f}" y="{y:.1f}" {look}>{escape(words)}</text>'


def _points(found: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in found)


def _x(at: float, hours: int) -> float:
    return _LEFT + (_WIDTH - _LEFT - _RIGHT) * at / max(1, hours - 1)


def _y(value: float, top: float) -> float:
    return _HEIGHT - _BOTTOM - (_HEIGHT - _TOP - _BOTTOM) * value / top


def _round_up(most: int) -> int:
    """A whole number at least as large, with four even parts."""
    unit = 4
    while unit * 10 < most:
        unit *= 10
    return max(4, -(-most // unit) * unit)
