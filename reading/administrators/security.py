"""What the security administrator does: sees who holds roles, who is signed in and what failed, and ends sessions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.actions import Action
from reading.audit import Actor
from reading.context import Context, without_door
from reading.kinds import Role
from reading.patients.keys import Keys
from reading.register import administered, organisations, people, roles
from reading.register.administrator import only
from reading.register.people import Person
from reading.sessions import staff_sessions
from reading.sessions.failures import Overview, overview
from reading.sessions.staff_sessions import IDLE, LONGEST
from reading.tables import staff_session
from reading.viewers import Staff


@dataclass(frozen=True, kw_only=True)
class Held:
    """A role in an organisation."""

    role: Role
    organisation_code: str


@dataclass(frozen=True, kw_only=True)
class Holder:
    """A person with the roles that they hold now, and their open sessions."""

    person: Person
    roles: tuple[Held, ...]
    sessions: int


@without_door("The register of organisations and people; nothing of a patient is in it.")
def holders(ctx: Context[Staff | Actor]) -> list[Holder]:
    """Everybody who may sign in, by username.

    Raises:
        NotAllowed: they are no security administrator.

    """
    only(ctx.who, Role.SECURITY_ADMINISTRATOR)
    codes = {one.id: one.code for one in organisations.list_all(ctx.tx)}
    sessions = open_sessions(ctx.tx, ctx.now)
    return [
        Holder(
            person=one,
            roles=tuple(
                Held(role=grant.role, organisation_code=codes[grant.organisation_id])
                for grant in people.grants_of(ctx.tx, one.id, ctx.now)
            ),
            sessions=sessions.get(one.id, 0),
        )
        for one in people.list_all(ctx.tx)
        if one.until is None
    ]


@without_door("The register of organisations and people; nothing of a patient is in it.")
def sign_out(ctx: Context[Staff | Actor], username: str) -> int:
    """End every session of a person; answers how many there were.

    Raises:
        NotAllowed: they are neither security administrator nor system administrator.
        NotThere: no such person, they have ended, or a system administrator does not keep their account.

    """
    if isinstance(ctx.who, Staff) and ctx.who.holds(Role.SYSTEM_ADMINISTRATOR):
        administered.kept_account(ctx, roles.person_of(ctx.tx, username).id)
    else:
        only(ctx.who, Role.SECURITY_ADMINISTRATOR)
    one = roles.person_of(ctx.tx, username)
    ended = open_sessions(ctx.tx, ctx.now).get(one.id, 0)
    staff_sessions.end_all(ctx.tx, one.id, ctx.now)
    ctx.record(action=Action.SESSION_END, subject_kind="person", subject_id=one.id, details={"sessions": ended})
    return ended


@without_door("Counters of failed proofs say how many and from where, and nothing of a patient.")
def failed_attempts(ctx: Context[Staff | Actor], keys: Keys) -> Overview:
    """Who is tried, from where, by whom patients are guessed, and who has to wait.

    Raises:
        NotAllowed: they are no security administrator.

    """
    only(ctx.who, Role.SECURITY_ADMINISTRATOR)
    return overview(ctx.tx, keys, ctx.now)


def open_sessions(tx: Connection, now: datetime) -> dict[str, int]:
    """By the id of the person."""
    row = staff_session.c
    open_now = (row.ended_at.is_(None)) & (row.active_at > now - IDLE) & (row.created_at > now - LONGEST)
    asked = sa.select(row.person_id, sa.func.count().label("sessions")).where(open_now).group_by(row.person_id)
    return {one.person_id: one.sessions for one in tx.execute(asked)}
