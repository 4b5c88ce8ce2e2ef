"""Who played what is on record, and nothing that somebody typed."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.engine import Engine

from reading.audit import SYSTEM, Audit, events_about
from reading.context import Context
from reading.simulation import acts
from reading.simulation.scenario import read_scenario
from reading.simulation.shipped_scenarios import shipped
from storage.database import transaction


def test_a_scenario_of_ones_own_is_on_record_without_its_name(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        ctx = Context(tx, Audit("web"), now, SYSTEM)
        for name in ("day", "Pia Lang, broken hip"):
            acts.record(ctx, read_scenario(shipped("day") | {"name": name}), ["in_force"])
        said = {str(one.details["scenario"]) for one in events_about(tx, "simulation", "")}

    assert said == {"day", "own"}
