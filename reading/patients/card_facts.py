"""What an identity card's number says of its owner, sex and birth date: nobody writes it otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Final

from reading import identifiers
from reading.errors import Invalid
from reading.identifiers import IdentityCard, Oddity
from reading.kinds import HeldAs, IdentifierKind, Sex
from reading.patients.majority import ZONE
from reading.patients.patient_identifiers import Identifier, normal

OLDEST: Final = 130
"""Years that nobody has lived."""


def read(value: str, now: datetime) -> IdentityCard:
    """An identity card's number, typed in any way.

    Raises:
        Invalid: it breaks its form, or its date lies in the future.

    """
    said = identifiers.identity_card(normal(IdentifierKind.IDENTITY_CARD, value), today=now.astimezone(ZONE).date())
    if not isinstance(said, IdentityCard):
        raise Invalid("card", said)
    return said


def settled(cards: Sequence[Identifier], sex: Sex, birth_date: date | None, now: datetime) -> tuple[Sex, date | None]:
    """Sex and birth date of the owner of these cards, filled in where nobody said them.

    Raises:
        Invalid: what was said contradicts an identity card of their own, or its number breaks its form; or nobody is
            that old.

    """
    for card in cards:
        if card.kind is not IdentifierKind.IDENTITY_CARD or card.held_as is not HeldAs.OWN:
            continue
        said = read(card.value, now)
        odd = said.oddities(sex=sex, birth_date=birth_date)
        if Oddity.SEX_DIFFERS in odd:
            raise Invalid("sex", "card_says_otherwise")
        if Oddity.BIRTH_DATE_DIFFERS in odd:
            raise Invalid("birth_date", "card_says_otherwise")
        sex, birth_date = said.sex, said.birth_date
    if birth_date is not None and birth_date.year < now.astimezone(ZONE).year - OLDEST:
        raise Invalid("birth_date", "too_old")
    return sex, birth_date
