"""The facts of a case that rules depend on."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from datetime import datetime

from reading.kinds import Priority, Sex


@dataclass(frozen=True, kw_only=True)
class Facts:
    """The facts of a case that rules depend on; what nobody said is empty or None."""

    modality: str
    body_part: str
    site_id: str
    site_code: str
    department: str
    """The department that asked for the examination, as the order names it."""
    contrast: bool | None
    """Whether the order asks for a contrast agent."""
    request: str = field(repr=False)
    """History and question of the order."""
    sex: Sex
    age_years: int | None
    received_at: datetime
    """When the first image came, in the time zone of the site."""
    working_day: bool
    """Whether that day is a working day there."""
    priority: Priority
    critical: bool
    escalated: bool


def folded(text: str) -> str:
    """A text as conditions compare it: full and half width, capitals and small letters are the same (NFKC)."""
    return unicodedata.normalize("NFKC", text).casefold().strip()
