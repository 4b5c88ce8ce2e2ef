"""Charts as SVG, made by the server: told apart by shape and pattern, so that they are read without colour."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import ceil, floor, log10
from typing import Final

from markupsafe import Markup, escape

WIDTH: Final = 720
HEIGHT: Final = 260
LEFT: Final = 56
RIGHT: Final = 12
TOP: Final = 14
FOOT: Final = 44
_ROW: Final = 26
_NAMES: Final = 200
_MOST_LABELS: Final = 14
_EDGE: Final = 1e-9


@dataclass(frozen=True, kw_only=True)
class Point:
    """A value at a place; None: nothing is known there."""

    label: str
    value: float | None
    words: str
    """The value as it is said, on hovering and for those who do not see it."""
    low: float | None = None
    high: float | None = None
    few: bool = False


@dataclass(frozen=True, kw_only=True)
class Series:
    """Values that belong together; ``name`` stands in the legend."""

    name: str
    points: Sequence[Point]


@dataclass(frozen=True, kw_only=True)
class Axis:
    """``most``: the end of the axis, None: what the values ask for; ``suffix`` stands behind its numbers."""

    most: float | None = None
    suffix: str = ""


def over_time(title: str, series: Sequence[Series], axis: Axis, *, bars: bool = False) -> Markup:
    """Values in order, as bars from zero or as lines with marks; an interval is a whisker."""
    top = axis.most or _round_up(max((_most(one) for one in series), default=0))
    count = len(series[0].points) if series else 0
    step = (WIDTH - LEFT - RIGHT) / max(count, 1)

    def x(place: int) -> float:
        return LEFT + step * (place + 0.5)

    def y(value: float) -> float:
        return TOP + (HEIGHT - TOP - FOOT) * (1 - min(value, top) / top)

    parts = [*_grid(top, y, axis.suffix)]
    every = ceil(count / _MOST_LABELS) or 1
    foot = HEIGHT - FOOT + 16
    parts += [_tick(x(place), foot, series[0].points[place].label, "middle") for place in range(0, count, every)]
    for number, one in enumerate(series):
        known = [(x(place), point) for place, point in enumerate(one.points) if point.value is not None]
        if bars:
            wide = min(step * 0.7, 48)
            parts += [_bar(at - wide / 2, y(point.value or 0), wide, y(0), point) for at, point in known]
        else:
            parts += _line(known, y, number)
    if len(series) > 1:
        parts += _legend(series)
    return _svg(title, WIDTH, HEIGHT, parts)


def ranked(title: str, points: Sequence[Point], axis: Axis) -> Markup:
    """Values beside their names, one below the other."""
    top = axis.most or _round_up(max((point.high or point.value or 0 for point in points), default=0))
    height = _ROW * len(points) + 30
    wide = WIDTH - _NAMES - 90

    def x(value: float) -> float:
        return _NAMES + wide * min(value, top) / top

    parts = [f'<line class="axis" x1="{_NAMES}" y1="4" x2="{_NAMES}" y2="{height - 22}"/>']
    parts += [_tick(x(value), height - 6, f"{_number(value)}{axis.suffix}", "middle") for value in (0, top / 2, top)]
    for place, point in enumerate(points):
        middle = _ROW * place + 16
        name = point.label if len(point.label) <= 16 else point.label[:15] + "…"
        parts.append(f'<text x="{_NAMES - 8}" y="{middle + 4}" text-anchor="end">{escape(name)}</text>')
        if point.value is None:
            continue
        fill = "url(#few)" if point.few else "currentColor"
        parts.append(
            f'<rect class="bar" x="{_NAMES}" y="{middle - 7}" width="{max(x(point.value) - _NAMES, 1):.1f}" height="14"'
            f' fill="{fill}">{_said(point)}</rect>'
        )
        end = point.value
        if point.low is not None and point.high is not None:
            parts.append(_whisker_across(x(point.low), x(point.high), middle))
            end = point.high
        said = escape(f"{_number(round(point.value, 1))}{axis.suffix}")
        parts.append(f'<text class="value" x="{x(end) + 6:.1f}" y="{middle + 4}">{said}</text>')
    return _svg(title, WIDTH, height, parts)


def _most(one: Series) -> float:
    return max((point.high if point.high is not None else point.value or 0 for point in one.points), default=0)


def _bar(left: float, top: float, wide: float, ground: float, point: Point) -> str:
    fill = "url(#few)" if point.few else "currentColor"
    return (
        f'<rect class="bar" x="{left:.1f}" y="{top:.1f}" width="{wide:.1f}" height="{max(ground - top, 0):.1f}"'
        f' fill="{fill}">{_said(point)}</rect>'
    )


def _line(known: Sequence[tuple[float, Point]], y: Callable[[float], float], number: int) -> Iterator[str]:
    dashes = ' stroke-dasharray="6 4"' if number else ""
    places = " ".join(f"{at:.1f},{y(point.value or 0):.1f}" for at, point in known)
    yield f'<polyline class="line" points="{places}" fill="none"{dashes}/>'
    for at, point in known:
        if point.low is not None and point.high is not None:
            yield (
                f'<path class="whisker" d="M{at:.1f} {y(point.low):.1f}V{y(point.high):.1f}'
                f'M{at - 4:.1f} {y(point.low):.1f}h8M{at - 4:.1f} {y(point.high):.1f}h8"/>'
            )
        yield _mark(at, y(point.value or 0), number, point)


def _mark(at: float, height: float, number: int, point: Point) -> str:
    said = _said(point)
    fill = "var(--surface, #fff)" if point.few else "currentColor"
    if number:
        return (
            f'<rect class="mark" x="{at - 4:.1f}" y="{height - 4:.1f}" width="8" height="8" fill="{fill}">{said}</rect>'
        )
    return f'<circle class="mark" cx="{at:.1f}" cy="{height:.1f}" r="4.5" fill="{fill}">{said}</circle>'


def _whisker_across(low: float, high: float, middle: float) -> str:
    return (
        f'<path class="whisker across" d="M{low:.1f} {middle}H{high:.1f}'
        f'M{low:.1f} {middle - 4}v8M{high:.1f} {middle - 4}v8"/>'
    )


def _legend(series: Sequence[Series]) -> Iterator[str]:
    at = float(LEFT)
    for number, one in enumerate(series):
        dashes = ' stroke-dasharray="6 4"' if number else ""
        yield f'<line class="line" x1="{at}" y1="{HEIGHT - 8}" x2="{at + 28}" y2="{HEIGHT - 8}"{dashes}/>'
        yield _mark(at + 14, HEIGHT - 8, number, Point(label=one.name, value=0, words=""))
        yield f'<text x="{at + 34}" y="{HEIGHT - 4}">{escape(one.name)}</text>'
        at += 170


def _grid(top: float, y: Callable[[float], float], suffix: str) -> Iterator[str]:
    for share in (0, 0.25, 0.5, 0.75, 1):
        at = y(top * share)
        kind = "grid" if share else "axis"
        yield f'<line class="{kind}" x1="{LEFT}" y1="{at:.1f}" x2="{WIDTH - RIGHT}" y2="{at:.1f}"/>'
        yield _tick(LEFT - 6, at + 4, f"{_number(top * share)}{suffix}", "end")


def _said(point: Point) -> str:
    return f"<title>{escape(point.label)}: {escape(point.words)}</title>"


def _tick(x: float, y: float, said: str, anchor: str) -> str:
    return f'<text class="tick" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(said)}</text>'


def _svg(title: str, width: int, height: int, parts: Iterable[str]) -> Markup:
    pattern = (
        '<defs><pattern id="few" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
        '<line x1="0" y1="0" x2="0" y2="6" stroke="currentColor" stroke-width="2"/></pattern></defs>'
    )
    return Markup(  # noqa: S704 -- every text in it is escaped
        f'<svg class="chart" viewBox="0 0 {width} {height}" role="img" xmlns="http://www.w3.org/2000/svg">'
        f"<title>{escape(title)}</title>{pattern}{''.join(parts)}</svg>"
    )


def _round_up(value: float) -> float:
    """The end of an axis: the next of 1, 2, 2.5, 5 or 10 times a power of ten, divided into quarters."""
    if value <= 0:
        return 1.0
    power = 10.0 ** floor(log10(value))
    return next(power * step for step in (1, 2, 2.5, 4, 5, 8, 10) if power * step >= value - _EDGE)


def _number(value: float) -> str:
    return (
        f"{value:.0f}" if value >= 100 or abs(value - round(value)) < _EDGE else f"{value:.2f}".rstrip("0").rstrip(".")
    )
