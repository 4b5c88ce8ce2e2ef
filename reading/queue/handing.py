"""Handing out: who in an organisation is handed a case, and how many more each may have waiting for them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from reading.roster.balance import Candidate, choose


@dataclass(frozen=True, kw_only=True)
class Carrying:
    """What somebody who is available carries before anything is handed out."""

    candidate: Candidate
    pending: int
    """Cases that wait for them."""
    free: int | None
    """How many more they may have open at once; None: they have no limit."""


class Handing:
    """The loads of those on duty while what waits is handed to them, one case after the other."""

    def __init__(self, carrying: Iterable[Carrying], *, ahead: int) -> None:
        self._carrying = {one.candidate.person_id: one for one in carrying}
        self._ahead = ahead

    def room(self, person_id: str) -> int:
        """How many more cases somebody can be handed; none or less: none."""
        one = self._carrying[person_id]
        ahead = self._ahead - one.pending
        return ahead if one.free is None else min(ahead, one.free)

    def whom(self, people: Iterable[str], *, urgent: bool) -> str | None:
        """Who of those that may take a case is handed it; None: nobody has room."""
        chosen = choose((self._carrying[one].candidate for one in people if self.room(one) > 0), urgent=urgent)
        return None if chosen is None else chosen.person_id

    def hand(self, person_id: str, weight: int) -> None:
        """A case of this weight, in hundredths, waits for somebody from now on."""
        one = self._carrying[person_id]
        loads = one.candidate
        self._carrying[person_id] = replace(
            one,
            candidate=replace(loads, moment=loads.moment + weight, shift=loads.shift + weight),
            pending=one.pending + 1,
            free=None if one.free is None else one.free - 1,
        )
