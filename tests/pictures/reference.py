"""A picture worked out pixel by pixel from the clauses, by pydicom, numpy and codecs, and nothing of ours."""

from __future__ import annotations

import io
from typing import Any, Final

import numpy as np
from PIL import Image, ImageCms
from pydicom.dataset import Dataset
from pydicom.encaps import get_frame
from pydicom.pixels.processing import convert_color_space
from pydicom.pixels.utils import pixel_array

from tests.pictures_compared import decoded, of_dataset

GROUPS: Final = (
    "PixelValueTransformationSequence",
    "FrameVOILUTSequence",
    "CTImageFrameTypeSequence",
    "MRImageFrameTypeSequence",
)

_BY_CODEC: Final = frozenset(f"1.2.840.10008.1.2.4.{one}" for one in (51, 57, 70, 80, 81, 201, 202, 203))
"""Syntaxes that pydicom has no decoder of its own for."""


class NotComparable(Exception):
    """The reference cannot read the object; the argument says why."""


def picture(dataset: Dataset, number: int) -> np.ndarray:
    """Frame ``number`` (from 1) of a whole data set with file meta: (rows, columns) or (rows, columns, 3), 0 to 255.

    Raises:
        NotComparable: pydicom does not decode it.

    """
    raw = stored(dataset, number)
    try:
        return _presented(raw, dataset, number)
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        raise NotComparable(f"header: {type(error).__name__}") from error


def _presented(raw: np.ndarray, dataset: Dataset, number: int) -> np.ndarray:
    own = _with_groups(dataset, number)
    if raw.ndim == 3:
        shown = _colour(raw, dataset)
    elif own.PhotometricInterpretation == "PALETTE COLOR":
        shown = _in_srgb(_palette(raw, own).round().astype(np.uint8), dataset)
    else:
        shown = _grey(raw, own)
        if own.get("PixelPresentation") == "COLOR" and "RedPaletteColorLookupTableDescriptor" in own:
            first = int(own.RedPaletteColorLookupTableDescriptor[1])
            shown = np.where((raw >= first)[..., None], _palette(raw, own), shown[..., None])
    return _overlaid(shown, dataset, number)


def stored(dataset: Dataset, number: int) -> np.ndarray:
    try:
        if "FloatPixelData" in dataset:
            return np.frombuffer(dataset.FloatPixelData, "<f4").reshape(dataset.Rows, dataset.Columns)
        if "NumberOfFrames" in dataset and not dataset.NumberOfFrames:
            dataset.NumberOfFrames = 1
        syntax = str(dataset.file_meta.TransferSyntaxUID)
        if syntax in _BY_CODEC:
            frames = int(dataset.get("NumberOfFrames") or 1)
            frame = get_frame(dataset.PixelData, number - 1, number_of_frames=frames)
            array = decoded(of_dataset(dataset), syntax, frame)
            ybr = dataset.PhotometricInterpretation.startswith("YBR_FULL")
            return convert_color_space(array, "YBR_FULL", "RGB") if ybr else array
        return pixel_array(dataset, index=number - 1, raw=False)
    except Exception as error:
        raise NotComparable(f"pydicom: {type(error).__name__}") from error


def _with_groups(dataset: Dataset, number: int) -> Dataset:
    """C.7.6.16: what is shared, then what is the frame's own."""
    own = Dataset()
    own.update(dataset)
    own.file_meta = dataset.file_meta
    for keyword, at in (("SharedFunctionalGroupsSequence", 0), ("PerFrameFunctionalGroupsSequence", number - 1)):
        groups = dataset.get(keyword) or []
        for element in groups[at] if at < len(groups) else ():
            if element.VR == "SQ" and element.value and element.keyword in GROUPS:
                own.update(element.value[0])
    return own


def _grey(raw: np.ndarray, own: Dataset) -> np.ndarray:
    x = _modality(raw, own)
    y = _voi(x, raw, own)
    shape = own.get("PresentationLUTShape")
    white_is_low = shape == "INVERSE" if shape else own.PhotometricInterpretation == "MONOCHROME1"
    return 255 - y if white_is_low else y


