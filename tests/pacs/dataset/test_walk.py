"""A data set is walked to its end, whatever it says of itself."""

from __future__ import annotations

import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pacs.dataset import tags
from pacs.dataset.walk import Fragments, Native, Problem, Walked, walk
from tests.builders import BIG_ENDIAN, encoded, fragmented, image
from tests.wire import EXPLICIT_LITTLE, IMPLICIT_LITTLE

JPEG = "1.2.840.10008.1.2.4.50"
SEQUENCE_END = b"\xfe\xff\xdd\xe0\0\0\0\0"
ITEM_OPEN = b"\xfe\xff\x00\xe0\xff\xff\xff\xff"
WHOLE = encoded(
    fragmented(image(SOPInstanceUID="1.2.3", StudyInstanceUID="1.2.4", SeriesInstanceUID="1.2.5"), [b"abc0", b"defg"]),
    JPEG,
)
ITEM_END = b"\xfe\xff\x0d\xe0\0\0\0\0"


def explicit(tag: int, vr: bytes, value: bytes) -> bytes:
    return struct.pack("<HH2sH", tag >> 16, tag & 0xFFFF, vr, len(value)) + value


def open_sequence(tag: int, vr: bytes = b"SQ") -> bytes:
    return struct.pack("<HH2sHI", tag >> 16, tag & 0xFFFF, vr, 0, 0xFFFFFFFF)


def walked(data: bytes, syntax: str = EXPLICIT_LITTLE) -> Walked:
    return walk(memoryview(data), syntax)


@pytest.mark.parametrize("syntax", [EXPLICIT_LITTLE, IMPLICIT_LITTLE, BIG_ENDIAN])
def test_finds_elements_and_native_pixels_in_every_encoding(syntax: str) -> None:
    dataset = image(rows=4, columns=6)
    data = encoded(dataset, syntax)

    found = walked(data, syntax)

    assert found.problem is None
    assert found.end == len(data)
    assert found.elements[tags.PATIENT_ID] == b"P0001 "
    assert (found.number(tags.ROWS), found.number(tags.COLUMNS)) == (4, 6)
    assert isinstance(found.pixels, Native)
    assert found.pixels.length == 4 * 6 * 2
    assert data[found.pixels.offset :] == bytes(data[-48:])


def test_finds_each_fragment() -> None:
    data = encoded(fragmented(image(frames=2), [b"first!", b"second"]), JPEG)

    found = walked(data, JPEG)

    assert found.problem is None
    assert isinstance(found.pixels, Fragments)
    assert [data[at : at + length] for at, length in found.pixels.pieces] == [b"first!", b"second"]


@pytest.mark.parametrize("syntax", [EXPLICIT_LITTLE, IMPLICIT_LITTLE, BIG_ENDIAN])
def test_sees_every_cut_in_a_native_image_but_those_between_elements(syntax: str) -> None:
    data = encoded(image(rows=2, columns=2), syntax)
    whole = {
        walked(data[:length], syntax).end for length in range(len(data)) if not walked(data[:length], syntax).problem
    }

    # The data set is whole only where an element has just ended, and never inside the pixels.
    assert len(whole) == len(image(rows=2, columns=2))
    assert max(whole) < len(data) - 8


def test_sees_every_cut_in_encapsulated_pixels() -> None:
    data = encoded(fragmented(image(), [b"fragment"]), JPEG)
    pixels_at = data.index(b"\xe0\x7f\x10\x00")

    for length in range(pixels_at + 1, len(data)):
        assert walked(data[:length], JPEG).problem is Problem.TRUNCATED


def test_a_length_of_3_gb_is_a_truncation_and_allocates_nothing() -> None:
    data = encoded(image(PixelData=None)) + struct.pack("<HH2sHI", 0x7FE0, 0x10, b"OW", 0, 3 << 30) + bytes(3000)

    found = walked(data)

    assert found.problem is Problem.TRUNCATED
    assert found.pixels is None


