"""Renders a frame for people: modality, VOI, presentation or palette, overlays (PS3.4 N.2, PS3.18 8.3.5)."""

from __future__ import annotations

import io
from collections.abc import Callable
from functools import partial
from typing import Final

import numpy as np
from PIL import Image
from pydicom.dataset import Dataset

from pacs.pixels.codestream import NotDecodable, NotSupported
from pacs.pixels.frame_header import frame_header
from pacs.pixels.lookup_table import BIG, LITTLE, LookupTable
from pacs.pixels.memory import MEMORY
from pacs.pixels.modality import modality_of
from pacs.pixels.opened import EXPLICIT_BIG, NATIVE, StoredInstance
from pacs.pixels.overlay_planes import draw
from pacs.pixels.palette import is_supplemental, palette_of
from pacs.pixels.presentation import colours_in_8_bits, in_srgb, is_inverse
from pacs.pixels.rendering import Picture, Rendering, Viewport
from pacs.pixels.transcode import DECODABLE, decoded, memory_for
from pacs.pixels.viewport import fit, pixel_aspect
from pacs.pixels.voi import Window, full_range, promised_range, voi_of

THUMBNAIL_PIXELS: Final = 160
_BAND_PIXELS: Final = 1 << 21
"""Pixels that are presented at a time."""
_COLOUR_SAMPLES: Final = (3, 4)
"""Samples of a colour pixel; of four the first three are shown."""

Present = Callable[[np.ndarray], np.ndarray]
"""Makes 8 bits of decoded samples, for any number of rows."""


def render(opened: StoredInstance, header: Dataset, number: int, how: Rendering, kind: Picture) -> bytes:
    """Frame ``number`` (from 1) as a picture.

    Raises:
        NotSupported: pixels of this kind are not rendered: video, an unknown transfer syntax, colours or a number of
            samples without a rule. It holds for every frame of the instance.
        NotDecodable, NoSuchFrame, Unreadable: the frame, or what says how it is presented, is damaged or not there.
        TooLarge, Busy: see `pacs.pixels.memory`.

    """
    if opened.syntax not in DECODABLE:
        raise NotSupported("transfer syntax")
    frame = opened.frame(number)
    words = BIG if opened.syntax == EXPLICIT_BIG else LITTLE
    with MEMORY.hold(memory_for(header) + _picture_bytes(header, how.viewport)):
        array = decoded(header, opened.syntax, frame, rgb=True)
        if array.ndim > 2 and array.shape[2] not in _COLOUR_SAMPLES:
            raise NotSupported("samples")
        try:
            own = frame_header(header, number)
            eight = _in_bands(array, _presenting(array, own, how.window, words))
            del array
            if how.overlays:
                eight = draw(eight, header, number, frame if opened.syntax in NATIVE else None, words)
            image = in_srgb(Image.fromarray(eight), header)
        except (ValueError, KeyError, TypeError, AttributeError, NotImplementedError, IndexError) as error:
            raise NotDecodable("presentation") from error
        image = fit(image, pixel_aspect(own), how.viewport)
        out = io.BytesIO()
        if kind is Picture.PNG:
            image.save(out, "PNG", compress_level=3)
        else:
            image.save(out, "JPEG", quality=how.quality)
        return out.getvalue()


def _picture_bytes(header: Dataset, viewport: Viewport | None) -> int:
    """Bytes of the picture in full size and scaled, three samples a pixel at most, with the copies of the scaling."""
    full = int(header.get("Rows") or 0) * int(header.get("Columns") or 0)
    scaled = full if viewport is None else viewport.width * viewport.height
    grey = str(header.get("PhotometricInterpretation", "")).startswith("MONOCHROME")
    samples = 1 if grey and "RedPaletteColorLookupTableDescriptor" not in header else 3
    return samples * (full + 3 * scaled)


def _presenting(array: np.ndarray, header: Dataset, window: Window | None, words: str) -> Present:
    if array.ndim > 2:
        return partial(colours_in_8_bits, header=header)
    if str(header.get("PhotometricInterpretation", "")) == "PALETTE COLOR":
        return palette_of(header, words)
    grey = _grey(array, header, window, words)
    if not is_supplemental(header):
        return grey
    palette = palette_of(header, words)
    return lambda band: np.where((band >= palette.first)[..., None], palette(band), grey(band)[..., None])


def _grey(array: np.ndarray, header: Dataset, window: Window | None, words: str) -> Present:
    """Modality, VOI and presentation of grey values, in this order."""
    modality = modality_of(header, words)
    voi = window or voi_of(header, modality, words) or promised_range(header) or full_range(array, header, modality)
    levels = voi.in_8_bits() if isinstance(voi, LookupTable) else voi
    inverse = is_inverse(header)
    return lambda band: 255 - levels(modality(band)) if inverse else levels(modality(band))


def _in_bands(array: np.ndarray, present: Present) -> np.ndarray:
    """The picture in 8 bits, made in bands of rows: in floating point a whole frame would be many times its size."""
    rows = max(1, _BAND_PIXELS // max(1, array.shape[1]))
    first = present(array[:rows])
    if rows >= array.shape[0]:
        return first
    whole = np.empty((array.shape[0], *first.shape[1:]), np.uint8)
    whole[:rows] = first
    for start in range(rows, array.shape[0], rows):
        whole[start : start + rows] = present(array[start : start + rows])
    return whole
