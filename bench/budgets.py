"""The numbers that the design sets, row by row: what was measured beside each, and whether it is met."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from bench.index import CLAIM, CLAIM_IN_TIME, QIDO, THEIR_REPORTS, Asked
from bench.pictures import RECOGNISABLE_PIXELS, Shown, Stored
from bench.receive import Received, SetUp
from bench.retrieve import METADATA, WHOLE, Answered

OURS: Final = "TierRead"
PEER: Final = "Orthanc"
SINK: Final = "DCMTK storescp --fork"


@dataclass(kw_only=True)
class Found:
    """All that was measured in one run."""

    received: list[Received] = field(default_factory=list[Received])
    set_ups: list[SetUp] = field(default_factory=list[SetUp])
    answered: list[Answered] = field(default_factory=list[Answered])
    asked: list[Asked] = field(default_factory=list[Asked])
    stored: list[Stored] = field(default_factory=list[Stored])
    shown: list[Shown] = field(default_factory=list[Shown])


@dataclass(frozen=True, kw_only=True)
class Row:
    budget: str
    measured: str
    met: bool | None
    """None where it was not measured, or its peer is not installed."""


def rows(found: Found) -> list[str]:
    """The table."""
    said = {True: "yes", False: "**no**", None: "not measured"}
    return [
        "## Budgets",
        "",
        "| budget | measured | met |",
        "|---|---|---|",
        *(f"| {row.budget} | {row.measured} | {said[row.met]} |" for row in _rows(found)),
        "",
    ]


def _rows(found: Found) -> Iterator[Row]:
    ct = _received(found, "CT", 4)
    rate, cpu = (lambda each: each.per_second), (lambda each: each.cpu_ms)
    yield _ratio("CT 0.5 MB, 4 associations: 2 x Orthanc's rate", ct, PEER, rate, at_least=2)
    yield _ratio("... at 1/3.5 of its CPU", ct, PEER, cpu, at_most=1 / 3.5)
    yield _ratio("... level with storescp, which neither flushes nor indexes", ct, SINK, rate, at_least=1)
    yield _ratio("US 50 kB, 1 association: ahead of Orthanc", _received(found, "US", 1), PEER, rate, at_least=1)
    shipped = _received(found, "US", 1, at_once=False)
    yield _ratio("... from senders as they are shipped, with Nagle's algorithm", shipped, PEER, rate, at_least=1)
    yield _most("an association in 2 ms of CPU", [each.cpu_ms for each in found.set_ups if each.server == OURS], 2)
    yield _most("metadata of 250 slices, p50 10 ms warm", _answers(found, METADATA, lambda each: each.p50_ms), 10)
    whole = {server: _answers(found, WHOLE, lambda each: each.rate, server) for server in (OURS, PEER)}
    spent = {server: _answers(found, WHOLE, lambda each: each.cpu_ms, server) for server in (OURS, PEER)}
    yield _beside("whole study: ahead of Orthanc's rate", whole[OURS], whole[PEER], at_least=1)
    yield _beside("... at no more CPU", spent[OURS], spent[PEER], at_most=1)
    for name, questions, budget in (
        ("QIDO, indexed filter, p99 20 ms on PostgreSQL", QIDO[1:4], 20),
        ("claim, ten a second by 100 readers, p99 20 ms on PostgreSQL", (CLAIM_IN_TIME,), 20),
        ("claim, eight at once without a pause, p99 20 ms on PostgreSQL", (CLAIM,), 20),
        ("a patient's report list, p99 50 ms on PostgreSQL", (THEIR_REPORTS,), 50),
    ):
        asked = [each for each in found.asked if each.database == "postgresql" and each.what in questions]
        at = f", with {asked[0].waiting:,} waiting cases and {asked[0].reports:,} reports" if asked else ""
        yield _most(f"{name}{at}", [max(each.p99_ms for each in asked)] if asked else [], budget)
    recognised = next((each for each in found.shown if each.pixels >= RECOGNISABLE_PIXELS), None)
    seconds = [recognised.seconds] if recognised is not None else []
    yield _most(f"DX of 18 MB on 4 Mbit/s: {RECOGNISABLE_PIXELS} pixels within 2.5 s", seconds, 2.5, "s")
    for kind, share in (("CT", 0.45), ("DX", 0.5)):
        sizes = [each.share for each in found.stored if each.kind == kind]
        yield _most(f"stored {kind}, of its raw bytes at most {share}", sizes, share, "")


def _received(found: Found, kind: str, associations: int, *, at_once: bool = True) -> list[Received]:
    asked = (kind, associations, at_once)
    fit = [each for each in found.received if (each.case.kind, each.case.associations, each.case.at_once) == asked]
    largest = max((each.case.pdu_kib for each in fit), default=0)
    return [each for each in fit if each.case.pdu_kib == largest]


def _answers(found: Found, what: str, value: Callable[[Answered], float], server: str = OURS) -> list[float]:
    return [value(each) for each in found.answered if (each.what, each.server) == (what, server)]


def _ratio(
    budget: str,
    received: Sequence[Received],
    peer: str,
    value: Callable[[Received], float],
    *,
    at_least: float | None = None,
    at_most: float | None = None,
) -> Row:
    ours, theirs = ([value(each) for each in received if each.server == server] for server in (OURS, peer))
    return _beside(budget, ours, theirs, at_least=at_least, at_most=at_most)


def _beside(
    budget: str,
    ours: Sequence[float],
    theirs: Sequence[float],
    *,
    at_least: float | None = None,
    at_most: float | None = None,
) -> Row:
    if not ours or not theirs:
        return Row(budget=budget, measured="-", met=None)
    over, under = statistics.median(ours), statistics.median(theirs)
    ratio = over / under
    met = ratio >= at_least if at_least is not None else ratio <= (at_most or 0)
    return Row(budget=budget, measured=f"{over:.3g} to {under:.3g}: {ratio:.2f}", met=met)


def _most(budget: str, values: Sequence[float], most: float, unit: str = "ms") -> Row:
    if not values:
        return Row(budget=budget, measured="-", met=None)
    median = statistics.median(values)
    return Row(budget=budget, measured=f"{median:.3g} {unit}".strip(), met=median <= most)
