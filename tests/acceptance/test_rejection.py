"""A device rejects its images on a running installation: whichever comes first they are hidden; a person lifts it."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from pydicom.dataset import Dataset

from pacs.dataset import part10
from pacs.dicomweb.multipart import body_of
from storage.index import journal
from storage.objects.store import FolderObjectStore
from tests.builders import encoded, image, new_uid
from tests.dicomweb import path_of
from tests.pacs.objects import rejection_note
from tests.running import TierRead, serving, wait_until
from tests.wire import EXPLICIT_LITTLE

STOW: Final = {"Content-Type": 'multipart/related; type="application/dicom"; boundary=b'}


@pytest.fixture
def tierread(tmp_path: Path) -> Iterator[TierRead]:
    with serving(tmp_path) as running:
        yield running


@pytest.mark.timeout(240)
def test_rejected_images_are_hidden_everywhere_until_somebody_shows_them(tierread: TierRead) -> None:
    cast = tierread.cast()
    machine, tang, ada = tierread.machine(cast.device), tierread.sign_in(cast.tang), tierread.sign_in(cast.ada)
    foreign = tierread.machine(cast.other_device)
    good, blurred, late = three()
    stow(machine, good, blurred)
    case_id = wait_until(lambda: the_case(tang), what="the case")
    stow(foreign, rejection_note(good, StudyInstanceUID=new_uid()))
    stow(machine, rejection_note(blurred, late, title="113037"))
    wait_until(lambda: ada.get(f"/dicomweb{path_of(blurred)}").status_code == 404, what="the rejection")
    stow(machine, late)
    wait_until(lambda: images(tang, case_id).get(late.SOPInstanceUID), what="the late image hidden")

    assert images(tang, case_id) == {
        good.SOPInstanceUID: False,
        blurred.SOPInstanceUID: True,
        late.SOPInstanceUID: True,
    } | dict.fromkeys(notes(tang, case_id), False)
    listed = {one["00080018"]["Value"][0] for one in ada.get("/dicomweb/instances?Modality=CT").json()}
    assert listed == {good.SOPInstanceUID}
    told = tang.get(f"/api/cases/{case_id}/images").json()["rejections"]
    assert sorted((one["title"], set(one["instances"].values())) for one in told) == [
        ("113001", {"foreign"}),
        ("113037", {"hidden"}),
    ]
    assert set(exported(tang, case_id)) >= {"DICOMDIR"}
    assert exported(tang, case_id) == exported(ada, case_id)
    assert len([name for name in exported(tang, case_id) if name.startswith("DICOM/")]) == 2  # the good one, the note
    mine = next(one["id"] for one in told if one["title"] == "113037")
    wait_until(lambda: lifts(tang, case_id, mine), what="the lifting, while the worker looks at the case too")
    assert ada.get(f"/dicomweb{path_of(late)}").status_code == 200
    lifting = ["rejection_lifted", "placement"]
    wait_until(lambda: decisions(tierread)[-2:] == lifting, what="the journal in the object store")
    assert decisions(tierread).count("rejection") == 2


def lifts(client: httpx.Client, case_id: str, rejection_id: str) -> bool:
    """Whether the rejection is lifted; not where the case has changed since it was looked at."""
    seen = client.get(f"/api/cases/{case_id}").json()["revision"]
    body = {"why": "可以诊断", "revision": seen}
    answer = client.post(f"/api/cases/{case_id}/rejections/{rejection_id}/lift", json=body)
    assert answer.status_code in (200, 409), answer.text
    return answer.status_code == 200


def three() -> list[Dataset]:
    first = image(InstanceNumber=1, AccessionNumber="")
    same = {"StudyInstanceUID": first.StudyInstanceUID, "SeriesInstanceUID": first.SeriesInstanceUID}
    return [first, *(image(**same, InstanceNumber=number, AccessionNumber="") for number in (2, 3))]


def stow(machine: httpx.Client, *objects: Dataset) -> None:
    parts = []
    for one in objects:
        head = part10.head(
            sop_class_uid=one.SOPClassUID,
            sop_instance_uid=one.SOPInstanceUID,
            transfer_syntax_uid=EXPLICIT_LITTLE,
        )
        parts.append(("application/dicom", head + encoded(one)))
    answer = machine.post("/dicomweb/studies", content=body_of("b", parts), headers=STOW)
    assert answer.status_code == 200, answer.text


def the_case(client: httpx.Client) -> str:
    return next((one["id"] for one in client.get("/api/cases").json()["items"]), "")


def images(client: httpx.Client, case_id: str) -> dict[str, bool]:
    """Instance to whether it is hidden."""
    found: dict[str, Any] = client.get(f"/api/cases/{case_id}/images").json()
    return {one["uid"]: one["hidden"] for series in found["series"] for one in series["instances"]}


def notes(client: httpx.Client, case_id: str) -> list[str]:
    found: dict[str, Any] = client.get(f"/api/cases/{case_id}/images").json()
    return [one["uid"] for series in found["series"] if series["modality"] == "KO" for one in series["instances"]]


def exported(client: httpx.Client, case_id: str) -> list[str]:
    answer = client.get(f"/t/case/{case_id}/export.zip")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-disposition"] == 'attachment; filename="images.zip"'
    with zipfile.ZipFile(BytesIO(answer.content)) as archive:
        return archive.namelist()


def decisions(tierread: TierRead) -> list[str]:
    return [one.kind for one in journal.decisions(FolderObjectStore(tierread.data_dir / "objects"))]
