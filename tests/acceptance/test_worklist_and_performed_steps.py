"""From the order at the counter to the complete case, with real peers: worklist, MPPS, and images with their UIDs."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pytest
from pydicom import dcmread, dcmwrite
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import UID
from pynetdicom.presentation import build_context
from pynetdicom.sop_class import ModalityPerformedProcedureStep  # pyright: ignore[reportAttributeAccessIssue]
from sqlalchemy.engine import Engine

from pacs.dimse.peer import Peer, open_association
from reading.cases import cases
from reading.completeness import ledger
from reading.completeness.ledger import Progress
from reading.orders import orders
from reading.orders.order_state import OrderState
from storage.database import connect, snapshot
from tests.builders import DX, image, new_uid
from tests.conftest import need_tool
from tests.mpps import STEP, beginning, ending
from tests.running import Cast, TierRead, serving, wait_until
from tests.wire import EXPLICIT_LITTLE

MPPS = str(ModalityPerformedProcedureStep)


@pytest.fixture
def tierread(tmp_path: Path) -> Iterator[TierRead]:
    with serving(tmp_path, settings={"TIERREAD_QUIET_SECONDS": "2"}) as running:
        yield running


REPEATED: Final = (
    *("Modality", "PatientName", "PatientID", "ScheduledStepAttributesSequence", "PerformedProcedureStepID"),
    *("PerformedStationAETitle", "PerformedProcedureStepStartDate", "PerformedProcedureStepStartTime"),
)
"""What a console says again when it ends a step."""


@pytest.mark.timeout(180)
def test_an_order_is_made_and_comes_home(tierread: TierRead, tmp_path: Path) -> None:
    cast = tierread.cast()
    accession = registers(tierread, cast)
    engine = connect(tierread.database_url)

    # The device asks, and another site's device hears nothing.
    (item,) = asks(tierread, cast.device, tmp_path / "asked")
    assert asks(tierread, cast.other_device, tmp_path / "other") == []
    assert (item.PatientID, item.IssuerOfPatientID, item.AccessionNumber) == (cast.pia.number, "TIERREAD", accession)
    assert str(item.PatientName) == "PI^YA=皮^亚"
    assert order_state(engine, item) is OrderState.PLACED

    # It begins, sends two of its three pictures, and says what it made.
    step = item.ScheduledProcedureStepSequence[0].ScheduledProcedureStepID
    said = beginning(
        study_uid=item.StudyInstanceUID,
        accession_number=accession,
        step_id=step,
        PatientName=str(item.PatientName),
        PatientID=item.PatientID,
    )
    pictures = [picture(item, number) for number in (1, 2, 3)]
    assert performs(tierread, cast, said, None) == 0
    assert order_state(engine, item) is OrderState.IN_PROGRESS
    sends(tierread, cast, pictures[:2], tmp_path)
    series_uid, made = pictures[0].SeriesInstanceUID, [one.SOPInstanceUID for one in pictures]
    repeated = {element.keyword: element.value for element in said if element.keyword in REPEATED}
    done = ending(*made, series_uid=series_uid, **repeated)
    assert (
        performs(tierread, cast, None, ending(*made, series_uid=series_uid, **repeated | {"Modality": "CT"})) == 0x0106
    )
    assert performs(tierread, cast, None, done) == 0

    # The case is the patient's by itself; the third picture is missed until it comes.
    wait_until(lambda: order_state(engine, item) is OrderState.ARRIVED, what="the order to arrive")
    with snapshot(engine) as tx:
        opened = cases.of_study(tx, item.StudyInstanceUID)
        assert opened is not None
        assert opened.patient_id == cast.pia.id
        assert ledger.expected(tx, [item.StudyInstanceUID]) == 3
    assert not complete(engine, item)
    sends(tierread, cast, pictures[2:], tmp_path)
    wait_until(lambda: complete(engine, item), what="the ledger to be complete")

    # What was made is offered no longer.
    assert asks(tierread, cast.device, tmp_path / "again") == []
    engine.dispose()


def registers(tierread: TierRead, cast: Cast) -> str:
    """The township registers a chest radiograph on its page."""
    tang = tierread.sign_in(cast.tang)
    form = {
        "csrf_token": tang.headers["X-CSRF-Token"],
        "card_type": "identity_card",
        "card": cast.pia.identity_card,
        "name": cast.pia.name,
        "site": "TOWN",
        "modality": "DX",
        "body_part": "CHEST",
        "priority": "routine",
        "reason": "咳嗽",
    }
    answer = tang.post("/t/order", data=form, headers={"Origin": tierread.url})
    assert answer.status_code == 303, answer.text
    listed = tang.get("/api/orders", params={"site": "TOWN"})
    assert listed.status_code == 200, listed.text
    (order,) = listed.json()["orders"]
    return str(order["accession_number"])


def asks(tierread: TierRead, title: str, folder: Path) -> list[Dataset]:
    """DCMTK's findscu asks for what there is today and tomorrow, in UTF-8."""
    folder.mkdir()
    keys = ["PatientID", "PatientName", "IssuerOfPatientID", "AccessionNumber", "StudyInstanceUID"]
    step = ["Modality", "ScheduledStationAETitle", "ScheduledProcedureStepID", "ScheduledProcedureStepStartTime"]
    today = f"ScheduledProcedureStepStartDate={datetime.now(UTC):%Y%m%d}-"
    command = [need_tool("findscu"), "-W", "-X", "-od", str(folder), "-aet", title, "-aec", tierread.ae_title]
    for key in ("SpecificCharacterSet=ISO_IR 192", *keys, *(f"(0040,0100)[0].{key}" for key in (*step, today))):
        command += ["-k", key]
    subprocess.run([*command, "127.0.0.1", str(tierread.dicom_port)], check=True, timeout=60)
    return [dcmread(path) for path in sorted(folder.iterdir())]


