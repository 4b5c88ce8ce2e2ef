"""What every gateway is: it takes one message, or says why not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final, Protocol


class Failure(StrEnum):
    """Why a gateway did not take a message: the class of the reason, never what a server said."""

    AWAY = "away"
    """Nobody answers, or the connection broke."""
    BUSY = "busy"
    """A server asks to come again."""
    NOT_TRUSTED = "not_trusted"
    """A certificate does not prove who it is."""
    NOT_ALLOWED = "not_allowed"
    """The address is not one that the settings allow."""
    NOT_LET_IN = "not_let_in"
    """The name, the password or the signature is wrong."""
    REDIRECTED = "redirected"
    """A server sends us elsewhere; nobody follows."""
    NOT_THERE = "not_there"
    """A server knows no such address, or takes no message in this way."""
    REFUSED = "refused"
    """A server takes others, and not this message."""
    NO_SECRET = "no_secret"  # noqa: S105 -- a word for a reason
    """The file of a secret cannot be read, or holds none."""
    NO_ROOM = "no_room"
    """The folder cannot be written."""
    BROKEN = "broken"
    """The unforeseen; the log has it."""


FOR_GOOD: Final = frozenset({Failure.REFUSED})
"""The same message would be refused again."""


class NotTaken(Exception):
    """A gateway did not take a message; it may or may not have sent it where the connection broke."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure)
        self.failure = failure


@dataclass(frozen=True, kw_only=True)
class Outgoing:
    """A message as gateways get it."""

    id: str
    """The key by which a receiver knows a second delivery of the same message."""
    kind: str
    """The event, e.g. ``report.released``."""
    template: str
    parameters: Mapping[str, str] = field(repr=False)
    """What stands in the places of the template; no names, no findings."""
    text: str = field(repr=False)
    """The template with its places filled; empty for a system."""
    subject: str
    """Of a mail."""
    number: str = field(repr=False)
    """A mobile number of China, eleven digits; empty for a system."""
    details: Mapping[str, str]
    """Ids alone, for a system; empty for people."""
    happened_at: datetime


class Gateway(Protocol):
    def send(self, message: Outgoing) -> None:
        """Hand a message over.

        Raises:
            NotTaken: it was not taken, or nobody knows.

        """
        ...
