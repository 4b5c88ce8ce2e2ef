"""`tierread import`: files come in as from a device, once, however often it is interrupted."""

from __future__ import annotations

import json
import os
import shutil
import stat
import zipfile
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Final

import pytest
import sqlalchemy as sa
from pydicom import Dataset, dcmread, dcmwrite
from pydicom.config import IGNORE
from pydicom.data import get_testdata_file
from pydicom.dataelem import DataElement

from service.commands import import_files
from storage import tables
from storage.database import snapshot
from tests import corpus, engines
from tests.builders import encoded, image, new_uid
from tests.running import TierRead, wait_until

CT = "1.2.840.10008.5.1.4.1.1.2"


@pytest.fixture
def tierread(database_url: str, tmp_path: Path) -> Iterator[TierRead]:
    made = TierRead(tmp_path / "house", database_url=database_url)
    made.admin("org", "add", "T1", "卫生院", "--level", "township")
    yield made
    made.close()


def write(path: Path, **attributes: object) -> Path:
    """A small CT as a PS3.10 file."""
    dataset: Dataset = image(rows=32, columns=32, **attributes)
    path.parent.mkdir(parents=True, exist_ok=True)
    dataset.file_meta = Dataset()  # type: ignore[assignment]
    dataset.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.1"
    dcmwrite(path, dataset, enforce_file_format=True)
    return path


def rows(tierread: TierRead, column: sa.Column[str]) -> list[str]:
    with engines.pointed(tierread.database_url) as engine, snapshot(engine) as tx:
        return sorted(tx.scalars(sa.select(column)).all())


def test_a_folder_comes_in_once_and_what_is_wrong_is_said(tierread: TierRead, tmp_path: Path) -> None:
    folder, study = tmp_path / "cd", new_uid()
    first = write(folder / "1.dcm", StudyInstanceUID=study)
    write(folder / "below" / "2.dcm", StudyInstanceUID=study)
    shutil.copy(first, folder / "once more.dcm")
    other = dcmread(first)
    other.InstanceNumber, other.ImageComments = 9, "another"
    other.save_as(folder / "z other content.dcm")
    (folder / "y cut.dcm").write_bytes(first.read_bytes()[:-100])
    (folder / "README.TXT").write_text("a CD", "utf-8")
    (folder / "unreadable").symlink_to("/proc/self/mem")
    done = tierread.run("import", str(folder), "--site", "T1", "--json")
    told = json.loads(done.stdout)
    again = json.loads(tierread.run("import", str(folder), "--site", "T1", "--json").stdout)
    afresh = json.loads(tierread.run("import", str(folder), "--site", "T1", "--afresh", "--json").stdout)
    words = tierread.run("import", str(folder), "--site", "T1").stdout

    assert (done.returncode, "importing" in done.stderr) == (1, True)
    assert told | {"already_here": 0, "held": 0} == {
        "stored": 2,
        "already_here": 0,
        "held": 0,
        "refused": {"truncated": 1},
        "no_dicom": 1,
        "unread": {"file_unreadable": 1},
        "not_named_by_dicomdir": 0,
        "earlier": 0,
        "stopped": False,
        "shipped_by": "this command",
    }
    assert told["held"] in (1, 2)  # of three under one UID whichever is first is stored
    assert told["held"] + told["already_here"] == 2
    assert again == told | {"earlier": 6}  # what could not be read is tried again, for it is another by now
    assert (afresh["stored"], afresh["held"] + afresh["already_here"]) == (0, 4)
    assert "6 of them were done by an earlier run" in words
    assert len(rows(tierread, tables.instance.c.sop_instance_uid)) == 2
    assert set(rows(tierread, tables.segment.c.state)) <= {"stored", "gone"}


