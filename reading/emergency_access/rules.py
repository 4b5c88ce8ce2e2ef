"""The rules of opening something in an emergency: for which reasons, with which proof, and how soon again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from reading.errors import Invalid
from reading.texts import checked


class Reason(StrEnum):
    """Why somebody cannot wait for the ordinary way."""

    LIFE = "life"
    """The patient's life or health is in danger now."""
    ARRIVED = "arrived"
    """The patient was brought here, and is treated here."""
    CRITICAL = "critical"
    """A critical result has to be acted on."""
    NOBODY = "nobody"
    """Nobody can be reached who may see it."""
    OTHER = "other"


class Verdict(StrEnum):
    """What the security administrator found."""

    JUSTIFIED = "justified"
    MISUSE = "misuse"


class FoundBy(StrEnum):
    """The full identifiers by which something is found; a name is none."""

    NUMBER = "number"
    """Our number of the patient."""
    IDENTITY_CARD = "identity_card"
    HEALTH_CARD = "health_card"
    INSURANCE_CARD = "insurance_card"
    ACCESSION = "accession"
    """The accession number of one examination, which is unique at its site."""


FEWEST_WORDS: Final = 4
"""Letters and digits of the reason: four are a sentence in Chinese; full stops and what nobody sees are none."""
MOST_WORDS: Final = 500
COMMENT_MOST: Final = 1000
PROVED_WITHIN: Final = timedelta(minutes=5)
FREE: Final = 5
"""Openings within `WINDOW` before anybody waits: so many patients may come at once."""
WINDOW: Final = timedelta(hours=1)
FIRST_WAIT: Final = timedelta(minutes=1)
LONGEST_WAIT: Final = timedelta(minutes=15)


def wait_before(opened: Sequence[datetime], now: datetime) -> timedelta:
    """How long somebody waits who opened something at these times: zero, or a minute that doubles with each opening.

    Nobody waits for longer than `LONGEST_WAIT`: the next patient may be dying, too.
    """
    lately = [at for at in opened if at > now - WINDOW]
    over = len(lately) - FREE
    if over < 0:
        return timedelta(0)
    return max(timedelta(0), max(lately) + min(FIRST_WAIT * 2 ** min(over, 10), LONGEST_WAIT) - now)


def is_proved(typed_at: datetime | None, opened: Sequence[datetime], now: datetime) -> bool:
    """Whether a password or factor was typed just now, and for nothing that was opened since: each opens once."""
    if typed_at is None or now - typed_at > PROVED_WITHIN:
        return False
    return all(at < typed_at for at in opened)


def checked_words(words: str) -> str:
    """The reason in words.

    Raises:
        Invalid: too short to say anything, or too long.

    """
    said = checked("words", words, longest=MOST_WORDS, lines=True)
    if sum(character.isalnum() for character in said) < FEWEST_WORDS:
        raise Invalid("words", "too_short")
    return said
