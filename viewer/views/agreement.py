"""The figures of second readings as tables: a share with its interval, and no share of a few."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from reading.double_reading.figures import Figures, Group, Pairs, Raised, Sampled, Stratum
from reading.review.agreement import Share
from viewer.words import words
from viewer.words.catalogue import Language, text


def tables(found: Figures, language: Language) -> list[dict[str, Any]]:
    """Blind readings, sampled reviews, and what clinicians raised: columns of each, and its rows by stratum."""
    pairs = [(group, _pairs(found.pairs[group], language)) for group in _in_order(found.pairs)]
    sampled = [(group, _sampled(found.sampled[group], language)) for group in _in_order(found.sampled)]
    raised = [(group, _raised(found.raised[group], language)) for group in _in_order(found.raised)]
    return [
        _table("pairs", pairs, language),
        _table("sampled", sampled, language),
        _table("raised", raised, language),
    ]


def percent(found: Share | None, language: Language) -> str:
    """A share in words: 12.5% (4.1% to 32.3%), 3 of 24."""
    if found is None:
        return text(language, "agreement.few")
    parts = {name: f"{100 * getattr(found, name):.1f}%" for name in ("value", "low", "high")}
    return text(language, "agreement.share", count=found.count, of=found.of, **parts)


def _table(name: str, rows: Iterable[tuple[Group, list[str]]], language: Language) -> dict[str, Any]:
    return {
        "title": text(language, f"agreement.{name}"),
        "columns": [text(language, f"agreement.{name}.{number}") for number in range(4)],
        "rows": [
            {"stratum": _by(name, group.stratum, language), "name": _name(group, language), "cells": cells}
            for group, cells in rows
        ],
    }


def _by(table: str, stratum: Stratum, language: Language) -> str:
    """Where nobody read a second time, whoever read is the author."""
    alone = table == "raised" and stratum is Stratum.READER
    return text(language, "agreement.by.author" if alone else f"agreement.by.{stratum}")


def _in_order(groups: Iterable[Group]) -> list[Group]:
    return sorted(groups, key=lambda group: (list(Stratum).index(group.stratum), group.name))


def _name(group: Group, language: Language) -> str:
    match group.stratum:
        case Stratum.ALL:
            return ""
        case Stratum.MODALITY:
            return words.coded(language, "modality", group.name)
        case Stratum.POSITIVE:
            return text(language, "report.positive" if group.name == "yes" else "report.negative")
        case Stratum.SITE | Stratum.READER:
            return group.name


def _pairs(found: Pairs, language: Language) -> list[str]:
    few = text(language, "agreement.few")
    kappa = few if found.kappa is None else f"{found.kappa:.2f}".replace("-", "−")
    arbitrated = few if found.arbitrated is None else str(found.arbitrated)
    return [str(found.compared), percent(found.differ, language), kappa, arbitrated]


def _sampled(found: Sampled, language: Language) -> list[str]:
    done = f"{100 * found.done / found.drawn:.0f}%"
    return [str(found.drawn), str(found.done), done, percent(found.differ, language)]


def _raised(found: Raised, language: Language) -> list[str]:
    serious = text(language, "agreement.few") if found.serious is None else str(found.serious)
    return [str(found.raised), str(found.judged), percent(found.confirmed, language), serious]
