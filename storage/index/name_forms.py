"""The forms of a name by which it is sought: without what writings differ in, and with either part in front."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_BETWEEN: Final = re.compile(r"[\^\s·]+")
_CHARACTER: Final = re.compile("[\u2e80-\u2fdf\u3005\u3007\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
LONGEST: Final = 512
"""Characters of a whole name."""
FORM_LONGEST: Final = 64
"""Characters of a form that are kept, which are as many as one group of a name has (PS3.5 6.2)."""


def folded(name: str) -> str:
    """A person name (PS3.5 6.2) for comparison, without case, full-width forms and empty components at the end."""
    groups = unicodedata.normalize("NFKC", name).casefold().split("=")
    return "=".join(group.strip().rstrip("^ ") for group in groups).rstrip("=")[:LONGEST]


def joined(group: str) -> str:
    """One group of a folded name without what stands between its parts: WANG^XIAOLI and Wang Xiaoli are one."""
    return _BETWEEN.sub("", group)


def turned(group: str) -> str:
    """The same with the first part last; empty where there is one part alone.

    Of Chinese characters that nothing parts the first one is the family name, but for the few of two characters.
    """
    parts = [part for part in _BETWEEN.split(group) if part]
    if len(parts) == 1 and len(parts[0]) > 1 and _CHARACTER.match(parts[0]):
        parts = [parts[0][0], parts[0][1:]]
    return "".join([*parts[1:], parts[0]]) if len(parts) > 1 else ""


def forms(group: str) -> tuple[str, str]:
    """A group as it is kept to be found: `joined`, and `turned`."""
    return joined(group)[:FORM_LONGEST], turned(group)[:FORM_LONGEST]
