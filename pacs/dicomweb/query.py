"""Parses a QIDO-RS query string; a key that cannot be matched is refused, never ignored (PS3.18 8.3.4)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from pydicom.datadict import keyword_for_tag, tag_for_keyword

from pacs.dicomweb.problems import BadRequest
from pacs.search.matching_keys import Level, UnfitKey, condition, matched_at
from pacs.search.results import Path
from storage.index.queries import Condition

MOST: Final = {Level.STUDY: 500, Level.SERIES: 2_000, Level.INSTANCE: 10_000}
"""Most results of one response, and their number where the client sets no limit."""
MAX_KEYS: Final = 64
DEEPEST: Final = 16
"""Most attributes of one path of includefield."""
_UNKNOWN: Final = "not an attribute of the dictionary"
NO_FUZZY: Final = (
    '299 tierread "The fuzzymatching parameter is not supported. Only literal matching has been performed."'
)
NOT_INCLUDED: Final = '299 tierread "Attributes of includefield that are not indexed at this level are left out."'
SEVERAL_ISSUERS: Final = (
    '299 tierread "The Patient ID is one of several issuers: nothing matches unless IssuerOfPatientID names one."'
)
MORE: Final = '299 tierread "There are additional results that can be requested."'


@dataclass(frozen=True, kw_only=True)
class Query:
    level: Level
    match: tuple[tuple[str, Condition], ...]
    include: frozenset[Path]
    """Attributes to return beyond the defaults."""
    include_all: bool
    limit: int
    offset: int
    warnings: tuple[str, ...]


def parse(parameters: Iterable[tuple[str, str]], level: Level) -> Query:
    """Read the query of a search at ``level``.

    Raises:
        BadRequest: a key is unknown, cannot be matched at this level, or has an impossible value.

    """
    match: dict[str, Condition] = {}
    include: set[Path] = set()
    include_all = False
    limit: int | None = None
    offset = 0
    warnings: list[str] = []
    pairs = list(parameters)
    if len(pairs) > MAX_KEYS:
        raise BadRequest("query", "too many parameters")
    for name, value in pairs:
        match name.lower():
            case "limit":
                limit = _count(name, value)
            case "offset":
                offset = _count(name, value)
            case "fuzzymatching":
                if value.lower() not in ("true", "false"):
                    raise BadRequest(name, "neither true nor false")
                if value.lower() == "true" and NO_FUZZY not in warnings:
                    warnings.append(NO_FUZZY)
            case "includefield":
                for field in filter(None, map(str.strip, value.split(","))):
                    if field.lower() == "all":
                        include_all = True
                    else:
                        include.add(_path(name, field))
            case "accept":
                pass  # content negotiation: see `pacs.dicomweb.accept`
            case _:
                tag = _key(name)
                key = matched_at(tag, level)
                if key is None:
                    raise BadRequest(name, "cannot be matched here")
                if key.column in match:
                    raise BadRequest(name, "given twice")
                try:
                    asked = condition(tag, value)
                except UnfitKey as unfit:
                    raise BadRequest(name, unfit.problem) from unfit
                if asked is not None:
                    match[key.column] = asked
                include.add((tag,))
    most = MOST[level]
    return Query(
        level=level,
        match=tuple(match.items()),
        include=frozenset(include),
        include_all=include_all,
        limit=most if limit is None else min(limit, most),
        offset=offset,
        warnings=tuple(warnings),
    )


def _path(field: str, path: str) -> Path:
    """Where an attribute is: one attribute, or sequences and then one, between dots; private ones by their tag.

    Raises:
        BadRequest: a part is neither a keyword of the dictionary nor eight hex digits, or there are too many.

    """
    parts = path.split(".")
    if len(parts) > DEEPEST:
        raise BadRequest(field, "too deep")
    return tuple(_tag(field, part) for part in parts)


def _key(name: str) -> int:
    """The tag of a matching key.

    Raises:
        BadRequest: the dictionary has no such attribute.

    """
    tag = _tag(name, name)
    if not keyword_for_tag(tag):
        raise BadRequest(name, _UNKNOWN)
    return tag


def _tag(field: str, name: str) -> int:
    """The tag of a keyword or of eight hex digits (PS3.18 8.3.4.1)."""
    tag = int(name, 16) if re.fullmatch(r"[0-9A-Fa-f]{8}", name, re.ASCII) else tag_for_keyword(name)
    if tag is None or not name:  # some retired attributes have an empty keyword
        raise BadRequest(field, _UNKNOWN)
    return tag


def _count(name: str, value: str) -> int:
    if not re.fullmatch(r"\d{1,9}", value, re.ASCII):
        raise BadRequest(name, "not a count")
    return int(value)
