"""Acts on simulations: who may run one, the rules that it stands on, and the record that it was run."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

from reading.actions import Action
from reading.audit import Actor
from reading.context import Context, without_door
from reading.errors import NotThere
from reading.roster import weights
from reading.rules import calendar, policy, policy_acts, policy_rights, shipped_policies
from reading.rules.case_clock import AHEAD
from reading.rules.policy import Policy
from reading.rules.rules_document import kept_rules, read_rules
from reading.simulation import shipped_scenarios
from reading.simulation.model import Premises
from reading.simulation.scenario import Scenario
from reading.viewers import Staff

IN_FORCE: Final = "in_force"
OWN: Final = "own"
"""The scenario, in the audit, where it is none that comes with the program."""


@without_door("The rules, weights and calendar of the region; nothing of a patient is in them.")
def premises(ctx: Context[Staff | Actor], scenario: Scenario, rules: str) -> Premises:
    """What a simulation stands on; ``rules``: `IN_FORCE`, the number of a version, or the name of a shipped document.

    Raises:
        NotThere: there is no such policy, or they neither manage quality nor administer the system.

    """
    policy_rights.may_look(ctx.who)
    first = date.fromisoformat(scenario.starts)
    last = first + timedelta(days=scenario.days) + AHEAD
    return Premises(
        rules=_policy(ctx, rules),
        weights=weights.in_force(ctx.tx, ctx.now),
        days=calendar.read(ctx.tx, first - timedelta(days=2), last),
    )


@without_door("A simulation is put on record with its name; no case was looked at.")
def record(ctx: Context[Staff | Actor], scenario: Scenario, policies: list[str]) -> None:
    """Put on record that somebody ran a simulation: of one of their own not the name, which may be anything."""
    details = {
        "scenario": scenario.name if scenario.name in shipped_scenarios.NAMES else OWN,
        "policies": ", ".join(policies),
        "cases": int(scenario.cases),
        "runs": scenario.runs,
    }
    ctx.record(action=Action.SIMULATION_RUN, subject_kind="simulation", subject_id="", details=details)


def _policy(ctx: Context[Staff | Actor], rules: str) -> Policy:
    if rules == IN_FORCE:
        return policy.in_force(ctx.tx, ctx.now)
    if rules.isascii() and rules.isdigit():
        found = policy_acts.version(ctx, int(rules))
        return Policy(id=found.id, version=found.version, rules=kept_rules(found.document))
    return shipped_policy(rules)


def shipped_policy(name: str) -> Policy:
    """A policy that comes with the program.

    Raises:
        NotThere: none has this name.

    """
    if name not in shipped_policies.NAMES:
        raise NotThere("policy", name)
    return Policy(id=name, version=0, rules=read_rules(shipped_policies.shipped(name)))
