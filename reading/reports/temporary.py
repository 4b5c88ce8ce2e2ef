"""Temporary reports (临时报告): which of a resident's the site sees before an attending has countersigned them."""

from __future__ import annotations

from sqlalchemy.engine import Connection

from reading.cases.cases import Case
from reading.cases.moves import Step
from reading.kinds import Priority
from reading.reports import versions
from reading.reports.content import Content
from reading.reports.versions import Status


def goes_out_at_once(priority: Priority, *, critical: bool) -> bool:
    """Whether what a resident signed is shown as temporary: who treats an emergency cannot wait for the attending."""
    return priority is Priority.EMERGENCY or critical


def is_held_back(tx: Connection, case: Case, said: Content) -> bool:
    """Whether what a resident signed waits for the attending: alone they take no critical report from the site."""
    before = versions.valid(tx, case.id)
    takes_back = before is not None and before.content.is_critical and not said.is_critical
    return takes_back or not goes_out_at_once(case.priority, critical=case.critical or said.is_critical)


def takes_the_place(waits: Status, *, critical: bool, final_stands: bool) -> bool:
    """Whether a version that waits for a signature takes the place of the final report at the site, as temporary.

    An alert tells its critical result at once: the site does not keep a report that says something else meanwhile.
    """
    return waits is Status.PENDING and critical and final_stands


def follow(tx: Connection, case: Case) -> None:
    """Let the site see what waits for an attending once its case has become an emergency or critical.

    What an attending sent back is not let out: it is read again. Nor does it take the place of a final report.
    """
    waits = versions.current(tx, case.id) if case.step in {Step.VERIFY, Step.REVIEW} else None
    if (
        waits is not None
        and waits.status is Status.PENDING
        and versions.final(tx, case.id) is None
        and not is_held_back(tx, case, waits.content)
    ):
        versions.let_out(tx, waits)
