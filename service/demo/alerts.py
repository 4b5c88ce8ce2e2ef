"""Critical results of the demonstration: one in each state, raised and answered by its people."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.alerts import classes, corrections, critical, disposal, duty
from reading.alerts.alert_rows import Alert
from reading.alerts.corrections import Said
from reading.alerts.disposal import Disposal
from reading.alerts.read_back import Means
from reading.audit import Actor, Audit
from reading.cases import cases
from reading.context import Context
from reading.kinds import Role
from reading.reports.content import Content
from reading.tables import critical_alert
from reading.viewers import Staff
from service.demo.acting import as_person, usernames
from service.demo.region import Region

# Name, organisation, role, telephone.
ON_DUTY: Final = (
    ("何秀英", "HEKOU", Role.CLINICIAN, "0990-661001"),
    ("柳建国", "LIULIN", Role.TECHNICIAN, "0990-661002"),
    ("石磊", "SHIQIAO", Role.TECHNICIAN, "0990-661003"),
    ("云红梅", "YUNLING", Role.TECHNICIAN, "0990-661004"),
    ("沈质", "CITY", Role.QUALITY_MANAGER, "0990-660120"),
)


def put_on_duty(ctx: Context[Actor], made: Region) -> None:
    """Fill the duty list, and let a site say something of a class."""
    classes.add(ctx, "foreign_body", organisation_code="HEKOU", minutes=1)
    named = usernames(made)
    for name, code, role, telephone in ON_DUTY:
        duty.add(ctx, organisation_code=code, username=named[name], role=role, telephone=telephone)


def raise_some(tx: Connection, audit: Audit, made: Region, now: datetime) -> bool:
    """Raise an alert of each state on the cases of the first start; False while some of the cases are not there."""
    if tx.scalar(sa.select(sa.func.count()).select_from(critical_alert)):
        return True
    found = [cases.of_study(tx, each.study_uid) for each in made.studies]
    of = [one.id for one in found if one is not None]
    if len(of) < len(made.studies):
        return False

    def by(name: str) -> Context[Staff]:
        return as_person(tx, audit, made, name, now)

    def raised(reader: str, place: int, code: str, finding: str) -> Alert:
        return critical.raise_alert(by(reader), of[place], critical_class=code, finding=finding)

    def answered(who: str, alert: Alert, said: str, reader: str) -> None:
        critical.acknowledge(by(who), alert.id, said=said, spoken_with=reader, means=Means.TELEPHONE)

    raised("谢婉", 4, "tension_pneumothorax", "右侧张力性气胸，纵隔左移")
    raised("林书远", 0, "foreign_body", "左主支气管内异物")  # nobody answers, and its site gives it one minute
    open_still = raised("黄德明", 3, "other", "大量胸腔积液，心影增大")
    answered("柳建国", open_still, "大量胸腔积液，马上联系家属", "黄德明")
    closed = raised("谢婉", 6, "pneumothorax", "左侧气胸，压缩约 60%")
    answered("云红梅", closed, "左侧气胸压缩百分之六十", "谢婉")
    told = "吸氧，120 转清水县人民医院，家属陪同"
    disposal.dispose(by("云红梅"), closed.id, disposal=Disposal.TRANSFERRED, text=told)
    critical.withdraw(by("林书远"), raised("林书远", 1, "other", "桡骨远端骨折").case_id, why="误选，并非危急值")
    raised("黄德明", 2, "pneumothorax", "右侧气胸")
    corrected = Content(findings="右肺尖肺大疱", impression="肺大疱，纵隔积气", positive=True, critical_class="other")
    corrections.raise_of(by("黄德明"), of[2], Said(2, corrected), _named("pneumothorax"))
    raised("林书远", 7, "pulmonary_embolism", "右下肺动脉充盈缺损")
    unclear = Content(findings="呼吸伪影", impression="未见栓塞", positive=False)
    corrections.lift(by("林书远"), of[7], Said(2, unclear), [_named("pulmonary_embolism")])
    return True


def _named(code: str) -> Said:
    return Said(1, Content(findings="!", impression="!", positive=True, critical_class=code))
