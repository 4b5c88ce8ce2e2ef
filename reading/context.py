"""What every act of the clinic needs: its transaction, the audit, the reading of the clock, and who acts."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, TypeAlias, TypeVar

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy.engine import Connection, Engine

from reading.actions import Action
from reading.audit import Actor, Audit, Detail, Outcome, actor_of
from reading.viewers import Viewer
from storage.database import snapshot, transaction

Who: TypeAlias = Viewer | Actor
"""Whoever acts: staff with their grants, a machine, a patient, the system itself, or a stranger at the door."""
OtherT = TypeVar("OtherT", bound=Who)
ActT = TypeVar("ActT", bound=Callable[..., object])
WhoT_co = TypeVar("WhoT_co", bound=Who, covariant=True)


def without_door(_reason: str) -> Callable[[ActT], ActT]:
    """Mark an act that does not open `reading.access`; the reason is a sentence, and a test demands it.

    Every other public function that takes a context first has to open the door itself.
    """
    return lambda act: act


@dataclass(frozen=True, kw_only=True)
class Look:
    """A look at one thing in the course of an act: recorded by the door, or denied by it."""

    action: Action
    subject_kind: str
    subject_id: str
    """Empty where what was looked for is not there."""


@dataclass(kw_only=True)
class Guess:
    """That an act may name a patient by a card or a number, which was counted before it began."""

    is_wrong: bool = False
    """What was named belongs to nobody, or to somebody else than was said."""


@dataclass(frozen=True)
class Context(Generic[WhoT_co]):
    """One act: made at the edge (a request, an association, a command, a worker's step), used in one transaction."""

    tx: Connection
    audit: Audit
    now: datetime
    who: WhoT_co
    seal_key: Ed25519PublicKey | None = None
    """Key of the installation, with which reports are compared before they are shown; None where none is shown."""
    looks: list[Look] = field(default_factory=list[Look], compare=False, repr=False)
    """What was looked at so far: the transaction of a refused act takes its events back, and
    `reading.access.act_transaction` puts these on record all the same."""
    guess: Guess | None = field(default=None, compare=False)
    """None where nothing was counted: then no card and no number finds anybody."""

    def record(
        self,
        *,
        action: Action,
        subject_kind: str,
        subject_id: str,
        outcome: Outcome = Outcome.DONE,
        details: Mapping[str, Detail] | None = None,
    ) -> None:
        """Append an audit event in the name of whoever acts; it stands or falls with the transaction."""
        self.record_each(
            action=action, subject_kind=subject_kind, subject_ids=[subject_id], outcome=outcome, details=details
        )

    def record_each(
        self,
        *,
        action: Action,
        subject_kind: str,
        subject_ids: Sequence[str],
        outcome: Outcome = Outcome.DONE,
        details: Mapping[str, Detail] | None = None,
    ) -> None:
        """Append an event for each subject."""
        self.audit.record_each(
            self.tx,
            actor=actor_of(self.who),
            action=action,
            subject_kind=subject_kind,
            subject_ids=subject_ids,
            now=self.now,
            outcome=outcome,
            details=details,
        )

    def by(self, who: OtherT) -> Context[OtherT]:
        """The same act in another's name: the system's where a rule goes on, a person's once they proved it."""
        return Context(self.tx, self.audit, self.now, who, self.seal_key, self.looks, self.guess)


@dataclass(frozen=True)
class Acts(Generic[WhoT_co]):
    """One act with something slow in the middle: it opens its short transactions itself, one after the other."""

    engine: Engine
    audit: Audit
    clock: Callable[[], datetime]
    who: WhoT_co

    @contextmanager
    def look(self) -> Generator[Context[WhoT_co]]:
        """A part that only reads."""
        with snapshot(self.engine) as tx:
            yield Context(tx, self.audit, self.clock(), self.who)

    @contextmanager
    def act(self) -> Generator[Context[WhoT_co]]:
        """A part that writes; what it wrote stands when the block ends."""
        with transaction(self.engine) as tx:
            yield Context(tx, self.audit, self.clock(), self.who)
