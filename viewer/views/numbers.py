"""The numbers in words: figures with their intervals, the tables and charts of a page, and what can be asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final
from urllib.parse import urlencode

from reading.numbers.figures import Asked, Choices, Line, Overview, Part
from reading.numbers.indicators import Better, Figure, Indicator, Shape
from reading.numbers.national import National
from reading.numbers.opened import Page
from reading.numbers.periods import Period, Unit
from reading.numbers.sums import By
from viewer.views import numbers_svg as svg
from viewer.words import words
from viewer.words.catalogue import Language, catalogue, text

MOST_BARS: Final = 25
"""Rows of a chart; the table beside it has them all."""
_ALIKE: Final = 1e-9
_HOUR: Final = 60
_DAY: Final = 24 * _HOUR


def overview(found: Overview, asked: Asked, language: Language) -> list[dict[str, Any]]:
    """The groups of indicators, each with its lines."""
    return [
        {
            "name": name,
            "title": text(language, f"numbers.group.{name}"),
            "lines": [_line(one, asked, language) for one in lines],
        }
        for name, lines in found.groups.items()
    ]


def _line(one: Line, asked: Asked, language: Language) -> dict[str, Any]:
    indicator = one.indicator
    return {
        "name": indicator.name,
        "title": title(indicator, language),
        "address": f"/office/numbers/of/{indicator.name}?{query(asked)}",
        **figure(indicator, one.now, language),
        "before": short(indicator, one.before, language),
        "change": change(indicator, one.now, one.before, language),
        "region": short(indicator, one.region, language),
        "open": opened(indicator, asked),
    }


def title(indicator: Indicator, language: Language) -> str:
    return text(language, f"numbers.of.{indicator.name}")


def figure(indicator: Indicator, found: Figure, language: Language) -> dict[str, Any]:
    """A figure: its value, the interval with its counts, and whether it is one of few."""
    return {
        "value": short(indicator, found, language),
        "beside": beside(indicator, found, language),
        "few": indicator.shape is not Shape.COUNT and found.of > 0 and found.few,
    }


def short(indicator: Indicator, found: Figure, language: Language) -> str:
    """The value alone; a dash where there is none."""
    match indicator.shape:
        case Shape.COUNT:
            return f"{found.count:,}"
        case Shape.SHARE if found.share is not None:
            return percent(found.share.value)
        case Shape.SHARE if found.of:
            return percent(found.count / found.of)
        case Shape.TIME if found.p50 is not None and found.p90 is not None:
            return text(language, "numbers.p", p50=minutes(found.p50, language), p90=minutes(found.p90, language))
        case Shape.MEAN | Shape.KAPPA if found.number is not None:
            return f"{found.number:.2f}".replace("-", "−")
        case _:
            return "–"


def beside(indicator: Indicator, found: Figure, language: Language) -> str:
    """What stands beside the value: of how many, and the interval."""
    if indicator.shape is Shape.COUNT or not found.of:
        return ""
    if found.share is None:
        return text(language, "numbers.of-cases", of=f"{found.of:,}")
    low, high = percent(found.share.low), percent(found.share.high)
    said = text(language, "numbers.interval", low=low, high=high, count=f"{found.count:,}", of=f"{found.share.of:,}")
    if indicator.shape is Shape.TIME:
        return text(language, "numbers.inside", share=percent(found.share.value), said=said)
    return said


def change(indicator: Indicator, now: Figure, before: Figure, language: Language) -> str:
    """How a value moved, with a word for better or worse; empty where there is nothing to compare."""
    here, there = value_of(indicator, now), value_of(indicator, before)
    if here is None or there is None:
        return ""
    if abs(here - there) < _ALIKE:
        return text(language, "numbers.same")
    arrow = "↑" if here > there else "↓"
    better = indicator.better
    if indicator.shape is Shape.TIME:
        better = Better.LESS
    if better is Better.NEITHER:
        return arrow
    good = (here > there) is (better is Better.MORE)
    return f"{arrow} {text(language, 'numbers.better' if good else 'numbers.worse')}"


def value_of(indicator: Indicator, found: Figure) -> float | None:
    """The value by which a figure is drawn and compared: a share in percent, of a time p50."""
    match indicator.shape:
        case Shape.COUNT:
            return float(found.count)
        case Shape.SHARE:
            return 100 * found.count / found.of if found.of else None
        case Shape.TIME:
            return found.p50
        case Shape.MEAN | Shape.KAPPA:
            return found.number


def percent(share: float) -> str:
    return f"{100 * share:.1f}%"


def minutes(found: float, language: Language) -> str:
    whole = round(found)
    if whole < 2 * _HOUR:
        return text(language, "numbers.minutes", n=whole)
    if whole < 2 * _DAY:
        return text(language, "numbers.hours", n=f"{whole / _HOUR:.1f}")
    return text(language, "numbers.days", n=f"{whole / _DAY:.1f}")


def opened(indicator: Indicator, asked: Asked, **more: str) -> list[tuple[str, str]]:
    """The words and the addresses of the cases of the numerator and of the denominator."""
    names = [name for name in (indicator.part, indicator.whole) if name]
    return [(name, f"/office/numbers/cases?{query(asked, measure=name, **more)}") for name in dict.fromkeys(names)]


def query(asked: Asked, **more: str) -> str:
    """What is asked for, as the query of an address."""
    said = {
        "since": asked.period.since.isoformat(),
        "until": asked.period.until.isoformat(),
        "unit": asked.period.unit.value,
        "org": asked.organisation_id,
        "modality": asked.modality,
        "part": asked.body_part,
        "reader": asked.reader_id,
        **more,
    }
    return urlencode({name: value for name, value in said.items() if value})


def filters(asked: Asked, choices: Choices, language: Language) -> dict[str, Any]:
    """The form with which one asks."""
    return {
        "since": asked.period.since.isoformat(),
        "until": asked.period.until.isoformat(),
        "units": [(unit.value, text(language, f"numbers.unit.{unit}"), unit is asked.period.unit) for unit in Unit],
        "organisations": _options(choices.organisations, asked.organisation_id),
        "modalities": _options(
            [(one, words.coded(language, "modality", one)) for one in choices.modalities], asked.modality
        ),
        "parts": _options([(one, body_part(one, language)) for one in choices.body_parts], asked.body_part),
        "readers": _options(choices.readers, asked.reader_id),
    }


def _options(pairs: Sequence[tuple[str, str]], chosen: str) -> list[tuple[str, str, bool]]:
    return [(value, name, value == chosen) for value, name in pairs]


def body_part(code: str, language: Language) -> str:
    if not code:
        return text(language, "numbers.no-part")
    return catalogue(language).get(f"body.{code}", code)


def table(
    indicator: Indicator,
    parts: Sequence[Part],
    asked: Asked,
    by: By,
    language: Language,
    *,
    ratio: tuple[str, str] | None = None,
) -> dict[str, Any]:
    """One way of setting an indicator apart: chart and table; ``ratio``: id and name of one that a manager defined."""
    said = title(indicator, language) if ratio is None else ratio[1]
    more = {} if ratio is None else {"ratio": ratio[0]}
    rows = [
        {
            "name": part_name(part, by, asked.period.unit, language),
            **figure(indicator, part.now, language),
            "open": opened(
                indicator,
                _narrowed(asked, by, part),
                **({"person": part.key} if by is By.PERSON else {}),
                **more,
            ),
        }
        for part in parts
    ]
    heading = text(language, f"numbers.by.{by}")
    return {
        "by": by.value,
        "title": heading,
        "rows": rows,
        "chart": chart(f"{said} · {heading}", indicator, parts, asked, by, language) if parts else "",
    }


def part_name(part: Part, by: By, unit: Unit, language: Language) -> str:
    match by:
        case By.PERIOD:
            return piece(part.key, unit, language)
        case By.MODALITY:
            return words.coded(language, "modality", part.key)
        case By.BODY_PART:
            return body_part(part.key, language)
        case _:
            return part.name or text(language, "numbers.none")


def piece(first: str, unit: Unit, language: Language) -> str:
    match unit:
        case Unit.DAY:
            return first[5:]
        case Unit.WEEK:
            year, week, _ = date.fromisoformat(first).isocalendar()
            return text(language, "numbers.week", year=year, week=week)
        case Unit.MONTH:
            return first[:7]
        case Unit.YEAR:
            return first[:4]


def _narrowed(asked: Asked, by: By, part: Part) -> Asked:
    """What is asked for when a row is opened."""
    values: Mapping[By, str] = {
        By.SITE: "organisation_id",
        By.MODALITY: "modality",
        By.BODY_PART: "body_part",
        By.ORGANISATION: "reader_id",
    }
    period, said = asked.period, {one: getattr(asked, one) for one in values.values()}
    if by in values:
        said[values[by]] = part.key
    if by is By.PERIOD:
        pieces = [*period.pieces(), None]
        first = date.fromisoformat(part.key)
        after = pieces[pieces.index(first) + 1]
        until = period.until if after is None else min(date.fromordinal(after.toordinal() - 1), period.until)
        period = Period(since=max(first, period.since), until=until, unit=period.unit)
    return Asked(period=period, **said)


def chart(  # noqa: PLR0917
    heading: str, indicator: Indicator, parts: Sequence[Part], asked: Asked, by: By, language: Language
) -> object:
    """The chart of one way of setting an indicator apart."""
    share = indicator.shape is Shape.SHARE
    axis = svg.Axis(most=100.0 if share and indicator.part != "returned" else None, suffix="%" if share else "")
    if indicator.shape is Shape.TIME:
        axis = svg.Axis(suffix=text(language, "numbers.min"))
    if by is not By.PERIOD:
        return svg.ranked(heading, [_point(indicator, one, asked, by, language) for one in parts[:MOST_BARS]], axis)
    if indicator.shape is not Shape.TIME:
        points = [_point(indicator, one, asked, by, language) for one in parts]
        return svg.over_time(heading, [svg.Series(name="", points=points)], axis, bars=indicator.shape is Shape.COUNT)
    series = [
        svg.Series(
            name=name,
            points=[
                svg.Point(
                    label=part_name(one, by, asked.period.unit, language),
                    value=getattr(one.now, name),
                    words=short(indicator, one.now, language),
                    few=one.now.few,
                )
                for one in parts
            ],
        )
        for name in ("p50", "p90")
    ]
    return svg.over_time(heading, series, axis)


def _point(indicator: Indicator, part: Part, asked: Asked, by: By, language: Language) -> svg.Point:
    share = part.now.share if indicator.shape is Shape.SHARE else None
    said = " ".join(filter(None, (short(indicator, part.now, language), beside(indicator, part.now, language))))
    return svg.Point(
        label=part_name(part, by, asked.period.unit, language),
        value=value_of(indicator, part.now),
        words=said,
        low=None if share is None else 100 * share.low,
        high=None if share is None else 100 * share.high,
        few=part.now.few and indicator.shape is not Shape.COUNT,
    )


def cases(page: Page, language: Language) -> list[dict[str, str]]:
    """The cases behind a figure."""
    return [
        {
            "id": one.case_id,
            "at": words.moment(one.at, one.zone),
            "site": one.site,
            "examination": " ".join(
                filter(
                    None,
                    (
                        words.coded(language, "modality", one.modality),
                        body_part(one.body_part, language) if one.body_part else "",
                    ),
                )
            ),
            "priority": text(language, f"priority.{one.priority}"),
            "minutes": "" if one.minutes is None else minutes(one.minutes, language),
            "examined": "" if one.examined_minutes is None else minutes(one.examined_minutes, language),
            "reader": one.reader,
        }
        for one in page.cases
    ]


def own(found: Mapping[str, Sequence[tuple[Indicator, Figure, Figure]]], language: Language) -> list[dict[str, Any]]:
    """One's own figures, beside those of the period before."""
    return [
        {
            "name": name,
            "title": text(language, f"numbers.group.{name}"),
            "lines": [
                {
                    "title": title(indicator, language),
                    **figure(indicator, now, language),
                    "before": short(indicator, before, language),
                    "change": change(indicator, now, before, language),
                }
                for indicator, now, before in lines
            ],
        }
        for name, lines in found.items()
    ]


def national(one: National, now: Figure | None, asked: Asked, language: Language) -> dict[str, Any]:
    """One of the national indicators; without a value where it cannot be computed."""
    shape = one.indicator
    said = {"value": "", "beside": "", "few": False} if now is None else figure(shape, now, language)
    return {"code": one.code, "fit": one.fit.value, "open": [] if now is None else opened(shape, asked), **said}
