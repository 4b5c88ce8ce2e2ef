"""Erasure and holds as administrators decide them: one asks, another names the same again; neither sees a picture."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import sqlalchemy as sa

from reading.access import door, guesses
from reading.access.looks import denied
from reading.actions import Action
from reading.cases import accession
from reading.context import Acts, Context, without_door
from reading.errors import Invalid, NotAllowed, NotThere
from reading.kinds import Role
from reading.patients import patients, persons
from reading.register import administered, organisations, people
from reading.retention import holds, request_moves, requests, retention
from reading.retention.holds import Hold
from reading.retention.request_moves import Move
from reading.retention.requests import NamedBy, Request
from reading.tables import case, case_study
from reading.texts import checked
from reading.viewers import Staff
from storage.index import queries
from storage.index.queries import Study
from storage.instance_row import is_uid
from storage.tables import study

MOST_LISTED: Final = 50
MOST_SHOWN: Final = 20
"""Studies of a request that are shown one by one."""
MOST_HOLDS: Final = 200
MOST_DUE: Final = 1000


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Studies as somebody names them, in full."""

    by: NamedBy
    value: str = field(repr=False)
    site_code: str = ""
    """Whose accession number it is."""


@dataclass(frozen=True, kw_only=True)
class Line:
    """A request with what is known of its studies; nothing of a patient but accession numbers."""

    request: Request
    asked_by: str
    """A name; empty: the operator."""
    decided_by: str
    sites: tuple[str, ...]
    studies: tuple[Study, ...]
    """The first of them."""
    images: int
    """That there are now."""
    held: int
    """Studies under a hold."""
    may: frozenset[Move]
    """What whoever looks may do."""


@dataclass(frozen=True, kw_only=True)
class Due:
    """What is older than it must be kept, of one institution."""

    site: str
    studies: int
    images: int
    held: int
    open: int
    """Whose reading is not over."""
    asked: int
    """Named by a request that is open."""
    oldest: datetime


@without_door("It names studies by their ids, and shows neither picture nor patient.")
def ask(ctx: Context[Staff], wanted: Wanted, reason: str) -> Request:
    """Ask for the images of what is named to be erased; another administrator confirms it.

    The act has to come with a `Context.guess`.

    Raises:
        NotAllowed: they are no system administrator, a hold forbids it, a reading is not over, or it is asked for.
        NotThere: nothing has this name, or it is not of an institution that they keep.
        Invalid: no reason, no such institution, or nothing to erase.

    """
    kept = administered.kept_organisations(ctx)
    found = [one for one in _named(ctx, wanted, kept, (Action.ERASURE_ASK, "erasure", "")) if one.instances]
    if not found:
        raise Invalid("identifier", "no_images")
    return requests.add(ctx, found, reason, named_by=wanted.by)


@without_door("It names studies by their age, and shows neither picture nor patient.")
def ask_for_due(ctx: Context[Staff], before: datetime | None, reason: str) -> Request:
    """Ask for everything to be erased that is older than it must be kept, and neither held, open nor asked for.

    ``before``: what received nothing since; None where images are kept for ever.

    Raises:
        NotAllowed: they are no system administrator.
        Invalid: no reason, or nothing is due.

    """
    kept = administered.kept_organisations(ctx)
    found = [one.study for one in _expired(ctx, before, kept) if one.erasable]
    asked = requests.named_in_open(ctx.tx, [one.study_uid for one in found])
    due = [one for one in found if one.study_uid not in asked]
    if not due:
        raise Invalid("due", "nothing")
    return requests.add(ctx, due, reason, named_by=NamedBy.AGE)


@without_door("It decides about what two people name, and shows neither picture nor patient.")
def confirm(ctx: Context[Staff], request_id: str, wanted: Wanted) -> None:
    """Confirm a request by naming the same again, from the same paper; what is due is named by how much it is.

    Raises:
        NotAllowed: they administer neither system nor security, or asked for it themselves; a hold was set since.
        NotThere: there is none, or nothing has this name.
        Invalid: something else was named, or another number.
        MoveNotAllowed: it is decided.

    """
    request = _request(ctx, request_id)
    request_moves.after(request.state, Move.CONFIRM)
    if not request_moves.may_make(Move.CONFIRM, ctx.who.person_id, request.asked_by):
        raise NotAllowed("erasure_by_another")
    if request.named_by is NamedBy.AGE:
        _as_many(request, wanted)
    else:
        _same_again(ctx, request, wanted)
    retention.check(ctx.tx, queries.studies_of(ctx.tx, request.studies), open_too=request.open_too)
    requests.decide(ctx, request, Move.CONFIRM)


