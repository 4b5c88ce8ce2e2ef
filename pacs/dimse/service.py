"""What a DIMSE service beside C-STORE is made of: the SOP classes that it serves, and its handlers for each caller."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias, runtime_checkable

from pynetdicom.association import Association
from pynetdicom.events import EventType
from pynetdicom.presentation import PresentationContext

from pacs.arriving.receive import Sender

Handlers: TypeAlias = Sequence[tuple[EventType, Callable[[Any], Any]]]
"""Intervention events of pynetdicom (`evt.EVT_C_FIND` and so on) with what answers each."""


class ServedAssociation(Association, ABC):
    """pynetdicom's association with what services need beside it to speak first; any thread may call these."""

    @property
    @abstractmethod
    def quiet_seconds(self) -> float:
        """Seconds in which neither side has sent anything; 0 while an instance is arriving."""

    @abstractmethod
    def keep_alive(self) -> None:
        """Restart the time that the peer may be silent."""

    @abstractmethod
    def ask(self, request: Any, context_id: int, seconds: float) -> Any | None:
        """Send a request to the peer and wait for its response; the peer's own requests are served meanwhile.

        None when the peer does not answer in time, or the association ends.
        """


@dataclass(frozen=True, kw_only=True)
class Caller:
    """A device that has an association with us."""

    sender: Sender
    ae_title: str
    address: str
    association: ServedAssociation
    """Responses go out on it from its own thread; every other thread uses `ask` alone."""


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
