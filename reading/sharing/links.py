"""Links: what a patient lets a doctor see without an account, for some days (docs/adr/0036-links-of-patients.md).

A link is a secret of 256 bits that stands behind ``#`` of an address, and, where the patient wants it, a passcode that
goes another way. Whoever opens it sees what the patient chose and nothing else; each request asks anew whether the link
is in force. A refusal to open is *returned*, since a raised one would roll back what was counted.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from reading.access import door, visibility
from reading.access.looks import denied
from reading.actions import Action
from reading.audit import Actor, Outcome
from reading.cases import cases
from reading.context import Context, Who, without_door
from reading.errors import Invalid, TooManyAttempts, WrongCredentials
from reading.patients import persons
from reading.patients.keys import Keys
from reading.sessions import attempts, receipts, session_token
from reading.sessions.attempts import Caller
from reading.sessions.session_token import TOUCH_EVERY
from reading.tables import case, link_session, patient_link
from reading.texts import bare, checked
from reading.viewers import LinkViewer, PatientViewer
from storage.database import snapshot, transaction
from storage.ids import new_id

MOST_DAYS: Final = 30
LABEL_LONGEST: Final = 60
PASSCODE_DIGITS: Final = 6
MOST_WRONG: Final = 10
"""So many wrong passcodes end a link for good, wherever they come from."""
MOST_OPEN: Final = 20
"""Links of one person in force at once."""
IDLE: Final = timedelta(minutes=30)
LONGEST: Final = timedelta(hours=8)


class EndReason(StrEnum):
    """Why a link ended before its time."""

    PATIENT = "patient"
    PASSCODES = "passcodes"
    """Too many wrong ones."""
    SECURITY = "security"
    """By the security administrator."""


@dataclass(frozen=True, kw_only=True)
class Made:
    """A link just made: its secrets are shown this once."""

    link_id: str
    token: str = field(repr=False)
    passcode: str = field(repr=False)
    """Empty where the patient wanted none."""
    until: datetime


@dataclass(frozen=True, kw_only=True)
class LinkState:
    """How long a link is good, how often it was opened, and whether it has ended: what it shows is said elsewhere."""

    id: str
    has_passcode: bool
    made_at: datetime
    until: datetime
    ended_at: datetime | None
    end_reason: str
    views: int
    """How often it was opened."""
    last_at: datetime | None

    def in_force(self, now: datetime) -> bool:
        return self.ended_at is None and self.until > now


@dataclass(frozen=True, kw_only=True)
class Link(LinkState):
    """A link as its patient sees it."""

    case_id: str | None
    """None: everything of the patient's."""
    label: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class PasscodeRefused:
    """The link is one that opens, and its passcode is missing or wrong; only who has the link's secret learns that."""

    left: int
    """So many wrong ones more end the link; 0: it has ended."""
    typed: bool
    """Whether there was one."""


@dataclass(frozen=True, kw_only=True)
class LinkSession:
    """A session just opened by a link; its token is returned this once."""

    token: str = field(repr=False)
    viewer: LinkViewer


def make(
    ctx: Context[PatientViewer], keys: Keys, *, case_id: str | None, days: int, with_passcode: bool, label: str
) -> Made:
    """Let whoever has the link see one case of the patient's, or (None) everything.

    Raises:
        NotThere: no such case, not theirs, or without a report; everything, by somebody who sees one case alone.
        Invalid: the days, or the note is too long; or too many links are in force.
        Stale: the patient's records were merged or parted in this very moment.

    """
    if isinstance(ctx.who, LinkViewer) or (case_id is None and ctx.who.case_id is not None):
        raise denied(ctx, Action.LINK_MAKE, "case", case_id or "")
    if case_id is not None:
        door.open_case(ctx, case_id, Action.LINK_MAKE)
    if not 1 <= days <= MOST_DAYS:
        raise Invalid("days", "link_range")
    note = checked("label", label, longest=LABEL_LONGEST)
    # Under the lock, so that of two that are made at once the second counts the first.
    theirs = patient_link.c.patient_id.in_(persons.lock(ctx.tx, [ctx.who.patient_id]))
    counted = sa.select(sa.func.count()).select_from(patient_link).where(theirs, _unended(ctx.now))
    if (ctx.tx.scalar(counted) or 0) >= MOST_OPEN:
        raise Invalid("links", "too_many")
    made = Made(
        link_id=new_id(),
        token=session_token.new(),
        passcode=f"{secrets.randbelow(10**PASSCODE_DIGITS):0{PASSCODE_DIGITS}}" if with_passcode else "",
        until=ctx.now + timedelta(days=days),
    )
    ctx.tx.execute(
        patient_link.insert(),
        {
            "id": made.link_id,
            "patient_id": ctx.who.patient_id,
            "case_id": case_id,
            "token_digest": session_token.digest(made.token),
            "passcode_digest": _passcode_digest(keys, made.link_id, made.passcode) if with_passcode else None,
            "label": note,
            "made_at": ctx.now,
            "until": made.until,
        },
    )
    details = {"until": made.until.isoformat(), "passcode": with_passcode, "case_id": case_id}
    ctx.record(action=Action.LINK_MAKE, subject_kind="link", subject_id=made.link_id, details=details)
    return made