def test_names_of_refused_files_do_not_stay(tierread: TierRead, tmp_path: Path) -> None:
    folder, imports = tmp_path / "cd", tierread.data_dir / "imports"
    folder.mkdir()
    refused = folder / "PIA QUIRK.dcm"
    refused.write_bytes(write(tmp_path / "whole.dcm").read_bytes()[:-100])
    tierread.run("import", str(folder), "--site", "T1")
    (memory,) = imports.glob("*.jsonl")
    (names,) = imports.glob("*.names")
    kept = (memory.read_text(), names.read_text(), stat.S_IMODE(names.stat().st_mode))
    memory.write_text(memory.read_text().replace("}", ', "file": "PIA QUIRK.dcm"}'))  # as it was written before
    again = json.loads(tierread.run("import", str(folder), "--site", "T1", "--json").stdout)
    stripped, told = memory.read_text(), names.read_text()
    refused.unlink()
    other = write(tmp_path / "other.dcm")
    os.utime(names, (0, 0))
    tierread.run("import", str(other), "--site", "T1")

    assert ("PIA" in kept[0], kept[1:]) == (False, ("truncated\tPIA QUIRK.dcm\n", 0o600))
    assert (again["earlier"], "PIA" in stripped, told) == (1, False, kept[1])
    assert list(imports.glob("*.names")) == []


def test_the_files_of_a_directory_come_in_and_missing_ones_are_told(tierread: TierRead, tmp_path: Path) -> None:
    shutil.copytree(Path(str(get_testdata_file("DICOMDIR"))).parent, tmp_path / "cd")
    for one in list((tmp_path / "cd").rglob("*")):
        if one.is_file() and one.name != "DICOMDIR" and one.parent.name == "CR1":
            one.rename(one.with_name(f"{one.name.lower()};1"))
    (gone,) = list((tmp_path / "cd").rglob("6278*"))
    gone.unlink()
    done = tierread.run("import", str(tmp_path / "cd" / "DICOMDIR"), "--site", "T1", "--json")
    told = json.loads(done.stdout)
    below = json.loads(tierread.run("import", str(tmp_path / "cd"), "--site", "T1", "--json").stdout)

    assert (done.returncode, told["unread"]["missing"]) == (1, 1)
    assert told["unread"]["unnamed"] > 1  # the sample has DICOM files that its DICOMDIR does not name
    assert told["stored"] + sum(told["refused"].values()) == 30
    assert below["already_here"] >= told["stored"]
    assert below["no_dicom"] >= 1  # the DICOMDIR itself


def disc(root: Path, mangle: Callable[[list[str]], str | list[str]]) -> Path:
    """A DICOMDIR that names two files in DICOM/A1 as ``mangle`` writes their components."""
    records: list[Dataset] = []
    for number in (1, 2):
        components = ["DICOM", "A1", f"IM{number:06}"]
        file = write(root.joinpath(*components), InstanceNumber=number)
        record = Dataset()
        record.DirectoryRecordType = "IMAGE"
        record[0x00041500] = DataElement(0x00041500, "CS", mangle(components), validation_mode=IGNORE)
        record.ReferencedSOPInstanceUIDInFile = dcmread(file).SOPInstanceUID
        records.append(record)
    directory = Dataset()
    directory.DirectoryRecordSequence = records
    directory.file_meta = Dataset()  # type: ignore[assignment]
    directory.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.1"
    directory.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.1.3.10"
    directory.file_meta.MediaStorageSOPInstanceUID = new_uid()
    dcmwrite(root / "DICOMDIR", directory, enforce_file_format=True)
    return root / "DICOMDIR"


WAYS: Final[Mapping[str, Callable[[list[str]], str | list[str]]]] = {
    "as the standard has it": lambda named: named,
    "with slashes": "/".join,
    "with slashes from here": lambda named: "./" + "/".join(named),
    "with dots": lambda named: [".", *named],
    "from the root": lambda named: ["", *named],
    "with a slash from the root": lambda named: "/" + "/".join(named),
    "half and half": lambda named: ["/".join(named[:2]), named[2]],
    "in lower case": lambda named: [part.lower() for part in named],
    "with an ending": lambda named: [*named[:2], f"{named[2]}.DCM"],
}


