"""The person at the counter: found by the card that they show, or registered when nobody is known by it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from zoneinfo import ZoneInfo

from reading.access import door, guesses
from reading.actions import Action
from reading.context import Context
from reading.errors import Invalid, NotAllowed, NotThere
from reading.kinds import HeldAs, IdentifierKind, Sex
from reading.patients import card_facts, patient_identifiers, patients
from reading.patients.keys import Keys
from reading.patients.majority import comes_of_age
from reading.patients.names import bare, one_spelling
from reading.patients.patient_identifiers import Identifier
from reading.patients.patients import Patient
from reading.register import organisations
from reading.register.grants import REGISTERED_BY, may_act
from reading.sessions.patient_sessions import CARDS
from reading.viewers import Staff


@dataclass(frozen=True, kw_only=True)
class CardHolder:
    """What the card and its holder say."""

    kind: IdentifierKind | None
    """None: no papers; then they are temporary, and may be nameless."""
    card: str = field(repr=False)
    name: str = field(repr=False)
    """The patient's: with a guardian's card, the child's."""
    sex: Sex
    birth_date: date | None = field(repr=False)
    held_as: HeldAs = HeldAs.OWN
    guardian: str = field(default="", repr=False)
    """Whose card it is, where a guardian shows it for a child."""
    telephone: str = field(default="", repr=False)
    estimated_age: int | None = None
    """Years, where nobody knows the birth date of somebody without papers."""


def find_or_register(ctx: Context[Staff], keys: Keys, holder: CardHolder, site_id: str) -> Patient:
    """The patient at the counter of a site, whose own card lies there, or their guardian's.

    A known card that is refused is a wrong guess (`reading.access.guesses`), and nothing else is.

    Raises:
        NotThere: no such site.
        NotAllowed: they neither work at the site nor manage it.
        Invalid: the card breaks its form, or is registered under another name; a name in two spellings; sex or
            birth date contradict an identity card or the register; a guardian's card is shown as the child's own, or
            for somebody of age.

    """
    site = organisations.by_id(ctx.tx, site_id)
    if site is None:
        raise NotThere
    if not any(may_act(ctx.tx, ctx.who, role, site_id, ctx.now) for role in REGISTERED_BY):
        raise NotAllowed("no_role_for_this_step")
    holder = replace(holder, name=one_spelling("name", holder.name.strip()))
    if holder.birth_date is not None and holder.birth_date > ctx.now.astimezone(ZoneInfo(site.time_zone)).date():
        raise Invalid("birth_date", "date")
    if holder.kind is None:
        return _registered(ctx, keys, holder, site_id, [], holder.sex, holder.birth_date)
    card, sex, birth_date = _checked(ctx, holder, holder.kind)
    try:
        known = _known(ctx, keys, card, holder)
    except NotThere:
        guesses.right(ctx)
        return _registered(ctx, keys, holder, site_id, [card], sex, birth_date)
    if bare(known.name) != bare(holder.name):
        raise Invalid("card", "other_name")
    if holder.sex not in {Sex.UNKNOWN, known.sex} and known.sex:
        raise Invalid("sex", "registered_otherwise")
    if holder.birth_date is not None and known.birth_date not in {None, holder.birth_date}:
        raise Invalid("birth_date", "registered_otherwise")
    guesses.right(ctx)
    return known


def _registered(  # noqa: PLR0917
    ctx: Context[Staff],
    keys: Keys,
    holder: CardHolder,
    site_id: str,
    cards: Sequence[Identifier],
    sex: Sex,
    birth_date: date | None,
) -> Patient:
    made = patients.register(
        ctx.tx,
        keys,
        name=holder.name,
        birth_date=birth_date,
        sex=sex,
        identifiers=cards,
        now=ctx.now,
        telephone=holder.telephone,
        site_id=site_id,
        estimated_age=holder.estimated_age if holder.kind is None else None,
    )
    ctx.record(action=Action.PATIENT_REGISTER, subject_kind="patient", subject_id=made.id, details={"site_id": site_id})
    return made


def _known(ctx: Context[Staff], keys: Keys, card: Identifier, holder: CardHolder) -> Patient:
    if card.held_as is HeldAs.GUARDIAN:
        return door.find_ward(ctx, keys, card, holder.name, holder.birth_date, Action.PATIENT_FIND)
    try:
        return door.find_patient(ctx, keys, card, action=Action.PATIENT_FIND)
    except NotThere:
        # A father's card under the child's name would be the child's for ever.
        if any(bare(ward.name) == bare(holder.name) for ward in patients.wards(ctx.tx, keys, card, ctx.now)):
            raise Invalid("card", "guardians_card") from None
        raise


def _checked(ctx: Context[Staff], holder: CardHolder, kind: IdentifierKind) -> tuple[Identifier, Sex, date | None]:
    """The card, with sex and birth date of the patient, which an identity card of their own says."""
    if kind not in CARDS:
        raise Invalid("card_type", "unknown")
    if not holder.name.strip():
        raise Invalid("name", "empty")
    value = patient_identifiers.normal(kind, holder.card)
    if not value:
        raise Invalid("card", "empty")
    of_guardian = holder.held_as is HeldAs.GUARDIAN
    card = Identifier(
        kind=kind, value=value, held_as=holder.held_as, holder_name=holder.guardian if of_guardian else ""
    )
    if of_guardian:
        _check_guardian(ctx, holder)
    sex, birth_date = card_facts.settled([card], holder.sex, holder.birth_date, ctx.now)
    if patient_identifiers.never_links(value):
        raise Invalid("card", "never_links")
    return card, sex, birth_date


def _check_guardian(ctx: Context[Staff], holder: CardHolder) -> None:
    """A guardian is named and of age; the child is not, and has a birth date, with which the relation ends."""
    if not holder.guardian.strip():
        raise Invalid("guardian", "empty")
    if holder.birth_date is None:
        raise Invalid("birth_date", "guardian_needs_it")
    if comes_of_age(holder.birth_date) <= ctx.now:
        raise Invalid("birth_date", "of_age")
    if holder.kind is IdentifierKind.IDENTITY_CARD:
        said = card_facts.read(holder.card, ctx.now)
        if comes_of_age(said.birth_date) > ctx.now:
            raise Invalid("card", "guardian_under_age")
