"""A synthetic chest CT: 200 axial slices of 512 x 512, in Hounsfield units plus 1024."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from service.demo.drawing import Map, Plane, clouds

Slice = npt.NDArray[np.uint16]

SIZE: Final = 512
SLICES: Final = 200
PIXEL_SPACING_MM: Final = 0.7
SLICE_SPACING_MM: Final = 1.6
INTERCEPT: Final = -1024

AIR, LUNG, FAT, MUSCLE, BLOOD, LIVER, MARROW, CORTEX = -1000, -860, -95, 50, 42, 60, 180, 900
"""Hounsfield units."""


@dataclass(frozen=True, kw_only=True)
class _Vessel:
    """A straight piece of a lung vessel: ends (x, y, z) and radii; x to the patient's left, z from feet to head."""

    start: tuple[float, float, float]
    end: tuple[float, float, float]
    radius: float


def slices(seed: int, *, nodule: bool) -> Iterator[Slice]:
    """The slices from head to feet; the nodule of 9 mm lies in the right upper lobe."""
    rng = np.random.default_rng(seed)
    vessels = _lung_tree(rng)
    texture = clouds(SIZE, rng, coarsest=40, octaves=4)
    for number in range(SLICES):
        z = 1 - 2 * number / (SLICES - 1)
        hounsfield = _slice(z, vessels, nodule=nodule)
        # Noise of filtered back projection is correlated: white noise alone looks like snow.
        grain = rng.standard_normal((SIZE, SIZE), np.float32)
        grain = (grain + np.roll(grain, 1, 0) + np.roll(grain, 1, 1) + np.roll(grain, (1, 1), (0, 1))) / 2
        hounsfield = hounsfield + 9 * grain + 5 * np.roll(texture, number * 7, axis=0)
        yield np.clip(hounsfield - INTERCEPT, 0, 4095).astype(np.uint16)


def _slice(z: float, vessels: list[_Vessel], *, nodule: bool) -> Map:
    plane = Plane(size=SIZE)
    x, y = plane.axes()
    wide = 0.80 - 0.10 * max(0.0, z - 0.2) ** 2
    deep = 0.54 - 0.06 * max(0.0, z)
    out = np.full((SIZE, SIZE), AIR, np.float32)
    _fill(out, plane.blob((0, 0.02), (wide, deep), power=2.5), FAT)
    _fill(out, plane.blob((0, 0.02), (wide - 0.05, deep - 0.045), power=2.5), MUSCLE)
    _ribs(out, plane, z, wide - 0.085, deep - 0.08)
    _lungs(out, plane, z, vessels)
    if nodule and abs(z - 0.42) < 0.03:
        size = 0.026 * float(np.sqrt(1 - ((z - 0.42) / 0.03) ** 2))
        _fill(out, plane.blob((-0.40, -0.10), (size, size)), MUSCLE)
    _middle(out, plane, z)
    _spine(out, plane, z)
    # The table.
    table = (np.abs(y - (0.66 + 0.10 * x**2 * -1)) < 0.008) & (np.abs(x) < 0.62)
    out[table] = -200
    return out


def _fill(out: Map, shape: Map, value: float) -> None:
    """Partial volume at the rim: the last tenth of a shape's thickness mixes with what was there."""
    share = np.clip(shape * 8, 0, 1)
    out += (value - out) * share


def _ribs(out: Map, plane: Plane, z: float, wide: float, deep: float) -> None:
    for number in range(12):
        # Each rib falls from the spine to the front, so a slice cuts it at one angle on each side.
        level = 1.15 - 0.19 * number
        share = (level - z) / 0.55
        if not 0 <= share <= 1:
            continue
        angle = np.pi / 2 - 0.35 - share * 2.3
        for side in (-1, 1):
            centre = (side * wide * float(np.cos(angle)) * 1.0, 0.02 + deep * float(np.sin(angle)))
            tilt = side * (angle + np.pi / 2)
            _fill(out, plane.blob(centre, (0.060, 0.021), tilt=float(tilt)), CORTEX)
            _fill(out, plane.blob(centre, (0.046, 0.010), tilt=float(tilt)), MARROW)
    if z > -0.55:
        _fill(out, plane.blob((0, -deep + 0.015), (0.075, 0.022), power=3), CORTEX * 0.6)


