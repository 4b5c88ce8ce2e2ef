"""What a system administrator does for an account: a first password anew, and its failed sign-ins taken back."""

from __future__ import annotations

from reading.actions import Action
from reading.audit import Actor
from reading.context import Context, without_door
from reading.errors import NotAllowed, Stale
from reading.register import administered, people
from reading.register.administered import OF_THE_REGION
from reading.register.passwords import NewPassword
from reading.register.people import Person
from reading.sessions import account_notices, attempts, staff_sessions
from reading.sessions.account_notices import Notice
from reading.viewers import Staff


@without_door("The register of organisations and people; nothing of a patient is in it.")
def reset_password(ctx: Context[Staff | Actor], person_id: str, *, revision: int, password: NewPassword) -> Person:
    """Give somebody a first password again: they change it at sign-in, and their sessions end.

    Raises:
        NotThere: no such person, they have ended, or their account is not theirs to keep.
        NotAllowed: they are no system administrator; it is their own; or it is that of a security or an audit
            administrator, also of one who was it lately or will be, in whose name nobody else shall act: the command
            line does it.
        Stale: somebody changed the person since ``revision``.

    """
    one = administered.kept_person(ctx, person_id)
    administered.must_not_be_own(ctx, person_id)
    if isinstance(ctx.who, Staff) and people.roles_lately(ctx.tx, person_id, ctx.now) & OF_THE_REGION:
        raise NotAllowed("password_of_another_administrator")
    if one.revision != revision:
        raise Stale(one.revision)
    people.set_password(ctx.tx, person_id, password.hash, must_change=True)
    staff_sessions.end_all(ctx.tx, person_id, ctx.now)
    attempts.clear(ctx.tx, person_id)
    account_notices.tell(ctx.tx, person_id, Notice.PASSWORD_RESET, ctx.now)
    ctx.record(action=Action.PASSWORD_RESET, subject_kind="person", subject_id=person_id)
    return one


@without_door("The register of organisations and people; nothing of a patient is in it.")
def unlock(ctx: Context[Staff | Actor], person_id: str) -> int:
    """Take back the failed sign-ins of somebody who waits for them; answers how many counters there were.

    Raises:
        NotThere: no such person, they have ended, or their account is not theirs to keep.
        NotAllowed: they are no system administrator.

    """
    administered.kept_account(ctx, person_id)
    cleared = attempts.clear(ctx.tx, person_id)
    ctx.record(action=Action.PERSON_UNLOCK, subject_kind="person", subject_id=person_id, details={"counters": cleared})
    return cleared
