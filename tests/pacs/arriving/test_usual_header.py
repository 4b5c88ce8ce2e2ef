"""A usual header is described to the byte as the careful way does it, whatever its elements say; the rest is left."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydicom.errors import InvalidDicomError
from pydicom.uid import RLELossless

from pacs.arriving.describe import Description, describe, describe_usual, from_index_row
from pacs.arriving.outcome import Reason
from pacs.dataset import part10
from pacs.dataset.header_members import Members, Unusual
from pacs.pixels.opened import Bytes
from storage.index.queries import Instance
from storage.instance_row import encode_ranges
from tests import corpus
from tests.archive import Archive
from tests.builders import BIG_ENDIAN, DEFLATED, compressed, image, thing
from tests.reading_bytes import bytes_of
from tests.wire import EXPLICIT_LITTLE, IMPLICIT_LITTLE, from_file

CHARSETS: Final = ("", "ISO_IR 100", "ISO_IR 192", "GB18030", "ISO 2022 IR 6\\ISO 2022 IR 58", "\\ISO 2022 IR 149", "x")
NAMES: Final = ("Li^Na=李^娜", "朱镕基", "Müller^Jörg", "金^희중", "ʻAbd^ar-Raḥmān", "Пётр", "PLAIN^NAME")


pytestmark = pytest.mark.filterwarnings("ignore")
"""pydicom's, of odd values: the worker leaves them out as well."""


def usual(bytes_: Bytes, instance: Instance, members: Members) -> Description | None:
    try:
        return describe_usual(bytes_, instance, members)
    except Unusual:
        return None


@pytest.mark.timeout(300)
def test_every_real_header_is_described_alike_when_it_is_new_and_when_it_is_known(small_archive: Archive) -> None:
    members, left, unlike, described = Members(), list[str](), list[str](), 0
    for file in corpus.files():
        try:
            outcome = small_archive.take(from_file(file.path))
        except (InvalidDicomError, OSError, AttributeError, EOFError):
            continue
        if outcome.reason is not Reason.STORED:
            continue
        bytes_, instance = bytes_of(small_archive, outcome.sop_instance_uid)
        careful = describe(bytes_, instance)
        new, known = usual(bytes_, instance, members), usual(bytes_, instance, members)
        if new is None or known is None:
            left += [file.name] if instance.frames else []
            continue
        described += 1
        if not careful.encoded == new.encoded == known.encoded or careful.problem is not None:
            unlike.append(file.name)

    print(f"{described} images described alike, {len(left)} left: {left}")
    assert unlike == []
    assert described > 5 * len(left)


class InMemory:
    """The bytes of one file."""

    def __init__(self, file: bytes) -> None:
        self._file = file

    def read(self, instance: Instance, offset: int, length: int) -> bytes:
        return self._file[offset : offset + length]

    def stream(self, instance: Instance, offset: int = 0, length: int | None = None) -> Iterator[bytes]:
        yield self._file[offset : None if length is None else offset + length]


PICTURE: Final = thing(image())
TEXTS: Final = st.sampled_from(NAMES).flatmap(
    lambda name: st.sampled_from(("gb18030", "utf-8", "latin-1", "gbk", "euc-kr")).map(
        lambda codec: name.encode(codec, "ignore")
    )
) | st.binary(max_size=12)
VALUES: Final = {
    b"PN": TEXTS,
    b"LO": TEXTS,
    b"SH": TEXTS,
    b"LT": TEXTS,
    b"UT": TEXTS,
    b"CS": st.sampled_from((b"", b"ORIGINAL\\PRIMARY ", b"\xd6\xec")),
    b"DS": st.sampled_from((b"", b"1.5\\-2\\abc ", b"1e400", b"0.30000000000000004", b" 7 ")),
    b"IS": st.sampled_from((b"", b"7", b"12 \\x ", b"99999999999999999999")),
    b"US": st.binary(max_size=6),
    b"FD": st.binary(max_size=17),
    b"AT": st.binary(max_size=9),
    b"OB": st.binary(max_size=8) | st.just(b"\1" * 1025) | st.just(b"\1" * 1024),
    b"UN": st.binary(max_size=8),
    b"DA": st.sampled_from((b"20260302", b"2026.03.02", b"")),
    b"UI": st.sampled_from((b"1.2.3\0", b"", b"1.2\\3.4\0")),
}
"""Odd ones among them; PS3.5 pads to an even length, and devices do not always."""


