"""Alerts with what stands beside them on a page: the case, the class by its name, and who was told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from reading.access import blindness
from reading.alerts import classes, findings, notices
from reading.alerts.alert_rows import Alert
from reading.alerts.class_list import ResultClass
from reading.alerts.notices import Notice
from reading.cases import cases
from reading.context import Context, without_door
from reading.desk.entries import Entry, entries_of
from reading.register import people
from reading.register.grants import reach
from reading.viewers import Staff


@dataclass(frozen=True, kw_only=True)
class PendingAlert:
    """An alert with what stands beside it."""

    entry: Entry
    time_zone: str
    alert: Alert
    named: ResultClass
    """Its class, by its name."""
    raised_by: str = field(repr=False)
    """The reader's name."""
    acknowledged_by: str = field(repr=False)
    clarified_by: str = field(repr=False)
    disposed_by: str = field(repr=False)
    ended_by: str = field(repr=False)
    """Names, each empty until somebody did it."""
    findings: tuple[str, ...] = field(repr=False)
    """What was found, the first words first."""
    told: tuple[Notice, ...]
    """Who was told of it, in their order; on a list the newest."""
    more_told: int
    """How many notices are not among them."""
    is_nameless: bool
    """Whether the names of those who read are left out: two read the case blind, and nobody has decided it yet."""


@without_door("It adds to alerts of cases that are visible to the viewer; the page records the look at the list.")
def pending_alerts(
    ctx: Context[Staff],
    alerts: Sequence[Alert],
    *,
    last: int,
    with_first: bool = False,
    lines: Mapping[str, Entry] | None = None,
) -> tuple[PendingAlert, ...]:
    """Alerts with what stands beside them on a page, in their order; their cases are visible to the viewer.

    Of each, ``last`` are the newest notices that are shown, and ``with_first`` those by which it was raised. ``lines``
    are those of the cases, by case, where the page has them already. Who reads a case blind is named to themselves, and
    to its site, which they spoke with.
    """
    of_case = _lines(ctx, alerts) if lines is None else lines
    told = notices.of_alerts(ctx.tx, [one.id for one in alerts], last=last, with_first=with_first)
    counted = notices.counts(ctx.tx, [one.id for one in alerts])
    words = findings.of_alerts(ctx.tx, alerts)
    said = {(one.critical_class, of_case[one.case_id].site.id) for one in alerts}
    named = {each: classes.named(ctx.tx, *each) for each in said}
    acted = ((one.raised_by, one.acknowledged_by, one.clarified_by, one.disposed_by, one.ended_by) for one in alerts)
    names = {person_id: _name(ctx, person_id) for each in acted for person_id in each if person_id}
    unnamed = _unnamed(ctx, of_case)

    def reader(alert: Alert, person_id: str | None) -> str:
        is_hidden = alert.case_id in unnamed and person_id != ctx.who.person_id
        return "" if is_hidden or not person_id else names[person_id]

    return tuple(
        PendingAlert(
            entry=of_case[one.case_id],
            time_zone=of_case[one.case_id].site.time_zone,
            alert=one if reader(one, one.raised_by) else replace(one, spoken_with=None),
            named=named[one.critical_class, of_case[one.case_id].site.id],
            raised_by=reader(one, one.raised_by),
            acknowledged_by=names.get(one.acknowledged_by or "", ""),
            clarified_by=reader(one, one.clarified_by),
            disposed_by=names.get(one.disposed_by or "", ""),
            ended_by=reader(one, one.ended_by),
            findings=words[one.id],
            told=tuple(
                _without_readers(ctx.who, each) if one.case_id in unnamed else each for each in told.get(one.id, ())
            ),
            more_told=counted.get(one.id, 0) - len(told.get(one.id, ())),
            is_nameless=one.case_id in unnamed,
        )
        for one in alerts
    )


def _lines(ctx: Context[Staff], alerts: Sequence[Alert]) -> Mapping[str, Entry]:
    of_cases = cases.by_ids(ctx.tx, {one.case_id for one in alerts})
    return {each.case.id: each for each in entries_of(ctx.tx, ctx.who, list(of_cases.values()), ctx.now)}


def _unnamed(ctx: Context[Staff], of_case: Mapping[str, Entry]) -> frozenset[str]:
    own = reach(ctx.tx, ctx.who, ctx.now).own
    return blindness.nameless(ctx.tx, [one.case for one in of_case.values() if one.case.site_id not in own])


def _without_readers(staff: Staff, told: Notice) -> Notice:
    """A notice without the names of those who read: whoever found more, and whoever heard that it differs."""
    hidden = told.kind is notices.Kind.DIFFERS and told.person_id not in {None, staff.person_id}
    said_by = told.said_by if told.said_by == staff.name else ""
    return replace(told, name="" if hidden else told.name, telephone="" if hidden else told.telephone, said_by=said_by)


def _name(ctx: Context[Staff], person_id: str) -> str:
    found = people.by_id(ctx.tx, person_id)
    return found.name if found else ""
