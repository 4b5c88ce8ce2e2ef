"""Query and retrieval with peers that are not DCMTK: pynetdicom's own applications, and dcmjs-dimse from npm."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from pacs.dataset.part10 import head
from storage.database import connect
from tests.archive import TOWNSHIP
from tests.archive import archive as make_archive
from tests.builders import compressed, image, new_uid, thing
from tests.conftest import missing
from tests.retrieving import House, answering, files_in, listens
from tests.running import free_port, wait_until
from tests.wire import EXPLICIT_LITTLE, Object

DCMJS: Final = Path(__file__).parent / "dcmjs"
RLE: Final = "1.2.840.10008.1.2.5"
STUDY: Final = new_uid()
SENT: Final = (
    thing(image(StudyInstanceUID=STUDY, rows=16, columns=16)),
    thing(compressed(image(StudyInstanceUID=STUDY, rows=16, columns=16), RLE), RLE),
)


@pytest.fixture
def house(sqlite_template: Path, tmp_path: Path) -> Iterator[House]:
    path = tmp_path / "tierread.db"
    shutil.copy(sqlite_template, path)
    engine = connect(f"sqlite:///{path}")
    with make_archive(engine, f"sqlite:///{path}", tmp_path) as archive, answering(archive, tmp_path) as made:
        yield made
    engine.dispose()


def filled(house: House) -> None:
    for one in SENT:
        assert house.archive.take(one).accepted


def file_of(one: Object, path: Path) -> Path:
    meta = head(sop_class_uid=one.sop_class, sop_instance_uid=one.sop_instance, transfer_syntax_uid=one.transfer_syntax)
    path.write_bytes(meta + one.dataset)
    return path


def pynetdicom(house: House, application: str, *options: str) -> str:
    where = ["127.0.0.1", str(house.port), "-aet", "TOWNSHIP", "-aec", "TIERREAD"]
    done = subprocess.run(
        [sys.executable, "-m", "pynetdicom", application, *where, *options],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    return done.stdout + done.stderr


def test_pynetdicom_finds_moves_and_gets(house: House, tmp_path: Path) -> None:
    filled(house)
    asked = ["-S", "-k", "QueryRetrieveLevel=STUDY", "-k", f"StudyInstanceUID={STUDY}"]
    found = pynetdicom(house, "findscu", *asked, "-k", "PatientName=")
    got = tmp_path / "got"
    pynetdicom(house, "getscu", *asked, "-od", str(got))
    moved = tmp_path / "moved"
    port = free_port()
    storescp = [sys.executable, "-m", "pynetdicom", "storescp", str(port), "-od", str(moved)]
    with subprocess.Popen(storescp, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as destination:
        try:
            wait_until(lambda: listens(port), what="storescp")
            house.send_to("STORESCP", port, TOWNSHIP)
            pynetdicom(house, "movescu", *asked, "-aem", "STORESCP")
        finally:
            destination.terminate()

    uids = {one.sop_instance for one in SENT}
    assert "Pia" in found
    assert files_in(got).keys() == files_in(moved).keys() == uids
    assert {str(one.file_meta.TransferSyntaxUID) for one in files_in(moved).values()} == {EXPLICIT_LITTLE, RLE}


def dcmjs(house: House, operation: str, *arguments: str) -> dict[str, Any]:
    if not (DCMJS / "node_modules").is_dir():
        missing("dcmjs-dimse (`make peers`)")
    node = shutil.which("node") or str(Path(sys.executable).parent / "node")  # the machine's own, or the wheel's
    done = subprocess.run(
        [node, "peer.js", operation, str(house.port), "TOWNSHIP", *arguments],
        cwd=DCMJS,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    said: dict[str, Any] = json.loads(done.stdout)
    assert "error" not in said
    return said


def test_dcmjs_stores_finds_and_gets(house: House, tmp_path: Path) -> None:
    files = [str(file_of(one, tmp_path / f"{at}.dcm")) for at, one in enumerate(SENT)]
    stored = dcmjs(house, "store", *files)
    found = dcmjs(house, "find", json.dumps({"PatientID": "P0001", "PatientName": "", "StudyInstanceUID": ""}))
    got = dcmjs(house, "get", STUDY)

    assert stored["statuses"] == [0, 0]
    assert [one["StudyInstanceUID"] for one in found["found"]] == [STUDY]
    assert found["statuses"][-1] == 0
    assert got["counts"] == [2, 0, 0]
    assert {one["uid"] for one in got["got"]} == {one.sop_instance for one in SENT}
    assert {one["rows"] for one in got["got"]} == {16}
