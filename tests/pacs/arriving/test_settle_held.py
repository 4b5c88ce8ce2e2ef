"""A newcomer that is held is a duplicate when elements and pixels are equal, else a conflict; both are kept."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from pacs.arriving.outcome import Reason
from pacs.arriving.settle_held import Settled, settle_held
from pacs.pixels.sameness import Encoded, same_instance
from storage import tables
from storage.index.queries import Instance
from storage.nodes.reader import Bytes, BytesMissing
from storage.objects.store import FolderObjectStore
from tests.archive import OTHER, TOWNSHIP, Archive
from tests.builders import BIG_ENDIAN, DEFLATED, compressed, encoded, fragmented, image, thing
from tests.wire import EXPLICIT_LITTLE, IMPLICIT_LITTLE

UIDS = {"SOPInstanceUID": "1.2.3", "StudyInstanceUID": "1.2.4", "SeriesInstanceUID": "1.2.5"}
RLE = "1.2.840.10008.1.2.5"
JPEG_2000 = "1.2.840.10008.1.2.4.90"
NATIVE = [EXPLICIT_LITTLE, IMPLICIT_LITTLE, BIG_ENDIAN, DEFLATED]


def of_pia(**changed: object) -> Dataset:
    dataset = image(rows=64, columns=64, **(UIDS | changed))
    item = Dataset()
    item.CodeValue = "113691"
    item.CodeMeaning = "体模"
    dataset.AnatomicRegionSequence = Sequence([item])
    dataset.add_new(0x00090010, "LO", "TANG")
    dataset.add_new(0x00091001, "US", 513)
    return dataset


def held_as(syntax: str, **changed: object) -> Encoded:
    dataset = of_pia(**changed)
    if syntax not in NATIVE:
        compressed(dataset, syntax)
    return Encoded(dataset=encoded(dataset, syntax), transfer_syntax=syntax)


@pytest.fixture
def reader(archive: Archive, tmp_path: Path) -> Bytes:
    return Bytes(archive.directory, FolderObjectStore(tmp_path / "objects"), archive.engine)


@pytest.mark.parametrize("other", [*NATIVE, RLE, JPEG_2000])
@pytest.mark.parametrize("one", [EXPLICIT_LITTLE, BIG_ENDIAN, RLE])
def test_the_encoding_makes_no_difference(one: str, other: str) -> None:
    assert same_instance(held_as(one), held_as(other))


@pytest.mark.parametrize(
    "changed",
    [
        {"PatientName": "Quinn"},
        {"InstanceNumber": 2},
        {"Laterality": "L"},
        {"StudyDescription": None},
        {"PixelData": bytes(64 * 64 * 2)},
        {"PixelData": None},
    ],
    ids=["a name", "a number", "an element more", "an element less", "other pixels", "no pixels"],
)
@pytest.mark.parametrize("syntax", [EXPLICIT_LITTLE, IMPLICIT_LITTLE])
def test_any_other_difference_does(changed: dict[str, object], syntax: str) -> None:
    assert not same_instance(held_as(EXPLICIT_LITTLE), held_as(syntax, **changed))


def test_a_difference_inside_a_sequence_is_seen() -> None:
    changed = of_pia()
    changed.AnatomicRegionSequence[0].CodeValue = "113692"

    assert not same_instance(
        held_as(EXPLICIT_LITTLE), Encoded(dataset=encoded(changed), transfer_syntax=EXPLICIT_LITTLE)
    )


def test_other_pixels_under_a_compression_are_seen() -> None:
    assert not same_instance(held_as(EXPLICIT_LITTLE), held_as(RLE, PixelData=bytes(64 * 64 * 2)))


def test_what_cannot_be_decoded_is_not_the_same() -> None:
    broken = Encoded(dataset=encoded(fragmented(of_pia(), [b"no codestream"]), JPEG_2000), transfer_syntax=JPEG_2000)

    assert not same_instance(held_as(EXPLICIT_LITTLE), broken)
    assert same_instance(broken, broken)


def test_what_has_no_structure_is_not_the_same() -> None:
    cut = Encoded(dataset=held_as(EXPLICIT_LITTLE).dataset[:-5], transfer_syntax=EXPLICIT_LITTLE)

    assert not same_instance(held_as(EXPLICIT_LITTLE), cut)


def test_the_same_in_another_syntax_is_a_duplicate(archive: Archive, reader: Bytes, now: datetime) -> None:
    archive.take(thing(of_pia(), EXPLICIT_LITTLE))
    assert archive.take(thing(of_pia(), IMPLICIT_LITTLE)).reason is Reason.HELD

    settled = settle_held(archive.engine, reader, lambda: now)

    assert settled == Settled(duplicates=1)
    assert archive.quarantined()[0]["settled_as"] == "duplicate"
    assert settle_held(archive.engine, reader, lambda: now) == Settled()


def test_something_else_is_a_conflict_and_both_are_kept(archive: Archive, reader: Bytes, now: datetime) -> None:
    archive.take(thing(of_pia()))
    archive.take(thing(of_pia(InstanceNumber=2)))

    assert settle_held(archive.engine, reader, lambda: now) == Settled(conflicts=1)

    (kept,) = archive.quarantined()
    assert (kept["reason"], kept["settled_at"], kept["segment_id"] is not None) == ("conflict_content", None, True)
    assert len(archive.instances()) == 1


def test_a_second_site_gets_a_holding_of_its_own(archive: Archive, reader: Bytes, now: datetime) -> None:
    archive.take(thing(of_pia(IssuerOfPatientID="REGION")))
    assert archive.take(thing(of_pia(IssuerOfPatientID="REGION"), IMPLICIT_LITTLE), OTHER).reason is Reason.HELD

    assert settle_held(archive.engine, reader, lambda: now) == Settled(duplicates=1)

    holdings = {row["site_id"]: row["shared"] for row in archive.rows(tables.holding)}
    assert holdings == {TOWNSHIP.site_id: False, OTHER.site_id: True}


def test_an_instance_of_another_patients_study_is_a_conflict(archive: Archive, reader: Bytes, now: datetime) -> None:
    archive.take(thing(of_pia()))
    archive.take(thing(image(StudyInstanceUID="1.2.4", PatientID="P0002")))

    assert settle_held(archive.engine, reader, lambda: now) == Settled(conflicts=1)


def test_one_that_cannot_be_read_keeps_none_waiting(
    archive: Archive, reader: Bytes, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    for uid in ("1.2.3", "1.2.6"):
        archive.take(thing(of_pia(SOPInstanceUID=uid)))
        archive.take(thing(of_pia(SOPInstanceUID=uid, InstanceNumber=2)))
    read = reader.read

    def lost(instance: Instance, offset: int, length: int) -> bytes:
        if instance.sop_instance_uid == "1.2.3":
            raise BytesMissing
        return read(instance, offset, length)

    monkeypatch.setattr(reader, "read", lost)

    with pytest.raises(ExceptionGroup):
        settle_held(archive.engine, reader, lambda: now)

    found = {row["sop_instance_uid"]: row["reason"] for row in archive.quarantined()}
    assert found == {"1.2.3": "held", "1.2.6": "conflict_content"}


def test_refused_bytes_are_not_compared(archive: Archive, reader: Bytes, now: datetime) -> None:
    archive.take(thing(image(StudyInstanceUID=None)))

    assert settle_held(archive.engine, reader, lambda: now) == Settled()
    assert archive.quarantined()[0]["settled_at"] is None
