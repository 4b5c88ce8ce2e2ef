"""Chinese names come right through every door, whatever set the device says or does not say; the bytes stay."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Final

import httpx
import pydicom
import pytest
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.tag import Tag

from reading.tables import device
from storage.database import connect, transaction
from tests.builders import DX, image, thing
from tests.conftest import need_tool
from tests.dicomweb import path_of
from tests.running import TierRead, serving, wait_until
from tests.wire import EXPLICIT_LITTLE, Object, Sender

DESCRIPTION: Final = "胸部誠检"
"""The second byte of the third character is a backslash in GBK (D55C); so is that of 璡 (AD5C)."""


CONTENT: Final = {
    "findings": "两肺清晰。",
    "impression": "未见异常。",
    "positive": False,
    "critical_class": None,
    "recommendation": "",
}


@dataclass(frozen=True)
class Written:
    """How a device writes: what it calls its text, and what that is."""

    label: bytes
    """Empty where it says nothing."""
    encoding: str
    name: str
    description: str = DESCRIPTION
    device: str = "DR_TOWN"

    def text(self, value: str) -> bytes:
        if self.encoding == "iso 2022":  # PS3.5 Annex K
            return b"\x1b$)A" + value.encode("gb2312")
        return value.encode(self.encoding)


WRITTEN: Final = {
    "GBK that calls itself Latin": Written(b"ISO_IR 100", "gbk", "张璡"),
    "GBK that calls itself ASCII": Written(b"ISO_IR 6", "gbk", "李誠"),
    "GBK that says nothing": Written(b"", "gbk", "王璡"),
    "GB18030": Written(b"GB18030", "gb18030", "赵璡"),
    "GBK": Written(b"GBK", "gbk", "孙誠"),
    "UTF-8": Written(b"ISO_IR 192", "utf-8", "周璡"),
    "ISO 2022": Written(b"\\ISO 2022 IR 58", "iso 2022", "吴三", description="胸部平扫"),
    # A word of two Latin letters, and nothing else in the header that would tell: the register says it.
    "a device that is known to write GB18030": Written(b"", "gb18030", "镕", description="chest", device="DR_GB"),
}


@pytest.fixture
def tierread(tmp_path: Path) -> Iterator[TierRead]:
    with serving(tmp_path) as running:
        yield running


@pytest.mark.timeout(240)
def test_a_name_is_read_as_it_was_written(tierread: TierRead, tmp_path: Path) -> None:
    cast = tierread.cast()
    tierread.admin("device", "add", "DR_GB", "--host", "127.0.0.1", "--site", "TOWN")
    writes_in(tierread, "DR_GB", "GB18030")
    sent = {what: made(written) for what, written in WRITTEN.items()}
    for what, dataset in sent.items():
        stores(tierread, WRITTEN[what].device, thing(dataset))
    ada, tang = tierread.sign_in(cast.ada), tierread.sign_in(cast.tang)
    listed = wait_until(lambda: cases_of(ada, len(WRITTEN)), what="the cases")
    described = {what: metadata_of(ada, sent[what]) for what in WRITTEN}
    found = {what: searched(ada, sent[what]) for what in WRITTEN}
    files = {
        what: ada.get(f"/dicomweb{path_of(sent[what])}", headers={"Accept": "application/dicom"}) for what in WRITTEN
    }

    names = {what: written.name for what, written in WRITTEN.items()}
    descriptions = {what: written.description for what, written in WRITTEN.items()}
    assert {what: name_in(one) for what, one in found.items()} == names
    assert {what: one["00081030"]["Value"] for what, one in found.items()} == in_lists(descriptions)
    assert {what: name_in(one) for what, one in described.items()} == names
    assert {what: one["00081030"]["Value"] for what, one in described.items()} == in_lists(descriptions)
    assert {what: one["00080005"]["Value"] for what, one in described.items()} == in_lists(
        dict.fromkeys(names, "ISO_IR 192")
    )
    assert {case["patient"]["name"] for case in listed} == set(names.values())
    desk = [ada.get(f"/api/cases/{case['id']}").json()["patient"]["name"] for case in listed]
    assert set(desk) == set(names.values())
    township = tang.get("/t").text
    assert [name for name in names.values() if name not in township] == []
    for what, answer in files.items():
        assert answer.content.endswith(thing(sent[what]).dataset), what  # byte for byte, label and all
    corrected = putting_right(tang, ada, sent["GBK that says nothing"])
    assert (corrected.SpecificCharacterSet, corrected.StudyDescription) == ("ISO_IR 192", DESCRIPTION)

    vera = tierread.sign_in(cast.vera)
    for what in ("GBK that calls itself Latin", "a device that is known to write GB18030"):
        case = next(one for one in listed if one["patient"]["name"] == names[what])
        assert names[what] in text_of_the_report(ada, vera, case["id"], tmp_path)


def made(written: Written) -> Dataset:
    """A chest whose text lies in it as the device wrote it."""
    dataset = image(
        SpecificCharacterSet=None,
        SOPClassUID=DX,
        Modality="DX",
        BodyPartExamined="CHEST",
        PatientID=f"P{sum(written.name.encode())}",
        AccessionNumber=None,
    )
    raw(dataset, 0x00080005, "CS", written.label)
    raw(dataset, 0x00100010, "PN", written.text(written.name))
    raw(dataset, 0x00081030, "LO", written.text(written.description))
    return dataset


def raw(dataset: Dataset, number: int, vr: str, value: bytes) -> None:
    value += b" " * (len(value) % 2)
    if value:
        tag = Tag(number)
        dataset[tag] = RawDataElement(tag, vr, len(value), value, 0, is_implicit_VR=False, is_little_endian=True)


def stores(tierread: TierRead, device: str, sent: Object) -> None:
    contexts = [(sent.sop_class, [EXPLICIT_LITTLE])]
    with Sender(address=("127.0.0.1", tierread.dicom_port), contexts=contexts, calling=device) as sender:
        assert sender.store(sent) == 0


def writes_in(tierread: TierRead, ae_title: str, character_set: str) -> None:
    engine = connect(tierread.database_url)
    with transaction(engine) as tx:
        tx.execute(device.update().where(device.c.ae_title == ae_title).values(character_set=character_set))
    engine.dispose()


def cases_of(client: httpx.Client, number: int) -> list[dict[str, object]] | None:
    answer = client.get("/api/cases").json()
    settled = [case for case in answer["items"] if not case["arriving"]]
    return settled if len(settled) == number else None


def searched(client: httpx.Client, dataset: Dataset) -> dict[str, dict[str, list[object]]]:
    (found,) = client.get("/dicomweb/studies", params={"StudyInstanceUID": dataset.StudyInstanceUID}).json()
    return found


def metadata_of(client: httpx.Client, dataset: Dataset) -> dict[str, dict[str, list[object]]]:
    (found,) = client.get(f"/dicomweb{path_of(dataset)}/metadata").json()
    return found


def name_in(found: dict[str, dict[str, list[object]]]) -> object:
    (name,) = found["00100010"]["Value"]
    assert isinstance(name, dict)
    return name["Ideographic"]


def in_lists(texts: dict[str, str]) -> dict[str, list[str]]:
    return {what: [text] for what, text in texts.items()}


def putting_right(tang: httpx.Client, ada: httpx.Client, dataset: Dataset) -> Dataset:
    """What goes out once a person has corrected something else in it."""
    corrected = {"attributes": {"PatientSex": "M"}, "reason": "性别录错", "revision": 0}
    body = {"study_uid": dataset.StudyInstanceUID, **corrected}
    assert tang.post("/api/attributions", json=body).status_code == 201
    answer = ada.get(f"/dicomweb{path_of(dataset)}", headers={"Accept": "application/dicom"})
    return pydicom.dcmread(BytesIO(answer.content))


def text_of_the_report(ada: httpx.Client, vera: httpx.Client, case_id: str, folder: Path) -> str:
    """Signed and verified, then read back from the PDF."""
    seen = {"shown_series": ada.get(f"/api/cases/{case_id}").json()["to_see"]}
    for client, act in ((ada, "sign"), (vera, "verify")):
        lease = client.post(f"/api/cases/{case_id}/claim").json()["lease"]
        image_set = client.get(f"/api/cases/{case_id}").json()["image_set"]
        body = {**seen, "lease_revision": lease["revision"], "image_set": image_set, "content": CONTENT}
        draft = {"draft_revision": 0} if act == "sign" else {}
        answer = client.post(f"/api/cases/{case_id}/{act}", json=body | draft)
        assert answer.status_code == 200, answer.text
    versions = ada.get(f"/api/cases/{case_id}").json()["versions"]
    pdf = ada.get(f"/api/reports/{versions[-1]['id']}.pdf")
    (folder / "report.pdf").write_bytes(pdf.content)
    return subprocess.run(
        [need_tool("pdftotext"), "-layout", str(folder / "report.pdf"), "-"], check=True, capture_output=True, text=True
    ).stdout
