"""An instance leaves in pieces: frame by frame, and as pydicom would write it whole."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from copy import deepcopy
from datetime import UTC, datetime
from io import BytesIO

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset, FileDataset
from pydicom.encaps import encapsulate, encapsulate_extended, generate_frames

from pacs.leaving.corrections import Correction
from pacs.leaving.outgoing_file import outgoing_dataset, outgoing_file
from pacs.pixels.memory import MEMORY, TooLarge
from pacs.pixels.opened import EXPLICIT_BIG, EXPLICIT_LITTLE, IMPLICIT_LITTLE, StoredInstance
from pacs.pixels.transcode import NotDecodable
from tests.archive import Archive
from tests.builders import DEFLATED, compressed, fragmented, image, thing
from tests.reading_bytes import bytes_of
from tests.written import meta_end

RLE = "1.2.840.10008.1.2.5"
JPEG = "1.2.840.10008.1.2.4.50"
BEHIND = (0x7FE11010, "LT", "behind:陈大海")
"""An element behind the pixel data, with text in the character set of the data set."""


@pytest.fixture
def little_memory() -> Iterator[None]:
    """As if the process had 4 MiB for pixels."""
    before = MEMORY.most_for_one * 4 // 3
    MEMORY.limit(4 << 20)
    yield
    MEMORY.limit(before)


def noise(*, rows: int = 8, columns: int = 8, frames: int | None = None, **shown: object) -> Dataset:
    made = image(rows=rows, columns=columns, frames=frames, **shown)
    made.PixelData = np.random.default_rng(7).integers(0, 1000, rows * columns * (frames or 1), "<u2").tobytes()
    return made


def codestreams(made: Dataset) -> list[bytes]:
    return list(generate_frames(made.PixelData, number_of_frames=int(made.get("NumberOfFrames", 1))))


def with_behind(dataset: Dataset) -> Dataset:
    dataset.add_new(0x7FE10010, "LO", "TEST")
    dataset.add_new(*BEHIND)
    return dataset


def opened(archive: Archive, dataset: Dataset, syntax: str) -> StoredInstance:
    outcome = archive.take(thing(dataset, syntax))
    assert outcome.accepted, outcome.reason
    return StoredInstance(*bytes_of(archive, outcome.sop_instance_uid))


def read(pieces: Iterator[bytes]) -> FileDataset:
    return dcmread(BytesIO(b"".join(pieces)))


@pytest.mark.parametrize("wanted", [EXPLICIT_LITTLE, IMPLICIT_LITTLE])
@pytest.mark.parametrize("syntax", [RLE, EXPLICIT_LITTLE, IMPLICIT_LITTLE, EXPLICIT_BIG, DEFLATED])
def test_every_element_and_pixel_arrives(small_archive: Archive, syntax: str, wanted: str) -> None:
    sent = with_behind(noise(frames=3))
    stored = opened(small_archive, compressed(deepcopy(sent), RLE) if syntax == RLE else sent, syntax)

    found = read(outgoing_file(stored, None, wanted))

    assert found.file_meta.TransferSyntaxUID == wanted
    assert found.PixelData == sent.PixelData
    assert found[BEHIND[0]].value in (BEHIND[2], BEHIND[2].encode(), BEHIND[2].encode("gb18030"))
    assert (found.NumberOfFrames, found.PatientName) == (3, sent.PatientName)


@pytest.mark.parametrize("syntax", [RLE, EXPLICIT_LITTLE, IMPLICIT_LITTLE, EXPLICIT_BIG, DEFLATED])
def test_a_correction_leaves_the_pixels_in_their_syntax(small_archive: Archive, syntax: str) -> None:
    sent = with_behind(noise(frames=3))
    stored = opened(small_archive, compressed(deepcopy(sent), RLE) if syntax == RLE else sent, syntax)
    right = Correction(
        attributes={"PatientName": "Li^Na=李^娜"}, revision=1, reason="wrong", made_at=datetime(2026, 3, 2, tzinfo=UTC)
    )

    whole = b"".join(outgoing_file(stored, right))
    found, before = dcmread(BytesIO(whole)), dcmread(BytesIO(stored.file_bytes()))

    assert found.file_meta.TransferSyntaxUID == syntax
    assert str(found.PatientName) == "Li^Na=李^娜"
    assert found.PixelData == before.PixelData
    assert found[BEHIND[0]].value in (BEHIND[2], BEHIND[2].encode())
    assert b"".join(outgoing_dataset(stored, right))[100:] == whole[meta_end(whole) :][100:]


def test_an_extended_offset_table_stays_behind_with_the_fragments(small_archive: Archive) -> None:
    sent = noise(frames=2)
    made = compressed(deepcopy(sent), RLE)
    streams = codestreams(made)
    made.PixelData, table, lengths = encapsulate_extended(streams)
    made.ExtendedOffsetTable, made.ExtendedOffsetTableLengths = table, lengths
    stored = opened(small_archive, made, RLE)

    found = read(outgoing_file(stored, None, EXPLICIT_LITTLE))

    assert found.PixelData == sent.PixelData
    assert "ExtendedOffsetTable" not in found


def test_one_frame_in_several_fragments_is_read_whole(small_archive: Archive) -> None:
    sent = noise(rows=64, columns=64)
    (stream,) = codestreams(compressed(deepcopy(sent), RLE))
    half = len(stream) // 4 * 2
    made = fragmented(compressed(deepcopy(sent), RLE), [stream[:half], stream[half:]])

    found = read(outgoing_file(opened(small_archive, made, RLE), None, EXPLICIT_LITTLE))

    assert found.PixelData == sent.PixelData


def test_a_file_with_a_broken_frame_does_not_begin(small_archive: Archive) -> None:
    sent = noise(rows=32, columns=32, frames=3)
    streams = codestreams(compressed(deepcopy(sent), RLE))
    made = compressed(deepcopy(sent), RLE)
    made.PixelData = encapsulate([streams[0], streams[1], b"\0" * 64])
    stored = opened(small_archive, made, RLE)

    with pytest.raises(NotDecodable):
        next(outgoing_file(stored, None, EXPLICIT_LITTLE))


def test_many_frames_take_the_memory_of_few(archive: Archive) -> None:
    """Forty frames of 1 MB; held together they would take 40 MB."""
    sent = image(rows=1024, columns=512, frames=40)
    sent.PixelData = bytes(40 << 20)
    stored = opened(archive, compressed(deepcopy(sent), RLE), RLE)
    tracemalloc.start()
    try:
        length = sum(len(piece) for piece in outgoing_file(stored, None, EXPLICIT_LITTLE))
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert length > 40 << 20
    assert most < 38 << 20  # 32 MiB are kept from the check


@pytest.mark.usefixtures("little_memory")
def test_a_frame_beyond_the_memory_of_one_request_is_refused(small_archive: Archive) -> None:
    sent = image(rows=2048, columns=1024)
    sent.PixelData = bytes(4 << 20)
    stored = opened(small_archive, compressed(deepcopy(sent), RLE), RLE)

    with pytest.raises(TooLarge):
        next(outgoing_file(stored, None, EXPLICIT_LITTLE))


def test_memory_is_given_back_when_the_receiver_goes(small_archive: Archive) -> None:
    sent = noise(rows=256, columns=256, frames=20)
    pieces = outgoing_file(opened(small_archive, compressed(deepcopy(sent), RLE), RLE), None, EXPLICIT_LITTLE)
    next(pieces)
    assert MEMORY.held > 0

    pieces.close()  # type: ignore[attr-defined] # a generator

    assert MEMORY.held == 0
