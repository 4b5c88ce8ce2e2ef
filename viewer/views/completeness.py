"""The completeness of a case in sentences for a township, and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from reading.completeness.account import Account, End, Run
from reading.completeness.announcements import Announcement
from reading.completeness.ledger import Progress
from viewer.words import words
from viewer.words.catalogue import Language, text

MOST: Final = 20
"""Runs that a sentence names; beyond that they are counted."""


@dataclass(frozen=True, kw_only=True)
class Line:
    at: str
    words: str


@dataclass(frozen=True, kw_only=True)
class Completeness:
    """What has arrived of a case, as its page says it."""

    sentence: str
    incomplete: bool
    hint: str
    """What may not have been sent; empty where nothing seems to be missing."""
    announced: Sequence[Line]
    last_received_at: str
    ends: str
    """When receiving ends at the latest; empty when it has ended."""
    ended: Sequence[Line]


def in_words(account: Account, zone: str, language: Language, now: datetime) -> Completeness:
    return Completeness(
        sentence=sentence(account, language),
        incomplete=account.progress.missing > 0 or account.progress.held > 0,
        hint=hint(account, language),
        announced=[
            Line(at=words.moment_today(word.at, zone, now), words=_announced(word, language)) for word in account.words
        ],
        last_received_at=words.moment_today(account.last_received_at, zone, now),
        ends=text(language, "ledger.ends", at=words.moment_today(account.ends_by, zone, now))
        if account.ends_by
        else "",
        ended=[
            Line(at=words.moment_today(end.at, zone, now), words=_ended(end, account, language)) for end in account.ends
        ],
    )


def sentence(account: Account, language: Language) -> str:
    """E.g. "3 of 4 images arrived; series 2 image 4 is missing"."""
    progress = account.progress
    if not progress.missing:
        said = [_without_missing(progress, language)]
        said += [text(language, "ledger.held-n", n=progress.held)] if progress.held else []
        return text(language, "ledger.and-then").join(said)
    parts = [text(language, "ledger.arrived-of", arrived=progress.arrived, expected=progress.expected)]
    if account.missing:
        one = progress.missing == 1
        key = "ledger.is-missing" if one else "ledger.are-missing"
        parts.append(text(language, key, names=names(account.missing, account.studies, language)))
    if account.missing_unnamed:
        key = "ledger.more-unnamed" if account.missing else "ledger.unnamed"
        parts.append(text(language, key, n=account.missing_unnamed))
    if progress.held:
        parts.append(text(language, "ledger.held-n", n=progress.held))
    return text(language, "ledger.and-then").join(parts)


def _without_missing(progress: Progress, language: Language) -> str:
    if progress.complete:
        return text(language, "ledger.complete", n=progress.arrived)
    key = "ledger.arriving" if progress.arriving and progress.expected is not None else "ledger.arrived"
    key = "ledger.shown" if not progress.arriving and progress.expected is not None else key
    return text(language, key, n=progress.arrived)


def hint(account: Account, language: Language) -> str:
    if not account.seems_missing:
        return ""
    said = text(language, "ledger.hint", names=names(account.seems_missing, account.studies, language))
    return said[:1].upper() + said[1:]


def names(runs: Sequence[Run], studies: int, language: Language) -> str:
    """The images of these runs by series and number, and by study where the case has several."""
    named = [_name(run, studies, language) for run in runs[:MOST]]
    if len(runs) > MOST:
        left = sum(run.last.number - run.first.number + 1 for run in runs[MOST:])
        named.append(text(language, "ledger.more", n=left))
    return text(language, "list-comma").join(named)


def to_json(account: Account, language: Language) -> dict[str, Any]:
    """For programs; ``sentence`` and ``hint`` are for people."""
    return {
        "arrived": account.progress.arrived,
        "expected": account.progress.expected,
        "held": account.progress.held,
        "complete": account.progress.complete,
        "arriving": account.progress.arriving,
        "sentence": sentence(account, language),
        "hint": hint(account, language),
        "missing": [_run(run) for run in account.missing],
        "missing_unnamed": account.missing_unnamed,
        "seems_missing": [_run(run) for run in account.seems_missing],
        "announcements": [
            {
                "source": word.source,
                "device": word.device_name,
                "instances": word.instances,
                "named": word.named,
                "at": word.at.isoformat(),
            }
            for word in account.words
        ],
        "last_received_at": account.last_received_at.isoformat(),
        "ends_by": account.ends_by.isoformat() if account.ends_by else None,
        "ends": [
            {
                "how": end.how,
                "arrived": end.arrived,
                "missing_count": end.missing,
                "missing": [_run(run) for run in end.names],
                "at": end.at.isoformat(),
            }
            for end in account.ends
        ],
    }


def _name(run: Run, studies: int, language: Language) -> str:
    parts: list[str] = []
    if studies > 1:
        parts.append(text(language, "ledger.study", n=run.study))
    if run.series is not None:
        parts.append(
            text(language, "ledger.series-place" if run.series.by_place else "ledger.series", n=run.series.number)
        )
    key = "ledger.image-place" if run.first.by_place else "ledger.image"
    if run.first == run.last:
        parts.append(text(language, key, n=run.first.number))
    else:
        parts.append(text(language, f"{key}s", first=run.first.number, last=run.last.number))
    if run.held:
        parts.append(text(language, "ledger.held"))
    return " ".join(parts)


def _announced(word: Announcement, language: Language) -> str:
    parts = [words.coded(language, "ledger.source", word.source), word.device_name or ""]
    key = "ledger.says-which" if word.named else "ledger.says-how-many"
    parts.append(text(language, key, n=word.instances))
    return " · ".join(part for part in parts if part)


def _ended(end: End, account: Account, language: Language) -> str:
    how = words.coded(language, "ledger.ended", end.how)
    if not end.missing:
        return text(language, "ledger.ended-complete", how=how, n=end.arrived)
    missing = names(end.names, account.studies, language) or text(language, "ledger.unnamed", n=end.missing)
    return text(language, "ledger.ended-missing", how=how, n=end.arrived, missing=missing)


def _run(run: Run) -> dict[str, Any]:
    return {
        "study": run.study,
        "series": None if run.series is None else run.series.number,
        "series_by_place": run.series is not None and run.series.by_place,
        "first": run.first.number,
        "last": run.last.number,
        "by_place": run.first.by_place,
        "held": run.held,
    }
