"""A clock with pauses: what each adds, and what none can do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reading.clock.clock import Clock, Pause, Reason, moved_by
from reading.clock.hours import ROUND_THE_CLOCK, Hours
from tests.reading.clock.test_hours import amounts, either, moments, there

NINE = there(9, 28, 9)
MINUTE = timedelta(minutes=1)


def pause(since: datetime, until: datetime | None, reason: Reason = Reason.RETURNED) -> Pause:
    return Pause(reason=reason, since=since, until=until)


def at(minutes: int) -> datetime:
    return NINE + minutes * MINUTE


some_pauses = st.lists(st.tuples(moments, amounts).map(lambda one: pause(one[0], one[0] + one[1])), max_size=4)


@pytest.mark.parametrize(
    ("pauses", "due"),
    [
        ((), at(60)),
        ((pause(at(10), at(30)),), at(80)),
        ((pause(at(10), at(30)), pause(at(20), at(40), Reason.WITHHELD)), at(90)),
        ((pause(at(20), at(25)), pause(at(10), at(40))), at(90)),
        ((pause(at(60), at(90)),), at(60)),
        ((pause(at(-30), at(-10)),), at(60)),
        ((pause(at(-30), at(10)),), at(70)),
        ((pause(at(30), None),), None),
        ((pause(at(90), None),), at(60)),
        ((pause(at(0), at(0)),), at(60)),
    ],
    ids=["none", "one", "overlap", "inside", "too-late", "before", "over-the-start", "open", "open-too-late", "empty"],
)
def test_an_hour_is_due_later_by_what_the_pauses_cover_of_it(pauses: tuple[Pause, ...], due: datetime | None) -> None:
    clock = Clock(start=NINE, target=60 * MINUTE, hours=ROUND_THE_CLOCK, pauses=pauses)

    assert clock.due() == due


@given(hours=either, start=moments, target=amounts, pauses=some_pauses)
def test_at_its_due_time_a_clock_has_counted_its_target(
    hours: Hours, start: datetime, target: timedelta, pauses: list[Pause]
) -> None:
    clock = Clock(start=start, target=target, hours=hours, pauses=pauses)
    due = clock.due()

    assert due is not None
    assert due >= hours.after(start, target)
    assert clock.elapsed(due) == target
    assert clock.remaining(due) == timedelta()


@given(hours=either, start=moments, target=amounts, pauses=some_pauses, order=st.randoms(), at_=moments)
def test_the_order_of_pauses_says_nothing(  # noqa: PLR0917
    hours: Hours, start: datetime, target: timedelta, pauses: list[Pause], order: st.DataObject, at_: datetime
) -> None:
    mixed = list(pauses)
    order.shuffle(mixed)  # type: ignore[attr-defined]
    one = Clock(start=start, target=target, hours=hours, pauses=pauses)
    other = Clock(start=start, target=target, hours=hours, pauses=mixed)

    assert one.due() == other.due()
    assert one.elapsed(at_) == other.elapsed(at_) >= timedelta()


@given(hours=either, start=moments, target=amounts, since=amounts, length=amounts)
def test_a_pause_adds_exactly_the_counted_time_that_it_covers(
    hours: Hours, start: datetime, target: timedelta, since: timedelta, length: timedelta
) -> None:
    before = Clock(start=start, target=target, hours=hours)
    ends = before.due()
    assert ends is not None
    one = pause(start + since, start + since + length)
    due = Clock(start=start, target=target, hours=hours, pauses=[one]).due()

    assert due is not None
    assert due == moved_by(ends, one, hours)
    if one.since < ends:
        assert one.until is not None
        assert hours.between(ends, due) == hours.between(one.since, one.until)
    else:
        assert due == ends


def test_a_pause_that_is_open_moves_nothing_yet() -> None:
    assert moved_by(at(60), pause(at(10), None), ROUND_THE_CLOCK) == at(60)


def test_a_clock_runs_in_any_zone() -> None:
    assert Clock(start=NINE.astimezone(UTC), target=MINUTE, hours=ROUND_THE_CLOCK).due() == at(1)