@without_door("It decides about what somebody named, and shows neither picture nor patient.")
def refuse(ctx: Context[Staff], request_id: str, why: str) -> None:
    """Refuse a request.

    Raises:
        NotAllowed: they administer neither system nor security, or asked for it themselves.
        NotThere: there is none.
        Invalid: no reason.
        MoveNotAllowed: it is decided.

    """
    requests.decide(ctx, _request(ctx, request_id), Move.REFUSE, retention.reason(why))


@without_door("It decides about what they named themselves, and shows neither picture nor patient.")
def withdraw(ctx: Context[Staff], request_id: str) -> None:
    """Take back one's own request.

    Raises:
        NotAllowed: somebody else asked for it.
        NotThere: there is none.
        MoveNotAllowed: it is decided.

    """
    requests.decide(ctx, _request(ctx, request_id), Move.WITHDRAW)


@without_door("It names studies by their ids, and shows neither picture nor patient.")
def hold(ctx: Context[Staff], wanted: Wanted, reason: str) -> int:
    """Keep the images of what is named from being erased; how many studies they are.

    The act has to come with a `Context.guess`.

    Raises:
        NotAllowed: they are no system administrator.
        NotThere: nothing has this name, or it is not of an institution that they keep.
        Invalid: no reason, or no such institution.

    """
    kept = administered.kept_organisations(ctx)
    found = _named(ctx, wanted, kept, (Action.STUDY_HOLD, "study", ""))
    for one in found:
        holds.set_hold(ctx, one, reason)
    return len(found)


@without_door("It names a study by its id, and shows neither picture nor patient.")
def lift(ctx: Context[Staff], study_uid: str, reason: str) -> None:
    """Let images be erased again.

    Raises:
        NotAllowed: they are no system administrator.
        NotThere: no such study, or it is not of an institution that they keep.
        Invalid: no reason.
        Stale: no hold stands.

    """
    kept = administered.kept_organisations(ctx)
    found = queries.study_of(ctx.tx, study_uid) if is_uid(study_uid) else None
    if found is None or found.site_id not in kept:
        raise NotThere
    holds.lift_hold(ctx, found, reason)


def listed(acts: Acts[Staff]) -> list[Line]:
    """The requests of the institutions that they keep, the open ones first; for security administrators all.

    It is on record before it is read, and no writer waits for the reading.

    Raises:
        NotAllowed: they administer neither system nor security.

    """
    with acts.act() as ctx:
        _overseen(ctx)
        door.open_list(ctx, Action.ERASURE_LIST)
    with acts.look() as ctx:
        return _lines(ctx, _overseen(ctx))


def _lines(ctx: Context[Staff], kept: Collection[str]) -> list[Line]:
    names = {one.id: one.name for one in people.list_all(ctx.tx)}
    places = {one.id: one.name for one in organisations.list_all(ctx.tx)}
    lines: list[Line] = []
    for request in requests.newest(ctx.tx, MOST_LISTED, kept):
        found = queries.studies_of(ctx.tx, request.studies)
        moves = frozenset(
            move
            for move in (Move.CONFIRM, Move.REFUSE, Move.WITHDRAW)
            if (request.state, move) in request_moves.MOVES
            and request_moves.may_make(move, ctx.who.person_id, request.asked_by)
        )
        lines.append(
            Line(
                request=request,
                asked_by=names.get(request.asked_by or "", ""),
                decided_by=names.get(request.decided_by or "", ""),
                sites=tuple(sorted({places[one.site_id] for one in found})),
                studies=tuple(found[:MOST_SHOWN]),
                images=sum(one.instances for one in found),
                held=sum(bool(one.hold) for one in found),
                may=moves,
            )
        )
    return lines


@without_door("It lists which images have to stay and why, and shows neither picture nor patient.")
def standing_holds(ctx: Context[Staff]) -> list[tuple[Hold, str]]:
    """The holds of the institutions that they keep, each with the name of who set it.

    Raises:
        NotAllowed: they administer neither system nor security.

    """
    kept = _overseen(ctx)
    names = {one.id: one.name for one in people.list_all(ctx.tx)}
    return [(one, names.get(one.set_by or "", "")) for one in holds.standing(ctx.tx, MOST_HOLDS, kept)]


