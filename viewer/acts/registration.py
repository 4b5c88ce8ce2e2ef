"""The person at the counter: found by the card that they show, registered when nobody is known by it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy.engine import Connection

from reading import identifiers
from reading.access import access
from reading.actions import Action
from reading.context import Context
from reading.errors import Invalid, NotThere
from reading.identifiers import IdentityCard
from reading.kinds import IdentifierKind, Sex
from reading.patients import patients
from reading.patients.patients import Identifier, Patient
from reading.sessions.sessions import CARDS
from reading.viewers import Staff
from viewer.http.office import Office


@dataclass(frozen=True, kw_only=True)
class Shown:
    """What the card and its holder say."""

    kind: IdentifierKind
    card: str = field(repr=False)
    name: str = field(repr=False)
    sex: Sex
    birth_date: date | None = field(repr=False)


def found_or_registered(
    tx: Connection, office: Office, staff: Staff, shown: Shown, *, zone: str, now: datetime
) -> Patient:
    """The patient whose card it is.

    Raises:
        Invalid: the card is none, or it is registered under another name.

    """
    if shown.kind not in CARDS:
        raise Invalid("card_type", "unknown")
    if not shown.name.strip():
        raise Invalid("name", "empty")
    sex, birth_date = shown.sex, shown.birth_date
    today = now.astimezone(ZoneInfo(zone)).date()
    if birth_date is not None and birth_date > today:
        raise Invalid("birth_date", "date")
    value = patients.normal(shown.kind, shown.card)
    if shown.kind is IdentifierKind.IDENTITY_CARD:
        read = identifiers.identity_card(value, today=today)
        if not isinstance(read, IdentityCard):
            raise Invalid("card", read)
        sex, birth_date = sex or read.sex, birth_date or read.birth_date
    elif not value:
        raise Invalid("card", "empty")
    if patients.never_links(value):
        raise Invalid("card", "never_links")
    card = Identifier(kind=shown.kind, value=value)
    try:
        known = access.find_patient(
            Context(tx, office.audit, now, staff), office.keys, card, action=Action.PATIENT_FIND
        )
    except NotThere:
        return patients.register(
            tx, office.keys, name=shown.name, birth_date=birth_date, sex=sex, identifiers=[card], now=now
        )
    if _bare(known.name) != _bare(shown.name):
        raise Invalid("card", "other_name")
    return known


def _bare(name: str) -> str:
    return "".join(name.split()).replace("·", "").casefold()
