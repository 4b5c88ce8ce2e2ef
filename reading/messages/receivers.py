"""Who hears of an event now: the numbers of patients and staff, and whether it is still worth telling."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, TypeAlias

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.alerts import alert_rows, duty
from reading.cases.identity_moves import Identity
from reading.cases.moves import HIDDEN
from reading.kinds import Role
from reading.messages.routes import ATTRIBUTED, RESTORED, Audience, Route, Template
from reading.patients import telephones
from reading.patients.keys import Keys
from reading.register import organisations
from reading.reports.versions import Status
from reading.tables import case, critical_alert, critical_notice, emergency_access, report_version
from reading.telephones import codes, numbers


@dataclass(frozen=True, kw_only=True)
class Event:
    """An entry of the outbox."""

    id: str
    kind: str
    subject_id: str
    payload: Mapping[str, Any] = field(repr=False)
    happened_at: datetime


@dataclass(frozen=True, kw_only=True)
class Receiver:
    """One receiver; ``number`` is empty for a system."""

    template: Template
    organisation_id: str | None
    """Whose administrators see the message wait, and which the words name."""
    number: str = field(default="", repr=False)


Receivers: TypeAlias = list[Receiver]


def of(tx: Connection, keys: Keys, event: Event, route: Route, now: datetime) -> Receivers:
    """Everybody whom a route means, each number once; nobody where no number is known."""
    match route.audience:
        case Audience.SYSTEM:
            return [Receiver(template=route.template, organisation_id=_site_of(tx, event))]
        case Audience.PATIENT:
            return _patient(tx, keys, event, route)
        case Audience.STAFF:
            return list({one.number: one for one in _staff(tx, event, route, now)}.values())


def is_needed(tx: Connection, event: Event, route: Route, now: datetime) -> bool:
    """Whether the event is still true: a report that was withheld or an alert that was answered tells nobody."""
    if route.audience is Audience.SYSTEM:
        return True
    if event.kind == codes.CODE:
        return codes.is_wanted(tx, event.subject_id, now)
    check = _NEEDED.get(event.kind)
    return check is None or check(tx, event)


def secrets_of(tx: Connection, keys: Keys, event: Event) -> dict[str, str]:
    """What a code's message says besides; nothing of any other event."""
    return codes.words_of(tx, keys, event.subject_id) if event.kind == codes.CODE else {}


def _patient(tx: Connection, keys: Keys, event: Event, route: Route) -> Receivers:
    site_id: str | None = event.payload.get("organisation_id")
    if event.kind == codes.CODE:
        return _one(route.template, site_id, codes.number_of(tx, keys, event.subject_id))
    if event.kind == numbers.REPLACED:
        return _one(route.template, site_id, numbers.ended_number(tx, keys, event.subject_id))
    asked = (
        sa.select(case.c.patient_id, case.c.site_id)
        .join(report_version, report_version.c.case_id == case.c.id)
        .where(report_version.c.id == event.subject_id, case.c.patient_id.is_not(None))
    )
    row = tx.execute(asked).one_or_none()
    if row is None:
        return []
    if numbers.of_person(tx, keys, row.patient_id) is None:
        template = Template.REPORT_NEWS
    else:
        template = Template.REPORT_CORRECTED if event.payload.get("replaces") else route.template
    return _one(template, row.site_id, numbers.told_at(tx, keys, row.patient_id))


def _one(template: Template, site_id: str | None, number: str) -> Receivers:
    return [Receiver(template=template, organisation_id=site_id, number=number)] if number else []


def _staff(tx: Connection, event: Event, route: Route, now: datetime) -> Receivers:
    organisation_id: str | None = event.payload.get("organisation_id")
    if organisation_id is None:
        return []
    told = tx.scalar(
        sa.select(critical_notice.c.telephone).where(critical_notice.c.id == event.payload.get("notice_id"))
    )
    known = [told] if told else [one.telephone for one in _on_duty(tx, event, organisation_id, now)]
    numbers = [telephones.mobile(one) for one in known]
    if not any(numbers) and (place := organisations.by_id(tx, organisation_id)) is not None:
        numbers = [telephones.mobile(place.telephone)]
    return [Receiver(template=route.template, organisation_id=organisation_id, number=one) for one in numbers if one]


def _on_duty(tx: Connection, event: Event, organisation_id: str, now: datetime) -> list[duty.OnDuty]:
    """The person who is meant, where they are on duty; else everybody there who could act."""
    roles = (Role.QUALITY_MANAGER,) if event.kind == "emergency.opened" else duty.ON_DUTY_AS
    there = duty.told_at(tx, organisation_id, now, roles=roles)
    meant = event.payload.get("person_id")
    return [one for one in there if meant is None or one.person_id == meant]


def _site_of(tx: Connection, event: Event) -> str | None:
    if event.payload.get("organisation_id"):
        return str(event.payload["organisation_id"])
    case_id = event.payload.get("case_id", event.subject_id)
    return tx.scalar(sa.select(case.c.site_id).where(case.c.id == case_id))


def _report_stands(tx: Connection, event: Event) -> bool:
    asked = (
        sa.select(sa.literal(1))
        .join(case, case.c.id == report_version.c.case_id)
        .where(
            report_version.c.id == event.subject_id,
            report_version.c.status == Status.FINAL,
            case.c.state.not_in(HIDDEN),
            case.c.identity != Identity.DIFFERS,
        )
    )
    return tx.scalar(asked) is not None


def _alert_waits(tx: Connection, event: Event) -> bool:
    return tx.scalar(sa.select(sa.literal(1)).where(_of_alert(event), alert_rows.unanswered())) is not None


def _disposal_waits(tx: Connection, event: Event) -> bool:
    alert = critical_alert.c
    open_still = alert.disposed_at.is_(None) & alert.ended_at.is_(None)
    return tx.scalar(sa.select(sa.literal(1)).where(_of_alert(event), open_still)) is not None


def _difference_waits(tx: Connection, event: Event) -> bool:
    return tx.scalar(sa.select(sa.literal(1)).where(_of_alert(event), alert_rows.differing())) is not None


def _of_alert(event: Event) -> sa.ColumnElement[bool]:
    return critical_alert.c.id == event.subject_id


def _emergency_stands(tx: Connection, event: Event) -> bool:
    return tx.scalar(sa.select(sa.literal(1)).where(emergency_access.c.id == event.subject_id)) is not None


_NEEDED: Final[Mapping[str, Callable[[Connection, Event], bool]]] = {
    "report.released": _report_stands,
    ATTRIBUTED: _report_stands,
    RESTORED: _report_stands,
    "critical.raised": _alert_waits,
    "critical.added": _alert_waits,
    "critical.climbed": _alert_waits,
    "critical.differs": _difference_waits,
    "critical.reminded": _disposal_waits,
    "emergency.opened": _emergency_stands,
}
