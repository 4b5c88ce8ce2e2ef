"""Corrected reports: one that names another class resets the alert, one that no longer says what was told lifts it."""

from __future__ import annotations

from collections.abc import Sequence

from reading.alerts import alert_rows, classes, critical, notices
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
    What a rule told of words that no longer hold is taken back at once: it may reassure somebody who should act.

    Raises:
        NotAllowed: they do not read for the site.
        Invalid: the class is not in the site's list.

    """
    named, raised = _class_of(content), None
    if named is not None:
        raised = critical.raise_from_report(ctx, case_id, critical_class=named, finding=content.impression)
    case = cases.by_id(ctx.tx, case_id)
    _take_back_notices(ctx, case, content, raised)
    corrected = _standing(ctx, case_id, _class_of(before))
    if raised is not None and corrected is not None and corrected.id != raised.id:
        _reset(ctx, case, corrected, raised)


@without_door("The act that signs or restores the version has opened its case.")
def lift(ctx: Context[Who], case_id: str, content: Content, before: Sequence[Content]) -> None:
    """Take back the alerts of other classes that versions before named: reset by that of the released one, or lifted.

    So are what rules of the site told of words that the released version no longer has.
    """
    case, named = cases.by_id(ctx.tx, case_id), _class_of(content)
    instead = _standing(ctx, case_id, named)
    _take_back_notices(ctx, case, content, instead)
    for code in sorted({code for code in map(_class_of, before) if code is not None and code != named}):
        standing = _standing(ctx, case_id, code)
        if standing is None:
            continue
        if instead is None:
            critical.take_back(ctx, case, standing, Move.LIFT)
        else:
            _reset(ctx, case, standing, instead)


@without_door("The act that closes the case has opened it.")
def lift_all(ctx: Context[Who], case_id: str) -> None:
    """Lift every alert of a case that was entered in error or has no images left: nobody could answer them."""
    for alert in alert_rows.standing_on_each(ctx.tx, [case_id]).get(case_id, []):
        critical.take_back(ctx, cases.by_id(ctx.tx, case_id), alert, Move.LIFT)


def _take_back_notices(ctx: Context[Who], case: Case, content: Content, instead: Alert | None) -> None:
    """Take back what rules told of a report whose words they would not tell; ``instead`` is what is told in its place.

    A rule that has left the list is asked as it was: ending it takes back nothing.
    """
    stands = alert_rows.standing_on_each(ctx.tx, [case.id]).get(case.id, [])
    told = [one for one in stands if one.kind is Kind.NOTICE]
    listed = classes.in_force(ctx.tx, case.site_id, ctx.now) if told else {}
    for one in told:
        rule = listed.get(one.critical_class) or classes.named(ctx.tx, one.critical_class, case.site_id)
        if rule.applies(
            modality=case.modality, body_part=case.body_part, priority=case.priority, positive=content.positive
        ):
            continue
        move = Move.LIFT if instead is None else Move.RESET
        critical.take_back(ctx, case, one, move, replaced_by=instead and instead.id)


def _reset(ctx: Context[Who], case: Case, corrected: Alert, raised: Alert) -> None:
    corrected, raised = alert_rows.lock(ctx.tx, corrected.id), alert_rows.lock(ctx.tx, raised.id)
    if corrected.state in UNANSWERED and raised.state in UNANSWERED:
        _carry_on(ctx, case, corrected, raised)
    critical.take_back(ctx, case, corrected, Move.RESET, replaced_by=raised.id)


def _carry_on(ctx: Context[Who], case: Case, corrected: Alert, raised: Alert) -> None:
    """Nobody has answered the first one: a correction neither lengthens its clock nor forgets who was told."""
    level = max(corrected.level, raised.level)
    due_at, climbs_at = min(corrected.due_at, raised.due_at), min(corrected.next_climb_at, raised.next_climb_at)
    carried = alert_rows.change(ctx.tx, raised, due_at=due_at, climbs_at=climbs_at, level=level)
    if level > raised.level:
        notices.tell_next(ctx.tx, carried, case.site_id, notices.Kind.CLIMBED, step=level - 1, now=ctx.now)


def _class_of(content: Content | None) -> str | None:
    return None if content is None or not content.critical_class else content.critical_class.strip() or None


def _standing(ctx: Context[Who], case_id: str, code: str | None) -> Alert | None:
    return None if code is None else alert_rows.standing_of_class(ctx.tx, case_id, code, Kind.CRITICAL)
