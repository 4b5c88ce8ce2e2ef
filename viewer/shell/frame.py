"""The frame around a page of staff: the rail with its numbers, the place, the search, and where they stand."""

from __future__ import annotations

from dataclasses import dataclass

from reading.access.emergencies import may_open
from reading.context import Context
from reading.register import organisations
from reading.viewers import Staff
from viewer.shell import waiting
from viewer.shell.navigation import Entry, Group, Search, Waits, area_of, entries_of, groups_of, home_of, search_of


@dataclass(frozen=True, kw_only=True)
class Way:
    """An entry of the rail as it is shown."""

    address: str
    word: str
    waits: int
    alarm: bool
    """What waits there is a critical result."""
    current: str
    """The value of aria-current: the page itself, or a page under it."""


@dataclass(frozen=True, kw_only=True)
class Frame:
    groups: tuple[tuple[Group, tuple[Way, ...]], ...]
    places: tuple[str, ...]
    """The organisations where they hold roles."""
    search: Search | None
    """None on the page that is itself the search."""
    home: str
    opens_in_emergency: bool
    """They may open in an emergency what is not theirs to see."""


def frame_of(ctx: Context[Staff], path: str, *, counted: bool = True) -> Frame:
    """The frame of somebody's page at an address, with the numbers of what waits where that is ``counted``."""
    roles = {grant.role for grant in ctx.who.grants}
    entries = entries_of(roles)
    numbers = waiting.counts(ctx, entries) if counted else {}
    here, search = area_of(path, entries), search_of(roles)

    def way(entry: Entry) -> Way:
        return Way(
            address=entry.address,
            word=entry.word,
            waits=numbers.get(entry.waits, 0) if entry.waits else 0,
            alarm=entry.waits is Waits.ALERTS,
            current="" if entry.address != here else "page" if path == here else "true",
        )

    return Frame(
        groups=tuple((group, tuple(way(one) for one in inside)) for group, inside in groups_of(entries)),
        places=tuple(places_of(ctx)),
        search=None if search is None or search.address == path else search,
        home=home_of(roles),
        opens_in_emergency=may_open(roles),
    )


def places_of(ctx: Context[Staff]) -> list[str]:
    """The names of the organisations where somebody holds roles, in the order of the grants."""
    ids = list(dict.fromkeys(grant.organisation_id for grant in ctx.who.grants))
    known = organisations.by_ids(ctx.tx, ids)
    return [known[one].name for one in ids if one in known]
