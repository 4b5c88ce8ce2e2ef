"""What query and retrieve need from outside this package: what a device may see, and where others listen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pacs.arriving.receive import Sender
from pacs.dimse.peer import Peer
from pacs.leaving.visible_study import VisibleStudy
from storage.index.queries import Scope


@dataclass(frozen=True, kw_only=True)
class Destination:
    """A device to which instances can be moved, and its address."""

    sender: Sender
    peer: Peer


@dataclass(frozen=True, kw_only=True)
class DimseDoor:
    """Access to a person's data, handed in by `service/wiring`.

    ``scope`` takes device and action (``search``, ``retrieve``), answers what the device may see, and records that it
    looks. ``open_study`` takes device, Study Instance UID and action, records an audit event, and raises
    `pacs.leaving.visible_study.NotVisible`. Both raise `pacs.rights.NoRight`. ``destination`` finds
    the device of an AE title for the requesting device; None where no device has it.
    """

    scope: Callable[[Sender, str], Scope]
    open_study: Callable[[Sender, str, str], VisibleStudy]
    destination: Callable[[str, Sender], Destination | None]
    character_set: Callable[[Sender], str]
    """The character set of a device's text where the text names none; empty where it is not known."""
