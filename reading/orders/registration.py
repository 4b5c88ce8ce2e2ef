"""The person at the counter: found by the card that they show, or registered when nobody is known by it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Final
from zoneinfo import ZoneInfo

from reading import identifiers
from reading.access import door
from reading.actions import Action
from reading.context import Context
from reading.errors import Invalid, NotAllowed, NotThere
from reading.identifiers import IdentityCard
from reading.kinds import IdentifierKind, Role, Sex
from reading.patients import patient_identifiers, patients
from reading.patients.keys import Keys
from reading.patients.patient_identifiers import Identifier
from reading.patients.patients import Patient
from reading.register import organisations
from reading.register.grants import may_act
from reading.sessions.patient_sessions import CARDS
from reading.viewers import Staff

REGISTERED_BY: Final = (Role.TECHNICIAN, Role.CLINICIAN, Role.QUALITY_MANAGER)
"""Who registers patients at a site: those who work there, and those who say whose the images are."""


@dataclass(frozen=True, kw_only=True)
class CardHolder:
    """What the card and its holder say."""

    kind: IdentifierKind
    card: str = field(repr=False)
    name: str = field(repr=False)
    sex: Sex
    birth_date: date | None = field(repr=False)


def find_or_register(ctx: Context[Staff], keys: Keys, holder: CardHolder, site_id: str) -> Patient:
    """The patient whose card lies on the counter of a site.

    Raises:
        NotThere: no such site.
        NotAllowed: they neither work at the site nor manage it.
        Invalid: the card breaks its form, or it is registered under another name.

    """
    site = organisations.by_id(ctx.tx, site_id)
    if site is None:
        raise NotThere
    if not any(may_act(ctx.tx, ctx.who, role, site_id, ctx.now) for role in REGISTERED_BY):
        raise NotAllowed("no_role_for_this_step")
    card, sex, birth_date = _checked(holder, ctx.now.astimezone(ZoneInfo(site.time_zone)).date())
    try:
        known = door.find_patient(ctx, keys, card, action=Action.PATIENT_FIND)
    except NotThere:
        made = patients.register(
            ctx.tx, keys, name=holder.name, birth_date=birth_date, sex=sex, identifiers=[card], now=ctx.now
        )
        ctx.record(
            action=Action.PATIENT_REGISTER, subject_kind="patient", subject_id=made.id, details={"site_id": site_id}
        )
        return made
    if _bare(known.name) != _bare(holder.name):
        raise Invalid("card", "other_name")
    return known


def _checked(holder: CardHolder, today: date) -> tuple[Identifier, Sex, date | None]:
    """The card, with sex and birth date, which an identity card says where its holder does not."""
    if holder.kind not in CARDS:
        raise Invalid("card_type", "unknown")
    if not holder.name.strip():
        raise Invalid("name", "empty")
    sex, birth_date = holder.sex, holder.birth_date
    if birth_date is not None and birth_date > today:
        raise Invalid("birth_date", "date")
    value = patient_identifiers.normal(holder.kind, holder.card)
    if holder.kind is IdentifierKind.IDENTITY_CARD:
        read = identifiers.identity_card(value, today=today)
        if not isinstance(read, IdentityCard):
            raise Invalid("card", read)
        sex, birth_date = sex or read.sex, birth_date or read.birth_date
    elif not value:
        raise Invalid("card", "empty")
    if patient_identifiers.never_links(value):
        raise Invalid("card", "never_links")
    return Identifier(kind=holder.kind, value=value), sex, birth_date


def _bare(name: str) -> str:
    return "".join(name.split()).replace("·", "").casefold()
