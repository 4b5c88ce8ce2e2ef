"""The scale of a second reading: RADPEER as the American College of Radiology has it since 2016."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Score(StrEnum):
    """*a* is unlikely, *b* is likely to matter for the patient."""

    CONCUR = "1"
    UNDERSTANDABLE_MISS = "2a"
    UNDERSTANDABLE_MISS_THAT_MATTERS = "2b"
    SHOULD_BE_MADE_MOST_OF_THE_TIME = "3a"
    SHOULD_BE_MADE_MOST_OF_THE_TIME_AND_MATTERS = "3b"
    RECORDED_AS_4 = "3"
    """Given as a 4, which the scale had until 2016: it is a 3 now, and whether it mattered was never said."""


GIVEN: Final = frozenset(Score) - {Score.RECORDED_AS_4}
"""What a reviewer can choose."""
ARBITRATED: Final = frozenset(
    {
        Score.UNDERSTANDABLE_MISS_THAT_MATTERS,
        Score.SHOULD_BE_MADE_MOST_OF_THE_TIME,
        Score.SHOULD_BE_MADE_MOST_OF_THE_TIME_AND_MATTERS,
    }
)
"""Scores that a third person of the group looks at before they count (ACR, RADPEER)."""


MATTERS: Final = frozenset({Score.UNDERSTANDABLE_MISS_THAT_MATTERS, Score.SHOULD_BE_MADE_MOST_OF_THE_TIME_AND_MATTERS})
"""Scores of what is likely to matter for the patient."""


def settled(given: Score | None, arbitrated: Score | None, *, awaits: bool) -> Score | None:
    """The score that counts, an arbiter's before a reviewer's; None while an arbiter is waited for."""
    if arbitrated is not None:
        return arbitrated
    return None if awaits else given
