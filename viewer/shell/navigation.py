"""The one table of ways through the pages of staff: which roles have which, in which order.

A new page adds one line to `ENTRIES` (address, key of its word, group, roles) and that word (``rail.<...>``) to both
catalogues; rail, search, the way home, the web app and the sub-pages under the address follow from the line. The page
must answer 200 to everybody of these roles, wherever they hold them: tests/viewer/shell/test_rail.py opens every entry
as every role. What waits there is counted where the line names a `Waits` (`viewer.shell.waiting`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from reading.access.emergencies import TREATING
from reading.kinds import Role


class Group(StrEnum):
    """The parts of the rail, in their order."""

    WORK = "work"
    TOGETHER = "together"
    QUALITY = "quality"
    OFFICE = "office"


class Waits(StrEnum):
    """What is counted beside a way."""

    ALERTS = "alerts"
    QUESTIONS = "questions"
    PROTOCOLS = "protocols"
    """Answers to what their site asked before an examination."""
    EMERGENCIES = "emergencies"
    WITHHELD = "withheld"
    """Examinations whose withholding somebody has to decide about."""
    REVIEWS = "reviews"
    """What was said of their reports and not read, and what waits for a third person."""
    TEACHING = "teaching"
    """New entries of collections that they subscribe to."""
    MESSAGES = "messages"
    """Those that failed."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A way: a page and those who have it."""

    address: str
    word: str
    """The key of its name in the catalogues."""
    group: Group
    roles: frozenset[Role]
    waits: Waits | None = None


@dataclass(frozen=True, kw_only=True)
class Search:
    """Where the search box at the top leads: a page that takes the words as ``q`` of its address."""

    address: str
    word: str
    """The key of what may be typed."""
    roles: frozenset[Role]


AT_A_SITE: Final = frozenset({Role.TECHNICIAN, Role.CLINICIAN})
READS: Final = frozenset({Role.READER, Role.RESIDENT, Role.VERIFIER, Role.REVIEWER})
QUALITY: Final = frozenset({Role.QUALITY_MANAGER})
CLINICAL: Final = AT_A_SITE | READS | QUALITY
SYSTEM: Final = frozenset({Role.SYSTEM_ADMINISTRATOR})
SECURITY: Final = frozenset({Role.SECURITY_ADMINISTRATOR})
AUDIT: Final = frozenset({Role.AUDIT_ADMINISTRATOR})


def _entry(address: str, word: str, group: Group, roles: frozenset[Role], waits: Waits | None = None) -> Entry:
    return Entry(address=address, word=word, group=group, roles=roles, waits=waits)


