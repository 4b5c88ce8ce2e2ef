"""What the tests of teaching begin with: a final case of Pia's, a collection, and what somebody hands in."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.engine import Connection

from reading.cases.cases import Case
from reading.context import Context
from reading.register.organisations import Organisation
from reading.reports.content import Content
from reading.reports.versions import ReportVersion
from reading.teaching import collections, entries
from reading.teaching.collections import SeenBy
from reading.teaching.pictures import Burned, Picture, Rendered
from reading.teaching.words import Words
from reading.viewers import Staff
from tests.reading.clinic import Clinic, arrive, read
from tests.reading.region import KEYS

JPEG = b"\xff\xd8\xff\xe0picture"
SAID = Content(findings="Pia：右下肺见片状影，边界不清", impression="右下肺炎，与2026-01-02片比较吸收", positive=True)
WORDS = Words(
    title="右下肺炎的心缘征",
    diagnosis="大叶性肺炎 心缘征",
    findings="右下肺见片状影，边界不清",
    impression="右下肺炎",
    point="膈面清楚而心缘模糊的片状影位于中叶",
)


def ctx_of(tx: Connection, clinic: Clinic, who: Staff, now: datetime) -> Context[Staff]:
    return Context(tx, clinic.audit, now, who, clinic.seal.public_key)


def final(
    tx: Connection, clinic: Clinic, now: datetime, study_uid: str = "1.1", **known: Any
) -> tuple[Case, ReportVersion]:
    """A radiograph of Pia's from Hills that Ada has read."""
    pias: dict[str, Any] = {"patient_id": "P1", "patient_name": "Pia", "birth_date": "19900307", "sex": "F"}
    case = arrive(tx, clinic, study_uid, now, **(pias | known))
    return case, read(tx, clinic, clinic.ada, case.id, now, SAID)


def collection(  # noqa: PLR0917
    tx: Connection, clinic: Clinic, who: Staff, at: Organisation, now: datetime, seen_by: SeenBy = SeenBy.REGION
) -> str:
    ctx = ctx_of(tx, clinic, who, now)
    return collections.make(ctx, at.id, name=f"胸部 {seen_by} {at.code}", description="", seen_by=seen_by)


def chosen(study_uid: str = "1.1", *, burned: Burned = Burned.NO, looked_at: bool = False, frame: int = 1) -> Picture:
    rendered = Rendered(jpeg=JPEG, burned=burned)
    return Picture(sop_instance_uid=f"{study_uid}.1.1", frame=frame, rendered=rendered, looked_at=looked_at)


def added(  # noqa: PLR0917
    tx: Connection,
    clinic: Clinic,
    who: Staff,
    version: ReportVersion,
    into: str,
    now: datetime,
    *,
    words: Words = WORDS,
    pictures: tuple[Picture, ...] | None = None,
) -> str:
    ctx = ctx_of(tx, clinic, who, now)
    handed_in = (chosen(),) if pictures is None else pictures
    return entries.add(ctx, KEYS, version.case_id, into, words, handed_in, seen=version.id)