def test_a_directory_is_understood_however_it_writes_its_paths(tierread: TierRead, tmp_path: Path) -> None:
    for number, (way, mangle) in enumerate(WAYS.items()):
        done = tierread.run("import", str(disc(tmp_path / str(number), mangle)), "--site", "T1", "--json")

        assert (done.returncode, json.loads(done.stdout)["stored"]) == (0, 2), (way, done.stdout, done.stderr)


def test_what_a_directory_promises_wrongly_or_does_not_name_is_said(tierread: TierRead, tmp_path: Path) -> None:
    def told(directory: Path) -> tuple[int, int, dict[str, int]]:
        done = tierread.run("import", str(directory), "--site", "T1", "--json")
        found = json.loads(done.stdout)
        return done.returncode, found["stored"], found["unread"]

    elsewhere = write(tmp_path / "secret" / "IM1")
    nine = disc(tmp_path / "nine", lambda named: ["X"] * 7 + named)
    out = disc(tmp_path / "out", lambda _: ["..", "secret", "IM1"])
    beside = disc(tmp_path / "beside", lambda named: named)
    write(tmp_path / "beside" / "DICOM" / "A1" / "IM000003")
    (tmp_path / "beside" / "VIEWER.EXE").write_bytes(b"MZ" + bytes(200))
    renamed = disc(tmp_path / "renamed", lambda named: named)
    file = tmp_path / "renamed" / "DICOM" / "A1" / "IM000001"
    file.rename(file.with_name("im000001.dcm"))
    no_dicom = disc(tmp_path / "none", lambda named: named)
    (tmp_path / "none" / "DICOM" / "A1" / "IM000001").write_text("a letter")

    assert elsewhere.exists()
    assert told(nine) == (1, 0, {"missing": 2, "unnamed": 2})
    assert told(out) == (1, 0, {"unsafe_name": 2, "unnamed": 2})
    assert told(beside) == (1, 2, {"unnamed": 1})
    assert told(renamed) == (0, 2, {})
    assert told(no_dicom) == (1, 1, {"not_as_named": 1})


@pytest.mark.parametrize("packed", [False, True], ids=["folder", "zip"])
def test_a_folder_or_zip_says_what_its_directory_promises_and_has_not(
    tierread: TierRead, tmp_path: Path, packed: bool
) -> None:
    disc(tmp_path / "many" / "one", lambda named: [part.lower() for part in named])
    (tmp_path / "many" / "one" / "DICOM" / "A1" / "IM000002").unlink()
    write(tmp_path / "many" / "one" / "DICOM" / "A1" / "IM000003")
    disc(tmp_path / "many" / "two", lambda named: named)
    write(tmp_path / "many" / "alone" / "IM1")
    source = tmp_path / "many"
    if packed:
        source = Path(shutil.make_archive(str(tmp_path / "packed"), "zip", tmp_path / "many"))
    done = tierread.run("import", str(source), "--site", "T1", "--json")
    told = json.loads(done.stdout)
    again = tierread.run("import", str(source), "--site", "T1")
    names = Path(again.stdout.rpartition("Which files: ")[2].strip()).read_text()

    assert (done.returncode, told["stored"], told["unread"]) == (1, 5, {"missing": 1}), done.stdout
    assert told["not_named_by_dicomdir"] == 1
    assert "1 files named by the DICOMDIR and not there." in again.stdout
    assert sorted(line.partition("\t")[0] for line in names.splitlines()) == ["missing", "not_named_by_dicomdir"]
    assert "missing\tone/dicom/a1/im000002" in names
    assert "one/DICOM/A1/IM000003" in names


def test_a_directory_that_cannot_be_read_is_said_of_a_folder(tierread: TierRead, tmp_path: Path) -> None:
    whole = disc(tmp_path / "cd", lambda named: named)
    whole.write_bytes(whole.read_bytes()[:-40])
    done = tierread.run("import", str(tmp_path / "cd"), "--site", "T1", "--json")
    told = json.loads(done.stdout)

    assert (done.returncode, told["stored"], told["unread"]) == (1, 2, {"broken_dicomdir": 1})


