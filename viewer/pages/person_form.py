"""The fields of the person at the counter, as forms of the township and of the register have them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from enum import StrEnum
from typing import Annotated, Final, TypeVar

from fastapi import Depends, Form

from reading.errors import Invalid
from reading.kinds import HeldAs, IdentifierKind, Sex
from reading.orders.registration import CardHolder
from reading.texts import plain
from viewer.http.plain_fields import Plain

NO_PAPERS: Final = "none"
"""The kind of card of somebody who has none."""


WordT = TypeVar("WordT", bound=StrEnum)
_Field = Annotated[str, Form(max_length=200)]


@dataclass(frozen=True, kw_only=True)
class PersonFields:
    """The fields of the form for the person at the counter, as somebody typed them."""

    card_type: _Field = IdentifierKind.IDENTITY_CARD
    card: Annotated[_Field, Plain] = ""
    card_of: _Field = HeldAs.OWN
    guardian: _Field = ""
    name: _Field = ""
    sex: _Field = ""
    birth_date: Annotated[_Field, Plain] = ""
    estimated_age: Annotated[_Field, Plain] = ""
    telephone: Annotated[_Field, Plain] = ""


TypedPerson = Annotated[PersonFields, Depends()]
BLANK: Final = {
    **asdict(PersonFields()),
    **dict.fromkeys(("site", "modality", "body_part", "laterality", "reason"), ""),
    **dict.fromkeys(("scheduled_at", "station", "patient", "department", "contrast"), ""),
    "priority": "routine",
}
"""What a form shows before anything was typed."""


def holder_of(typed: Mapping[str, str]) -> CardHolder:
    """The person at the counter, as typed into the form's fields.

    Raises:
        Invalid: a choice that there is not, a date or an age that is none.

    """
    kind = None if typed["card_type"] == NO_PAPERS else one_of(IdentifierKind, "card_type", typed["card_type"])
    years = plain(typed["estimated_age"])
    if years and not (years.isascii() and years.isdigit() and len(years) <= 3):
        raise Invalid("estimated_age", "range")
    return CardHolder(
        kind=kind,
        card=typed["card"],
        name=typed["name"],
        sex=one_of(Sex, "sex", typed["sex"]),
        birth_date=typed_date(typed["birth_date"]),
        held_as=one_of(HeldAs, "card_of", typed["card_of"]),
        guardian=typed["guardian"],
        telephone=typed["telephone"],
        estimated_age=int(years) if years else None,
    )


def typed_date(typed: str) -> date | None:
    """A birth date; None where nothing was typed.

    Raises:
        Invalid: it is none.

    """
    try:
        return date.fromisoformat(plain(typed)) if typed.strip() else None
    except ValueError as not_a_date:
        raise Invalid("birth_date", "date") from not_a_date


def one_of(words: type[WordT], field: str, typed: str) -> WordT:
    """A choice of a form.

    Raises:
        Invalid: there is no such choice.

    """
    try:
        return words(typed)
    except ValueError as unknown:
        raise Invalid(field, "unknown") from unknown
