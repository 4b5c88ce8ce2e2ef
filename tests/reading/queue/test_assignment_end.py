"""An assignment that nobody took ends for one reason, the one that weighs most."""

from __future__ import annotations

from itertools import product

from reading.queue.assignment_end import End, Standing, end_of


def test_every_combination() -> None:
    for waits, absent, in_slot, away, over in product((False, True), repeat=5):
        end = end_of(Standing(waits=waits, absent=absent, in_slot=in_slot, away=away, over=over))

        assert (end is None) is (waits and not absent and in_slot and not away and not over)
        assert (end is End.CASE_LEFT) is not waits
        assert (end is End.ABSENT) is (waits and absent)
        assert (end is End.SLOT_END) is (waits and not absent and not in_slot)
        assert (end is End.SIGNED_OUT) is (waits and not absent and in_slot and away)
        assert (end is End.NOT_TAKEN) is (waits and not absent and in_slot and not away and over)
