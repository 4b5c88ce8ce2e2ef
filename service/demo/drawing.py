"""Drawing attenuation maps: bones, organs and noise on a plane whose coordinates run from -1 to 1.

A map holds how much a ray loses at each (row, column). Shapes are anatomically suggestive, not anatomy.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

Map = npt.NDArray[np.floating[Any]]
Point = tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class Plane:
    """A square plane of ``size`` pixels; x grows to the right, y downwards, both from -1 to 1."""

    size: int

    def axes(self) -> tuple[Map, Map]:
        line = np.linspace(-1, 1, self.size, dtype=np.float32)
        return line[None, :], line[:, None]

    def empty(self) -> Map:
        return np.zeros((self.size, self.size), np.float32)

    def blob(self, centre: Point, radii: Point, *, power: float = 2.0, tilt: float = 0.0) -> Map:
        """A rounded body, 1 in its middle and falling to 0 at its edge like the thickness of a ball."""
        x, y = self.axes()
        dx, dy = x - centre[0], y - centre[1]
        cos, sin = np.float32(np.cos(tilt)), np.float32(np.sin(tilt))
        u, v = (dx * cos + dy * sin) / radii[0], (dy * cos - dx * sin) / radii[1]
        inside = 1 - np.abs(u) ** power - np.abs(v) ** power
        return np.sqrt(np.clip(inside, 0, None), dtype=np.float32)

    def polygon(self, outline: Sequence[Point], *, soft: float) -> Map:
        """The inside of a smoothed outline, 1 inside and 0 outside, blurred over ``soft``."""
        image = Image.new("L", (self.size, self.size), 0)
        points = [((x + 1) / 2 * self.size, (y + 1) / 2 * self.size) for x, y in smooth(outline)]
        ImageDraw.Draw(image).polygon(points, fill=255)
        return blur(np.asarray(image, np.float32) / 255, max(1, round(soft * self.size / 2)))

    def tube(self, path: Sequence[Point], radii: Sequence[float], *, cortex: float = 0.0) -> Map:
        """A rod along a path; ``cortex`` from 0 (solid) to 1 (its marrow lets everything through)."""
        x, y = self.axes()
        out = self.empty()
        for (start, end), (r0, r1) in zip(pairwise(path), pairwise(radii), strict=True):
            rows, columns = self._near(start, end, max(r0, r1))
            dx, dy = end[0] - start[0], end[1] - start[1]
            length = max(dx * dx + dy * dy, 1e-9)
            px, py = x[:, columns] - start[0], y[rows] - start[1]
            along = np.clip((px * dx + py * dy) / length, 0, 1)
            distance = np.hypot(px - along * dx, py - along * dy)
            radius = r0 + (r1 - r0) * along
            thickness = np.sqrt(np.clip(1 - (distance / radius) ** 2, 0, None))
            if cortex:
                marrow = np.sqrt(np.clip(1 - (distance / (radius * 0.72)) ** 2, 0, None))
                thickness -= cortex * 0.72 * marrow
            window = out[rows, columns]
            np.maximum(window, thickness, out=window)
        return out

    def _near(self, start: Point, end: Point, radius: float) -> tuple[slice, slice]:
        def span(a: float, b: float) -> slice:
            low = int((min(a, b) - radius + 1) / 2 * self.size) - 1
            high = int((max(a, b) + radius + 1) / 2 * self.size) + 2
            return slice(max(0, low), max(0, min(self.size, high)))

        return span(start[1], end[1]), span(start[0], end[0])


def smooth(points: Sequence[Point], steps: int = 12) -> list[Point]:
    """A closed Catmull-Rom curve through the points."""
    p = np.asarray(points, np.float64)
    before, after, later = np.roll(p, 1, 0), np.roll(p, -1, 0), np.roll(p, -2, 0)
    out: list[Point] = []
    for t in np.linspace(0, 1, steps, endpoint=False):
        curve = 0.5 * (
            2 * p
            + (after - before) * t
            + (2 * before - 5 * p + 4 * after - later) * t**2
            + (3 * p - before - 3 * after + later) * t**3
        )
        out.append(curve)
    stacked = np.stack(out, axis=1).reshape(-1, 2)
    return [(float(x), float(y)) for x, y in stacked]


def arc(start: Point, control: Point, end: Point, steps: int = 24) -> list[Point]:
    """A quadratic curve."""
    t = np.linspace(0, 1, steps)
    return [
        (
            float((1 - s) ** 2 * start[0] + 2 * s * (1 - s) * control[0] + s * s * end[0]),
            float((1 - s) ** 2 * start[1] + 2 * s * (1 - s) * control[1] + s * s * end[1]),
        )
        for s in t
    ]


def blur(image: Map, radius: int) -> Map:
    """Three box blurs, which come close to a Gaussian."""
    out = image.astype(np.float32)
    for _ in range(3):
        for axis in (0, 1):
            out = _box(out, radius, axis)
    return out


def _box(image: Map, radius: int, axis: int) -> Map:
    width = 2 * radius + 1
    pad = [(0, 0), (0, 0)]
    pad[axis] = (radius + 1, radius)
    total = np.cumsum(np.pad(image, pad, mode="edge"), axis=axis, dtype=np.float64)
    size = image.shape[axis]
    upper, lower = np.take(total, range(width, width + size), axis), np.take(total, range(size), axis)
    return ((upper - lower) / width).astype(np.float32)


def enlarge(image: Map, size: int) -> Map:
    picture = Image.fromarray(image).resize((size, size), Image.Resampling.BICUBIC)
    return np.array(picture, np.float32)


def clouds(size: int, rng: np.random.Generator, *, coarsest: int = 8, octaves: int = 5) -> Map:
    """Smooth random texture between about -1 and 1."""
    out = np.zeros((size, size), np.float32)
    for octave in range(octaves):
        cells = min(size, coarsest * 2**octave)
        out += enlarge(rng.standard_normal((cells, cells)).astype(np.float32), size) / 2 ** (octave + 1)
    return out


def letter(size: int, text: str, centre: Point, height: float) -> Map:
    """A lead marker: text drawn at ``centre``, ``height`` as a share of the plane."""
    image = Image.new("F", (size, size), 0.0)
    small = Image.new("L", (16 * len(text), 16), 0)
    ImageDraw.Draw(small).text((3, 2), text, fill=255)
    box = small.getbbox()
    glyph = small.crop(box).convert("F")
    high = max(1, round(height * size))
    wide = max(1, round(high * glyph.width / glyph.height))
    glyph = glyph.resize((wide, high), Image.Resampling.BICUBIC)
    at = (round((centre[0] + 1) / 2 * size - wide / 2), round((centre[1] + 1) / 2 * size - high / 2))
    image.paste(glyph, at)
    return np.clip(np.asarray(image, np.float32) / 255, 0, 1)