def element(tag: int, vr: bytes, value: bytes, *, implicit: bool) -> bytes:
    start = struct.pack("<HH", tag >> 16, tag & 0xFFFF)
    if implicit:
        return start + struct.pack("<I", len(value)) + value
    if vr in (b"OB", b"UN", b"UT", b"SQ"):
        return start + vr + b"\0\0" + struct.pack("<I", len(value)) + value
    return start + vr + struct.pack("<H", len(value)) + value


@st.composite
def sequences(draw: st.DrawFn, *, implicit: bool) -> bytes:
    """The value of a sequence, its items of defined or undefined length."""
    items = b""
    for _ in range(draw(st.integers(0, 2))):
        body = b"".join(
            element(tag, b"LO", draw(TEXTS), implicit=implicit)
            for tag in (0x00080104, 0x00104000)
            if draw(st.booleans())
        )
        if draw(st.booleans()):
            items += b"\xfe\xff\x00\xe0" + struct.pack("<I", len(body)) + body
        else:
            items += b"\xfe\xff\x00\xe0\xff\xff\xff\xff" + body + b"\xfe\xff\x0d\xe0\0\0\0\0"
    return items


TAGS: Final = (
    (0x00080020, b"DA"),
    (0x00080022, b"DA"),
    (0x00081030, b"LO"),
    (0x00090010, b"LO"),
    (0x00091001, b"LO"),
    (0x00091002, b"UN"),
    (0x00100010, b"PN"),
    (0x00100020, b"LO"),
    (0x00104000, b"LT"),
    (0x00180050, b"DS"),
    (0x00189087, b"FD"),
    (0x00200011, b"IS"),
    (0x00280009, b"AT"),
    (0x00280106, b"US"),
    (0x00420011, b"OB"),
    (0x00431027, b"SH"),
)


@st.composite
def headers(draw: st.DrawFn, *, implicit: bool) -> dict[int, bytes]:
    """Elements of a header by their tags."""
    chosen = draw(st.lists(st.sampled_from(TAGS), unique=True, max_size=8))
    made = {tag: element(tag, vr, draw(VALUES[vr]), implicit=implicit) for tag, vr in chosen}
    if draw(st.booleans()):
        body, tag = draw(sequences(implicit=implicit)), draw(st.sampled_from((0x00082218, 0x00540220)))
        if draw(st.booleans()):
            made[tag] = element(tag, b"SQ", body, implicit=implicit)
        else:
            start = struct.pack("<HH", tag >> 16, tag & 0xFFFF) + (b"" if implicit else b"SQ\0\0") + b"\xff" * 4
            made[tag] = start + body + b"\xfe\xff\xdd\xe0\0\0\0\0"
    if draw(st.booleans()):
        charset = draw(st.sampled_from(CHARSETS)).encode()
        made[0x00080005] = element(0x00080005, b"CS", charset + b" " * (len(charset) % 2), implicit=implicit)
    return made


@st.composite
def like(draw: st.DrawFn, before: dict[int, bytes], *, implicit: bool) -> dict[int, bytes]:
    """The header of another instance of a series: some elements say something else."""
    there = [(tag, vr) for tag, vr in TAGS if tag in before]
    chosen = draw(st.lists(st.sampled_from(there), unique=True, max_size=3)) if there else []
    return before | {tag: element(tag, vr, draw(VALUES[vr]), implicit=implicit) for tag, vr in chosen}


