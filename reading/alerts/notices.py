"""Whom an alert notifies: those on duty at the site, then organisation by organisation upwards."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading import outbox, tables
from reading.alerts import answering, duty
from reading.alerts.alert_rows import Alert
from reading.kinds import Role
from reading.row_rules import valid_at
from storage.ids import new_id

FIRST_AT_THE_SITE: Final = (Role.CLINICIAN, Role.TECHNICIAN)
"""The roles that a new alert looks for where nobody is on duty; it names somebody of the first that is held there."""


ON_A_LIST: Final = 20
"""Notices of an alert that lists show: the newest."""
IN_A_LOG: Final = 200
"""Notices of an alert that the log and the case show, besides those who were told first: the newest."""


class Kind(StrEnum):
    TOLD = "told"
    ADDED = "added"
    """Something else was found of the class before anybody had answered."""
    CLIMBED = "climbed"
    REMINDED = "reminded"
    """Somebody is asked what was done with the patient."""
    SKIPPED = "skipped"
    """Nobody at an organisation could answer: the next one was told instead."""
    CARRIED = "carried"
    """The images were moved to another case of the same person, and the alert goes on there."""
    DIFFERS = "differs"
    """What was read back differs from what was told, and was read back so."""
    WITHDRAWN = "withdrawn"
    LIFTED = "lifted"
    RESET = "reset"


MESSAGE: Final = {
    Kind.TOLD: "critical.raised",
    Kind.ADDED: "critical.added",
    Kind.CLIMBED: "critical.climbed",
    Kind.REMINDED: "critical.reminded",
    Kind.SKIPPED: "critical.skipped",
    Kind.CARRIED: "critical.carried",
    Kind.DIFFERS: "critical.differs",
    Kind.WITHDRAWN: "critical.withdrawn",
    Kind.LIFTED: "critical.lifted",
    Kind.RESET: "critical.reset",
}
"""The kind of the outbox's message."""


_TELLS: Final = (Kind.TOLD, Kind.ADDED, Kind.CLIMBED)
"""The kinds by which somebody learns of an alert."""


@dataclass(frozen=True, kw_only=True)
class Notice:
    """Somebody who was told, and when."""

    kind: Kind
    person_id: str | None
    name: str = field(repr=False)
    """Of the person; empty where everybody of the organisation was told."""
    organisation_id: str
    organisation: str
    telephone: str = field(repr=False)
    level: int
    at: datetime
    finding: str = field(repr=False)
    """What else was found; empty where the notice says no more than the alert."""
    said_by: str = field(repr=False)
    """The name of whoever found it."""


def tell_first(tx: Connection, alert: Alert, site_id: str, now: datetime, *, hidden: bool = False) -> None:
    """Tell those on duty at the site; where nobody is, the person there who was active last, else everybody.

    Of a ``hidden`` case, which its site does not see, those above it are told.
    """
    if hidden:
        tell_next(tx, alert, site_id, Kind.TOLD, step=0, now=now, hidden=True)
    elif not _tell_duty(tx, alert, site_id, Kind.TOLD, now):
        _post(tx, alert, Kind.TOLD, person_id=_first_person(tx, site_id, now), organisation_id=site_id, now=now)


def tell_next(
    tx: Connection, alert: Alert, site_id: str, kind: Kind, *, step: int, now: datetime, hidden: bool = False
) -> None:
    """Tell the organisation of a step: everybody at the site, then those on duty above it, else everybody there.

    Where nobody could answer, the next one is told at once. The top is told again and again, and with it the site.
    A ``hidden`` case is not shown to its site: step 0 is the first organisation above it.
    """
    line = answering.line_of(tx, site_id, hidden=hidden)
    place = min(step, len(line) - 1)
    told = False
    for at in range(place, len(line)):
        roles = answering.roles_at(tx, line[at], site_id, now, hidden=hidden)
        if line[at] == site_id and not hidden:
            break
        if roles:
            if not _tell_duty(tx, alert, line[at], kind, now, roles):
                _post(tx, alert, kind, person_id=None, organisation_id=line[at], now=now)
            place, told = at, True
            break
        _skip(tx, alert, line[at], now)
    at_the_top = told and place == len(line) - 1 and step > place
    if not told or (at_the_top and not hidden and line[place] != site_id):
        _post(tx, alert, kind, person_id=None, organisation_id=site_id, now=now)


def tell_at(  # noqa: PLR0917
    tx: Connection, alert: Alert, kind: Kind, organisation_id: str, roles: Collection[Role], now: datetime
) -> None:
    """Tell those on duty at an organisation in the first of these roles that somebody is on duty in, else everybody."""
    if not _tell_duty(tx, alert, organisation_id, kind, now, roles):
        _post(tx, alert, kind, person_id=None, organisation_id=organisation_id, now=now)


def tell_person(
    tx: Connection, alert: Alert, kind: Kind, person_id: str, *, organisation_id: str, now: datetime
) -> None:
    """Tell one person, such as the one who acknowledged what a corrected report takes back."""
    _post(tx, alert, kind, person_id=person_id, organisation_id=organisation_id, now=now)


def tell_everybody_told(
    tx: Connection, alert: Alert, kind: Kind, now: datetime, *, finding_id: str | None = None
) -> frozenset[str]:
    """Tell whoever was told of it, each once and under the telephone of the last time; answers the people."""
    notice = tables.critical_notice.c
    rows = tx.execute(
        sa.select(notice.person_id, notice.organisation_id, notice.telephone)
        .where(notice.alert_id == alert.id, notice.kind.in_(_TELLS))
        .order_by(notice.at, notice.id)
    )
    there = {(row.person_id, row.organisation_id): row.telephone for row in rows}
    for (person_id, organisation_id), telephone in there.items():
        _post(
            tx,
            alert,
            kind,
            person_id=person_id,
            organisation_id=organisation_id,
            telephone=telephone,
            finding_id=finding_id,
            now=now,
        )
    return frozenset(person_id for person_id, _ in there if person_id is not None)


