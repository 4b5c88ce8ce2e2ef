"""Opening something in an emergency, and closing it again: a row for some hours, which the door honours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading import outbox
from reading.access import emergencies, emergency_door
from reading.access.emergency_door import Opened
from reading.actions import Action
from reading.cases.cases import Case
from reading.context import Context, without_door
from reading.emergency_access import rules
from reading.emergency_access.emergency_rows import Emergency, from_row
from reading.emergency_access.rules import FoundBy, Reason
from reading.errors import Invalid, NotAllowed, ProofTooOld, Stale, TooManyAttempts
from reading.kinds import IdentifierKind
from reading.patients.keys import Keys
from reading.patients.patient_identifiers import Identifier
from reading.register import organisations
from reading.tables import emergency_access, person, staff_session
from reading.texts import checked
from reading.viewers import RoleGrant, Staff
from storage.ids import new_id

CARDS: Final = {
    FoundBy.IDENTITY_CARD: IdentifierKind.IDENTITY_CARD,
    FoundBy.HEALTH_CARD: IdentifierKind.HEALTH_CARD,
    FoundBy.INSURANCE_CARD: IdentifierKind.INSURANCE_CARD,
}


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What somebody names in full, and why they cannot wait."""

    by: FoundBy
    value: str = field(repr=False)
    site_code: str = ""
    """Whose accession number it is."""
    reason: Reason
    words: str = field(repr=False)


def open_in_emergency(ctx: Context[Staff], keys: Keys, wanted: Wanted, lasts: timedelta) -> list[Emergency]:
    """Open a person's examinations, or those with an accession number, for ``lasts``: read only, on record, and judged.

    Several examinations may have one accession number; each is a row. The act has to come with a `Context.guess`.

    Raises:
        NotAllowed: their roles open nothing, or nobody opens anything here (``lasts`` is zero).
        Invalid: no reason in words, no such site, or nothing that they do not see anyway.
        ProofTooOld: a password or a factor has to be typed first, for each opening anew.
        TooManyAttempts: they opened too much within an hour.
        NotThere: nothing has this number or card, or nothing of it can be shown.

    """
    grant = grant_of(ctx.who, lasts)
    words = rules.checked_words(wanted.words)
    ctx.tx.execute(sa.select(person.c.id).where(person.c.id == ctx.who.person_id).with_for_update())
    if needs_proof(ctx):
        raise ProofTooOld
    wait = rules.wait_before(_opened_lately(ctx.tx, ctx.who.person_id, ctx.now), ctx.now)
    if wait > timedelta(0):
        raise TooManyAttempts(wait)
    patient_id, found = _found(ctx, keys, wanted)
    unseen = emergency_door.not_in_view(ctx, found)
    if not unseen:
        raise Invalid("identifier", "in_view")
    if patient_id is not None:
        return [_add(ctx, wanted, words, grant, lasts, unseen, patient_id=patient_id)]
    return [_add(ctx, wanted, words, grant, lasts, [one], case_id=one.id) for one in unseen]


def grant_of(who: Staff, lasts: timedelta) -> RoleGrant:
    """The grant with which somebody opens something in an emergency.

    Raises:
        NotAllowed: their roles open nothing, or nobody opens anything here (``lasts`` is zero).

    """
    grant = next(iter(emergencies.grants_of(who)), None)
    if grant is None:
        raise NotAllowed("emergency_roles")
    if lasts <= timedelta(0):
        raise NotAllowed("emergency_off")
    return grant


@without_door("It concerns the person's own session alone.")
def needs_proof(ctx: Context[Staff]) -> bool:
    """Whether a password or a factor has to be typed first: signing in is none, and each opens once."""
    session = ctx.who.session
    if session is None:
        return True
    began = sa.select(staff_session.c.created_at).where(staff_session.c.token_digest == session.token_digest)
    before = [*ctx.tx.scalars(began), *_opened_lately(ctx.tx, ctx.who.person_id, ctx.now)]
    return not rules.is_proved(session.typed_at, before, ctx.now)


