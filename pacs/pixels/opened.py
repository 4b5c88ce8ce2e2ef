"""Reads a stored instance: its header, its frames, its whole data set."""

from __future__ import annotations

import io
import zlib
from collections.abc import Iterator
from typing import Any, Final, Protocol

import numpy as np
from pydicom import dcmread
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset, FileDataset

from pacs.dataset.part10 import head
from pacs.dataset.tags import SPECIFIC_CHARACTER_SET
from pacs.dataset.walk import DEFLATED, EXPLICIT_BIG, EXPLICIT_LITTLE, IMPLICIT_LITTLE
from pacs.errors import NotFound
from pacs.pixels.encapsulation import Unreadable, frames_of
from storage.index.queries import Instance

NATIVE: Final = frozenset((EXPLICIT_LITTLE, IMPLICIT_LITTLE, EXPLICIT_BIG)) | DEFLATED
HTJ2K: Final = frozenset(("1.2.840.10008.1.2.4.201", "1.2.840.10008.1.2.4.202", "1.2.840.10008.1.2.4.203"))
"""Few readers outside browsers decode HTJ2K, so it is sent only where the receiver asks for it."""
MAX_INFLATED_BYTES: Final = 256 << 20
PIXEL_KEYWORDS: Final = ("PixelData", "FloatPixelData", "DoubleFloatPixelData")
_BLOCK_BYTES: Final = 256 * 1024


class NoSuchFrame(NotFound):
    """The instance has no frame of that number."""


class Bytes(Protocol):
    """Reads the bytes of instances: `storage.nodes.reader.Bytes`."""

    def read(self, instance: Instance, offset: int, length: int) -> bytes: ...

    def stream(self, instance: Instance, offset: int = 0, length: int | None = None) -> Iterator[bytes]: ...


class _File(io.RawIOBase):
    """The PS3.10 file of an instance as a seekable file, read in blocks."""

    name = "instance"  # pydicom needs the attribute

    def __init__(self, bytes_: Bytes, instance: Instance) -> None:
        self._bytes = bytes_
        self._instance = instance
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._at = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._instance.size}[whence]
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: Any) -> int:
        view = memoryview(buffer).cast("B")
        length = max(0, min(len(view), self._instance.size - self._at))
        if length:
            view[:length] = self._bytes.read(self._instance, self._at, length)
            self._at += length
        return length


class StoredInstance:
    """One stored instance; each part is read when it is asked for."""

    def __init__(self, bytes_: Bytes, instance: Instance) -> None:
        self.instance = instance
        self._bytes = bytes_

    @property
    def syntax(self) -> str:
        return self.instance.transfer_syntax_uid

    def header(self) -> FileDataset:
        """The elements before the pixel data, not converted.

        Raises:
            Unreadable: pydicom cannot parse the data set, or it is empty.

        """
        return self._parse(before_pixels=True)

    def header_and_end(self) -> tuple[FileDataset, int]:
        """As `header`, and the offset in the file at which the pixel data begins, or the file ends.

        Only for syntaxes outside `DEFLATED`.

        Raises:
            Unreadable: as `header`.

        """
        file = io.BufferedReader(_File(self._bytes, self.instance), _BLOCK_BYTES)
        return self._parsed(file, before_pixels=True), file.tell()

    def whole(self) -> FileDataset:
        """The data set with its pixel data, in memory.

        Raises:
            Unreadable: as `header`.

        """
        return self._parse(before_pixels=False)

    def frame(self, number: int) -> bytes:
        """Frame ``number`` (from 1) as stored: a codestream or native pixels.

        Raises:
            NoSuchFrame: the instance has no such frame.
            Unreadable: the frame has no byte range, and cannot be taken from the parsed data set either.

        """
        instance = self.instance
        if not 1 <= number <= instance.frames:
            raise NoSuchFrame
        ranges = instance.frame_ranges
        if ranges is not None:
            if number > len(ranges):
                raise NoSuchFrame
            return self._bytes.read(instance, *ranges[number - 1])
        whole = self.whole()
        if self.syntax in NATIVE:
            return native_frame(whole, number, instance.frames)
        return encapsulated_frames(whole, instance.frames)[number - 1]

    def read(self, offset: int, length: int) -> bytes:
        """Bytes of the stored file."""
        return self._bytes.read(self.instance, offset, length)

    def file_bytes(self) -> bytes:
        return self._bytes.read(self.instance, 0, self.instance.size)

    def stream(self, offset: int = 0, length: int | None = None) -> Iterator[bytes]:
        """Bytes of the stored file in pieces; without ``length`` to its end."""
        return self._bytes.stream(self.instance, offset, length)

    def dataset_stream(self) -> Iterator[bytes]:
        """The data set alone, in its stored syntax."""
        return self._bytes.stream(self.instance, self.instance.dataset_offset)

    def _parse(self, *, before_pixels: bool) -> FileDataset:
        if self.syntax in DEFLATED:
            return self._parsed(io.BytesIO(self._inflated()), before_pixels=before_pixels)
        if before_pixels:
            return self.header_and_end()[0]
        return self._parsed(io.BytesIO(self.file_bytes()), before_pixels=False)

    def _parsed(self, file: io.BufferedIOBase, *, before_pixels: bool) -> FileDataset:
        try:
            dataset = dcmread(file, stop_before_pixels=before_pixels, force=True)
        except RecursionError as error:
            raise Unreadable("nested too deep") from error
        except Unreadable:
            raise
        except OSError:
            raise
        except Exception as error:
            raise Unreadable("structure") from error
        if len(dataset) == 0:
            raise Unreadable("empty")
        self._complete_charset(dataset)
        return dataset

    def _complete_charset(self, dataset: Dataset) -> None:
        """Where the data set names no character set, read it by the one that is registered for the device."""
        entered = self.instance.character_set
        said = dataset.get_item(SPECIFIC_CHARACTER_SET) if SPECIFIC_CHARACTER_SET in dataset else None
        if entered and (said is None or not said.value):
            terms = entered.split("\\")
            dataset[SPECIFIC_CHARACTER_SET] = DataElement(SPECIFIC_CHARACTER_SET, "CS", terms)

    def _inflated(self) -> bytes:
        """A deflated instance as a file in explicit little endian, its inflated form (PS3.5 A.5)."""
        stored = self.file_bytes()[self.instance.dataset_offset :]
        stream = zlib.decompressobj(-zlib.MAX_WBITS)
        try:
            plain = stream.decompress(stored, MAX_INFLATED_BYTES)
        except zlib.error as error:
            raise Unreadable("deflated") from error
        if stream.unconsumed_tail:
            raise Unreadable("too large")
        meta = head(
            sop_class_uid=self.instance.sop_class_uid,
            sop_instance_uid=self.instance.sop_instance_uid,
            transfer_syntax_uid=EXPLICIT_LITTLE,
        )
        return meta + plain


