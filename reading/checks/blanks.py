"""What nobody filled: blanks of a template, and findings under an impression."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from reading.checks.finding import Check, Facts, Finding, Part
from reading.reports.content import Content

BLANK: Final = "____"
"""How a template writes a value that nobody has given."""
_BLANK: Final = re.compile(
    r"_{2,}|＿+|【\s*】|\[\s+\]|（\s*）|\(\s*\)|×{2,}|(?<![A-Za-z])[Xx]{2,}(?=mm|cm|ml|HU|[^A-Za-z]|$)"
)


def check(content: Content, facts: Facts) -> Iterator[Finding]:
    """Each blank that the text has still, each mandatory field without a value, and an impression of no findings."""
    for part in Part:
        for match in _BLANK.finditer(getattr(content, part)):
            yield Finding(check=Check.TEMPLATE_BLANK, part=part, start=match.start(), end=match.end(), words=match[0])
    for name in facts.blank_fields:
        yield Finding(check=Check.TEMPLATE_BLANK, words=name)
    if content.impression.strip() and not content.findings.strip():
        end = len(content.impression)
        yield Finding(check=Check.IMPRESSION_WITHOUT_FINDINGS, part=Part.IMPRESSION, end=end)
