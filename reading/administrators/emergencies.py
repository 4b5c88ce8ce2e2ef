"""Emergency access as the security administrator sees and judges it: who, when, why and how much, never of whom."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.access import door
from reading.access.emergencies import covered_by
from reading.actions import Action
from reading.administrators.oversight import LOOK_BACK, NIGHT, Pattern
from reading.audit import ActorKind, Outcome
from reading.context import Acts, Context, without_door
from reading.emergency_access.emergency_rows import Emergency, from_row
from reading.emergency_access.rules import COMMENT_MOST, Verdict
from reading.errors import NotAllowed, NotThere, Stale
from reading.kinds import Role
from reading.patients import persons
from reading.register import organisations, people
from reading.register.administrator import only
from reading.register.people import Person
from reading.tables import audit_event, case, case_study, emergency_access, patient, report_version, role_grant
from reading.texts import checked
from reading.viewers import Staff

MOST: Final = 100
KEPT: Final = timedelta(days=90)
"""So long what was judged stands in the list."""
SHORT: Final = timedelta(hours=24)
MANY: Final = 3
"""So many openings by one person, or by different people of one patient, within `SHORT` make a pattern."""


@dataclass(frozen=True, kw_only=True)
class Line:
    """One emergency access, as it is judged: ids and names of staff, and nothing of a patient."""

    emergency: Emergency
    person: Person
    role: Role
    place: str
    sites: tuple[str, ...]
    """The names of those whose examinations it opened."""
    examinations: int
    """How many it opened; of these were looked at, by the audit:"""
    cases_seen: int
    reports_seen: int
    studies_seen: int
    others: int
    """Other people who opened the same in an emergency."""


@dataclass(frozen=True, kw_only=True)
class Opening:
    """Who opened whom, and when."""

    person_id: str
    subject: tuple[str, str]
    at: datetime


def listed(acts: Acts[Staff]) -> list[Line]:
    """What nobody has judged, then what was judged lately; each the latest first.

    It is on record before it is read, and no writer waits for the reading.

    Raises:
        NotAllowed: they are no security administrator.

    """
    only(acts.who, Role.SECURITY_ADMINISTRATOR)
    with acts.act() as ctx:
        door.open_list(ctx, Action.EMERGENCY_OVERSEE)
    row = emergency_access.c
    with acts.look() as ctx:
        shown = row.reviewed_at.is_(None) | (row.since > ctx.now - KEPT)
        order = (row.reviewed_at.is_not(None), row.since.desc(), row.id)
        asked = sa.select(emergency_access).where(shown).order_by(*order).limit(MOST)
        return [_line(ctx.tx, from_row(one)) for one in ctx.tx.execute(asked).all()]


@without_door("It counts rows, and shows nothing of a patient.")
def unjudged(ctx: Context[Staff]) -> int:
    """How many nobody has judged.

    Raises:
        NotAllowed: they are no security administrator.

    """
    only(ctx.who, Role.SECURITY_ADMINISTRATOR)
    waiting = sa.select(sa.func.count()).select_from(emergency_access).where(emergency_access.c.reviewed_at.is_(None))
    return ctx.tx.scalar(waiting) or 0


@without_door("It says how one member of staff used a right, and shows nothing of a patient.")
def judge(ctx: Context[Staff], emergency_id: str, verdict: Verdict, comment: str) -> None:
    """Say whether an emergency access was justified, once and with a comment; misuse ends what still stands.

    Raises:
        NotAllowed: they are no security administrator, or it is their own, from before they were one.
        NotThere: there is no such access.
        Invalid: no comment.
        Stale: it was judged meanwhile.

    """
    only(ctx.who, Role.SECURITY_ADMINISTRATOR)
    said = checked("comment", comment, longest=COMMENT_MOST, required=True, lines=True)
    row = emergency_access.c
    found = ctx.tx.execute(sa.select(emergency_access).where(row.id == emergency_id)).one_or_none()
    if found is None:
        raise NotThere
    if found.person_id == ctx.who.person_id:
        raise NotAllowed("emergency_judged_by_another")
    values = {"reviewed_at": ctx.now, "reviewed_by": ctx.who.person_id, "verdict": verdict, "comment": said}
    judging = emergency_access.update().where(row.id == emergency_id, row.reviewed_at.is_(None)).values(values)
    if not ctx.tx.execute(judging).rowcount:
        raise Stale
    if verdict is Verdict.MISUSE:
        standing = (row.id == emergency_id) & row.ended_at.is_(None) & (row.until > ctx.now)
        ending = emergency_access.update().where(standing)
        ctx.tx.execute(ending.values(ended_at=ctx.now, ended_by=ctx.who.person_id))
    kind, subject = from_row(found).subject
    details = {"emergency_id": emergency_id, "verdict": verdict.value, "person_id": found.person_id}
    ctx.record(action=Action.EMERGENCY_JUDGE, subject_kind=kind, subject_id=subject, details=details)


@without_door("Who opened how much, and when; nothing of a patient.")
def patterns(ctx: Context[Staff], zone: ZoneInfo) -> list[Pattern]:
    """Much that was opened in a short time, within the last days; nights by the clock ``zone``.

    Raises:
        NotAllowed: they are no security administrator.

    """
    only(ctx.who, Role.SECURITY_ADMINISTRATOR)
    row = emergency_access.c
    asked = sa.select(emergency_access).where(row.since > ctx.now - LOOK_BACK).order_by(row.since)
    rows = [from_row(one) for one in ctx.tx.execute(asked)]
    names = {one.id: one.name for one in people.list_all(ctx.tx)}
    persons_of = _standing(ctx.tx, {one.patient_id for one in rows if one.patient_id})
    found = together([_opening(one, persons_of) for one in rows], zone)
    return [replace(one, who=names.get(one.person_id, "")) for one in found]


def together(openings: Sequence[Opening], zone: ZoneInfo) -> list[Pattern]:
    """What hangs together among openings, the oldest first; ``who`` is left to the caller.

    ``emergencies``: one person opened `MANY` within `SHORT`. ``emergency-patient``: so many people opened the same.
    """
    by_person: defaultdict[str, list[Opening]] = defaultdict(list)
    by_subject: defaultdict[tuple[str, str], list[Opening]] = defaultdict(list)
    for one in openings:
        by_person[one.person_id].append(one)
        by_subject[one.subject].append(one)
    found: list[Pattern] = []
    for person_id, theirs in by_person.items():
        most = _most(theirs)
        if len(most) >= MANY:
            found.append(_pattern("emergencies", person_id, most, len({one.subject for one in most}), zone))
    for theirs in by_subject.values():
        most = _most(theirs)
        people_of = len({one.person_id for one in most})
        if people_of >= MANY:
            found.append(_pattern("emergency-patient", "", most, people_of, zone))
    return found


def _standing(tx: Connection, patient_ids: Iterable[str]) -> dict[str, str]:
    """The record that stands for the person of each of these."""
    asked = sa.select(patient.c.id, persons.stands_for().label("stands")).where(patient.c.id.in_(patient_ids))
    return {row.id: row.stands for row in tx.execute(asked)}


def _opening(one: Emergency, persons_of: Mapping[str, str]) -> Opening:
    kind, subject = one.subject
    return Opening(person_id=one.person_id, subject=(kind, persons_of.get(subject, subject)), at=one.since)


def _most(openings: Sequence[Opening]) -> list[Opening]:
    """The most of these within `SHORT`."""
    spans = ([one for one in openings if first.at <= one.at < first.at + SHORT] for first in openings)
    return max(spans, key=len, default=[])


def _pattern(kind: str, person_id: str, of: Iterable[Opening], different: int, zone: ZoneInfo) -> Pattern:
    late, early = NIGHT
    times = [one.at for one in of]
    return Pattern(
        kind=kind,
        who="",
        person_id=person_id,
        different=different,
        times=len(times),
        at_night=sum(hour >= late or hour < early for hour in (at.astimezone(zone).hour for at in times)),
        first_at=min(times),
        last_at=max(times),
    )


def _line(tx: Connection, one: Emergency) -> Line:
    row = emergency_access.c
    covered = covered_by(row.id == one.id)
    site_ids = list(tx.scalars(sa.select(case.c.site_id).where(covered)))
    names = organisations.by_ids(tx, site_ids)
    grant = tx.execute(
        sa.select(role_grant.c.role, role_grant.c.organisation_id).where(role_grant.c.id == one.grant_id)
    ).one()
    place = organisations.by_id(tx, grant.organisation_id)
    person = people.by_id(tx, one.person_id)
    assert person is not None  # noqa: S101 -- people are never removed
    seen = _seen(tx, one, covered)
    same = (row.case_id == one.case_id) if one.case_id else row.patient_id.in_(persons.records_of(one.patient_id or ""))
    others = sa.select(sa.func.count(row.person_id.distinct())).where(same, row.person_id != one.person_id)
    return Line(
        emergency=one,
        person=person,
        role=Role(grant.role),
        place=place.name if place else "",
        sites=tuple(sorted({names[each].name for each in site_ids})),
        examinations=len(site_ids),
        cases_seen=seen.get("case", 0),
        reports_seen=seen.get("report", 0),
        studies_seen=seen.get("study", 0),
        others=tx.scalar(others) or 0,
    )


def _seen(tx: Connection, one: Emergency, covered: sa.ColumnElement[bool]) -> dict[str, int]:
    """How many of the examinations, their reports and their studies were looked at while it stood, by the audit."""
    event = audit_event.c
    cases = list(tx.scalars(sa.select(case.c.id).where(covered)))
    reports = sa.select(report_version.c.id).where(report_version.c.case_id.in_(cases))
    studies = sa.select(case_study.c.study_uid).where(case_study.c.case_id.in_(cases))
    about = [*cases, *tx.scalars(reports), *tx.scalars(studies)]
    asked = (
        sa.select(event.subject_kind, sa.func.count(event.subject_id.distinct()).label("seen"))
        .where(event.actor_kind == ActorKind.STAFF, event.actor_id == one.person_id)
        .where(event.at >= one.since, event.at <= one.end, event.outcome == Outcome.DONE)
        .where(event.subject_id.in_(about), event.action.not_in([Action.EMERGENCY_FIND, Action.EMERGENCY_OPEN]))
        .where(event.action.not_in([Action.EMERGENCY_LIST, Action.EMERGENCY_CLOSE]))
        .group_by(event.subject_kind)
    )
    return {each.subject_kind: each.seen for each in tx.execute(asked)}
