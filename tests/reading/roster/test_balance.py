"""Urgent cases go to the lowest load of the moment, routine ones to the lowest total of the shift."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from reading.roster.balance import Candidate, choose

loads = st.integers(0, 3).map(lambda number: number * 50)
groups = st.lists(st.tuples(loads, loads), max_size=5).map(
    lambda each: [
        Candidate(person_id=f"p{number}", moment=moment, shift=shift) for number, (moment, shift) in enumerate(each)
    ]
)


@given(groups, st.booleans())
def test_nobody_else_carries_less_of_what_counts(group: list[Candidate], urgent: bool) -> None:
    chosen = choose(group, urgent=urgent)

    assert (chosen is None) is (not group)
    for one in group:
        assert chosen is not None
        if urgent:
            assert (chosen.moment, chosen.shift) <= (one.moment, one.shift)
        else:
            assert (chosen.shift, chosen.moment) <= (one.shift, one.moment)


@given(groups, st.booleans())
def test_the_order_in_which_people_are_looked_at_says_nothing(group: list[Candidate], urgent: bool) -> None:
    assert choose(group, urgent=urgent) == choose(reversed(group), urgent=urgent)


@given(groups.filter(bool), st.lists(st.sampled_from([18, 83, 170]), max_size=20))
def test_over_a_shift_the_totals_come_together_within_the_heaviest_case(
    group: list[Candidate], weights: list[int]
) -> None:
    carried = {one.person_id: one.shift for one in group}
    apart = max(carried.values()) - min(carried.values())
    for weight in weights:
        chosen = choose(
            (Candidate(person_id=person, moment=0, shift=shift) for person, shift in carried.items()), urgent=False
        )
        assert chosen is not None
        carried[chosen.person_id] += weight

    assert max(carried.values()) - min(carried.values()) <= max([apart, *weights])


def test_the_documented_cases() -> None:
    busy = Candidate(person_id="busy", moment=300, shift=300)
    late = Candidate(person_id="late", moment=0, shift=900)

    assert choose([busy, late], urgent=True) == late
    assert choose([busy, late], urgent=False) == busy
