"""Priorities sort by urgency."""

from __future__ import annotations

from reading.kinds import Priority


def test_priorities_sort_by_urgency_and_not_by_their_letters() -> None:
    assert sorted([Priority.ROUTINE, Priority.EMERGENCY, Priority.URGENT]) == [
        Priority.EMERGENCY,
        Priority.URGENT,
        Priority.ROUTINE,
    ]
    assert [priority.rank for priority in Priority] == [0, 1, 2]
    assert max(Priority) is Priority.ROUTINE
    assert Priority.URGENT <= Priority.URGENT < Priority.ROUTINE
    assert Priority.URGENT >= Priority.EMERGENCY
