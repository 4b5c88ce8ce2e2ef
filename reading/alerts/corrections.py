"""Corrected reports: one that names another class resets the alert, one that names none lifts it."""

from __future__ import annotations

from collections.abc import Sequence

from reading.alerts import alert_rows, critical, notices
from reading.alerts.alert_rows import Alert, Kind
from reading.alerts.moves import UNANSWERED, Move
from reading.cases import cases
from reading.cases.cases import Case
from reading.context import Context, Who, without_door
from reading.reports.content import Content
from reading.viewers import Staff


@without_door("The act that signs the report has opened its case.")
def raise_of(ctx: Context[Staff], case_id: str, content: Content, before: Content | None) -> None:
    """Raise the alert of the class that a signed report names, unless it stands; reset the one that it corrects.

    ``before`` is the version that the report corrects; a class that was flagged apart from it keeps its own alert.

    Raises:
        NotAllowed: they do not read for the site.
        Invalid: the class is not in the site's list.

    """
    named = _class_of(content)
    if named is None:
        return
    corrected = _standing(ctx, case_id, _class_of(before))
    raised = critical.raise_from_report(ctx, case_id, critical_class=named, finding=content.impression)
    if corrected is None or corrected.id == raised.id:
        return
    case = cases.by_id(ctx.tx, case_id)
    if corrected.state in UNANSWERED and raised.state in UNANSWERED:
        _carry_on(ctx, case, corrected, raised)
    critical.take_back(ctx, case, corrected, Move.RESET, replaced_by=raised.id)


@without_door("The act that signs or restores the version has opened its case.")
def lift(ctx: Context[Who], case_id: str, content: Content, before: Sequence[Content]) -> None:
    """Lift the alert of a class that versions before named, when the released one names none."""
    if _class_of(content) is not None:
        return
    for code in sorted({code for code in map(_class_of, before) if code is not None}):
        standing = _standing(ctx, case_id, code)
        if standing is not None:
            critical.take_back(ctx, cases.by_id(ctx.tx, case_id), standing, Move.LIFT)


@without_door("The act that closes the case has opened it.")
def lift_all(ctx: Context[Who], case_id: str) -> None:
    """Lift every alert of a case that was entered in error: nobody could answer them any longer."""
    for alert in alert_rows.standing_on_each(ctx.tx, [case_id]).get(case_id, []):
        critical.take_back(ctx, cases.by_id(ctx.tx, case_id), alert, Move.LIFT)


def _carry_on(ctx: Context[Staff], case: Case, corrected: Alert, raised: Alert) -> None:
    """Nobody has answered the first one: a correction neither lengthens its clock nor forgets who was told."""
    level = max(corrected.level, raised.level)
    due_at, climbs_at = min(corrected.due_at, raised.due_at), min(corrected.next_climb_at, raised.next_climb_at)
    carried = alert_rows.change(ctx.tx, raised, due_at=due_at, climbs_at=climbs_at, level=level)
    if level:
        notices.tell_next(ctx.tx, carried, case.site_id, notices.Kind.CLIMBED, step=level - 1, now=ctx.now)


def _class_of(content: Content | None) -> str | None:
    return None if content is None or not content.critical_class else content.critical_class.strip() or None


def _standing(ctx: Context[Who], case_id: str, code: str | None) -> Alert | None:
    stands = alert_rows.standing_on_each(ctx.tx, [case_id]).get(case_id, [])
    return next((one for one in stands if one.critical_class == code and one.kind is Kind.CRITICAL), None)
