"""Acts on the policy: versions are added, switched on now or ahead, and switches that have not come are taken back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from reading.actions import Action
from reading.audit import Actor
from reading.context import Context, without_door
from reading.errors import Invalid, NotAllowed, Stale
from reading.kinds import Tier
from reading.register.organisations import Organisation
from reading.rules import calendar, policy, policy_rights, switches
from reading.rules.calendar import Day, DayKind
from reading.rules.policy import Policy, Version
from reading.rules.rules_document import kept_rules
from reading.rules.switches import Switch
from reading.rules.unread_sites import unread_sites
from reading.texts import checked
from reading.viewers import Staff

FARTHEST: Final = timedelta(days=366)
"""So far ahead a version may be switched on."""
MOST_DAYS: Final = 400
"""Most days of the calendar that one act sets."""


class Stage(StrEnum):
    """Where a version stands."""

    DRAFT = "draft"
    """It was never switched on, or the switch was taken back."""
    AHEAD = "ahead"
    IN_FORCE = "in_force"
    PAST = "past"


@dataclass(frozen=True, kw_only=True)
class Listed:
    """A version with its stage."""

    version: Version
    stage: Stage
    since: datetime | None
    """When it came, or comes, into force; the last time, where it did several times."""
    until: datetime | None
    """When another version came, or comes, into force instead."""
    ahead: Switch | None
    """The switch that has not come yet, where there is one."""


@without_door("The rules of the region; nothing of a patient is in them.")
def versions(ctx: Context[Staff | Actor]) -> list[Listed]:
    """Every version with its stage, the newest first.

    Raises:
        NotThere: they neither manage quality nor administer the system.

    """
    policy_rights.may_look(ctx.who)
    policy.in_force(ctx.tx, ctx.now)
    standing = [one for one in switches.all_switches(ctx.tx) if one.cancelled_at is None]
    ends = [*(one.at for one in standing[1:]), None]
    spans: dict[str, list[tuple[Switch, datetime | None]]] = {}
    for one, end in zip(standing, ends, strict=True):
        if one.at != end:  # else another version was chosen for the same time
            spans.setdefault(one.policy_id, []).append((one, end))
    return [_listed(version, spans.get(version.id, []), ctx.now) for version in policy.versions(ctx.tx)]


@without_door("The rules of the region; nothing of a patient is in them.")
def version(ctx: Context[Staff | Actor], number: int) -> Version:
    """A version with its document.

    Raises:
        NotThere: there is none, or they neither manage quality nor administer the system.

    """
    policy_rights.may_look(ctx.who)
    policy.in_force(ctx.tx, ctx.now)
    return policy.version(ctx.tx, number)


@without_door("The rules of the region; nothing of a patient is in them.")
def add(ctx: Context[Staff | Actor], document: Mapping[str, Any], *, note: str, newest: int | None) -> Policy:
    """Keep a document as a new version, which is not in force yet.

    ``newest`` is the newest version that its author knew; None: whichever it is.

    Raises:
        NotThere, NotAllowed: it is not theirs to write.
        Invalid: the note is too long; `InvalidDocument`, with every error of the document.
        Stale: somebody added a version in the meantime.

    """
    policy_rights.must_write(ctx)
    policy.in_force(ctx.tx, ctx.now)
    said = checked("note", note, longest=200)
    known = policy.newest_version(ctx.tx)
    if newest not in {None, known}:
        raise Stale(known)
    made = policy.add(ctx.tx, document, _person(ctx), ctx.now, version=known + 1, note=said)
    ctx.record(action=Action.POLICY_ADD, subject_kind="policy", subject_id=made.id, details={"version": made.version})
    return made


@without_door("The rules of the region; nothing of a patient is in them.")
def switch_on(
    ctx: Context[Staff | Actor], number: int, *, at: datetime | None, unread: bool = False, over: int | None = None
) -> Switch:
    """Put a version into force, now or at a time ahead: cases that exist keep theirs.

    ``unread``: also where sites are without a reader at a tier to which the version sends their cases. ``over`` is the
    version that they compared it with; None: whichever is in force by then.

    Raises:
        NotThere: there is no such version; they neither manage quality nor administer the system.
        NotAllowed: they do not manage the quality of the whole region; or sites would be unread, and not ``unread``.
        Invalid: the time is past, or more than a year ahead.
        Stale: by then another version is in force than the one that they compared it with.

    """
    policy_rights.must_switch(ctx)
    policy.in_force(ctx.tx, ctx.now)
    if at is not None and not ctx.now <= at <= ctx.now + FARTHEST:
        raise Invalid("at", "range")
    chosen = policy.version(ctx.tx, number)
    if not unread and unread_sites(ctx.tx, kept_rules(chosen.document), at or ctx.now):
        raise NotAllowed("sites_without_a_reader")
    before = policy.in_force(ctx.tx, at or ctx.now).version
    if over not in {None, before}:
        raise Stale(before)
    made = switches.add(ctx.tx, chosen.id, at=at or ctx.now, made_by=_person(ctx), now=ctx.now)
    _record_switch(ctx, Action.POLICY_SWITCH, chosen.version, made)
    return made


@without_door("The rules of the region; nothing of a patient is in them.")
def in_force_at(ctx: Context[Staff | Actor], at: datetime) -> Policy:
    """The version that is in force at a time, as things are switched now.

    Raises:
        NotThere: they neither manage quality nor administer the system.

    """
    policy_rights.may_look(ctx.who)
    policy.in_force(ctx.tx, ctx.now)
    return policy.in_force(ctx.tx, at)


@without_door("The rules of the region; nothing of a patient is in them.")
def without_reader(ctx: Context[Staff | Actor], number: int) -> list[tuple[Organisation, Tier]]:
    """The sites that a version would send to a tier where nobody reads for them, as of now.

    Raises:
        NotThere: there is no such version; they neither manage quality nor administer the system.

    """
    return unread_sites(ctx.tx, kept_rules(version(ctx, number).document), ctx.now)


@without_door("The rules of the region; nothing of a patient is in them.")
def cancel_switch(ctx: Context[Staff | Actor], switch_id: str) -> Switch:
    """Take back a switch whose time has not come.

    Raises:
        NotThere: there is no such switch; they neither manage quality nor administer the system.
        NotAllowed: they do not manage the quality of the whole region.
        Stale: its time has come, or it was taken back before.

    """
    policy_rights.must_switch(ctx)
    made = switches.cancel(ctx.tx, switch_id, cancelled_by=_person(ctx), now=ctx.now)
    _record_switch(ctx, Action.POLICY_CANCEL, policy.by_id(ctx.tx, made.policy_id).version, made)
    return made


@without_door("The calendar of the region; nothing of a patient is in it.")
def set_days(ctx: Context[Staff | Actor], said: Sequence[tuple[date, DayKind, str]]) -> None:
    """Say what days are, for the cases that come then, and for those of which another fact changes from now on.

    A case that was opened keeps its rule until it is matched again, which is by the calendar as it stands then.

    Raises:
        NotThere, NotAllowed: it is not theirs to set.
        Invalid: there are too many, or a name is too long.

    """
    policy_rights.must_write(ctx)
    if not 0 < len(said) <= MOST_DAYS:
        raise Invalid("days", "number")
    for day, kind, name in said:
        named = checked("name", name, longest=60)
        calendar.put(ctx.tx, day, kind, named, made_by=_person(ctx), now=ctx.now)
        details = {"kind": kind.value}
        ctx.record(action=Action.CALENDAR_SET, subject_kind="day", subject_id=day.isoformat(), details=details)


@without_door("The calendar of the region; nothing of a patient is in it.")
def days(ctx: Context[Staff | Actor], since: date, until: date) -> list[Day]:
    """The days of a period that are not as their weekday says.

    Raises:
        NotThere: they neither manage quality nor administer the system.

    """
    policy_rights.may_look(ctx.who)
    return calendar.days(ctx.tx, since, until)


def _listed(one: Version, spans: Sequence[tuple[Switch, datetime | None]], now: datetime) -> Listed:
    ahead = next((switch for switch, _ in spans if switch.at > now), None)
    come = [(switch, end) for switch, end in spans if switch.at <= now]
    if come:
        switch, end = come[-1]
        stage = Stage.IN_FORCE if end is None or end > now else Stage.PAST
        if stage is Stage.PAST and ahead is not None:
            stage = Stage.AHEAD
        return Listed(version=one, stage=stage, since=switch.at, until=end, ahead=ahead)
    if ahead is not None:
        return Listed(version=one, stage=Stage.AHEAD, since=ahead.at, until=None, ahead=ahead)
    return Listed(version=one, stage=Stage.DRAFT, since=None, until=None, ahead=None)


def _record_switch(ctx: Context[Staff | Actor], action: Action, number: int, made: Switch) -> None:
    details = {"version": number, "at": made.at.isoformat()}
    ctx.record(action=action, subject_kind="policy", subject_id=made.policy_id, details=details)


def _person(ctx: Context[Staff | Actor]) -> str | None:
    return ctx.who.person_id if isinstance(ctx.who, Staff) else None
