"""Exports images as a zip with a DICOMDIR, piece by piece, with one instance in memory; file names identify nobody."""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from pydicom.dataset import Dataset

from pacs.dataset.dicomdir import EXPLICIT_LITTLE, Directory
from pacs.errors import AskForLess
from pacs.leaving.corrections import Correction, apply_correction, to_unicode
from pacs.leaving.outgoing_file import outgoing_file
from pacs.pixels.opened import HTJ2K, NATIVE, Bytes, StoredInstance, Unreadable
from pacs.pixels.transcode import NotDecodable
from storage.index.queries import Instance

MOST_BYTES: Final = 8 << 30
MOST_INSTANCES: Final = 20_000
WHEN: Final = (1980, 1, 1, 0, 0, 0)
"""Time of every file, the earliest of the zip format, so that the zip does not tell when it was made."""
UNREADABLE_NAME: Final = "UNREAD"
"""Folder of unreadable instances, which are exported as received and are not in the DICOMDIR."""


class TooLarge(AskForLess):
    """The images are more than `MOST_INSTANCES` or `MOST_BYTES`."""


@dataclass(frozen=True, kw_only=True)
class Item:
    instance: Instance
    correction: Correction | None


def zip_stream(bytes_: Bytes, items: Sequence[Item], new_uid: Callable[[], str]) -> Iterator[bytes]:
    """The zip in pieces, without compression, which would not make pixels smaller.

    Native pixels are written in explicit little endian (PS3.11 D), compressed ones as stored; but HTJ2K is decoded,
    because viewers on discs cannot read it.

    Raises:
        TooLarge: more than is exported at once; raised before the first piece.

    """
    if len(items) > MOST_INSTANCES or sum(_most_bytes(one.instance) for one in items) > MOST_BYTES:
        raise TooLarge
    return _pieces(bytes_, items, new_uid)


class _Sink:
    """The file that `zipfile` writes to; it cannot seek, so the zip has each size behind its file."""

    def __init__(self) -> None:
        self._held: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._held.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Do nothing: no write is delayed."""

    def taken(self) -> bytes:
        taken = b"".join(self._held)
        self._held.clear()
        return taken


def _pieces(bytes_: Bytes, items: Sequence[Item], new_uid: Callable[[], str]) -> Iterator[bytes]:
    sink, directory = _Sink(), Directory()
    series: dict[str, int] = {}
    numbers: dict[str, int] = {}
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_STORED) as archive:  # type: ignore[call-overload] # a file that is written
        for item in items:
            uid = item.instance.series_uid
            folder = series.setdefault(uid, len(series) + 1)
            numbers[uid] = numbers.get(uid, 0) + 1
            file_id = ("DICOM", f"SE{folder:06}", f"IM{numbers[uid]:06}")
            file = _File(bytes_, item)
            if file.header is None:
                file_id = (UNREADABLE_NAME, *file_id[1:])
            with archive.open(
                _zip_info("/".join(file_id)), "w", force_zip64=_most_bytes(item.instance) > zipfile.ZIP64_LIMIT // 2
            ) as member:
                for chunk in file.chunks():
                    member.write(chunk)
                    if piece := sink.taken():
                        yield piece
            if file.header is not None:
                directory.add(file.header, file_id=file_id, transfer_syntax_uid=file.syntax)
            yield sink.taken()
        with archive.open(_zip_info("DICOMDIR"), "w") as member:
            member.write(directory.written(new_uid()))
    yield sink.taken()


class _File:
    """One outgoing instance, corrected."""

    def __init__(self, bytes_: Bytes, item: Item) -> None:
        self._opened = StoredInstance(bytes_, item.instance)
        self._correction = item.correction
        plain = self._opened.syntax in NATIVE | HTJ2K
        self._transcode = plain and self._opened.syntax != EXPLICIT_LITTLE
        self.syntax = EXPLICIT_LITTLE if plain else self._opened.syntax
        self.header = self._header()

    def chunks(self) -> Iterator[bytes]:
        if self.header is None:
            return self._opened.stream()
        return outgoing_file(self._opened, self._correction, EXPLICIT_LITTLE if self._transcode else None)

    def _header(self) -> Dataset | None:
        """The outgoing header; None where it cannot be read.

        Raises:
            Unreadable: the instance has a correction, which cannot be applied.

        """
        try:
            header = self._opened.header()
            if self._correction is not None:
                apply_correction(header, self._correction)
            else:
                to_unicode(header)
        except (Unreadable, NotDecodable, ValueError, TypeError, KeyError, AttributeError, struct.error):
            if self._correction is not None:
                raise Unreadable("cannot be corrected") from None
            return None
        named = ("SOPClassUID", "SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID")
        return header if all(keyword in header for keyword in named) else None


def _most_bytes(instance: Instance) -> int:
    """Largest size in the zip: HTJ2K becomes native pixels of at most three samples of 16 bits."""
    if instance.transfer_syntax_uid not in HTJ2K:
        return instance.size
    return instance.size + (instance.rows or 0) * (instance.columns or 0) * instance.frames * 6


def _zip_info(name: str) -> zipfile.ZipInfo:
    return zipfile.ZipInfo(name, WHEN)
