"""STOW-RS ends where C-STORE ends, and says of each instance what became of it."""

from __future__ import annotations

import socket
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from dicomweb_client.api import DICOMwebClient
from pydicom.dataset import FileMetaDataset

from pacs.dataset import part10
from pacs.dicomweb.multipart import body_of
from tests.builders import DEFLATED, encoded, image, new_uid
from tests.dicomweb import Web, path_of
from tests.wire import EXPLICIT_LITTLE, IMPLICIT_LITTLE, from_bytes

TYPE = 'multipart/related; type="application/dicom"; boundary=edge'


def part(dataset: Any, syntax: str = EXPLICIT_LITTLE) -> tuple[str, bytes]:
    head = part10.head(
        sop_class_uid=dataset.SOPClassUID, sop_instance_uid=dataset.SOPInstanceUID, transfer_syntax_uid=syntax
    )
    return "application/dicom", head + encoded(dataset, syntax)


def post(client: httpx.Client, *parts: tuple[str, bytes], path: str = "/studies", type_: str = TYPE) -> httpx.Response:
    return client.post(path, content=body_of("edge", parts), headers={"Content-Type": type_})


def test_what_is_stored_comes_back_unchanged(web: Web) -> None:
    for syntax in (EXPLICIT_LITTLE, IMPLICIT_LITTLE, DEFLATED):
        sent = image()
        answer = post(web.tang, part(sent, syntax))
        got = web.ada.get(path_of(sent), headers={"Accept": "application/dicom; transfer-syntax=*"})

        assert answer.status_code == 200
        (referenced,) = answer.json()["00081199"]["Value"]
        assert referenced["00081155"]["Value"] == [sent.SOPInstanceUID]
        assert answer.json()["00081190"]["Value"] == [f"{web.base}/studies/{sent.StudyInstanceUID}"]
        assert from_bytes(got.content).dataset == encoded(sent, syntax)


def test_an_independent_client_stores(web: Web) -> None:
    sent = image()
    sent.file_meta = FileMetaDataset()
    sent.file_meta.TransferSyntaxUID = EXPLICIT_LITTLE
    sent.preamble = bytes(128)
    client = DICOMwebClient(web.base, headers={"Authorization": "Bearer tang"})
    answer = client.store_instances([sent])

    assert len(answer.ReferencedSOPSequence) == 1
    assert web.ada.get(f"{path_of(sent)}/metadata").status_code == 200


def test_some_stored_and_some_refused_are_202_and_named(web: Web) -> None:
    good, bad = image(), image(StudyInstanceUID=None)
    answer = post(web.tang, part(good), part(bad), ("application/dicom", b"no DICOM at all"), ("image/png", b"\x89PNG"))
    failed = answer.json()["00081198"]["Value"]

    assert answer.status_code == 202
    assert [one["00081155"]["Value"] for one in answer.json()["00081199"]["Value"]] == [[good.SOPInstanceUID]]
    assert [one["00081197"]["Value"][0] for one in failed] == [0xC002, 0xC000, 0x0110]
    assert failed[0]["00081155"]["Value"] == [bad.SOPInstanceUID]


def test_nothing_stored_is_409(web: Web) -> None:
    assert post(web.tang, ("application/dicom", b"")).status_code == 409
    assert post(web.tang, ("application/dicom", b"x" * 200_000)).status_code == 409
    assert post(web.tang).status_code in (400, 409)


def test_an_instance_of_another_study_is_refused(web: Web) -> None:
    study = new_uid()
    mine, other = image(StudyInstanceUID=study), image()
    answer = post(web.tang, part(mine), part(other), path=f"/studies/{study}")

    assert answer.status_code == 202
    assert [one["00081155"]["Value"] for one in answer.json()["00081198"]["Value"]] == [[other.SOPInstanceUID]]
    assert web.ada.get(path_of(other)).status_code == 404
    assert web.ada.get(path_of(mine)).status_code == 200


@pytest.mark.parametrize("study", ["1..2", ".1.2", "1.2.", "1.2.x", "1." * 32 + "1"])
def test_a_study_that_no_uid_names_takes_nothing(web: Web, study: str) -> None:
    assert post(web.tang, part(image()), path=f"/studies/{study}").status_code == 400


KINDS = [
    ("application/json", 415),
    ("", 415),
    ('multipart/related; type="application/dicom+json"; boundary=edge', 415),
    ('multipart/related; type="application/dicom"', 400),
    ('multipart/related; type="application/dicom"; boundary=' + "x" * 100, 400),
    ('multipart/related; type="application/dicom"; boundary=other', 400),
]


def test_a_body_of_another_kind_is_refused(web: Web) -> None:
    answers = {type_: post(web.tang, part(image()), type_=type_).status_code for type_, _ in KINDS}

    assert answers == dict(KINDS)


def test_only_machines_store(web: Web) -> None:
    sent = image()

    assert post(web.nobody, part(sent)).status_code == 401
    assert post(web.ada, part(sent)).status_code == 403
    assert web.archive.instances() == []


def test_a_body_that_stops_leaves_nothing_half_written(web: Web) -> None:
    whole, half = image(), image(rows=512, columns=512)
    body = body_of("edge", [part(whole), part(half)])
    address = urlsplit(web.base)
    with socket.create_connection((address.hostname, address.port)) as wire:
        request = f"POST {address.path}/studies HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer tang\r\n"
        wire.sendall((request + f"Content-Type: {TYPE}\r\nContent-Length: {len(body)}\r\n\r\n").encode())
        wire.sendall(body[: len(body) // 2])
    short = web.tang.post("/studies", content=body[: len(body) // 2], headers={"Content-Type": TYPE})

    assert short.status_code == 400
    assert web.ada.get(path_of(half)).status_code == 404
    assert [row["sop_instance_uid"] for row in web.archive.instances()] == [whole.SOPInstanceUID]
    assert post(web.tang, part(half)).status_code == 200
