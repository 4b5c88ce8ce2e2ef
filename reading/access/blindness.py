"""Blindness: who may see the readings of a double reading, whatever the page or the protocol.

A reading is its author's alone until two stand. Then those who work on the site's cases see both, and whose they are
is said when the case is decided. Lists of reports never have them (`visibility.visible_versions`).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.access import visibility
from reading.access.looks import record_looks
from reading.access.report_seals import checked
from reading.actions import Action
from reading.cases import cases
from reading.cases.cases import Case
from reading.cases.moves import BLIND, UNDECIDED, SigningRole, State
from reading.context import Context, without_door
from reading.kinds import MAY_ANSWER, Role
from reading.register.grants import may_act, reach
from reading.reports import versions
from reading.reports.versions import UNSENT, ReportVersion, Status
from reading.row_rules import Moment, valid_at, word
from reading.tables import (
    case,
    critical_alert,
    critical_finding,
    critical_notice,
    person,
    report_version,
    role_grant,
    signature,
)
from reading.viewers import Staff, Viewer

_READ_NOTHING: Final = frozenset(MAY_ANSWER) - {Role.REVIEWER}
"""The roles that answer for a site and read no cases."""
_OTHER_GRANT: Final = role_grant.alias()
READING_ROLES: Final = (Role.READER, Role.RESIDENT, Role.VERIFIER, Role.REVIEWER)

Person = str | sa.BindParameter[str]
"""A person's id, or the parameter of a statement that is made once and asked often."""


@dataclass(frozen=True, kw_only=True)
class BlindReading:
    """One of the readings of a case that two people read."""

    version: ReportVersion
    role: SigningRole
    """Author of the first, second reader, or arbiter: fixed when it was signed."""
    is_theirs: bool
    """Whether the viewer made it."""
    reader: str = field(default="", repr=False)
    """The name of whoever made it, for the two who confer; empty for everybody else."""


def open_readings(ctx: Context[Staff], of_case: Case) -> list[BlindReading]:
    """The blind readings of a case that this person may see, the oldest first; a released one is a report instead."""
    own = signature.c.person_id == ctx.who.person_id
    may_see = own
    reached = reach(ctx.tx, ctx.who, ctx.now)
    if of_case.state not in BLIND and of_case.site_id in reached.read | reached.managed:
        may_see = own | (report_version.c.status == Status.BLIND)
    confers = of_case.state is State.CONFERRING and _is_one_of_two(ctx, of_case)
    if confers:
        may_see |= report_version.c.status == Status.PROPOSED
    rows = ctx.tx.execute(
        sa.select(report_version, signature.c.role, own.label("own"), person.c.name.label("reader"))
        .join(signature, signature.c.version_id == report_version.c.id)
        .join(person, person.c.id == signature.c.person_id)
        .join(case, case.c.id == report_version.c.case_id)
        .where(case.c.id == of_case.id, report_version.c.status.in_(UNSENT), may_see)
        .where(visibility.visible_cases(ctx.tx, ctx.who, ctx.now))
        .order_by(report_version.c.number)
    ).all()
    compared = checked(ctx, [versions.from_row(row) for row in rows])
    record_looks(ctx, Action.REPORT_BLIND, "report", [one.id for one in compared])
    return [
        BlindReading(
            version=version,
            role=SigningRole(row.role),
            is_theirs=row.own,
            reader=row.reader if confers else "",
        )
        for row, version in zip(rows, compared, strict=True)
    ]


def _is_one_of_two(ctx: Context[Staff], of_case: Case) -> bool:
    """Whether one of the blind readings that stand is theirs."""
    version, theirs = report_version.c, signature.c.person_id == ctx.who.person_id
    made = sa.select(signature.c.id).join(report_version, version.id == signature.c.version_id)
    of_theirs = made.where(version.case_id == of_case.id, version.status == Status.BLIND, theirs)
    return ctx.tx.scalar(of_theirs.limit(1)) is not None


def nameless(tx: Connection, found: Collection[Case]) -> frozenset[str]:
    """The cases among these whose readers stay unnamed: nobody has decided them yet.

    They are those whose rule asks for two; a case with a blind reading is one whatever its rule says now.
    """
    undecided = {one.id for one in found if one.state in UNDECIDED}
    if not undecided:
        return frozenset()
    version = report_version.c
    blind = tx.scalars(
        sa.select(version.case_id).where(version.case_id.in_(undecided), version.status.in_(UNSENT)).distinct()
    )
    return frozenset({one.id for one in found if one.by_two and one.id in undecided} | set(blind))


def is_nameless(tx: Connection, of_case: Case) -> bool:
    """Whether nobody is told who reads this case or has read it: two read it blind, and nobody has decided it yet."""
    return bool(nameless(tx, [of_case]))


def keeps_silent(tx: Connection, staff: Staff, of_case: Case, now: datetime) -> bool:
    """Whether somebody may be one of two who read a case blind: what they write of it would tell the other one."""
    reads = any(may_act(tx, staff, role, of_case.site_id, now) for role in READING_ROLES)
    return reads and is_nameless(tx, of_case)


