"""Corrected reports: one that names another class resets the alert, one that no longer says what was told lifts it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from reading.alerts import alert_rows, classes, critical, notices
from reading.alerts.alert_rows import Alert, Kind
from reading.alerts.moves import UNANSWERED, Move
from reading.cases import cases
from reading.cases.cases import Case
from reading.context import Context, Who, without_door
from reading.reports.content import Content
from reading.viewers import Staff


class Said(NamedTuple):
    """What a version of the report says, and its number among the case's."""

    number: int
    content: Content

    @property
    def critical_class(self) -> str | None:
        return (self.content.critical_class or "").strip() or None


@without_door("The act that signs the report has opened its case.")
def raise_of(ctx: Context[Staff], case_id: str, said: Said, before: Said | None, *, kept_back: bool = False) -> None:
    """Raise the alert of the class that a signed report names, unless its words were told; reset what it corrects.

    Whoever flagged a finding, had it answered, and then signs the report of it in other words tells nobody again: that
    is the usual way. What they found besides they flag apart.
    ``before`` is the version that the report corrects. An alert that it never named, such as one that was flagged apart
    from the report since, stands. What a rule told of words that no longer hold is taken back at once, for it may
    reassure somebody who should act; of a report that the site does not see yet (``kept_back``) when it does.

    Raises:
        NotAllowed: they do not read for the site.
        Invalid: the class is not in the site's list.

    """
    named, raised = said.critical_class, None
    if named is not None:
        words = said.content.impression
        raised = _told_by_the_signer(ctx, case_id, named, said.number) or critical.raise_from_report(
            ctx, case_id, critical_class=named, finding=words, number=said.number
        )
    case = cases.by_id(ctx.tx, case_id)
    if not kept_back:
        _take_back_notices(ctx, case, said.content, raised)
    if raised is None or before is None:
        return
    for corrected in _named_by(ctx, case_id, [before], but=named):
        _reset(ctx, case, corrected, raised)


@without_door("The act that signs or restores the version has opened its case.")
def lift(ctx: Context[Who], case_id: str, said: Said, before: Iterable[Said]) -> None:
    """Take back the alerts of other classes that versions before named: reset by that of the released one, or lifted.

    Versions from before an alert was raised never named it, and do not take it back. What rules of the site told of
    words that the released version no longer has is taken back too.
    """
    case, named = cases.by_id(ctx.tx, case_id), said.critical_class
    stands = alert_rows.standing_of_class(ctx.tx, case_id, named, Kind.CRITICAL) if named is not None else []
    instead = stands[-1] if stands else None
    _take_back_notices(ctx, case, said.content, instead)
    for standing in _named_by(ctx, case_id, before, but=named):
        if instead is None:
            critical.take_back(ctx, case, standing, Move.LIFT)
        else:
            _reset(ctx, case, standing, instead)


@without_door("The act that closes the case has opened it.")
def lift_all(ctx: Context[Who], case_id: str, *, why: str) -> list[Alert]:
    """Lift every alert of a case that was entered in error or has no images left: nobody could answer them."""
    stands = alert_rows.standing_on_each(ctx.tx, [case_id]).get(case_id, [])
    for alert in stands:
        critical.take_back(ctx, cases.by_id(ctx.tx, case_id), alert, Move.LIFT, why=why)
    return stands


def _told_by_the_signer(ctx: Context[Staff], case_id: str, named: str, number: int) -> Alert | None:
    """The answered alert of a class that the signer raised while they wrote the version of this number."""
    stands = alert_rows.standing_of_class(ctx.tx, case_id, named, Kind.CRITICAL)
    own = (one for one in stands if one.raised_by == ctx.who.person_id and one.first_version == number)
    return next((one for one in own if one.state not in UNANSWERED), None)


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


def _named_by(ctx: Context[Who], case_id: str, versions: Iterable[Said], *, but: str | None) -> list[Alert]:
    """The critical results that stand and that one of these versions named, those of the class ``but`` left out."""
    named = [(one.critical_class, one.number) for one in versions]
    return [
        alert
        for alert in alert_rows.standing_on_each(ctx.tx, [case_id]).get(case_id, [])
        if alert.kind is Kind.CRITICAL
        and alert.critical_class != but
        and any(code == alert.critical_class and number >= alert.first_version for code, number in named)
    ]
