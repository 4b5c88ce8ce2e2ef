"""multipart/related is read from any chunks, within bounds, and what stops is abandoned."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pacs.dicomweb.multipart import BadMultipart, Reader, body_of, media_type


class Collected:
    def __init__(self, into: list[bytes], abandoned: list[bytes]) -> None:
        self.into = into
        self.abandoned = abandoned
        self.content = b""

    def write(self, chunk: memoryview) -> None:
        self.content += bytes(chunk)

    def end(self) -> None:
        self.into.append(self.content)

    def abandon(self) -> None:
        self.abandoned.append(self.content)


class Collector:
    def __init__(self, boundary: str = "edge") -> None:
        self.ended: list[bytes] = []
        self.abandoned: list[bytes] = []
        self.headers: list[Mapping[str, str]] = []
        self.reader = Reader(boundary, self.begin)

    def begin(self, header: Mapping[str, str]) -> Collected:
        self.headers.append(header)
        return Collected(self.ended, self.abandoned)


@given(
    parts=st.lists(st.binary(max_size=200) | st.just(b"\r\n--edg\r\n--edge"[:9]), max_size=5),
    cuts=st.lists(st.integers(1, 40), min_size=1, max_size=50),
)
def test_what_was_written_is_read_whatever_the_chunks(parts: list[bytes], cuts: list[int]) -> None:
    boundary = "a-boundary-that-no-content-has"
    body = (
        body_of(boundary, [("application/dicom", part) for part in parts])
        if parts
        else b"--" + boundary.encode() + b"--"
    )
    collector = Collector(boundary)
    at = turn = 0
    while at < len(body):
        step = cuts[turn % len(cuts)]
        collector.reader.feed(body[at : at + step])
        at, turn = at + step, turn + 1
    collector.reader.close()

    assert collector.ended == parts
    assert all(header == {"content-type": "application/dicom"} for header in collector.headers)


def test_a_body_that_stops_abandons_its_part() -> None:
    collector = Collector()
    collector.reader.feed(b"--edge\r\nContent-Type: application/dicom\r\n\r\nhalf of it")
    with pytest.raises(BadMultipart):
        collector.reader.close()

    assert collector.ended == []
    assert len(collector.abandoned) == 1


def test_a_preamble_and_an_epilogue_are_passed_over() -> None:
    collector = Collector()
    collector.reader.feed(b"to whom it may concern\r\n--edge  \r\n\r\nA\r\n--edge--\r\nfarewell" + b"x" * 100_000)
    collector.reader.close()

    assert collector.ended == [b"A"]


@pytest.mark.parametrize(
    "body",
    [
        b"--edge\r\nX: " + b"y" * 10_000,
        b"--edge" + b"z" * 10_000,
        b"--edgewise\r\n\r\n",
    ],
)
def test_a_header_without_end_is_refused_early(body: bytes) -> None:
    collector = Collector()
    with pytest.raises(BadMultipart):
        collector.reader.feed(body)


@pytest.mark.parametrize("boundary", ["", "b" * 71])
def test_a_boundary_has_one_to_seventy_characters(boundary: str) -> None:
    with pytest.raises(BadMultipart):
        Collector(boundary)


def test_a_quoted_parameter_keeps_its_semicolons() -> None:
    found = media_type('multipart/related; type="image/jphc;transfer-syntax=1.2"; boundary="a;b"')

    assert found.name == "multipart/related"
    assert found.parameters == {"type": "image/jphc;transfer-syntax=1.2", "boundary": "a;b"}
