"""Admission: who calls, and why an association was refused or its connection failed."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from pacs.dimse import tls


class Refusal(Enum):
    """Why an association was refused: result, source and reason of the A-ASSOCIATE-RJ (PS3.8 9.3.4)."""

    UNKNOWN_DEVICE = (1, 1, 3)
    """Calling AE title not recognised: not registered, from another address, or retired."""
    WRONG_CALLED_TITLE = (1, 1, 7)
    TOO_MANY = (2, 3, 2)
    """Local limit exceeded."""
    UNAVAILABLE = (2, 3, 1)
    """Temporary congestion: the register of devices cannot be asked."""


class GaveWay(Enum):
    """What made way for another caller, so that nobody takes the port from the others."""

    CONNECTION = "connection"
    """It had requested no association yet: silence, or a crowd from one address."""
    ASSOCIATION = "association"
    """It was idle longest, of the device that had most."""


@dataclass(frozen=True, kw_only=True)
class CallingAE:
    """The application entity that requests an association, and the evidence of who it is."""

    ae_title: str
    address: str
    """As the connection shows it, or as a trusted proxy says."""
    tls: bool = False
    certificate_digest: bytes | None = None
    """SHA-256 of the client certificate, which was verified."""
    local: bool = False
    """Whether the call comes from this very machine."""


@dataclass(frozen=True, kw_only=True)
class RefusedAssociation:
    """A refused association, for the record of contacts."""

    calling: CallingAE
    called_ae_title: str
    refusal: Refusal


@dataclass(frozen=True, kw_only=True)
class FailedHandshake:
    """A connection whose TLS handshake failed, so that no association was requested."""

    address: str
    failure: tls.Failure
