"""Receives one instance: its bytes go to a segment, are checked, flushed and indexed, and only then it is a success."""

from __future__ import annotations

import errno
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from math import inf
from typing import Final

import structlog
from sqlalchemy.exc import SQLAlchemyError

from pacs.arriving.dataset_check import Identity, RefusedDataset, checked, identity_of
from pacs.arriving.outcome import STATUS, Outcome, Reason
from pacs.arriving.usual import UsualInstances
from pacs.dataset import part10, tags
from pacs.dataset.index_header import instance_row, uid_of
from pacs.dataset.walk import DEFLATED, walk
from pacs.rights import Right
from storage import quarantine_moves
from storage.index.queries import Entered, Index, IndexUnavailable
from storage.instance_row import Provenance, is_new_uid
from storage.segments.open_segment import FlushFailed, Member, NoSpace
from storage.segments.refused_file import RefusedFile
from storage.segments.spool import Spool

_FIRST_SEARCH: Final = 2048
"""Bytes after which the UIDs are first searched for; each further search waits for twice as many."""
_MAX_HEAD: Final = 16 << 20
"""Bytes that are held in memory while no Study Instance UID was found; a longer head goes to a file."""

_CAUSES: Final[dict[type[Exception], str]] = {
    NoSpace: "the disk of the spool is full",
    FlushFailed: "the disk of the spool refuses to write",
}

_log: Final = structlog.get_logger()

Chunk = bytes | bytearray | memoryview


_ENTERED: Final = {
    Entered.NEW: Reason.STORED,
    Entered.SAME: Reason.ALREADY_HERE,
    Entered.HELD: Reason.HELD,
    Entered.ERASED: Reason.ERASED,
}


@dataclass(frozen=True, kw_only=True)
class Sender:
    """The device, person or import that an instance comes from."""

    device_id: str
    site_id: str
    issuer: str
    """Issuer of Patient ID for data sets that name none."""
    character_set: str = ""
    """Specific Character Set for data sets that name none."""
    may: frozenset[Right] = frozenset((Right.STORE,))
    """What a device may do; a person and an import store."""
    test: bool = False
    """A trial: its instances are received and checked, then discarded without a row, a file or a quarantine entry."""
    address: str = field(default="", compare=False)
    """The network address that it calls from, for the audit."""


class Receiver:
    """The one way in: C-STORE, STOW-RS and import give it their bytes."""

    def __init__(self, spool: Spool, index: Index, clock: Callable[[], datetime]) -> None:
        self.spool = spool
        self.index = index
        self.clock = clock
        self.usual = UsualInstances()

    def begin(
        self,
        sender: Sender,
        sop_class_uid: str | None,
        sop_instance_uid: str | None,
        transfer_syntax_uid: str,
        source: str,
    ) -> Reception:
        """Begin to receive; the UIDs are those of the request, None where the request names none."""
        return Reception(
            self,
            sender,
            sop_class_uid=sop_class_uid,
            sop_instance_uid=sop_instance_uid,
            transfer_syntax_uid=transfer_syntax_uid,
            source=source,
        )


