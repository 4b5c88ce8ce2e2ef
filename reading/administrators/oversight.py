"""What the security administrator watches and ends: tokens of machines, shares in force, and patterns of refusals."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from reading.actions import Action
from reading.audit import SYSTEM, Actor, ActorKind, Outcome
from reading.context import Context, without_door
from reading.errors import Invalid, NotThere, Stale
from reading.kinds import Role
from reading.register import grants, organisations, people
from reading.register.administrator import only
from reading.register.people import Person
from reading.row_rules import open_at, valid_at
from reading.sharing import shares
from reading.sharing.shares import Share
from reading.tables import audit_event, device, device_token, organisation, study_share
from reading.texts import checked
from reading.viewers import RoleGrant, Staff

LOOK_BACK: Final = timedelta(days=7)
MOST_LOOKED_AT: Final = 20_000
"""Refused events that patterns are sought in, the latest first."""
MANY: Final = 5
"""So many different accounts, cards or things make a pattern."""
NIGHT: Final = (22, 6)
"""Hours outside of which the day's work lies; on duty at night is who the roster says."""
_LOOKS: Final = frozenset({"case", "report", "study", "patient"})


@dataclass(frozen=True, kw_only=True)
class Token:
    """A machine's token for DICOMweb."""

    id: str
    ae_title: str
    site: str
    since: datetime
    until: datetime | None


@dataclass(frozen=True, kw_only=True)
class OpenShare:
    """A study that one site lets another see."""

    share: Share
    site: str


@dataclass(frozen=True, kw_only=True)
class Pattern:
    """What hangs together among the refusals of some days."""

    kind: str
    """``accounts`` or ``cards``: one address, many accounts or wrong cards; ``things``: one member of staff, many
    cases, reports, studies or patients that are not theirs to see."""
    who: str = field(repr=False)
    """The address, or the name of the member of staff."""
    person_id: str
    different: int
    times: int
    at_night: int
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True, kw_only=True)
class View:
    """What somebody would see, in sites and roles; never data."""

    person: Person
    grants: tuple[tuple[RoleGrant, str], ...]
    """With the name of the organisation of each."""
    own: tuple[str, ...]
    read: tuple[str, ...]
    managed: tuple[str, ...]


@without_door("The register of devices; nothing of a patient is in it.")
def tokens(ctx: Context[Staff | Actor]) -> list[Token]:
    """The tokens in force, the first to end first.

    Raises:
        NotAllowed: they are no security administrator.

    """
    only(ctx.who, Role.SECURITY_ADMINISTRATOR)
    row = device_token.c
    asked = (
        sa.select(row.id, row.since, row.until, device.c.ae_title, organisation.c.name.label("site"))
        .join(device, device.c.id == row.device_id)
        .join(organisation, organisation.c.id == device.c.site_id)
        .where(valid_at(device_token, ctx.now))
        .order_by(row.until, row.id)
    )
    return [
        Token(id=one.id, ae_title=one.ae_title, site=one.site, since=one.since, until=one.until)
        for one in ctx.tx.execute(asked)
    ]


@without_door("The register of devices; nothing of a patient is in it.")
def end_token(ctx: Context[Staff | Actor], token_id: str) -> None:
    """End one token at once; the device's entry and rights stay.

    Raises:
        NotAllowed: they are no security administrator.
        NotThere: no such token.
        Stale: it has ended.

    """
    only(ctx.who, Role.SECURITY_ADMINISTRATOR)
    same = device_token.c.id == token_id
    device_id = ctx.tx.scalar(sa.select(device_token.c.device_id).where(same))
    if device_id is None:
        raise NotThere
    ending = device_token.update().where(same, open_at(device_token, ctx.now)).values(until=ctx.now)
    if not ctx.tx.execute(ending).rowcount:
        raise Stale
    ctx.record(action=Action.DEVICE_TOKEN_END, subject_kind="device", subject_id=device_id)


@without_door("It names sites and who shared, and of a study nothing but its id.")
def open_shares(ctx: Context[Staff | Actor]) -> list[OpenShare]:
    """The shares in force, the newest first.

    Raises:
        NotAllowed: they are no security administrator.

    """
    only(ctx.who, Role.SECURITY_ADMINISTRATOR)
    found = shares.in_force(ctx.by(SYSTEM))
    names = organisations.by_ids(ctx.tx, [one.site_id for one in found])
    return [OpenShare(share=one, site=names[one.site_id].name) for one in found]