def _modality(raw: np.ndarray, own: Dataset) -> np.ndarray:
    """C.11.1."""
    angiogram = own.get("SOPClassUID") in ("1.2.840.10008.5.1.4.1.1.12.1", "1.2.840.10008.5.1.4.1.1.12.2")
    if own.get("ModalityLUTSequence") and not angiogram:
        item = own.ModalityLUTSequence[0]
        return _looked_up(raw, item.LUTDescriptor[1], _words(item.LUTData, own))
    slope = own.get("RescaleSlope")
    if slope is None or float(slope) == 0:
        return raw.astype(np.float64)
    return raw * float(slope) + float(own.get("RescaleIntercept") or 0)


def _voi(x: np.ndarray, raw: np.ndarray, own: Dataset) -> np.ndarray:
    """C.11.2."""
    function = own.get("VOILUTFunction") or "LINEAR"
    pairs = zip(_list(own.get("WindowCenter")), _list(own.get("WindowWidth")), strict=False)
    for center, width in pairs:
        if width >= 1 or (width > 0 and function != "LINEAR"):
            return _windowed(x, center, width, function)
    if own.get("VOILUTSequence"):
        item = own.VOILUTSequence[0]
        first = int(item.LUTDescriptor[1])
        if first > 32767 and float(own.get("RescaleIntercept") or 0) < 0:
            first -= 65536
        return _looked_up(x, first, _words(item.LUTData, own)) * 255 / (2 ** int(item.LUTDescriptor[2]) - 1)
    if own.BitsAllocated == 1:
        return raw * 255.0
    if "MaximumFractionalValue" in own:
        return raw * 255.0 / float(own.MaximumFractionalValue)
    counted = x[np.isfinite(x) & ~_padding(raw, own)]
    low, high = (counted.min(), counted.max()) if counted.size else (0.0, 0.0)
    if low == high:
        return np.where(x < low, 0.0, np.where(x > low, 255.0, 127.5))
    return np.clip((x - low) / (high - low), 0, 1) * 255


def _windowed(x: np.ndarray, c: float, w: float, function: str) -> np.ndarray:
    """C.11.2.1.2.1, C.11.2.1.3.1, C.11.2.1.3.2, as the pseudo-code has them."""
    if function == "SIGMOID":
        return 255 / (1 + np.exp(np.clip(-4 * (x - c) / w, -500, 500)))
    if function == "LINEAR_EXACT":
        middle = ((x - c) / w + 0.5) * 255
        return np.where(x <= c - w / 2, 0, np.where(x > c + w / 2, 255, middle))
    with np.errstate(divide="ignore", invalid="ignore"):
        middle = ((x - (c - 0.5)) / (w - 1) + 0.5) * 255
    return np.where(x <= c - 0.5 - (w - 1) / 2, 0, np.where(x > c - 0.5 + (w - 1) / 2, 255, middle))


def _padding(raw: np.ndarray, own: Dataset) -> np.ndarray:
    if "PixelPaddingValue" not in own:
        return np.zeros(raw.shape, bool)
    ends = [int(own.PixelPaddingValue), int(own.get("PixelPaddingRangeLimit", own.PixelPaddingValue))]
    if own.get("PixelRepresentation") == 1:
        ends = [end - 65536 if end > 32767 else end for end in ends]
    return (raw >= min(ends)) & (raw <= max(ends))


