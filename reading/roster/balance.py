"""Balance: which of those who are available is handed a case."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """Somebody who is available and may take the case; loads are sums of weights, in hundredths."""

    person_id: str
    moment: int
    """What waits for them and what they have begun: it falls when a case is signed, not while it is dictated."""
    shift: int
    """What they were handed or took since their slot began: whoever was signed out stays behind, and catches up."""


def choose(candidates: Iterable[Candidate], *, urgent: bool) -> Candidate | None:
    """Who is handed a case: an urgent one the least loaded at the moment, another the least loaded of the shift.

    Ties of the shift go by the moment, ties of the moment by the shift; what is even in both by the id, so that the
    same facts always give the same answer. None: nobody is there.
    """

    def order(one: Candidate) -> tuple[int, int, str]:
        loads = (one.moment, one.shift) if urgent else (one.shift, one.moment)
        return (*loads, one.person_id)

    return min(candidates, key=order, default=None)
