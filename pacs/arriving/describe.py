"""Describes arrived instances, after they were acknowledged: the DICOM JSON of their headers."""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from sqlalchemy.engine import Connection, Engine

from pacs.dataset.dicom_json import PIXEL_REPRESENTATION, TooDeep, to_json
from pacs.dataset.header_members import Header, Members, Unusual, cut
from pacs.dataset.quiet_pydicom import quieten
from pacs.pixels.opened import (
    DEFLATED,
    EXPLICIT_BIG,
    IMPLICIT_LITTLE,
    NATIVE,
    Bytes,
    StoredInstance,
    Unreadable,
)
from storage.database import snapshot, transaction
from storage.index import queries
from storage.index.queries import Instance
from storage.nodes.reader import BytesMissing, HolderAway

BATCH: Final = 50
_PAGES: Final = 8
_COMPRESSION: Final = 1
"""Of zlib: a third of the CPU of its 6, for a sixth more bytes."""
_WINDOW_BITS: Final = 13
_MEMORY_LEVEL: Final = 6
"""A window of 8 KiB, which holds most descriptions; the memory of the largest takes longer to clear than to fill."""
_USUAL_BYTES: Final = 64 * 1024
"""Longest header that is read at once."""
_INVOLVED: Final = DEFLATED | {EXPLICIT_BIG}
BITS_ALLOCATED: Final = 0x00280100
FLOATS: Final = {32: ("7FE00008", "OF"), 64: ("7FE00009", "OD")}
"""Float and Double Float Pixel Data by Bits Allocated."""


class Problem(StrEnum):
    """Why a description repeats the index row alone."""

    UNREADABLE = "unreadable"
    TOO_DEEP = "too_deep"


@dataclass(frozen=True, kw_only=True)
class Description:
    encoded: bytes
    """DICOM JSON model of the received header in UTF-8; corrections are applied whenever it goes out."""
    problem: Problem | None = None

    @property
    def instance(self) -> dict[str, Any]:
        return json.loads(self.encoded)

    def compressed(self) -> bytes:
        return compress(self.encoded)


def compress(encoded: bytes) -> bytes:
    """An encoded description as the index keeps it."""
    packer = zlib.compressobj(_COMPRESSION, zlib.DEFLATED, _WINDOW_BITS, _MEMORY_LEVEL)
    return packer.compress(encoded) + packer.flush()


OnDescribed = Callable[[Connection, Instance, Description], None]
"""(tx, instance, its description): called once for each instance, in the transaction that writes its description."""


@dataclass(frozen=True, kw_only=True)
class _Described:
    """An instance with the description to be written."""

    instance: Instance
    description: Description
    compressed: bytes


def describe_pending(
    engine: Engine,
    bytes_: Bytes,
    limit: int = BATCH,
    on_described: OnDescribed | None = None,
    *,
    members: Members | None = None,
) -> int:
    """Describe up to ``limit`` instances that wait, and return how many: a step of the worker.

    ``on_described`` is called once for each; where it fails, the instance waits for the next step. ``members`` is what
    the steps before have learned.

    Raises:
        ExceptionGroup: what went wrong with single instances; the others are described.

    """
    quieten()
    members = Members() if members is None else members
    failures: list[Exception] = []
    done, last = 0, None
    for _ in range(_PAGES):  # a page of instances that cannot be described now must not hide the next
        with snapshot(engine) as tx:
            waiting = queries.undescribed(tx, limit, after=last)
        if not waiting:
            break
        done = _write(engine, _describe_all(bytes_, waiting, members, failures), on_described, failures)
        if done:
            break
        last = waiting[-1]
    if failures:
        raise ExceptionGroup("instances that were not described", failures)
    return done


def _describe_all(
    bytes_: Bytes, waiting: Sequence[Instance], members: Members, failures: list[Exception]
) -> list[_Described]:
    found: list[_Described] = []
    for instance in waiting:
        try:
            description = _describe_one(bytes_, instance, members)
        except HolderAway:
            continue  # the node that holds it describes it, or this one does once it is in the object store
        except (BytesMissing, EOFError, OSError) as failure:
            failures.append(failure)
            continue
        found.append(_Described(instance=instance, description=description, compressed=description.compressed()))
    return found


def _describe_one(bytes_: Bytes, instance: Instance, members: Members) -> Description:
    try:
        return describe_usual(bytes_, instance, members)
    except Unusual:
        return describe(bytes_, instance)


def _write(
    engine: Engine, found: Sequence[_Described], on_described: OnDescribed | None, failures: list[Exception]
) -> int:
    """Write all in one transaction, since devices wait for each flush on SQLite; one by one where that fails."""
    if not found:
        return 0
    try:
        with transaction(engine) as tx:
            queries.describe(tx, {one.instance.sop_instance_uid: one.compressed for one in found})
            if on_described is not None:
                for one in found:
                    on_described(tx, one.instance, one.description)
    except Exception as failure:  # noqa: BLE001 # the caller raises it; the others are written
        if len(found) > 1:
            return sum(_write(engine, [one], on_described, failures) for one in found)
        failures.append(failure)
        return 0
    return len(found)


def describe_usual(bytes_: Bytes, instance: Instance, members: Members) -> Description:
    """As `describe`, to the byte, for a tenth of its work.

    Raises:
        Unusual: only `describe` can.

    """
    if not instance.frames or instance.recoded or instance.transfer_syntax_uid in _INVOLVED:
        raise Unusual
    ranges = instance.frame_ranges
    pixels = ranges[0][0] if ranges else instance.size
    length = min(pixels - instance.dataset_offset, _USUAL_BYTES)
    header = cut(
        bytes_.read(instance, instance.dataset_offset, length),
        implicit=instance.transfer_syntax_uid == IMPLICIT_LITTLE,
    )
    if not _has_what_the_row_says(header, instance):
        raise Unusual
    return Description(
        encoded=encoded_by_members(
            header,
            members,
            bulk=bulk_root(instance),
            received_as=instance.received_transfer_syntax_uid,
            character_set=instance.character_set,
        )
    )


