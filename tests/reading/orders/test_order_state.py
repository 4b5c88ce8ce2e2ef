"""How far an order has come whose procedures have come so far."""

from __future__ import annotations

import pytest

from reading.orders.order_state import ADVANCES, OrderState, of_procedures

P, B, C, D, A, X = OrderState  # placed, begun, completed, discontinued, arrived, cancelled


@pytest.mark.parametrize(
    ("states", "order"),
    [
        ([P], P),
        ([P, P], P),
        ([P, X], P),
        ([X, X], X),
        ([B], B),
        ([P, A], B),
        ([P, C], B),
        ([D, B], B),
        ([C, C], C),
        ([C, D], C),
        ([C, A], A),
        ([D, X], D),
        ([A, X], A),
    ],
)
def test_the_order_follows_its_procedures(states: list[OrderState], order: OrderState) -> None:
    assert of_procedures(states) is order
    assert of_procedures(states[::-1]) is order


def test_every_state_says_where_it_may_come_from() -> None:
    assert ADVANCES.keys() == set(OrderState)
    assert all(state not in before for state, before in ADVANCES.items())
    assert all(OrderState.ARRIVED not in before for before in ADVANCES.values())