def test_files_without_a_preamble_come_in_where_they_are_data_sets(tierread: TierRead, tmp_path: Path) -> None:
    folder = tmp_path / "old"
    with_meta = write(folder / "meta").read_bytes()
    (folder / "meta").write_bytes(with_meta[128 + 4 :])
    for name, syntax in (("explicit", "1.2.840.10008.1.2.1"), ("implicit", "1.2.840.10008.1.2")):
        (folder / name).write_bytes(encoded(image(rows=32, columns=32), syntax))
    (folder / "readme.txt").write_text("look at the pictures" * 20)
    well = tierread.run("import", str(folder), "--site", "T1", "--json")
    (folder / "letter.dcm").write_text("no picture" * 20)
    (folder / "._letter.dcm").write_bytes(bytes(4096))
    (folder / "cut").write_bytes(encoded(image(rows=32, columns=32))[:700])
    left = json.loads((done := tierread.run("import", str(folder), "--site", "T1", "--json")).stdout)
    zipped = tmp_path / "old.zip"
    with zipfile.ZipFile(zipped, "w") as archive:
        for file in folder.iterdir():
            archive.write(file, file.name)
    same = json.loads(tierread.run("import", str(zipped), "--site", "T1", "--json").stdout)

    assert (well.returncode, json.loads(well.stdout)["stored"], json.loads(well.stdout)["no_dicom"]) == (0, 3, 1)
    assert (done.returncode, left["stored"], left["unread"]) == (1, 3, {"not_as_named": 1})
    assert sum(left["refused"].values()) == 1
    assert (same["already_here"], same["unread"]) == (3, {"not_as_named": 1})
    kept = tierread.run("import", str(folder / "explicit"), "--site", "T1", "--json")
    assert (kept.returncode, json.loads(kept.stdout)["already_here"]) == (0, 1)


