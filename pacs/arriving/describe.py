"""Describes arrived instances, after they were acknowledged: DICOM JSON of the header, and the pixel digest."""

from __future__ import annotations

import hashlib
import json
import struct
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from sqlalchemy.engine import Connection, Engine

from pacs.dataset.dicom_json import TooDeep, to_json
from pacs.dataset.quiet_pydicom import quieten
from pacs.pixels.frames import LOSSLESS
from pacs.pixels.memory import MEMORY, TooLarge
from pacs.pixels.opened import (
    EXPLICIT_BIG,
    IMPLICIT_LITTLE,
    NATIVE,
    Bytes,
    NoSuchFrame,
    StoredInstance,
    Unreadable,
    little_endian_pixels,
)
from pacs.pixels.transcode import NotDecodable, decoded, memory_for
from storage.database import snapshot, transaction
from storage.index import queries
from storage.index.queries import Instance
from storage.nodes.reader import BytesMissing, HolderAway

BATCH: Final = 50
_PAGES: Final = 8
FLOATS: Final = {32: ("7FE00008", "OF"), 64: ("7FE00009", "OD")}
"""Float and Double Float Pixel Data by Bits Allocated."""


class Problem(StrEnum):
    """Why a description repeats the index row alone."""

    UNREADABLE = "unreadable"
    TOO_DEEP = "too_deep"


@dataclass(frozen=True, kw_only=True)
class Description:
    instance: dict[str, Any]
    """DICOM JSON model of the received header; corrections are applied whenever it goes out."""
    problem: Problem | None = None

    def encoded(self) -> bytes:
        return json.dumps(self.instance, ensure_ascii=False, separators=(",", ":")).encode()

    def compressed(self) -> bytes:
        return zlib.compress(self.encoded(), 6)


OnDescribed = Callable[[Connection, Instance, dict[str, Any]], None]
"""(tx, instance, its description): called once for each instance, in the transaction that writes its description."""


@dataclass(frozen=True, kw_only=True)
class _Described:
    """An instance with the description and digest to be written."""

    instance: Instance
    description: Description
    pixel_digest: bytes | None


def describe_pending(engine: Engine, bytes_: Bytes, limit: int = BATCH, on_described: OnDescribed | None = None) -> int:
    """Describe up to ``limit`` instances that wait, and return how many: a step of the worker.

    ``on_described`` is called once for each; where it fails, the instance waits for the next step.

    Raises:
        ExceptionGroup: what went wrong with single instances; the others are described.

    """
    quieten()
    failures: list[Exception] = []
    done, last = 0, None
    for _ in range(_PAGES):  # a page of instances that cannot be described now must not hide the next
        with snapshot(engine) as tx:
            waiting = queries.undescribed(tx, limit, after=last)
        if not waiting:
            break
        done = _write(engine, _describe_all(bytes_, waiting, failures), on_described, failures)
        if done:
            break
        last = waiting[-1]
    if failures:
        raise ExceptionGroup("instances that were not described", failures)
    return done


def _describe_all(bytes_: Bytes, waiting: Sequence[Instance], failures: list[Exception]) -> list[_Described]:
    found: list[_Described] = []
    for instance in waiting:
        try:
            described = describe(bytes_, instance)
            digest = pixel_digest(bytes_, instance)
        except HolderAway:
            continue  # the node that holds it describes it, or this one does once it is in the object store
        except (BytesMissing, EOFError, OSError) as failure:
            failures.append(failure)
            continue
        found.append(_Described(instance=instance, description=described, pixel_digest=digest))
    return found


def _write(
    engine: Engine, found: Sequence[_Described], on_described: OnDescribed | None, failures: list[Exception]
) -> int:
    """Write all in one transaction, since devices wait for each flush on SQLite; one by one where that fails."""
    if not found:
        return 0
    try:
        with transaction(engine) as tx:
            for one in found:
                _write_one(tx, one, on_described)
    except Exception as failure:  # noqa: BLE001 # the caller raises it; the others are written
        if len(found) > 1:
            return sum(_write(engine, [one], on_described, failures) for one in found)
        failures.append(failure)
        return 0
    return len(found)


