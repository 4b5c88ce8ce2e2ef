"""Reads an arrived instance that is much as others before it: row, header and description are made of what differs.

An instance is usual when it lies whole in memory, its header is cut as `pacs.dataset.header_members` cuts it and holds
every indexed value, and the indexed elements beside its own UID and number are those of an instance before. Everything
else is None here, and goes the long way of `receive`, which alone refuses anything; what is usual has the same row and
description either way.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Final

from pacs.arriving.dataset_check import Identity, identity_of
from pacs.arriving.describe import bulk_address, compress, encoded_by_members
from pacs.arriving.rejection_note import KEY_OBJECT_SELECTION
from pacs.dataset import part10, tags
from pacs.dataset.frame_ranges import Extent, extent_of
from pacs.dataset.header_members import Header, Members, Unusual, cut
from pacs.dataset.index_header import instance_row, integer_of, uid_of
from pacs.dataset.walk import DEFLATED, EXPLICIT_BIG, IMPLICIT_LITTLE, Walked, walk
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


class UsualInstances:
    """What was learned of the instances before; for any number of threads."""

    def __init__(self) -> None:
        self._members = Members()
        self._arrangements: dict[tuple[int, ...], _Arrangement | None] = {}
        self._series: dict[_Key, _Series] = {}

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
        try:
            header = cut(bytes(dataset[:_HEADER_BYTES]), implicit=transfer_syntax_uid == IMPLICIT_LITTLE)
            return self._read(
                dataset, header, transfer_syntax_uid, (sop_class_uid, sop_instance_uid), issuer, character_set
            )
        except Unusual:
            return None

    def _read(  # noqa: PLR0917 # what `read` is given
        self,
        dataset: memoryview,
        header: Header,
        transfer_syntax_uid: str,
        asked: tuple[str | None, str | None],
        issuer: str,
        character_set: str,
    ) -> UsualInstance | None:
        sop_class_uid, sop_instance_uid = asked
        rest = walk(dataset, transfer_syntax_uid, start=header.end)
        arrangement = self._arrangement(header)
        if arrangement is None or rest.problem is not None or rest.elements:
            return None
        key = (arrangement.shared(header.pieces), transfer_syntax_uid, issuer, character_set)
        series = self._series.get(key)
        if series is None:
            series = self._learn(key, header, arrangement)
        uid = _uid(header, tags.SOP_INSTANCE_UID)
        if series is None or not is_new_uid(uid) or sop_instance_uid not in (None, uid):
            return None
        if sop_class_uid not in (None, series.identity.sop_class_uid):
            return None
        extent = extent_of(_walked(series.elements, rest), transfer_syntax_uid)
        if not extent.complete:
            return None
        head = part10.head(
            sop_class_uid=series.identity.sop_class_uid, sop_instance_uid=uid, transfer_syntax_uid=transfer_syntax_uid
        )
        at = len(head)
        row, encoded_row = series.row.complete(
            sop_instance_uid=uid,
            dataset_offset=at,
            received_digest=hashlib.sha256(dataset).digest(),
            instance_number=integer_of(header.value(tags.INSTANCE_NUMBER) or b""),
            frames=extent.frames,
            frame_ranges=extent.ranges and tuple((at + start, length) for start, length in extent.ranges),
        )
        return UsualInstance(
            identity=Identity(
                sop_class_uid=series.identity.sop_class_uid, sop_instance_uid=uid, study_uid=series.identity.study_uid
            ),
            head=head,
            row=row,
            encoded_row=encoded_row,
            size=len(dataset),
            description=self._described(header, row, transfer_syntax_uid),
        )

    def _described(self, header: Header, row: InstanceRow, transfer_syntax_uid: str) -> bytes | None:
        if not row.frames or row.sop_class_uid == KEY_OBJECT_SELECTION:
            return None  # whoever describes a rejection note acts on it
        bulk = bulk_address(row.study_uid, row.series_uid, row.sop_instance_uid)
        try:
            encoded = encoded_by_members(
                header,
                self._members,
                bulk=bulk,
                received_as=transfer_syntax_uid,
                character_set=row.character_set,
            )
        except Unusual:
            return None
        return compress(encoded)

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
        made = _Series(identity, elements, SeriesRow(row))
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


def _walked(elements: dict[int, bytes], rest: Walked) -> Walked:
    return Walked(elements=elements, pixels=rest.pixels, end=rest.end, problem=None, big_endian=False)


def _uid(header: Header, tag: int) -> str:
    return (header.value(tag) or b"").strip(b"\0 ").decode("latin-1")