def encapsulated_frames(whole: Dataset, frames: int) -> list[bytes]:
    """The codestreams of a compressed image, one a frame.

    Raises:
        Unreadable: there are none, or the fragments of each frame cannot be told.

    """
    value = whole.get("PixelData")
    if not isinstance(value, bytes):
        raise Unreadable("no pixels")
    tables = (whole.get("ExtendedOffsetTable"), whole.get("ExtendedOffsetTableLengths"))
    return frames_of(value, frames, (tables[0], tables[1]) if tables[0] and tables[1] else None)


def native_frame(whole: Dataset, number: int, frames: int) -> bytes:
    """One native frame in little endian, for an instance without byte ranges.

    Raises:
        Unreadable: the pixel data is shorter than the header promises.

    """
    pixels = little_endian_pixels(whole)
    bits = int(whole.get("Rows", 0) or 0) * int(whole.get("Columns", 0) or 0) * int(whole.get("BitsAllocated", 0) or 0)
    bits *= int(whole.get("SamplesPerPixel", 1) or 1)
    if str(whole.get("PhotometricInterpretation", "")) == "YBR_FULL_422":
        bits = bits * 2 // 3
    if not bits or (bits * frames + 7) // 8 > len(pixels):
        raise Unreadable("pixels")
    if bits % 8 == 0:
        return pixels[(number - 1) * bits // 8 : number * bits // 8]
    # Frames of single bits follow each other without padding (PS3.5 8.1.1): shift this one to a byte boundary.
    start = (number - 1) * bits
    covering = int.from_bytes(pixels[start // 8 : (start + bits + 7) // 8], "little")
    return (covering >> start % 8 & (1 << bits) - 1).to_bytes((bits + 7) // 8, "little")


WORD_BYTES: Final = {"OW": 2, "OF": 4, "OL": 4, "OD": 8, "OV": 8}
"""Word size of the VRs whose words are swapped in big endian (PS3.5 7.3)."""


def little_endian(value: bytes, word_bytes: int) -> bytes:
    """Swap big endian words to little endian; an incomplete last word is dropped."""
    usable = value[: len(value) // word_bytes * word_bytes]
    return np.frombuffer(usable, f">u{word_bytes}").astype(f"<u{word_bytes}").tobytes()


def little_endian_pixels(whole: Dataset) -> bytes:
    """The native pixel data of a data set, swapped where its syntax is big endian (PS3.5 7.3).

    Raises:
        Unreadable: the data set has no pixel data.

    """
    keyword = next((one for one in PIXEL_KEYWORDS if one in whole), None)
    value = whole[keyword].value if keyword else None
    if keyword is None or not isinstance(value, bytes):
        raise Unreadable("no pixels")
    if not isinstance(whole, FileDataset) or whole.file_meta.TransferSyntaxUID != EXPLICIT_BIG:
        return value
    width = WORD_BYTES.get(str(whole[keyword].VR), 1)
    if keyword == "PixelData" and int(whole.get("BitsAllocated") or 0) > 16:
        width = int(whole.get("BitsAllocated") or 0) // 8
    return little_endian(value, width)