def tell_site(tx: Connection, alert: Alert, kind: Kind, site_id: str, now: datetime) -> None:
    """Tell everybody at the site."""
    _post(tx, alert, kind, person_id=None, organisation_id=site_id, now=now)


def counts(tx: Connection, alert_ids: Collection[str]) -> Mapping[str, int]:
    """How many notices each alert has."""
    notice = tables.critical_notice.c
    asked = sa.select(notice.alert_id, sa.func.count()).where(notice.alert_id.in_(alert_ids)).group_by(notice.alert_id)
    return {row[0]: row[1] for row in tx.execute(asked)}


def of_alerts(
    tx: Connection, alert_ids: Collection[str], *, last: int | None = None, with_first: bool = False
) -> Mapping[str, list[Notice]]:
    """Who was told of each alert, in their order; with ``last`` the newest so many, since climbing never ends.

    ``with_first`` has those at the site who were told as it was raised, however long ago.
    """
    notice, person, organisation = tables.critical_notice, tables.person, tables.organisation
    more, speaker = tables.critical_finding, tables.person.alias("speaker")
    of_these = notice.c.alert_id.in_(alert_ids)
    if last is not None:
        newest = sa.func.row_number().over(
            partition_by=notice.c.alert_id, order_by=(notice.c.at.desc(), notice.c.id.desc())
        )
        ranked = sa.select(notice.c.id, newest.label("place")).where(of_these).subquery()
        first = of_these & (notice.c.kind == Kind.TOLD) if with_first else sa.false()
        of_these = notice.c.id.in_(sa.select(ranked.c.id).where(ranked.c.place <= last)) | first
    rows = tx.execute(
        sa.select(
            notice,
            person.c.name,
            organisation.c.name.label("organisation"),
            organisation.c.telephone.label("of_organisation"),
            more.c.words,
            speaker.c.name.label("said_by"),
        )
        .outerjoin(person, person.c.id == notice.c.person_id)
        .outerjoin(more, more.c.id == notice.c.finding_id)
        .outerjoin(speaker, speaker.c.id == more.c.said_by)
        .join(organisation, organisation.c.id == notice.c.organisation_id)
        .where(of_these)
        .order_by(notice.c.at, notice.c.id)
    )
    found: defaultdict[str, list[Notice]] = defaultdict(list)
    for row in rows:
        found[row.alert_id].append(
            Notice(
                kind=Kind(row.kind),
                person_id=row.person_id,
                name=row.name or "",
                organisation_id=row.organisation_id,
                organisation=row.organisation,
                telephone=row.telephone or row.of_organisation,
                level=row.level,
                at=row.at,
                finding=row.words or "",
                said_by=row.said_by or "",
            )
        )
    return found


def _skip(tx: Connection, alert: Alert, organisation_id: str, now: datetime) -> None:
    """Say once that nobody at an organisation could answer."""
    notice = tables.critical_notice.c
    said = sa.select(notice.id).where(
        notice.alert_id == alert.id, notice.organisation_id == organisation_id, notice.kind == Kind.SKIPPED
    )
    if tx.scalar(said.limit(1)) is None:
        _post(tx, alert, Kind.SKIPPED, person_id=None, organisation_id=organisation_id, now=now)


def _tell_duty(  # noqa: PLR0917
    tx: Connection,
    alert: Alert,
    organisation_id: str,
    kind: Kind,
    now: datetime,
    roles: Collection[Role] = duty.ON_DUTY_AS,
) -> bool:
    there = duty.told_at(tx, organisation_id, now, roles=roles)
    for one in there:
        _post(
            tx,
            alert,
            kind,
            person_id=one.person_id,
            organisation_id=organisation_id,
            telephone=one.telephone,
            now=now,
        )
    return bool(there)


def _post(
    tx: Connection,
    alert: Alert,
    kind: Kind,
    *,
    person_id: str | None,
    organisation_id: str,
    now: datetime,
    telephone: str = "",
    finding_id: str | None = None,
) -> None:
    made = new_id()
    tx.execute(
        sa.insert(tables.critical_notice),
        {
            "id": made,
            "alert_id": alert.id,
            "person_id": person_id,
            "organisation_id": organisation_id,
            "level": alert.level,
            "at": now,
            "kind": kind,
            "telephone": telephone,
            "finding_id": finding_id,
        },
    )
    # The notice has the telephone under which they were on duty; a message to it looks there.
    payload = {"case_id": alert.case_id, "person_id": person_id, "organisation_id": organisation_id}
    outbox.post(tx, MESSAGE[kind], alert.id, {**payload, "level": alert.level, "notice_id": made}, now)


def _first_person(tx: Connection, site_id: str, now: datetime) -> str | None:
    """The person whom a new alert names: of the first role that is held at the site, who was active last."""
    grant, session = tables.role_grant, tables.staff_session
    active = (
        sa.select(session.c.person_id, sa.func.max(session.c.active_at).label("active_at"))
        .where(session.c.ended_at.is_(None))
        .group_by(session.c.person_id)
        .subquery()
    )
    for role in FIRST_AT_THE_SITE:
        found = tx.scalar(
            sa.select(grant.c.person_id)
            .outerjoin(active, active.c.person_id == grant.c.person_id)
            .where(grant.c.organisation_id == site_id, grant.c.role == role, valid_at(grant, now))
            .order_by(active.c.active_at.is_(None), active.c.active_at.desc(), grant.c.since)
            .limit(1)
        )
        if found is not None:
            return found
    return None
