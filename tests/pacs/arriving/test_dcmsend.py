"""DCMTK's dcmsend, which negotiates for itself what a folder of files needs."""

from __future__ import annotations

import subprocess
from pathlib import Path

from pacs.dataset.part10 import head
from tests.archive import Archive
from tests.builders import CT, DX, compressed, image, thing
from tests.conftest import need_tool
from tests.wire import Object

RLE = "1.2.840.10008.1.2.5"


def test_a_folder_of_several_kinds_is_stored_in_one_call(small_archive: Archive, tmp_path: Path) -> None:
    sent = [thing(image()), thing(image(SOPClassUID=DX)), thing(compressed(image(SOPClassUID=CT), RLE), RLE)]
    folder = tmp_path / "files"
    folder.mkdir()
    for number, one in enumerate(sent):
        (folder / f"{number}.dcm").write_bytes(file_of(one))
    with small_archive.listening() as listener:
        port = str(listener.address[1])
        done = subprocess.run(
            [
                *(need_tool("dcmsend"), "-aet", "TOWNSHIP", "-aec", "TIERREAD", "--decompress-never"),
                *("--scan-directories", "127.0.0.1", port, str(folder)),
            ],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    assert done.returncode == 0, done.stderr
    assert {row["sop_instance_uid"]: row["transfer_syntax_uid"] for row in small_archive.instances()} == {
        one.sop_instance: one.transfer_syntax for one in sent
    }


def file_of(one: Object) -> bytes:
    """A PS3.10 file that another implementation reads."""
    meta = head(sop_class_uid=one.sop_class, sop_instance_uid=one.sop_instance, transfer_syntax_uid=one.transfer_syntax)
    return meta + one.dataset
