"""HTTP as it is served: headers, health, metrics, limits, problems, and a log without identity."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from pydicom import dcmwrite
from pydicom.dataset import Dataset, FileMetaDataset

from pacs.dicomweb.multipart import body_of
from tests.builders import image
from tests.conftest import need_tool
from tests.running import Cast, TierRead, serving, wait_until
from tests.wire import EXPLICIT_LITTLE

STOW = 'multipart/related; type="application/dicom"; boundary=edge'


@pytest.fixture(scope="module")
def tierread(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TierRead]:
    with serving(tmp_path_factory.mktemp("serving")) as running:
        yield running


@pytest.fixture(scope="module")
def cast(tierread: TierRead) -> Cast:
    return tierread.cast()


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/healthz", 200),
        ("/sign-in", 200),
        ("/p", 200),
        ("/api/cases", 401),
        ("/dicomweb/studies", 401),
        ("/no-such-thing", 404),
        ("/t/", 404),  # no redirect to whatever host the request names
        ("/api/no-such-thing", 404),
        ("/static/no-such-thing.css", 404),
    ],
)
def test_every_answer_has_the_headers_that_protect_it(tierread: TierRead, path: str, status: int) -> None:
    answer = tierread.client().get(path)

    assert answer.status_code == status
    assert answer.headers["content-security-policy"].startswith("default-src 'none'; script-src 'self'")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] in {"no-referrer", "same-origin"}
    assert "cache-control" in answer.headers
    assert "server" not in answer.headers


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/cases", 401),
        ("GET", "/api/no-such-thing", 404),
        ("DELETE", "/api/cases", 405),
        ("POST", "/api/session", 422),
        ("GET", "/dicomweb/studies", 401),
        ("GET", "/dicomweb/no-such-thing", 404),
    ],
)
def test_a_program_gets_a_problem(tierread: TierRead, method: str, path: str, status: int) -> None:
    answer = tierread.client().request(method, path)

    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == status
    assert answer.json()["type"].startswith("/problems/")


def test_a_body_that_is_too_large_is_refused_announced_or_not(tierread: TierRead) -> None:
    large = json.dumps({"username": "x" * (2 << 20), "password": "x"}).encode()

    def pieces() -> Iterator[bytes]:
        for start in range(0, len(large), 65536):
            yield large[start : start + 65536]

    client = tierread.client(headers={"Content-Type": "application/json"})
    announced = client.post("/api/session", content=large)
    unannounced = client.post("/api/session", content=pieces())

    assert announced.status_code == unannounced.status_code == 413
    assert announced.json()["type"] == "/problems/too-large"


def test_ready_names_each_part(tierread: TierRead) -> None:
    answer = tierread.client().get("/readyz")

    assert answer.json() == {
        "ready": True,
        "parts": {"database": "ok", "spool": "ok", "object_store": "ok", "dicom": "ok", "worker": "ok"},
    }


def send(tierread: TierRead, folder: Path, calling: str, dataset: Dataset) -> int:
    file = folder / "image.dcm"
    dataset.save_as(file, enforce_file_format=True)
    arguments = ["--aetitle", calling, "--call", tierread.ae_title, "127.0.0.1", str(tierread.dicom_port), str(file)]
    return subprocess.run([need_tool("storescu"), *arguments], check=False, capture_output=True).returncode


def secondary_capture(patient_id: str) -> Dataset:
    ds = Dataset()
    ds.SpecificCharacterSet = "ISO_IR 192"
    ds.SOPClassUID = "1.2.840.10008.5.1.4.1.1.7"
    ds.SOPInstanceUID, ds.StudyInstanceUID, ds.SeriesInstanceUID = "1.2.777.3", "1.2.777.1", "1.2.777.2"
    ds.PatientName, ds.PatientID, ds.PatientBirthDate, ds.PatientSex = "PIYA^X=皮亚", patient_id, "19800506", "F"
    ds.AccessionNumber, ds.StudyDate, ds.StudyTime, ds.Modality = "ACC777", "20260302", "080000", "DX"
    ds.BodyPartExamined = "CHEST"
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    ds.Rows, ds.Columns, ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 8, 8, 8, 8, 7, 0
    ds.PixelData = bytes(range(64))
    ds.ensure_file_meta()
    ds.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.1"
    return ds


def test_no_address_in_an_answer_leads_to_a_host_that_the_request_makes_up(tierread: TierRead, cast: Cast) -> None:
    sent = image()
    made_up = {"Host": "evil.example", "Content-Type": STOW}
    file = BytesIO()
    sent.file_meta = FileMetaDataset()
    sent.file_meta.TransferSyntaxUID = EXPLICIT_LITTLE
    dcmwrite(file, sent, enforce_file_format=True)
    body = body_of("edge", [("application/dicom", file.getvalue())])
    answer = tierread.machine(cast.device).post("/dicomweb/studies", content=body, headers=made_up)
    address = f"http://127.0.0.1:{tierread.http_port}/dicomweb/studies/{sent.StudyInstanceUID}"

    assert answer.status_code == 200
    assert answer.json()["00081190"]["Value"] == [address]
    assert "evil.example" not in answer.text


def read_and_sign(tierread: TierRead, cast: Cast) -> dict[str, Any]:
    ada, vera = tierread.sign_in(cast.ada), tierread.sign_in(cast.vera)
    study = "/dicomweb/studies/1.2.777.1"
    assert ada.get(f"{study}/metadata").status_code == 200
    assert ada.get(f"{study}/series/1.2.777.2/instances/1.2.777.3/frames/1").status_code == 200
    assert ada.get(f"{study}/series/1.2.777.2/instances/1.2.777.3/rendered").status_code == 200
    found = ada.get("/dicomweb/studies", params={"PatientName": "PIYA*"})
    assert found.json()
    assert found.headers["Referrer-Policy"] == "no-referrer"
    refused = ada.get("/dicomweb/studies", params={"PatientName": "PIYA*", "PatientBirthDate": "PIYA"})
    assert (refused.status_code, "PIYA" in refused.text) == (400, False)
    content = {
        "findings": "皮亚的肺",
        "impression": "无",
        "positive": False,
        "critical_class": None,
        "recommendation": "",
    }
    read = ada.post("/api/cases/claim", json={}).json()
    seen = {
        "lease_revision": read["lease"]["revision"],
        "image_set": read["image_set"],
        "shown_series": {"1.2.777.2": 1},
    }
    signed = ada.post(f"/api/cases/{read['id']}/sign", json={**seen, "content": content, "draft_revision": 0})
    assert signed.status_code == 200, signed.text
    verify = vera.post(f"/api/cases/{read['id']}/claim", json={}).json()
    seen |= {"lease_revision": verify["lease"]["revision"], "image_set": verify["image_set"]}
    verified = vera.post(f"/api/cases/{read['id']}/verify", json=seen)
    assert verified.status_code == 200, verified.text
    return verified.json()


def test_a_study_on_its_whole_path_leaves_no_identity_in_the_log_and_is_counted(
    tierread: TierRead, cast: Cast, tmp_path: Path
) -> None:
    accepted = send(tierread, tmp_path, cast.device, secondary_capture(cast.pia.number))
    refused = send(tierread, tmp_path, "NOBODY", secondary_capture(cast.pia.number))
    quinn = tierread.sign_in(cast.quinn)
    tang = tierread.sign_in(cast.tang)
    wait_until(lambda: tang.get("/api/cases").json()["total"], what="a case")
    wait_until(lambda: not tang.get("/api/cases").json()["items"][0]["arriving"], what="the end of arriving")
    case = read_and_sign(tierread, cast)
    hidden = quinn.get("/dicomweb/studies/1.2.777.1/metadata")
    township = tang.get(f"/t/case/{case['id']}")
    pdf = tang.get(f"/api/reports/{case['versions'][0]['id']}.pdf")
    door = {"card_type": "health_card", "card": cast.pia.health_card, "code": "12345678"}
    wrong = tierread.client().post("/api/patient/session", json=door)
    metrics = tierread.client().get("/metrics").text
    tang.post("/sought", data={"csrf_token": tang.headers["X-CSRF-Token"], "page": "/t", "q": "皮亚"})
    log = tierread.log

    assert (accepted, refused == 0) == (0, False)
    assert (hidden.status_code, township.status_code, pdf.status_code, wrong.status_code) == (404, 200, 200, 401)
    identity = ["PIYA", "皮亚", "1.2.777", "ACC777", "19800506", "艾医生", "12345678"]
    identity += [cast.pia.number, cast.pia.health_card, cast.pia.identity_card, "?", "NOBODY"]
    assert {word for word in identity if word in log} == set()
    for line in log.splitlines():
        assert json.loads(line)["event"]
    assert 'tierread_instances_total{outcome="stored",source="dimse"} 1.0' in metrics
    assert 'tierread_associations_total{outcome="accepted"} 1.0' in metrics
    assert 'tierread_associations_total{outcome="unknown_device"} 1.0' in metrics
    assert 'tierread_receive_seconds_count{source="dimse"} 1.0' in metrics
    assert 'route="/dicomweb/studies/{study}/metadata",status="200"' in metrics
    assert 'tierread_cases{state="final"}' in metrics or 'tierread_cases{state="waiting_review"}' in metrics
    assert "1.2.777" not in metrics
