"""Reads an arrived instance that is much as others before it: row, header and description are made of what differs.

An instance is usual when it lies whole in memory, its header is cut as `pacs.dataset.header_members` cuts it and holds
every indexed value, and the indexed elements beside its own UID and number are those of an instance before. Everything
else is None here, and goes the long way of `receive`, which alone refuses anything; what is usual has the same row and
description either way. A header is read along the one before it in its series where only values differ.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from operator import itemgetter
from typing import Final

from pacs.arriving.dataset_check import Identity, identity_of
from pacs.arriving.describe import bulk_address, compress, encoded_by_members, pixel_member
from pacs.arriving.rejection_note import KEY_OBJECT_SELECTION
from pacs.dataset import part10, tags
from pacs.dataset.frame_ranges import Extent, NativeFrames, extent_of, native_frames
from pacs.dataset.header_members import BULK, Header, Members, Unusual, cut
from pacs.dataset.header_pattern import LONGEST, Pattern, Unlike
from pacs.dataset.index_header import instance_row, integer_of, uid_of
from pacs.dataset.walk import DEFLATED, EXPLICIT_BIG, IMPLICIT_LITTLE, Fragments, Native, Walked, walk
from storage.index.series_row import SeriesRow
from storage.instance_row import InstanceRow, Provenance, is_new_uid
from storage.segments import pax

_HEADER_BYTES: Final = 64 * 1024
"""Longest header that is usual."""
_REMEMBERED: Final = 256
"""Series, and arrangements of elements, that are remembered at once; beyond it all are learned anew."""
_MOST_ELEMENTS: Final = 1024
_MOST_SHARED_BYTES: Final = 4096
"""A header with more elements goes the long way, one with more in the indexed ones is not remembered."""
_INVOLVED: Final = DEFLATED | {EXPLICIT_BIG}
_ALIKE: Final = 8
"""Most series that one device sends at once in the same form, whose headers are read along each other."""
_ASKED: Final = 16
"""Forms of which this is remembered."""
_LENGTHS: Final = 16
"""Lengths of pixel data of a series of which this is remembered."""
_PLAIN: Final = frozenset(b"\xe0\x7f\x10\x00" + vr for vr in (b"", b"OW\0\0", b"OB\0\0"))
"""How Pixel Data begins before its length, in implicit and in explicit VR."""
_OWN: Final = frozenset((tags.SOP_INSTANCE_UID, tags.INSTANCE_NUMBER))
_NEEDED: Final = frozenset(
    (tags.SOP_CLASS_UID, tags.SOP_INSTANCE_UID, tags.STUDY_INSTANCE_UID, tags.SERIES_INSTANCE_UID)
)

_Key = tuple[tuple[bytes, ...], str, str, str]


@dataclass(frozen=True, kw_only=True, slots=True)
class UsualInstance:
    """All that is written of an instance beside its data set."""

    identity: Identity
    head: bytes
    """Preamble and File Meta Information."""
    row: InstanceRow
    encoded_row: bytes
    size: int
    """Bytes of the data set."""
    description: bytes | None
    """Compressed; None where it is made later."""
    alike: object
    """The same for instances whose rows one `SeriesRow` completes."""

    def header(self, segment_id: str, offset: int, provenance: Provenance) -> pax.Header:
        """The header of its member, which begins at ``offset`` of the segment."""
        return pax.Header(
            kind=pax.Kind.INSTANCE,
            segment_id=segment_id,
            offset=offset,
            name=f"{self.row.sop_instance_uid}.dcm",
            size=len(self.head) + self.size,
            head_size=len(self.head),
            head_digest=hashlib.sha256(self.head).digest(),
            data_digest=self.row.received_digest,
            provenance=provenance,
            row=self.row,
            encoded_row=self.encoded_row,
        )


@dataclass(frozen=True, slots=True)
class _Arrangement:
    """Where the indexed elements stand among those of a header."""

    shared: Callable[[Sequence[bytes]], tuple[bytes, ...]]
    """Of all pieces those that instances of a series share."""
    shared_tags: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Series:
    """What instances with the same indexed elements share."""

    identity: Identity
    """That of the first."""
    elements: dict[int, bytes]
    row: SeriesRow
    character_set: str
    """As in the row."""
    frames: dict[int, NativeFrames] = field(default_factory=dict[int, NativeFrames])
    """In plain pixel data by its length; never their ranges, of which an instance may have a million."""


@dataclass(frozen=True, slots=True)
class _Likeness:
    """How the headers of a series are read along each other."""

    series: _Series
    pattern: Pattern
    places: Mapping[int, int]
    """Where an instance's own elements stand among those that vary, by tag."""
    described: Callable[[Sequence[bytes], str], bytes]
    """Makes the encoded description of the elements that vary and the address of bulk data."""


