"""What a listener gives each of its associations: who is admitted, what is offered, who is informed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pacs.arriving.outcome import Outcome
from pacs.arriving.receive import Receiver, Sender
from pacs.dimse.answers import Answers
from pacs.dimse.negotiation import Offer
from pacs.dimse.port_shares import Holder
from pacs.dimse.refusals import CallingAE, RefusedAssociation
from pacs.dimse.service import Service
from pacs.rights import Right


@dataclass(frozen=True, kw_only=True)
class Terms:
    """The same for all associations of a listener."""

    receiver: Receiver
    registry: Callable[[CallingAE], Sender | None]
    on_refusal: Callable[[RefusedAssociation], None]
    on_outcome: Callable[[Sender, Outcome], None]
    on_lack: Callable[[Sender, frozenset[Right]], None]
    on_refused_classes: Callable[[Sender, frozenset[str]], None]
    """Is given the SOP classes, in words, of which no context was accepted, though the device may store."""
    offer: Offer
    answers: Answers
    services: tuple[Service, ...]
    ae_title: str
    check_called: bool
    called_from: Callable[[Holder, str], bool]
    """Count the connection to the address that a trusted proxy named; False where that has too many."""
    admit: Callable[[Holder], bool]
    """Count one more association; False where the limit is reached."""
    on_end: Callable[[Holder], None]
