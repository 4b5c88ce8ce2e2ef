"""Statements in words: months, lines by pair with their money, disputes, the price list, journeys."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from itertools import groupby
from typing import Any
from urllib.parse import urlencode

from reading.register.organisations import Agreement, Organisation
from reading.statements.dispute_moves import Move, Remedy, State
from reading.statements.disputes import Dispute
from reading.statements.journeys import Terms
from reading.statements.lines import Key, Line
from reading.statements.money import Per, yuan
from reading.statements.price_list import Price
from reading.statements.prices import PriceList
from reading.statements.spared import Journeys, Spared
from reading.statements.statement import Cases, Listed, Statement
from viewer.views.numbers_files import Sheet
from viewer.words import words
from viewer.words.catalogue import Language, text

COLUMNS = ("site", "reader", "service", "modality", "adjusts", "per", "price", "count", "weight", "yuan")


def month_name(first: date) -> str:
    """As addresses and pages name a month."""
    return f"{first:%Y-%m}"


def money(fen: int) -> str:
    """Yuan with two places and a minus sign that does not break."""
    return f"{yuan(fen):,}".replace("-", "−")


def weight(hundredths: int) -> str:
    return f"{Decimal(hundredths) / 100:.2f}".replace("-", "−")


def number(count: int) -> str:
    return f"{count:,}".replace("-", "−")


def months(found: Sequence[Listed], zone: str) -> list[dict[str, Any]]:
    return [
        {
            "name": month_name(one.first),
            "closed_at": "" if one.closed is None else words.moment(one.closed.closed_at, zone),
            "disputes": one.open_disputes,
            "reports": number(one.reports),
            "money": money(one.fen),
        }
        for one in found
    ]


def pairs(found: Statement, organisation_id: str, language: Language) -> list[dict[str, Any]]:
    """The lines by site and reading institution, each pair with its sum; of one institution, or all."""
    lines = sorted(_of(found, organisation_id), key=lambda one: _pair(one, found.names))
    grouped = [(pair, list(each)) for pair, each in groupby(lines, lambda one: _pair(one, found.names))]
    return [
        {
            "site": site,
            "reader": reader,
            "lines": [_line(one, found, language) for one in each],
            **_sums(each),
        }
        for (site, reader, _, _), each in grouped
    ]


def total(found: Statement, organisation_id: str) -> dict[str, str]:
    return _sums(_of(found, organisation_id))


def institutions(found: Statement, organisation_id: str) -> list[tuple[str, str, bool]]:
    """What the lines can be narrowed to: id, name, whether it is."""
    by_name = sorted(found.names.items(), key=lambda each: each[1])
    return [(each, name, each == organisation_id) for each, name in by_name]


def sheet(found: Statement, organisation_id: str, language: Language) -> Sheet:
    """The lines of a month for a file: amounts in yuan, weights as units."""
    lines = sorted(_of(found, organisation_id), key=lambda one: _pair(one, found.names))
    return Sheet(
        name=month_name(found.month.first),
        head=[text(language, f"statements.column.{name}") for name in COLUMNS],
        rows=[
            [
                found.names[one.key.site_id],
                found.names[one.key.reader_id],
                text(language, f"statements.service.{one.key.service}"),
                words.coded(language, "modality", one.key.modality),
                text(language, "statements.adjusts") if one.key.adjusts else "",
                "" if one.per is None else text(language, f"statements.per.{one.per}"),
                None if one.price_fen is None else yuan(one.price_fen),
                one.count,
                Decimal(one.weight) / 100,
                yuan(one.fen),
            ]
            for one in lines
        ],
    )


def line_query(key: Key) -> str:
    """What names a line in an address."""
    said = {
        "service": key.service.value,
        "site": key.site_id,
        "reader": key.reader_id,
        "modality": key.modality,
        "price": key.price_id or "",
        "adjusts": "1" if key.adjusts else "",
    }
    return urlencode({name: value for name, value in said.items() if value})


def line_of(found: Cases, names: Mapping[str, str], language: Language) -> dict[str, Any]:
    """The line whose cases are shown, for its heading."""
    return {
        "title": _title(found.line.key, language),
        "pair": (names[found.line.key.site_id], names[found.line.key.reader_id]),
        **_amounts(found.line, language),
    }


def cases(found: Cases, language: Language) -> list[dict[str, Any]]:
    return [
        {
            "id": one.case_id,
            "at": words.moment(one.at, found.zone),
            "examination": " ".join(
                part
                for part in (
                    words.coded(language, "modality", one.modality),
                    words.coded(language, "body", one.body_part) if one.body_part else "",
                )
                if part
            ),
            "count": number(one.count),
            "weight": weight(one.weight),
        }
        for one in found.shown
    ]


def disputes(found: Sequence[Dispute], zone: str, language: Language) -> list[dict[str, Any]]:
    return [
        {
            "id": one.id,
            "revision": one.revision,
            "month": month_name(one.first),
            "settle_in": month_name(one.settle_in) if one.settle_in != one.first else "",
            "site": one.site,
            "reader": one.reader,
            "line": _title(one.key, language),
            "address": f"/office/statements/{month_name(one.first)}/cases?{line_query(one.key)}",
            "case_id": one.case_id or "",
            "side": one.site if one.side == "site" else one.reader,
            "reason": one.reason,
            "raised_by": one.raised_by,
            "raised_at": words.moment(one.raised_at, zone),
            "open": one.state is State.OPEN,
            "state": text(language, f"statements.dispute.state.{one.state}"),
            "remedy": "" if one.remedy is None else text(language, f"statements.dispute.remedy.{one.remedy}"),
            "answer": one.answer,
            "answered_by": one.answered_by,
            "answered_at": "" if one.answered_at is None else words.moment(one.answered_at, zone),
            "moves": [each.value for each in Move if each in one.may],
            "remedies": [(each.value, text(language, f"statements.dispute.remedy.{each}")) for each in Remedy],
        }
        for one in found
    ]


def prices(found: PriceList, names: Mapping[str, str], today: date, language: Language) -> list[dict[str, Any]]:
    return [
        {
            "id": one.id,
            "pair": (names[one.site_id], names[one.reader_id]) if one.site_id and one.reader_id else None,
            "what": _what(one, language),
            "unknown": "" if one.has_known_codes else " ".join(part for part in (one.modality, one.body_part) if part),
            "price": money(one.fen),
            "per": text(language, f"statements.per.{one.per}"),
            "first": one.first_day.isoformat(),
            "last": "" if one.last_day is None else one.last_day.isoformat(),
            "over": one.last_day is not None and one.last_day < today,
            "later": one.first_day > today,
        }
        for one in found.rows
    ]


def agreements(
    found: Sequence[Agreement], rows: Sequence[Price], names: Mapping[str, str], today: date, language: Language
) -> list[dict[str, Any]]:
    """Who reads for whom, and how many rows of the price list are the pair's own today."""
    own = Counter((row.site_id, row.reader_id) for row in rows if row.holds_on(today))
    return [
        {
            "site": names[one.site_id],
            "reader": names[one.reader_id],
            "tier": text(language, f"policy.tier.{one.tier}"),
            "own": own[one.site_id, one.reader_id],
        }
        for one in found
    ]


