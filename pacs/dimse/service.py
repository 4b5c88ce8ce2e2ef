"""What a DIMSE service beside C-STORE is made of: the SOP classes that it serves, and its handlers for each caller."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, runtime_checkable

from pynetdicom.events import EventType
from pynetdicom.presentation import PresentationContext

from pacs.arriving.receive import Sender

if TYPE_CHECKING:
    from pacs.dimse.association import StoreAssociation

Handlers: TypeAlias = Sequence[tuple[EventType, Callable[[Any], Any]]]
"""Intervention events of pynetdicom (`evt.EVT_C_FIND` and so on) with what answers each."""


@dataclass(frozen=True, kw_only=True)
class Caller:
    """A device that has an association with us."""

    sender: Sender
    ae_title: str
    address: str
    association: StoreAssociation
    """To answer on. Another thread than the association's own talks on it only within its `conversation`,
    and asks the peer something by `ask`."""


class Service(Protocol):
    """One service; a listener has several, none serving a SOP class of another's."""

    @property
    def sop_classes(self) -> frozenset[str]:
        """Abstract syntaxes that are accepted for it, in the uncompressed little endian transfer syntaxes."""
        ...

    def handlers(self, caller: Caller) -> Handlers:
        """Who answers the caller's messages; bound once an association."""
        ...


@runtime_checkable
class Speaker(Protocol):
    """A service that answers by itself, message by message: where pynetdicom would hold whole data sets."""

    def serve(self, caller: Caller, request: Any, context: PresentationContext) -> None:
        """Answer one request in the thread of the association."""
        ...
