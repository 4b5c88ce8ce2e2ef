"""What a check says: its name, where in the text, and whether it stops a signature or wants a confirmation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from reading.kinds import Sex


class Check(StrEnum):
    """The checks by name; docs/reports.md explains them with examples."""

    TEMPLATE_BLANK = "template_blank"
    IMPRESSION_WITHOUT_FINDINGS = "impression_without_findings"
    SIDE_AGAINST_ORDER = "side_against_order"
    SIDE_BESIDES_ORDER = "side_besides_order"
    SIDE_AGAINST_IMAGES = "side_against_images"
    SIDE_BESIDES_IMAGES = "side_besides_images"
    SIDE_DIFFERS_IN_REPORT = "side_differs_in_report"
    SIDE_OF_IMAGES_DIFFERS = "side_of_images_differs"
    PERSON_OF_IMAGES_DIFFERS = "person_of_images_differs"
    DENIED_IN_FINDINGS = "denied_in_findings"
    ORGAN_AGAINST_SEX = "organ_against_sex"
    NUMBER_WITHOUT_UNIT = "number_without_unit"
    PRIORS_UNKNOWN = "priors_unknown"
    NORMAL_WORDS_UNDER_POSITIVE = "normal_words_under_positive"
    ABNORMAL_WORDS_UNDER_NEGATIVE = "abnormal_words_under_negative"
    CRITICAL_WORDS_WITHOUT_FLAG = "critical_words_without_flag"
    READ_BACK_DIFFERS = "read_back_differs"


class Severity(StrEnum):
    STOPS = "stops"
    """Nobody signs before it is mended."""
    WARNS = "warns"
    """Whoever signs confirms it by name, and the signature says so."""


SEVERITY: Final[Mapping[Check, Severity]] = {
    Check.TEMPLATE_BLANK: Severity.STOPS,
    Check.IMPRESSION_WITHOUT_FINDINGS: Severity.STOPS,
    # Whoever means the other side of a wrong order writes so, and names both: that is SIDE_BESIDES_ORDER.
    Check.SIDE_AGAINST_ORDER: Severity.STOPS,
    Check.SIDE_BESIDES_ORDER: Severity.WARNS,
    Check.SIDE_AGAINST_IMAGES: Severity.STOPS,
    Check.SIDE_BESIDES_IMAGES: Severity.WARNS,
    Check.SIDE_DIFFERS_IN_REPORT: Severity.WARNS,
    Check.SIDE_OF_IMAGES_DIFFERS: Severity.WARNS,
    Check.DENIED_IN_FINDINGS: Severity.WARNS,
    Check.PERSON_OF_IMAGES_DIFFERS: Severity.WARNS,
    # The register may have the wrong sex, and a report does not wait for it.
    Check.ORGAN_AGAINST_SEX: Severity.WARNS,
    Check.NUMBER_WITHOUT_UNIT: Severity.WARNS,
    Check.PRIORS_UNKNOWN: Severity.WARNS,
    Check.NORMAL_WORDS_UNDER_POSITIVE: Severity.WARNS,
    Check.ABNORMAL_WORDS_UNDER_NEGATIVE: Severity.WARNS,
    Check.CRITICAL_WORDS_WITHOUT_FLAG: Severity.WARNS,
    # Clearing it up may take longer than the report may wait.
    Check.READ_BACK_DIFFERS: Severity.WARNS,
}


class Part(StrEnum):
    """The text in which the place lies."""

    FINDINGS = "findings"
    IMPRESSION = "impression"
    RECOMMENDATION = "recommendation"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that a check found."""

    check: Check
    part: Part | None = None
    """None where it is about no place in the text."""
    start: int = 0
    """Of the place, in characters (code points) from the start of the part."""
    end: int = 0
    """Behind the place."""
    words: str = field(default="", repr=False)
    """What stands there; a code where the check has one, else empty."""
    critical_class: str = ""
    """The class of critical results that the words name."""

    @property
    def severity(self) -> Severity:
        return SEVERITY[self.check]


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What is known of the case beside the text."""

    body_part: str = ""
    order_sides: frozenset[str] = frozenset()
    """Sides that the orders of the case name: L, R, B."""
    image_side: str = ""
    """Side of the images, corrected; empty where they name none."""
    side_corrected: bool = False
    """Somebody corrected the side of the images: it counts for more than the order's."""
    differing_person: tuple[str, ...] = ()
    """The facts in which the images name another person than the one whom the case is joined to."""
    sex: Sex = Sex.UNKNOWN
    has_priors: bool = False
    """Whether an earlier examination of the person is known."""
    flagged: frozenset[str] = frozenset()
    """Classes of the critical results that stand on the case."""
    class_names: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    """The classes of the site's list by code, each with what it is called."""
    read_back_otherwise: tuple[str, ...] = field(default=(), repr=False)
    """What was read back otherwise than it was told, while nobody has answered it and the report does not say so."""
    blank_fields: tuple[str, ...] = ()
    """Mandatory fields of the template that nobody filled, as people call them."""