@without_door("It counts what is old, and shows neither picture nor patient.")
def due(ctx: Context[Staff], before: datetime | None) -> list[Due]:
    """What is older than it must be kept, by institution; nothing where images are kept for ever (``before``: None).

    Raises:
        NotAllowed: they administer neither system nor security.

    """
    found = _expired(ctx, before, _overseen(ctx))
    asked = requests.named_in_open(ctx.tx, [one.study.study_uid for one in found])
    places = organisations.by_ids(ctx.tx, {one.study.site_id for one in found})
    of_site: defaultdict[str, list[retention.Expired]] = defaultdict(list)
    for one in found:
        of_site[places[one.study.site_id].name].append(one)
    return [
        Due(
            site=site,
            studies=len(theirs),
            images=sum(one.study.instances for one in theirs),
            held=sum(one.held for one in theirs),
            open=sum(one.open for one in theirs),
            asked=sum(one.study.study_uid in asked for one in theirs),
            oldest=min(one.study.last_received_at for one in theirs),
        )
        for site, theirs in sorted(of_site.items())
    ]


def _overseen(ctx: Context[Staff]) -> frozenset[str]:
    """The ids of the institutions whose requests they see."""
    if ctx.who.holds(Role.SECURITY_ADMINISTRATOR):
        return frozenset(one.id for one in organisations.list_all(ctx.tx))
    return administered.kept_organisations(ctx)


def _request(ctx: Context[Staff], request_id: str) -> Request:
    kept = _overseen(ctx)
    request = requests.by_id(ctx.tx, request_id)
    if not kept.issuperset(one.site_id for one in queries.studies_of(ctx.tx, request.studies)):
        raise NotThere
    return request


def _as_many(request: Request, wanted: Wanted) -> None:
    """Make sure that whoever confirms has seen how many studies it is: the number stands there, and is typed."""
    number = wanted.value.strip()
    if wanted.by is not NamedBy.AGE or not number.isdecimal() or int(number) != len(request.studies):
        raise Invalid("studies", "another")


def _same_again(ctx: Context[Staff], request: Request, wanted: Wanted) -> None:
    """Make sure that whoever confirms names what was asked for; what came since is not in it.

    Something else is a guess as wrong as what is not there: it is counted and on record.
    """
    about = (Action.ERASURE_CONFIRM, "erasure", request.id)
    found = _named(ctx, wanted, _overseen(ctx), about)
    before = {one.study_uid for one in found if one.first_received_at <= request.asked_at and one.instances}
    if frozenset(before) != request.studies:
        guesses.tried(ctx)
        denied(ctx, *about)
        raise Invalid("identifier", "another")


def _named(ctx: Context[Staff], wanted: Wanted, kept: Collection[str], about: tuple[Action, str, str]) -> list[Study]:
    """The studies of a name, all of institutions that they keep; a name of nothing is on record as ``about`` this."""
    guesses.tried(ctx)
    found = queries.studies_of(ctx.tx, _uids(ctx, wanted))
    if not found or any(one.site_id not in kept for one in found):
        raise denied(ctx, *about)
    guesses.right(ctx)
    return found


def _uids(ctx: Context[Staff], wanted: Wanted) -> Sequence[str]:
    value = checked("identifier", wanted.value, longest=64, required=True)
    of_cases = sa.select(case_study.c.study_uid).join(case, case.c.id == case_study.c.case_id)
    match wanted.by:
        case NamedBy.STUDY:
            return [value] if is_uid(value) else []
        case NamedBy.CASE:
            return list(ctx.tx.scalars(of_cases.where(case.c.id == value.upper())))
        case NamedBy.NUMBER:
            known = patients.by_number(ctx.tx, value)
            records = persons.record_ids(ctx.tx, known.id) if known else []
            return list(ctx.tx.scalars(of_cases.where(case.c.patient_id.in_(records))))
        case NamedBy.ACCESSION:
            site = organisations.by_code(ctx.tx, checked("site", wanted.site_code, longest=64))
            if site is None:
                raise Invalid("site", "unknown")
            typed = accession.spellings(value)
            pictured = sa.select(study.c.study_uid).where(
                study.c.site_id == site.id, study.c.accession_number.in_(typed)
            )
            ordered = (of_cases.where(case.c.id.in_(accession.ordered_as(one, site.id))) for one in typed)
            return list(ctx.tx.scalars(sa.union(*ordered, pictured)))
        case NamedBy.AGE:
            raise Invalid("by", "unknown")


def _expired(ctx: Context[Staff], before: datetime | None, kept: Collection[str]) -> list[retention.Expired]:
    if before is None:
        return []
    return retention.expired(ctx.tx, before, MOST_DUE, kept)
