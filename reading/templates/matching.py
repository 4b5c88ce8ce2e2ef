"""Which template fits an examination, and which fits it best."""

from __future__ import annotations

from dataclasses import dataclass

from reading.kinds import Sex
from reading.templates.document import Scope


@dataclass(frozen=True, kw_only=True)
class Examined:
    """What a template is chosen by."""

    modality: str
    body_part: str
    sex: Sex
    age_years: int | None


def fitness(scope: Scope, examined: Examined) -> int | None:
    """How well a template fits, the greater the better; None where it is not offered.

    Devices often name no body part, or a wrong one: another part's templates of the modality are offered behind.
    """
    part = examined.body_part.upper()
    if scope.modalities and examined.modality not in scope.modalities:
        return None
    if scope.sex and examined.sex in {Sex.MALE, Sex.FEMALE} and examined.sex is not scope.sex:
        return None
    limited = scope.min_age_years is not None or scope.max_age_years is not None
    if examined.age_years is not None:
        low, high = scope.min_age_years or 0, scope.max_age_years
        if examined.age_years < low or (high is not None and examined.age_years > high):
            return None
    score = 2 if scope.modalities else 0
    if part and part in scope.body_parts:
        score += 8
    elif not scope.body_parts and scope.modalities:
        score += 4
    # A template for an age answers a question of its own, such as bone age: it is chosen, not presumed.
    return score - (1 if limited else 0)


FITS = 6
"""From here on a template is meant for the examination."""
