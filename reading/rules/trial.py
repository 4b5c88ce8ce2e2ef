"""Try it: what a version would have said of the cases of a past period, beside what was said of them."""

from __future__ import annotations

import threading
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Final, TypeAlias

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading import tables
from reading.actions import Action
from reading.audit import Actor
from reading.cases import cases
from reading.cases.cases import Case
from reading.cases.moves import HIDDEN, Move
from reading.context import Context, without_door
from reading.errors import Busy, Invalid
from reading.kinds import Tier
from reading.register import organisations
from reading.rules import calendar, case_clock, case_facts, policy, policy_rights
from reading.rules.hold import may_wait
from reading.rules.rule import ReviewTime, Rule
from reading.viewers import Staff

BATCH: Final = 500
MOST_BEHIND: Final = 50
"""Most cases that stand behind one number."""
LONGEST: Final = timedelta(days=366)
MOST_CASES: Final = 100_000
"""Most cases of one trial, unless somebody asks for more; the answer says where it stopped."""
RETRY_AFTER: Final = timedelta(seconds=10)
TURN: Final = threading.Lock()
"""A process tries one version at a time: a large trial takes a processor for seconds."""


@dataclass(frozen=True, kw_only=True)
class Said:
    """What a rule says of a case."""

    rule: str
    tier: Tier
    due_at: datetime
    late: bool
    """Released after that, or not yet though it is over."""
    may_wait: bool
    """It waits where earlier images are on their way."""


@dataclass(frozen=True, kw_only=True)
class CaseBehind:
    """A case behind a number: without a word about the patient."""

    case_id: str
    site_code: str
    modality: str
    received_at: datetime
    released_at: datetime | None
    before: Said
    after: Said


@dataclass(kw_only=True)
class Number:
    """A count, with the first of the cases behind it."""

    count: int = 0
    behind: list[CaseBehind] = field(default_factory=list[CaseBehind])

    def add(self, one: CaseBehind) -> None:
        self.count += 1
        if len(self.behind) < MOST_BEHIND:
            self.behind.append(one)


@dataclass(kw_only=True)
class Load:
    """What a rule, or all rules, ask for in the cases that they hold for."""

    cases: int = 0
    late: int = 0
    second_readings: int = 0
    """Cases that two people read; how many a third one decides, nobody knows before."""
    opinions: int = 0
    """Opinions of panels."""
    may_wait: int = 0
    """Cases that wait where earlier images are on their way; of how many that is so, nobody knows before."""
    reviews_before: int = 0
    """Reviews that the release waits for."""
    reviews_after: float = 0
    """Reviews after release: the expected number, by the rules' percentages alone."""

    def add(self, rule: Rule, said: Said) -> None:
        self.cases += 1
        self.late += said.late
        self.may_wait += said.may_wait
        self.second_readings += rule.double_reading is not None
        self.opinions += 0 if rule.panel is None else rule.panel.opinions
        if rule.review is not None and rule.review.when is ReviewTime.BEFORE_RELEASE:
            self.reviews_before += 1
        elif rule.review is not None:
            self.reviews_after += rule.review.percent / 100


Readers: TypeAlias = Mapping[tuple[str, Tier], str]
"""By code of a site and tier: the codes of the organisations that read for it there, as one text."""


@dataclass(kw_only=True)
class Trial:
    """What a version would have said of the cases of a period."""

    since: datetime
    until: datetime
    version: int | None
    """None: a document that is no version yet."""
    cases: int = 0
    stopped: bool = False
    """There are more cases in the period than were looked at."""
    before: Load = field(default_factory=Load)
    after: Load = field(default_factory=Load)
    readers_before: Counter[str] = field(default_factory=Counter[str])
    """Cases by the code of the organisation that reads for the site at the tier, as agreed now; empty: nobody does."""
    readers_after: Counter[str] = field(default_factory=Counter[str])
    tiers_before: Counter[Tier] = field(default_factory=Counter[Tier])
    tiers_after: Counter[Tier] = field(default_factory=Counter[Tier])
    rules_before: dict[str, Load] = field(default_factory=dict[str, Load])
    rules_after: dict[str, Load] = field(default_factory=dict[str, Load])
    moved: dict[tuple[str, str], Number] = field(default_factory=dict[tuple[str, str], Number])
    """By the rule that a case has and the one that it would have: those for which these differ."""
    other_tier: Number = field(default_factory=Number)
    sooner: Number = field(default_factory=Number)
    """Due earlier than they were."""
    later: Number = field(default_factory=Number)
    newly_late: Number = field(default_factory=Number)
    no_longer_late: Number = field(default_factory=Number)

    @property
    def other_rule(self) -> int:
        return sum(number.count for number in self.moved.values())

    def add(self, one: CaseBehind, before: Rule, after: Rule, readers: Readers) -> None:
        self.cases += 1
        self.readers_before[readers[one.site_code, one.before.tier]] += 1
        self.readers_after[readers[one.site_code, one.after.tier]] += 1
        for said, rule, load, rules, tiers in (
            (one.before, before, self.before, self.rules_before, self.tiers_before),
            (one.after, after, self.after, self.rules_after, self.tiers_after),
        ):
            load.add(rule, said)
            rules.setdefault(rule.name, Load()).add(rule, said)
            tiers[said.tier] += 1
        if before.name != after.name:
            self.moved.setdefault((before.name, after.name), Number()).add(one)
        changes = {
            "other_tier": one.before.tier is not one.after.tier,
            "sooner": one.after.due_at < one.before.due_at,
            "later": one.after.due_at > one.before.due_at,
            "newly_late": one.after.late and not one.before.late,
            "no_longer_late": one.before.late and not one.after.late,
        }
        for name, happened in changes.items():
            if happened:
                getattr(self, name).add(one)


