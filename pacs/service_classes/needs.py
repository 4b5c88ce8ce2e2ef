"""What queries and retrievals by DIMSE ask of the house: what a device may see, and where another listens."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pacs.arriving.receive import Sender
from pacs.dimse.peer import Peer
from pacs.leaving.visible_study import VisibleStudy
from storage.index.queries import Scope


@dataclass(frozen=True, kw_only=True)
class Destination:
    """A device that can be sent to: who it is, and where it is called."""

    sender: Sender
    peer: Peer


@dataclass(frozen=True, kw_only=True)
class DimseDoor:
    """The one door, handed in by `service`.

    ``scope`` puts on record that a device searches. ``open_study`` takes device, Study Instance UID and
    action, leaves an audit event, and raises `pacs.leaving.visible_study.NotVisible`. ``destination`` finds the device
    of an AE title for the device that asks; None where nobody is called by it.
    """

    scope: Callable[[Sender], Scope]
    open_study: Callable[[Sender, str, str], VisibleStudy]
    destination: Callable[[str, Sender], Destination | None]
    character_set: Callable[[Sender], str]
    """What a device's text is written in when it does not say; empty where nobody knows."""
