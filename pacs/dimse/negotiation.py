"""Which SOP classes and transfer syntaxes a peer is offered, and which of its proposals we prefer."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from pydicom.uid import UID, UID_dictionary  # pyright: ignore[reportPrivateImportUsage] # its documented table
from pynetdicom.presentation import PresentationContext

VERIFICATION: Final = "1.2.840.10008.1.1"

_STORAGE_ARC: Final = "1.2.840.10008.5.1.4.1.1."
_NOT_STORAGE: Final = frozenset(("1.2.840.10008.1.3.10", "1.2.840.10008.1.20.1", "1.2.840.10008.1.20.2"))
"""Media Storage Directory and the Storage Commitment models: storage by name only."""

_UNCOMPRESSED: Final = ("1.2.840.10008.1.2.1", "1.2.840.10008.1.2")
# Behind them what loses nothing, in the order of how well we serve it; big endian last, as it is retired.
_LOSSLESS: Final = (
    "1.2.840.10008.1.2.4.202",  # HTJ2K, RPCL
    "1.2.840.10008.1.2.4.201",  # HTJ2K
    "1.2.840.10008.1.2.4.80",  # JPEG-LS
    "1.2.840.10008.1.2.4.90",  # JPEG 2000
    "1.2.840.10008.1.2.4.70",  # JPEG, first-order prediction
    "1.2.840.10008.1.2.4.57",  # JPEG, process 14
    "1.2.840.10008.1.2.5",  # RLE
    "1.2.840.10008.1.2.1.99",  # deflated
    "1.2.840.10008.1.2.8.1",  # deflated frames
    "1.2.840.10008.1.2.1.98",  # encapsulated, not compressed
    "1.2.840.10008.1.2.4.92",  # JPEG 2000, part 2
    "1.2.840.10008.1.2.4.110",  # JPEG XL
    "1.2.840.10008.1.2.4.58",  # JPEG, retired processes
    "1.2.840.10008.1.2.4.65",
    "1.2.840.10008.1.2.4.66",
    "1.2.840.10008.1.2.2",
)
_NO_DATA_SETS: Final = frozenset(("1.2.840.10008.1.2.6.1", "1.2.840.10008.1.2.6.2", "1.2.840.10008.1.20"))
"""MIME, XML and Papyrus: what comes in them is no data set of PS3.5."""


def _known(kind: str) -> list[str]:
    return [uid for uid, entry in UID_dictionary.items() if entry[1] == kind]


def transfer_syntaxes(private: Iterable[str] = ()) -> tuple[str, ...]:
    """Everything that we take, most wanted first: uncompressed, lossless, the rest, private ones."""
    first = (*_UNCOMPRESSED, *_LOSSLESS)
    known = [uid for uid in _known("Transfer Syntax") if uid not in _NO_DATA_SETS]
    return (*first, *(uid for uid in known if uid not in first), *private)


class Offer:
    """What this application entity takes; private SOP classes and transfer syntaxes by setting."""

    def __init__(
        self,
        *,
        private_sop_classes: Iterable[str] = (),
        private_transfer_syntaxes: Iterable[str] = (),
        services: Iterable[str] = (),
    ) -> None:
        self._syntaxes = [UID(uid) for uid in transfer_syntaxes(private_transfer_syntaxes)]
        self._private = frozenset(private_sop_classes)
        self._services = frozenset((VERIFICATION, *services))
        self._not_storage = {uid for uid in _known("SOP Class") if "Storage" not in UID_dictionary[uid][0]}
        self._storage = {uid for uid in _known("SOP Class") if uid not in self._not_storage | _NOT_STORAGE}
        # Contexts are read only once made, so all associations share them: copying them cost 60 ms each.
        self._contexts: dict[str, PresentationContext] = {}

    def contexts_for(self, abstract_syntaxes: Iterable[str]) -> list[PresentationContext]:
        """Our side of the negotiation (PS3.8 7.1.1.13) for what a peer proposes, one context a SOP class."""
        wanted = dict.fromkeys(abstract_syntaxes)
        return [self._context(uid) for uid in wanted if uid in self._services or self.stores(uid)]

    def stores(self, abstract_syntax: str) -> bool:
        """Whether it is a storage SOP class; one of the standard's that is newer than our dictionary is."""
        if abstract_syntax in self._storage or abstract_syntax in self._private:
            return True
        return abstract_syntax.startswith(_STORAGE_ARC) and (
            abstract_syntax not in self._not_storage or not UID_dictionary[abstract_syntax][0]
        )

    def _context(self, abstract_syntax: str) -> PresentationContext:
        context = self._contexts.get(abstract_syntax)
        if context is None:
            context = PresentationContext()
            context.abstract_syntax = UID(abstract_syntax)
            if abstract_syntax in self._services:
                context.transfer_syntax = list(self._syntaxes[:2])
            else:
                context.transfer_syntax = list(self._syntaxes)
                # Either role where the peer asks for it (PS3.7 D.3.3.4): it is SCP of storage within a C-GET.
                context.scu_role = context.scp_role = True
            if abstract_syntax in self._storage | self._private | self._services:
                self._contexts[abstract_syntax] = context  # others are a peer's invention and would pile up
        return context
