"""The import of the register from a table: each line by the act of the page, all of them or none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from reading.actions import Action
from reading.audit import Actor
from reading.context import Acts, Context, without_door
from reading.errors import Invalid, NotDone, Stale
from reading.register import (
    administered,
    agreements,
    device_register,
    organisations,
    passwords,
    people,
    registry,
    roles,
)
from reading.register.devices import Entry
from reading.register.import_columns import LEVELS, TIERS, Kind, Line, day_of, roles_of, word_of
from reading.register.passwords import NewPassword
from reading.viewers import Staff

PLANNED: Final = NewPassword(text="", hash="!", is_first=True)
"""Of people who are taken back again."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a line adds, or what is wrong with it."""

    line: Line
    added: str = field(default="", repr=False)
    """Code, username or title of what it adds."""
    is_person: bool = False
    """It adds a person, and not only a further role of one."""
    namesake: str = field(default="", repr=False)
    """Username of somebody of the same name at the same organisation: perhaps the same person."""
    problem: NotDone | None = None


@dataclass(frozen=True, kw_only=True)
class Imported:
    """What a table added, or would add; ``at`` is the moment from which it stands, None where nothing does."""

    outcomes: tuple[Outcome, ...]
    at: datetime | None = None

    @property
    def is_wrong(self) -> bool:
        return any(one.problem is not None for one in self.outcomes)


class _TakenBack(Exception):
    """Ends a transaction whose rows shall not stand."""


@without_door("The register of organisations and people; nothing of a patient is in it.")
def preview(acts: Acts[Staff | Actor], kind: Kind, lines: Sequence[Line]) -> Imported:
    """What a table would add: every line is tried in one transaction, which is taken back.

    Raises:
        NotAllowed: they are no system administrator.

    """
    return _run(acts, kind, lines, {}, keep=False)


@without_door("The register of organisations and people; nothing of a patient is in it.")
def save(acts: Acts[Staff | Actor], kind: Kind, lines: Sequence[Line], *, seed: str = "") -> Imported:
    """Add what a table brings, all of it or, where a line is wrong, nothing.

    People have first passwords out of ``seed`` (`passwords.derived`).

    Raises:
        NotAllowed: they are no system administrator.
        Stale: a username was taken between the preview and now.

    """
    planned = preview(acts, kind, lines)
    if planned.is_wrong:
        return planned
    # Hashed while no transaction is open.
    usernames = [one.added for one in planned.outcomes if one.is_person]
    made = {username: passwords.first_of(passwords.derived(seed, username)) for username in usernames}
    return _run(acts, kind, lines, made, keep=True)


def _run(
    acts: Acts[Staff | Actor],
    kind: Kind,
    lines: Sequence[Line],
    made: Mapping[str, NewPassword],
    *,
    keep: bool,
) -> Imported:
    outcomes: list[Outcome] = []
    try:
        with acts.act() as ctx:
            administered.kept_organisations(ctx)
            outcomes = _each(ctx, kind, lines, made)
            _take_back(unless=keep and all(one.problem is None for one in outcomes))
            ctx.record(
                action=Action.REGISTER_IMPORT, subject_kind=kind, subject_id="", details={"lines": len(outcomes)}
            )
            return Imported(outcomes=tuple(outcomes), at=ctx.now)
    except _TakenBack:
        return Imported(outcomes=tuple(outcomes))


def _take_back(*, unless: bool) -> None:
    if not unless:
        raise _TakenBack


def _each(
    ctx: Context[Staff | Actor], kind: Kind, lines: Sequence[Line], made: Mapping[str, NewPassword]
) -> list[Outcome]:
    outcomes: list[Outcome] = []
    of_table: set[str] = set()
    for line in lines:
        try:
            if line.wrong is not None:
                raise line.wrong
            with ctx.tx.begin_nested():
                match kind:
                    case Kind.ORGANISATIONS:
                        outcome = Outcome(line=line, added=_organisation(ctx, line.cells))
                    case Kind.PEOPLE:
                        outcome = _person(ctx, line, of_table, made)
                    case Kind.AGREEMENTS:
                        outcome = Outcome(line=line, added=_agreement(ctx, line.cells))
                    case Kind.DEVICES:
                        outcome = Outcome(line=line, added=_device(ctx, line.cells))
        except NotDone as problem:
            outcome = Outcome(line=line, problem=problem)
        outcomes.append(outcome)
    return outcomes


def _organisation(ctx: Context[Staff | Actor], cells: Mapping[str, str]) -> str:
    made = registry.add_organisation(
        ctx,
        code=cells["code"],
        name=cells["name"],
        level=word_of(LEVELS, "level", cells["level"]),
        parent_code=cells["parent"] or None,
        region_code=cells["region"] or None,
        institution_number=cells["number"].upper(),
        telephone=cells["telephone"],
    )
    return made.code


def _person(ctx: Context[Staff | Actor], line: Line, of_table: set[str], made: Mapping[str, NewPassword]) -> Outcome:
    """A new person; a line with the username of a line before it gives that person a further role."""
    cells = line.cells
    where = organisations.in_force(ctx.tx, cells["organisation"])
    since = day_of("since", cells["since"], where.time_zone)
    until = day_of("until", cells["until"], where.time_zone, last=True)
    given = roles_of(cells["role"])
    username = cells["username"].lower()
    if username and username in of_table:
        _same_person(ctx, username, cells)
        for role in given:
            roles.grant(ctx, username, where.code, role, since=since, until=until)
        return Outcome(line=line, added=username)
    namesake = people.namesake_at(ctx.tx, cells["name"], where.id)
    wanted = username or people.free_username(ctx.tx, cells["name"])
    password = made.get(wanted) if made else PLANNED
    if password is None:
        raise Stale
    one = registry.add_person(
        ctx,
        name=cells["name"],
        organisation_code=where.code,
        role=given[0],
        title=cells["title"],
        username=wanted,
        password=password,
        since=since,
        until=until,
    ).person
    for role in given[1:]:
        roles.grant(ctx, one.username, where.code, role, since=since, until=until)
    of_table.add(one.username)
    return Outcome(line=line, added=one.username, is_person=True, namesake=namesake)


def _same_person(ctx: Context[Staff | Actor], username: str, cells: Mapping[str, str]) -> None:
    if roles.person_of(ctx.tx, username).name != cells["name"]:
        raise Invalid("username", "other_name")


def _agreement(ctx: Context[Staff | Actor], cells: Mapping[str, str]) -> str:
    site = organisations.in_force(ctx.tx, cells["site"])
    made = agreements.agree(
        ctx,
        site.code,
        cells["reader"],
        word_of(TIERS, "tier", cells["tier"]),
        since=day_of("since", cells["since"], site.time_zone),
        until=day_of("until", cells["until"], site.time_zone, last=True),
    )
    return f"{site.code} {made.tier}"


def _device(ctx: Context[Staff | Actor], cells: Mapping[str, str]) -> str:
    port = cells["port"]
    if port and not (port.isascii() and port.isdigit() and len(port) <= 5):
        raise Invalid("port", "range")
    made = device_register.add(
        ctx,
        ae_title=cells["ae_title"],
        site_code=cells["site"],
        entry=Entry(
            network=cells["network"],
            port=int(port) if port else None,
            character_set=cells["character_set"],
            issuer=cells["issuer"],
            host=cells["host"],
        ),
    )
    return made.ae_title
