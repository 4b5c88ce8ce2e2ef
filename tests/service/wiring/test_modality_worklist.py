"""What a device is told of an answer before the examination, in the words that it can read."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import cast

import pytest
from sqlalchemy.engine import Engine

from pacs.dataset.answer_charset import answer_charset
from pacs.dimse.service import Caller, ServedAssociation
from reading.patients.keys import keys_in
from reading.protocolling import requests
from reading.protocolling.standing import Standing
from reading.register import devices
from reading.reports.seal import Seal
from service.installation.house import House, sender_of
from service.installation.installation import Folders
from service.installation.load_settings import load
from service.wiring.modality_worklist import WorklistDoor, protocol
from storage.database import transaction
from storage.objects.store import FolderObjectStore
from tests.reading.clinic import open_clinic
from tests.reading.orders.test_counter import acting
from tests.reading.protocolling.test_requests import asked, ordered

AGAINST = Standing(words="孕 12 周", against=True, asked_again=False)
APRON = Standing(words="铅衣遮挡", against=False, asked_again=True)


@pytest.mark.parametrize(
    ("terms", "stands", "told"),
    [
        ("ISO_IR 192", AGAINST, "不建议做此检查：孕 12 周"),
        ("GB18030", replace(AGAINST, asked_again=True), "[已再次咨询，待答复] 不建议做此检查：孕 12 周"),
        ("ISO_IR 100", AGAINST, "EXAMINATION ADVISED AGAINST: see the slip"),
        ("ISO_IR 6", replace(AGAINST, words="12 weeks"), "EXAMINATION ADVISED AGAINST: 12 weeks"),
        ("ISO 2022 IR 58", APRON, "[已再次咨询，待答复] 铅衣遮挡"),
        ("ISO_IR 6", APRON, "[asked again, answer open] Protocol: see the slip"),
        ("ISO_IR 6", replace(APRON, words="lead apron"), "[asked again, answer open] lead apron"),
        ("ISO_IR 6", replace(APRON, words="lead apron", asked_again=False), "lead apron"),
        ("ISO_IR 192", None, ""),
    ],
)
def test_a_device_is_told_the_protocol_or_the_advice_against(terms: str, stands: Standing | None, told: str) -> None:
    assert answer_charset(terms, ()).first(protocol(stands)) == told


def test_the_worklist_of_a_site_says_of_each_order_what_was_answered(
    engine: Engine, now: datetime, tmp_path: Path
) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        made, unasked = asked(tx, clinic, now), ordered(tx, clinic, now)
        hills = clinic.region.hills.id
        device = devices.add(
            tx, ae_title="DR1", network="10.0.0.1/32", port=104, site_id=hills, issuer="HILLS", now=now
        )
        requests.refuse(acting(tx, clinic, clinic.ada, now), made.id, AGAINST.words, seen=1)
    house = House(
        settings=load({"TIERREAD_DATA_DIR": str(tmp_path)}),
        folders=Folders(data=tmp_path),
        clock=lambda: now,
        engine=engine,
        keys=keys_in(tmp_path / "keys"),
        seal=Seal.from_folder(tmp_path / "keys"),
        audit=clinic.audit,
        object_store=FolderObjectStore(tmp_path / "objects"),
    )
    caller = Caller(
        sender=sender_of(device), ae_title=device.ae_title, address="", association=cast("ServedAssociation", None)
    )
    found = WorklistDoor(house).offering(caller, None, None)
    told = {one.accession_number: one.protocol for one in found.scheduled}

    assert told.pop(unasked.accession_number) == ()
    assert [one[0] for one in told.values()] == ["不建议做此检查：孕 12 周"]
