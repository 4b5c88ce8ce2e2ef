"""The texts that people read, in Chinese and English: one flat catalogue a language, shared with the web app."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from types import MappingProxyType
from typing import Final

from viewer.folders import LOCALE

_WEIGHT: Final = re.compile(r"[01](?:\.\d{0,3})?")


class Language(StrEnum):
    ZH = "zh"
    EN = "en"

    @property
    def tag(self) -> str:
        """The language tag of the page (BCP 47)."""
        return "zh-CN" if self is Language.ZH else "en"


class MissingText(Exception):
    """The catalogue has no text of this key, or the text has a place for which no value was given."""

    def __init__(self, language: Language, key: str) -> None:
        super().__init__(language, key)
        self.language = language
        self.key = key


@cache
def catalogue(language: Language) -> Mapping[str, str]:
    """Every text of one language."""
    return MappingProxyType(json.loads((LOCALE / f"{language}.json").read_text(encoding="utf-8")))


def text(language: Language, key: str, **values: object) -> str:
    """The text of ``key`` with its ``{places}`` filled.

    Raises:
        MissingText: no such key, or a place without a value.

    """
    try:
        return catalogue(language)[key].format_map(values)
    except KeyError as missing:
        raise MissingText(language, key) from missing


def understood(accepted: str) -> Language:
    """The language of ours that an ``Accept-Language`` (RFC 9110 12.5.4) prefers; English where it has none of them."""
    wanted: list[tuple[float, str]] = []
    for part in accepted.split(","):
        tag, _, quality = part.strip().partition(";")
        weight = quality.strip().removeprefix("q=") or "1"
        wanted.append((float(weight) if _WEIGHT.fullmatch(weight) else 0, tag.strip().lower()))
    for _, tag in sorted(wanted, key=lambda one: one[0], reverse=True):
        if tag.partition("-")[0] in set(Language):
            return Language(tag.partition("-")[0])
    return Language.EN


def spoken(preferred: str | None) -> Language:
    """The language that a cookie or an address names; Chinese where it names none of ours."""
    return Language.EN if preferred == Language.EN else Language.ZH
