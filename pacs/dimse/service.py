"""What a DIMSE service beside C-STORE is made of: the SOP classes that it serves, and its handlers for each caller."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias, runtime_checkable

from pynetdicom import evt
from pynetdicom.association import Association
from pynetdicom.presentation import PresentationContext

from pacs.arriving.receive import Sender
from pacs.rights import Right

Handler: TypeAlias = Callable[[Any], Any]
"""Answers an intervention event of pynetdicom."""
Handlers: TypeAlias = Sequence[tuple[evt.EventType, Handler]]
"""Intervention events (`evt.EVT_C_FIND` and so on) with the handler of each."""


class ServedAssociation(Association, ABC):
    """pynetdicom's association, on which we can send requests too; any thread may call the methods below."""

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
    """Its own thread sends the responses; any other thread uses `ask` alone."""


class Service(Protocol):
    """One service; a listener has several, and no two serve the same SOP class."""

    @property
    def sop_classes(self) -> frozenset[str]:
        """Abstract syntaxes that are accepted for it, in the uncompressed little endian transfer syntaxes."""
        ...

    @property
    def right(self) -> Right:
        """The right without which its contexts are not accepted."""
        ...

    def handlers(self, caller: Caller) -> Handlers:
        """The handlers of the caller's messages; asked for once an association."""
        ...


@runtime_checkable
class StreamingService(Protocol):
    """A service that reads and sends its messages itself, because pynetdicom would hold whole data sets in memory."""

    def serve(self, caller: Caller, request: Any, context: PresentationContext) -> None:
        """Answer one request in the thread of the association."""
        ...


def event_handlers(services: Iterable[Service], caller: Caller) -> dict[evt.EventType, dict[str, Handler]]:
    """The handlers of all services for one caller, by event and SOP class."""
    by_event: dict[evt.EventType, dict[str, Handler]] = {}
    for service in services:
        for event, handler in service.handlers(caller):
            by_event.setdefault(event, {}).update(dict.fromkeys(service.sop_classes, handler))
    return by_event


def answer_by_sop_class(event: evt.Event, handlers: Mapping[str, Handler]) -> Any:
    """Answer a message by the handler of its SOP class; pynetdicom itself has one handler an event."""
    return handlers[str(event.context.abstract_syntax)](event)
