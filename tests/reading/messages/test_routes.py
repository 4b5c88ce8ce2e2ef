"""Every event that the code posts has its place in the table of who is told, and the table names no other."""

from __future__ import annotations

import ast
from pathlib import Path

import reading
from reading.alerts.notices import MESSAGE
from reading.messages.routes import ROUTES, Audience, Route, Template, routes_of
from reading.referral.moves import State as ReferralState
from reading.review.discrepancy_moves import State as DiscrepancyState
from reading.telephones import codes, numbers

TABLES = ("CODE", "REPLACED", "MESSAGE[kind]", "notices.MESSAGE[kind]", "f'referral.{state}'", "f'discrepancy.{state}'")
"""What stands for a kind where the code posts one out of a table."""


def posted_kinds() -> set[str]:
    """The kinds of `outbox.post` in the source: the literal ones."""
    found: set[str] = set()
    for module in Path(reading.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(module.read_text())):
            if not (isinstance(node, ast.Call) and ast.unparse(node.func) == "outbox.post"):
                continue
            kind = node.args[1]
            assert isinstance(kind, ast.Constant) or ast.unparse(kind) in TABLES, ast.unparse(kind)
            if isinstance(kind, ast.Constant):
                found.add(str(kind.value))
    return found


def test_the_table_has_every_event_that_is_posted_and_no_other() -> None:
    by_state = {f"referral.{state}" for state in ReferralState}
    by_state |= {f"discrepancy.{state}" for state in DiscrepancyState if state is not DiscrepancyState.OPEN}

    assert posted_kinds() | set(MESSAGE.values()) | by_state | {codes.CODE, numbers.REPLACED} == set(ROUTES)


def test_nobody_is_told_of_an_event_that_no_table_knows() -> None:
    assert routes_of("something.else") == ()


def test_an_audience_stands_once_in_a_route_and_only_systems_hear_without_words() -> None:
    def fits(route: Route) -> bool:
        return (route.audience is Audience.SYSTEM) == (route.template is Template.EVENT)

    for routes in ROUTES.values():
        assert len({one.audience for one in routes}) == len(routes)
        assert all(fits(one) for one in routes)
