"""A lost database, recovered by the very commands of docs/storage.md: everybody sees what they saw, and no more."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
import sqlalchemy as sa
from pydicom import dcmread, dcmwrite
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import UID

from storage import tables
from storage.database import connect, snapshot
from storage.segment_moves import UNSTORED
from tests.builders import image, new_uid
from tests.conftest import need_tool
from tests.dicomweb import path_of
from tests.pacs.objects import rejection_note
from tests.postgresql import Cluster
from tests.running import REPOSITORY, Cast, TierRead, wait_until
from tests.wire import EXPLICIT_LITTLE

PAGE: Final = REPOSITORY / "docs" / "storage.md"
LOOKS: Final = (
    "/dicomweb/studies?includefield=all",
    "/dicomweb/series?includefield=all",
    "/dicomweb/instances?includefield=all",
)


@pytest.fixture(params=["sqlite", "postgresql"])
def tierread(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[TierRead]:
    with_server = request.param == "postgresql"
    server: Cluster | None = request.getfixturevalue("cluster") if with_server else None
    url = None if server is None else server.new_database()
    made = TierRead(tmp_path, database_url=url)
    yield made
    made.close()
    if server is not None and url is not None:
        server.drop(url)


@pytest.mark.timeout(400)
def test_everybody_sees_what_they_saw_before_the_loss(tierread: TierRead, tmp_path: Path) -> None:
    daily, recovery = drill(tmp_path / "backup")
    tierread.start()
    cast = tierread.cast()
    work_before_the_backup(tierread, cast)
    run(tierread, daily)
    work_after_the_backup(tierread, cast)
    wait_until(lambda: settled(tierread), what="everything described, in the object store and in the journal")
    before, digests = seen(tierread, cast), bytes_of(tierread, cast)
    assert tierread.stop() == 0
    lose(tierread)
    run(tierread, recovery)
    tierread.start()
    wait_until(lambda: settled(tierread), what="every header read again")
    after, again = seen(tierread, cast), bytes_of(tierread, cast)
    whole = tierread.run("rebuild-index", "--check", "--json")

    assert after == before
    assert again == digests
    assert {name: len(looks[0]) for name, looks in before.items()} == {
        "tang": 3,
        "ada": 3,
        "ben": 4,
        "quinn": 2,
        "quentin": 2,
    }
    assert json.loads(whole.stdout)["instances"] == 0, whole.stdout


def drill(backup: Path) -> tuple[list[str], list[str]]:
    """The commands of the page: those of every day, and those on the new machine but for the last, which serves."""
    section = PAGE.read_text("utf-8").partition("## Disaster recovery drill\n")[2].partition("\n## ")[0]
    daily, recovery = re.findall(r"```sh\n(.*?)```", section, re.DOTALL)
    backup.mkdir()
    lines = [block.replace("/backup", str(backup)).splitlines() for block in (daily, recovery)]
    assert lines[1][-1] == "tierread serve"
    return lines[0], lines[1][:-1]


def run(tierread: TierRead, lines: list[str]) -> None:
    for line in lines:
        program, *arguments = shlex.split(line)
        done = (
            tierread.run(*arguments)
            if program == "tierread"
            else subprocess.run([program, *arguments], cwd=tierread.folder, capture_output=True, text=True, check=False)
        )
        assert done.returncode == 0, (line, done.stdout, done.stderr)


def lose(tierread: TierRead) -> None:
    """The machine is gone but for the object store: no keys, no spool, an empty database."""
    for name in ("keys", "spool", "run"):
        shutil.rmtree(tierread.data_dir / name)
    for file in tierread.data_dir.glob("tierread.db*"):
        file.unlink()
    if tierread.database_url.startswith("postgresql"):
        engine = connect(tierread.database_url)
        with engine.connect() as connection, connection.begin():
            connection.exec_driver_sql("DROP SCHEMA public CASCADE")
            connection.exec_driver_sql("CREATE SCHEMA public")
        engine.dispose()


# -- what happened


def work_before_the_backup(tierread: TierRead, cast: Cast) -> None:
    """Two townships send; one sends what the other had sent, and something else under a UID that is taken."""
    folder = tierread.folder / "first"
    town, other = studies(folder)
    send(tierread, cast.device, *town)
    send(tierread, cast.other_device, *other, town[0])
    changed = dcmread(town[1])
    changed.PatientComments = "another picture"
    dcmwrite(folder / "changed.dcm", changed, enforce_file_format=True)
    send(tierread, cast.device, folder / "changed.dcm")
    tang = tierread.sign_in(cast.tang)
    wait_until(lambda: tang.get("/api/cases").json()["total"] == 2, what="the cases of the township")
    correct(tang, dcmread(town[3]), PatientName="Pi^Ya=皮^亚")


def work_after_the_backup(tierread: TierRead, cast: Cast) -> None:
    """Images split off, hidden and shown again, rejected by a note, an examination withheld, and a new one."""
    folder = tierread.folder / "first"
    pictures = [dcmread(folder / f"town{number}.dcm") for number in range(4)]
    tang = tierread.sign_in(cast.tang)
    case = case_of(tang, pictures[0])
    split = {
        "instances": [pictures[2].SOPInstanceUID],
        "into_case": None,
        "why": "两人影像混在一起",
    }
    change(tang, case, "split", **split)
    change(tang, case, "hide-images", instances=[pictures[1].SOPInstanceUID], why="糊")
    (made,) = tang.get(f"/api/cases/{case}/images").json()["rejections"]
    change(tang, case, f"rejections/{made['id']}/lift", why="可用")
    note = rejection_note(pictures[1])
    write(folder / "note.dcm", note)
    send(tierread, cast.device, folder / "note.dcm")
    correct(tang, pictures[0], PatientName="Li^Na=李^娜")
    withheld = case_of(tang, pictures[3])
    assert tang.post(f"/api/cases/{withheld}/withhold", json={"why": "不是本人"}).status_code == 200
    write(folder / "late.dcm", image(rows=64, columns=64, AccessionNumber="", PatientID="P9", PatientName="Late^One"))
    send(tierread, cast.device, folder / "late.dcm")
    path = f"/dicomweb{path_of(pictures[1])}"
    ada = tierread.sign_in(cast.ada)
    wait_until(lambda: ada.get(f"{path}/metadata").status_code == 404, what="the image that the note rejects hidden")
    late = dcmread(folder / "late.dcm").StudyInstanceUID
    wait_until(lambda: ada.get(f"/dicomweb/studies?StudyInstanceUID={late}").json(), what="the late study")


def studies(folder: Path) -> tuple[list[Path], list[Path]]:
    """Of the township a study of three images and one of a single, of the other one a single image."""
    folder.mkdir()
    same = {"StudyInstanceUID": new_uid(), "SeriesInstanceUID": new_uid(), "PatientID": "P1", "PatientName": "Pia^Pan"}
    town = [image(rows=64, columns=64, AccessionNumber="", InstanceNumber=number, **same) for number in (1, 2, 3)]
    town.append(image(rows=64, columns=64, AccessionNumber="", PatientID="P2", PatientName="Wrong^Name"))
    other = image(rows=64, columns=64, AccessionNumber="", PatientID="P1", PatientName="Other^Person")
    return (
        [write(folder / f"town{number}.dcm", one) for number, one in enumerate(town)],
        [write(folder / "other.dcm", other)],
    )


def write(path: Path, dataset: Dataset) -> Path:
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = UID(EXPLICIT_LITTLE)
    dcmwrite(path, dataset, enforce_file_format=True)
    return path


def send(tierread: TierRead, title: str, *files: Path) -> None:
    """The device sends with DCMTK's storescu."""
    call = [need_tool("storescu"), "-aet", title, "-aec", tierread.ae_title, "127.0.0.1", str(tierread.dicom_port)]
    subprocess.run([*call, *map(str, files)], check=True, env={**os.environ, "TCP_NODELAY": "1"}, timeout=60)