def performs(tierread: TierRead, cast: Cast, begun: Dataset | None, ended: Dataset | None) -> int:
    """The device says by MPPS that it begins, or that it is done."""
    peer = Peer(ae_title=tierread.ae_title, host="127.0.0.1", port=tierread.dicom_port)
    with open_association(cast.device, peer, [build_context(MPPS)]) as association:
        if begun is not None:
            return int(association.send_n_create(begun, MPPS, STEP)[0].Status)
        assert ended is not None
        return int(association.send_n_set(ended, MPPS, STEP)[0].Status)


def picture(item: Dataset, number: int, *, series_uid: str = new_uid()) -> Dataset:  # one for all
    """What a device makes of a worklist item: it copies what identifies patient and study."""
    return image(
        SOPClassUID=DX,
        Modality="DX",
        BodyPartExamined="CHEST",
        StudyInstanceUID=item.StudyInstanceUID,
        SeriesInstanceUID=series_uid,
        InstanceNumber=number,
        AccessionNumber=item.AccessionNumber,
        PatientID=item.PatientID,
        IssuerOfPatientID=item.IssuerOfPatientID,
        PatientName=str(item.PatientName),
        PatientBirthDate="",
        PatientSex="",
    )


def sends(tierread: TierRead, cast: Cast, pictures: list[Dataset], folder: Path) -> None:
    files: list[str] = []
    for one in pictures:
        one.file_meta = FileMetaDataset()
        one.file_meta.TransferSyntaxUID = UID(EXPLICIT_LITTLE)
        files.append(str(folder / f"{one.InstanceNumber}.dcm"))
        dcmwrite(files[-1], one, enforce_file_format=True)
    command = [need_tool("storescu"), "-aet", cast.device, "-aec", tierread.ae_title]
    subprocess.run([*command, "127.0.0.1", str(tierread.dicom_port), *files], check=True, timeout=60)


def order_state(engine: Engine, item: Dataset) -> OrderState:
    with snapshot(engine) as tx:
        found = orders.by_study(tx, item.StudyInstanceUID)
    assert found is not None
    return found.state


def complete(engine: Engine, item: Dataset) -> bool:
    with snapshot(engine) as tx:
        found = cases.of_study(tx, item.StudyInstanceUID)
        assert found is not None
        arrived = ledger.arrived(tx, [item.StudyInstanceUID])
        expected = ledger.expected(tx, [item.StudyInstanceUID])
    progress = Progress(arrived=arrived, expected=expected, arriving=found.arriving, held=0)
    return progress.complete
