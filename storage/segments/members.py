"""The members of a segment's file: finding them, checking them, and sealing them with a manifest and a footer."""

from __future__ import annotations

import hashlib
import json
import os
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final, Self

from storage.files import write_at
from storage.instance_row import InstanceRow, Place, Provenance, compact_json
from storage.segments.pax import HEADER_BYTES, Header, Kind, decode, encode

CHUNK: Final = 1 << 20
_FOOTER_BODY: Final = 512
_END_OF_ARCHIVE: Final = bytes(1024)
_DESCRIPTIONS_MAX: Final = 128 << 20
"""Bytes of descriptions in one manifest, which is read whole; further descriptions are made again when needed."""
END_BYTES: Final = len(_END_OF_ARCHIVE)
TAIL_BYTES: Final = HEADER_BYTES + _FOOTER_BODY + len(_END_OF_ARCHIVE)
"""The footer and the end of the archive, which follow the manifest of a sealed segment."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One received instance as its segment describes it: enough to make its index row again."""

    row: InstanceRow
    place: Place
    provenance: Provenance
    description: bytes | None = None
    """Compressed DICOM JSON of the header, where the manifest of a rewritten segment has it."""
    earlier: tuple[Where, ...] = ()
    """The places of its bytes before segments were rewritten, the first one first; the journal may name any of them."""
    head_digest: bytes | None = None
    """Digest of the bytes before the data set; None where the entry comes from a decision of the journal."""
    alike: object = None
    """Entries of one sender with the same have the same row in all that `SeriesRow` shares; None says nothing."""

    def to_json(self) -> dict[str, Any]:
        return {"row": self.row.to_json(), "place": asdict(self.place), "provenance": self.provenance.to_json()}

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Self:
        return cls(
            row=InstanceRow.from_json(value["row"]),
            place=Place(**value["place"]),
            provenance=Provenance.from_json(value["provenance"]),
        )


Where = tuple[str, int]
"""A segment's id, and the offset of a body in its file."""


@dataclass(frozen=True, kw_only=True)
class Manifest:
    entries: list[Entry]
    replaces: tuple[str, ...] = ()
    """Segments whose members are here now, or were erased; empty for one that was written as instances came."""


@dataclass(frozen=True, kw_only=True)
class Footer:
    manifest_offset: int
    manifest_size: int
    manifest_digest: bytes
    members: int


@dataclass(frozen=True, kw_only=True)
class ManifestLine:
    """One instance as the manifest lists it; ``offset`` is where its body begins."""

    offset: int
    size: int
    head_size: int
    head_digest: bytes
    data_digest: bytes


def header_at(fd: int, segment_id: str, offset: int) -> Header | None:
    """The header at ``offset``; None when none of this segment stands there."""
    header = decode(os.pread(fd, HEADER_BYTES, offset))
    if header is None or header.segment_id != segment_id or header.offset != offset:
        return None
    return header


def headers(fd: int, segment_id: str, start: int = 0) -> Iterator[Header]:
    """Each header from ``start`` on, until none follows."""
    header = header_at(fd, segment_id, start)
    while header is not None:
        yield header
        header = header_at(fd, segment_id, header.end)


def is_whole(fd: int, header: Header) -> bool:
    """Whether the body has the digests in its header."""
    head = hashlib.sha256()
    data = hashlib.sha256()
    for chunk in read_in_chunks(fd, header.body_offset, header.head_size):
        head.update(chunk)
    for chunk in read_in_chunks(fd, header.body_offset + header.head_size, header.size - header.head_size):
        data.update(chunk)
    return head.digest() == header.head_digest and data.digest() == header.data_digest


def read_in_chunks(fd: int, offset: int, length: int) -> Iterator[bytes]:
    """The bytes from ``offset``, at most ``length`` of them, as far as the file goes."""
    end = offset + length
    while offset < end:
        chunk = os.pread(fd, min(CHUNK, end - offset), offset)
        if not chunk:
            return
        yield chunk
        offset += len(chunk)


def entry_of(header: Header) -> Entry | None:
    """The entry of an instance's header; None for a member that is no instance."""
    if header.kind is not Kind.INSTANCE or header.row is None or header.provenance is None:
        return None
    place = Place(segment_id=header.segment_id, offset=header.body_offset, size=header.size)
    return Entry(row=header.row, place=place, provenance=header.provenance, head_digest=header.head_digest)


def write_member(fd: int, header: Header, body: bytes) -> int:
    """Write a whole member and its padding, whatever lay there before; answers where the next begins."""
    write_at(fd, body + bytes(header.end - header.body_offset - len(body)), header.body_offset)
    write_at(fd, encode(header), header.offset)
    return header.end


def seal(fd: int, segment_id: str, end: int, good: Iterable[Header]) -> int:
    """Write the manifest of ``good``, footer and end of archive at ``end`` and flush; answers the file's size."""
    lines = [compact_json(_line(header)) for header in good if header.kind is Kind.INSTANCE]
    return _finish(fd, segment_id, end, lines, {"members": len(lines)})


def seal_rewritten(
    fd: int, segment_id: str, end: int, good: Sequence[tuple[Entry, Header]], replaces: Sequence[str]
) -> int:
    """As `seal`; the manifest also has descriptions, earlier places, and the segments that this one replaces."""

    def lines() -> Iterator[bytes]:
        yield compact_json({"replaces": list(replaces)})
        left = _DESCRIPTIONS_MAX
        for entry, header in good:
            description = zlib.decompress(entry.description) if entry.description is not None else b""
            left -= len(description)
            yield compact_json(_line(header) | _also(entry, description if left >= 0 else b""))

    return _finish(fd, segment_id, end, lines(), {"members": len(good), "rewritten": True})


