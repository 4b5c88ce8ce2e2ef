"""What the reports of earlier examinations say; each is a look at that report."""

from __future__ import annotations

from reading.access import door
from reading.actions import Action
from reading.context import Context
from reading.reports import versions
from reading.viewers import Staff


def impression(ctx: Context[Staff], case_id: str) -> str | None:
    """The impression of the valid version of an earlier case; None where there is none, or it is not what was signed.

    The look is on record, so that its readers can be notified of an error.

    Raises:
        NotThere: the case is not theirs to see.

    """
    standing = versions.valid(ctx.tx, case_id)
    if standing is None:
        return None
    standing = door.open_report(ctx, standing.id, Action.REPORT_PRIOR)
    return standing.content.impression if not standing.flaws else None
