"""A device gets what a quality manager allowed it: whoever registers devices sees no picture by it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from pydicom.dataset import Dataset
from pynetdicom.ae import ApplicationEntity
from pynetdicom.presentation import build_context

from pacs.dataset import part10
from pacs.dicomweb.multipart import body_of
from pacs.service_classes.find import PATIENT_ROOT_FIND, STUDY_ROOT_FIND
from pacs.service_classes.retrieve import PATIENT_ROOT_GET, PATIENT_ROOT_MOVE, STUDY_ROOT_GET, STUDY_ROOT_MOVE
from reading.audit import SYSTEM, Audit
from reading.context import Context
from reading.kinds import Role
from reading.register import registry
from reading.register.passwords import chosen
from storage.database import connect, transaction
from tests.builders import encoded, image
from tests.dicomweb import path_of
from tests.running import PASSWORD, Person, TierRead, serving, wait_until
from tests.wire import EXPLICIT_LITTLE

ASKING: Final = (
    PATIENT_ROOT_FIND, STUDY_ROOT_FIND, PATIENT_ROOT_MOVE, STUDY_ROOT_MOVE, PATIENT_ROOT_GET, STUDY_ROOT_GET,
)  # fmt: skip
WORKLIST: Final = "1.2.840.10008.5.1.4.31"


@pytest.fixture
def tierread(tmp_path: Path) -> Iterator[TierRead]:
    with serving(tmp_path) as running:
        yield running


@pytest.mark.timeout(240)
def test_who_registers_a_device_sees_no_picture_until_a_quality_manager_allows_it(tierread: TierRead) -> None:
    cast = tierread.cast()
    sam, mona = (
        tierread.sign_in(hired(tierread, username, role))
        for username, role in (("sam", Role.SYSTEM_ADMINISTRATOR), ("mona", Role.QUALITY_MANAGER))
    )
    sent = image(AccessionNumber="")
    stow(tierread.machine(cast.device), sent)
    spy = {"ae_title": "SPY", "site": "TOWN", "network": "127.0.0.1"}
    made = sam.post("/api/devices", json=spy).json()
    rights = f"/api/devices/{made['id']}/rights"
    everything = {"may": ["store", "worklist", "query", "retrieve"], "revision": 1}

    assert sam.put(rights, json=everything).status_code == 403
    machine = tierread.machine("SPY")
    assert accepted(tierread) == {WORKLIST}
    assert answers(machine, sent) == answers(machine, image()) == {403}
    assert machine.get("/dicomweb/studies").json()["type"] == "/problems/not-allowed"
    stow(machine, image(AccessionNumber=""))
    listed = wait_until(lambda: the_device(tierread, lacking=2), what="what it asked for")
    assert listed["may"] == ["store", "worklist"]
    assert listed["lacks"] == ["query", "retrieve"]

    given = mona.put(rights, json=everything)
    assert given.status_code == 200, given.text
    assert (given.json()["may"], given.json()["lacks"]) == (sorted(everything["may"]), {})  # type: ignore[call-overload]
    wait_until(lambda: machine.get("/dicomweb/studies").status_code == 200, what="the right to query")
    assert accepted(tierread) == {WORKLIST, *ASKING}
    assert answers(machine, sent) == {200}

    sams = {"network": "127.0.0.0/8", "revision": given.json()["revision"]}
    assert sam.put(f"/api/devices/{made['id']}", json=sams).status_code == 200
    wait_until(lambda: machine.get("/dicomweb/studies").status_code == 403, what="the end of the rights")
    assert accepted(tierread) == {WORKLIST}
    assert answers(machine, sent) == {403}


def hired(tierread: TierRead, username: str, role: Role) -> Person:
    engine = connect(tierread.database_url)
    try:
        password = chosen(PASSWORD)
        with transaction(engine) as tx:
            ctx = Context(tx, Audit("tests/hired"), datetime.now(UTC), SYSTEM)
            registry.add_person(
                ctx, username=username, name=username, organisation_code="COUNTY", role=role, password=password
            )
    finally:
        engine.dispose()
    return Person(username=username, name=username)


def accepted(tierread: TierRead) -> set[str]:
    """The contexts that SPY is given when it asks for all that queries and retrieves."""
    entity = ApplicationEntity("SPY")
    proposed = [build_context(uid, EXPLICIT_LITTLE) for uid in (WORKLIST, *ASKING)]
    association = entity.associate("127.0.0.1", tierread.dicom_port, contexts=proposed, ae_title="TIERREAD")
    try:
        assert association.is_established
        return {str(context.abstract_syntax) for context in association.accepted_contexts}
    finally:
        association.release()


def answers(machine: httpx.Client, one: Dataset) -> set[int]:
    """The statuses of everything that DICOMweb tells of an instance."""
    study, series = (
        f"/studies/{one.StudyInstanceUID}",
        f"/studies/{one.StudyInstanceUID}/series/{one.SeriesInstanceUID}",
    )
    addresses = [
        "/studies", "/series", "/instances", f"{study}/series", f"{study}/instances", f"{series}/instances",
        *(f"{resource}{end}" for resource in (study, series) for end in ("", "/metadata", "/thumbnail")),
        *(f"{path_of(one)}{end}" for end in ("", "/metadata", "/frames/1", "/rendered", "/bulkdata/7FE00010")),
    ]  # fmt: skip
    return {machine.get(f"/dicomweb{address}").status_code for address in addresses}


def the_device(tierread: TierRead, *, lacking: int) -> dict[str, Any] | None:
    rows = tierread.admin("device", "list")
    return next((one for one in rows if one["ae_title"] == "SPY" and len(one["lacks"]) == lacking), None)


def stow(machine: httpx.Client, one: Dataset) -> None:
    head = part10.head(
        sop_class_uid=str(one.SOPClassUID),
        sop_instance_uid=str(one.SOPInstanceUID),
        transfer_syntax_uid=EXPLICIT_LITTLE,
    )
    body = body_of("b", [("application/dicom", head + encoded(one, EXPLICIT_LITTLE))])
    kind = {"Content-Type": 'multipart/related; type="application/dicom"; boundary=b'}
    answer = machine.post("/dicomweb/studies", content=body, headers=kind)
    assert answer.status_code == 200, answer.text
