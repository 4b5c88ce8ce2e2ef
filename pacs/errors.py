"""Errors of this package: one base, and below it a class for each remedy."""

from __future__ import annotations


class PacsError(Exception):
    """Base of all errors of this package."""


class InvalidInput(PacsError):
    """The caller breaks a rule of form: it must send something else."""


class UnreadableData(PacsError):
    """Bytes that cannot be understood: they are kept as they are, and a person or a newer decoder must look at them."""


class PeerAway(PacsError):
    """Another system cannot be reached, or has gone: try again later."""


class NotFound(PacsError):
    """It does not exist, or the caller may not see it: the two are answered alike."""


class AskForLess(PacsError):
    """More was asked for than is given at once."""


class TryAgain(PacsError):
    """There is no room for it in this process at this moment: try again in a few seconds."""


class WrongSetup(PacsError):
    """A file or a setting of this installation must be corrected."""