@without_door("It takes words away from what somebody has opened or found, and shows nothing.")
def kept_apart(ctx: Context[Staff], said: Collection[tuple[str, str]]) -> frozenset[tuple[str, str]]:
    """Of words about cases, as pairs of case and author, those that this person is not told: a reader's own impression.

    While nobody is told who reads a case, what somebody who reads wrote about it is their own, and that of the site,
    which has to act.
    """
    if not said:
        return frozenset()
    of_cases = cases.by_ids(ctx.tx, {case_id for case_id, _ in said})
    own_sites = reach(ctx.tx, ctx.who, ctx.now).own
    unnamed = nameless(ctx.tx, [one for one in of_cases.values() if one.site_id not in own_sites])
    others = {(case_id, author) for case_id, author in said if case_id in unnamed and author != ctx.who.person_id}
    if not others:
        return frozenset()
    grant = role_grant.c
    authors = {author for _, author in others}
    reading = set(
        ctx.tx.scalars(sa.select(grant.person_id).where(grant.person_id.in_(authors), grant.role.in_(READING_ROLES)))
    )
    return frozenset(one for one in others if one[1] in reading)


def visible_alerts(viewer: Staff, own_sites: frozenset[str], now: datetime) -> sa.ColumnElement[bool]:
    """The condition on ``critical_alert`` joined with its ``case``: no flag tells a reader what another has read.

    Whoever works at the site sees every alert, and whoever was told sees what they were told: they have to act.
    """
    hidden = case.c.state.in_(BLIND) & (case.c.by_two | _of_a_blind_reader(case))
    theirs = _said_by(viewer.person_id) | case.c.site_id.in_(own_sites) | _told(viewer.person_id, now)
    return ~hidden | theirs


def told_of_another(of_case: sa.FromClause, person: Person, now: Moment) -> sa.ColumnElement[bool]:
    """The condition on a case that somebody was told what its first blind reader flagged: they cannot read it blind.

    ``of_case`` is the table ``case`` or an alias of it.
    """
    return (
        sa.exists()
        .where(critical_alert.c.case_id == of_case.c.id, _of_a_blind_reader(of_case))
        .where(_told(person, now), ~_said_by(person))
        .correlate(of_case)
    )


def _of_a_blind_reader(of_case: sa.FromClause) -> sa.ColumnElement[bool]:
    """An alert says what somebody found who signed the case blind."""
    added = sa.select(critical_finding.c.said_by).where(critical_finding.c.alert_id == critical_alert.c.id)
    said = (signature.c.person_id == critical_alert.c.raised_by) | signature.c.person_id.in_(
        added.correlate(critical_alert)
    )
    return (
        sa.exists()
        .where(report_version.c.case_id == of_case.c.id, report_version.c.status == word(Status.BLIND))
        .where(signature.c.version_id == report_version.c.id, said)
        .correlate(of_case, critical_alert)
    )


def _said_by(person: Person) -> sa.ColumnElement[bool]:
    added = sa.exists().where(critical_finding.c.alert_id == critical_alert.c.id, critical_finding.c.said_by == person)
    return (critical_alert.c.raised_by == person) | added.correlate(critical_alert)


def _told(person: Person, now: Moment) -> sa.ColumnElement[bool]:
    """An alert was told to somebody, or to an organisation for which they answer.

    Of everybody at an organisation those are told who read nothing there, where there are such: were all its reviewers
    told, nobody would be left to read the case blind.
    """
    other = _OTHER_GRANT
    reads_nothing = role_grant.c.role.in_(map(word, sorted(_READ_NOTHING)))
    somebody_else = (
        sa.exists()
        .where(other.c.organisation_id == critical_notice.c.organisation_id, valid_at(other, now))
        .where(other.c.role.in_(map(word, sorted(_READ_NOTHING))))
        .correlate(critical_notice)
    )
    answers = (
        sa.exists()
        .where(role_grant.c.person_id == person, role_grant.c.organisation_id == critical_notice.c.organisation_id)
        .where(role_grant.c.role.in_(map(word, sorted(MAY_ANSWER))), valid_at(role_grant, now))
        .where(reads_nothing | ~somebody_else)
        .correlate(critical_notice)
    )
    return (
        sa.exists()
        .where(critical_notice.c.alert_id == critical_alert.c.id)
        .where((critical_notice.c.person_id == person) | answers)
        .correlate(critical_alert)
    )


def hides_alerts(tx: Connection, viewer: Viewer, case_ids: Sequence[str], now: datetime) -> frozenset[str]:
    """The ids of the alerts on these cases that this viewer is not told of."""
    if not isinstance(viewer, Staff):
        return frozenset()
    condition = visible_alerts(viewer, reach(tx, viewer, now).own, now)
    alerts = sa.select(critical_alert.c.id).join(case, case.c.id == critical_alert.c.case_id)
    return frozenset(tx.scalars(alerts.where(case.c.id.in_(case_ids), ~condition)))
