"""The rows of cases, read in a few statements for many at once, as histories."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading import tables
from reading.alerts.alert_rows import Kind as AlertKind
from reading.alerts.moves import State as AlertState
from reading.cases.moves import Move, SigningRole, State
from reading.kinds import Priority
from reading.numbers.facts import GRADED
from reading.numbers.history import Alerted, History, Moved, Scored, Signed, Taken
from reading.queue.assignment_end import End
from reading.queue.takings import How
from reading.reports.versions import Status
from reading.review.scores import Score, settled
from reading.rules import calendar, policy
from reading.rules.case_clock import AHEAD
from reading.tables.numbers import NOBODY

EMERGENCY: Final = "急诊"
"""In the name of the department that asked: the case counts as an emergency, whatever its priority."""
_DAY: Final = timedelta(days=1)


def histories(tx: Connection, case_ids: Sequence[str]) -> list[History]:
    """The histories of the cases with these ids, in the order of their ids."""
    case, site = tables.case, tables.organisation
    rows = tx.execute(
        sa.select(case, site.c.time_zone)
        .join(site, site.c.id == case.c.site_id)
        .where(case.c.id.in_(case_ids))
        .order_by(case.c.id)
    ).all()
    if not rows:
        return []
    received: list[datetime] = [row.received_at for row in rows]
    days = calendar.read(tx, (min(received) - _DAY).date(), (max(received) + AHEAD).date())
    moves, versions, scored = _moves(tx, case_ids), _versions(tx, case_ids), _scored(tx, case_ids)
    alerts, taken = _alerts(tx, case_ids), _taken(tx, case_ids)
    urgent, codes = _ordered_in_emergency(tx, case_ids), _codes(tx, case_ids)
    found: list[History] = []
    for row in rows:
        rule = policy.by_id(tx, row.policy_id).rule(row.rule)
        grade = GRADED.get(row.modality)
        found.append(
            History(
                id=row.id,
                site_id=row.site_id,
                zone=ZoneInfo(row.time_zone),
                modality=row.modality,
                body_part=row.body_part,
                priority=Priority(row.priority),
                state=State(row.state),
                received_at=row.received_at,
                examined_at=None if row.clock_wrong else row.examined_at,
                rule=rule,
                hours=policy.hours_of(rule, days=days, zone=row.time_zone),
                ordered_in_emergency=row.id in urgent,
                moves=moves[row.id],
                versions=versions[row.id],
                graded=grade is not None and any(grade.search(code) for code in codes[row.id]),
                scored=scored[row.id],
                alerts=alerts[row.id],
                taken=taken[row.id],
            )
        )
    return found


def _moves(tx: Connection, case_ids: Sequence[str]) -> Mapping[str, list[Moved]]:
    moved, grant = tables.case_move, tables.role_grant
    rows = tx.execute(
        sa.select(moved, grant.c.organisation_id)
        .outerjoin(grant, grant.c.id == moved.c.grant_id)
        .where(moved.c.case_id.in_(case_ids))
        .order_by(moved.c.case_id, moved.c.number)
    )
    found: defaultdict[str, list[Moved]] = defaultdict(list)
    for row in rows:
        found[row.case_id].append(
            Moved(
                number=row.number,
                move=Move(row.move),
                from_state=State(row.from_state),
                to_state=State(row.to_state),
                at=row.at,
                person_id=row.person_id or NOBODY,
                organisation_id=row.organisation_id or NOBODY,
            )
        )
    return found


def _versions(tx: Connection, case_ids: Sequence[str]) -> Mapping[str, list[Signed]]:
    version, signature, grant = tables.report_version, tables.signature, tables.role_grant
    author = (signature.c.version_id == version.c.id) & (signature.c.role == SigningRole.AUTHOR)
    rows = tx.execute(
        sa.select(
            *(version.c.id, version.c.case_id, version.c.number, version.c.status, version.c.released_at),
            *(version.c.content, version.c.incomplete_reason, signature.c.person_id, grant.c.organisation_id),
        )
        .outerjoin(signature, author)
        .outerjoin(grant, grant.c.id == signature.c.grant_id)
        .where(version.c.case_id.in_(case_ids))
        .order_by(version.c.case_id, version.c.number)
    )
    found: defaultdict[str, list[Signed]] = defaultdict(list)
    for row in rows:
        content: Mapping[str, Any] = row.content
        found[row.case_id].append(
            Signed(
                id=row.id,
                number=row.number,
                status=Status(row.status),
                released_at=row.released_at,
                findings=content.get("findings", ""),
                impression=content.get("impression", ""),
                positive=content.get("positive"),
                incomplete_reason=row.incomplete_reason,
                author_id=row.person_id or NOBODY,
                author_organisation_id=row.organisation_id or NOBODY,
            )
        )
    return found


def _scored(tx: Connection, case_ids: Sequence[str]) -> Mapping[str, list[Scored]]:
    review, arbitration = tables.review, tables.score_arbitration
    rows = tx.execute(
        sa.select(review, arbitration.c.score.label("arbitrated"))
        .outerjoin(arbitration, arbitration.c.review_id == review.c.id)
        .where(review.c.case_id.in_(case_ids))
        .order_by(review.c.case_id, review.c.at, review.c.id)
    )
    found: defaultdict[str, list[Scored]] = defaultdict(list)
    for row in rows:
        given, by_arbiter = (None if one is None else Score(one) for one in (row.score, row.arbitrated))
        found[row.case_id].append(
            Scored(
                at=row.at,
                author_id=row.author_id,
                outcome=row.outcome,
                score=settled(given, by_arbiter, awaits=row.awaits_arbitration) or "",
                read_version_id=row.read_version_id,
                review_version_id=row.review_version_id,
            )
        )
    return found


def _alerts(tx: Connection, case_ids: Sequence[str]) -> Mapping[str, list[Alerted]]:
    alert = tables.critical_alert
    rows = tx.execute(
        sa.select(alert)
        .where(alert.c.case_id.in_(case_ids), alert.c.kind == AlertKind.CRITICAL)
        .order_by(alert.c.case_id, alert.c.raised_at, alert.c.id)
    )
    found: defaultdict[str, list[Alerted]] = defaultdict(list)
    for row in rows:
        found[row.case_id].append(
            Alerted(
                raised_at=row.raised_at,
                raised_by=row.raised_by,
                within=row.minutes,
                acknowledged_at=row.acknowledged_at,
                disposed=row.disposed_at is not None,
                withdrawn=row.ended_as == AlertState.WITHDRAWN,
            )
        )
    return found


def _taken(tx: Connection, case_ids: Sequence[str]) -> Mapping[str, list[Taken]]:
    taken = tables.assignment
    rows = tx.execute(
        sa.select(taken)
        .where(taken.c.case_id.in_(case_ids), taken.c.ended_as == End.TAKEN)
        .order_by(taken.c.case_id, taken.c.at, taken.c.id)
    )
    found: defaultdict[str, list[Taken]] = defaultdict(list)
    for row in rows:
        found[row.case_id].append(
            Taken(
                at=row.ended_at,
                person_id=row.person_id,
                organisation_id=row.organisation_id,
                chosen=row.how == How.CHOSEN,
                skipped=row.skipped,
                weight=row.weight,
            )
        )
    return found


def _ordered_in_emergency(tx: Connection, case_ids: Sequence[str]) -> frozenset[str]:
    joined, procedure, order = tables.case_procedure, tables.procedure, tables.imaging_order
    rows = tx.scalars(
        sa.select(joined.c.case_id)
        .join(procedure, procedure.c.id == joined.c.procedure_id)
        .join(order, order.c.id == procedure.c.order_id)
        .where(joined.c.case_id.in_(case_ids), order.c.department.contains(EMERGENCY, autoescape=True))
    )
    return frozenset(rows)


def _codes(tx: Connection, case_ids: Sequence[str]) -> Mapping[str, list[str]]:
    code = tables.report_search_code
    found: defaultdict[str, list[str]] = defaultdict(list)
    for row in tx.execute(sa.select(code).where(code.c.case_id.in_(case_ids))):
        found[row.case_id].append(row.code)
    return found
