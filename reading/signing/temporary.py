"""Temporary reports (临时报告): which of a resident's the site sees before an attending has countersigned them."""

from __future__ import annotations

from reading.kinds import Priority


def goes_out_at_once(priority: Priority, *, critical: bool) -> bool:
    """Whether what a resident signed is shown as temporary: who treats an emergency cannot wait for the attending."""
    return priority is Priority.EMERGENCY or critical
