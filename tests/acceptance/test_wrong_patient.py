"""A wrong patient is put right on a running installation: every egress, no trace of the earlier one, same bytes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any, Final

import httpx
import pydicom
import pytest
from pydicom.dataset import Dataset

from pacs.dataset import part10
from pacs.dicomweb.multipart import body_of
from tests.builders import DX, encoded, image
from tests.dicomweb import path_of
from tests.running import TierRead, serving, wait_until
from tests.wire import EXPLICIT_LITTLE, from_bytes

WRONG_NAME: Final = "Wang^Xiaoming=王^小明"
WRONG_ID: Final = "ZX4711Q"
WRONG_CARD: Final = "CD" * 32
CONTENT: Final = {
    "findings": "双肺纹理清晰。",
    "impression": "未见异常。",
    "positive": False,
    "critical_class": None,
    "recommendation": "",
}


@pytest.fixture
def tierread(tmp_path: Path) -> Iterator[TierRead]:
    with serving(tmp_path) as running:
        yield running


@pytest.mark.timeout(240)
def test_a_wrong_patient_is_put_right_everywhere(tierread: TierRead) -> None:
    cast = tierread.cast()
    machine, ada, tang = tierread.machine(cast.device), tierread.sign_in(cast.ada), tierread.sign_in(cast.tang)
    sent = wrong_image()
    stow(machine, sent)
    path = f"/dicomweb{path_of(sent)}"
    before = from_bytes(got(ada, path, "application/dicom").content).dataset
    stored = segments_of(tierread)
    corrected = {
        "PatientName": "Pi^Ya=皮^亚",
        "PatientID": cast.pia.number,
        "PatientBirthDate": "19800506",
        "PatientSex": "F",
    }
    wait_until(lambda: tang.get("/api/cases").json()["total"], what="the case")
    ordered(tang, cast.pia.health_card, cast.pia.name, "F")  # Pia's card lies on the counter
    answer = tang.post(
        "/api/attributions",
        json={
            "study_uid": sent.StudyInstanceUID,
            "attributes": corrected,
            "patient_number": cast.pia.number,
            "reason": "选错了工作列表条目",
            "revision": 0,
        },
    )
    assert answer.status_code == 201, answer.text

    file = got(ada, path, "application/dicom").content
    study = f"/dicomweb/studies/{sent.StudyInstanceUID}"
    egresses = {
        "file": file,
        "study": got(machine, study, 'multipart/related; type="application/dicom"; transfer-syntax=*').content,
        "transcoded": got(ada, path, f"application/dicom; transfer-syntax={EXPLICIT_LITTLE}").content,
        "metadata": got(ada, f"{study}/metadata").content,
        "studies": got(ada, "/dicomweb/studies").content,
        "series": got(ada, f"{study}/series").content,
        "instances": got(ada, "/dicomweb/instances?includefield=all").content,
        "rendered": got(ada, f"{path}/rendered", "image/png").content,
        "thumbnail": got(ada, f"{path}/thumbnail").content,
        "worklist": got(ada, "/api/cases").content,
        "township": got(tang, "/t").content,
    }
    shown = pydicom.dcmread(BytesIO(file))
    (metadata,) = json.loads(egresses["metadata"])

    assert before == encoded(sent)
    assert {name: traces(content) for name, content in egresses.items() if traces(content)} == {}
    assert str(shown.PatientName) == corrected["PatientName"]
    assert shown.PatientID == metadata["00100020"]["Value"][0] == cast.pia.number
    assert shown.OriginalAttributesSequence[-1].ModifyingSystem == "TIERREAD"
    assert {"00100010", "00100020"} <= set(metadata["04000561"]["Value"][-1]["04000550"]["Value"][0])
    assert shown.PixelData == sent.PixelData
    assert len(json.loads(egresses["studies"])) == 1
    assert got(ada, f"/dicomweb/studies?PatientID={WRONG_ID}").json() == []
    assert all(segments_of(tierread)[name].startswith(content) for name, content in stored.items())


@pytest.mark.timeout(240)
def test_a_withheld_report_disappears_from_both_patients_at_once(tierread: TierRead) -> None:
    cast = tierread.cast()
    tang, ada, vera = (tierread.sign_in(person) for person in (cast.tang, cast.ada, cast.vera))
    order = ordered_for_the_wrong_person(tang)
    sent = wrong_image(AccessionNumber=order["accession_number"], PatientSex="", PatientBirthDate="")
    stow(tierread.machine(cast.device), sent)
    case_id = read_and_verified(ada, vera, sent)
    code = receipt(tang, case_id)
    wrong = patient(tierread, WRONG_CARD, code)
    assert [report["id"] for report in wrong.get("/api/patient/reports").json()]

    withheld = tang.post(f"/api/cases/{case_id}/withhold", json={"why": "图像不是本人的"})
    path = f"/dicomweb{path_of(sent)}"
    pia = patient(tierread, cast.pia.health_card, code)

    assert withheld.status_code in (200, 204), withheld.text
    assert wrong.get("/api/patient/reports").json() == []
    assert pia.get("/api/patient/reports").status_code == 401  # the code was never Pia's
    assert ada.get(f"{path}/metadata").status_code == 404
    assert wrong.get(f"{path}/rendered").status_code == 404
    assert ada.get("/dicomweb/studies").json() == []


def wrong_image(**shown: Any) -> Dataset:
    made = image(
        rows=64,
        columns=64,
        SOPClassUID=DX,
        Modality="DX",
        BodyPartExamined="CHEST",
        PatientName=WRONG_NAME,
        PatientID=WRONG_ID,
        StudyDescription="CHEST WANG XIAOMING",
        **shown,
    )
    made.PatientComments = f"same as {WRONG_ID}"
    made.OtherPatientIDs = WRONG_ID
    return made


def stow(machine: httpx.Client, made: Dataset) -> None:
    head = part10.head(sop_class_uid=DX, sop_instance_uid=made.SOPInstanceUID, transfer_syntax_uid=EXPLICIT_LITTLE)
    answer = machine.post(
        "/dicomweb/studies",
        content=body_of("edge", [("application/dicom", head + encoded(made))]),
        headers={"Content-Type": 'multipart/related; type="application/dicom"; boundary=edge'},
    )
    assert answer.status_code == 200, answer.text


def got(client: httpx.Client, address: str, accept: str = "*/*") -> httpx.Response:
    answer = client.get(address, headers={"Accept": accept})
    assert answer.status_code == 200, answer.text
    return answer


def traces(egress: bytes) -> list[str]:
    """What of the wrong person is left, in any encoding that somebody could have written it in."""
    texts = ("Wang", "WANG", "iaoming", "IAOMING", "王^小明", "王小明", "小明", WRONG_ID, WRONG_ID.lower())
    written = {text: {text.encode("utf-8"), text.encode("gb18030"), json.dumps(text)[1:-1].encode()} for text in texts}
    return [text for text, forms in written.items() if any(form in egress for form in forms)]


def segments_of(tierread: TierRead) -> dict[str, bytes]:
    """What was written to segments in the spool and the object store, by name; without the room that is reserved."""
    return {file.name: file.read_bytes().rstrip(b"\0") for file in tierread.data_dir.rglob("*.tar")}


def ordered_for_the_wrong_person(tang: httpx.Client) -> dict[str, Any]:
    return ordered(tang, WRONG_CARD, "王小明", "M")


def ordered(tang: httpx.Client, card: str, name: str, sex: str) -> dict[str, Any]:
    answer = tang.post(
        "/api/orders",
        json={
            "site": "TOWN",
            "patient": {"card_type": "health_card", "card": card, "name": name, "sex": sex},
            "modality": "DX",
            "procedures": [{"body_part": "CHEST"}],
            "reason": "咳嗽",
            "again": True,
        },
    )
    assert answer.status_code == 201, answer.text
    return answer.json()


def read_and_verified(ada: httpx.Client, vera: httpx.Client, sent: Dataset) -> str:
    """Ada signs, Vera verifies: the report is released."""
    first = wait_until(lambda: claimed(ada), what="the case")
    series = {sent.SeriesInstanceUID: 1}
    draft = ada.put(
        f"/api/cases/{first['id']}/draft",
        json={"content": CONTENT, "revision": 0, "lease_revision": first["lease"]["revision"]},
    )
    assert draft.status_code == 200, draft.text
    detail = ada.get(f"/api/cases/{first['id']}").json()
    signed = ada.post(
        f"/api/cases/{first['id']}/sign",
        json={
            "content": CONTENT,
            "draft_revision": draft.json()["revision"],
            "lease_revision": detail["lease"]["revision"],
            "image_set": detail["image_set"],
            "shown_series": series,
            "incomplete_reason": "单张",
        },
    )
    assert signed.status_code == 200, signed.text
    second = wait_until(lambda: claimed(vera), what="the case to verify")
    verified = vera.post(
        f"/api/cases/{first['id']}/verify",
        json={
            "lease_revision": second["lease"]["revision"],
            "image_set": second["image_set"],
            "shown_series": series,
            "incomplete_reason": "单张",
        },
    )
    assert verified.status_code == 200, verified.text
    return str(first["id"])


def claimed(client: httpx.Client) -> dict[str, Any] | None:
    answer = client.post("/api/cases/claim", json={})
    return answer.json() if answer.status_code == 200 else None


def receipt(tang: httpx.Client, case_id: str) -> str:
    page = tang.post(f"/t/case/{case_id}/receipt", data={"csrf_token": tang.headers["X-CSRF-Token"]})
    assert page.status_code == 200, page.text
    digits = page.text.split('class="code"', 1)[1].split(">", 1)[1].split("<", 1)[0]
    return digits.replace(" ", "").strip()


def patient(tierread: TierRead, card: str, code: str) -> httpx.Client:
    client = tierread.client()
    client.post("/api/patient/session", json={"card_type": "health_card", "card": card, "code": code})
    return client
