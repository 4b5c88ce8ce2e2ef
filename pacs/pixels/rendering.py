"""What a client may ask of a rendered picture: its size, its window, its quality (PS3.18 8.3.5.1)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from pacs.errors import InvalidInput
from pacs.pixels.voi import SHAPES, Shape, Window

MAX_SIDE_PIXELS: Final = 16_384
QUALITY: Final = 90


class BadParameter(InvalidInput):
    """A parameter of rendering that is not well-formed."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class Picture(StrEnum):
    PNG = "image/png"
    JPEG = "image/jpeg"


@dataclass(frozen=True, kw_only=True)
class Viewport:
    """The picture fits into width x height pixels; ``region`` (left, top, width, height) crops the frame before."""

    width: int
    height: int
    region: tuple[float, float, float, float] | None = None


@dataclass(frozen=True, kw_only=True)
class Rendering:
    viewport: Viewport | None = None
    window: Window | None = None
    quality: int = QUALITY
    overlays: bool = True
    """Overlay planes (PS3.3 C.9.2) are drawn: people write names into them."""


def rendering(viewport: str | None, window: str | None, quality: str | None) -> Rendering:
    """Read the query parameters (PS3.18 8.3.5.1).

    Raises:
        BadParameter: one of them is not well-formed.

    """
    return Rendering(
        viewport=None if viewport is None else _viewport(viewport),
        window=None if window is None else _window(window),
        quality=QUALITY if quality is None else _quality(quality),
    )


def _viewport(text: str) -> Viewport:
    parts = text.split(",")
    if not (len(parts) in (2, 6) and all(re.fullmatch(r"\d{1,5}(\.\d+)?", part, re.ASCII) for part in parts)):
        raise BadParameter("viewport")
    width, height = int(float(parts[0])), int(float(parts[1]))
    if not (0 < width <= MAX_SIDE_PIXELS and 0 < height <= MAX_SIDE_PIXELS):
        raise BadParameter("viewport")
    left, top, wide, high = (float(part) for part in parts[2:]) if len(parts) == 6 else (0.0, 0.0, 0.0, 0.0)
    return Viewport(width=width, height=height, region=(left, top, wide, high) if len(parts) == 6 else None)


def _window(text: str) -> Window:
    parts = text.split(",")
    if len(parts) not in (2, 3):
        raise BadParameter("window")
    number = r"[+-]?\d{1,9}(\.\d{1,9})?"
    if not all(re.fullmatch(number, part, re.ASCII) for part in parts[:2]):
        raise BadParameter("window")
    shape = parts[2].lower() if len(parts) == 3 else "linear"
    if shape not in SHAPES or float(parts[1]) <= 0:
        raise BadParameter("window")
    return Window(center=float(parts[0]), width=float(parts[1]), shape=Shape(shape))


def _quality(text: str) -> int:
    if not re.fullmatch(r"\d{1,3}", text, re.ASCII) or not 1 <= int(text) <= 100:
        raise BadParameter("quality")
    return int(text)