def links_of(ctx: Context[PatientViewer]) -> list[Link]:
    """The links of the patient's, the newest first; with a receipt those of its case alone."""
    door.open_list(ctx, Action.LINK_LIST)
    rows = ctx.tx.execute(
        sa.select(patient_link.c.case_id, patient_link.c.label, *state_columns())
        .outerjoin(link_session, link_session.c.link_id == patient_link.c.id)
        .where(_theirs(ctx))
        .group_by(patient_link.c.id)
        .order_by(patient_link.c.made_at.desc(), patient_link.c.id.desc())
    )
    return [Link(case_id=row.case_id, label=row.label, **state_in(row)) for row in rows]


@without_door("It ends what the patient made themselves.")
def end(ctx: Context[PatientViewer], link_id: str) -> None:
    """End a link, and the sessions that it opened; one that has ended stays as it is.

    Raises:
        NotThere: no such link, or not theirs.

    """
    known = sa.select(patient_link.c.id).where(patient_link.c.id == link_id, _theirs(ctx))
    if isinstance(ctx.who, LinkViewer) or ctx.tx.scalar(known) is None:
        raise denied(ctx, Action.LINK_END, "link", link_id)
    if end_for(ctx.tx, link_id, EndReason.PATIENT, ctx.now):
        ctx.record(action=Action.LINK_END, subject_kind="link", subject_id=link_id)


@without_door("Nobody is known before the session is open.")
def open_session(
    ctx: Context[Actor], keys: Keys, *, token: str, passcode: str, caller: Caller
) -> LinkSession | PasscodeRefused | WrongCredentials | TooManyAttempts:
    """Open a session for whoever has a link, and its passcode where it has one; a refusal must be committed.

    A link that never was, that has ended, and whose report is hidden are one answer.
    """
    attempt = attempts.of_secret(ctx.tx, keys, caller, ctx.now)
    try:
        attempts.begin(ctx.tx, attempt, ctx.now)
    except TooManyAttempts as closed:
        return closed
    row = ctx.tx.execute(
        sa.select(patient_link).where(
            patient_link.c.token_digest == session_token.digest(token.strip()), _unended(ctx.now)
        )
    ).one_or_none()
    viewer = None if row is None else _viewer(ctx.tx, row, address=caller.address)
    if row is None or viewer is None or not _shows_something(ctx, viewer):
        subject = "" if row is None else row.id
        ctx.record(action=Action.LINK_OPEN, subject_kind="link", subject_id=subject, outcome=Outcome.REFUSED)
        return WrongCredentials()
    refused = _refused(ctx, keys, row, passcode)
    if refused is not None:
        ctx.record(action=Action.LINK_OPEN, subject_kind="link", subject_id=row.id, outcome=Outcome.REFUSED)
        return refused
    attempts.half_succeeded(ctx.tx, attempt, ctx.now)
    secret = session_token.new()
    ctx.tx.execute(
        link_session.insert(),
        {
            "token_digest": session_token.digest(secret),
            "link_id": row.id,
            "csrf_token": viewer.csrf_token,
            "created_at": ctx.now,
            "active_at": ctx.now,
        },
    )
    ctx.by(viewer).record(action=Action.LINK_OPEN, subject_kind="link", subject_id=row.id)
    return LinkSession(token=secret, viewer=viewer)


def at_work(engine: Engine, token: str, now: datetime) -> LinkViewer | None:
    """Whose session this is, which lives on; None when it or its link has ended."""
    with snapshot(engine) as tx:
        row = tx.execute(
            sa.select(patient_link, link_session.c.csrf_token, link_session.c.active_at)
            .join(link_session, link_session.c.link_id == patient_link.c.id)
            .where(
                link_session.c.token_digest == session_token.digest(token),
                link_session.c.ended_at.is_(None),
                link_session.c.active_at > now - IDLE,
                link_session.c.created_at > now - LONGEST,
                _unended(now),
            )
        ).one_or_none()
        viewer = None if row is None else _viewer(tx, row, csrf_token=row.csrf_token)
    if row is None or viewer is None:
        return None
    if now - row.active_at >= TOUCH_EVERY:
        same = link_session.c.token_digest == session_token.digest(token)
        with transaction(engine) as tx:
            tx.execute(link_session.update().where(same, link_session.c.ended_at.is_(None)).values(active_at=now))
    return viewer