def _palette(raw: np.ndarray, own: Dataset) -> np.ndarray:
    """C.7.6.3.1.5, C.7.6.3.1.6, C.7.9.2."""
    tables = []
    for colour in ("Red", "Green", "Blue"):
        count, first, _ = (int(one) for one in own[f"{colour}PaletteColorLookupTableDescriptor"].value)
        count = count or 65536
        data = own.get(f"{colour}PaletteColorLookupTableData")
        if data is None:
            entries = _segments(
                np.frombuffer(own[f"Segmented{colour}PaletteColorLookupTableData"].value, "<u2").tolist()
            )
        elif len(data) >= 2 * count:
            entries = _words(data, own)
        else:
            entries = np.frombuffer(_words(data, own).astype("<u2").tobytes(), np.uint8)
        tables.append((first, np.array(entries[:count]).astype(np.int64)))
    wide = any(entries.max() > 255 for _, entries in tables)
    return np.stack([_looked_up(raw, first, entries) / (257 if wide else 1) for first, entries in tables], axis=-1)


def _segments(units: list[int]) -> list[int]:
    """Discrete and linear segments of 16 bits."""
    found: list[int] = []
    at = 0
    while at + 1 < len(units):
        kind, length = units[at], units[at + 1]
        if kind == 0:
            found += units[at + 2 : at + 2 + length]
            at += 2 + length
        elif kind == 1:
            found += [int(one) for one in np.rint(np.linspace(found[-1], units[at + 2], length + 1))[1:]]
            at += 3
        else:
            raise NotComparable("indirect segments")
    return found


def _colour(raw: np.ndarray, dataset: Dataset) -> np.ndarray:
    if raw.dtype != np.uint8:
        raw = (raw / (2 ** int(dataset.BitsStored) - 1) * 255).round().astype(np.uint8)
    return _in_srgb(raw, dataset)


def _in_srgb(rgb: np.ndarray, dataset: Dataset) -> np.ndarray:
    """C.11.15."""
    profile = dataset.get("ICCProfile")
    if not profile:
        return rgb.astype(np.float64)
    own = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    turned = ImageCms.profileToProfile(Image.fromarray(rgb), own, ImageCms.createProfile("sRGB"))
    return np.asarray(turned).astype(np.float64)


def _overlaid(shown: np.ndarray, dataset: Dataset, number: int) -> np.ndarray:
    """C.9.2: for planes as large as the picture."""
    for group in range(0x6000, 0x6020, 2):
        if (group, 0x0010) not in dataset:
            continue
        rows, columns = int(dataset[group, 0x0010].value), int(dataset[group, 0x0011].value)
        if (group, 0x3000) in dataset:
            if (group, 0x0015) in dataset or dataset[group, 0x0050].value != [1, 1]:
                raise NotComparable("overlay of frames or with an origin")
            words = _words(dataset[group, 0x3000].value, dataset)
            bits = np.unpackbits(np.frombuffer(words.astype("<u2").tobytes(), np.uint8), bitorder="little")
            bits = bits[: rows * columns].reshape(rows, columns)
            if (rows, columns) != shown.shape[:2]:
                raise NotComparable("overlay of another size")
        else:
            if dataset.file_meta.TransferSyntaxUID.is_compressed:
                raise NotComparable("overlay in compressed pixels")
            position = int(dataset[group, 0x0102].value)
            size = rows * columns
            pixels = np.frombuffer(dataset.PixelData, "<u2")[(number - 1) * size : number * size]
            bits = (pixels.reshape(rows, columns) >> position) & 1
        shown = shown.copy()
        shown[bits == 1] = 255
    return shown


def _words(data: Any, dataset: Dataset) -> np.ndarray:
    if isinstance(data, bytes):
        big = dataset.file_meta.TransferSyntaxUID == "1.2.840.10008.1.2.2"
        return np.frombuffer(data, ">u2" if big else "<u2")
    return np.atleast_1d(np.array(data)) & 0xFFFF


def _looked_up(values: np.ndarray, first: int, entries: np.ndarray) -> np.ndarray:
    """The first entry below, the last one beyond."""
    places = np.rint(values).astype(np.int64) - int(first)
    return np.asarray(entries)[np.clip(places, 0, len(entries) - 1)].astype(np.float64)


def _list(value: Any) -> list[float]:
    if value is None:
        return []
    return (
        [float(one) for one in value] if hasattr(value, "__iter__") and not isinstance(value, str) else [float(value)]
    )
