"""Frames are found in fragments whatever their tables say, or it is said that they cannot be (PS3.5 A.4)."""

from __future__ import annotations

import struct
from itertools import accumulate

import pytest

from pacs.pixels.encapsulation import Unreadable, frames_of, item
from tests.codestreams import JPEG_2000_LOSSLESS, JPEG_BASELINE, JPEG_LS, RLE, codestream
from tests.pictures_compared import grey_frame

SYNTAXES = (RLE, JPEG_BASELINE, JPEG_LS, JPEG_2000_LOSSLESS)


def streams(syntax: str) -> list[bytes]:
    made = [codestream(grey_frame("u1", 8, number), syntax, bits=8) for number in range(3)]
    return [each + b"\0" * (len(each) % 2) for each in made]


def pieces_of(frames: list[bytes]) -> list[bytes]:
    """Each frame in two fragments, but the second in three."""
    cuts = [(40,), (20, 80), (60,)]
    return [
        frame[start:end]
        for frame, cut in zip(frames, cuts, strict=True)
        for start, end in zip((0, *cut), (*cut, len(frame)), strict=True)
    ]


def value(table: list[int], pieces: list[bytes]) -> bytes:
    return item(struct.pack(f"<{len(table)}I", *table)) + b"".join(item(each) for each in pieces)


def right_table(pieces: list[bytes]) -> list[int]:
    starts = list(accumulate((8 + len(each) for each in pieces), initial=0))
    return [starts[0], starts[2], starts[5]]


@pytest.mark.parametrize("syntax", SYNTAXES)
def test_split_frames_are_joined_by_their_table(syntax: str) -> None:
    frames = streams(syntax)
    pieces = pieces_of(frames)

    assert frames_of(value(right_table(pieces), pieces), 3) == frames


@pytest.mark.parametrize("syntax", SYNTAXES)
@pytest.mark.parametrize(
    "table",
    [[], [0], [0, 4, 8], [0, 10_000_000, 20_000_000], [0, 0, 0], [48, 0, 12], [1, 2, 3, 4, 5, 6]],
    ids=str,
)
def test_a_table_that_is_wrong_is_passed_over(syntax: str, table: list[int]) -> None:
    frames = streams(syntax)

    assert frames_of(value(table, pieces_of(frames)), 3) == frames


def test_a_table_that_points_into_the_middle_of_a_codestream_is_wrong() -> None:
    frames = streams(JPEG_BASELINE)
    pieces = pieces_of(frames)
    starts = list(accumulate((8 + len(each) for each in pieces), initial=0))

    assert frames_of(value([starts[0], starts[1], starts[2]], pieces), 3) == frames


def test_an_extended_table_counts_before_the_basic_one() -> None:
    frames = streams(JPEG_BASELINE)
    pieces = pieces_of(frames)
    extended = struct.pack("<3Q", *right_table(pieces))

    assert frames_of(value([0, 0, 0], pieces), 3, (extended, struct.pack("<3Q", *map(len, frames)))) == frames


def test_one_frame_is_all_its_fragments() -> None:
    (frame, *_) = streams(JPEG_LS)

    assert frames_of(value([], [frame[:30], frame[30:50], frame[50:]]), 1) == [frame]


@pytest.mark.parametrize(
    ("pieces", "frames"),
    [([], 1), ([], 3), ([b"abcd"], 2), ([b"ab", b"cd", b"ef"], 2), ([b"\xff\xd8\xff\xe0", b"ab", b"cd"], 2)],
)
def test_what_cannot_be_told_is_an_error_and_no_empty_frame(pieces: list[bytes], frames: int) -> None:
    with pytest.raises(Unreadable):
        frames_of(value([], pieces), frames)
