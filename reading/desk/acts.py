"""What the desk offers: the acts that a person may do with a case now."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Final

from sqlalchemy.engine import Connection

from reading.access import blindness
from reading.alerts import alert_rows, critical, differences
from reading.alerts.alert_rows import Alert, Kind
from reading.alerts.moves import DIFFERING, UNANSWERED, UNDISPOSED
from reading.cases import cases
from reading.cases.cases import Case
from reading.cases.identity_moves import Identity
from reading.cases.moves import HIDDEN, STEP_OF, WAITING, SigningRole, State, Step
from reading.completeness import follow_ups, image_set
from reading.consultation.colleagues import ASKED_BY
from reading.double_reading import comparisons
from reading.errors import NotAllowed
from reading.intake import awaiting
from reading.kinds import MAY_ANSWER, Priority, Role, Tier
from reading.queue import claiming, parking, training
from reading.queue.leases import Lease
from reading.referral.sending import SENT_BY
from reading.register.grants import may_act
from reading.reports.versions import CURRENT, VALID, ReportVersion
from reading.review import review
from reading.review.review import Review
from reading.rules.case_rule import home_tier
from reading.signing import follow_up_answer, withhold
from reading.teaching import collections
from reading.viewers import Staff


class Act(StrEnum):
    """What the desk offers."""

    CLAIM = "claim"
    RENEW = "renew"
    PUT_BACK = "put-back"
    PARK = "park"
    SAVE = "save"
    SIGN = "sign"
    FINALISE = "finalise"
    DEFER = "defer"
    PROPOSE = "propose"
    ACCORD = "accord"
    DISSENT = "dissent"
    VERIFY = "verify"
    SEND_BACK = "send-back"
    REVIEW = "review"
    RETURN = "return"
    ESCALATE = "escalate"
    READ_WITHOUT = "read-without"
    RESUBMIT = "resubmit"
    WITHHOLD = "withhold"
    RESTORE = "restore"
    READ_AGAIN = "read-again"
    ENTER_IN_ERROR = "enter-in-error"
    CRITICAL = "critical"
    WITHDRAW_CRITICAL = "withdraw-critical"
    ACKNOWLEDGE = "acknowledge"
    CLARIFY = "clarify"
    DISPOSE = "dispose"
    ADDENDUM = "addendum"
    DISPUTE = "dispute"
    FOLLOW_UP = "follow-up"
    NO_CHANGE = "no-change"
    PRINT = "print"
    CONSULT = "consult"
    REFER = "refer"
    TEACH = "teach"


SIGNING_ACT: Final = {
    Step.READ: Act.SIGN,
    Step.SECOND: Act.SIGN,
    Step.ARBITRATE: Act.SIGN,
    Step.VERIFY: Act.VERIFY,
    Step.REVIEW: Act.REVIEW,
}


def allowed(
    tx: Connection,
    staff: Staff,
    case: Case,
    lease: Lease | None,
    *,
    visible: Sequence[ReportVersion],
    reviews: Sequence[Review],
    now: datetime,
) -> Iterator[Act]:
    """What this person may do with a case now; ``lease`` is their own, ``visible`` the versions that they may see."""

    def acts(*roles: Role) -> bool:
        return any(may_act(tx, staff, role, case.site_id, now) for role in roles)

    roles = cases.roles_of(tx, case.id, staff.person_id)
    if case.state in WAITING and _may_claim(tx, staff, case, roles, now):
        yield Act.CLAIM
    if lease is not None:
        yield from (Act.RENEW, Act.PUT_BACK, Act.SAVE, Act.RETURN, SIGNING_ACT[lease.step])
        if parking.aside_until(tx, case, now) is not None:
            yield Act.PARK
        if lease.step is Step.VERIFY:
            yield Act.SEND_BACK
        waits = lease.step is Step.VERIFY and case.priority is Priority.EMERGENCY
        if case.tier is not Tier.CITY and lease.step in {Step.READ, Step.VERIFY} and not waits:
            yield Act.ESCALATE
    if case.state is State.PROVISIONAL:
        if comparisons.first_reader(tx, case.id) == staff.person_id:
            yield from (Act.FINALISE, Act.DEFER)
        elif acts(Role.QUALITY_MANAGER):
            yield Act.DEFER
    if case.state is State.CONFERRING and comparisons.reading_of(tx, case.id, staff.person_id) is not None:
        yield from (Act.PROPOSE, Act.ACCORD, Act.DISSENT)
    if awaiting.may_read_without(tx, staff, case, now):
        yield Act.READ_WITHOUT
    if case.state is State.RETURNED and acts(Role.TECHNICIAN, Role.CLINICIAN) and _shows_images(tx, case):
        yield Act.RESUBMIT
    if case.state not in HIDDEN:
        if any(one.status in CURRENT for one in visible) and withhold.may_withhold(tx, staff, case, now):
            yield Act.WITHHOLD
        if acts(*ASKED_BY) and case.identity is not Identity.DIFFERS and not blindness.is_nameless(tx, case):
            yield Act.CONSULT
        silent = blindness.keeps_silent(tx, staff, case, now)
        if acts(*SENT_BY) and case.identity is not Identity.DIFFERS and not silent:
            yield Act.REFER
        if case.state is State.FINAL and acts(*collections.KEEP):
            yield Act.TEACH
        if acts(*critical.RAISED_BY):
            yield Act.CRITICAL
        yield from _of_alerts(tx, staff, case, now)
    if case.state is State.WITHHELD and acts(Role.QUALITY_MANAGER):
        yield from (Act.READ_AGAIN, Act.ENTER_IN_ERROR)
        if withhold.may_restore(tx, case):
            yield Act.RESTORE
    if case.state is State.FINAL and roles <= {SigningRole.AUTHOR} and _may_read(tx, staff, case, now):
        yield Act.ADDENDUM
    if review.is_disputable(tx, staff, case, reviews):
        yield Act.DISPUTE
    yield from _of_follow_up(tx, staff, case, now)
    if any(version.status in VALID for version in visible):
        yield Act.PRINT


def _shows_images(tx: Connection, case: Case) -> bool:
    return image_set.counts(tx, cases.study_uids(tx, case.id))[1] > 0


def _of_alerts(tx: Connection, staff: Staff, case: Case, now: datetime) -> Iterator[Act]:
    stands = alert_rows.standing_on_each(tx, [case.id]).get(case.id, [])
    if not stands:
        return

    def acts(*roles: Role) -> bool:
        return any(may_act(tx, staff, role, case.site_id, now) for role in roles)

    untold = blindness.hides_alerts(tx, staff, [case.id], now)
    told = [alert for alert in stands if alert.id not in untold]
    newest = next((alert for alert in reversed(told) if alert.kind is Kind.CRITICAL), None)
    if newest is not None and acts(*critical.RAISED_BY) and not critical.report_names(tx, newest):
        yield Act.WITHDRAW_CRITICAL
    states = {alert.state for alert in told}
    if states & UNANSWERED and acts(*MAY_ANSWER):
        yield Act.ACKNOWLEDGE
    if any(_is_theirs_to_clarify(alert, staff) for alert in told) and acts(*differences.ANSWERED_BY):
        yield Act.CLARIFY
    if states & UNDISPOSED and acts(*MAY_ANSWER):
        yield Act.DISPOSE


def _is_theirs_to_clarify(alert: Alert, staff: Staff) -> bool:
    return alert.state in DIFFERING and alert.acknowledged_by != staff.person_id


def _of_follow_up(tx: Connection, staff: Staff, case: Case, now: datetime) -> Iterator[Act]:
    found = follow_ups.open_of(tx, case.id)
    if found is None or not follow_up_answer.may(tx, staff, case, now):
        return
    if found.held_by != staff.person_id:
        yield Act.FOLLOW_UP
    elif follow_up_answer.may_decide(tx, staff, case, now):
        yield Act.NO_CHANGE


def _may_claim(tx: Connection, staff: Staff, case: Case, roles: frozenset[SigningRole], now: datetime) -> bool:
    step = STEP_OF[case.state]
    try:
        claiming.grant_for(tx, staff, step, case, case.tier, now=now)
        claiming.not_their_own(tx, case, step, roles)
        claiming.not_told(tx, case, step, staff, now)
        training.check(tx, case, step, staff, now)
    except NotAllowed:
        return False
    return True


def _may_read(tx: Connection, staff: Staff, case: Case, now: datetime) -> bool:
    try:
        claiming.grant_for(tx, staff, Step.READ, case, home_tier(tx, case), now=now)
    except NotAllowed:
        return False
    return True
