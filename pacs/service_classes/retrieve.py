"""C-MOVE and C-GET of the Query/Retrieve service (PS3.4 C.4.2, C.4.3)."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any, Final

import structlog
from pynetdicom.dimse_primitives import C_GET, C_MOVE
from pynetdicom.dsutils import decode
from pynetdicom.presentation import PresentationContext
from sqlalchemy.engine import Engine
from sqlalchemy.exc import OperationalError

from pacs.arriving.receive import Sender
from pacs.dimse.fragments import abort_if_alive, paused_reactor, wait_for_room
from pacs.dimse.peer import Unreachable, open_association
from pacs.dimse.service import Caller, Handlers
from pacs.dimse.storage_scu import FAILED, AssociationLost, Originator, StorageScu, proposals
from pacs.dimse.suboperations import PENDING, Tally, respond
from pacs.leaving.corrections import Correction
from pacs.leaving.placement import correction_of
from pacs.leaving.visible_study import NotVisible, VisibleStudy
from pacs.pixels.opened import Bytes, StoredInstance
from pacs.rights import NOT_AUTHORIZED, NoRight, Right
from pacs.search.matching_keys import UnfitKey
from pacs.search.results import ambiguous_patient
from pacs.service_classes.identifier import Root, encoded, retrieval
from pacs.service_classes.needs import Destination, DimseDoor
from storage.database import snapshot
from storage.index.queries import Part, Scope, search_parts, seen_instance

PATIENT_ROOT_MOVE: Final = "1.2.840.10008.5.1.4.1.2.1.2"
PATIENT_ROOT_GET: Final = "1.2.840.10008.5.1.4.1.2.1.3"
STUDY_ROOT_MOVE: Final = "1.2.840.10008.5.1.4.1.2.2.2"
STUDY_ROOT_GET: Final = "1.2.840.10008.5.1.4.1.2.2.3"
ROOTS: Final = {
    PATIENT_ROOT_MOVE: Root.PATIENT,
    PATIENT_ROOT_GET: Root.PATIENT,
    STUDY_ROOT_MOVE: Root.STUDY,
    STUDY_ROOT_GET: Root.STUDY,
}
MOVES: Final = frozenset((PATIENT_ROOT_MOVE, STUDY_ROOT_MOVE))

# PS3.4 Tables C.4-2 and C.4-3.
OUT_OF_RESOURCES: Final = 0xA700
TOO_MANY_MATCHES: Final = 0xA701
UNKNOWN_DESTINATION: Final = 0xA801
IDENTIFIER_UNFIT: Final = 0xA900
UNABLE: Final = 0xC000
UNRECOGNIZED_OPERATION: Final = 0x0211
MOST: Final = 0xFFFF
"""Most sub-operations, which are counted in two bytes."""
PENDING_EVERY_SECONDS: Final = 1.0

_log: Final = structlog.get_logger()


class RetrieveService:
    """Serves Patient Root and Study Root retrievals, to the requestor (C-GET) and to other devices (C-MOVE)."""

    sop_classes = frozenset(ROOTS)
    right = Right.RETRIEVE

    def __init__(self, engine: Engine, bytes_: Bytes, door: DimseDoor, ae_title: str) -> None:
        self._engine = engine
        self._bytes = bytes_
        self._door = door
        self._ae_title = ae_title

    def handlers(self, caller: Caller) -> Handlers:  # it answers by `serve`
        return []

    def serve(self, caller: Caller, request: Any, context: PresentationContext) -> None:
        moving = str(context.abstract_syntax) in MOVES
        tally = Tally()
        try:
            status = UNRECOGNIZED_OPERATION
            if isinstance(request, C_MOVE if moving else C_GET):
                status = self._retrieve(caller, request, context, tally, moving=moving)
        except AssociationLost:
            abort_if_alive(caller.association)  # in the middle of a message only an abort is possible
            return
        except NoRight:
            status = NOT_AUTHORIZED
        except UnfitKey as unfit:
            _log.info("retrieval_unfit", device_id=caller.sender.device_id, problem=unfit.problem)
            status = IDENTIFIER_UNFIT
        except OperationalError:
            _log.error("retrieval_failed", device_id=caller.sender.device_id, exc_info=True)
            status = OUT_OF_RESOURCES
        except Exception:  # noqa: BLE001 # the unforeseen is a failure status, never success
            _log.error("retrieval_failed", device_id=caller.sender.device_id, exc_info=True)
            status = UNABLE
        respond(caller.association, request, context, status, tally)

    def _retrieve(
        self, caller: Caller, request: Any, context: PresentationContext, tally: Tally, *, moving: bool
    ) -> int:
        destination: Destination | None = None
        if moving:
            title = str(request.MoveDestination or "").strip()
            destination = self._door.destination(title, caller.sender)
            if destination is None:
                return UNKNOWN_DESTINATION
        parts = self._parts(caller, request, context)
        if len(parts) > MOST:
            return TOO_MANY_MATCHES
        tally.begin([part.sop_instance_uid for part in parts])
        run = _Run(self, caller, request, context, tally=tally, destination=destination)
        if destination is None:
            run.send(StorageScu(caller.association), parts)
        else:
            self._move(run, destination, parts)
        tally.fail_the_rest(cancelled=run.cancelled)
        return tally.status(cancelled=run.cancelled)

    def _move(self, run: _Run, destination: Destination, parts: Sequence[Part]) -> None:
        kinds = dict.fromkeys((part.sop_class_uid, part.transfer_syntax_uid) for part in parts)
        for proposal in proposals(kinds):
            theirs = [part for part in parts if part.sop_class_uid in proposal.sop_classes]
            try:
                with (
                    open_association(self._ae_title, destination.peer, proposal.contexts) as association,
                    paused_reactor(association),
                ):
                    originator = Originator(ae_title=run.caller.ae_title, message_id=int(run.request.MessageID))
                    run.send(StorageScu(association, originator=originator, meanwhile=run.meanwhile), theirs)
            except (Unreachable, AssociationLost) as error:
                # Instances that were not sent count as failed, and the final response lists their UIDs.
                _log.warning("destination_lost", device_id=destination.sender.device_id, reason=type(error).__name__)
                run.check()

    def _parts(self, caller: Caller, request: Any, context: PresentationContext) -> list[Part]:
        try:
            syntax = context.transfer_syntax[0]
            identifier = decode(encoded(request.Identifier), syntax.is_implicit_VR, syntax.is_little_endian)
        except Exception as error:  # its decoder may raise anything
            raise UnfitKey("cannot be read") from error
        asked = retrieval(identifier, ROOTS[str(context.abstract_syntax)], self._door.character_set(caller.sender))
        scope: Scope = self._door.scope(caller.sender, "retrieve")
        with snapshot(self._engine) as tx:
            if ambiguous_patient(tx, scope, asked.match):
                return []
            return search_parts(tx, scope, asked.match, limit=MOST + 1)

    # -- what `_Run` calls

    def opened(self, part: Part, shown: Sequence[VisibleStudy]) -> StoredInstance | None:
        """The instance to send; None where one of those to whom the study is shown does not see it (any longer)."""
        with snapshot(self._engine) as tx:
            found = [seen_instance(tx, one.scope, part.sop_instance_uid) for one in shown]
        instance = None if None in found else found[0]
        return None if instance is None else StoredInstance(self._bytes, instance)

    def correction(self, shown: VisibleStudy, opened: StoredInstance) -> Correction | None:
        return correction_of(self._engine, shown, opened.instance)

    def shown(self, sender: Sender, destination: Destination | None, study_uid: str) -> list[VisibleStudy]:
        """The study as the requestor and the destination see it; empty where one of them may not."""
        try:
            shown = [self._door.open_study(sender, study_uid, "retrieve")]
            if destination is not None and destination.sender.device_id != sender.device_id:
                shown.append(self._door.open_study(destination.sender, study_uid, "receive"))
        except (NotVisible, NoRight):
            return []
        return shown


class _Run:
    """The sub-operations of one request."""

    def __init__(
        self,
        service: RetrieveService,
        caller: Caller,
        request: Any,
        context: PresentationContext,
        *,
        tally: Tally,
        destination: Destination | None,
    ) -> None:
        self.caller = caller
        self.request = request
        self.cancelled = False
        self._service = service
        self._context = context
        self._tally = tally
        self._destination = destination
        self._said_at = time.monotonic()

    def send(self, outlet: StorageScu, parts: Sequence[Part]) -> None:
        study_uid: str = ""
        shown: list[VisibleStudy] = []
        for part in parts:
            self.check()
            self.cancelled = self.cancelled or self.request.MessageID in self.caller.association.dimse.cancel_req
            if self.cancelled:
                return
            if part.study_uid != study_uid:
                study_uid = part.study_uid
                shown = self._service.shown(self.caller.sender, self._destination, study_uid)
            opened = self._service.opened(part, shown) if shown else None
            if opened is None:
                self._tally.add(part.sop_instance_uid, FAILED)
            else:
                self._tally.add(part.sop_instance_uid, outlet.send(opened, self._service.correction(shown[0], opened)))
            self._say_pending()

    def meanwhile(self) -> None:
        """Send the requestor a pending response now and then while the destination is busy."""
        if time.monotonic() - self._said_at >= PENDING_EVERY_SECONDS:
            self._say_pending()

    def check(self) -> None:
        """Raises: AssociationLost where the requestor has gone."""
        wait_for_room(self.caller.association)

    def _say_pending(self) -> None:
        self._said_at = time.monotonic()
        if self._tally.remaining:
            respond(self.caller.association, self.request, self._context, PENDING, self._tally)
