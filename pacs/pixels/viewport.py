"""The picture in the size that was asked for, with square pixels (PS3.18 8.3.5.1.3, PS3.3 C.7.6.3.1.7)."""

from __future__ import annotations

from typing import Any

from PIL import Image
from pydicom.dataset import Dataset

from pacs.pixels.rendering import MAX_SIDE_PIXELS, BadParameter, Viewport


def fit(image: Image.Image, aspect: float, viewport: Viewport | None) -> Image.Image:
    """Crop, make the pixels square, and scale the picture into the viewport with its aspect ratio."""
    if viewport is not None and viewport.region is not None:
        left, top, width, height = viewport.region
        box = (max(0, int(left)), max(0, int(top)), int(left + width), int(top + height))
        box = (box[0], box[1], min(image.width, box[2]), min(image.height, box[3]))
        if box[2] <= box[0] or box[3] <= box[1]:
            raise BadParameter("viewport")
        image = image.crop(box)
    width, height = image.width * max(1.0, 1 / aspect), image.height * max(1.0, aspect)
    if viewport is not None:
        scale = min(viewport.width / width, viewport.height / height)
        width, height = width * scale, height * scale
    size = (max(1, min(MAX_SIDE_PIXELS, round(width))), max(1, min(MAX_SIDE_PIXELS, round(height))))
    return image if size == image.size else image.resize(size, Image.Resampling.BILINEAR, reducing_gap=2.0)


def pixel_aspect(header: Dataset) -> float:
    """Height of a pixel over its width (PS3.3 C.7.6.3.1.7); 1 where the header has none."""
    for keyword in ("PixelSpacing", "ImagerPixelSpacing", "PixelAspectRatio"):
        pair: Any = header.get(keyword)
        try:
            vertical, horizontal = float(pair[0]), float(pair[1])
        except (TypeError, ValueError, IndexError):
            continue
        if vertical > 0 and horizontal > 0:
            ratio = vertical / horizontal
            return ratio if 0.1 <= ratio <= 10 and abs(ratio - 1) > 0.001 else 1.0
    return 1.0
