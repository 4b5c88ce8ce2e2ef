"""Chen, whom the register knows, with an order and an earlier report; and images that come under his numbers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.access import priors, visibility
from reading.audit import SYSTEM
from reading.cases import cases
from reading.cases.cases import Case
from reading.context import Context
from reading.intake import intake
from reading.kinds import IdentifierKind, Priority, Sex
from reading.orders import orders
from reading.orders.orders import Order
from reading.patients import patients
from reading.patients.patient_identifiers import Identifier
from reading.patients.patients import Patient
from reading.tables import procedure
from reading.viewers import PatientViewer, Staff
from storage.index import queries
from tests.reading.clinic import Clinic, arrive, open_clinic, read, send
from tests.reading.region import KEYS
from tests.recorded import recorded

CHEN_CARD = Identifier(kind=IdentifierKind.HEALTH_CARD, value="C1")

CHEN_NUMBER = Identifier(kind=IdentifierKind.DEVICE_ID, issuer="HILLS", value="P1")
AGREEING = {"patient_name": "CHEN^DAHAI", "sex": "M", "birth_date": "19610402"}
CONTRADICTING = {
    "name": AGREEING | {"patient_name": "WU^JUN"},
    "characters": AGREEING | {"patient_name": "CHEN^DAHAI=陈^大河"},
    "sex": AGREEING | {"sex": "F"},
    "birth date": AGREEING | {"birth_date": "20190402"},
}


@dataclass(frozen=True, kw_only=True)
class Scene:
    clinic: Clinic
    chen: Patient
    order: Order
    earlier: Case
    """A case of his, with a report that he reads."""


@recorded
def scene(tx: Connection, now: datetime) -> Scene:
    clinic = open_clinic(tx, now)
    chen = patients.register(
        tx,
        KEYS,
        name="陈大海",
        birth_date=date(1961, 4, 2),
        sex=Sex.MALE,
        identifiers=[CHEN_CARD, CHEN_NUMBER],
        now=now,
    )
    earlier = arrive(tx, clinic, "1.1", now, patient_id="P1", study_date="20260220", **AGREEING)
    read(tx, clinic, clinic.ada, earlier.id, now)
    return Scene(clinic=clinic, chen=chen, order=ordered(tx, clinic, chen, now), earlier=earlier)


def ordered(tx: Connection, clinic: Clinic, patient: Patient, now: datetime) -> Order:
    return orders.place(
        tx,
        site_id=clinic.region.hills.id,
        patient_id=patient.id,
        modality="DX",
        priority=Priority.EMERGENCY,
        procedures=[orders.Asked(body_part="CHEST")],
        reason="",
        ordered_by=None,
        now=now,
    )


def come(tx: Connection, made: Scene, place: str, now: datetime, said: dict[str, str]) -> Case:
    """The case of an image that names Chen by one number, and says of its person what it says."""
    match place:
        case "accession number":
            return arrive(tx, made.clinic, "1.2", now, accession_number=made.order.accession_number, **said)
        case "worklist":
            return arrive(tx, made.clinic, made.order.procedures[0].study_uid, now, **said)
        case "patient number":
            return arrive(tx, made.clinic, "1.2", now, patient_id="P1", **said)
        case _:
            return arrive(tx, made.clinic, "1.2", now, patient_id=made.chen.number, issuer="TIERREAD", **said)


PLACES = ("accession number", "worklist", "patient number", "number of ours")


def by(made: Scene, staff: Staff, tx: Connection, now: datetime) -> Context[Staff]:
    return Context(tx, made.clinic.audit, now, staff)


def patient_sees(tx: Connection, made: Scene, case_id: str, now: datetime) -> bool:
    chen = PatientViewer(patient_id=made.chen.id, case_id=None, csrf_token="")
    return cases.is_one_of(tx, case_id, visibility.visible_cases(tx, chen, now))


def prior_ids(tx: Connection, made: Scene, case: Case, now: datetime) -> list[str]:
    return [one.id for one in priors.prior_cases(tx, made.clinic.ada, [case], now)[case.id]]


def order_state(tx: Connection, made: Scene) -> str | None:
    return tx.scalar(sa.select(procedure.c.state).where(procedure.c.order_id == made.order.id))


def one_more(  # noqa: PLR0917
    tx: Connection, made: Scene, study_uid: str, number: int, now: datetime, said: dict[str, str]
) -> Case:
    """The case of a study after one more image, which says of its person what it says."""
    there = queries.study_of(tx, study_uid)
    assert there is not None
    known = {"sop_instance_uid": f"{study_uid}.1.{number}", "received_digest": bytes([number]) * 32}
    study = send(tx, made.clinic, study_uid, now, patient_id=there.patient_id, issuer=there.issuer, **known, **said)
    return intake.take_in(Context(tx, made.clinic.audit, now, SYSTEM), KEYS, study)
