"""Lines of a statement: cases of one service, site, reader, modality and price together; pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from reading.statements.money import Per, of_line
from reading.statements.price_list import Price, price_of
from reading.statements.work import Service, Work


@dataclass(frozen=True, kw_only=True, slots=True)
class Key:
    """What a line is of. A price that changed within the month makes two lines."""

    service: Service
    site_id: str
    reader_id: str
    modality: str
    price_id: str | None
    """None where the price list says nothing."""
    adjusts: bool = False
    """It says what came to be otherwise in months that are closed."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Item:
    """A case in a line."""

    case_id: str
    key: Key
    at: datetime
    body_part: str
    count: int = 1
    """Of what is adjusted also -1, or 0 where only the weight is another."""
    weight: int
    """In hundredths."""


@dataclass(frozen=True, kw_only=True)
class Line:
    """So many cases, so much weight, so much money."""

    key: Key
    per: Per | None
    price_fen: int | None
    """None where there is no price."""
    count: int
    weight: int
    fen: int


def items_of(works: Iterable[Work], prices: Sequence[Price], zone: ZoneInfo) -> list[Item]:
    """Each piece of work with the price of its day on the region's clock."""
    by_pair: dict[tuple[str, str], list[Price]] = {}
    found: dict[tuple[object, ...], Price | None] = {}
    items: list[Item] = []
    for one in works:
        pair = (one.site_id, one.reader_id)
        if pair not in by_pair:
            by_pair[pair] = [each for each in prices if each.site_id is None or (each.site_id, each.reader_id) == pair]
        asked = (one.at.astimezone(zone).date(), one.service, *pair, one.modality, one.body_part)
        if asked not in found:
            found[asked] = price_of(
                by_pair[pair],
                day=asked[0],
                site_id=one.site_id,
                reader_id=one.reader_id,
                service=one.service,
                modality=one.modality,
                body_part=one.body_part,
            )
        price = found[asked]
        key = Key(
            service=one.service,
            site_id=one.site_id,
            reader_id=one.reader_id,
            modality=one.modality,
            price_id=None if price is None else price.id,
        )
        items.append(Item(case_id=one.case_id, key=key, at=one.at, body_part=one.body_part, weight=one.weight))
    return items


def adjustments(now: Iterable[Item], settled: Iterable[Item]) -> list[Item]:
    """What has to be added to what was settled so that it becomes what counts now; by case and line.

    ``settled`` may name a case in a line several times, also negatively.
    """
    sums: defaultdict[tuple[str, Key], list[int]] = defaultdict(lambda: [0, 0])
    last: dict[tuple[str, Key], Item] = {}
    for sign, each in ((1, now), (-1, settled)):
        for one in each:
            place = (one.case_id, replace(one.key, adjusts=True))
            sums[place][0] += sign * one.count
            sums[place][1] += sign * one.weight
            last.setdefault(place, one)
    return [
        replace(last[place], key=place[1], count=count, weight=weight)
        for place, (count, weight) in sorted(sums.items(), key=lambda each: each[0][0])
        if count or weight
    ]


def lines_of(items: Iterable[Item], prices: Mapping[str, Price]) -> list[Line]:
    """The lines that items make, each rounded by itself; ``prices`` by id."""
    sums: defaultdict[Key, list[int]] = defaultdict(lambda: [0, 0])
    for one in items:
        sums[one.key][0] += one.count
        sums[one.key][1] += one.weight
    lines: list[Line] = []
    for key, (count, weight) in sums.items():
        price = None if key.price_id is None else prices[key.price_id]
        lines.append(
            Line(
                key=key,
                per=None if price is None else price.per,
                price_fen=None if price is None else price.fen,
                count=count,
                weight=weight,
                fen=0 if price is None else of_line(price.fen, price.per, count=count, weight=weight),
            )
        )
    return sorted(lines, key=_order)


def _order(one: Line) -> tuple[object, ...]:
    key = one.key
    services = list(Service)
    return (key.adjusts, key.site_id, key.reader_id, services.index(key.service), key.modality, key.price_id or "")