@dataclass(frozen=True, slots=True)
class _Read:
    """What a header says of its instance alone."""

    series: _Series
    uid: str
    number: int | None
    end: int
    """The offset of the pixel data."""
    described: Callable[[str], bytes]
    """Makes the encoded description of the address of bulk data."""


_Asked = tuple[str | None, str, str, str]
"""SOP class of the request, transfer syntax, issuer and character set."""


class UsualInstances:
    """What was learned of the instances before; for any number of threads."""

    def __init__(self) -> None:
        self._members = Members()
        self._arrangements: dict[tuple[int, ...], _Arrangement | None] = {}
        self._series: dict[_Key, _Series] = {}
        self._likenesses: dict[_Asked, tuple[_Likeness, ...]] = {}

    def read(
        self,
        dataset: memoryview,
        transfer_syntax_uid: str,
        *,
        sop_class_uid: str | None,
        sop_instance_uid: str | None,
        issuer: str,
        character_set: str,
    ) -> UsualInstance | None:
        """Read a whole data set; None where it is not usual.

        The UIDs are those of the request, None where it names none; ``issuer`` and ``character_set`` those of the
        device, used where the data set names none.
        """
        if transfer_syntax_uid in _INVOLVED:
            return None
        asked = (sop_class_uid, transfer_syntax_uid, issuer, character_set)
        try:
            found = self._along(dataset, asked) or self._cut(dataset, asked)
            if found is None or not is_new_uid(found.uid) or sop_instance_uid not in (None, found.uid):
                return None
            if sop_class_uid not in (None, found.series.identity.sop_class_uid):
                return None
            extent = _extent(dataset, found, transfer_syntax_uid)
            return None if extent is None else self._made(dataset, found, extent, transfer_syntax_uid)
        except Unusual:
            return None

    def _made(self, dataset: memoryview, found: _Read, extent: Extent, transfer_syntax_uid: str) -> UsualInstance:
        first = found.series.identity
        head = part10.head(
            sop_class_uid=first.sop_class_uid, sop_instance_uid=found.uid, transfer_syntax_uid=transfer_syntax_uid
        )
        at = len(head)
        row, encoded_row = found.series.row.complete(
            sop_instance_uid=found.uid,
            dataset_offset=at,
            received_digest=hashlib.sha256(dataset).digest(),
            instance_number=found.number,
            frames=extent.frames,
            frame_ranges=extent.ranges and tuple((at + start, length) for start, length in extent.ranges),
        )
        return UsualInstance(
            identity=Identity(sop_class_uid=first.sop_class_uid, sop_instance_uid=found.uid, study_uid=first.study_uid),
            head=head,
            row=row,
            encoded_row=encoded_row,
            size=len(dataset),
            description=_described(found, row),
            alike=found.series.row,
        )

    def _along(self, dataset: memoryview, asked: _Asked) -> _Read | None:
        """Read along a header before; None where none is alike."""
        for one in self._likenesses.get(asked, ()):
            found = one.pattern.read(bytes(dataset[: one.pattern.longest]))
            if found is not None:
                pieces, end = found
                number = one.places.get(tags.INSTANCE_NUMBER)
                return _Read(
                    series=one.series,
                    uid=_uid(one.pattern.value(pieces, one.places[tags.SOP_INSTANCE_UID])),
                    number=None if number is None else integer_of(one.pattern.value(pieces, number)),
                    end=end,
                    described=partial(one.described, pieces),
                )
        return None

    def _cut(self, dataset: memoryview, asked: _Asked) -> _Read | None:
        """Cut a header into all its elements; None where it is not usual."""
        _, transfer_syntax_uid, issuer, character_set = asked
        raw = bytes(dataset[:_HEADER_BYTES])
        header = cut(raw, implicit=transfer_syntax_uid == IMPLICIT_LITTLE)
        arrangement = self._arrangement(header)
        if arrangement is None:
            return None
        key = (arrangement.shared(header.pieces), transfer_syntax_uid, issuer, character_set)
        series = self._series.get(key)
        if series is None:
            series = self._learn(key, header, arrangement)
        if series is None:
            return None
        self._liken(series, header, raw, asked)
        return _Read(
            series=series,
            uid=_uid(header.value(tags.SOP_INSTANCE_UID) or b""),
            number=integer_of(header.value(tags.INSTANCE_NUMBER) or b""),
            end=header.end,
            described=lambda bulk: encoded_by_members(
                header,
                self._members,
                bulk=bulk,
                received_as=transfer_syntax_uid,
                character_set=series.character_set,
            ),
        )

    def _liken(self, series: _Series, header: Header, raw: bytes, asked: _Asked) -> None:
        """Let headers that follow be read along this one."""
        if header.end > LONGEST:
            return
        known = self._likenesses.get(asked, ())
        like = [one for one in known if one.series is series and one.pattern.header.tags == header.tags]
        try:
            if like:
                pattern = like[0].pattern.widened(header, raw)
            else:
                pattern = Pattern(header, raw, [at for at, tag in enumerate(header.tags) if tag in _OWN])
            described = self._members.along(
                header,
                pattern.varying,
                character_set=series.character_set,
                behind=pixel_member(header, asked[1], BULK),
            )
        except (Unlike, Unusual):
            return
        places = {header.tags[at]: place for place, at in enumerate(pattern.varying)}
        made = _Likeness(series, pattern, places, described)
        if asked not in self._likenesses and len(self._likenesses) >= _ASKED:
            self._likenesses.clear()
        self._likenesses[asked] = (made, *(one for one in known if one not in like))[:_ALIKE]

    def _arrangement(self, header: Header) -> _Arrangement | None:
        numbers = tuple(header.tags)
        if len(numbers) > _MOST_ELEMENTS:
            return None
        try:
            return self._arrangements[numbers]
        except KeyError:
            made = _arranged(numbers)
            if len(self._arrangements) >= _REMEMBERED:
                self._arrangements.clear()
            self._arrangements[numbers] = made
            return made

    def _learn(self, key: _Key, header: Header, arrangement: _Arrangement) -> _Series | None:
        """What an instance shares with those that follow; None where its UIDs are not to be stored.

        Raises:
            Unusual: an indexed value is not in the header.

        """
        elements = {tag: header.value(tag) or b"" for tag in (*arrangement.shared_tags, *_OWN)}
        _, transfer_syntax_uid, issuer, character_set = key
        walked = Walked(elements=elements, pixels=None, end=header.end, problem=None, big_endian=False)
        identity, series_uid = identity_of(walked, None), uid_of(walked, tags.SERIES_INSTANCE_UID)
        uids = (identity.sop_class_uid, identity.sop_instance_uid, identity.study_uid, series_uid, transfer_syntax_uid)
        if not all(map(is_new_uid, uids)):
            return None
        row = instance_row(
            walked,
            Extent(frames=0, ranges=None, complete=True),
            sop_class_uid=identity.sop_class_uid,
            transfer_syntax_uid=transfer_syntax_uid,
            issuer=issuer,
            character_set=character_set,
            dataset_offset=0,
            received_digest=b"",
        )
        made = _Series(identity, elements, SeriesRow(row), row.character_set)
        if sum(map(len, key[0])) <= _MOST_SHARED_BYTES:
            if len(self._series) >= _REMEMBERED:
                self._series.clear()
            self._series[key] = made
        return made