def own(ctx: Context[Staff]) -> list[tuple[Emergency, Opened]]:
    """What somebody opened in an emergency and sees now, what ends last first.

    Raises:
        NotAllowed: their roles open nothing.

    """
    if not emergencies.grants_of(ctx.who):
        raise NotAllowed("emergency_roles")
    return [(from_row(one.row), one) for one in emergency_door.open_own_emergencies(ctx, Action.EMERGENCY_LIST)]


def by_which(ctx: Context[Staff], case_id: str) -> Emergency:
    """What lets somebody see a case in an emergency.

    Raises:
        NotThere: nothing does (any longer).

    """
    return from_row(emergency_door.open_emergency_case(ctx, case_id, Action.EMERGENCY_LIST))


def close(ctx: Context[Staff], emergency_id: str) -> None:
    """End what one opened oneself before its time.

    Raises:
        NotThere: there is none, it is somebody else's, or it has ended.
        Stale: it ended in this moment.

    """
    one = from_row(emergency_door.open_emergency(ctx, emergency_id, Action.EMERGENCY_CLOSE).row)
    row = emergency_access.c
    still = (row.id == emergency_id) & row.ended_at.is_(None)
    ending = emergency_access.update().where(still).values(ended_at=ctx.now, ended_by=ctx.who.person_id)
    if not ctx.tx.execute(ending).rowcount:
        raise Stale
    kind, subject = one.subject
    details = {"emergency_id": emergency_id}
    ctx.record(action=Action.EMERGENCY_CLOSE, subject_kind=kind, subject_id=subject, details=details)


def _add(  # noqa: PLR0917
    ctx: Context[Staff],
    wanted: Wanted,
    words: str,
    grant: RoleGrant,
    lasts: timedelta,
    unseen: Sequence[Case],
    *,
    patient_id: str | None = None,
    case_id: str | None = None,
) -> Emergency:
    adding = emergency_access.insert().returning(emergency_access)
    row = ctx.tx.execute(
        adding.values(
            id=new_id(),
            person_id=ctx.who.person_id,
            grant_id=grant.id,
            patient_id=patient_id,
            case_id=case_id,
            found_by=wanted.by,
            reason=wanted.reason,
            words=words,
            since=ctx.now,
            until=ctx.now + lasts,
        )
    ).one()
    made = from_row(row)
    kind, subject = made.subject
    details = {"emergency_id": made.id, "reason": made.reason.value, "until": made.until.isoformat()}
    ctx.record(action=Action.EMERGENCY_OPEN, subject_kind=kind, subject_id=subject, details=details)
    for site_id in sorted({one.site_id for one in unseen}):
        outbox.post(ctx.tx, "emergency.opened", made.id, {"organisation_id": site_id}, ctx.now)
    return made


def _found(ctx: Context[Staff], keys: Keys, wanted: Wanted) -> tuple[str | None, Sequence[Case]]:
    """The id of the person, where one was named, and the examinations."""
    value = checked("identifier", wanted.value, longest=200, required=True)
    if wanted.by is FoundBy.ACCESSION:
        site = organisations.by_code(ctx.tx, checked("site", wanted.site_code, longest=64))
        if site is None:
            raise Invalid("site", "unknown")
        return None, emergency_door.find_examinations(ctx, site.id, value, Action.EMERGENCY_FIND)
    named = value if wanted.by is FoundBy.NUMBER else Identifier(kind=CARDS[wanted.by], value=value)
    known, found = emergency_door.find_person(ctx, keys, named, Action.EMERGENCY_FIND)
    return known.id, found


def _opened_lately(tx: Connection, person_id: str, now: datetime) -> list[datetime]:
    """When somebody opened something within the hour."""
    row = emergency_access.c
    lately = (row.person_id == person_id) & (row.until > now - rules.WINDOW) & (row.since > now - rules.WINDOW)
    return list(tx.scalars(sa.select(row.since).where(lately).distinct()))
