"""An export is a zip of PS3.10 files with a DICOMDIR that other readers understand, and its names say nothing."""

from __future__ import annotations

import subprocess
import tracemalloc
import zipfile
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import pydicom
import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.fileset import FileSet
from pydicom.uid import UID, JPEG2000Lossless

from pacs.leaving.corrections import Correction
from pacs.leaving.placement import corrections
from pacs.leaving.zip_export import MOST_BYTES, Item, TooLarge, zip_stream
from storage.database import snapshot, transaction
from storage.decisions.placement import apply
from storage.decisions.placement_changes import SeriesMoved, StudyMade
from storage.index.queries import instances_in, study_of
from storage.nodes.reader import Bytes
from storage.objects.store import FolderObjectStore
from tests.archive import Archive
from tests.builders import BIG_ENDIAN, DEFLATED, compressed, image, new_uid, thing
from tests.conftest import need_tool
from tests.pacs.objects import SOP_CLASSES, of_kind
from tests.storage.instances import seen_whole
from tests.wire import EXPLICIT_LITTLE, IMPLICIT_LITTLE

CORRECTION = Correction(
    attributes={"PatientName": "Li^Na=李^娜", "PatientID": "P0001"},
    revision=1,
    reason="wrong worklist entry",
    made_at=datetime(2026, 3, 2, 9, 30, tzinfo=UTC),
)


def pieces(archive: Archive, *studies: str, correction: Correction | None = None) -> Iterator[bytes]:
    bytes_ = Bytes(archive.directory, FolderObjectStore(archive.directory / "none"), archive.engine)
    items: list[Item] = []
    with snapshot(archive.engine) as tx:
        for uid in studies:
            study, there = study_of(tx, uid), instances_in(tx, seen_whole(uid), uid)
            assert study is not None
            made = corrections(tx, study, correction, there)
            items += [Item(instance=one, correction=each) for one, each in zip(there, made, strict=True)]
    return zip_stream(bytes_, items, new_uid)


def unpacked(made: Iterator[bytes], folder: Path) -> list[str]:
    """Unpacks a zip; the names in it, in their order."""
    with zipfile.ZipFile(BytesIO(b"".join(made))) as archive:
        assert archive.testzip() is None
        archive.extractall(folder)
        return archive.namelist()


@contextmanager
def file_set(folder: Path) -> Generator[FileSet]:
    """The file-set as pydicom finds it by following the offsets of its directory."""
    found = FileSet(folder / "DICOMDIR")
    yield found
    found._stage["t"].cleanup()  # it makes a folder for what might be staged, and leaves it to the collector


def send(archive: Archive, *images: Dataset, syntax: str = EXPLICIT_LITTLE) -> None:
    for one in images:
        assert archive.take(thing(one, syntax)).accepted


def wrong_person(archive: Archive) -> str:
    """A study of many kinds, syntaxes and series under a wrong name; its UID."""
    first = image(PatientName="Wang^Wu=王^五", PatientID="P0666", InstanceNumber=1)
    same: dict[str, Any] = {
        "StudyInstanceUID": first.StudyInstanceUID,
        "PatientName": first.PatientName,
        "PatientID": "P0666",
    }
    send(archive, first)
    for number, syntax in enumerate((IMPLICIT_LITTLE, BIG_ENDIAN, DEFLATED), start=2):
        send(archive, image(**same, SeriesInstanceUID=first.SeriesInstanceUID, InstanceNumber=number), syntax=syntax)
    packed = image(**same, rows=64, columns=64, InstanceNumber=9)
    send(archive, compressed(packed, JPEG2000Lossless), syntax=JPEG2000Lossless)
    send(archive, *(of_kind(kind, first) for kind in SOP_CLASSES))
    return str(first.StudyInstanceUID)


