"""One attempt to prove who somebody is: which counters it moves, and from where the account was proved before.

Failures slow down the account from one place. Where an account was proved before, from an address or in a browser, no
stranger's failures are felt (docs/adr/0014-failed-proofs.md).
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.audit import Actor
from reading.errors import TooManyAttempts
from reading.patients.keys import Keys
from reading.register import devices
from reading.sessions import failed_proofs
from reading.sessions.failed_proofs import Counter, Kind, Limit
from reading.tables import failed_proof, known_place
from storage.database import insert_or_change

_HOUR: Final = timedelta(hours=1)
_DAY: Final = timedelta(days=1)

PAIR: Final = Limit(free=5, longest=timedelta(minutes=15), window=_DAY)
"""Also for the password that an open session asks for again."""
USERNAME: Final = Limit(free=20, longest=timedelta(minutes=15), window=_DAY)
"""A username from all places that never proved it: people choose passwords that can be guessed."""
CARD: Final = Limit(free=60, longest=timedelta(minutes=1), window=_DAY)
"""A card from all places that never proved it: its code is random, and a patient comes from a new place first."""
ADDRESS: Final = Limit(free=120, longest=timedelta(seconds=10), window=_HOUR)
"""A whole hospital may call from one address: it is slowed down, and never closed for longer than this."""
ADDRESS_UNDER_BRAKE: Final = Limit(free=3, longest=timedelta(minutes=5), window=_HOUR)
NAMING: Final = Limit(free=12, longest=_HOUR, window=_HOUR)
"""A busy counter mistypes a name now and then; so 24 wrong cards or numbers of patients can be named in an hour."""
EVERYBODY: Final = Limit(free=None, longest=timedelta(0), window=_HOUR)

BRAKE_AT: Final = 1000
"""Failures of strangers within an hour, after which the limit of each address is tight."""
KNOWN_FOR: Final = timedelta(days=180)
"""A place where an account was not proved for so long is a stranger's again."""


@dataclass(frozen=True, kw_only=True)
class Caller:
    """Where an attempt comes from."""

    address: str
    browser: str = field(default="", repr=False)
    """The secret that a browser keeps since it signed in for the first time; empty for one that never did."""


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """What one attempt counts against."""

    counters: tuple[Counter, ...]
    is_known: bool
    """The account was proved from this place before."""
    places: tuple[bytes, ...] = ()
    """Digests of account and place, to be known after a success."""
    before: tuple[Counter, ...] = ()
    """Of the step before this one, of which nothing is left after a success."""


def of_username(
    tx: Connection, keys: Keys, username: str, caller: Caller, now: datetime, *, person_id: str = ""
) -> Attempt:
    """``person_id``: whose the username is, for the security administrator; empty where it is nobody's."""
    return _of_account(tx, keys, ("username", username), caller, now, limit=USERNAME, about=person_id)


def of_second_step(  # noqa: PLR0917
    tx: Connection, keys: Keys, username: str, caller: Caller, now: datetime, person_id: str
) -> Attempt:
    """A code, a passkey or a slip after the password, with counters of its own.

    So who knows the password, or has it set anew, guesses codes no oftener for that.
    """
    password = of_username(tx, keys, username, caller, now, person_id=person_id)
    counters = tuple(_of_step(keys, one) for one in password.counters)
    pair = tuple(one for one in password.counters if one.kind is Kind.PAIR)
    return Attempt(counters=counters, is_known=password.is_known, places=password.places, before=pair)


def of_card(tx: Connection, keys: Keys, card: str, caller: Caller, now: datetime) -> Attempt:
    """``card`` in its normal form; nothing tells the security administrator whose it is."""
    return _of_account(tx, keys, ("card", card), caller, now, limit=CARD, kind=Kind.CARD)


def of_secret(tx: Connection, keys: Keys, caller: Caller, now: datetime) -> Attempt:
    """A secret that names nobody, as the code of a paper or a link: whoever tries many is slowed down by address."""
    counters = (_of_address(tx, keys, network_of(caller.address), now), _everybody(keys))
    return Attempt(counters=counters, is_known=False)


def of_words(tx: Connection, keys: Keys, code: str, caller: Caller, now: datetime) -> Attempt:
    """Words that somebody compares with those of a printed report: nobody finds them out by trying."""
    return _of_account(tx, keys, ("paper", code), caller, now, limit=CARD, kind=Kind.PAPER)


def of_session(keys: Keys, token_digest: bytes, *, by_factor: bool = False) -> Attempt:
    """The password asked for again in an open session, or a code: nobody outside it can slow this down.

    A right one of the two says nothing of the other.
    """
    step = ("factor",) if by_factor else ()
    digest = keys.digest("failed_proof", Kind.SESSION, *step, token_digest.hex())
    return Attempt(counters=(Counter(digest=digest, kind=Kind.SESSION, limit=PAIR),), is_known=True)


def of_naming(keys: Keys, who: Actor) -> Attempt:
    """A patient named by a card or a number: whoever names wrong ones is slowed down, wherever they sit."""
    digest = keys.digest("failed_proof", Kind.NAMING, who.kind, who.id)
    return Attempt(counters=(Counter(digest=digest, kind=Kind.NAMING, limit=NAMING, about=who.id),), is_known=True)


