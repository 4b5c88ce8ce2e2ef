"""Clarification (核实): whoever reads answers that a critical result was read back otherwise than it was told."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from reading import outbox
from reading.actions import Action
from reading.alerts import alert_rows, classes, critical, differences, findings, read_back
from reading.alerts.alert_rows import Alert
from reading.alerts.moves import DIFFERING, Move, after
from reading.cases import cases
from reading.cases.cases import Case
from reading.context import Context, Who, without_door
from reading.errors import Invalid, NotAllowed
from reading.register.grants import may_act
from reading.reports import versions
from reading.reports.versions import VALID, ReportVersion
from reading.texts import checked
from reading.viewers import Staff


class Clarified(StrEnum):
    """How the difference was answered."""

    SPOKEN = "spoken"
    """Somebody who reads spoke with the site again."""
    CORRECTED = "corrected"
    """The report was corrected, and says what was read back."""


def clarify(ctx: Context[Staff], alert_id: str, *, spoken_with: str, agreed: str) -> Alert:
    """Answer that it was read back otherwise: with whom at the site it was spoken again, and what was agreed.

    Raises:
        NotThere: no such alert, or not one that they may see.
        NotAllowed: they neither read for the site nor manage its quality; they read it back themselves.
        Invalid: nobody is named, or they are themselves; what was agreed is not said (`problem_of_agreement`).
        MoveNotAllowed: it was not read back otherwise, was answered, or was taken back before.

    """
    case = critical.open_of_alert(ctx, alert_id)
    if not may_clarify(ctx, case.site_id):
        raise NotAllowed("no_role_for_this_step")
    partner = checked("spoken_with", spoken_with, longest=100, required=True)
    if findings.same_words(partner, ctx.who.name):
        raise Invalid("spoken_with", "own_name")
    words = checked("agreed", agreed, longest=1000, lines=True, required=True)
    found = alert_rows.lock(ctx.tx, alert_id)
    if found.acknowledged_by == ctx.who.person_id:
        raise NotAllowed("read_back_themselves")
    after(found.state, Move.CLARIFY)
    problem = read_back.problem_of_agreement(words, read_back=found.read_back or "", told=_told(ctx, case, found))
    if problem is not None:
        raise Invalid("agreed", problem)
    return _answer(ctx, case, found, Clarified.SPOKEN, by=ctx.who.person_id, spoken_with=partner, agreed=words)


@without_door("The act that signs or releases the version has opened its case.")
def answer_by_report(ctx: Context[Who], version: ReportVersion) -> None:
    """A report that was signed since, that the site sees, and that says what was read back answers the difference.

    It names it, with the side and the measures: that it says nothing else is not enough (`restatement`).
    """
    if version.status not in VALID:
        return
    case = cases.by_id(ctx.tx, version.case_id)
    for alert in _differing(ctx, case):
        if (
            alert.differs_at is None
            or version.created_at < alert.differs_at
            or not is_settled_by(ctx, alert, version.content.impression)
        ):
            continue
        signer = versions.signatures_on(ctx.tx, [version.id])[-1].person_id
        _answer(ctx, case, alert_rows.lock(ctx.tx, alert.id), Clarified.CORRECTED, by=signer)


@without_door("It compares two texts of a case that the caller has opened.")
def is_settled_by(ctx: Context[Who], alert: Alert, impression: str) -> bool:
    """Whether a report with this impression answers the difference of an alert."""
    told = _told(ctx, cases.by_id(ctx.tx, alert.case_id), alert)
    return read_back.is_restated(alert.read_back or "", impression, told=told)


@without_door("It asks for a right; nothing of a patient is in the answer.")
def may_clarify(ctx: Context[Staff], site_id: str) -> bool:
    """Whether they answer for whoever reads for a site, themselves included."""
    return any(may_act(ctx.tx, ctx.who, role, site_id, ctx.now) for role in differences.ANSWERED_BY)


def _differing(ctx: Context[Who], case: Case) -> Sequence[Alert]:
    stands = alert_rows.standing_on_each(ctx.tx, [case.id]).get(case.id, [])
    return [one for one in stands if one.state in DIFFERING]


def _told(ctx: Context[Who], case: Case, alert: Alert) -> tuple[str, ...]:
    named = classes.named(ctx.tx, alert.critical_class, case.site_id)
    return (named.name_zh, named.name_en, *findings.of_alerts(ctx.tx, [alert])[alert.id])


def _answer(
    ctx: Context[Who], case: Case, found: Alert, how: Clarified, *, by: str, spoken_with: str = "", agreed: str = ""
) -> Alert:
    after(found.state, Move.CLARIFY)
    answered = alert_rows.change(
        ctx.tx,
        found,
        clarified_by=by,
        clarified_at=ctx.now,
        clarified_as=how,
        clarified_with=spoken_with,
        agreed=agreed,
        ask_at=None,
    )
    outbox.post(ctx.tx, "critical.clarified", found.id, {"case_id": case.id, "clarified": how}, ctx.now)
    ctx.record(action=Action.CRITICAL_CLARIFY, subject_kind="case", subject_id=case.id, details={"clarified": how})
    return answered
