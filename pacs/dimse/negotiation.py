"""The SOP classes and transfer syntaxes that are accepted, in order of preference."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from types import MappingProxyType
from typing import Final

from pydicom.uid import UID, UID_dictionary  # pyright: ignore[reportPrivateImportUsage] # its documented table
from pynetdicom.presentation import PresentationContext

from pacs.dimse.private_classes import PRIVATE_CLASSES
from pacs.rights import Right
from storage.instance_row import is_uid

VERIFICATION: Final = "1.2.840.10008.1.1"

_STORAGE_ARC: Final = "1.2.840.10008.5.1.4.1.1."
_NOT_STORAGE: Final = frozenset(("1.2.840.10008.1.3.10", "1.2.840.10008.1.20.1", "1.2.840.10008.1.20.2"))
"""Media Storage Directory and the Storage Commitment models, whose names contain "Storage" only."""

_UNCOMPRESSED: Final = ("1.2.840.10008.1.2.1", "1.2.840.10008.1.2")
# Lossless syntaxes, those that are served best first; big endian last, as it is retired.
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
"""MIME, XML and Papyrus, which do not hold data sets of PS3.5."""


def _known(kind: str) -> list[str]:
    return [uid for uid, entry in UID_dictionary.items() if entry[1] == kind]


def transfer_syntaxes(private: Iterable[str] = ()) -> tuple[str, ...]:
    """All accepted syntaxes, the preferred first: uncompressed, lossless, others, private ones."""
    first = (*_UNCOMPRESSED, *_LOSSLESS)
    known = [uid for uid in _known("Transfer Syntax") if uid not in _NO_DATA_SETS]
    return (*first, *(uid for uid in known if uid not in first), *private)


def _named(uid: str) -> str:
    name = PRIVATE_CLASSES.get(uid) or (UID_dictionary[uid][0] if uid in UID_dictionary else "")
    return f"{name} ({uid})" if name else uid


class Offer:
    """What this application entity accepts; further private SOP classes and transfer syntaxes come from settings.

    ``services`` are the SOP classes beside storage, each with the right that it asks for.
    """

    def __init__(
        self,
        *,
        private_sop_classes: Iterable[str] = (),
        private_transfer_syntaxes: Iterable[str] = (),
        services: Mapping[str, Right] = MappingProxyType({}),
    ) -> None:
        self._syntaxes = [UID(uid) for uid in transfer_syntaxes(private_transfer_syntaxes)]
        self._private = frozenset((*PRIVATE_CLASSES, *private_sop_classes))
        self._services = frozenset((VERIFICATION, *services))
        self._rights = dict(services)
        self._not_storage = {uid for uid in _known("SOP Class") if "Storage" not in UID_dictionary[uid][0]}
        self._storage = {uid for uid in _known("SOP Class") if uid not in self._not_storage | _NOT_STORAGE}
        # Contexts never change, so all associations share them: copying them cost 60 ms an association.
        self._contexts: dict[str, PresentationContext] = {}

    def contexts_for(self, abstract_syntaxes: Iterable[str]) -> list[PresentationContext]:
        """The supported contexts (PS3.8 7.1.1.13) among the proposed abstract syntaxes, one for each."""
        wanted = dict.fromkeys(abstract_syntaxes)
        return [self._context(uid) for uid in wanted if uid in self._services or self.stores(uid)]

    def refused(self, proposed: Collection[tuple[str, Collection[str]]]) -> frozenset[str]:
        """The SOP classes among (abstract syntax, its transfer syntaxes) of which nothing is accepted, in words."""
        syntaxes = frozenset(self._syntaxes)
        known = {uid: uid in self._services or self.stores(uid) for uid, _ in proposed}
        taken = {uid for uid, offered in proposed if known[uid] and not syntaxes.isdisjoint(offered)}
        return frozenset(_named(uid) for uid in known if uid not in taken and is_uid(uid))

    def right_for(self, abstract_syntax: str) -> Right | None:
        """The right without which a SOP class is not accepted; None where everybody may have it."""
        return self._rights.get(abstract_syntax) or (Right.STORE if self.stores(abstract_syntax) else None)

    def stores(self, abstract_syntax: str) -> bool:
        """Whether it is a storage SOP class; UIDs of the standard that are newer than our dictionary count as one."""
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
                # Both roles where the peer proposes them (PS3.7 D.3.3.4): within a C-GET it is the storage SCP.
                context.scu_role = context.scp_role = True
            if abstract_syntax in self._storage | self._private | self._services:
                self._contexts[abstract_syntax] = context  # any other UID is made up by a peer, and would fill memory
        return context
