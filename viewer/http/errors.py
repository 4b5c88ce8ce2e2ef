"""The errors of this package: who calls is unknown, must prove something, or asks for what is not there now."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import Final


class ViewerError(Exception):
    """The base of the errors of this package."""


class SignedOut(ViewerError):
    """Nobody is signed in, or the session has ended."""

    def __init__(self, *, ended: str = "") -> None:
        """``ended`` is the token of the session that has ended; empty where the request named none."""
        super().__init__()
        self.ended = ended


class Elsewhere(Exception):
    """The root of a room where they have no work: their own place is at ``address``."""

    def __init__(self, address: str) -> None:
        super().__init__()
        self.address = address


class CrossSite(ViewerError):
    """An unsafe request without its token, or from another origin."""


class PasswordMustChange(ViewerError):
    """The first password is still in use."""


class ProveAgain(ViewerError):
    """The person last proved too long ago who they are; asked for before a signature."""


class Unavailable(ViewerError):
    """A part of the service that the answer needs is not available at the moment."""


class Unheard(StrEnum):
    """Why the speech service wrote nothing down."""

    AWAY = "away"
    """Nobody answers."""
    SLOW = "slow"
    """It took longer than it may."""
    BUSY = "busy"
    """It, or we, ask to come again."""
    STILL = "still"
    """It still writes down another recording of this person."""
    REFUSED = "refused"
    """It takes others, and not this recording."""
    NOTHING = "nothing"
    """It heard no words."""
    NOT_SET_UP = "not_set_up"
    """Address, certificate, token or answer are not as they were agreed: an administrator has to look."""


class SpeechFailed(ViewerError):
    """The speech service did not write a recording down: say it again, or type."""

    def __init__(self, why: Unheard) -> None:
        super().__init__(why)
        self.why = why


class SpeechBusy(SpeechFailed):
    """Too many recordings are being written down at this moment: send it again a little later."""

    retry_after: Final = timedelta(seconds=5)
