"""What DICOMweb needs from outside this package: who calls, and what they may see."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from starlette.requests import Request

from pacs.arriving.receive import Sender
from pacs.leaving.visible_study import NotVisible, VisibleStudy
from storage.index.queries import Scope

__all__ = ["Door", "NotVisible", "Purpose", "VisibleStudy"]


@dataclass(frozen=True, kw_only=True)
class Purpose:
    """What a study is opened for, as the request says."""

    action: str
    ahead: bool
    """A program fetches before anybody looks, and says so (``Purpose: prefetch``): a claim, for the door to judge."""


@dataclass(frozen=True, kw_only=True)
class Door:
    """Access to a person's data, handed in by `service/wiring`.

    ``identify`` answers the viewer, or None for an unknown caller (401).
    ``origin`` answers the origin of the addresses in answers, never one that a caller makes up.
    ``open_study`` takes viewer, Study Instance UID and purpose, records an audit event, and raises
    `NotVisible`. ``sender_of`` answers the machine that may store, None for any other viewer (403). ``scope`` and
    ``open_study`` raise `pacs.rights.NoRight` for a machine that has no right to this, whatever it asks for (403).
    """

    identify: Callable[[Request], object | None]
    origin: Callable[[Request], str]
    scope: Callable[[object], Scope]
    open_study: Callable[[object, str, Purpose], VisibleStudy]
    sender_of: Callable[[object], Sender | None]