def must_be_open(tx: Connection, attempt: Attempt, now: datetime) -> None:
    """Look whether the attempt may be made at all; it counts nothing.

    Raises:
        TooManyAttempts: it has to wait.

    """
    wait = failed_proofs.remaining_wait(tx, attempt.counters, now)
    if wait > timedelta(0):
        raise TooManyAttempts(wait)


def begin(tx: Connection, attempt: Attempt, now: datetime) -> None:
    """Count the attempt as a failure, until `succeeded` takes it back.

    Raises:
        TooManyAttempts: it has to wait, and nothing was counted.

    """
    wait = failed_proofs.count(tx, attempt.counters, now)
    if wait > timedelta(0):
        raise TooManyAttempts(wait)


def succeeded(tx: Connection, attempt: Attempt, now: datetime) -> None:
    """Take the count back, and remember the place."""
    failed_proofs.take_back(tx, attempt.counters, now)
    failed_proofs.drop(tx, attempt.before)
    for digest in sorted(attempt.places):
        remember = insert_or_change(tx, known_place).values(place_digest=digest, proved_at=now)
        tx.execute(remember.on_conflict_do_update(index_elements=[known_place.c.place_digest], set_={"proved_at": now}))


def half_succeeded(tx: Connection, attempt: Attempt, now: datetime) -> None:
    """The password was right, and something else is to come: what failed before that counts still."""
    failed_proofs.take_back_one(tx, attempt.counters, now)


def clear(tx: Connection, person_id: str) -> int:
    """Take back the wrong passwords at one person's sign-in, from wherever; how many counters there were.

    Wrong codes stay, and so does what counts against an address or against everybody.
    """
    row = failed_proof.c
    theirs = (row.about == person_id) & row.kind.in_([Kind.PAIR, Kind.ACCOUNT])
    # In the order in which attempts lock them.
    locked = tx.scalars(
        sa.select(row.subject_digest).where(theirs).order_by(row.subject_digest).with_for_update()
    ).all()
    return tx.execute(failed_proof.delete().where(row.subject_digest.in_(locked))).rowcount


def failures_of_strangers(tx: Connection, keys: Keys, now: datetime) -> int:
    """Of all addresses and accounts, within the hour that is counted now."""
    return failed_proofs.failures_of(tx, _everybody(keys), now)


def brake_is_on(tx: Connection, keys: Keys, now: datetime) -> bool:
    """Whether so many strangers failed within an hour that each address has only few failures left."""
    return failures_of_strangers(tx, keys, now) >= BRAKE_AT


def forget(tx: Connection, now: datetime) -> int:
    """Remove what counts no longer; for the workers."""
    forgotten = failed_proofs.forget(tx, now, _DAY)
    return forgotten + tx.execute(known_place.delete().where(known_place.c.proved_at < now - KNOWN_FOR)).rowcount


def network_of(address: str) -> str:
    """The address as it counts: who has one address of an IPv6 network has the other 2^64 as well."""
    caller = devices.read_address(address)
    return str(ipaddress.ip_network((caller, 64), strict=False)) if caller and caller.version == 6 else str(caller)


def _of_account(
    tx: Connection,
    keys: Keys,
    account: tuple[str, str],
    caller: Caller,
    now: datetime,
    *,
    limit: Limit,
    kind: Kind = Kind.ACCOUNT,
    about: str = "",
) -> Attempt:
    network = network_of(caller.address)
    at_address = keys.digest("known_place", *account, "address", network)
    in_browser = keys.digest("known_place", *account, "browser", caller.browser) if caller.browser else None
    places = (at_address,) if in_browser is None else (at_address, in_browser)
    is_known = known_place.c.place_digest.in_(places) & (known_place.c.proved_at > now - KNOWN_FOR)
    known = set(tx.scalars(sa.select(known_place.c.place_digest).where(is_known)))
    # A browser that proved the account counts for itself: others at its address cannot slow it down.
    place = ("browser", caller.browser) if in_browser in known else ("address", network)
    pair = Counter(digest=keys.digest("failed_proof", *account, *place), kind=Kind.PAIR, limit=PAIR, about=about)
    if known:
        return Attempt(counters=(pair,), is_known=True, places=places)
    of_address = _of_address(tx, keys, network, now)
    of_account = Counter(digest=keys.digest("failed_proof", *account), kind=kind, limit=limit, about=about)
    return Attempt(counters=(pair, of_account, of_address, _everybody(keys)), is_known=False, places=places)


def _of_address(tx: Connection, keys: Keys, network: str, now: datetime) -> Counter:
    return Counter(
        digest=keys.digest("failed_proof", "address", network),
        kind=Kind.ADDRESS,
        limit=ADDRESS_UNDER_BRAKE if brake_is_on(tx, keys, now) else ADDRESS,
        about=network,
    )


_STEPS: Final = {Kind.PAIR: Kind.FACTOR_PAIR, Kind.ACCOUNT: Kind.FACTOR_ACCOUNT}


def _of_step(keys: Keys, one: Counter) -> Counter:
    """What counts the second step where ``one`` counts the password; of an address and of everybody the same."""
    if one.kind not in _STEPS:
        return one
    return replace(one, digest=keys.digest("failed_proof", "second_step", one.digest.hex()), kind=_STEPS[one.kind])


def _everybody(keys: Keys) -> Counter:
    return Counter(digest=keys.digest("failed_proof", "everybody"), kind=Kind.EVERYBODY, limit=EVERYBODY)
