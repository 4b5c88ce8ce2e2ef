"""What two readings, an arbiter or a consensus concluded is released, or the site is asked for other pictures."""

from __future__ import annotations

from reading.alerts import corrections
from reading.alerts.corrections import Said
from reading.cases.cases import Case
from reading.cases.moves import Move
from reading.context import Context, without_door
from reading.errors import Invalid
from reading.queue import leases
from reading.reports.content import Content
from reading.reports.opinion import Opinion, Result
from reading.reports.seal import Seal
from reading.reports.versions import ReportVersion
from reading.rules import case_rule
from reading.signing import release, signatures
from reading.viewers import RoleGrant, Staff


@without_door("A part of an act that has opened the case.")
def conclude(  # noqa: PLR0917
    ctx: Context[Staff], seal: Seal, grant: RoleGrant, case: Case, version: ReportVersion, move: Move
) -> None:
    """Release what was decided; where pictures have to be taken again, the site is asked for them instead."""
    opinion = opinion_of(version.content)
    if opinion.result is Result.TECHNICAL_RECALL:
        # Moves are told to others than readings are: the comment stays with the reading.
        why, tier = ", ".join(sorted(opinion.views)), case_rule.home_tier(ctx.tx, case)
        leases.let_go(ctx, case, Move.RETURN, grant=grant, why=why, tier=tier)
        return
    case = signatures.alarm(ctx, version, changed=True)
    release.release(ctx, seal, case, version, move=move, grant=grant)


@without_door("A part of an act that has opened the case.")
def tell_critical(ctx: Context[Staff], version: ReportVersion) -> None:
    """A critical class that somebody signs blind or proposes is told at once, whatever becomes of the case."""
    if version.content.is_critical:
        corrections.raise_of(ctx, version.case_id, Said(version.number, version.content), None)


def opinion_of(content: Content) -> Opinion:
    """The opinion that a reading says.

    Raises:
        Invalid: it says none.

    """
    if content.opinion is None:
        raise Invalid("opinion", "required")
    return content.opinion
