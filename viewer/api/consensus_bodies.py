"""The bodies of what two readers send who confer about a case of the revision that they saw."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, StringConstraints

from reading.checks.finding import Check
from viewer.api.bodies import Held


class Accord(Held):
    version: Annotated[str, StringConstraints(max_length=26)]
    """The reading or the common text that they agree to."""


class Common(Held):
    """One text for both."""

    content: dict[str, Any]
    confirmed: Annotated[tuple[Check, ...], Field(max_length=len(Check))] = ()
    """The checks of the text that they confirm by name."""
