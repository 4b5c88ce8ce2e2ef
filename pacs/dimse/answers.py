"""Association requests that came before are answered by what was negotiated then, to the byte."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from pynetdicom.pdu import A_ASSOCIATE_RQ
from pynetdicom.pdu_primitives import A_ASSOCIATE
from pynetdicom.presentation import PresentationContext

from pacs.rights import Right

_REQUESTS: Final = 32
"""A device proposes the same each time; the decoded request has some twenty times the bytes of the PDU."""
LONGEST: Final = 16 * 1024
"""Bytes of a request that is remembered."""
_ANSWERS: Final = 64


class RememberedRequest(A_ASSOCIATE_RQ):
    """A request that is made into the same primitive each time: nothing may change it."""

    _primitive: A_ASSOCIATE | None = None

    def to_primitive(self) -> A_ASSOCIATE:
        if self._primitive is None:
            self._primitive = super().to_primitive()
        return self._primitive


@lru_cache(_REQUESTS)
def decoded(encoded: bytes) -> RememberedRequest:
    """The A-ASSOCIATE-RQ PDU (PS3.8 9.3.2) of at most `LONGEST` bytes; it raises whatever its decoder meets."""
    pdu = RememberedRequest()
    pdu.decode(encoded)
    return pdu


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What was negotiated on a request; associations share it, and nothing changes it."""

    encoded: bytes
    """The A-ASSOCIATE-AC PDU (PS3.8 9.3.3)."""
    primitive: A_ASSOCIATE
    accepted: Mapping[int, PresentationContext]
    """By the id of the context."""
    rejected: Sequence[PresentationContext]
    lacking: frozenset[Right]
    """The rights that were missing for what was proposed."""
    refused: frozenset[str]
    """The SOP classes of which nothing was accepted, in words."""


class Answers:
    """The last answers of a listener, by the request and the rights of the device: what it offers never changes."""

    def __init__(self) -> None:
        self._known: dict[tuple[A_ASSOCIATE, frozenset[Right]], Answer] = {}

    def known(self, request: A_ASSOCIATE, may: frozenset[Right]) -> Answer | None:
        """The answer to a `RememberedRequest` that came before."""
        return self._known.get((request, may))

    def remember(self, request: A_ASSOCIATE, may: frozenset[Right], answer: Answer) -> None:
        if len(self._known) >= _ANSWERS:
            self._known.clear()
        self._known[request, may] = answer
