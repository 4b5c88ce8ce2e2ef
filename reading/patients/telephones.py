"""Telephone numbers of China: a mobile or a landline number, in one written form."""

from __future__ import annotations

import re
from typing import Final

from reading.errors import Invalid
from reading.texts import plain

MOBILE: Final = re.compile(r"1[3-9]\d{9}", re.ASCII)
"""The numbering plan of the ministry (MIIT): eleven digits."""
LANDLINE: Final = re.compile(r"(0(?:10|2\d|[3-9]\d{2}))(\d{7,8})(?:(?:-|转)(\d{1,6}))?", re.ASCII)
"""Area code with its zero, seven or eight digits, an extension."""


def normal(typed: str) -> str:
    """A number as it is kept: ``13800138000``, ``010-12345678`` or ``0563-1234567-12``; empty where none was typed.

    Raises:
        Invalid: it is neither.

    """
    bare = re.sub(r"[\s()]", "", plain(typed))
    bare = re.sub(r"^(\+|00)86-?", "", bare)
    if not bare:
        return ""
    digits = bare.replace("-", "")
    if MOBILE.fullmatch(digits):
        return digits
    split = LANDLINE.fullmatch(re.sub(r"^(0\d{2,3})-(?=\d{7})", r"\1", bare))
    if split is None or not split[2].strip("0"):
        raise Invalid("telephone", "form")
    return "-".join(part for part in split.groups() if part)


def mobile(typed: str) -> str:
    """A number that takes messages, in its written form; empty where it is none."""
    try:
        written = normal(typed)
    except Invalid:
        return ""
    return written if MOBILE.fullmatch(written) else ""