def _arranged(numbers: tuple[int, ...]) -> _Arrangement | None:
    """None where one is missing without which nothing is stored."""
    if not _NEEDED.issubset(numbers):
        return None
    shared = [at for at, tag in enumerate(numbers) if tag in tags.WANTED and tag not in _OWN]
    return _Arrangement(itemgetter(*shared), tuple(numbers[at] for at in shared))


def _extent(dataset: memoryview, found: _Read, transfer_syntax_uid: str) -> Extent | None:
    """How the frames lie in the pixel data; None where some of it is missing, or anything but padding follows."""
    series, end = found.series, found.end
    start = end + (8 if transfer_syntax_uid == IMPLICIT_LITTLE else 12)
    head = bytes(dataset[end:start])
    length = int.from_bytes(head[-4:], "little")
    if start + length != len(dataset) or head[:-4] not in _PLAIN:
        rest = walk(dataset, transfer_syntax_uid, start=end)
        if rest.problem is not None or rest.elements:
            return None
        extent = extent_of(_walked(series, rest.pixels), transfer_syntax_uid)
        return extent if extent.complete else None
    frames = series.frames.get(length)
    if frames is None:
        frames = native_frames(_walked(series, None), length, transfer_syntax_uid)
        if len(series.frames) >= _LENGTHS:
            series.frames.clear()
        series.frames[length] = frames
    return frames.at(start) if frames.complete else None


def _walked(series: _Series, pixels: Native | Fragments | None) -> Walked:
    return Walked(elements=series.elements, pixels=pixels, end=0, problem=None, big_endian=False)


def _described(found: _Read, row: InstanceRow) -> bytes | None:
    """The compressed description; None where the worker makes it."""
    if not row.frames or row.sop_class_uid == KEY_OBJECT_SELECTION:
        return None  # whoever describes a rejection note acts on it
    try:
        encoded = found.described(bulk_address(row.study_uid, row.series_uid, row.sop_instance_uid))
    except Unusual:
        return None
    return compress(encoded)


def _uid(value: bytes) -> str:
    return value.strip(b"\0 ").decode("latin-1")
