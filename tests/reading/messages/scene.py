"""A patient with a telephone whose report was released, and somebody on duty at the township."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy.engine import Connection

from reading.alerts import critical, duty
from reading.alerts.alert_rows import Alert
from reading.audit import SYSTEM
from reading.cases.cases import Case
from reading.context import Context
from reading.kinds import IdentifierKind, Role, Sex
from reading.patients import patients
from reading.patients.patient_identifiers import Identifier
from reading.patients.patients import Patient
from tests.reading.clinic import Clinic, arrive, read
from tests.reading.region import KEYS

MOBILE = "13800138000"
ON_DUTY = "13912345678"


def patient_with(tx: Connection, now: datetime, telephone: str = MOBILE, device_id: str = "P7") -> Patient:
    return patients.register(
        tx,
        KEYS,
        name="Pia",
        birth_date=date(1990, 3, 7),
        sex=Sex.FEMALE,
        telephone=telephone,
        identifiers=[Identifier(kind=IdentifierKind.DEVICE_ID, issuer="HILLS", value=device_id)],
        now=now,
    )


def released(tx: Connection, clinic: Clinic, now: datetime, study_uid: str = "1.7.1", device_id: str = "P7") -> Case:
    """A report of the patient that is final."""
    case = arrive(tx, clinic, study_uid, now, patient_id=device_id)
    read(tx, clinic, clinic.ada, case.id, now)
    return case


def raised(tx: Connection, clinic: Clinic, now: datetime, study_uid: str = "1.7.2", telephone: str = ON_DUTY) -> Alert:
    """A stroke at Hills, where Tang is on duty."""
    duty.add(
        Context(tx, clinic.audit, now, SYSTEM),
        organisation_code=clinic.region.hills.code,
        username=clinic.tang.username,
        role=Role.TECHNICIAN,
        telephone=telephone,
    )
    case = arrive(tx, clinic, study_uid, now)
    ctx = Context(tx, clinic.audit, now, clinic.ada)
    return critical.raise_alert(ctx, case.id, critical_class="stroke", finding="左侧大脑中动脉高密度")
