"""All checks of a report, and whether a signature may follow them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

from reading.checks import (
    blanks,
    comparison,
    critical_words,
    denials,
    differences,
    numbers,
    persons,
    polarity,
    sexes,
    sides,
)
from reading.checks.finding import Check, Facts, Finding, Severity
from reading.errors import ChecksOpen
from reading.reports.content import Content

_RULES: Final = (
    blanks.check,
    persons.check,
    sides.check,
    sexes.check,
    critical_words.check,
    differences.check,
    polarity.check,
    denials.check,
    numbers.check,
    comparison.check,
)


def findings(content: Content, facts: Facts) -> Sequence[Finding]:
    """What the checks say of a report, those that stop a signature first."""
    found = [one for rule in _RULES for one in rule(content, facts)]
    return sorted(found, key=lambda one: one.severity is Severity.WARNS)


def settled(found: Sequence[Finding], confirmed: Collection[Check]) -> tuple[Check, ...]:
    """The names that whoever signs has confirmed among what was found, sorted.

    Raises:
        ChecksOpen: something has to be mended, or was not confirmed.

    """
    stops = sorted({one.check for one in found if one.severity is Severity.STOPS})
    warns = sorted({one.check for one in found if one.severity is Severity.WARNS})
    unconfirmed = [one for one in warns if one not in confirmed]
    if stops or unconfirmed:
        raise ChecksOpen(stops, unconfirmed)
    return tuple(warns)
