"""The studies and series that a process knows to be in the index, so that it need not look for each instance."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from storage.index.entry_rows import Home

_KNOWN_MAX: Final = 50_000


@dataclass(frozen=True)
class Owner:
    """The owner of a study; it never changes."""

    site_id: str
    patient_id: str
    issuer: str


@dataclass
class Known:
    """Committed studies and series that this process has seen.

    A home may have changed since; counting finds that out (`Raced`), and everything is looked up anew.
    """

    owners: dict[str, Owner] = field(default_factory=dict[str, Owner])
    shown_in: dict[str, str] = field(default_factory=dict[str, str])
    """Study UID to the study in which its new series are shown: itself, unless it was merged into another."""
    persons: dict[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    """Study UID to what its first instance says in `entry_rows.PERSON`."""
    homes: dict[str, Home] = field(default_factory=dict[str, Home])
    """Series UID to its home."""

    def clear(self) -> None:
        self.owners.clear()
        self.shown_in.clear()
        self.persons.clear()
        self.homes.clear()

    def learn(self, seen: Known) -> None:
        if len(self.owners) > _KNOWN_MAX or len(self.homes) > _KNOWN_MAX:
            self.clear()
        # A merged study is looked up each time: no count shows when the merge is taken back.
        own = {uid for uid, shown_in in seen.shown_in.items() if uid == shown_in}
        self.owners.update({uid: owner for uid, owner in seen.owners.items() if uid in own})
        self.shown_in.update({uid: uid for uid in own})
        self.persons.update({uid: person for uid, person in seen.persons.items() if uid in own})
        self.homes.update(seen.homes)