@without_door("It concerns the caller's own session alone.")
def leave(ctx: Context[LinkViewer], token: str) -> None:
    """End the session, and not the link."""
    same = link_session.c.token_digest == session_token.digest(token)
    ended = ctx.tx.execute(
        link_session.update().where(same, link_session.c.ended_at.is_(None)).values(ended_at=ctx.now)
    )
    if ended.rowcount:
        ctx.record(action=Action.SESSION_END, subject_kind="link", subject_id=ctx.who.link_id)


def labels(tx: Connection, link_ids: Sequence[str]) -> dict[str, tuple[datetime, str]]:
    """When these links were made, and the patient's note on each."""
    rows = tx.execute(
        sa.select(patient_link.c.id, patient_link.c.made_at, patient_link.c.label).where(
            patient_link.c.id.in_(set(link_ids))
        )
    )
    return {row.id: (row.made_at, row.label) for row in rows}


def _unended(now: datetime) -> sa.ColumnElement[bool]:
    return patient_link.c.ended_at.is_(None) & (patient_link.c.until > now)


def _theirs(ctx: Context[PatientViewer]) -> sa.ColumnElement[bool]:
    """Links of any record of the person; a receipt's session has those of its case."""
    # Under the lock, so that of two that are made at once the second counts the first.
    theirs = patient_link.c.patient_id.in_(persons.lock(ctx.tx, [ctx.who.patient_id]))
    return theirs if ctx.who.case_id is None else theirs & (patient_link.c.case_id == ctx.who.case_id)


def _viewer(tx: Connection, row: sa.Row[Any], *, csrf_token: str = "", address: str = "") -> LinkViewer | None:
    """Whoever comes by a link that is in force."""
    case_id: str | None = row.case_id
    if case_id is not None:
        case_id = receipts.followed(tx, case_id, cases.by_id(tx, case_id).state)
    return LinkViewer(
        link_id=row.id,
        patient_id=row.patient_id,
        case_id=case_id,
        csrf_token=csrf_token or session_token.new(),
        address=address,
    )


def _shows_something(ctx: Context[Who], viewer: LinkViewer) -> bool:
    visible = visibility.visible_cases(ctx.tx, viewer, ctx.now)
    return ctx.tx.scalar(sa.select(sa.literal(1)).select_from(case).where(visible).limit(1)) is not None


def _refused(ctx: Context[Actor], keys: Keys, row: sa.Row[Any], passcode: str) -> PasscodeRefused | None:
    """None where the passcode is right; a wrong one counts against the link, before it is known that it is wrong."""
    if row.passcode_digest is None:
        return None
    typed = bare(passcode)
    if not typed:
        return PasscodeRefused(left=MOST_WRONG - row.wrong_passcodes, typed=False)
    counter, same = patient_link.c.wrong_passcodes, patient_link.c.id == row.id
    counted = ctx.tx.scalar(
        patient_link.update().where(same, counter < MOST_WRONG).values(wrong_passcodes=counter + 1).returning(counter)
    )
    if counted is None:
        return PasscodeRefused(left=0, typed=True)
    if hmac.compare_digest(bytes(row.passcode_digest), _passcode_digest(keys, row.id, typed)):
        ctx.tx.execute(patient_link.update().where(same).values(wrong_passcodes=counter - 1))
        return None
    if counted >= MOST_WRONG and end_for(ctx.tx, row.id, EndReason.PASSCODES, ctx.now):
        details = {"why": EndReason.PASSCODES.value}
        ctx.record(action=Action.LINK_END, subject_kind="link", subject_id=row.id, details=details)
    return PasscodeRefused(left=MOST_WRONG - counted, typed=True)


def end_for(tx: Connection, link_id: str, reason: EndReason, now: datetime) -> bool:
    """End a link for a reason; whether it was in force."""
    ending = patient_link.update().where(patient_link.c.id == link_id, _unended(now))
    return tx.execute(ending.values(ended_at=now, end_reason=reason)).rowcount > 0


def state_columns() -> list[sa.ColumnElement[Any]]:
    """What a statement over links, joined to the sessions that they opened and grouped by link, asks of each."""
    row = patient_link.c
    return [
        *(row.id, row.made_at, row.until, row.ended_at, row.end_reason),
        row.passcode_digest.is_not(None).label("has_passcode"),
        sa.func.count(link_session.c.token_digest).label("views"),
        sa.func.max(link_session.c.created_at).label("last_at"),
    ]


def state_in(row: sa.Row[Any]) -> dict[str, Any]:
    """The fields of `LinkState` in a row of `state_columns`."""
    return {one.name: getattr(row, one.name) for one in fields(LinkState)}


def _passcode_digest(keys: Keys, link_id: str, passcode: str) -> bytes:
    return keys.digest("link_passcode", link_id, passcode)
