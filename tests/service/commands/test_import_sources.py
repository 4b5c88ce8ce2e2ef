"""What an import reads from: bounded, and never out of its place."""

from __future__ import annotations

import io
import struct
import zipfile
from pathlib import Path

import pytest

from pacs.arriving import media
from service.commands import import_sources
from service.commands.import_sources import Broken, Source, TooLarge, Unfit, source_of
from tests.service.commands.test_import_run import disc, write


def zipped(path: Path, *files: tuple[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files:
            archive.writestr(name, content)
    return path


def read(source: Source, number: int = 0) -> bytes:
    with source.open(list(source.items())[number]) as file:
        content = io.BytesIO()
        while chunk := file.read(1 << 20):
            content.write(chunk)
    return content.getvalue()


def test_a_folder_gives_its_files_in_order_and_what_lies_below(tmp_path: Path) -> None:
    (tmp_path / "b" / "c").mkdir(parents=True)
    for name in ("z", "a", "b/c/d"):
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "loop").symlink_to(tmp_path)
    with source_of(tmp_path) as source:
        assert [item.name for item in source.items()] == ["a", "z", "b/c/d"]


def test_a_zip_gives_its_files_without_unpacking_them_to_a_disk(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", ("one.dcm", b"1" * 100), ("folder/", b""), ("two.dcm", b"2"))
    with source_of(path) as source:
        assert [(item.name, item.size) for item in source.items()] == [("0:one.dcm", 100), ("1:two.dcm", 1)]
        assert read(source, 1) == b"2"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("name", ["../evil.dcm", "a/../../evil.dcm", "/etc/evil.dcm", "..\\evil.dcm"])
def test_names_that_lead_out_of_a_zip_are_not_read(tmp_path: Path, name: str) -> None:
    with source_of(zipped(tmp_path / "a.zip", (name, b"x"))) as source:
        assert [item.problem for item in source.items()] == ["unsafe_name"]


def test_a_zip_that_grows_too_much_is_not_opened(tmp_path: Path) -> None:
    path = zipped(tmp_path / "bomb.zip", *[(f"{number}.dcm", bytes(64 << 20)) for number in range(6)])
    with pytest.raises(Unfit, match="more than it may"), source_of(path):
        pass


def test_a_zip_that_lies_about_its_sizes_is_read_no_further_than_it_says(tmp_path: Path) -> None:
    path = zipped(tmp_path / "liar.zip", ("1.dcm", bytes(10 << 20)))
    content = bytearray(path.read_bytes())
    directory = content.rfind(b"PK\x01\x02")
    content[directory + 24 : directory + 28] = struct.pack("<I", 100)
    path.write_bytes(content)
    with source_of(path) as source, pytest.raises(Broken):
        read(source)


def test_all_that_is_read_of_a_zip_together_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_sources, "FREE_BYTES", 1000)
    monkeypatch.setattr(import_sources, "MOST_TIMES", 1)
    path = zipped(tmp_path / "a.zip", ("1.dcm", bytes(900)))
    with source_of(path) as source:
        once = len(read(source))
        with pytest.raises(TooLarge):
            read(source)

    assert once == 900


def test_a_list_of_files_that_fills_the_memory_is_not_read(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", ("1.dcm", b"x"))
    content = bytearray(path.read_bytes())
    end = content.rfind(b"PK\x05\x06")
    content[end + 12 : end + 16] = struct.pack("<I", 1 << 30)
    path.write_bytes(content)
    with pytest.raises(Unfit, match="200000"), source_of(path):
        pass


@pytest.mark.parametrize("content", [b"", b"nothing of ours", b"PK\x03\x04 cut short"])
def test_what_is_none_of_them_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "file").write_bytes(content)
    with pytest.raises(Unfit), source_of(tmp_path / "file"):
        pass


def test_a_directory_is_the_file_that_was_named_whatever_it_is_listed_as(tmp_path: Path) -> None:
    """On a medium without case `dicomdir` opens, and `DICOMDIR` is listed."""
    named = disc(tmp_path, lambda named: named)
    write(tmp_path / "DICOM" / "A1" / "IM000003")
    with source_of(named) as source:
        named.rename(tmp_path / "Dicomdir")
        told = [(item.name, item.problem) for item in source.items()]

    assert told == [("DICOM/A1/IM000001", ""), ("DICOM/A1/IM000002", ""), ("DICOM/A1/IM000003", "unnamed")]


def test_a_directory_with_two_names_is_read_once(tmp_path: Path) -> None:
    named = disc(tmp_path, lambda named: ["X", *named])
    other = tmp_path / "dicomdir"
    other.hardlink_to(named)
    with source_of(other) as source:
        told = [item.problem for item in source.items()]

    assert told == ["missing", "missing", "unnamed", "unnamed"]


def test_without_its_directory_nothing_of_a_medium_is_read(tmp_path: Path) -> None:
    named = disc(tmp_path, lambda named: named)
    with source_of(named) as source:
        named.unlink()
        with pytest.raises(media.UnreadableDicomdir):
            next(iter(source.items()))
