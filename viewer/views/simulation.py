"""What a simulation shows: its numbers in words for the page and the command, and as JSON for programs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pydantic import TypeAdapter

from reading.simulation.figures import Interval
from reading.simulation.runs import Change, FlowOver, Outcome, Simulated
from reading.simulation.scenario import KindPart, Scenario
from reading.simulation.staffing import Found
from viewer.views import policy_words
from viewer.views.simulation_chart import Line, chart
from viewer.words import words
from viewer.words.catalogue import Language, catalogue, text

SHARES: Final = frozenset({"inside", "indicator"})
"""The changes that are shares, from 0 to 1."""


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table with a heading: the first cell of a row names it."""

    title: str
    columns: list[str]
    rows: list[list[str]]


def as_json(made: Simulated) -> dict[str, Any]:
    return TypeAdapter(Simulated).dump_python(made, mode="json", by_alias=True)


def named(what: str, name: str, language: Language) -> str:
    """A name of a scenario: what it is called in the language where it is one of the shipped ones."""
    return catalogue(language).get(f"simulation.{what}.{name}", name)


def summary(one: Outcome, language: Language) -> str:
    """What the whole comes to, in a sentence."""
    return text(
        language,
        "simulation.summary",
        cases=_number(one.all.arrived),
        inside=_share(one.all.inside),
        p50=_minutes(one.all.p50, language),
        p95=_minutes(one.all.p95, language),
        runs=one.runs,
    )


def tables(one: Outcome, language: Language) -> list[Table]:
    """The numbers of an outcome, by what people ask of it."""
    word = _Words(language)
    parts: list[tuple[str, list[FlowOver], str]] = [
        ("by-priority", one.by_priority, "priority"),
        ("by-kind", one.by_kind, "kind"),
        ("by-county", one.by_county, "place"),
        ("by-rule", one.by_rule, "rule"),
    ]
    flows = [word.flows(title, found, what) for title, found, what in parts if found]
    return [word.busy(one), word.queues(one), *flows]


def changes(made: Simulated, language: Language) -> Table | None:
    """How the second policy differs from the first; None where there is one policy alone."""
    if not made.changes:
        return None
    return Table(
        title=text(language, "simulation.changes"),
        columns=[
            text(language, "simulation.column.number"),
            text(language, "simulation.column.difference"),
            text(language, "simulation.column.means"),
        ],
        rows=[_change(one, language) for one in made.changes],
    )


def staffing(scenario: Scenario, found: Found, language: Language) -> Table:
    """How many of whom are needed, beside how many there are."""
    key = "fewest" if found.fewest else "reached" if found.reached else "not-reached"
    return Table(
        title=text(language, f"simulation.staffing.{key}", share=f"{found.share:.1%}"),
        columns=[text(language, f"simulation.column.{name}") for name in ("staff", "place", "now", "needed")],
        rows=[
            [
                named("staff", one.name, language),
                named("place", one.organisation, language),
                str(one.count),
                str(needed),
            ]
            for one, needed in zip(scenario.staff, found.counts, strict=True)
        ],
    )


def fields(one: Scenario, language: Language) -> dict[str, Any]:
    """What the form of a scenario has: its days, runs and seed, how many people, and how many examinations."""
    return {
        "name": one.name,
        "title": named("scenario", one.name, language),
        "days": one.days,
        "runs": one.runs,
        "seed": one.seed,
        "staff": [
            {
                "name": named("staff", each.name, language),
                "place": named("place", each.organisation, language),
                "count": each.count,
            }
            for each in one.staff
        ],
        "kinds": [{"name": _kind_name(each, language), "per_day": each.per_day} for each in one.kinds],
    }


def result(made: Simulated, found: Found | None, language: Language) -> dict[str, Any]:
    """What the page shows of a simulation that was played."""
    return {
        "outcomes": [
            {
                "under": text(language, "simulation.under", policy=policy_name(one.policy, language)),
                "summary": summary(one, language),
                "tables": tables(one, language),
            }
            for one in made.outcomes
        ],
        "changes": changes(made, language),
        "staffing": None if found is None else staffing(made.scenario, found, language),
        "chart": chart_of(made, language),
    }


def chart_of(made: Simulated, language: Language) -> str:
    """The chart of what waits by the hour, a line a policy."""
    drawn = [Line(label=policy_name(one.policy, language), hours=one.waiting_by_hour) for one in made.outcomes]
    return chart(drawn, title=text(language, "simulation.chart"), hour=text(language, "simulation.chart.hour"))