def correct(tang: httpx.Client, of: Dataset, **attributes: str) -> None:
    studies = [one for case in tang.get("/api/cases").json()["items"] for one in case["studies"]]
    seen = next(one["attribution_revision"] for one in studies if one["study_uid"] == of.StudyInstanceUID)
    body = {"study_uid": of.StudyInstanceUID, "attributes": attributes, "reason": "登记错误", "revision": seen}
    answer = tang.post("/api/attributions", json=body)
    assert answer.status_code == 201, answer.text


def change(tang: httpx.Client, case_id: str, act: str, **body: Any) -> None:
    """As a person does whose case the worker has changed meanwhile: they read it again, and act again."""

    def done() -> bool:
        seen = int(tang.get(f"/api/cases/{case_id}").json()["revision"])
        answer = tang.post(f"/api/cases/{case_id}/{act}", json={**body, "revision": seen})
        assert answer.status_code in {200, 409}, answer.text
        return answer.status_code == 200

    wait_until(done, what=act)


def case_of(tang: httpx.Client, of: Dataset) -> str:
    for one in tang.get("/api/cases").json()["items"]:
        shown = tang.get(f"/api/cases/{one['id']}/images").json()["series"]
        if any(each["uid"] == of.SOPInstanceUID for series in shown for each in series["instances"]):
            return str(one["id"])
    raise AssertionError("no case of it")


# -- what is compared


def settled(tierread: TierRead) -> bool:
    """Whether the worker has nothing left to do for what came and was decided."""
    engine = connect(tierread.database_url)
    waiting = (
        sa.select(tables.instance.c.sop_instance_uid).where(tables.instance.c.description.is_(None)),
        sa.select(tables.segment.c.id).where(tables.segment.c.state.in_(UNSTORED)),
        sa.select(tables.journal.c.id).where(tables.journal.c.shipped_at.is_(None)),
        sa.select(tables.quarantine.c.id).where(tables.quarantine.c.reason == "held"),
    )
    try:
        with snapshot(engine) as tx:
            return all(tx.execute(asked.limit(1)).first() is None for asked in waiting)
    finally:
        engine.dispose()


def seen(tierread: TierRead, cast: Cast) -> dict[str, list[Any]]:
    """What each person's queries answer."""
    found: dict[str, list[Any]] = {}
    for person in (cast.tang, cast.ada, cast.ben, cast.quinn, cast.quentin):
        client = tierread.sign_in(person)
        found[person.username] = [sorted(client.get(look).json(), key=json.dumps) for look in LOOKS]
    return found


def bytes_of(tierread: TierRead, cast: Cast) -> dict[str, str]:
    """The digest of each instance that somebody may fetch, as it is served."""
    found: dict[str, str] = {}
    for person in (cast.ben, cast.quentin):
        client = tierread.sign_in(person)
        for one in client.get("/dicomweb/instances").json():
            study, series, instance = (one[tag]["Value"][0] for tag in ("0020000D", "0020000E", "00080018"))
            answer = client.get(
                f"/dicomweb/studies/{study}/series/{series}/instances/{instance}",
                headers={"Accept": "application/dicom; transfer-syntax=*"},
            )
            assert answer.status_code == 200, answer.text
            found[f"{person.username} {instance}"] = hashlib.sha256(answer.content).hexdigest()
    return found
