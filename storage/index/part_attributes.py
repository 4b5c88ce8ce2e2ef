"""Corrected attributes of a part of a study: a keyword with a UID behind it holds for that series or instance alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

BEHIND: Final = "@"
"""Between the keyword and the UID; no DICOM keyword and no UID has it."""


def key_of(keyword: str, uid: str) -> str:
    """The key of an attribute of one series or instance, as a correction keeps it."""
    return f"{keyword}{BEHIND}{uid}"


def keyword_of(key: str) -> str:
    """The keyword of a key, with a UID behind it or not."""
    return key.partition(BEHIND)[0]


def uid_of(key: str) -> str:
    """The UID of the series or instance for which a key holds; empty: the whole study."""
    return key.partition(BEHIND)[2]


def of_instance(attributes: Mapping[str, str], series_uid: str, sop_instance_uid: str = "") -> dict[str, str]:
    """What holds for an instance, or for a series as a whole; what is its own goes before what is the study's."""
    found = {key: value for key, value in attributes.items() if not uid_of(key)}
    for uid in filter(None, (series_uid, sop_instance_uid)):
        found |= {keyword_of(key): value for key, value in attributes.items() if uid_of(key) == uid}
    return found