def test_walks_nested_sequences_of_undefined_length_and_unknown_vr() -> None:
    inner = struct.pack("<HHI", 0x0009, 0x1002, 4) + b"deep"  # inside UN: implicit VR
    data = (
        open_sequence(0x00081140)
        + (ITEM_OPEN + open_sequence(0x00091001, b"UN") + ITEM_OPEN + inner + ITEM_END + SEQUENCE_END + ITEM_END)
        + SEQUENCE_END
        + explicit(tags.PATIENT_ID, b"LO", b"P1")
    )

    found = walked(data)

    assert found.problem is None
    assert found.elements == {tags.PATIENT_ID: b"P1"}


def test_nothing_of_a_sequence_is_taken_for_the_top_level() -> None:
    data = (
        open_sequence(0x00081140) + ITEM_OPEN + explicit(tags.PATIENT_ID, b"LO", b"ANOTHER ") + ITEM_END + SEQUENCE_END
    )

    assert walked(data).elements == {}


def test_a_sequence_that_never_ends_is_a_truncation() -> None:
    data = open_sequence(0x00081140) + ITEM_OPEN + explicit(0x00081150, b"UI", b"1.2\0") + ITEM_END

    assert walked(data).problem is Problem.TRUNCATED


def test_depth_is_bounded() -> None:
    data = (open_sequence(0x00081140) + ITEM_OPEN) * 10_000

    assert walked(data).problem is Problem.TOO_DEEP


@pytest.mark.parametrize("syntax", [EXPLICIT_LITTLE, IMPLICIT_LITTLE])
def test_the_number_of_elements_is_bounded(syntax: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pacs.dataset.walk.MAX_STEPS", 5)
    data = encoded(image(), syntax)

    assert walked(data, syntax).problem is Problem.TOO_LARGE


def test_zeros_behind_the_last_element_are_padding() -> None:
    data = encoded(image())

    found = walked(data + bytes(1000))

    assert found.problem is None
    assert found.end == len(data)


def test_garbage_behind_the_last_element_is_a_problem() -> None:
    assert walked(encoded(image()) + b"garbage behind the end").problem is not None


def test_a_second_sequence_delimiter_is_let_through() -> None:
    data = encoded(fragmented(image(), [b"fragment"]), JPEG) + SEQUENCE_END

    assert walked(data, JPEG).problem is None


def test_an_element_without_vr_among_explicit_ones_is_read_as_implicit() -> None:
    data = struct.pack("<HHI", 0x0009, 0x1001, 4) + b"odd!" + explicit(tags.PATIENT_ID, b"LO", b"P1")

    found = walked(data)

    assert found.problem is None
    assert found.elements[tags.PATIENT_ID] == b"P1"


@given(st.binary(max_size=400), st.sampled_from([EXPLICIT_LITTLE, IMPLICIT_LITTLE, BIG_ENDIAN, JPEG]))
def test_any_bytes_have_an_answer(data: bytes, syntax: str) -> None:
    found = walked(data, syntax)

    assert 0 <= found.end <= len(data) or found.problem is not None


@given(st.data())
def test_any_damage_has_an_answer(data: st.DataObject) -> None:
    whole = bytearray(WHOLE)
    for _ in range(data.draw(st.integers(1, 8))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))

    found = walked(bytes(whole), JPEG)

    assert found.problem is not None or found.end <= len(whole)


def test_stops_early_when_asked() -> None:
    data = encoded(image())

    found = walk(memoryview(data), EXPLICIT_LITTLE, stop_at=tags.SERIES_INSTANCE_UID)

    assert found.problem is None
    assert tags.STUDY_INSTANCE_UID in found.elements
    assert tags.SERIES_INSTANCE_UID not in found.elements


def test_a_deflated_data_set_is_walked_inflated() -> None:
    data = encoded(image(), "1.2.840.10008.1.2.1.99")

    assert walked(zlib.decompress(data, -zlib.MAX_WBITS), "1.2.840.10008.1.2.1.99").problem is None
