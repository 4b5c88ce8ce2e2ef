"""Somebody is available when they are signed in, active, inside their slot, not absent and below their limit."""

from __future__ import annotations

from itertools import product

from reading.roster.availability import AtWork, Obstacle, obstacles


def test_everything_that_stands_against_it_is_said_and_nothing_else() -> None:
    booleans = (False, True)
    for in_slot, absent, signed_in, active in product(booleans, repeat=4):
        for open_cases, most in product(range(4), (None, 1, 3)):
            said = obstacles(
                AtWork(
                    in_slot=in_slot,
                    absent=absent,
                    signed_in=signed_in,
                    active=active,
                    open_cases=open_cases,
                    most=most,
                )
            )

            assert (Obstacle.OUTSIDE_SLOT in said) is not in_slot
            assert (Obstacle.ABSENT in said) is absent
            assert (Obstacle.SIGNED_OUT in said) is not signed_in
            assert (Obstacle.IDLE in said) is (signed_in and not active)
            assert (Obstacle.AT_LIMIT in said) is (most is not None and open_cases >= most)
            assert (said == ()) is (
                in_slot and not absent and signed_in and active and (most is None or open_cases < most)
            )
