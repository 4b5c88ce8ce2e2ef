"""What is a manufacturer's own: known classes are taken, others where a setting names them, and the rest is said."""

from __future__ import annotations

import zipfile
from io import BytesIO
from pathlib import Path

import httpx

from pacs.arriving.outcome import STATUS, Reason
from tests.builders import CT, encoded, image, thing
from tests.dicomweb import path_of
from tests.running import serving, wait_until
from tests.wire import EXPLICIT_LITTLE, Object, Sender

CLASS = "1.2.840.113619.6.26"
UNNAMED = "1.2.840.113619.6.27"
SPECTRUM = "1.3.46.670589.11.0.0.12.1"
SYNTAX = "1.2.840.113619.5.2"


def test_what_a_setting_names_is_taken(tmp_path: Path) -> None:
    dataset = image(SOPClassUID=CLASS)
    ours = Object(
        transfer_syntax=SYNTAX, sop_class=CLASS, sop_instance=str(dataset.SOPInstanceUID), dataset=encoded(dataset)
    )
    named = {"TIERREAD_PRIVATE_SOP_CLASSES": CLASS, "TIERREAD_PRIVATE_TRANSFER_SYNTAXES": SYNTAX}

    with serving(tmp_path, settings=named) as tierread:
        cast = tierread.cast()
        contexts = [(CLASS, [SYNTAX]), (UNNAMED, [SYNTAX])]
        address = ("127.0.0.1", tierread.dicom_port)
        with Sender(address=address, contexts=contexts, calling=cast.device) as sender:
            status = sender.store(ours)

    assert status == STATUS[Reason.STORED]
    assert list(sender.accepted.values()) == [(CLASS, SYNTAX)]


def test_a_spectrum_arrives_is_listed_and_given_and_what_does_not_arrive_is_said(tmp_path: Path) -> None:
    dataset = image(SOPClassUID=SPECTRUM, Modality="MR", rows=1, columns=1)
    for keyword in ("PixelData", "Rows", "Columns", "BitsAllocated", "BitsStored", "HighBit", "PixelRepresentation"):
        del dataset[keyword]
    dataset.private_block(0x2005, "Philips MR Imaging DD 001", create=True).add_new(0x70, "OF", bytes(64))
    picture = image(StudyInstanceUID=dataset.StudyInstanceUID)
    contexts = [(UNNAMED, [EXPLICIT_LITTLE]), (SPECTRUM, [EXPLICIT_LITTLE]), (CT, ["1.2.3.4"]), (CT, [EXPLICIT_LITTLE])]

    with serving(tmp_path) as tierread:
        cast = tierread.cast()
        address = ("127.0.0.1", tierread.dicom_port)
        with Sender(address=address, contexts=contexts, calling=cast.device) as sender:
            assert (sorted(sender.accepted), sender.refused) == ([3, 7], {1: 3, 5: 4})
            assert [sender.store(thing(dataset)), sender.store(thing(picture))] == [0, 0]
        machine, tang = tierread.machine(cast.device), tierread.sign_in(cast.tang)
        path = path_of(dataset)
        (found,) = machine.get("/dicomweb/instances", params={"SOPClassUID": SPECTRUM}).json()
        metadata = machine.get(f"/dicomweb{path}/metadata").json()
        names = tang.get("/api/private-classes").json()
        file = machine.get(f"/dicomweb{path}", headers={"Accept": 'multipart/related; type="application/dicom"'})
        (case,) = wait_until(lambda: tang.get("/api/cases").json()["items"], what="the case")
        wait_until(lambda: tang.get("/api/cases").json()["items"][0]["images"]["arrived"] == 2, what="both")
        disc = tang.get(f"/t/case/{case['id']}/export.zip").content
        images = tang.get(f"/t/case/{case['id']}/images").text
        registered = wait_until(lambda: said_of(tang, "classes_refused"), what="what was not accepted")

    assert (names[SPECTRUM], UNNAMED in names) == ("Philips MR spectrum", False)
    assert found["00080018"]["Value"] == [str(dataset.SOPInstanceUID)]
    assert metadata[0]["00080016"]["Value"] == [SPECTRUM]
    assert encoded(dataset) in file.content
    with zipfile.ZipFile(BytesIO(disc)) as archive:
        assert any(encoded(dataset) in archive.read(name) for name in archive.namelist())
    assert f"{path_of(picture)}/thumbnail" in images
    assert f"{path}/thumbnail" not in images  # no picture
    assert registered == UNNAMED


def said_of(tang: httpx.Client, name: str) -> str:
    (device,) = tang.get("/api/devices").json()["devices"]
    return str(device[name])
