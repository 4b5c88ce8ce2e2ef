"""The SCU of the storage service: sends instances as stored where the peer accepts that, else transcoded.

C-GET, C-MOVE and forwarding use it, because pynetdicom would decode each data set and hold it whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Final

import structlog
from pydicom.uid import UID
from pynetdicom.association import Association
from pynetdicom.presentation import PresentationContext

from pacs.dimse.command_set import store_command
from pacs.dimse.fragments import (
    AssociationLost,
    abort_if_alive,
    do_nothing,
    fragment_bytes,
    send_fragment,
    store_status,
    wait_for_room,
)
from pacs.leaving.corrections import Correction
from pacs.leaving.outgoing_file import outgoing_dataset
from pacs.pixels.memory import Busy, TooLarge
from pacs.pixels.opened import EXPLICIT_LITTLE, IMPLICIT_LITTLE, StoredInstance, Unreadable
from pacs.pixels.transcode import NotDecodable
from storage.nodes.reader import BytesMissing, HolderAway
from storage.objects.store import StoreAway

__all__ = ["FAILED", "SUCCESS", "AssociationLost", "Originator", "Proposal", "StorageScu", "proposals"]

# Statuses of a sub-operation (PS3.4 Table B.2-1), of the peer's response or where nothing was sent.
SUCCESS: Final = 0x0000
FAILED: Final = 0xC000
NO_CONTEXT: Final = 0x0122
AWAY: Final = 0xA700
WARNINGS: Final = frozenset((0xB000, 0xB006, 0xB007))

MAX_CONTEXTS: Final = 128
"""Their ids are odd and below 256 (PS3.8 9.3.2.2)."""
ANSWER_SECONDS: Final = 120.0
"""The peer must answer a C-STORE within this time."""
_LAST: Final = 2
_COMMAND: Final = 1
_PRIORITY_MEDIUM: Final = 0

_log: Final = structlog.get_logger()


@dataclass(frozen=True, kw_only=True)
class Originator:
    """The requestor of a C-MOVE, and its message id."""

    ae_title: str
    message_id: int


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """Presentation contexts for one association, and their SOP classes."""

    contexts: Sequence[PresentationContext]
    sop_classes: frozenset[str]


def proposals(kinds: Iterable[tuple[str, str]]) -> list[Proposal]:
    """Proposals for pairs of SOP class and stored transfer syntax, several where one association cannot carry all.

    Each syntax has a context of its own, so that a peer that accepts the stored one cannot choose another, which would
    have to be transcoded. The uncompressed syntaxes are always proposed too.
    """
    syntaxes: dict[str, dict[str, None]] = {}
    for sop_class, syntax in kinds:
        syntaxes.setdefault(sop_class, dict.fromkeys((EXPLICIT_LITTLE, IMPLICIT_LITTLE)))[syntax] = None
    made: list[Proposal] = []
    contexts: list[PresentationContext] = []
    classes: set[str] = set()
    for sop_class, each in syntaxes.items():
        if contexts and len(contexts) + len(each) > MAX_CONTEXTS:
            made.append(Proposal(contexts=tuple(contexts), sop_classes=frozenset(classes)))
            contexts, classes = [], set()
        classes.add(sop_class)
        for syntax in [*each][:MAX_CONTEXTS]:
            context = PresentationContext()
            context.abstract_syntax = UID(sop_class)
            context.transfer_syntax = [UID(syntax)]
            contexts.append(context)
    if contexts:
        made.append(Proposal(contexts=tuple(contexts), sop_classes=frozenset(classes)))
    return made


class StorageScu:
    """One association on which we are the storage SCU; in a C-GET the peer requested it.

    ``meanwhile`` is called again and again while the peer is busy.
    """

    def __init__(
        self,
        association: Association,
        *,
        originator: Originator | None = None,
        meanwhile: Callable[[], None] = do_nothing,
    ) -> None:
        self._association = association
        self._originator = originator
        self._meanwhile = meanwhile
        self._message_id = 0
        self._contexts: dict[str, dict[str, int]] = {}
        for context in association.accepted_contexts:
            if context.as_scu and context.context_id is not None:
                by_syntax = self._contexts.setdefault(str(context.abstract_syntax), {})
                by_syntax.setdefault(str(context.transfer_syntax[0]), context.context_id)

    def send(self, opened: StoredInstance, correction: Correction | None) -> int:
        """Send one instance; returns the status of the peer, or that of an instance that could not be sent.

        Raises:
            AssociationLost: the association has ended.

        """
        instance = opened.instance
        taken = self._contexts.get(instance.sop_class_uid, {})
        syntax = next((one for one in (opened.syntax, EXPLICIT_LITTLE, IMPLICIT_LITTLE) if one in taken), None)
        if syntax is None:
            return NO_CONTEXT
        try:
            pieces = _first_read(outgoing_dataset(opened, correction, syntax))
        except (Unreadable, NotDecodable, TooLarge) as error:
            _log.warning("instance_not_sent", reason=error.reason)
            return FAILED
        except (HolderAway, BytesMissing, StoreAway, Busy) as error:
            _log.warning("instance_not_sent", reason=type(error).__name__)
            return AWAY
        self._message_id = self._message_id % 0xFFFF + 1
        command = store_command(
            message_id=self._message_id,
            sop_class_uid=instance.sop_class_uid,
            sop_instance_uid=instance.sop_instance_uid,
            priority=_PRIORITY_MEDIUM,
            originator=self._originator and (self._originator.ae_title, self._originator.message_id),
        )
        self._speak(taken[syntax], command, pieces)
        return store_status(self._association, self._message_id, ANSWER_SECONDS, self._meanwhile)

    def _speak(self, context_id: int, command: bytes, pieces: Iterator[bytes]) -> None:
        longest = fragment_bytes(self._association)
        wait_for_room(self._association, self._meanwhile)
        send_fragment(self._association, context_id, _COMMAND | _LAST, command)
        held = b""
        for piece in self._whole(pieces):
            view = memoryview(held + piece if held else piece)
            at = 0
            while len(view) - at > longest:  # the last fragment is sent below, marked as the last
                wait_for_room(self._association, self._meanwhile)
                send_fragment(self._association, context_id, 0, view[at : at + longest])
                at += longest
            held = bytes(view[at:])
        wait_for_room(self._association, self._meanwhile)
        send_fragment(self._association, context_id, _LAST, held)

    def _whole(self, pieces: Iterator[bytes]) -> Iterator[bytes]:
        """The pieces; where they break off the association is aborted, since the message has begun."""
        try:
            yield from pieces
        except (HolderAway, BytesMissing, StoreAway, OSError, Unreadable, NotDecodable) as error:
            _log.error("instance_broken_off", reason=type(error).__name__)
            abort_if_alive(self._association)
            raise AssociationLost from error


def _first_read(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The same pieces; the first is read now, so that an error comes before anything is sent."""
    return chain([next(pieces, b"")], pieces)
