"""Chance: numbers that depend on a seed, a run and what they are for alone, so that two policies meet the same day."""

from __future__ import annotations

from hashlib import blake2b
from math import exp, log
from statistics import NormalDist
from typing import Final, Literal

_WORD: Final = 1 << 64
_NORMAL: Final = NormalDist()


def uniform(*what: int | str) -> float:
    """A number between 0 and 1, neither included, that is always the same for the same words."""
    digest = blake2b("/".join(map(str, what)).encode(), digest_size=8).digest()
    return (int.from_bytes(digest) + 0.5) / (_WORD + 1)


def duration(mean: float, spread: float, shape: Literal["lognormal", "exponential"], chance: float) -> float:
    """How long something takes whose mean is known, for a chance between 0 and 1, in the unit of the mean.

    ``spread`` is the standard deviation of the logarithm; the mean of a lognormal is exp(mu + spread^2 / 2).
    """
    if shape == "exponential":
        return -mean * log(chance)
    return exp(log(mean) - spread**2 / 2 + spread * _NORMAL.inv_cdf(chance))
