"""What is received with less work has the same answer, bytes, row and description as by the long way."""

from __future__ import annotations

import gc
import shutil
import struct
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydicom.errors import InvalidDicomError
from pydicom.uid import RLELossless

from pacs.arriving import usual
from pacs.arriving.describe import describe, describe_pending
from pacs.arriving.outcome import Outcome, Reason
from pacs.arriving.rejection_note import KEY_OBJECT_SELECTION
from pacs.arriving.usual import UsualInstance, UsualInstances
from pacs.dataset.tags import (
    INSTANCE_NUMBER,
    PATIENT_ID,
    PATIENT_NAME,
    SPECIFIC_CHARACTER_SET,
    STUDY_DESCRIPTION,
)
from storage import tables
from storage.database import connect, transaction
from storage.segments import members
from storage.segments.pax import HEADER_BYTES
from tests import corpus
from tests.archive import OTHER, TOWNSHIP, Archive
from tests.archive import archive as make_archive
from tests.builders import BIG_ENDIAN, DEFLATED, compressed, image, new_uid, thing
from tests.pacs.arriving.test_usual_header import element, headers, like, whole
from tests.reading_bytes import bytes_of
from tests.wire import EXPLICIT_LITTLE, IMPLICIT_LITTLE, Object, from_file

pytestmark = pytest.mark.filterwarnings("ignore")
"""pydicom's, of odd values."""

OWN = ("id", "segment_id", "offset", "received_at", "first_received_at", "last_received_at", "description", "key")
"""Columns that two archives do not share, or that are compared otherwise."""


@pytest.fixture
def pair(sqlite_template: Path, tmp_path: Path) -> Iterator[tuple[Archive, Archive]]:
    """Two archives: one is fed in pieces, the other gets everything at once."""
    with ExitStack() as stack:
        made: list[Archive] = []
        for name in ("pieces", "at_once"):
            folder = tmp_path / name
            folder.mkdir()
            shutil.copy(sqlite_template, folder / "tierread.db")
            url = f"sqlite:///{folder / 'tierread.db'}"
            engine = connect(url)
            stack.callback(engine.dispose)
            made.append(stack.enter_context(make_archive(engine, url, folder)))
        yield made[0], made[1]


def read(instances: UsualInstances, sent: Object) -> UsualInstance | None:
    return instances.read(
        memoryview(sent.dataset),
        sent.transfer_syntax,
        sop_class_uid=sent.sop_class,
        sop_instance_uid=sent.sop_instance,
        issuer="TOWNSHIP",
        character_set="",
    )


def known_of(archive: Archive) -> dict[str, list[dict[str, Any]]]:
    found = {
        each.name: [{name: value for name, value in row.items() if name not in OWN} for row in archive.rows(each)]
        for each in (tables.study, tables.series, tables.instance, tables.holding, tables.quarantine)
    }
    return {name: sorted(rows, key=repr) for name, rows in found.items()}


def told_of(archive: Archive, sop_instance_uid: str) -> dict[str, Any]:
    """What the member of an instance says of it in its segment, without where and when."""
    (row,) = [one for one in archive.instances() if one["sop_instance_uid"] == sop_instance_uid]
    with snapshot_of(archive) as tx:
        key = tx.scalar(sa.select(tables.segment.c.key).where(tables.segment.c.id == row["segment_id"]))
    with (archive.directory / str(key)).open("rb") as file:
        header = members.header_at(file.fileno(), row["segment_id"], row["offset"] - HEADER_BYTES)
        assert header is not None
        assert members.is_whole(file.fileno(), header)
    assert header.provenance is not None
    came = replace(header.provenance, received_at=row["received_at"])
    return vars(header) | {"segment_id": "", "offset": 0, "provenance": came.source, "size": header.size}


def snapshot_of(archive: Archive) -> Any:
    return transaction(archive.engine)


def described_alike(archive: Archive, outcome: Outcome) -> bool:
    """Whether the instance was described on arrival; if so, as the worker would have done."""
    bytes_, instance = bytes_of(archive, outcome.sop_instance_uid)
    if instance.description is None:
        return False
    careful = describe(bytes_, instance)
    assert careful.problem is None
    assert zlib.decompress(instance.description) == careful.encoded
    return True