def test_a_zip_comes_in_and_what_leads_out_of_it_does_not(tierread: TierRead, tmp_path: Path) -> None:
    one, two = write(tmp_path / "1.dcm"), write(tmp_path / "2.dcm")
    inner = BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        archive.write(two, "2.dcm")
    with zipfile.ZipFile(tmp_path / "cd.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(one, "DICOM/1.dcm")
        archive.write(two, "../2.dcm")
        archive.writestr("inner.zip", inner.getvalue())
    done = tierread.run("import", str(tmp_path / "cd.zip"), "--site", "T1", "--json")
    told = json.loads(done.stdout)

    assert (done.returncode, told["stored"], told["no_dicom"], told["unread"]) == (1, 1, 1, {"unsafe_name": 1})


@pytest.mark.timeout(180)
def test_killed_in_the_middle_it_goes_on_and_stores_nothing_twice(tierread: TierRead, tmp_path: Path) -> None:
    folder, study = tmp_path / "archive", new_uid()
    sent = [str(dcmread(write(folder / f"{n}.dcm", StudyInstanceUID=study)).SOPInstanceUID) for n in range(150)]
    kills = 0
    for enough in (20, 60):
        tierread.start("import", str(folder), "--site", "T1", ready=False)
        wait_until(partial(enough_done, tierread, enough))
        assert tierread.process is not None
        kills += tierread.process.poll() is None
        tierread.kill()
    half = len(rows(tierread, tables.instance.c.sop_instance_uid))
    finished = tierread.run("import", str(folder), "--site", "T1", "--json")
    told = json.loads(finished.stdout)

    assert (kills >= 1, half >= 20) == (True, True)
    assert (finished.returncode, told["stored"] + told["already_here"], told["earlier"] >= 20) == (0, 150, True)
    assert rows(tierread, tables.instance.c.sop_instance_uid) == sorted(sent)
    assert tierread.run("verify").returncode == 0


def enough_done(tierread: TierRead, enough: int) -> bool:
    assert tierread.process is not None
    lines = sum(path.read_bytes().count(b"\n") for path in (tierread.data_dir / "imports").glob("*.jsonl"))
    return lines > enough or tierread.process.poll() is not None


def test_whose_they_are_is_said_and_checked(tierread: TierRead, tmp_path: Path) -> None:
    write(tmp_path / "cd" / "1.dcm", PatientID="P1")
    tierread.admin("org", "add", "T2", "邻镇卫生院", "--level", "township")
    tierread.admin("device", "add", "DR_T2", "--host", "127.0.0.1", "--site", "T2")
    codes = [
        tierread.run("import", str(tmp_path / "cd"), *arguments).returncode
        for arguments in (
            ("--site", "NONE"),
            ("--site", "T1", "--device", "DR_T2"),
            ("--site", "T1", "--device", "NOBODY"),
        )
    ]
    nothing = tierread.run("import", str(tmp_path / "nowhere"), "--site", "T1").returncode
    taken = tierread.run("import", str(tmp_path / "cd"), "--site", "T2", "--device", "DR_T2", "--issuer", "CITY-1")

    assert (codes, nothing, taken.returncode) == ([4, 4, 4], 2, 0)
    assert rows(tierread, tables.study.c.received_issuer) == ["CITY-1"]


@pytest.mark.timeout(120)
def test_a_folder_without_dicom_is_named_and_exits_with_1(tierread: TierRead, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    empty = tierread.run("import", str(tmp_path / "empty"), "--site", "T1")
    (tmp_path / "empty" / "letter.txt").write_text("no picture")
    letters = tierread.run("import", str(tmp_path / "empty"), "--site", "T1")

    assert (empty.returncode, letters.returncode) == (1, 1)
    assert f"{tmp_path / 'empty'} holds no DICOM file: nothing was imported" in empty.stdout
    assert "holds no DICOM file, 1 others" in letters.stdout


def test_beside_a_running_service_what_was_imported_becomes_a_case(tierread: TierRead, tmp_path: Path) -> None:
    tierread.start()
    cast = tierread.cast()
    write(tmp_path / "cd" / "1.dcm", PatientID="P1")
    told = json.loads(tierread.run("import", str(tmp_path / "cd"), "--site", "TOWN", "--json").stdout)
    ada = tierread.sign_in(cast.ada)
    cases = wait_until(lambda: ada.get("/api/cases").json().get("cases") or ada.get("/api/cases").json().get("items"))
    wait_until(lambda: "stored" in rows(tierread, tables.segment.c.state), what="a stored segment")

    assert (told["stored"], told["shipped_by"], len(cases)) == (1, "tierread serve", 1)


@pytest.mark.timeout(240)
def test_every_file_of_the_corpus_is_accounted_for(tmp_path: Path) -> None:
    every = corpus.files()
    tierread = TierRead(tmp_path / "house")
    tierread.admin("org", "add", "T1", "卫生院", "--level", "township")
    folder = tmp_path / "corpus"
    for number, one in enumerate(every):
        (folder / f"{number // 100}").mkdir(parents=True, exist_ok=True)
        shutil.copy(one.path, folder / f"{number // 100}" / f"{number}.dcm")
    told = json.loads(tierread.run("import", str(folder), "--site", "T1", "--json").stdout)
    afresh = json.loads(tierread.run("import", str(folder), "--site", "T1", "--json", "--afresh").stdout)
    stored = len(rows(tierread, tables.instance.c.sop_instance_uid))
    taken = told["stored"] + told["already_here"] + told["held"] + sum(told["refused"].values())
    accounted = taken + told["no_dicom"] + told["unread"].get("not_as_named", 0)

    assert (accounted, set(told["unread"]) - {"not_as_named"}, told["stopped"]) == (len(every), set(), False)
    assert told["stored"] == stored > len(every) / 2
    assert (afresh["stored"], afresh["refused"], afresh["no_dicom"]) == (0, told["refused"], told["no_dicom"])
    assert len(rows(tierread, tables.instance.c.sop_instance_uid)) == stored
    print(f"of {len(every)} files of the corpus: {told}")


def test_whatever_may_become_of_a_file_has_words() -> None:
    assert {*import_files._REFUSED, *import_files._UNREAD} == set(import_files.SENTENCES)