ENTRIES: Final[tuple[Entry, ...]] = (
    _entry("/", "rail.worklist", Group.WORK, READS | QUALITY),
    _entry("/t", "rail.examinations", Group.WORK, AT_A_SITE | QUALITY),
    _entry("/t/order", "rail.order", Group.WORK, AT_A_SITE, Waits.PROTOCOLS),
    _entry("/t/patients", "rail.patients", Group.WORK, AT_A_SITE | QUALITY),
    _entry("/t/shared", "rail.shared", Group.WORK, AT_A_SITE),
    _entry("/t/devices", "rail.own-devices", Group.WORK, frozenset({Role.TECHNICIAN})),
    _entry("/alerts", "rail.alerts", Group.TOGETHER, CLINICAL, Waits.ALERTS),
    _entry("/questions", "rail.questions", Group.TOGETHER, CLINICAL, Waits.QUESTIONS),
    _entry("/consultations", "rail.consultations", Group.TOGETHER, CLINICAL),
    _entry("/referrals", "rail.referrals", Group.TOGETHER, CLINICAL),
    _entry("/reports", "rail.reports", Group.TOGETHER, CLINICAL),
    _entry("/emergency", "rail.emergency", Group.TOGETHER, TREATING),
    _entry("/quality", "rail.to-decide", Group.QUALITY, AT_A_SITE | QUALITY, Waits.WITHHELD),
    _entry("/learning", "rail.feedback", Group.QUALITY, READS, Waits.REVIEWS),
    _entry("/teaching", "rail.teaching", Group.QUALITY, READS | QUALITY, Waits.TEACHING),
    _entry("/learning/agreement", "rail.agreement", Group.QUALITY, QUALITY),
    _entry("/office/queue", "rail.queue", Group.QUALITY, QUALITY | frozenset({Role.REVIEWER})),
    _entry("/office/numbers", "rail.numbers", Group.QUALITY, QUALITY | frozenset({Role.REVIEWER})),
    _entry("/office/statements", "rail.statements", Group.QUALITY, QUALITY),
    _entry("/office/numbers/mine", "rail.numbers-mine", Group.QUALITY, READS),
    _entry("/office/organisations", "rail.organisations", Group.OFFICE, SYSTEM),
    _entry("/office/agreements", "rail.agreements", Group.OFFICE, SYSTEM),
    _entry("/office/people", "rail.people", Group.OFFICE, SYSTEM),
    _entry("/office/devices", "rail.devices", Group.OFFICE, QUALITY | SYSTEM),
    _entry("/office/forwarding", "rail.forwarding", Group.OFFICE, SYSTEM),
    _entry("/office/messages", "rail.messages", Group.OFFICE, SYSTEM, Waits.MESSAGES),
    _entry("/office/installation", "rail.installation", Group.OFFICE, SYSTEM),
    _entry("/office/roster", "rail.roster", Group.OFFICE, READS | QUALITY | SYSTEM),
    _entry("/office/policy", "rail.policy", Group.OFFICE, QUALITY | SYSTEM),
    _entry("/office/policy/calendar", "rail.calendar", Group.OFFICE, QUALITY | SYSTEM),
    _entry("/office/security", "rail.security", Group.OFFICE, SECURITY, Waits.EMERGENCIES),
    _entry("/office/security/rights", "rail.rights", Group.OFFICE, SECURITY),
    _entry("/office/audit", "rail.audit", Group.OFFICE, AUDIT),
    _entry("/office/factors", "rail.factors", Group.OFFICE, SYSTEM | SECURITY),
    _entry("/office/retention", "rail.retention", Group.OFFICE, SYSTEM | SECURITY),
    _entry("/office/simulation", "rail.simulation", Group.OFFICE, QUALITY | SYSTEM),
)
"""The first that somebody has is where they begin."""

ROOTS: Final = frozenset(f"/{one.address.split('/')[1]}" for one in ENTRIES) - {"/"}
"""The roots of rooms, which people type."""

ACCOUNT: Final = "/account"
"""One's own account, which everybody has; it stands in the menu of the account."""
PASSWORD: Final = f"{ACCOUNT}/password"
"""Where the password is changed, also the first one, before which nothing else opens."""

SEARCHES: Final[tuple[Search, ...]] = (
    Search(address="/t", word="shell.search.examinations", roles=AT_A_SITE),
    Search(address="/reports", word="shell.search.reports", roles=CLINICAL),
)
"""The first that somebody may use is theirs."""


def entries_of(roles: Collection[Role]) -> tuple[Entry, ...]:
    """The ways of somebody who holds these roles, in the order of the rail."""
    return tuple(one for one in ENTRIES if not one.roles.isdisjoint(roles))


def groups_of(entries: Iterable[Entry]) -> list[tuple[Group, list[Entry]]]:
    """The parts of the rail that have a way."""
    found = list(entries)
    parts = [(group, [one for one in found if one.group is group]) for group in Group]
    return [part for part in parts if part[1]]


def search_of(roles: Collection[Role]) -> Search | None:
    return next((one for one in SEARCHES if not one.roles.isdisjoint(roles)), None)


def home_of(roles: Collection[Role]) -> str:
    """The page after signing in."""
    found = entries_of(roles)
    return found[0].address if found else ACCOUNT


def arrival_of(path: str, roles: Collection[Role]) -> str:
    """Where somebody arrives who asks for a page: it, but instead of a root where they have no work, their own place.

    That is their first way under the root, else their home. The root of all is also the desk of whoever may see a case.
    """
    if path == "/":
        return path if not CLINICAL.isdisjoint(roles) else home_of(roles)
    theirs = entries_of(roles)
    if path not in ROOTS or any(one.address == path for one in theirs):
        return path
    return next((one.address for one in theirs if is_under(one.address, path)), home_of(roles))


def area_of(path: str, entries: Sequence[Entry] = ENTRIES) -> str | None:
    """The address of the way on which a page lies: the longest that its address begins with."""
    return max((one.address for one in entries if is_under(path, one.address)), key=len, default=None)


def is_under(path: str, address: str) -> bool:
    """Whether a path is an address or lies under it; nothing lies under ``/``."""
    return path == address or (address != "/" and path.startswith(f"{address}/"))