@without_door("It ends what a site sees, and shows nothing of the study.")
def end_share(ctx: Context[Staff | Actor], share_id: str, *, reason: str) -> None:
    """End a share before its time, whoever made it.

    Raises:
        NotAllowed: they are no security administrator.
        NotThere: no such share.
        Stale: it has ended.
        Invalid: no reason.

    """
    only(ctx.who, Role.SECURITY_ADMINISTRATOR)
    why = checked("reason", reason, longest=1000)
    if not why:
        raise Invalid("reason", "empty")
    row = study_share.c
    found = ctx.tx.execute(sa.select(row.study_uid, row.site_id).where(row.id == share_id)).one_or_none()
    if found is None:
        raise NotThere
    still = (row.id == share_id) & row.ended_at.is_(None) & (row.until > ctx.now)
    ended_by = ctx.who.person_id if isinstance(ctx.who, Staff) else None
    ending = study_share.update().where(still).values(ended_at=ctx.now, ended_by=ended_by, ended_why=why)
    if not ctx.tx.execute(ending).rowcount:
        raise Stale
    details = {"share_id": share_id, "site_id": found.site_id}
    ctx.record(action=Action.STUDY_SHARE_END, subject_kind="study", subject_id=found.study_uid, details=details)


@without_door("Who was refused how often, and from where; nothing of a patient.")
def patterns(ctx: Context[Staff | Actor], zone: ZoneInfo) -> list[Pattern]:
    """What hangs together among the refusals of the last days, the most different first; nights by the clock ``zone``.

    Raises:
        NotAllowed: they are no security administrator.

    """
    only(ctx.who, Role.SECURITY_ADMINISTRATOR)
    row = audit_event.c
    refused = row.outcome == sa.literal_column(f"'{Outcome.REFUSED.value}'")
    asked = (
        sa.select(row.at, row.actor_kind, row.actor_id, row.address, row.action, row.subject_kind, row.subject_id)
        .where(refused, row.at > ctx.now - LOOK_BACK)
        .order_by(row.at.desc())
        .limit(MOST_LOOKED_AT)
    )
    together: defaultdict[tuple[str, str], list[tuple[datetime, str]]] = defaultdict(list)
    for number, one in enumerate(ctx.tx.execute(asked)):
        if one.action == Action.SESSION_OPEN and one.address:
            kind = "cards" if one.subject_kind == "patient" else "accounts"
            # A card or username that is nobody's has no id: each try is a different one.
            together[kind, one.address].append((one.at, one.subject_id or f"try {number}"))
        elif one.actor_kind == ActorKind.STAFF and one.subject_kind in _LOOKS:
            together["things", one.actor_id].append((one.at, f"{one.subject_kind} {one.subject_id}"))
    found = [_pattern(ctx, kind, who, tries, zone) for (kind, who), tries in together.items()]
    return sorted((one for one in found if one.different >= MANY), key=lambda one: (-one.different, one.who))


@without_door("The register of organisations and people; nothing of a patient is in it.")
def view_of(ctx: Context[Staff | Actor], person_id: str) -> View:
    """What a member of staff would see: roles, and the sites whose work they open.

    Raises:
        NotAllowed: they are no security administrator.
        NotThere: there is no such person.

    """
    only(ctx.who, Role.SECURITY_ADMINISTRATOR)
    person = people.by_id(ctx.tx, person_id)
    if person is None:
        raise NotThere
    held = () if person.until is not None else tuple(people.grants_of(ctx.tx, person_id, ctx.now))
    staff = Staff(person_id=person.id, username=person.username, name=person.name, title=person.title, grants=held)
    reach = grants.reach(ctx.tx, staff, ctx.now)
    names = {one.id: one.name for one in organisations.list_all(ctx.tx)}

    def named(ids: frozenset[str]) -> tuple[str, ...]:
        return tuple(sorted(names[one] for one in ids))

    return View(
        person=person,
        grants=tuple((grant, names[grant.organisation_id]) for grant in held),
        own=named(reach.own),
        read=named(reach.read),
        managed=named(reach.managed),
    )


def _pattern(
    ctx: Context[Staff | Actor], kind: str, who: str, tries: list[tuple[datetime, str]], zone: ZoneInfo
) -> Pattern:
    late, early = NIGHT
    hours = [at.astimezone(zone).hour for at, _ in tries]
    person = people.by_id(ctx.tx, who) if kind == "things" else None
    return Pattern(
        kind=kind,
        who=person.name if person else who,
        person_id=person.id if person else "",
        different=len({what for _, what in tries}),
        times=len(tries),
        at_night=sum(hour >= late or hour < early for hour in hours),
        first_at=min(at for at, _ in tries),
        last_at=max(at for at, _ in tries),
    )
