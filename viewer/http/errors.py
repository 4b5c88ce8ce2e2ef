"""The errors of this package: who calls is unknown, must prove something, or asks for what is not there now."""

from __future__ import annotations


class ViewerError(Exception):
    """The base of the errors of this package."""


class SignedOut(ViewerError):
    """Nobody is signed in, or the session has ended."""

    def __init__(self, *, ended: str = "") -> None:
        """``ended`` is the token of the session that has ended; empty where the request named none."""
        super().__init__()
        self.ended = ended


class CrossSite(ViewerError):
    """An unsafe request without its token, or from another origin."""


class PasswordMustChange(ViewerError):
    """The first password is still in use."""


class ProveAgain(ViewerError):
    """The person last proved too long ago who they are; asked for before a signature."""


class Unavailable(ViewerError):
    """A part of the service that the answer needs is not available at the moment."""