class Reception:
    """One arriving instance: feed it, then either `finish` or `abandon` it."""

    def __init__(
        self,
        receiver: Receiver,
        sender: Sender,
        *,
        sop_class_uid: str | None,
        sop_instance_uid: str | None,
        transfer_syntax_uid: str,
        source: str,
    ) -> None:
        self._receiver = receiver
        self._sender = sender
        self._requested_class = sop_class_uid
        self._requested_instance = sop_instance_uid
        self._syntax = transfer_syntax_uid
        self._source = source
        self._resources = ExitStack()
        self._head = bytearray()
        self._next_search = _FIRST_SEARCH
        self._overflow: RefusedFile | None = None
        self._not_kept = False
        self._identity: Identity | None = None
        self._member: Member | None = None
        self._head_size = 0
        self._failed = False
        self._fed = False
        self._may_store = Right.STORE in sender.may
        self.keeps_refused = not sender.test
        """Whether a refused instance goes to quarantine; not if it comes from there, nor in a trial."""

    def feed(self, chunk: Chunk) -> None:
        """Take the next bytes of the data set; after a failure they are dropped, and `finish` says so."""
        self._fed = True
        if self._failed or not self._may_store:
            return
        try:
            self._write(chunk)
        except (NoSpace, FlushFailed, SQLAlchemyError) as failure:
            self._fail(failure)
            self._release()

    def finish(self, rest: Chunk = b"") -> Outcome:
        """Check, flush and index the whole instance, and say what became of it.

        ``rest`` are the bytes that were not fed. Where they are all of it, and much as other instances before, less
        has to be done.
        """
        if not self._may_store:
            return self._outcome(Reason.NO_RIGHT)
        if not self._fed:
            outcome = self._finish_usual(memoryview(rest))
            if outcome is not None:
                return outcome
        if len(rest):
            self.feed(rest)
        try:
            if not self._failed:
                self._find_uids(whole=True)
                return self._settle()
        except (NoSpace, FlushFailed, IndexUnavailable, SQLAlchemyError) as failure:
            self._fail(failure)
        finally:
            self._release()
        return self._outcome(Reason.OUT_OF_RESOURCES)

    def _finish_usual(self, dataset: memoryview) -> Outcome | None:
        """As `finish`; None, with nothing done, where the instance is not as usual."""
        sender, receiver = self._sender, self._receiver
        read = receiver.usual.read(
            dataset,
            self._syntax,
            sop_class_uid=self._requested_class,
            sop_instance_uid=self._requested_instance,
            issuer=sender.issuer,
            character_set=sender.character_set,
        )
        if read is None:
            return None
        self._identity, row = read.identity, read.row
        if sender.test:
            return self._outcome(Reason.STORED)
        provenance = self._provenance()
        try:
            with receiver.spool.borrow(row.study_uid) as segment:
                place = segment.append(read.header(segment.id, segment.end, provenance), read.head, dataset)
                entered = receiver.index.enter(row, place, provenance, read.description, read.alike)
                if entered in (Entered.SAME, Entered.ERASED):
                    segment.take_back(place)
        except (NoSpace, FlushFailed, IndexUnavailable, SQLAlchemyError) as failure:
            self._fail(failure)
            return self._outcome(Reason.OUT_OF_RESOURCES)
        return self._outcome(_ENTERED[entered])

    def _provenance(self) -> Provenance:
        return Provenance(
            site_id=self._sender.site_id,
            device_id=self._sender.device_id,
            received_at=self._receiver.clock(),
            source=self._source,
        )

    def _fail(self, failure: Exception) -> None:
        """The device is answered A700H and sends again; the log tells the operator what to repair."""
        self._failed = True
        cause = failure.__cause__ or failure
        _log.error(
            "out_of_resources",
            device_id=self._sender.device_id,
            what=_CAUSES.get(type(failure), "the database did not take the row"),
            error=type(cause).__name__,
            errno=errno.errorcode.get(cause.errno or 0) if isinstance(cause, OSError) else None,
        )

    def abandon(self) -> None:
        """Keep nothing: the sender is gone."""
        self._release()

    def _write(self, chunk: Chunk) -> None:
        if self._member is not None:
            self._member.write(chunk)
        elif self._overflow is not None:
            self._overflow.write(chunk)
        elif self._not_kept:
            return
        else:
            self._head += chunk
            if len(self._head) >= self._next_search:
                self._next_search = 2 * len(self._head)
                self._find_uids(whole=False)
            if self._member is None and len(self._head) > _MAX_HEAD:
                self._begin_overflow()

    def _begin_overflow(self) -> None:
        """Keep what has no UIDs for the quarantine only, and no more of it than goes there."""
        room = self._receiver.spool.room_in_quarantine(self._sender.device_id) if self.keeps_refused else 0
        if room > len(self._head):
            self._overflow = self._resources.enter_context(RefusedFile(self._receiver.spool.directory, room))
            self._overflow.write(self._head)
        self._not_kept = self._overflow is None
        self._head = bytearray()

    def _find_uids(self, *, whole: bool) -> None:
        """Search what has arrived for the UIDs, and open a segment member when they are found and valid."""
        known = self._member is not None or self._identity is not None
        if known or self._overflow is not None or self._not_kept:
            return
        # Elements stand in the order of their tags; where they do not, the search of the whole finds them.
        walked = walk(self._inflated_head(), self._syntax, stop_at=None if whole else tags.SERIES_INSTANCE_UID)
        found = identity_of(walked, self._requested_class)
        if not (found.sop_instance_uid and found.study_uid) and not whole:
            return
        self._identity = found
        if self._uid_problem(found) is None:
            head = part10.head(
                sop_class_uid=found.sop_class_uid,
                sop_instance_uid=found.sop_instance_uid,
                transfer_syntax_uid=self._syntax,
            )
            segment = self._resources.enter_context(self._receiver.spool.borrow(found.study_uid))
            self._head_size = len(head)
            self._member = segment.begin(f"{found.sop_instance_uid}.dcm", head)
            self._member.write(self._head)
            self._head = bytearray()

    def _inflated_head(self) -> memoryview | bytes:
        if self._syntax not in DEFLATED:
            return bytes(self._head)
        try:
            return zlib.decompressobj(-zlib.MAX_WBITS).decompress(self._head, _MAX_HEAD)
        except zlib.error:
            return b""

    def _uid_problem(self, identity: Identity) -> Reason | None:
        """Why these UIDs are refused; None where they are not."""
        uids = (identity.sop_class_uid, identity.sop_instance_uid, identity.study_uid)
        if not all(uids):
            return Reason.NO_UIDS
        if not all(is_new_uid(uid) for uid in (*uids, self._syntax)):
            return Reason.BAD_UID
        if self._requested_instance not in (None, identity.sop_instance_uid):
            return Reason.UID_MISMATCH
        if self._requested_class not in (None, identity.sop_class_uid):
            return Reason.UID_MISMATCH
        return None

    def _settle(self) -> Outcome:
        provenance = self._provenance()
        try:
            return self._store(provenance)
        except RefusedDataset as refused:
            if not self.keeps_refused:
                return self._outcome(refused.reason)
            self._keep_refused(refused.reason, provenance)
            return self._outcome(refused.reason)

    def _keep_refused(self, reason: Reason, provenance: Provenance) -> None:
        """Into quarantine, while the quota of the device has room; its answer is the same."""
        spool, identity = self._receiver.spool, self._identity
        if self._refused_bytes() > spool.room_in_quarantine(self._sender.device_id):
            _log.warning("quarantine_full", device_id=self._sender.device_id, reason=reason)
            spool.note_not_kept(provenance)
            return
        spool.quarantine(
            quarantine_moves.Reason(reason),
            self._received(),
            provenance=provenance,
            sop_instance_uid=identity and identity.sop_instance_uid,
            study_uid=identity and identity.study_uid,
            transfer_syntax_uid=self._syntax,
        )

    def _refused_bytes(self) -> float:
        if self._member is not None:
            return len(self._member.body())
        if self._overflow is not None:
            return inf if self._overflow.dropped else self._overflow.size
        return inf if self._not_kept else len(self._head)

    def _store(self, provenance: Provenance) -> Outcome:
        member = self._member
        if member is None:
            raise RefusedDataset(self._refusal())
        walked, extent = checked(member.body()[self._head_size :], self._syntax)
        identity = identity_of(walked, self._requested_class)
        if identity != self._identity:
            raise RefusedDataset(Reason.UNREADABLE)  # an element occurs twice, with two values
        series_uid = uid_of(walked, tags.SERIES_INSTANCE_UID)
        if not is_new_uid(series_uid):
            raise RefusedDataset(Reason.BAD_UID if series_uid else Reason.NO_UIDS)
        row = instance_row(
            walked,
            extent,
            sop_class_uid=identity.sop_class_uid,
            transfer_syntax_uid=self._syntax,
            issuer=self._sender.issuer,
            character_set=self._sender.character_set,
            dataset_offset=self._head_size,
            received_digest=member.digest(),
        )
        if self._sender.test:
            return self._outcome(Reason.STORED)  # releasing the segment discards the unfinished member
        place = member.finish(row, provenance)
        entered = self._receiver.index.enter(row, place, provenance)
        if entered in (Entered.SAME, Entered.ERASED):
            member.abandon()
        return self._outcome(_ENTERED[entered])

    def _refusal(self) -> Reason:
        """Why an instance that arrived in full got no member."""
        wrong = self._uid_problem(self._identity) if self._identity is not None else Reason.NO_UIDS
        if wrong is not None and (wrong is not Reason.NO_UIDS or self._overflow is not None or self._not_kept):
            return wrong
        try:
            checked(memoryview(bytes(self._head)), self._syntax)
        except RefusedDataset as refused:
            return refused.reason
        return Reason.NO_UIDS

    def _received(self) -> Iterator[Chunk]:
        """What arrived: a PS3.10 file where a head was written, else the bare data set."""
        if self._member is not None:
            yield self._member.body()
        elif self._overflow is not None:
            yield from self._overflow.pieces()
        else:
            yield self._head

    def _outcome(self, reason: Reason) -> Outcome:
        identity = self._identity or Identity(sop_class_uid="", sop_instance_uid="", study_uid="")
        return Outcome(
            accepted=STATUS[reason] == 0,
            reason=reason,
            study_uid=identity.study_uid,
            sop_instance_uid=identity.sop_instance_uid,
            sop_class_uid=identity.sop_class_uid,
        )

    def _release(self) -> None:
        """Return the segment, which discards a member that is not finished."""
        self._member = None
        self._head = bytearray()
        self._resources.close()
