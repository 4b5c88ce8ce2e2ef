"""Association requests that came before are answered by what was negotiated then, to the byte."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final
from weakref import WeakKeyDictionary

from pynetdicom.pdu import A_ASSOCIATE_RQ
from pynetdicom.pdu_primitives import A_ASSOCIATE
from pynetdicom.presentation import PresentationContext

from pacs.rights import Right

_REQUESTS: Final = 32
"""A device proposes the same each time; the decoded request has some twenty times the bytes of the PDU."""
LONGEST: Final = 16 * 1024
"""Bytes of a request that is remembered."""


class RepeatedRequest(A_ASSOCIATE):
    """The primitive of a request that came before: the same object each time, and nothing may change it."""


class RememberedRequest(A_ASSOCIATE_RQ):
    """A request that is made into the same primitive each time."""

    _primitive: RepeatedRequest | None = None

    def to_primitive(self) -> RepeatedRequest:
        if self._primitive is None:
            made = RepeatedRequest()
            vars(made).update(vars(super().to_primitive()))
            self._primitive = made
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
    """The last answers of a listener, by the request and the rights of the device: what it offers never changes.

    An answer lasts as long as its request is remembered, so all that is kept is found when the request comes again.
    """

    def __init__(self) -> None:
        self._known = WeakKeyDictionary[RepeatedRequest, dict[frozenset[Right], Answer]]()

    def known(self, request: A_ASSOCIATE, may: frozenset[Right]) -> Answer | None:
        return self._known.get(request, {}).get(may) if isinstance(request, RepeatedRequest) else None

    def remember(self, request: A_ASSOCIATE, may: frozenset[Right], answer: Answer) -> None:
        """Keep an answer, unless its request is made anew each time that it comes."""
        if isinstance(request, RepeatedRequest):
            self._known.setdefault(request, {})[may] = answer
