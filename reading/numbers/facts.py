"""Facts: what a case counts as, one for each of its steps; pure, from the rows of the case as they are now."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final

from reading.cases.moves import HIDDEN, UNDECIDED, Move, Step
from reading.clock.clock import Clock, Pause
from reading.clock.life import step_began, stops
from reading.kinds import Priority
from reading.numbers.history import History, Moved, Signed
from reading.reports.versions import STRUCK, Status
from reading.tables.numbers import NOBODY

GRADED: Final[Mapping[str, re.Pattern[str]]] = {
    "MR": re.compile(r"PI-?RADS", re.IGNORECASE),
    "MG": re.compile(r"BI-?RADS", re.IGNORECASE),
}
"""What a graded report of a modality names, in its form or in its words."""
_MINUTE: Final = timedelta(minutes=1)


class Kind(StrEnum):
    """What a fact is of."""

    RECEIVED = "received"
    RETURNED = "returned"
    """Back to the township, by a person or because all its images were rejected."""
    TAKEN = "taken"
    READ = "read"
    SECOND = "second"
    ARBITRATE = "arbitrate"
    VERIFY = "verify"
    REVIEW = "review"
    RELEASED = "released"
    SCORED = "scored"
    """A review that gave the reading a score; the person is the author."""
    ALERT = "alert"


ENDS: Final[Mapping[Move, Kind]] = {
    Move.SIGN: Kind.READ,
    Move.SIGN_FOR_REVIEW: Kind.READ,
    Move.SIGN_AS_FINAL: Kind.READ,
    Move.SIGN_FIRST: Kind.READ,
    Move.SIGN_PROVISIONALLY: Kind.READ,
    Move.CONCUR: Kind.SECOND,
    Move.RECALL: Kind.SECOND,
    Move.TO_ARBITRATION: Kind.SECOND,
    Move.CONFER: Kind.SECOND,
    Move.ARBITRATE: Kind.ARBITRATE,
    Move.VERIFY_FOR_REVIEW: Kind.VERIFY,
    Move.VERIFY_AS_FINAL: Kind.VERIFY,
    Move.AGREE: Kind.REVIEW,
    Move.AMEND: Kind.REVIEW,
}
"""The moves with which somebody ends a step."""
RETURNS: Final = frozenset({Move.RETURN, Move.REJECT})
BLIND: Final = frozenset({Move.SIGN_FIRST, Move.SIGN_PROVISIONALLY, Move.TO_ARBITRATION, Move.CONFER})
STEP: Final[Mapping[Kind, Step]] = {
    Kind.READ: Step.READ,
    Kind.SECOND: Step.SECOND,
    Kind.ARBITRATE: Step.ARBITRATE,
    Kind.VERIFY: Step.VERIFY,
    Kind.REVIEW: Step.REVIEW,
}


@dataclass(frozen=True, kw_only=True)
class Fact:
    """A row of ``number_fact``; its columns are explained there."""

    case_id: str
    number: int
    kind: Kind
    at: datetime
    day: date
    site_id: str
    modality: str
    body_part: str
    organisation_id: str = NOBODY
    person_id: str = NOBODY
    priority: Priority
    emergency: bool
    minutes: int | None = None
    in_time: bool | None = None
    examined_minutes: int | None = None
    examined_in_time: bool | None = None
    positive: bool | None = None
    positive_after: bool | None = None
    complete: bool | None = None
    revised: bool | None = None
    graded: bool | None = None
    outcome: str = ""
    score: str = ""
    weight: int | None = None
    chosen: bool | None = None
    skipped: int = 0


FIELDS: Final = tuple(one.name for one in fields(Fact))


def facts_of(case: History) -> tuple[Fact, ...]:
    """The facts of a case in the order of their times; none of a case that is hidden."""
    if case.state in HIDDEN:
        return ()
    blind = case.rule.double_reading is not None or any(one.move in BLIND for one in case.moves)
    found = [_fact(case, Kind.RECEIVED, case.received_at)]
    if not (blind and case.state in UNDECIDED):
        found += [*_moves(case), *_taken(case), *_released(case), *_scored(case), *_alerts(case)]
    in_order = sorted(found, key=lambda one: (one.at, list(Kind).index(one.kind)))
    return tuple(replace(one, number=number) for number, one in enumerate(in_order))


def minutes_of(time: timedelta) -> int:
    """Begun minutes, so that what took a second longer than ten is not inside ten."""
    return -(-max(time, timedelta()) // _MINUTE)


def _fact(case: History, kind: Kind, at: datetime, **said: object) -> Fact:
    return Fact(
        case_id=case.id,
        number=0,
        kind=kind,
        at=at,
        day=at.astimezone(case.zone).date(),
        site_id=case.site_id,
        modality=case.modality,
        body_part=case.body_part,
        priority=case.priority,
        emergency=case.priority is Priority.EMERGENCY or case.ordered_in_emergency,
        **said,  # type: ignore[arg-type]
    )


def _counted(case: History, since: datetime, at: datetime) -> timedelta:
    pauses: tuple[Pause, ...] = stops(case.moves)
    return Clock(start=since, target=timedelta(), hours=case.hours, pauses=pauses).elapsed(at)


def _moves(case: History) -> Iterator[Fact]:
    for place, one in enumerate(case.moves):
        who = {"person_id": one.person_id, "organisation_id": one.organisation_id}
        if one.move in RETURNS:
            yield _fact(case, Kind.RETURNED, one.at, outcome=one.move.value, **who)
        kind = ENDS.get(one.move)
        if kind is None or (one.move is Move.SIGN_PROVISIONALLY and _taken_back(case.moves[place + 1 :])):
            continue
        began = step_began(case.moves[:place])
        if began is None or began.step is not STEP[kind]:
            continue  # an addendum: nobody waited for it
        took = _counted(case, began.at, one.at)
        within = case.rule.step_minutes.get(began.step)
        yield _fact(
            case,
            kind,
            one.at,
            minutes=minutes_of(took),
            in_time=None if within is None else minutes_of(took) <= within,
            outcome=one.move.value,
            **who,
        )


def _taken_back(later: Sequence[Moved]) -> bool:
    return next((one.move is Move.DEFER for one in later if one.move in {Move.DEFER, Move.FINALISE}), False)


def _taken(case: History) -> Iterator[Fact]:
    for one in case.taken:
        yield _fact(
            case,
            Kind.TAKEN,
            one.at,
            person_id=one.person_id,
            organisation_id=one.organisation_id,
            chosen=one.chosen,
            skipped=one.skipped,
            weight=one.weight,
        )


def _released(case: History) -> Iterator[Fact]:
    """The release of the report, if one stands: when the first was released of those that were not struck.

    Of a final one whose place a critical one took before it has all its signatures, too (`releases.newest`).
    """
    good = [one for one in case.versions if one.released_at is not None and one.status not in STRUCK]
    struck = max((one.number for one in case.versions if one.status in STRUCK), default=0)
    standing = next((one for one in reversed(good) if one.status is Status.FINAL or one.number > struck), None)
    if standing is None:
        return
    first = good[0]
    assert first.released_at is not None  # noqa: S101 -- chosen by it
    before = [
        one
        for one in case.versions
        if one.number <= first.number and one.author_id and one.status not in {*STRUCK, Status.WITHDRAWN}
    ]
    author = before[-1] if before else first
    counted = minutes_of(_counted(case, case.received_at, first.released_at))
    since = None if case.examined_at is None else minutes_of(first.released_at - case.examined_at)
    grade = GRADED.get(case.modality)
    said = f"{standing.findings}\n{standing.impression}"
    yield _fact(
        case,
        Kind.RELEASED,
        first.released_at,
        person_id=author.author_id,
        organisation_id=author.author_organisation_id,
        minutes=counted,
        in_time=counted <= case.rule.due_minutes,
        examined_minutes=since,
        examined_in_time=None if since is None else since <= case.rule.indicator_minutes,
        positive=standing.positive,
        complete=_complete(standing),
        revised=len(good) > 1,
        graded=None if grade is None else case.graded or grade.search(said) is not None,
    )


def _complete(version: Signed) -> bool:
    stated = version.findings.strip() and version.impression.strip() and version.positive is not None
    return bool(stated) and not version.incomplete_reason.strip()


def _scored(case: History) -> Iterator[Fact]:
    by_id = {one.id: one for one in case.versions}
    for one in case.scored:
        read = by_id[one.read_version_id]
        after = by_id[one.review_version_id] if one.review_version_id else read
        yield _fact(
            case,
            Kind.SCORED,
            one.at,
            person_id=one.author_id,
            organisation_id=_author_organisation(case, one.author_id, read),
            positive=read.positive,
            positive_after=after.positive,
            outcome=one.outcome,
            score=one.score,
        )


def _author_organisation(case: History, author_id: str, read: Signed) -> str:
    """From which organisation the author of a reviewed version acted."""
    theirs = [one for one in case.versions if one.number <= read.number and one.author_id == author_id]
    return theirs[-1].author_organisation_id if theirs else NOBODY


def _alerts(case: History) -> Iterator[Fact]:
    for one in case.alerts:
        if one.withdrawn:
            continue
        told = None if one.acknowledged_at is None else minutes_of(one.acknowledged_at - one.raised_at)
        yield _fact(
            case,
            Kind.ALERT,
            one.raised_at,
            person_id=one.raised_by,
            minutes=told,
            in_time=told is not None and told <= one.within,
            complete=one.disposed,
        )
