"""Presentation states, key objects, reports, waveforms, plans and slides are listed and fetched like images."""

from __future__ import annotations

from io import BytesIO
from typing import Final

import pydicom

from pacs.arriving.describe import describe_pending
from storage.nodes.reader import Bytes
from storage.objects.store import FolderObjectStore
from tests.builders import DEFLATED, encoded, image
from tests.dicomweb import Web, path_of
from tests.pacs.objects import IMAGES, SOP_CLASSES, of_kind
from tests.wire import EXPLICIT_LITTLE, IMPLICIT_LITTLE, from_bytes

AS_STORED: Final = {"Accept": 'multipart/related; type="application/dicom"; transfer-syntax=*'}
BULK: Final = {
    "encapsulated PDF": "/bulkdata/00420011",
    "waveform": "/bulkdata/54000100/0/54001010",
}


def test_every_kind_is_listed_and_comes_back_as_it_came(web: Web) -> None:
    picture = image()
    web.send(picture)
    bytes_ = Bytes(web.archive.directory, FolderObjectStore(web.archive.directory / "none"), web.engine)
    sent = {}
    for number, kind in enumerate(SOP_CLASSES):
        syntax = (EXPLICIT_LITTLE, IMPLICIT_LITTLE, DEFLATED)[number % 3]
        sent[kind] = (of_kind(kind, picture), syntax)
        web.send(sent[kind][0], syntax=syntax)
    describe_pending(web.engine, bytes_)
    (study,) = web.ada.get("/studies").json()
    series = {one["00080060"]["Value"][0] for one in web.ada.get("/series").json()}
    instances = {one["00080018"]["Value"][0]: one for one in web.ada.get("/instances").json()}
    metadata = {
        one["00080018"]["Value"][0]: one for one in web.ada.get(f"/studies/{picture.StudyInstanceUID}/metadata").json()
    }

    modalities = {modality for _, modality in SOP_CLASSES.values()} | {"CT"}
    assert set(study["00080061"]["Value"]) == series == modalities
    assert study["00201208"]["Value"] == [len(SOP_CLASSES) + 1]
    for kind, (one, syntax) in sent.items():
        answer = web.ada.get(path_of(one), headers=AS_STORED)
        found = metadata[one.SOPInstanceUID]

        assert answer.status_code == 200, kind
        assert encoded(one, syntax) in answer.content, kind
        assert instances[one.SOPInstanceUID]["00080016"]["Value"] == [one.SOPClassUID]
        assert found["00080016"]["Value"] == [one.SOPClassUID], kind
        assert ("7FE00010" in found) == (kind in IMAGES), kind
        if kind in BULK:
            bulk = web.ada.get(path_of(one) + BULK[kind], headers={"Accept": "application/octet-stream"})
            assert (bulk.status_code, len(bulk.content)) == (200, 2048 if "PDF" in kind else 2000), kind
        if kind not in IMAGES:
            status = web.ada.get(path_of(one) + "/rendered").status_code
            assert status in ((200,) if "PDF" in kind else (404, 406)), kind
    whole = web.ada.get(f"/studies/{picture.StudyInstanceUID}", headers=AS_STORED)
    assert whole.content.count(b"Content-Type: application/dicom") == len(SOP_CLASSES) + 1


def test_a_correction_reaches_every_kind(web: Web) -> None:
    picture = image(PatientName="Wang^Wu", PatientID="P0666")
    web.send(picture)
    others = [of_kind(kind, picture) for kind in SOP_CLASSES]
    for one in others:
        web.send(one)
    web.correct(picture.StudyInstanceUID, PatientName="Li^Na", PatientID="P0001")
    for one in others:
        answer = web.ada.get(path_of(one), headers={"Accept": "application/dicom; transfer-syntax=*"})
        got = pydicom.dcmread(BytesIO(answer.content))

        assert (got.PatientName, got.PatientID) == ("Li^Na", "P0001"), one.Modality
        assert b"Wang" not in from_bytes(answer.content).dataset, one.Modality