def lines(made: Simulated, found: Found | None, language: Language) -> Iterator[str]:
    """What the command prints."""
    for one in made.outcomes:
        yield text(language, "simulation.under", policy=policy_name(one.policy, language))
        yield summary(one, language)
        for table in tables(one, language):
            yield ""
            yield from _printed(table)
        yield ""
    difference = changes(made, language)
    if difference is not None:
        yield from _printed(difference)
    if found is not None:
        yield from _printed(staffing(made.scenario, found, language))


def policy_name(policy: str, language: Language) -> str:
    if policy == "in_force":
        return text(language, "simulation.policy.in-force")
    if policy.isdigit():
        return text(language, "policy.number", n=policy)
    known = catalogue(language)
    if f"policy.shipped.{policy}" in known and f"simulation.policy.{policy}" not in known:
        return text(language, "simulation.policy.shipped", name=known[f"policy.shipped.{policy}"])
    return named("policy", policy, language)


def _kind_name(one: KindPart, language: Language) -> str:
    examined = _examination(one.modality, one.body_part, language)
    return " ".join(filter(None, (text(language, f"simulation.priority.{one.priority}"), examined, one.department)))


def _examination(modality: str, body_part: str, language: Language) -> str:
    said = (words.coded(language, "modality", modality), words.coded(language, "body", body_part) if body_part else "")
    return " ".join(filter(None, said))


@dataclass(frozen=True)
class _Words:
    language: Language

    def column(self, *names: str) -> list[str]:
        return [text(self.language, f"simulation.column.{name}") for name in names]

    def flows(self, title: str, found: Sequence[FlowOver], what: str) -> Table:
        return Table(
            title=text(self.language, f"simulation.{title}"),
            columns=self.column(what, "cases", "inside", "p50", "p95", "rerouted"),
            rows=[
                [
                    self._name(what, one.name),
                    _number(one.arrived),
                    _share(one.inside),
                    _minutes(one.p50, self.language),
                    _minutes(one.p95, self.language),
                    _number(one.rerouted),
                ]
                for one in found
            ],
        )

    def queues(self, one: Outcome) -> Table:
        return Table(
            title=text(self.language, "simulation.queues"),
            columns=self.column("step", "place", "taken", "wait", "wait-p95"),
            rows=[
                [
                    text(self.language, f"simulation.step.{each.step}"),
                    named("place", each.place, self.language),
                    _number(each.taken),
                    _minutes(each.mean, self.language),
                    _minutes(each.p95, self.language),
                ]
                for each in one.queues
            ],
        )

    def busy(self, one: Outcome) -> Table:
        return Table(
            title=text(self.language, "simulation.busy"),
            columns=self.column("staff", "place", "people", "busy", "beyond"),
            rows=[
                [
                    named("staff", each.staff, self.language),
                    named("place", each.place, self.language),
                    str(each.people),
                    _share(each.share),
                    text(self.language, "simulation.hours", n=f"{each.beyond.mean:.1f}"),
                ]
                for each in one.busy
            ],
        )

    def _name(self, what: str, name: str) -> str:
        match what:
            case "rule":
                return policy_words.rule_name(name, self.language)
            case "priority":
                return text(self.language, f"simulation.priority.{name}")
            case "kind":
                modality, _, body_part = name.partition(" ")
                return _examination(modality, body_part, self.language)
            case _:
                return named(what, name, self.language)


def _change(one: Change, language: Language) -> list[str]:
    found = one.difference
    name = text(language, f"simulation.change.{one.name}")
    if found is None:
        return [name, "—", "—"]
    size = 100 if one.name in SHARES else 1
    mean, low, high = (f"{each * size:+.1f}" for each in (found.mean, found.low, found.high))
    key = "simulation.points" if one.name in SHARES else "simulation.difference"
    shown = text(language, key, mean=mean, low=low, high=high)
    certain = found.low > 0 or found.high < 0
    return [name, shown, text(language, "simulation.certain" if certain else "simulation.uncertain")]


def _number(one: Interval) -> str:
    mean = f"{one.mean:,.0f}"
    return mean if one.high - one.low < 1 else f"{mean} [{max(0, one.low):,.0f}, {one.high:,.0f}]"


def _share(one: Interval | None) -> str:
    return "—" if one is None else f"{one.mean:.1%} [{one.low:.1%}, {one.high:.1%}]"


def _minutes(one: Interval | None, language: Language) -> str:
    if one is None:
        return "—"
    mean, low, high = (f"{max(0, each):,.1f}" for each in (one.mean, one.low, one.high))
    return text(language, "simulation.minutes", mean=mean, low=low, high=high)


def _printed(table: Table) -> Iterator[str]:
    yield table.title
    for first, *rest in table.rows:
        cells = (f"{name} {cell}" for name, cell in zip(table.columns[1:], rest, strict=True))
        yield f"  {first}: {'; '.join(cells)}"
