"""Questions before an examination in the demonstration: one that waits, and one that was answered."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.engine import Connection

from reading.audit import Audit
from reading.kinds import IdentifierKind, Priority
from reading.orders import orders
from reading.orders.orders import Asked
from reading.patients import patients
from reading.patients.keys import Keys
from reading.patients.patient_identifiers import Identifier
from reading.protocolling import requests
from reading.register import organisations
from service.demo.acting import as_person
from service.demo.region import PATIENTS, Region


def ask_some(tx: Connection, audit: Audit, keys: Keys, made: Region, now: datetime) -> None:
    """Order two examinations that nobody has made yet, and ask before them."""

    def ordered(name: str, site: str, part: str, reason: str) -> str:
        somebody = next(each for each in PATIENTS if each.name == name)
        card = Identifier(kind=IdentifierKind.IDENTITY_CARD, value=somebody.identity_number)
        patient = patients.find(tx, keys, card, now)
        assert patient is not None  # noqa: S101 -- the first start registered them
        return orders.place(
            tx,
            site_id=organisations.in_force(tx, site).id,
            patient_id=patient.id,
            modality="DX",
            priority=Priority.ROUTINE,
            procedures=[Asked(body_part=part)],
            reason=reason,
            ordered_by=None,
            now=now,
        ).id

    pelvis = ordered("李小璡", "SHIQIAO", "PELVIS", "摔倒后髋部疼痛一天，能行走")
    requests.ask(as_person(tx, audit, made, "石磊", now), pelvis, "患者自诉停经 50 天。现在摄片，还是先查妊娠？")
    spine = ordered("欧阳雪", "YUNLING", "LSPINE", "腰痛两周，无外伤")
    asked = requests.ask(as_person(tx, audit, made, "云红梅", now), spine, "11 岁，要不要加照斜位？")
    protocol = "只照正侧位，铅衣护性腺；不加斜位。"
    requests.accept(as_person(tx, audit, made, "谢婉", now), asked.id, protocol, seen=asked.revision)
