"""Whatever has been received is described, hostile files too, and one never stops the next."""

from __future__ import annotations

import json
import os
import zlib
from typing import Any

import pytest
from pydicom.dataset import Dataset
from sqlalchemy.engine import Connection

from pacs.arriving.describe import Description, Problem, describe, describe_pending
from storage.records import Instance
from storage.segments.segment_rows import segment_key
from tests.archive import Archive
from tests.builders import BIG_ENDIAN, DEFLATED, encoded, image, thing
from tests.reading_bytes import bytes_of
from tests.wire import EXPLICIT_LITTLE, IMPLICIT_LITTLE, Object


def described(archive: Archive, sent: Object) -> dict[str, Any]:
    outcome = archive.take(sent)
    assert outcome.accepted
    return describe(*bytes_of(archive, outcome.sop_instance_uid)).instance


def with_raw(dataset: Dataset, element: bytes) -> Object:
    """The object with an element of raw bytes before its pixel data."""
    data = encoded(dataset)
    at = data.index(b"\xe0\x7f\x10\x00")
    sent = thing(dataset)
    return Object(
        transfer_syntax=sent.transfer_syntax,
        sop_class=sent.sop_class,
        sop_instance=sent.sop_instance,
        dataset=data[:at] + element + data[at:],
    )


def test_every_syntax_is_described_alike(archive: Archive) -> None:
    found = []
    for syntax in (EXPLICIT_LITTLE, IMPLICIT_LITTLE, BIG_ENDIAN, DEFLATED):
        made = image(PatientName="Li^Na=李^娜", ImagePositionPatient=[1.5, -2, 3])
        made.add_new(0x00189087, "FD", 1e400)
        instance = described(archive, thing(made, syntax))
        found.append({tag: value for tag, value in instance.items() if tag not in DIFFERENT})

    assert found[0]["00100010"]["Value"] == [{"Alphabetic": "Li^Na", "Ideographic": "李^娜"}]
    assert found[0]["00200032"]["Value"] == [1.5, -2.0, 3.0]
    assert found[0]["00189087"]["Value"] == ["inf"]
    assert all(instance == found[0] for instance in found)


DIFFERENT = ("00080018", "0020000D", "0020000E", "7FE00010")


def test_mislabelled_chinese_shows_right(archive: Archive) -> None:
    name = "王小明".encode("gbk")
    made = image(SpecificCharacterSet="ISO_IR 100", PatientName="X", StudyDescription="d")
    data = encoded(made).replace(b"\x10\x00\x10\x00PN\x02\x00X ", b"\x10\x00\x10\x00PN\x06\x00" + name)
    sent = thing(made)
    received = Object(
        transfer_syntax=EXPLICIT_LITTLE, sop_class=sent.sop_class, sop_instance=sent.sop_instance, dataset=data
    )

    assert described(archive, received)["00100010"]["Value"] == [{"Ideographic": "王小明"}]


def test_odd_values_cost_only_themselves(archive: Archive) -> None:
    odd = b"".join(
        (
            b"\x20\x00\x13\x10IS\x04\x00abc ",  # no number
            b"\x28\x00\x50\x10DS\x06\x001e9999",
            b"\x54\x00\x10\x10QQ\x02\x00??",  # no VR of the standard
            b"\x54\x00\x11\x10US\x03\x00\1\2\3",  # one byte too many
        )
    )
    found = described(archive, with_raw(image(), odd))

    assert found["00201013"]["Value"] == ["abc"]
    assert found["00281050"]["Value"] == ["1e9999"]
    assert found["00541010"]["vr"] == "UN"
    assert found["00541011"]["Value"] == [513]
    assert found["00100020"]["Value"] == ["P0001"]
    json.dumps(found, allow_nan=False)


def test_what_is_nested_too_deep_is_described_by_its_row(archive: Archive) -> None:
    depth = 2_000
    body = b""
    for _ in range(depth):
        body = b"\xfe\xff\x00\xe0" + (len(body) + 12).to_bytes(4, "little") + sequence(body)
    outcome = archive.take(with_raw(image(rows=3), sequence(body)))
    if not outcome.accepted:
        return  # the receiver refuses it already
    found = describe(*bytes_of(archive, outcome.sop_instance_uid))

    assert found.problem is Problem.TOO_DEEP
    assert found.instance["00280010"]["Value"] == [3]


def sequence(body: bytes) -> bytes:
    return b"\x40\x00\x30\xa7SQ\0\0" + len(body).to_bytes(4, "little") + body


def test_the_worker_s_step_describes_what_waits_and_then_rests(archive: Archive) -> None:
    for number in range(3):
        archive.take(thing(image(InstanceNumber=number)))
    bytes_, _ = bytes_of(archive, archive.instances()[0]["sop_instance_uid"])

    assert describe_pending(archive.engine, bytes_, limit=2) == 2
    assert describe_pending(archive.engine, bytes_, limit=2) == 1
    assert describe_pending(archive.engine, bytes_, limit=2) == 0
    rows = archive.instances()
    assert all(json.loads(zlib.decompress(row["description"]))["00100020"]["Value"] == ["P0001"] for row in rows)


def test_float_pixels_are_named_so(archive: Archive) -> None:
    made = image(rows=2, columns=2, BitsAllocated=32, PixelRepresentation=None, BitsStored=None, HighBit=None)
    del made.PixelData
    made.FloatPixelData = bytes(16)

    assert described(archive, thing(made))["7FE00008"]["vr"] == "OF"


def test_long_values_stand_behind_an_address(archive: Archive) -> None:
    made = image()
    made.add_new(0x00420011, "OB", b"%PDF" * 1000)
    found = described(archive, thing(made))

    assert found["00420011"]["BulkDataURI"].endswith(f"/instances/{made.SOPInstanceUID}/bulkdata/00420011")
    assert found["00420011"]["vr"] == "OB"


def test_one_whose_bytes_are_gone_keeps_none_of_the_others_waiting(archive: Archive) -> None:
    lost, there = (archive.take(thing(image())).sop_instance_uid for _ in range(2))
    bytes_, missing = bytes_of(archive, lost)
    os.truncate(archive.directory / segment_key(missing.segment_id), missing.offset)

    with pytest.raises(ExceptionGroup):
        describe_pending(archive.engine, bytes_)

    described = {row["sop_instance_uid"] for row in archive.instances() if row["description"]}
    assert described == {there}


def test_those_whose_bytes_are_gone_do_not_fill_the_front_of_the_queue(archive: Archive) -> None:
    lost, there = (archive.take(thing(image())).sop_instance_uid for _ in range(2))
    bytes_, missing = bytes_of(archive, lost)
    os.truncate(archive.directory / segment_key(missing.segment_id), missing.offset)

    with pytest.raises(ExceptionGroup):
        describe_pending(archive.engine, bytes_, limit=1)

    described = {row["sop_instance_uid"] for row in archive.instances() if row["description"]}
    assert described == {there}


def test_one_that_cannot_be_told_waits_on_alone(archive: Archive) -> None:
    first, second, third = (archive.take(thing(image())).sop_instance_uid for _ in range(3))
    bytes_, _ = bytes_of(archive, first)
    heard: list[str] = []

    def told(_tx: Connection, instance: Instance, _description: Description) -> None:
        if instance.sop_instance_uid == second:
            raise LookupError
        heard.append(instance.sop_instance_uid)

    with pytest.raises(ExceptionGroup):
        describe_pending(archive.engine, bytes_, on_described=told)

    described = {row["sop_instance_uid"] for row in archive.instances() if row["description"]}
    assert described == {first, third}
    assert set(heard) == {first, third}