def _finish(fd: int, segment_id: str, end: int, lines: Iterable[bytes], counted: Mapping[str, Any]) -> int:
    packer = zlib.compressobj(6)
    packed = [packer.compress(line + b"\n") for line in lines]
    manifest = b"".join([*packed, packer.flush()])
    written = _plain(Kind.MANIFEST, segment_id, end, "tierread/manifest.jsonl.zz", manifest)
    footer = {
        "tierread": "footer 1",
        "manifest_offset": written.body_offset,
        "manifest_size": len(manifest),
        "manifest_sha256": written.data_digest.hex(),
        **counted,
    }
    end = write_member(fd, written, manifest)
    body = json.dumps(footer).encode().ljust(_FOOTER_BODY - 1) + b"\n"
    end = write_member(fd, _plain(Kind.FOOTER, segment_id, end, "tierread/footer.json", body), body)
    write_at(fd, _END_OF_ARCHIVE, end)
    end += len(_END_OF_ARCHIVE)
    os.ftruncate(fd, end)  # gives back only what was reserved and never written
    os.fsync(fd)
    return end


def read_footer(tail: bytes, segment_id: str) -> Footer | None:
    """The footer in the last `TAIL_BYTES` of a file; None when the segment was not sealed."""
    header = decode(tail[-TAIL_BYTES:][:HEADER_BYTES])
    if header is None or header.kind is not Kind.FOOTER or header.segment_id != segment_id:
        return None
    body = tail[-TAIL_BYTES:][HEADER_BYTES : HEADER_BYTES + _FOOTER_BODY]
    if hashlib.sha256(body).digest() != header.data_digest:
        return None
    read: dict[str, Any] = json.loads(body)
    return Footer(
        manifest_offset=read["manifest_offset"],
        manifest_size=read["manifest_size"],
        manifest_digest=bytes.fromhex(read["manifest_sha256"]),
        members=read["members"],
    )


def read_manifest(manifest: bytes, segment_id: str) -> list[Entry]:
    """The entries of a manifest's body."""
    return parse_manifest(manifest, segment_id).entries


def parse_manifest(manifest: bytes, segment_id: str) -> Manifest:
    """The content of a manifest's body."""
    entries: list[Entry] = []
    replaces: tuple[str, ...] = ()
    for line in zlib.decompress(manifest).split(b"\n"):
        if not line:
            continue
        read: dict[str, Any] = json.loads(line)
        if "row" in read:
            entries.append(_entry(read, segment_id))
        else:
            replaces += tuple(read.get("replaces", ()))
    return Manifest(entries=entries, replaces=replaces)


def read_listing(manifest: bytes) -> Iterator[ManifestLine]:
    """The members that a manifest lists, a line at a time: a manifest may be large when it is unpacked."""
    for line in _lines(manifest):
        told: dict[str, Any] = json.loads(line)
        if "offset" not in told:
            continue  # a line about the segment itself
        yield ManifestLine(
            offset=told["offset"],
            size=told["size"],
            head_size=told["head_size"],
            head_digest=bytes.fromhex(told["head_sha256"]),
            data_digest=bytes.fromhex(told["data_sha256"]),
        )


def _lines(manifest: bytes) -> Iterator[bytes]:
    inflating, rest = zlib.decompressobj(), b""
    packed = manifest
    while packed or not inflating.eof:
        plain = inflating.decompress(packed, CHUNK)
        packed = inflating.unconsumed_tail
        if not plain and not packed:
            break
        *lines, rest = (rest + plain).split(b"\n")
        yield from (line for line in lines if line)
    if rest:
        yield rest


def torn_header(segment_id: str, offset: int, size: int, digest: bytes) -> Header:
    """The header of a member that holds what a dead writer left behind."""
    return Header(
        kind=Kind.TORN,
        segment_id=segment_id,
        offset=offset,
        name=f"torn/{offset}",
        size=size,
        head_digest=hashlib.sha256().digest(),
        data_digest=digest,
    )


def _plain(kind: Kind, segment_id: str, offset: int, name: str, body: bytes) -> Header:
    return Header(
        kind=kind,
        segment_id=segment_id,
        offset=offset,
        name=name,
        size=len(body),
        head_digest=hashlib.sha256().digest(),
        data_digest=hashlib.sha256(body).digest(),
    )


def _line(header: Header) -> dict[str, Any]:
    return {
        "name": header.name,
        "offset": header.body_offset,
        "size": header.size,
        "head_size": header.head_size,
        "head_sha256": header.head_digest.hex(),
        "data_sha256": header.data_digest.hex(),
        "provenance": header.provenance.to_json() if header.provenance else None,
        "row": header.row.to_json() if header.row else None,
    }


def _also(entry: Entry, description: bytes) -> dict[str, Any]:
    """What only the manifest of a rewritten segment has; its row is whole, not cut to fit into a member's header."""
    told: dict[str, Any] = {"row": entry.row.to_json(), "earlier": [list(place) for place in entry.earlier]}
    if description:
        told["description"] = json.loads(description)
    return told


def _entry(line: dict[str, Any], segment_id: str) -> Entry:
    return Entry(
        row=InstanceRow.from_json(line["row"]),
        place=Place(segment_id=segment_id, offset=line["offset"], size=line["size"]),
        provenance=Provenance.from_json(line["provenance"]),
        description=zlib.compress(compact_json(line["description"]), 6) if "description" in line else None,
        earlier=tuple((segment, offset) for segment, offset in line.get("earlier", ())),
        head_digest=bytes.fromhex(line["head_sha256"]),
    )
