"""The command `simulate`: plays a day of a region through its own policy, queue and clocks, and says whom it needs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from reading.rules.rules_document import read_document
from reading.simulation import acts, shipped_scenarios
from reading.simulation.runs import simulate
from reading.simulation.scenario import MOST_CASES, must_fit, read_scenario
from reading.simulation.staffing import fewest
from service.commands.errors import cannot_read
from service.commands.open_registry import open_registry
from service.commands.output import AsJson, to_json
from viewer.views import simulation
from viewer.words.catalogue import Language

commands = typer.Typer()


@commands.command("simulate")
def command(
    scenario: Annotated[
        str, typer.Argument(help=f"One of {', '.join(shipped_scenarios.NAMES)}, or a file with a scenario.")
    ] = "day",
    *,
    policy: Annotated[
        str, typer.Option(help="`in_force`, the number of a version, or the name of a shipped document.")
    ] = acts.IN_FORCE,
    against: Annotated[str | None, typer.Option(help="Another policy, played on the same arrivals.")] = None,
    days: Annotated[int | None, typer.Option(min=1, help="Instead of those of the scenario, as the next two.")] = None,
    runs: Annotated[int | None, typer.Option(min=2)] = None,
    seed: Annotated[int | None, typer.Option(min=0)] = None,
    staffing: Annotated[
        bool, typer.Option("--staffing", help="Look for the fewest people with whom 95 % are released when due.")
    ] = False,
    svg: Annotated[Path | None, typer.Option(help="Write the chart of what waits by the hour into this file.")] = None,
    show: Annotated[bool, typer.Option("--show", help="Print the scenario, to start one of your own from.")] = False,
    as_json: AsJson = False,
) -> None:
    """Play a scenario again and again, and print what became of its cases, each number with its interval of 95 %.

    The same seed gives the same answer. Nothing in the database changes but the record that it was run.
    """
    changed = {name: value for name, value in {"days": days, "runs": runs, "seed": seed}.items() if value is not None}
    asked = read_scenario(_document(scenario) | changed)
    if show:
        typer.echo(json.dumps(asked.model_dump(mode="json", by_alias=True), ensure_ascii=False, indent=2))
        return
    policies = [policy, *([against] if against else [])]
    must_fit(asked, policies=len(policies), most=MOST_CASES)
    with open_registry() as ctx:
        premises = [(one, acts.premises(ctx, asked, one)) for one in policies]
        acts.record(ctx, asked, policies)
    made = simulate(asked, premises)
    found = fewest(asked, premises[-1][1]) if staffing else None
    if svg is not None:
        svg.write_text(simulation.chart_of(made, Language.EN), encoding="utf-8")
    if as_json:
        more = {} if found is None else {"staffing": found.counts, "staffing_share": found.share}
        typer.echo(to_json(simulation.as_json(made) | more))
        return
    for line in simulation.lines(made, found, Language.EN):
        typer.echo(line)


def _document(scenario: str) -> dict[str, Any]:
    if scenario in shipped_scenarios.NAMES:
        return shipped_scenarios.shipped(scenario)
    file = Path(scenario)
    try:
        read = read_document(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise cannot_read(file, error) from error
    return read if isinstance(read, dict) else {"name": read}
