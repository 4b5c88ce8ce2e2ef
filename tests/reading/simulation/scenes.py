"""Scenarios that show only what matters to a test: one county with its city, one kind of examination."""

from __future__ import annotations

from typing import Any

from reading.roster.weights import SHIPPED
from reading.rules.calendar import Calendar
from reading.rules.policy import Policy
from reading.rules.rules_document import read_rules
from reading.simulation.arrivals import arrivals_of
from reading.simulation.model import Played, Premises, play
from reading.simulation.region import region_of
from reading.simulation.scenario import Scenario, read_scenario

NOTHING_FOUND = {"critical": 0, "escalated": 0, "sent_back": 0, "recalled": 0, "discordant": 0}
ALL_DAY = [{"from": "00:00", "to": "00:00"}]


def ruled(**asked: Any) -> dict[str, Any]:
    """One rule for every case: the county reads it alone, and has a day for it."""
    rule = {"name": "all", "when": {}, "tier": "county", "needs_verifier": False}
    minutes = {"due_minutes": 1440, "indicator_minutes": 1440, "arriving_minutes": 60}
    return {"rules": [rule | minutes | asked]}


def premises(document: dict[str, Any]) -> Premises:
    return Premises(rules=Policy(id="one", version=1, rules=read_rules(document)), weights=SHIPPED, days=Calendar({}))


def readers(count: int, **said: Any) -> dict[str, Any]:
    one = {"name": "readers", "organisation": "oak", "count": count, "roles": ["reader"], "step": "read"}
    return one | {"slots": ALL_DAY} | said


def reviewers(count: int, **said: Any) -> dict[str, Any]:
    one = {"name": "reviewers", "organisation": "city", "count": count, "roles": ["reviewer"], "step": "review"}
    return one | {"slots": ALL_DAY} | said


def document(*staff: dict[str, Any], **said: Any) -> dict[str, Any]:
    return {
        "name": "scene",
        "organisations": [{"code": "oak", "tier": "county"}, {"code": "city", "tier": "city"}],
        "sites": [{"code": "hills", "county": "oak"}, {"code": "lake", "county": "oak"}],
        "kinds": [{"modality": "OT", "per_day": 100}],
        "staff": list(staff) or [readers(2)],
    } | said


def scenario(*staff: dict[str, Any], **said: Any) -> Scenario:
    return read_scenario(document(*staff, **said))


def played(one: Scenario, on: Premises, run: int = 0) -> Played:
    region = region_of(one)
    return play(one, region, on, arrivals_of(one, region, run), run)