def _lungs(out: Map, plane: Plane, z: float, vessels: list[_Vessel]) -> None:
    inside = plane.empty()
    for side in (-1, 1):
        foot = -0.72 if side < 0 else -0.82
        if not foot < z < 0.93:
            continue
        height = (z - foot) / (0.93 - foot)
        size = float(np.sqrt(np.clip(1 - (2 * height - 0.72) ** 2 * (0.36 if height < 0.36 else 0.61), 0, 1)))
        centre = (side * (0.375 + 0.03 * size), 0.03)
        lung = plane.blob(centre, (0.285 * size, 0.405 * size), power=2.3)
        if z < -0.35:
            # The dome of the diaphragm rises in the middle of the lung's base.
            dome = (-0.35 - z) / 0.45
            lung = np.clip(lung - 1.25 * plane.blob((centre[0] - side * 0.05, 0.0), (0.30 * dome, 0.36 * dome)), 0, 1)
        np.maximum(inside, lung, out=inside)
    _fill(out, inside, LUNG)
    if z < -0.3:
        _fill(
            out,
            (plane.blob((-0.30, -0.02), (0.36, 0.36)) * (inside <= 0) * (z < -0.42)).astype(np.float32) * 0.9,
            LIVER,
        )
    mask = (inside > 0.12).astype(np.float32)
    for vessel in vessels:
        low, high = sorted((vessel.start[2], vessel.end[2]))
        if low - 0.02 <= z <= high + 0.02:
            _spot(out, mask, plane, _cut(vessel, z))


@dataclass(frozen=True, kw_only=True)
class _Cut:
    """Where a slice cuts a vessel: an ellipse, longer the more the vessel runs along the slice."""

    centre: tuple[float, float]
    radius: float
    stretch: float
    tilt: float


def _cut(vessel: _Vessel, z: float) -> _Cut:
    dx, dy, dz = (b - a for a, b in zip(vessel.start, vessel.end, strict=True))
    share = 0.5 if abs(dz) < 1e-3 else float(np.clip((z - vessel.start[2]) / dz, 0, 1))
    return _Cut(
        centre=(vessel.start[0] + dx * share, vessel.start[1] + dy * share),
        radius=vessel.radius,
        stretch=min(4.0, float(np.hypot(dx, dy)) / max(abs(dz), 0.02)),
        tilt=float(np.arctan2(dy, dx)),
    )


def _spot(out: Map, mask: Map, plane: Plane, cut: _Cut) -> None:
    """One vessel's cut, drawn in a small window: there are hundreds of them."""
    reach = cut.radius * (1 + cut.stretch) + 0.01
    column, row = ((value + 1) / 2 * plane.size for value in cut.centre)
    half = int(reach * plane.size / 2) + 2
    rows = slice(max(0, int(row) - half), int(row) + half)
    columns = slice(max(0, int(column) - half), int(column) + half)
    x, y = plane.axes()
    dx, dy = x[:, columns] - cut.centre[0], y[rows] - cut.centre[1]
    u = (dx * np.cos(cut.tilt) + dy * np.sin(cut.tilt)) / (cut.radius * (1 + cut.stretch))
    v = (dy * np.cos(cut.tilt) - dx * np.sin(cut.tilt)) / cut.radius
    share = np.clip((1 - u * u - v * v) * 2.5, 0, 1) * mask[rows, columns]
    window = out[rows, columns]
    window += (BLOOD - window) * share


