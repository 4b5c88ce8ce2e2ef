"""A consultation about Pia's radiograph: Ada asks Quinn, who works at another county."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy.engine import Connection

from reading.cases.cases import Case
from reading.consultation import asking, opinions, thread
from reading.consultation.asking import Question
from reading.consultation.consultation_rows import Consultation
from reading.context import Context
from reading.viewers import Staff
from tests.reading.clinic import Clinic

DAY = timedelta(days=1)


def ask(
    tx: Connection,
    clinic: Clinic,
    case: Case,
    now: datetime,
    *,
    by: Staff | None = None,
    people: Sequence[Staff] | None = None,
    until: datetime | None = None,
    priors: Sequence[str] = (),
    words: str = "右下肺结节，是否恶性？",
) -> Consultation:
    """Ada asks Quinn for a day, if nobody says more."""
    asked = [clinic.quinn] if people is None else people
    question = Question(words=words, people=[one.person_id for one in asked], until=until or now + DAY, priors=priors)
    return asking.ask(Context(tx, clinic.audit, now, by or clinic.ada), case.id, question)


def speak(tx: Connection, clinic: Clinic, asked: Consultation, now: datetime, who: Staff | None = None) -> Consultation:
    """Quinn gives an opinion."""
    ctx = Context(tx, clinic.audit, now, who or clinic.quinn)
    return opinions.speak(ctx, asked.id, words="考虑炎性结节，建议 3 月后复查", key_images=[])


def conclude(tx: Connection, clinic: Clinic, asked: Consultation, now: datetime) -> Consultation:
    ctx = Context(tx, clinic.audit, now, clinic.ada)
    seen = thread.thread(ctx, asked.id).consultation.revision
    return asking.conclude(ctx, asked.id, conclusion="会诊考虑炎性结节，建议随访", seen=seen)