@without_door("It counts cases by their rules; the cases behind a number are named by their ids alone, to be opened.")
def run(
    ctx: Context[Staff | Actor],
    rules: Sequence[Rule],
    *,
    since: datetime,
    until: datetime,
    version: int | None = None,
    most: int = MOST_CASES,
) -> Trial:
    """What rules would have said of the cases received from ``since`` until before ``until``.

    The facts are those that the cases have now; cases are read in batches, and no more than ``most`` of them.

    Raises:
        NotThere, NotAllowed: they may not write the policy.
        Invalid: the period is empty or longer than a year.
        Busy: this process tries another one.

    """
    policy_rights.must_write(ctx)
    if not timedelta() < until - since <= LONGEST:
        raise Invalid("since", "range")
    if not TURN.acquire(blocking=False):
        raise Busy(RETRY_AFTER)
    try:
        return _run(ctx, rules, Trial(since=since, until=until, version=version), most)
    finally:
        TURN.release()


def _run(ctx: Context[Staff | Actor], rules: Sequence[Rule], made: Trial, most: int) -> Trial:
    since, until = made.since, made.until
    readers = _readers(ctx.tx, ctx.now)
    days = calendar.read(ctx.tx, (since - timedelta(days=1)).date(), (until + case_clock.AHEAD).date())
    case = tables.case
    asked = (
        sa.select(case)
        .where(case.c.received_at >= since, case.c.received_at < until, case.c.state.not_in(HIDDEN))
        .order_by(case.c.received_at, case.c.id)
        .limit(most + 1)
    )
    for rows in ctx.tx.execute(asked, execution_options={"yield_per": BATCH}).partitions():
        batch = [cases.from_row(row) for row in rows]
        room = most - made.cases
        made.stopped = len(batch) > room
        _add(ctx.tx, made, rules, batch[:room], days, readers, ctx.now)
    return made


@without_door("A trial is recorded as a look through the cases of its period; none of them is opened.")
def record(ctx: Context[Staff | Actor], made: Trial) -> None:
    """Put a trial on record: it looked through the cases of its period."""
    details = {
        "version": made.version,
        "cases": made.cases,
        "since": made.since.isoformat(),
        "until": made.until.isoformat(),
    }
    ctx.record(action=Action.POLICY_TRY, subject_kind="policy", subject_id="", details=details)


def _add(  # noqa: PLR0917
    tx: Connection,
    made: Trial,
    rules: Sequence[Rule],
    batch: Sequence[Case],
    days: calendar.Calendar,
    readers: Readers,
    now: datetime,
) -> None:
    ids = [one.id for one in batch]
    escalated = frozenset(_escalated(tx, ids))
    facts = case_facts.facts_of(tx, batch, escalated=escalated, days=days)
    released = _released(tx, ids)
    for one in batch:
        before = policy.by_id(tx, one.policy_id).rule(one.rule)
        after = next(rule for rule in rules if rule.when.holds(facts[one.id]))
        at = released.get(one.id)
        said = partial(_said, case=one, days=days, zone=str(facts[one.id].received_at.tzinfo), released_at=at, now=now)
        behind = CaseBehind(
            case_id=one.id,
            site_code=facts[one.id].site_code,
            modality=one.modality,
            received_at=one.received_at,
            released_at=at,
            before=said(before),
            after=said(after),
        )
        made.add(behind, before, after, readers)


def _readers(tx: Connection, now: datetime) -> Readers:
    codes = {one.id: one.code for one in organisations.list_all(tx)}
    found: defaultdict[tuple[str, Tier], list[str]] = defaultdict(list)
    for one in organisations.agreements(tx, now):
        found[codes[one.site_id], one.tier].append(codes[one.reader_id])
    return defaultdict(str, {key: ", ".join(sorted(reading)) for key, reading in found.items()})


def _said(
    rule: Rule, *, case: Case, days: calendar.Calendar, zone: str, released_at: datetime | None, now: datetime
) -> Said:
    due_at = policy.due_at(rule, case.received_at, days=days, zone=zone)
    return Said(
        rule=rule.name,
        tier=rule.tier,
        due_at=due_at,
        late=(released_at or now) > due_at,
        may_wait=may_wait(rule.hold, case.priority, critical=case.critical),
    )


def _escalated(tx: Connection, ids: Sequence[str]) -> Sequence[str]:
    moved = tables.case_move
    asked = sa.select(moved.c.case_id).where(moved.c.case_id.in_(ids), moved.c.move == Move.ESCALATE)
    return tx.scalars(asked.distinct()).all()


def _released(tx: Connection, ids: Sequence[str]) -> dict[str, datetime]:
    """When each case was first released."""
    version = tables.report_version
    rows = tx.execute(
        sa.select(version.c.case_id, sa.func.min(version.c.released_at).label("at"))
        .where(version.c.case_id.in_(ids), version.c.released_at.is_not(None))
        .group_by(version.c.case_id)
    )
    return {row.case_id: row.at for row in rows}