def _middle(out: Map, plane: Plane, z: float) -> None:
    """Heart, great vessels, trachea and main bronchi."""
    if z > -0.75:
        _fill(out, plane.blob((0.0, 0.06), (0.115, 0.26), power=2.4), FAT * 0.6)
    if -0.78 < z < 0.12:
        size = float(np.sqrt(1 - ((z + 0.33) / 0.46) ** 2))
        _fill(out, plane.blob((0.09, -0.12), (0.27 * size, 0.20 * size), tilt=0.5), BLOOD)
        _fill(out, plane.blob((0.15, -0.08), (0.13 * size, 0.09 * size), tilt=0.6), BLOOD + 12)
    if z < 0.42:
        _fill(out, plane.blob((0.085, 0.235), (0.052, 0.052)), BLOOD)  # descending aorta
    if 0.05 < z < 0.42:
        _fill(out, plane.blob((-0.04, -0.13), (0.062, 0.062)), BLOOD)  # ascending aorta
        _fill(out, plane.blob((-0.135, -0.09), (0.036, 0.04)), BLOOD)  # superior vena cava
    if 0.05 < z < 0.22:
        _fill(out, plane.blob((0.07, -0.06), (0.15, 0.05), tilt=0.35), BLOOD)  # pulmonary trunk
    if 0.40 < z < 0.56:
        _fill(out, plane.blob((0.03, 0.04), (0.07, 0.20), tilt=-0.3), BLOOD)  # arch
    if z > 0.56:
        for place in ((-0.09, -0.08), (0.02, -0.06), (0.10, 0.0), (-0.13, -0.02)):
            _fill(out, plane.blob(place, (0.030, 0.030)), BLOOD)
    if z > 0.20:
        _fill(out, plane.blob((0.0, 0.09), (0.048, 0.050)), AIR)  # trachea
    elif z > -0.02:
        apart = 0.04 + (0.20 - z) * 0.75
        for side in (-1, 1):
            _fill(out, plane.blob((side * apart, 0.09), (0.040, 0.036)), AIR)
    _fill(out, plane.blob((0.025, 0.185), (0.026, 0.020)), MUSCLE)  # oesophagus


def _spine(out: Map, plane: Plane, z: float) -> None:
    disc = (z * 8.5) % 1 < 0.18
    _fill(out, plane.blob((0, 0.325), (0.098, 0.078), power=2.6), MUSCLE + 40 if disc else CORTEX)
    if not disc:
        _fill(out, plane.blob((0, 0.325), (0.086, 0.067), power=2.6), MARROW)
    for side in (-1, 1):
        _fill(
            out,
            plane.tube([(side * 0.06, 0.38), (side * 0.10, 0.42), (side * 0.16, 0.43)], [0.02, 0.022, 0.018]),
            CORTEX * 0.8,
        )
        _fill(out, plane.tube([(side * 0.075, 0.41), (0, 0.47)], [0.016, 0.016]), CORTEX * 0.8)
    _fill(out, plane.tube([(0, 0.465), (0, 0.53)], [0.016, 0.012]), CORTEX * 0.8)
    _fill(out, plane.blob((0, 0.418), (0.040, 0.032)), 20)  # spinal canal


def _lung_tree(rng: np.random.Generator) -> list[_Vessel]:
    vessels: list[_Vessel] = []

    def grow(start: tuple[float, float, float], heading: npt.NDArray[np.float64], radius: float, depth: int) -> None:
        length = float(rng.uniform(0.10, 0.16)) * 0.9**depth
        end = (start[0] + heading[0] * length, start[1] + heading[1] * length, start[2] + heading[2] * length * 1.5)
        vessels.append(_Vessel(start=start, end=end, radius=radius))
        if depth < 5:
            for _ in range(2):
                turned = heading + rng.normal(0, 0.42, 3)
                grow(end, turned / np.linalg.norm(turned), radius * 0.76, depth + 1)

    for side in (-1, 1):
        for _ in range(9):
            heading = np.array([side * rng.uniform(0.35, 1), rng.uniform(-0.8, 0.8), rng.uniform(-0.9, 0.9)])
            grow((side * 0.16, 0.03, 0.02), heading / np.linalg.norm(heading), 0.021, 0)
    return vessels