def spared(found: Journeys, language: Language) -> list[dict[str, Any]]:
    return [
        {
            "site": one.site,
            "examinations": number(one.examinations),
            "journeys": number(one.journeys),
            "km": number(one.km),
            "money": "" if one.terms is None else money(one.fen),
            "formula": "" if one.terms is None else _formula(one, one.terms, language),
        }
        for one in found.spared
    ]


def spared_total(found: Journeys) -> dict[str, str]:
    return {
        "examinations": number(sum(one.examinations for one in found.spared)),
        "journeys": number(sum(one.journeys for one in found.spared)),
        "km": number(sum(one.km for one in found.spared)),
        "money": money(sum(one.fen for one in found.spared)),
    }


def terms(found: Sequence[Terms], every: Mapping[str, Organisation]) -> list[dict[str, Any]]:
    return [
        {
            "id": one.id,
            "site": every[one.site_id].name if one.site_id else "",
            "km": one.km,
            "fare": money(one.fare_fen),
            "wage": money(one.wage_fen),
            "people": weight(one.people),
            "first": one.first_day.isoformat(),
            "last": "" if one.last_day is None else one.last_day.isoformat(),
        }
        for one in found
    ]


def _formula(one: Spared, said: Terms, language: Language) -> str:
    return text(
        language,
        "statements.journey.counted",
        journeys=number(one.journeys),
        people=weight(said.people),
        km=said.km,
        fare=money(said.fare_fen),
        wage=money(said.wage_fen),
        money=money(one.fen),
    )


def _of(found: Statement, organisation_id: str) -> list[Line]:
    asked = {organisation_id}
    return [one for one in found.lines if not organisation_id or asked & {one.key.site_id, one.key.reader_id}]


def _pair(one: Line, names: Mapping[str, str]) -> tuple[str, str, str, str]:
    """The names first, and then the ids: two institutions may have one name."""
    return names[one.key.site_id], names[one.key.reader_id], one.key.site_id, one.key.reader_id


def _line(one: Line, found: Statement, language: Language) -> dict[str, Any]:
    return {
        "service": text(language, f"statements.service.{one.key.service}"),
        "modality": words.coded(language, "modality", one.key.modality),
        "adjusts": one.key.adjusts,
        "unpriced": one.price_fen is None,
        "address": f"/office/statements/{month_name(found.month.first)}/cases?{line_query(one.key)}",
        **_amounts(one, language),
    }


def _amounts(one: Line, language: Language) -> dict[str, Any]:
    price = "" if one.price_fen is None or one.per is None else money(one.price_fen)
    per = "" if one.per is None or one.per is Per.CASE else text(language, f"statements.per.{one.per}")
    return {
        "price": price,
        "per": per,
        "count": number(one.count),
        "weight": weight(one.weight),
        "money": money(one.fen),
    }


def _sums(lines: Sequence[Line]) -> dict[str, str]:
    return {
        "count": number(sum(one.count for one in lines)),
        "weight": weight(sum(one.weight for one in lines)),
        "money": money(sum(one.fen for one in lines)),
    }


def _title(key: Key, language: Language) -> str:
    return " · ".join(
        (text(language, f"statements.service.{key.service}"), words.coded(language, "modality", key.modality))
    )


def _what(one: Price, language: Language) -> str:
    service = f"service.{one.service}" if one.service else "any-service"
    modality = text(language, "statements.any-modality")
    parts = (
        text(language, f"statements.{service}"),
        words.coded(language, "modality", one.modality) if one.modality else modality,
        words.coded(language, "body", one.body_part) if one.body_part else "",
    )
    return " · ".join(part for part in parts if part)