@pytest.mark.timeout(300)
def test_every_real_file_is_received_alike(pair: tuple[Archive, Archive]) -> None:
    pieces, at_once = pair
    usual_ones, images, sent = 0, 0, list[Object]()
    for file in corpus.files():
        try:
            one = from_file(file.path)
        except (InvalidDicomError, OSError, AttributeError, EOFError):
            continue
        if len(one.dataset) <= 1 << 20:  # what the listener holds whole
            sent.append(one)
    for one in sent:
        long, short = pieces.take(one), at_once.take(one, at_once=True)

        assert (long.reason, long.sop_instance_uid) == (short.reason, short.sop_instance_uid)
        if short.reason is Reason.STORED:
            assert told_of(pieces, short.sop_instance_uid) == told_of(at_once, short.sop_instance_uid)
            usual_ones += described_alike(at_once, short)
            images += bytes_of(at_once, short.sop_instance_uid)[1].frames > 0
    again = [(pieces.take(one).reason, at_once.take(one, at_once=True).reason) for one in sent]

    assert all(long is short for long, short in again)
    assert known_of(pieces) == known_of(at_once)
    print(f"{usual_ones} of {images} images described on arrival")
    assert usual_ones > 0.8 * images


@pytest.mark.parametrize("syntax", [EXPLICIT_LITTLE, IMPLICIT_LITTLE])
@settings(derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_whatever_a_header_says_it_is_received_alike(
    pair: tuple[Archive, Archive], data: st.DataObject, syntax: str
) -> None:
    pieces, at_once = pair
    _, first = bytes_of(pieces, pieces.take(thing(image())).sop_instance_uid)
    sender = replace(TOWNSHIP, character_set=data.draw(st.sampled_from(("", "GB18030", "ISO_IR 100"))))
    named = {"study_uid": new_uid(), "series_uid": new_uid()}
    implicit = syntax == IMPLICIT_LITTLE
    made = data.draw(headers(implicit=implicit))
    for _ in range(4):
        made = data.draw(like(made, implicit=implicit) | headers(implicit=implicit))
        instance = replace(first, sop_instance_uid=new_uid(), **named)
        bytes_, row = whole(instance, made, syntax)
        one = Object(
            sop_class=row.sop_class_uid,
            sop_instance=row.sop_instance_uid,
            transfer_syntax=syntax,
            dataset=bytes_.read(row, row.dataset_offset, row.size),
        )
        long, short = pieces.take(one, sender), at_once.take(one, sender, at_once=True)

        assert long.reason is short.reason
        if short.reason is Reason.STORED:
            assert told_of(pieces, short.sop_instance_uid) == told_of(at_once, short.sop_instance_uid)
            described_alike(at_once, short)


def long(tag: int, said: bytes) -> bytes:
    """An indexed element as a binary value that is longer than what a header keeps of one."""
    return element(tag, b"OB", said + bytes(1100 - len(said)), implicit=False)


def sequence(tag: int, said: bytes) -> bytes:
    item = element(0x00104000, b"LO", said, implicit=False)
    start = struct.pack("<HH2s6xHHI", tag >> 16, tag & 0xFFFF, b"SQ", 0xFFFE, 0xE000, len(item))
    return start.replace(bytes(6), b"\0\0\xff\xff\xff\xff") + item + b"\xfe\xff\xdd\xe0\0\0\0\0"


ODD: dict[str, tuple[int, Callable[[int], bytes]]] = {
    "patient number": (PATIENT_ID, lambda number: long(PATIENT_ID, b"P%d" % number)),
    "patient name": (PATIENT_NAME, lambda number: long(PATIENT_NAME, b"Pia^%d" % number)),
    "instance number": (INSTANCE_NUMBER, lambda number: long(INSTANCE_NUMBER, b"%d\\" % number)),
    "character set": (SPECIFIC_CHARACTER_SET, lambda _: long(SPECIFIC_CHARACTER_SET, b"ISO_IR 100\\")),
    "sequence": (STUDY_DESCRIPTION, lambda number: sequence(STUDY_DESCRIPTION, b"%d " % number)),
}


def with_another(sent: Object, tag: int, instead: bytes) -> Object:
    """The same with an element in place of one whose length has 16 bits."""
    at = sent.dataset.index(struct.pack("<HH", tag >> 16, tag & 0xFFFF))
    (length,) = struct.unpack_from("<H", sent.dataset, at + 6)
    return replace(sent, dataset=sent.dataset[:at] + instead + sent.dataset[at + 8 + length :])


@pytest.mark.parametrize("odd", ODD)
def test_an_indexed_element_in_another_vr_is_received_alike(pair: tuple[Archive, Archive], odd: str) -> None:
    pieces, at_once = pair
    tag, instead = ODD[odd]
    named = {"StudyInstanceUID": new_uid(), "SeriesInstanceUID": new_uid()}
    instances = UsualInstances()
    reasons: list[Reason] = []
    for number in range(1, 4):
        sent = with_another(thing(image(**named)), tag, instead(number))
        in_pieces, whole_ = pieces.take(sent), at_once.take(sent, at_once=True)
        reasons.append(in_pieces.reason)

        assert in_pieces.reason is whole_.reason
        if whole_.reason is Reason.STORED:
            assert told_of(pieces, whole_.sop_instance_uid) == told_of(at_once, whole_.sop_instance_uid)
        assert read(instances, sent) is None
    assert known_of(pieces) == known_of(at_once)
    assert reasons[0] is Reason.STORED
    assert (Reason.HELD in reasons) is (odd == "patient number")


@pytest.mark.parametrize("syntax", [EXPLICIT_LITTLE, IMPLICIT_LITTLE, RLELossless])
def test_what_a_device_usually_sends_is_described_on_arrival(small_archive: Archive, syntax: str) -> None:
    named = {"StudyInstanceUID": new_uid(), "SeriesInstanceUID": new_uid()}
    for number in range(4):
        made = image(rows=16, columns=16, InstanceNumber=9 * number, ImagePositionPatient=[1.5, -2, number], **named)
        sent = thing(compressed(made, syntax) if syntax == RLELossless else made, syntax)

        assert described_alike(small_archive, small_archive.take(sent, at_once=True))
    bytes_, _ = bytes_of(small_archive, sent.sop_instance)
    assert describe_pending(small_archive.engine, bytes_) == 0


@pytest.mark.parametrize("syntax", [BIG_ENDIAN, DEFLATED])
def test_what_is_involved_goes_the_long_way(small_archive: Archive, syntax: str) -> None:
    sent = thing(image(), syntax)

    assert read(UsualInstances(), sent) is None
    assert small_archive.take(sent, at_once=True).reason is Reason.STORED
    assert small_archive.instances()[0]["description"] is None


def test_a_header_is_read_along_those_before_it_in_the_series() -> None:
    named = {"StudyInstanceUID": new_uid(), "SeriesInstanceUID": new_uid()}
    instances = UsualInstances()
    for number, position in ((1, "1"), (2, "-2.5"), (10, "100.25")):
        sent = thing(image(InstanceNumber=number, SliceLocation=position, SOPInstanceUID=new_uid(), **named))
        asked = (sent.sop_class, sent.transfer_syntax, "TOWNSHIP", "")
        along = instances._along(memoryview(sent.dataset), asked)
        found = read(instances, sent)

        assert found is not None
        assert (along is not None) is (number == 10)
    assert along is not None
    assert (along.uid, along.number) == (sent.sop_instance, 10)
    other = thing(image(InstanceNumber=3, SliceLocation="7", PatientName="Other", **named))
    assert instances._along(memoryview(other.dataset), asked) is None


def changed(dataset: bytes, **fields: Any) -> Object:
    return replace(thing(image()), dataset=dataset, **fields)


def test_only_the_long_way_refuses(small_archive: Archive) -> None:
    good = thing(image())
    truncated = replace(good, dataset=good.dataset[:-20])
    another = replace(good, sop_instance=new_uid())
    twice = replace(good, dataset=good.dataset + good.dataset[8:40])
    bad_uid = thing(image(SeriesInstanceUID="1..2"))
    for sent, reason in (
        (truncated, Reason.TRUNCATED),
        (another, Reason.UID_MISMATCH),
        (bad_uid, Reason.BAD_UID),
    ):
        assert read(UsualInstances(), sent) is None
        assert small_archive.take(sent, at_once=True).reason is reason
        assert small_archive.take(sent).reason is reason
    assert read(UsualInstances(), twice) is None


def test_a_rejection_note_is_described_by_whoever_acts_on_it(small_archive: Archive) -> None:
    note = thing(image(SOPClassUID=KEY_OBJECT_SELECTION))
    found = read(UsualInstances(), note)

    assert found is not None
    assert found.description is None


def test_the_same_again_leaves_no_bytes_and_other_content_is_held(archive: Archive) -> None:
    first = image(rows=16, columns=16)
    sent = [archive.take(thing(first), at_once=True).reason]
    (segment,) = archive.rows(tables.segment)
    second = image(
        rows=16, columns=16, StudyInstanceUID=first.StudyInstanceUID, SeriesInstanceUID=first.SeriesInstanceUID
    )
    sent += [archive.take(thing(each), at_once=True).reason for each in (first, first, second)]
    from_elsewhere = archive.take(thing(first), OTHER, at_once=True).reason
    first.AccessionNumber = "A0002"
    sent.append(archive.take(thing(first), at_once=True).reason)
    archive.spool.close()

    with (archive.directory / str(segment["key"])).open("rb") as file:
        names = [one.name for one in members.headers(file.fileno(), segment["id"])]
    images = [f"{uid}.dcm" for uid in (first.SOPInstanceUID, second.SOPInstanceUID, first.SOPInstanceUID)]
    assert sent == [Reason.STORED, Reason.ALREADY_HERE, Reason.ALREADY_HERE, Reason.STORED, Reason.HELD]
    assert from_elsewhere is Reason.ALREADY_HERE
    assert names[:3] == images
    assert len(archive.instances()) == 2
    assert [one["reason"] for one in archive.quarantined()] == ["held"]


def test_what_was_erased_is_not_entered_again(archive: Archive) -> None:
    named = {"StudyInstanceUID": new_uid(), "SeriesInstanceUID": new_uid()}
    kept, gone = thing(image(**named)), thing(image(**named))
    archive.take(kept, at_once=True)
    with transaction(archive.engine) as tx:
        tx.execute(
            sa.insert(tables.tombstone).values(
                sop_instance_uid=gone.sop_instance,
                study_uid=named["StudyInstanceUID"],
                erased_at=archive.receiver.clock(),
            )
        )

    assert archive.take(gone, at_once=True).reason is Reason.ERASED
    assert [one["sop_instance_uid"] for one in archive.instances()] == [kept.sop_instance]


def test_the_frames_of_an_instance_are_not_remembered_one_by_one() -> None:
    instances, frames = UsualInstances(), 20_000
    for series_uid in (new_uid(), new_uid()):
        for more in range(4):
            one = image(Rows=1, Columns=1, NumberOfFrames=frames, SeriesInstanceUID=series_uid)
            one.PixelData = bytes(2 * (frames + more))
            made = read(instances, thing(one))
            assert made is not None
            assert made.row.frame_ranges is not None
            assert len(made.row.frame_ranges) == frames
    del made

    assert tuples_in(instances) < frames


def tuples_in(held: object) -> int:
    """How many tuples an object holds, by whatever it refers to."""
    found, left, seen = 0, [held], set[int]()
    while left:
        one = left.pop()
        if id(one) in seen or isinstance(one, type | ModuleType):
            continue
        seen.add(id(one))
        found += isinstance(one, tuple)
        left += one.__closure__ or () if isinstance(one, FunctionType) else gc.get_referents(one)
    return found


def test_what_is_remembered_has_an_end() -> None:
    instances = UsualInstances()
    for number in range(600):
        assert read(instances, thing(image(SeriesInstanceUID=new_uid(), SeriesNumber=number))) is not None
    many = image(SeriesDescription="x" * 64)
    for number in range(2000):
        many.add_new(0x00110000 + 0x1000 + number, "LO", "x")
    remembered = vars(instances)

    assert read(instances, thing(many)) is None
    alike = remembered["_likenesses"]
    assert max(map(len, alike.values())) * len(alike) <= usual._ASKED * usual._ALIKE
    assert len(remembered["_series"]) <= usual._REMEMBERED  # what it holds is its bound
    assert len(remembered["_arrangements"]) <= usual._REMEMBERED
    assert max(map(len, remembered["_arrangements"])) <= usual._MOST_ELEMENTS