def whole(instance: Instance, made: dict[int, bytes], syntax: str) -> tuple[InMemory, Instance]:
    """A file of these elements, those that every image has and two pixels, and its index row."""
    implicit = syntax == IMPLICIT_LITTLE
    says = from_index_row(instance)
    made |= {
        int(tag, 16): element(int(tag, 16), b"UI", says[tag]["Value"][0].encode(), implicit=implicit)
        for tag in ("00080016", "00080018", "0020000D", "0020000E")
    }
    for tag, number in ((0x00280010, 1), (0x00280011, 2), (0x00280100, 8)):
        made[tag] = element(tag, b"US", number.to_bytes(2, "little"), implicit=implicit)
    header = b"".join(made[tag] for tag in sorted(made))
    meta = part10.head(
        sop_class_uid=instance.sop_class_uid,
        sop_instance_uid=instance.sop_instance_uid,
        transfer_syntax_uid=syntax,
    )
    file = meta + header + element(0x7FE00010, b"OB", b"\1\2", implicit=implicit)
    row = replace(
        instance,
        transfer_syntax_uid=syntax,
        received_transfer_syntax_uid=syntax,
        dataset_offset=len(meta),
        size=len(file),
        instance_number=None,
        encoded_frame_ranges=encode_ranges(((len(file) - 2, 2),)),
    )
    return InMemory(file), row


@pytest.mark.parametrize("syntax", [EXPLICIT_LITTLE, IMPLICIT_LITTLE])
@settings(derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_whatever_a_header_says_it_is_described_alike(small_archive: Archive, data: st.DataObject, syntax: str) -> None:
    _, instance = bytes_of(small_archive, small_archive.take(PICTURE).sop_instance_uid)
    entered = data.draw(st.sampled_from(("", "GB18030", "ISO_IR 100")))
    members = Members()
    for _ in range(3):
        made = data.draw(headers(implicit=syntax == IMPLICIT_LITTLE))
        bytes_, row = whole(replace(instance, character_set=entered), made, syntax)
        careful, quick = describe(bytes_, row), usual(bytes_, row, members)

        assert quick is None or quick.encoded == careful.encoded


@pytest.mark.parametrize("syntax", [EXPLICIT_LITTLE, IMPLICIT_LITTLE, RLELossless])
def test_what_a_device_usually_sends_is_usual(small_archive: Archive, syntax: str) -> None:
    made = image(PatientName="Li^Na=李^娜", ImagePositionPatient=[1.5, -2, 3], rows=16, columns=16)
    sent = thing(compressed(made, syntax) if syntax == RLELossless else made, syntax)
    bytes_, instance = bytes_of(small_archive, small_archive.take(sent).sop_instance_uid)

    assert describe_usual(bytes_, instance, Members()) == describe(bytes_, instance)


@pytest.mark.parametrize("syntax", [BIG_ENDIAN, DEFLATED])
def test_what_is_involved_is_left_to_the_careful_way(small_archive: Archive, syntax: str) -> None:
    bytes_, instance = bytes_of(small_archive, small_archive.take(thing(image(), syntax)).sop_instance_uid)

    with pytest.raises(Unusual):
        describe_usual(bytes_, instance, Members())


def test_what_is_remembered_has_an_end(small_archive: Archive) -> None:
    members = Members()
    for number in range(6):
        made = image(ImageComments=str(number) * 4000, InstanceNumber=number)
        bytes_, instance = bytes_of(small_archive, small_archive.take(thing(made)).sop_instance_uid)
        describe_usual(bytes_, instance, members)
    before = members.remembered_bytes
    small = Members(most_bytes=10_000)
    for row in small_archive.instances():
        bytes_, instance = bytes_of(small_archive, row["sop_instance_uid"])

        assert describe_usual(bytes_, instance, small) == describe(bytes_, instance)
        assert small.remembered_bytes < 20_000
    assert before > 6 * 8000