def test_other_readers_understand_the_directory_and_find_every_file(small_archive: Archive, tmp_path: Path) -> None:
    study = wrong_person(small_archive)
    folder = tmp_path / "unpacked"
    names = unpacked(pieces(small_archive, study, correction=CORRECTION), folder)
    listing = subprocess.run(
        [need_tool("dcmdump"), "+U8", str(folder / "DICOMDIR")], check=True, capture_output=True, text=True
    ).stdout
    with file_set(folder) as found:
        files = [one.load() for one in found]

    assert names[-1] == "DICOMDIR"
    assert all(part.isalnum() and part.isupper() for name in names for part in name.split("/"))
    assert len(files) == len(names) - 1 == 5 + len(SOP_CLASSES)
    assert {str(one.PatientName) for one in files} == {"Li^Na=李^娜"}
    assert {one.StudyInstanceUID for one in files} == {study}
    kinds = {line.split("[")[1].split("]")[0] for line in listing.splitlines() if "(0004,1430)" in line}
    assert kinds == {
        "PATIENT", "STUDY", "SERIES", "IMAGE", "PRESENTATION", "KEY OBJECT DOC", "SR DOCUMENT", "ENCAP DOC",
        "WAVEFORM", "RT STRUCTURE SET", "RT PLAN", "RT DOSE",
    }  # fmt: skip
    syntaxes = {one.file_meta.TransferSyntaxUID for one in files}
    assert syntaxes == {EXPLICIT_LITTLE, str(JPEG2000Lossless)}
    for path in folder.rglob("*"):
        content = path.read_bytes() if path.is_file() else b""
        assert not any(trace in content for trace in (b"Wang", "王".encode(), b"P0666")), path
    _dcmtk_adds_to_it(folder)


def _dcmtk_adds_to_it(folder: Path) -> None:
    """Dcmmkdir reads the directory, checks it and the files that it names, and puts one more in."""
    more = image()
    more.file_meta = FileMetaDataset()
    more.file_meta.TransferSyntaxUID = UID(EXPLICIT_LITTLE)
    more.StudyID, more.SeriesNumber = "1", 1
    pydicom.dcmwrite(folder / "DICOM" / "MORE", more, enforce_file_format=True)
    ran = subprocess.run(
        [need_tool("dcmmkdir"), "+A", "+m", "+I", "+D", "DICOMDIR", "DICOM/MORE"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )

    assert ran.returncode == 0, ran.stderr
    with file_set(folder) as found:
        assert len(found) == 6 + len(SOP_CLASSES)


def test_what_was_not_corrected_goes_out_as_it_came_and_what_was_moved_as_of_its_place(
    small_archive: Archive, tmp_path: Path
) -> None:
    first = image()
    second = image(StudyInstanceUID=first.StudyInstanceUID, InstanceNumber=2)
    send(small_archive, first, second)
    moved = new_uid()
    with transaction(small_archive.engine) as tx:
        apply(
            tx,
            [
                StudyMade(study_uid=moved, like=first.StudyInstanceUID),
                SeriesMoved(series_uid=second.SeriesInstanceUID, from_study=first.StudyInstanceUID, to_study=moved),
            ],
            datetime(2026, 3, 2, tzinfo=UTC),
        )
    unpacked(pieces(small_archive, first.StudyInstanceUID, moved), tmp_path / "unpacked")
    with file_set(tmp_path / "unpacked") as listed:
        found = {str(one.SOPInstanceUID): (Path(one.path).read_bytes(), one.load()) for one in listed}
    stayed, went = found[first.SOPInstanceUID], found[second.SOPInstanceUID]

    assert stayed[0].endswith(thing(first).dataset)
    assert went[1].StudyInstanceUID == moved


def test_a_large_export_needs_no_memory_of_its_size(small_archive: Archive) -> None:
    first = image(rows=1024, columns=1024, InstanceNumber=1)
    for number in range(1, 13):
        one = image(rows=1024, columns=1024, StudyInstanceUID=first.StudyInstanceUID, InstanceNumber=number)
        send(small_archive, one)
    tracemalloc.start()
    size = sum(len(piece) for piece in pieces(small_archive, first.StudyInstanceUID))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert size > 12 * 2 * 1024 * 1024
    assert peak < 8 << 20


def test_too_much_is_refused_before_anything_is_sent(small_archive: Archive) -> None:
    first = image()
    send(small_archive, first)
    with snapshot(small_archive.engine) as tx:
        (there,) = instances_in(tx, seen_whole(first.StudyInstanceUID), first.StudyInstanceUID)
    bytes_ = Bytes(small_archive.directory, FolderObjectStore(small_archive.directory / "none"), small_archive.engine)
    many = [Item(instance=there, correction=None)] * (MOST_BYTES // there.size + 1 if there.size > 1 << 20 else 20_001)

    with pytest.raises(TooLarge):
        zip_stream(bytes_, many, new_uid)