def _write_one(tx: Connection, one: _Described, on_described: OnDescribed | None) -> None:
    queries.describe(
        tx,
        one.instance.sop_instance_uid,
        description=one.description.compressed(),
        frame_ranges=None,
        pixel_digest=one.pixel_digest,
    )
    if on_described is not None:
        on_described(tx, one.instance, one.description.instance)


def describe(bytes_: Bytes, instance: Instance) -> Description:
    """The description of one instance: its header, or its index row where the header cannot be read."""
    bulk = bulk_root(instance)
    opened = StoredInstance(bytes_, instance)
    try:
        header = opened.header()
        found = to_json(header, bulk)
    except (TooDeep, RecursionError):
        return Description(instance=from_index_row(instance), problem=Problem.TOO_DEEP)
    except (Unreadable, ValueError, TypeError, KeyError, AttributeError, OverflowError, struct.error):
        return Description(instance=from_index_row(instance), problem=Problem.UNREADABLE)
    for tag, element in from_index_row(instance).items():
        found.setdefault(tag, element)
    if instance.recoded and found.get("00280004", {}).get("Value") == ["YBR_RCT"]:
        found["00280004"]["Value"] = ["RGB"]  # as received, and as a decoder returns it
    if instance.frames:
        tag, vr = _pixel_element(instance, found)
        found[tag] = {"vr": vr, "BulkDataURI": f"{bulk}/{tag}"}
    return Description(instance=dict(sorted(found.items())))


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

    `pacs.dicomweb.wado` serves it; `moved_bulk` replaces it where the instance was moved to another series.
    """
    return _bulk(*instance.named, instance.sop_instance_uid)


def moved_bulk(instance: Instance, description: bytes) -> bytes:
    """The description with bulk data addresses under the study and series that the instance was moved to."""
    # A quote inside a value is escaped, so this key with its opening quote occurs only as a key.
    here = _bulk(instance.study_uid, instance.series_uid, instance.sop_instance_uid)
    key = '"BulkDataURI":"'
    return description.replace(f"{key}{bulk_root(instance)}/".encode(), f"{key}{here}/".encode())


def _bulk(study_uid: str, series_uid: str, sop_instance_uid: str) -> str:
    return f"studies/{study_uid}/series/{series_uid}/instances/{sop_instance_uid}/bulkdata"


def pixel_digest(bytes_: Bytes, instance: Instance) -> bytes | None:
    """SHA-256 of all frames in native little endian, or of lossy codestreams, which decoders may decode differently.

    None where there are no pixels or they cannot be read. Equal pixels in two lossless transfer syntaxes have the same
    digest.
    """
    if not instance.frames:
        return None
    opened = StoredInstance(bytes_, instance)
    digest = hashlib.sha256()
    try:
        lossless = opened.syntax in LOSSLESS and opened.syntax not in NATIVE
        header = opened.header() if lossless else None
        frames = _all_frames(opened)
        for frame in frames:
            if header is None:
                digest.update(frame)
            else:
                with MEMORY.hold(memory_for(header)):
                    array = decoded(header, opened.syntax, frame, rgb=False)
                    digest.update(array.astype(array.dtype.newbyteorder("<"), copy=False).tobytes())
    except (Unreadable, NotDecodable, NoSuchFrame, TooLarge):
        return None
    return digest.digest()


def _all_frames(opened: StoredInstance) -> Any:
    if opened.instance.frame_ranges is None and opened.syntax in NATIVE:
        return [little_endian_pixels(opened.whole())]
    return (opened.frame(number) for number in range(1, opened.instance.frames + 1))


def _pixel_element(instance: Instance, found: dict[str, Any]) -> tuple[str, str]:
    """Tag and VR of the pixel data: OW in implicit VR and beyond eight bits, OB when encapsulated (PS3.5 A.1 to 4)."""
    bits = (found.get("00280100", {}).get("Value") or [16])[0]
    if bits in FLOATS and "00280103" not in found:  # float pixels have no Pixel Representation (PS3.3 C.7.6.24)
        return FLOATS[bits]
    came_as = instance.received_transfer_syntax_uid
    if came_as not in NATIVE:
        return "7FE00010", "OB"
    explicit = came_as not in (IMPLICIT_LITTLE, EXPLICIT_BIG)
    return "7FE00010", "OB" if explicit and isinstance(bits, int) and bits <= 8 else "OW"
