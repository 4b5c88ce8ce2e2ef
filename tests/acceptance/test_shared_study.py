"""A share opens one study to another site, by every door, for as long as it stands, and nothing else of the patient."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from pydicom.dataset import Dataset
from pynetdicom.ae import ApplicationEntity
from pynetdicom.events import EVT_C_STORE, Event
from pynetdicom.presentation import build_context, build_role

from pacs.service_classes.find import STUDY_ROOT_FIND
from pacs.service_classes.retrieve import STUDY_ROOT_GET
from reading.kinds import Role
from tests.acceptance.test_device_rights import hired, stow
from tests.builders import image, new_uid
from tests.dicomweb import path_of
from tests.running import TierRead, serving, wait_until
from tests.wire import EXPLICIT_LITTLE

OTHER = "DR_OTHER"


@pytest.fixture
def tierread(tmp_path: Path) -> Iterator[TierRead]:
    with serving(tmp_path) as running:
        yield running


@pytest.mark.timeout(240)
def test_the_other_site_sees_what_is_shared_and_loses_it_with_the_share(tierread: TierRead) -> None:
    cast = tierread.cast()
    mona = tierread.sign_in(hired(tierread, "mona", Role.QUALITY_MANAGER))
    quentin = tierread.sign_in(cast.quentin)
    study, kept = new_uid(), new_uid()
    first, second = (image(StudyInstanceUID=study, AccessionNumber="") for _ in range(2))
    private = image(StudyInstanceUID=kept, AccessionNumber="")
    owner, other = tierread.machine(cast.device), tierread.machine(OTHER)
    for one in (first, second, private):
        stow(owner, one)
    case_id = wait_until(lambda: case_of(mona, study), what="the case")

    assert seen(tierread, other, quentin, first) == set()
    page = f"/t/case/{case_id}/share"
    last = (datetime.now(UTC) + timedelta(days=3)).date().isoformat()
    shared = submit(mona, page, site="OTHER-TOWN", until=last, why="转诊会诊")
    assert shared.status_code == 303, shared.text

    everywhere = {"found", "metadata", "rendered", "C-FIND", "C-GET", "listed", "opened", "thumbnail"}
    wait_until(lambda: seen(tierread, other, quentin, first) == everywhere, what="the shared study")
    assert seen(tierread, other, quentin, second) == everywhere
    assert seen(tierread, other, quentin, private) == set()
    listed = other.get("/dicomweb/studies", params={"PatientID": str(first.PatientID)}).json()
    assert [one["0020000D"]["Value"] for one in listed] == [[study]]
    assert listed[0]["00201208"]["Value"] == [2]
    later = image(StudyInstanceUID=study, AccessionNumber="")
    stow(owner, later)
    wait_until(lambda: "metadata" in seen(tierread, other, quentin, later), what="what came later")
    assert quentin.get(f"/t/case/{case_id}").status_code == 404
    assert quentin.get(f"/api/cases/{case_id}").status_code == 404
    assert submit(quentin, page, site="OTHER-COUNTY", until=last, why="x").status_code == 404

    (share,) = tierread.admin("share", "list")
    assert tierread.admin("share", "end", share["id"], "--reason", "会诊完成")["ended_why"] == "会诊完成"
    for one in (first, second, later):
        wait_until(lambda one=one: seen(tierread, other, quentin, one) == set(), what="the end of the share")
    assert tierread.admin("share", "list") == []

    tierread.admin("share", "add", study, "--site", "OTHER-TOWN", "--until", last, "--reason", "复诊")
    wait_until(lambda: "C-FIND" in seen(tierread, other, quentin, first), what="the share of the command")
    words = tierread.admin("audit", "list", "--subject-kind", "study", "--subject", study)["events"]
    told = {(one["action"], one["actor_kind"], one["outcome"]) for one in words}
    assert {
        ("study.share", "staff", "done"),
        ("study.share", "system", "done"),
        ("study.share_end", "system", "done"),
        ("study.shared", "staff", "done"),
        ("study.retrieve", "machine", "done"),
    } <= told


def case_of(mona: httpx.Client, study_uid: str) -> str | None:
    cases = mona.get("/api/cases").json()["items"]
    return next((one["id"] for one in cases if study_uid in str(mona.get(f"/api/cases/{one['id']}").json())), None)


def submit(client: httpx.Client, address: str, **typed: str) -> httpx.Response:
    return client.post(
        address,
        data={"csrf_token": client.headers["X-CSRF-Token"], **typed},
        headers={"Origin": str(client.base_url).rstrip("/")},
    )


def seen(tierread: TierRead, machine: httpx.Client, staff: httpx.Client, one: Dataset) -> set[str]:
    """The doors at which the other site sees an image: its device, by DICOMweb and DIMSE, and its people's browser."""
    uid, at = str(one.StudyInstanceUID), f"/dicomweb{path_of(one)}"
    found = machine.get("/dicomweb/studies", params={"StudyInstanceUID": uid})
    doors = {
        "found": found.status_code == 200 and bool(found.json()),
        "metadata": machine.get(f"{at}/metadata").status_code == 200,
        "rendered": machine.get(f"{at}/rendered").status_code == 200,
        "C-FIND": bool(finds(tierread, one)),
        "C-GET": str(one.SOPInstanceUID) in gets(tierread, one),
        "thumbnail": staff.get(f"{at}/thumbnail").status_code == 200,
    }
    pages = [staff.get(each).text for each in re.findall(r'href="(/t/shared/\w+)"', staff.get("/t/shared").text)]
    doors |= {"listed": any(uid in each for each in pages), "opened": any(at in each for each in pages)}
    return {name for name, is_seen in doors.items() if is_seen}


def finds(tierread: TierRead, one: Dataset) -> list[str]:
    entity = ApplicationEntity(OTHER)
    asked = Dataset()
    asked.QueryRetrieveLevel = "STUDY"
    asked.StudyInstanceUID = one.StudyInstanceUID
    asked.PatientName = ""
    association = entity.associate(
        "127.0.0.1", tierread.dicom_port, contexts=[build_context(STUDY_ROOT_FIND)], ae_title="TIERREAD"
    )
    try:
        return [
            str(answer.StudyInstanceUID)
            for status, answer in association.send_c_find(asked, STUDY_ROOT_FIND)
            if status.Status in {0xFF00, 0xFF01}
        ]
    finally:
        association.release()


def gets(tierread: TierRead, one: Dataset) -> list[str]:
    got: list[str] = []

    def keep(event: Event) -> int:
        got.append(str(event.request.AffectedSOPInstanceUID))
        return 0

    entity = ApplicationEntity(OTHER)
    asked = Dataset()
    asked.QueryRetrieveLevel = "STUDY"
    asked.StudyInstanceUID = one.StudyInstanceUID
    sop_class = str(one.SOPClassUID)
    association = entity.associate(
        "127.0.0.1",
        tierread.dicom_port,
        contexts=[build_context(STUDY_ROOT_GET), build_context(sop_class, EXPLICIT_LITTLE)],
        ext_neg=[build_role(sop_class, scp_role=True)],
        evt_handlers=[(EVT_C_STORE, keep)],
        ae_title="TIERREAD",
    )
    try:
        list(association.send_c_get(asked, STUDY_ROOT_GET))
    finally:
        association.release()
    return got
