"""An outgoing instance in pieces: corrected, and in a transfer syntax that its receiver takes."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Iterator
from typing import Final

import numpy as np
from pydicom.dataset import Dataset, FileDataset
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset

from pacs.dataset import part10
from pacs.leaving.corrections import Correction, apply_correction
from pacs.pixels.image_pixel import image_pixel
from pacs.pixels.memory import MEMORY
from pacs.pixels.opened import (
    DEFLATED,
    EXPLICIT_BIG,
    EXPLICIT_LITTLE,
    HTJ2K,
    IMPLICIT_LITTLE,
    MAX_INFLATED_BYTES,
    NATIVE,
    WORD_BYTES,
    StoredInstance,
    Unreadable,
    little_endian,
)
from pacs.pixels.recoded_header import describe_decoded
from pacs.pixels.split import Pixels, Split, split, split_in_memory
from pacs.pixels.transcode import Decoded, NotDecodable, decoded_as_native, frame_bytes, memory_for, packed

_PIECE_BYTES: Final = 1 << 20
_LONGEST_VALUE: Final = (1 << 32) - 2
"""Of an element with a length (PS3.5 7.1.1)."""
_KEPT_BYTES: Final = 32 << 20
"""Decoded frames that are kept from the check until they are sent; more are decoded again."""
_UNDEFINED: Final = 0xFFFFFFFF
_COPIES_WHOLE: Final = 3
"""Times that an instance is in memory that has to be read whole."""


def default_syntax(opened: StoredInstance) -> str:
    """The transfer syntax for a receiver that names none: the stored one.

    An instance that compaction recoded as HTJ2K is sent with native pixels, as it was received.
    """
    recoded = opened.instance.recoded and opened.syntax in HTJ2K
    return EXPLICIT_LITTLE if recoded and opened.instance.received_transfer_syntax_uid in NATIVE else opened.syntax


def outgoing_file(opened: StoredInstance, correction: Correction | None, syntax: str | None = None) -> Iterator[bytes]:
    """A PS3.10 file in pieces, corrected and transcoded.

    ``syntax`` is Explicit or Implicit VR Little Endian; None keeps the stored syntax. Pixels pass frame by frame, in
    memory that is counted; every frame is decoded once before the first piece, so that no file breaks off in its
    middle.

    Raises:
        Unreadable: the instance cannot be corrected, and must not be sent.
        NotDecodable: the pixels cannot be transcoded.
        TooLarge, Busy: see `pacs.pixels.memory`. All are raised with the first piece.

    """
    wanted = syntax or opened.syntax
    if correction is None and wanted == opened.syntax:
        return opened.stream()
    return _made(opened, correction, wanted, bare=False)


def outgoing_dataset(
    opened: StoredInstance, correction: Correction | None, syntax: str | None = None
) -> Iterator[bytes]:
    """As `outgoing_file`, without preamble and File Meta Information."""
    wanted = syntax or opened.syntax
    if correction is None and wanted == opened.syntax:
        return opened.dataset_stream()
    return _made(opened, correction, wanted, bare=True)


def written(parts: Split, wanted: str, *, bare: bool = False, checked: bool = False) -> Iterator[bytes]:
    """The file of an instance that was split, or with ``bare`` its data set alone.

    ``checked``: every frame is known to be decodable.

    Raises:
        Unreadable: an element cannot be written.
        NotDecodable, TooLarge, Busy: see `outgoing_file`.

    """
    others = parts.others
    syntax = str(others.file_meta.TransferSyntaxUID)
    head = b"" if bare else _head(others, wanted)
    if syntax == EXPLICIT_BIG != wanted:
        _swap_words(others)
    decodes = parts.pixels is not None and parts.pixels.encapsulated and wanted != syntax
    pieces = (
        _decoded(others, parts.pixels, wanted, checked=checked)
        if decodes and parts.pixels is not None
        else _as_stored(others, parts.pixels, wanted)
    )
    # A data set that was inflated when it was read is deflated again (PS3.5 A.5).
    return _headed(head, _deflated(pieces) if wanted in DEFLATED else pieces)


def _made(opened: StoredInstance, correction: Correction | None, wanted: str, *, bare: bool) -> Iterator[bytes]:
    parts = split(opened)
    if parts is not None:
        if correction is not None:
            apply_correction(parts.others, correction)
        # Compaction has decoded every frame that it encoded.
        yield from written(parts, wanted, bare=bare, checked=opened.instance.recoded)
        return
    size = MAX_INFLATED_BYTES // _COPIES_WHOLE if opened.syntax in DEFLATED else opened.instance.size
    with MEMORY.hold(size * _COPIES_WHOLE):
        little = wanted != EXPLICIT_BIG
        parts = split_in_memory(opened.whole(), number_of_frames=opened.instance.frames, little=little)
        if correction is not None:
            apply_correction(parts.others, correction)
        yield from written(parts, wanted, bare=bare)


def _head(others: FileDataset, syntax: str) -> bytes:
    return part10.head(
        sop_class_uid=str(others.get("SOPClassUID") or others.file_meta.get("MediaStorageSOPClassUID", "")),
        sop_instance_uid=str(others.get("SOPInstanceUID", "")),
        transfer_syntax_uid=syntax,
    )


def _headed(head: bytes, pieces: Iterator[bytes]) -> Iterator[bytes]:
    yield head + next(pieces)
    yield from pieces


def _as_stored(others: FileDataset, pixels: Pixels | None, wanted: str) -> Iterator[bytes]:
    before, after = _encoded(others, wanted)
    if pixels is None:
        yield before
        return
    length = _UNDEFINED if pixels.encapsulated else pixels.length + pixels.length % 2
    yield before + _element_head(pixels.tag, pixels.vr or "OW", length, wanted)
    yield from pixels.value()
    yield b"\0" * (0 if pixels.encapsulated else pixels.length % 2) + after


def _decoded(others: FileDataset, pixels: Pixels, wanted: str, *, checked: bool) -> Iterator[bytes]:
    """The data set with native pixels."""
    syntax = str(others.file_meta.TransferSyntaxUID)
    size = frame_bytes(others)
    needed = memory_for(others)
    with MEMORY.hold(needed + min(size * pixels.number_of_frames, max(size, _KEPT_BYTES))) as held:
        first: Decoded | None = None
        kept: list[np.ndarray] | None = []
        frames = coded_bytes = 0
        for frame in pixels.frames():
            one = decoded_as_native(others, syntax, frame)
            first = first or one
            frames += 1
            coded_bytes += len(frame)
            if kept is not None:
                kept.append(one.array)
                if frames > 1 and frames * size > _KEPT_BYTES:
                    kept = None
            if kept is None and checked:
                frames = pixels.number_of_frames
                break
        if first is None:
            raise NotDecodable("no frames")
        single_bits = int(others.get("BitsAllocated") or 0) == 1
        length = (first.array.size * frames + 7) // 8 if single_bits else first.array.nbytes * frames
        if length > _LONGEST_VALUE:
            raise NotDecodable("too long for a native value")
        describe_decoded(others, image_pixel(others), first.photometric, frames, coded_bytes)
        before, after = _encoded(others, wanted)
        vr = "OB" if int(others.get("BitsAllocated") or 0) <= 8 else "OW"
        del first
        if kept is None:
            held.keep(needed)
        yield before + _element_head(0x7FE00010, vr, length + length % 2, wanted)
        arrays = kept or (decoded_as_native(others, syntax, frame).array for frame in pixels.frames())
        if single_bits:
            # Frames of single bits follow each other without padding (PS3.5 8.1.1).
            yield packed(np.concatenate([array.ravel() for array in arrays]))
        else:
            for array in arrays:
                yield from _in_pieces(array)
        yield b"\0" * (length % 2) + after


def _in_pieces(array: np.ndarray) -> Iterator[bytes]:
    flat = np.ascontiguousarray(array.astype(array.dtype.newbyteorder("<"), copy=False)).reshape(-1).view(np.uint8)
    for at in range(0, flat.size, _PIECE_BYTES):
        yield flat[at : at + _PIECE_BYTES].tobytes()


def _element_head(tag: int, vr: str, length: int, syntax: str) -> bytes:
    group, element = tag >> 16, tag & 0xFFFF
    if syntax == IMPLICIT_LITTLE:
        return struct.pack("<HHI", group, element, length)
    order = ">" if syntax == EXPLICIT_BIG else "<"
    return struct.pack(f"{order}HH2sHI", group, element, vr.encode("latin-1"), 0, length)


def _encoded(others: FileDataset, syntax: str) -> tuple[bytes, bytes]:
    """The elements before and behind the pixel data; the latter are taken out of ``others``.

    Raises:
        Unreadable: an element cannot be written.

    """
    if _encoding(syntax) != _encoding(str(others.file_meta.TransferSyntaxUID)):
        try:
            for _ in others.iterall():
                pass  # converts elements that are still raw in the encoding that they were read from
        except Exception as error:
            raise Unreadable("cannot be written") from error
    behind = [tag for tag in others.keys() if tag > 0x7FE00010]  # noqa: SIM118
    every = _dataset_bytes(others, syntax)
    if not behind:
        return every, b""
    for tag in behind:
        del others[tag]
    before = _dataset_bytes(others, syntax)
    return before, every[len(before) :]


def _encoding(syntax: str) -> str:
    """How elements are encoded; those of compressed images are in explicit little endian."""
    return syntax if syntax in (IMPLICIT_LITTLE, EXPLICIT_BIG) else EXPLICIT_LITTLE


def _dataset_bytes(others: FileDataset, syntax: str) -> bytes:
    """The elements; those that nobody has touched are written as they came, where the encoding stays."""
    out = DicomBytesIO()
    out.is_implicit_VR = syntax == IMPLICIT_LITTLE
    out.is_little_endian = syntax != EXPLICIT_BIG
    try:
        write_dataset(out, others)
    except Exception as error:
        raise Unreadable("cannot be written") from error
    return out.getvalue()


def _deflated(pieces: Iterable[bytes]) -> Iterator[bytes]:
    deflate = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    length = 0
    for piece in pieces:
        if packed_ := deflate.compress(piece):
            length += len(packed_)
            yield packed_
    last = deflate.flush()
    yield last + b"\0" * ((length + len(last)) % 2)


def _swap_words(dataset: Dataset) -> None:
    """Swap the words of all elements, at every depth; pydicom swaps numbers when it reads them."""
    for element in dataset:
        if element.VR == "SQ":
            for item in element.value:
                _swap_words(item)
        elif element.VR in WORD_BYTES and isinstance(element.value, bytes):
            element.value = little_endian(element.value, WORD_BYTES[element.VR])
