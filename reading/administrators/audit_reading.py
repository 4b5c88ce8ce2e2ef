"""The audit as the audit administrator reads it: searched, exported, checked; each is an event, too."""

from __future__ import annotations

from collections.abc import Iterator

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy.engine import Connection, Engine

from reading.actions import Action
from reading.administrators import audit_search, audit_subjects
from reading.administrators.audit_search import Search
from reading.anchors.check import AuditCheck, check_audit
from reading.anchors.places import Places
from reading.audit import Actor, Detail, Event
from reading.context import Acts, Context, without_door
from reading.errors import Invalid
from reading.kinds import Role
from reading.register import people
from reading.register.administrator import only
from reading.viewers import Staff
from storage.database import snapshot


@without_door("It asks whether somebody may read the audit, and shows nothing.")
def may_read(ctx: Context[Staff | Actor]) -> None:
    """Refuse everybody but the audit administrator.

    Raises:
        NotAllowed: they are none.

    """
    only(ctx.who, Role.AUDIT_ADMINISTRATOR)


@without_door("The audit holds ids and words of ours, and nothing of a patient.")
def find(acts: Acts[Staff | Actor], search: Search, *, limit: int) -> list[Event]:
    """A page of events, the latest first; it is on record before it is looked for, and no writer waits for it.

    Raises:
        NotAllowed: they are no audit administrator.
        Invalid: no such action.

    """
    with acts.act() as ctx:
        _read(ctx, search, Action.AUDIT_SEARCH)
    with acts.look() as ctx:
        return audit_search.page(ctx.tx, audit_subjects.widened(ctx.tx, search), limit=limit)


@without_door("The audit holds ids and words of ours, and nothing of a patient.")
def begin_export(ctx: Context[Staff | Actor], search: Search) -> None:
    """Put on record that all events of a search are exported; `exported` gives them afterwards.

    Raises:
        NotAllowed: they are no audit administrator.
        Invalid: no such action.

    """
    _read(ctx, search, Action.AUDIT_EXPORT)


def exported(tx: Connection, search: Search) -> Iterator[list[Event]]:
    """All events of a search for which `begin_export` was done."""
    return audit_search.every_page(tx, audit_subjects.widened(tx, search))


def is_whole(tx: Connection, search: Search) -> bool:
    """Whether a search about a patient or a case holds all that belongs to it, and not the latest of it alone."""
    return audit_subjects.widened(tx, search).is_whole


def exported_page(engine: Engine, search: Search) -> tuple[list[Event], Search | None]:
    """The next events of an export, and the search for those after them; None where there are no more.

    In a transaction of its own: whoever fetches a file slowly keeps no transaction open.
    """
    with snapshot(engine) as tx:
        found = audit_search.page(tx, audit_subjects.widened(tx, search), limit=audit_search.MOST)
    more = len(found) == audit_search.MOST
    return found, audit_search.next_page(search, found) if more else None


@without_door("The audit holds ids and words of ours, and nothing of a patient.")
def verify(acts: Acts[Staff | Actor], where: Places, key: Ed25519PublicKey | None) -> AuditCheck:
    """Check every chain, anchor and anchored signature; without the ``key`` no anchor can be believed.

    Raises:
        NotAllowed: they are no audit administrator.
        StoreAway, StoreRefuses: of an object store.

    """
    only(acts.who, Role.AUDIT_ADMINISTRATOR)
    found = check_audit(where, key)
    with acts.act() as ctx:
        ctx.record(
            action=Action.AUDIT_VERIFY,
            subject_kind="audit",
            subject_id="",
            details={"chains": found.chains, "anchors": found.anchors, "broken": found.flaws},
        )
    return found


@without_door("The register of organisations and people; nothing of a patient is in it.")
def person_id(ctx: Context[Staff | Actor], username: str) -> str:
    """The id under which the audit knows a member of staff, also one who has left.

    Raises:
        NotAllowed: they are no audit administrator.
        Invalid: there is none of this username.

    """
    only(ctx.who, Role.AUDIT_ADMINISTRATOR)
    found = people.by_username(ctx.tx, username)
    if found is None:
        raise Invalid("person", "unknown")
    return found.id


def _read(ctx: Context[Staff | Actor], search: Search, action: Action) -> None:
    only(ctx.who, Role.AUDIT_ADMINISTRATOR)
    if search.action is not None and search.action not in set(Action):
        raise Invalid("action", "unknown")
    ctx.record(action=action, subject_kind="audit", subject_id="", details=_asked(search))


def _asked(search: Search) -> dict[str, Detail]:
    asked: dict[str, Detail] = {
        "since": search.since.isoformat() if search.since else None,
        "until": search.until.isoformat() if search.until else None,
        "actor_id": search.actor_id,
        "subject_kind": search.subject_kind,
        "subject_id": search.subject_id,
        "action": search.action,
        "outcome": search.outcome,
        "address": search.address,
        "onward": None if search.after is None else search.after.at.isoformat(),
    }
    return {name: value for name, value in asked.items() if value is not None}