def encoded_by_members(header: Header, members: Members, *, bulk: str, received_as: str, character_set: str) -> bytes:
    """The encoded description of an image that came in the transfer syntax ``received_as``.

    Raises:
        Unusual: only `describe` can make it.

    """
    found = members.of(header, character_set=character_set, bulk=bulk)
    found.append(pixel_member(header, received_as, bulk))
    return b"{" + b",".join(found) + b"}"


def pixel_member(header: Header, received_as: str, bulk: str) -> bytes:
    """The member of the pixel data, which stands behind all others.

    Raises:
        Unusual: as `encoded_by_members`.

    """
    bits = header.value(BITS_ALLOCATED) or b"\x10\0"
    if len(bits) != 2:
        raise Unusual
    has_representation = header.value(PIXEL_REPRESENTATION) is not None
    tag, vr = _pixel_element(received_as, int.from_bytes(bits, "little"), has_representation=has_representation)
    return f'"{tag}":{{"vr":"{vr}","BulkDataURI":"{bulk}/{tag}"}}'.encode()


def _has_what_the_row_says(header: Header, instance: Instance) -> bool:
    """Whether the header has every element that `from_index_row` would add to it."""
    return all(header.value(int(tag, 16)) is not None for tag in from_index_row(instance))


def describe(bytes_: Bytes, instance: Instance) -> Description:
    """The description of one instance: its header, or its index row where the header cannot be read."""
    bulk = bulk_root(instance)
    opened = StoredInstance(bytes_, instance)
    try:
        header = opened.header()
        found = to_json(header, bulk)
    except (TooDeep, RecursionError):
        return Description(encoded=_encoded(from_index_row(instance)), problem=Problem.TOO_DEEP)
    except (Unreadable, ValueError, TypeError, KeyError, AttributeError, OverflowError, struct.error):
        return Description(encoded=_encoded(from_index_row(instance)), problem=Problem.UNREADABLE)
    for tag, element in from_index_row(instance).items():
        found.setdefault(tag, element)
    if instance.recoded and found.get("00280004", {}).get("Value") == ["YBR_RCT"]:
        found["00280004"]["Value"] = ["RGB"]  # as received, and as a decoder returns it
    if instance.frames:
        bits = (found.get("00280100", {}).get("Value") or [16])[0]
        came_as = instance.received_transfer_syntax_uid
        tag, vr = _pixel_element(came_as, bits, has_representation="00280103" in found)
        found[tag] = {"vr": vr, "BulkDataURI": f"{bulk}/{tag}"}
    return Description(encoded=_encoded(dict(sorted(found.items()))))


def _encoded(instance: dict[str, Any]) -> bytes:
    return json.dumps(instance, ensure_ascii=False, separators=(",", ":")).encode()


def from_index_row(instance: Instance) -> dict[str, Any]:
    """The index row in the DICOM JSON model, for an instance whose header cannot be read."""
    study_uid, series_uid = instance.named
    found: dict[str, Any] = {
        "00080016": {"vr": "UI", "Value": [instance.sop_class_uid]},
        "00080018": {"vr": "UI", "Value": [instance.sop_instance_uid]},
        "0020000D": {"vr": "UI", "Value": [study_uid]},
        "0020000E": {"vr": "UI", "Value": [series_uid]},
    }
    numbers = {"00200013": instance.instance_number, "00280010": instance.rows, "00280011": instance.columns}
    for tag, number in numbers.items():
        if number is not None:
            found[tag] = {"vr": "IS" if tag == "00200013" else "US", "Value": [number]}
    return found


def bulk_root(instance: Instance) -> str:
    """The address of an instance's bulk data, relative to the base of DICOMweb, under its received UIDs.

    `pacs.dicomweb.bulk_data` serves it; `moved_bulk` replaces it where the instance was moved to another series.
    """
    return bulk_address(*instance.named, instance.sop_instance_uid)


def moved_bulk(instance: Instance, description: bytes) -> bytes:
    """The description with bulk data addresses under the study and series that the instance was moved to."""
    # A quote inside a value is escaped, so this key with its opening quote occurs only as a key.
    here = bulk_address(instance.study_uid, instance.series_uid, instance.sop_instance_uid)
    key = '"BulkDataURI":"'
    return description.replace(f"{key}{bulk_root(instance)}/".encode(), f"{key}{here}/".encode())


def bulk_address(study_uid: str, series_uid: str, sop_instance_uid: str) -> str:
    """As `bulk_root`, of an instance that names these UIDs."""
    return f"studies/{study_uid}/series/{series_uid}/instances/{sop_instance_uid}/bulkdata"


def _pixel_element(came_as: str, bits: Any, *, has_representation: bool) -> tuple[str, str]:
    """Tag and VR of the pixel data: OW in implicit VR and beyond eight bits, OB when encapsulated (PS3.5 A.1 to 4)."""
    if bits in FLOATS and not has_representation:  # float pixels have no Pixel Representation (PS3.3 C.7.6.24)
        return FLOATS[bits]
    if came_as not in NATIVE:
        return "7FE00010", "OB"
    explicit = came_as not in (IMPLICIT_LITTLE, EXPLICIT_BIG)
    return "7FE00010", "OB" if explicit and isinstance(bits, int) and bits <= 8 else "OW"
