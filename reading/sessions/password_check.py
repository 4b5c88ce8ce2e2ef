"""The check of a password: counted before it is known how it ends, with no transaction open meanwhile."""

from __future__ import annotations

from dataclasses import dataclass, field

from reading.context import Acts, Context, Who, without_door
from reading.register import passwords, people
from reading.register.password_turns import turns
from reading.sessions import attempts
from reading.sessions.attempts import Attempt


@dataclass(frozen=True, kw_only=True)
class Checked:
    """What the check of a password said."""

    holds: bool
    of: str | None = field(repr=False)
    """The hash that it was checked against; None where there is nobody."""
    renewed: str | None = field(repr=False)
    """A hash of today's cost, where the kept one is of another."""

    def renew(self, ctx: Context[Who], person_id: str) -> None:
        """Keep the hash of today's cost, unless the password was changed since."""
        if self.renewed is not None and self.of is not None:
            people.renew_hash(ctx.tx, person_id, self.renewed, of=self.of)


@without_door("It concerns the account whose password is checked alone.")
def check(acts: Acts[Who], attempt: Attempt, kept: str | None, password: str) -> Checked:
    """Count the attempt, and check the password; without a hash nothing holds, and it takes as long.

    Raises:
        TooManyAttempts, Busy.

    """
    with turns(known=attempt.is_known).turn():
        with acts.act() as ctx:
            attempts.begin(ctx.tx, attempt, ctx.now)
        holds = passwords.verify(kept or passwords.nobodys_hash(), password) and kept is not None
        renewed = passwords.hash_password(password) if holds and kept and passwords.is_outdated(kept) else None
    return Checked(holds=holds, of=kept, renewed=renewed)
