"""Synthetic radiographs of 3000 x 3000 pixels: a chest seen from behind and a hand with its wrist."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt

from service.demo.drawing import Map, Plane, Point, arc, blur, clouds, enlarge, letter

Pixels = npt.NDArray[np.uint16]

SIZE: Final = 3000
"""Rows and columns of the finished picture."""
DRAWN: Final = 1000
"""Rows and columns while shapes are drawn; detail below this is texture and noise, added at full size."""
WHITE: Final = 4095
"""The largest stored value: 12 of 16 bits are used, as most panels do."""


@dataclass(frozen=True, kw_only=True)
class Chest:
    """What differs between two chests; positions on the picture, x to its right (the patient's left)."""

    seed: int
    heart: float = 1.0
    """Width of the heart beside a usual one."""
    nodule: Point | None = None
    shadow: Point | None = None
    """The middle of a consolidation."""
    effusion: bool = False
    """A blunted angle on the patient's left."""


@dataclass(frozen=True, kw_only=True)
class Hand:
    """What differs between two hands."""

    seed: int
    left: bool = False
    fracture: bool = False
    """A break of the distal radius."""


def chest(facts: Chest) -> Pixels:
    """A postero-anterior chest, MONOCHROME2: bones bright, lungs dark."""
    rng = np.random.default_rng(facts.seed)
    plane = Plane(size=DRAWN)
    lungs = _lungs(plane, facts)
    tissue = _trunk(plane)
    vessels = _vessels(plane, rng)
    loss = 1.15 * tissue - 0.78 * lungs * tissue
    loss += 0.10 * vessels * lungs
    loss += _ribs(plane) * np.clip(tissue * 1.4, 0, 1)
    loss += _spine(plane) + _shoulders(plane)
    loss += 0.40 * _heart(plane, facts.heart) + _below(plane, lungs)
    if facts.nodule:
        loss += 0.22 * plane.blob(facts.nodule, (0.032, 0.030)) ** 0.8
    if facts.shadow:
        cloud = np.clip(0.7 + 0.5 * clouds(DRAWN, rng, coarsest=12), 0, None)
        loss += 0.34 * blur(plane.blob(facts.shadow, (0.15, 0.12)), 18) * cloud * lungs
    loss = enlarge(blur(loss, 1), SIZE)
    fine = clouds(SIZE, rng, coarsest=90, octaves=4)
    loss *= 1 + 0.016 * fine
    loss += 1.4 * letter(SIZE, "R", (-0.82, -0.86), 0.035)
    return _expose(loss, rng, whitest=2.15)


def hand(facts: Hand) -> Pixels:
    """A hand and wrist, palm down, MONOCHROME2."""
    rng = np.random.default_rng(facts.seed)
    plane = Plane(size=DRAWN)
    bones, flesh = plane.empty(), plane.empty()
    for base, tip, width in FINGERS:
        joints = _along(base, tip, (0.0, 0.46, 0.74, 0.90, 1.0) if base[0] > -0.15 else (0.0, 0.48, 0.78, 1.0))
        for (near, far), share in zip(pairwise(joints), (1.0, 0.85, 0.72, 0.62), strict=False):
            np.maximum(bones, _long_bone(plane, near, far, width * share), out=bones)
        over = (tip[0] * 1.03, tip[1] * 1.03 - 0.02)
        np.maximum(flesh, plane.tube([base, over], [width * 3.4, width * 2.2]), out=flesh)
    for centre, radii, tilt in CARPALS:
        body = plane.blob(centre, (radii[0] * 1.12, radii[1] * 1.12), power=2.4, tilt=tilt)
        rim = np.clip(body * 4, 0, 1) * (1 - 0.45 * body)
        np.maximum(bones, (0.62 * rim).astype(np.float32), out=bones)
    forearm = plane.empty()
    radius_top = (-0.10, 0.40)
    if facts.fracture:
        # The distal piece is shifted and turned; a dark line lies between the pieces.
        np.maximum(forearm, _long_bone(plane, (-0.155, 0.60), (-0.125, 0.395), 0.060), out=forearm)
        np.maximum(forearm, _long_bone(plane, (-0.10, 1.2), (-0.112, 0.545), 0.054), out=forearm)
    else:
        np.maximum(forearm, _long_bone(plane, (-0.10, 1.2), radius_top, 0.056), out=forearm)
    np.maximum(forearm, _long_bone(plane, (0.12, 1.2), (0.11, 0.43), 0.040), out=forearm)
    np.maximum(bones, forearm, out=bones)
    palm = plane.polygon(
        ((-0.30, 0.33), (-0.33, 0.02), (-0.2, -0.16), (0.22, -0.12), (0.25, 0.2), (0.2, 0.38)), soft=0.03
    )
    arm = plane.polygon(((-0.22, 0.34), (0.2, 0.34), (0.24, 0.7), (0.27, 1.2), (-0.29, 1.2), (-0.26, 0.7)), soft=0.03)
    flesh = blur(np.clip(flesh * 0.8 + palm + arm, 0, 1.1), 6)
    loss = 0.34 * flesh + 0.95 * bones * np.clip(flesh * 1.6, 0, 1)
    if not facts.left:
        loss = loss[:, ::-1]
    loss = enlarge(blur(np.ascontiguousarray(loss), 1), SIZE)
    trabeculae = clouds(SIZE, rng, coarsest=180, octaves=3)
    loss *= 1 + 0.035 * trabeculae * np.clip(loss - 0.3, 0, 0.6)
    loss += 1.2 * letter(SIZE, "L" if facts.left else "R", (0.8, -0.85), 0.035)
    return _expose(loss, rng, whitest=1.25)


# Metacarpal base, finger tip, half width of the bone; a left hand seen palm down.
FINGERS: Final[tuple[tuple[Point, Point, float], ...]] = (
    ((-0.18, 0.24), (-0.62, -0.26), 0.036),
    ((-0.11, 0.16), (-0.27, -0.74), 0.032),
    ((-0.03, 0.15), (-0.05, -0.84), 0.033),
    ((0.05, 0.17), (0.16, -0.75), 0.030),
    ((0.12, 0.20), (0.36, -0.53), 0.027),
)
CARPALS: Final[tuple[tuple[Point, Point, float], ...]] = (
    ((-0.14, 0.345), (0.058, 0.045), 0.6),
    ((-0.035, 0.36), (0.050, 0.042), 0.1),
    ((0.065, 0.345), (0.045, 0.040), -0.4),
    ((0.10, 0.315), (0.028, 0.028), 0.0),
    ((-0.165, 0.265), (0.045, 0.038), 0.4),
    ((-0.105, 0.245), (0.035, 0.038), 0.0),
    ((-0.025, 0.255), (0.043, 0.058), 0.0),
    ((0.07, 0.255), (0.048, 0.050), -0.3),
)


def _along(start: Point, end: Point, shares: tuple[float, ...]) -> list[Point]:
    return [(start[0] + (end[0] - start[0]) * s, start[1] + (end[1] - start[1]) * s) for s in shares]


def _long_bone(plane: Plane, near: Point, far: Point, width: float) -> Map:
    """A shaft with a thick cortex between two wider ends, a little shorter than its joints."""
    length = max(float(np.hypot(far[0] - near[0], far[1] - near[1])), 1e-6)
    # The round ends reach a width further than the path: it stops that much short, and the joint's gap shows.
    short = min(0.35, width * 0.97 / length)
    path = _along(near, far, (short, short + 0.06, 0.34, 0.5, 0.68, 0.94 - short, 1 - short))
    radii = [width * share for share in (0.98, 1.0, 0.72, 0.66, 0.72, 0.94, 0.90)]
    return plane.tube(path, radii, cortex=0.55)


def _trunk(plane: Plane) -> Map:
    outline = ((-0.30, -1.2), (-0.34, -0.9), (-0.78, -0.74), (-1.0, -0.5), (-1.05, 0.1), (-0.86, 0.2), (-0.80, 1.2))
    body = plane.polygon((*outline, *((-x, y) for x, y in reversed(outline))), soft=0.02)
    x, y = plane.axes()
    depth = np.sqrt(np.clip(1 - (x / 1.12) ** 2, 0.05, None)) * (0.86 + 0.2 * (y + 1) / 2)
    return (body * depth).astype(np.float32)


RIGHT_LUNG: Final[tuple[Point, ...]] = (
    (-0.30, -0.80), (-0.45, -0.70), (-0.60, -0.42), (-0.70, -0.05), (-0.735, 0.30), (-0.72, 0.50),
    (-0.60, 0.40), (-0.40, 0.32), (-0.22, 0.38), (-0.165, 0.30), (-0.16, 0.0), (-0.13, -0.35), (-0.16, -0.70),
)  # fmt: skip
LEFT_LUNG: Final[tuple[Point, ...]] = (
    (0.30, -0.80), (0.45, -0.70), (0.60, -0.42), (0.70, -0.05), (0.74, 0.34), (0.73, 0.57),
    (0.62, 0.47), (0.45, 0.41), (0.30, 0.42), (0.18, 0.30), (0.15, 0.0), (0.14, -0.35), (0.16, -0.70),
)  # fmt: skip


def _lungs(plane: Plane, facts: Chest) -> Map:
    left = LEFT_LUNG
    if facts.effusion:
        left = tuple((x, min(y, 0.30 + 0.12 * abs(x - 0.5))) if y > 0.3 else (x, y) for x, y in LEFT_LUNG)
    air = plane.polygon(RIGHT_LUNG, soft=0.012) + plane.polygon(left, soft=0.012)
    x, y = plane.axes()
    # Thinner towards the edge and the top.
    deep = 0.80 + 0.20 * np.sqrt(np.clip(1 - ((np.abs(x) - 0.40) / 0.42) ** 2 - ((y + 0.05) / 0.95) ** 2, 0, 1))
    trachea = plane.tube([(0.0, -1.0), (0.0, -0.45), (0.01, -0.33)], [0.055, 0.055, 0.05])
    bronchi = plane.tube([(0.01, -0.33), (-0.12, -0.16)], [0.04, 0.03]) + plane.tube(
        [(0.01, -0.33), (0.15, -0.14)], [0.035, 0.026]
    )
    return np.clip(air * deep + 0.30 * blur(trachea + bronchi, 3), 0, 1)


def _ribs(plane: Plane) -> Map:
    out = plane.empty()
    for number in range(10):
        top = -0.86 + 0.135 * number
        reach = min(0.76, 0.40 + 0.085 * number)
        width = 0.026 if number else 0.022
        for side in (-1, 1):
            behind = arc((side * 0.07, top), (side * reach * 0.72, top - 0.09), (side * reach, top + 0.20))
            out += 0.17 * plane.tube(behind, np.linspace(width, width * 0.9, len(behind)).tolist(), cortex=0.5)
            front = arc(
                (side * reach, top + 0.20),
                (side * reach * 1.02, top + 0.34),
                (side * (0.26 + 0.02 * number), top + 0.46),
            )
            if number < 7:
                out += 0.10 * plane.tube(front, np.linspace(width * 0.9, width * 1.1, len(front)).tolist(), cortex=0.5)
    return blur(out, 1)


def _spine(plane: Plane) -> Map:
    out = 0.16 * plane.tube([(0, -1.1), (0, 1.1)], [0.10, 0.13])
    for level in range(15):
        y = -1.0 + 0.138 * level
        half = 0.075 + 0.0028 * level
        out += 0.15 * plane.blob((0, y), (half, 0.055), power=4)
        for side in (-1, 1):
            out += 0.10 * plane.blob((side * half * 0.62, y - 0.005), (0.016, 0.022))
        out += 0.10 * plane.blob((0, y + 0.045), (0.016, 0.035))
    return out


def _shoulders(plane: Plane) -> Map:
    out = plane.empty()
    for side in (-1, 1):
        clavicle = arc((side * 0.10, -0.62), (side * 0.36, -0.64), (side * 0.82, -0.80))
        out += 0.26 * plane.tube(clavicle, np.linspace(0.036, 0.026, len(clavicle)).tolist(), cortex=0.5)
        out += 0.30 * plane.tube([(side * 0.98, -0.58), (side * 1.02, 0.3)], [0.095, 0.06], cortex=0.4)
        out += 0.34 * plane.blob((side * 0.94, -0.62), (0.10, 0.10))
        blade = ((0.72, -0.68), (0.86, -0.60), (0.84, -0.35), (0.74, -0.02), (0.66, -0.30))
        out += 0.11 * plane.polygon([(side * x, y) for x, y in blade], soft=0.012)
    return out


def _heart(plane: Plane, width: float) -> Map:
    left = 0.42 * width
    outline = (
        (0.02, -0.42), (0.13, -0.40), (0.15, -0.28), (0.15, -0.12), (0.25, 0.04), (left, 0.30), (left - 0.04, 0.46),
        (0.10, 0.52), (-0.12, 0.46), (-0.20 * width, 0.30), (-0.21 * width, 0.14), (-0.13, -0.05), (-0.10, -0.30),
    )  # fmt: skip
    return plane.polygon(outline, soft=0.014)


def _below(plane: Plane, lungs: Map) -> Map:
    """What lies under the domes: liver, stomach with its bubble of air."""
    _, y = plane.axes()
    under = np.clip((y - 0.30) / 0.25, 0, 1) * (1 - np.clip(lungs * 1.6, 0, 1))
    bubble = plane.blob((0.36, 0.60), (0.13, 0.07), power=2.5)
    return (0.40 * under - 0.30 * blur(bubble, 6)).astype(np.float32)


def _vessels(plane: Plane, rng: np.random.Generator) -> Map:
    out = plane.empty()
    for side in (-1, 1):
        root = (side * 0.16, -0.10)
        for angle in np.linspace(-1.25, 1.25, 11):
            _branch(plane, out, rng, root, (side, angle + rng.normal(0, 0.08)), 0.021, 0)
        np.maximum(out, plane.blob(root, (0.07, 0.11)) * 1.6, out=out)
    return blur(out, 2)


def _branch(  # noqa: PLR0917 it calls itself
    plane: Plane,
    out: Map,
    rng: np.random.Generator,
    start: Point,
    heading: tuple[int, float],
    radius: float,
    depth: int,
) -> None:
    side, angle = heading
    length = float(rng.uniform(0.10, 0.17)) * 0.9**depth
    end = (start[0] + side * length * float(np.cos(angle)), start[1] + length * float(np.sin(angle)))
    tube = plane.tube([start, end], [radius, radius * 0.75])
    np.maximum(out, tube * (radius / 0.014), out=out)
    if depth < 4 and abs(end[0]) < 0.72:
        for turn in (-0.38, 0.30):
            _branch(plane, out, rng, end, (side, angle + turn + rng.normal(0, 0.12)), radius * 0.72, depth + 1)


def _expose(loss: Map, rng: np.random.Generator, *, whitest: float) -> Pixels:
    """Turn loss into stored values, with the noise of a finite number of photons."""
    noise = rng.standard_normal(loss.shape, dtype=np.float32)
    noisy = loss + 0.006 * np.exp(0.5 * np.clip(loss, 0, 2)) * noise
    scaled = 120 + (np.clip(noisy, 0, None) / whitest) ** 0.85 * (WHITE - 160)
    return np.clip(scaled, 0, WHITE).astype(np.uint16)
