"""Critical results: an alert is raised as soon as the flag is set, and stands until it is answered or taken back."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from sqlalchemy.engine import Connection

from reading import outbox
from reading.access import blindness, door
from reading.actions import Action
from reading.alerts import alert_rows, classes, differences, findings, notices, read_back
from reading.alerts.alert_rows import Alert, Kind
from reading.alerts.class_list import ResultClass, When
from reading.alerts.moves import UNANSWERED, Move, after
from reading.alerts.read_back import Means
from reading.cases import cases
from reading.cases.cases import Case
from reading.cases.moves import HIDDEN
from reading.context import Context, Who, without_door
from reading.errors import Invalid, NotAllowed, NotThere, Stale
from reading.kinds import MAY_ANSWER, Role
from reading.register.grants import may_act
from reading.reports import versions
from reading.reports.versions import ReportVersion, Status
from reading.rules import flags
from reading.texts import checked, storable
from reading.viewers import Staff
from storage.ids import new_id

RAISED_BY: Final = (Role.READER, Role.RESIDENT, Role.VERIFIER, Role.REVIEWER)


def raise_alert(ctx: Context[Staff], case_id: str, *, critical_class: str, finding: str) -> Alert:
    """Notify the township at once, whatever becomes of draft, signature, review or release.

    Raises:
        NotThere: no such case, or not one that they may see.
        NotAllowed: they do not read for the site.
        Invalid: the class is not in the site's list; the finding is blank or too long.

    """
    door.open_case(ctx, case_id, Action.CASE_OPEN)
    following = versions.last_number(ctx.tx, case_id) + 1
    return raise_from_report(ctx, case_id, critical_class=critical_class, finding=finding, number=following)


@without_door("The act that signs the report has opened its case.")
def raise_from_report(ctx: Context[Staff], case_id: str, *, critical_class: str, finding: str, number: int) -> Alert:
    """Raise an alert as part of another act on the case, for the version of this number.

    Words that stand on the case already are told once. Other words join the alert of the class that nobody has
    answered; where one was answered, or another blind reader's, they are told by an alert of their own.

    Raises:
        NotAllowed: they do not read for the site.
        Invalid: the class is not in the site's list; the finding is blank or too long.

    """
    if not critical_class.strip():
        raise Invalid("critical_class", "required")
    if not finding.strip():
        raise Invalid("finding", "required")
    storable("finding", finding)
    case = cases.lock(ctx.tx, case_id)
    if not any(may_act(ctx.tx, ctx.who, role, case.site_id, ctx.now) for role in RAISED_BY):
        raise NotAllowed("no_role_for_this_step")
    code = critical_class.strip()
    joined = _join(ctx, case, code, Kind.CRITICAL, finding, number=number, said_by=ctx.who.person_id)
    if joined is not None:
        return joined
    found = classes.chosen(ctx.tx, case.site_id, code, ctx.now)
    alert = _raise(ctx, case, found, Kind.CRITICAL, finding, number=number, said_by=ctx.who.person_id)
    waits = versions.current(ctx.tx, case_id)
    flags.follow(ctx.tx, case)
    if waits is not None and waits.status is Status.PENDING:
        tell_once_out(ctx, waits)
    return alert


@without_door("The act that signs the report has opened its case.")
def tell_by_rule(ctx: Context[Who], version: ReportVersion) -> list[Alert]:
    """Tell what rules of the site want told of a signed report though it is not critical, such as a normal head CT.

    To be called when the site sees the report, and not before: what waits for an attending may be changed.
    A rule that tells every report tells other words again; of normal ones it is enough that they were told.
    """
    case, said = cases.by_id(ctx.tx, version.case_id), version.content
    said_by = versions.signatures_on(ctx.tx, [version.id])[-1].person_id
    told: list[Alert] = []
    for each in classes.in_force(ctx.tx, case.site_id, ctx.now).values():
        if not each.applies(
            modality=case.modality, body_part=case.body_part, priority=case.priority, positive=said.positive
        ):
            continue
        if each.when is When.NEGATIVE and alert_rows.standing_of_class(ctx.tx, case.id, each.code, Kind.NOTICE):
            continue
        words, number = said.impression, version.number
        joined = _join(ctx, case, each.code, Kind.NOTICE, words, number=number, said_by=said_by)
        told.append(joined or _raise(ctx, case, each, Kind.NOTICE, words, number=number, said_by=said_by))
    return told


@without_door("The act, or the system's step, that made it urgent has opened its case.")
def tell_once_out(ctx: Context[Who], waited: ReportVersion) -> None:
    """Tell by the rules of the site of a version that waited for an attending, where the site sees it now."""
    if versions.by_id(ctx.tx, waited.id).status is Status.PRELIMINARY:
        tell_by_rule(ctx, waited)


def acknowledge(
    ctx: Context[Staff], alert_id: str, *, said: str, spoken_with: str, means: Means, said_so: str = ""
) -> Alert:
    """Somebody at the site, or responsible for it, has understood the finding and read it back.

    ``spoken_with`` is the name of the other side, ``means`` how they spoke. ``said_so``: the words of which
    whoever writes them down was shown that they differ from what was told, and says that it was read back so; whoever
    found it is told, and has to answer it (`clarification`). Other words than these are compared anew.

    Raises:
        NotThere: no such alert, or not one that they may see.
        NotAllowed: they neither work at the site nor above it; they found it themselves, and nobody tells themselves.
        Invalid: what was read back does not repeat the finding (`read_back.problem`), and is not said to have been
            read back so; nobody is named, or they are.
        MoveNotAllowed: it was acknowledged or taken back before.

    """
    case = open_of_alert(ctx, alert_id)
    if not may_answer(ctx, case.site_id):
        raise NotAllowed("not_their_site")
    repeated = checked("read_back", said, longest=1000, lines=True)
    if not repeated:
        raise Invalid("read_back", "required")
    partner = checked("spoken_with", spoken_with, longest=100, required=True)
    if findings.same_words(partner, ctx.who.name):
        raise Invalid("spoken_with", "own_name")
    found = alert_rows.lock(ctx.tx, alert_id)
    after(found.state, Move.ACKNOWLEDGE)
    if ctx.who.person_id in findings.said_by(ctx.tx, found):
        raise NotAllowed("found_it_themselves")
    named = classes.named(ctx.tx, found.critical_class, case.site_id)
    words = findings.of_alerts(ctx.tx, [found])[found.id]
    problem = read_back.problem(repeated, told=(named.name_zh, named.name_en, *words))
    differs = problem in read_back.DIFFERS
    if problem is not None and not (differs and findings.same_words(said_so, repeated)):
        raise Invalid("read_back", problem)
    after(found.state, Move.ACKNOWLEDGE_OTHERWISE if differs else Move.ACKNOWLEDGE)
    asked = {"differs_at": ctx.now, "ask_at": ctx.now + timedelta(minutes=found.minutes)} if differs else {}
    answered = alert_rows.change(
        ctx.tx,
        found,
        **asked,
        acknowledged_by=ctx.who.person_id,
        acknowledged_at=ctx.now,
        read_back=repeated,
        spoken_with=partner,
        means=means,
        remind_at=ctx.now + timedelta(minutes=found.disposal_minutes),
    )
    outbox.post(ctx.tx, "critical.acknowledged", alert_id, {"case_id": case.id}, ctx.now)
    if differs:
        differences.tell(ctx.tx, answered, case, ctx.now)
    details = {"differs": str(problem)} if differs else {}
    ctx.record(action=Action.CRITICAL_ACKNOWLEDGE, subject_kind="case", subject_id=case.id, details=details)
    return answered


def open_of_alert(ctx: Context[Staff], alert_id: str) -> Case:
    """Open the case of an alert that this person is told of.

    Raises:
        NotThere: no such alert, or not one that they may see: of a case that they may read blind they are told nothing.

    """
    case = door.open_case(ctx, alert_rows.by_id(ctx.tx, alert_id).case_id, Action.CASE_OPEN)
    if alert_id in blindness.hides_alerts(ctx.tx, ctx.who, [case.id], ctx.now):
        raise NotThere
    return case


def withdraw(ctx: Context[Staff], case_id: str, *, why: str, seen: str | None = None) -> None:
    """Take back the newest critical result of a case: the flag was set by mistake, and everybody who was told hears so.

    ``seen`` is the alert on the screen of the person who acts; what a rule told is taken back by naming it so.

    Raises:
        Stale: another critical result is the newest now than ``seen``.
        NotThere: no such case, or not one that they may see; or no alert stands on it.
        NotAllowed: they do not read for the site; the report names the class, and is to be corrected instead.
        Invalid: no reason was given.

    """
    door.open_case(ctx, case_id, Action.CASE_OPEN)
    case = cases.lock(ctx.tx, case_id)
    if not any(may_act(ctx.tx, ctx.who, role, case.site_id, ctx.now) for role in RAISED_BY):
        raise NotAllowed("no_role_for_this_step")
    untold = blindness.hides_alerts(ctx.tx, ctx.who, [case_id], ctx.now)
    stands = [one for one in alert_rows.standing_on_each(ctx.tx, [case_id]).get(case_id, []) if one.id not in untold]
    told = next((one for one in stands if one.id == seen and one.kind is Kind.NOTICE), None)
    found = told or next((one for one in reversed(stands) if one.kind is Kind.CRITICAL), None)
    if found is None:
        raise NotThere
    if seen is not None and found.id != seen:
        raise Stale
    if report_names(ctx.tx, found):
        raise NotAllowed("report_names_it")
    take_back(ctx, case, found, Move.WITHDRAW, why=cases.reason(why))
    _record(ctx, Action.CRITICAL_WITHDRAW, case_id)


def report_names(tx: Connection, alert: Alert) -> bool:
    """Whether a report that stands would say critical without an alert of the class, were this one withdrawn.

    That is the newest one, and the one that the site still has while it does not see that.
    """
    stands = (versions.current(tx, alert.case_id), versions.valid(tx, alert.case_id))
    named = {one.content.critical_class for one in stands if one is not None}
    if alert.kind is not Kind.CRITICAL or alert.critical_class not in named:
        return False
    return len(alert_rows.standing_of_class(tx, alert.case_id, alert.critical_class, Kind.CRITICAL)) == 1


@without_door("The act that takes it back has opened its case.")
def take_back(
    ctx: Context[Who], case: Case, alert: Alert, move: Move, *, replaced_by: str | None = None, why: str = ""
) -> None:
    """End an alert by one of `moves.ENDS`; whoever answered it is told by name.

    Where no other alert takes its place, so are the reader who raised it and everybody who was told.

    Raises:
        MoveNotAllowed: it has ended.

    """
    found, by = alert_rows.lock(ctx.tx, alert.id), ctx.who.person_id if isinstance(ctx.who, Staff) else None
    ended = alert_rows.change(
        ctx.tx,
        found,
        ended_as=after(found.state, move),
        ended_at=ctx.now,
        ended_by=by,
        ended_why=why,
        replaced_by=replaced_by,
    )
    kind = notices.Kind(ended.state)
    concerned = {person_id for person_id in (found.acknowledged_by, found.disposed_by) if person_id}
    told = frozenset[str]()
    if move is not Move.RESET:
        told = notices.tell_everybody_told(ctx.tx, ended, kind, ctx.now)
        concerned |= findings.said_by(ctx.tx, found) - {by}
    for person_id in sorted(concerned - told):
        notices.tell_person(ctx.tx, ended, kind, person_id, organisation_id=case.site_id, now=ctx.now)
    if move is Move.RESET and not concerned:
        outbox.post(ctx.tx, notices.MESSAGE[kind], alert.id, {"case_id": case.id}, ctx.now)
    if alert.kind is Kind.CRITICAL:
        flags.follow(ctx.tx, cases.lock(ctx.tx, case.id))


@without_door("It asks for a right; nothing of a patient is in the answer.")
def may_answer(ctx: Context[Staff], site_id: str) -> bool:
    """Whether they acknowledge critical results of a site and say what was done: they work there or above it."""
    return any(may_act(ctx.tx, ctx.who, role, site_id, ctx.now) for role in MAY_ANSWER)


def _join(
    ctx: Context[Who], case: Case, code: str, kind: Kind, finding: str, *, number: int, said_by: str
) -> Alert | None:
    """The alert that tells these words already, or takes them on since nobody has answered it; None where none does.

    What another one flagged who read blind is not joined: the answer would tell of it.
    """
    staff = ctx.who if isinstance(ctx.who, Staff) else None
    untold = frozenset[str]() if staff is None else blindness.hides_alerts(ctx.tx, staff, [case.id], ctx.now)
    found = alert_rows.standing_of_class(ctx.tx, case.id, code, kind)
    stands = [alert_rows.lock(ctx.tx, one.id) for one in found if one.id not in untold]
    words, told = _cut(finding), findings.of_alerts(ctx.tx, stands)
    for one in stands:
        if any(findings.same_words(words, each) for each in told[one.id]):
            return one
    waits = next((one for one in stands if one.state in UNANSWERED), None)
    if waits is None:
        return None
    # The clock runs from the first time. A correction of versions before this one does not take it back any longer.
    joined = alert_rows.change(ctx.tx, waits, first_version=max(waits.first_version, number))
    added = findings.add(ctx.tx, joined, words=words, said_by=said_by, now=ctx.now)
    notices.tell_everybody_told(ctx.tx, joined, notices.Kind.ADDED, ctx.now, finding_id=added)
    _record(ctx, Action.CRITICAL_RAISE, case.id)
    return joined


def _cut(finding: str) -> str:
    return finding.strip()[: findings.LONGEST]


def _raise(
    ctx: Context[Who], case: Case, found: ResultClass, kind: Kind, finding: str, *, number: int, said_by: str
) -> Alert:
    alert = alert_rows.insert(
        ctx.tx,
        id=new_id(),
        case_id=case.id,
        kind=kind,
        critical_class=found.code,
        finding=_cut(finding),
        minutes=found.minutes,
        disposal_minutes=found.disposal_minutes,
        raised_by=said_by,
        raised_at=ctx.now,
        due_at=ctx.now + timedelta(minutes=found.minutes),
        first_version=number,
    )
    notices.tell_first(ctx.tx, alert, case.site_id, ctx.now, hidden=case.state in HIDDEN)
    _record(ctx, Action.CRITICAL_RAISE, case.id)
    return alert


def _record(ctx: Context[Who], action: Action, case_id: str) -> None:
    ctx.record(action=action, subject_kind="case", subject_id=case_id)
