"""Receives one instance: bytes to a segment, structure checked to the end, flushed, indexed, and only then success."""

from __future__ import annotations

import errno
import tempfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import IO, Final

import structlog
from sqlalchemy.exc import SQLAlchemyError

from pacs.dataset import part10, tags
from pacs.dataset.index_header import instance_row, uid_of
from pacs.dataset.pixel_extent import Extent, extent_of
from pacs.dataset.walk import DEFLATED, Problem, Walked, walk
from storage.index.queries import Entered, Index, IndexUnavailable
from storage.instance_row import Provenance, is_uid
from storage.segments.spool import FlushFailed, Member, NoSpace, Spool

_FIRST_LOOK: Final = 2048
"""Bytes after which the UIDs are looked for the first time; each further look waits for twice as many."""
_MAX_HEAD: Final = 16 << 20
"""Bytes without a Study Instance UID that are held in memory; what is longer waits in a file."""
_MAX_INFLATED: Final = 256 << 20
"""Bytes that a deflated data set may have when inflated."""

_WHAT_FAILED: Final[dict[type[Exception], str]] = {
    NoSpace: "the disk of the spool is full",
    FlushFailed: "the disk of the spool refuses to write",
}

_log: Final = structlog.get_logger()

Chunk = bytes | bytearray | memoryview


class Reason(StrEnum):
    """What became of an instance."""

    STORED = "stored"
    ALREADY_HERE = "already_here"
    HELD = "held"
    """Something else is stored under its UID, or its study belongs to another patient or site."""
    TRUNCATED = "truncated"
    UNREADABLE = "unreadable"
    NO_UIDS = "no_uids"
    BAD_UID = "bad_uid"
    UID_MISMATCH = "uid_mismatch"
    """The data set names another SOP class or instance than the request."""
    NO_PIXELS = "no_pixels"
    """Fewer pixels than Rows, Columns and Number of Frames promise."""
    ERASED = "erased"
    """It was here, and was erased for good."""
    OUT_OF_RESOURCES = "out_of_resources"
    FAILED = "failed"


STATUS: Final = {
    # PS3.4 B.2.3, Table B.2-1; 0110H is PS3.7 C.5.10.
    Reason.STORED: 0x0000,
    Reason.ALREADY_HERE: 0x0000,
    Reason.HELD: 0x0000,
    Reason.ERASED: 0x0124,  # Refused: Not authorized (PS3.7 9.1.1.1.9)
    Reason.OUT_OF_RESOURCES: 0xA700,
    Reason.UID_MISMATCH: 0xA900,
    Reason.UNREADABLE: 0xC000,
    Reason.TRUNCATED: 0xC001,
    Reason.NO_UIDS: 0xC002,
    Reason.BAD_UID: 0xC003,
    Reason.NO_PIXELS: 0xC004,
    Reason.FAILED: 0x0110,
}

_ENTERED: Final = {
    Entered.NEW: Reason.STORED,
    Entered.SAME: Reason.ALREADY_HERE,
    Entered.HELD: Reason.HELD,
    Entered.ERASED: Reason.ERASED,
}

_PROBLEM: Final = {
    Problem.TRUNCATED: Reason.TRUNCATED,
    Problem.MALFORMED: Reason.UNREADABLE,
    Problem.TOO_DEEP: Reason.UNREADABLE,
    Problem.TOO_LARGE: Reason.UNREADABLE,
}


@dataclass(frozen=True, kw_only=True)
class Sender:
    """Who hands something over."""

    device_id: str
    site_id: str
    issuer: str
    """Of patient ids whose data set names none."""
    character_set: str = ""
    """Of text whose data set does not say what it is written in."""
    test: bool = False
    """Its instances are received and checked to the end, and then given up: no row, no file, no trace of them stays."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    accepted: bool
    reason: Reason
    study_uid: str = ""
    sop_instance_uid: str = ""
    sop_class_uid: str = ""

    @property
    def status(self) -> int:
        return STATUS[self.reason]


@dataclass(frozen=True, kw_only=True)
class _Identity:
    sop_class_uid: str
    sop_instance_uid: str
    study_uid: str


class _Refused(Exception):
    def __init__(self, reason: Reason) -> None:
        self.reason = reason


class Receiver:
    """Where every door ends: C-STORE, STOW-RS and import hand their bytes over here."""

    def __init__(self, spool: Spool, index: Index, clock: Callable[[], datetime]) -> None:
        self.spool = spool
        self.index = index
        self.clock = clock

    def begin(
        self,
        sender: Sender,
        sop_class_uid: str | None,
        sop_instance_uid: str | None,
        transfer_syntax_uid: str,
        source: str,
    ) -> Reception:
        """Begin to receive; the UIDs are those of the request, None where the door names none."""
        return Reception(
            self,
            sender,
            sop_class_uid=sop_class_uid,
            sop_instance_uid=sop_instance_uid,
            transfer_syntax_uid=transfer_syntax_uid,
            source=source,
        )


class Reception:
    """One instance on its way in. Feed it, then either `finish` or `abandon` it."""

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
        self._said_class = sop_class_uid
        self._said_instance = sop_instance_uid
        self._syntax = transfer_syntax_uid
        self._source = source
        self._kept = ExitStack()
        self._head = bytearray()
        self._next_look = _FIRST_LOOK
        self._overflow: IO[bytes] | None = None
        self._identity: _Identity | None = None
        self._member: Member | None = None
        self._head_size = 0
        self._failed = False
        self.keeps_refused = not sender.test
        """Whether what is refused goes to quarantine; False for what comes from there, and for a trial."""

    def feed(self, chunk: Chunk) -> None:
        """Take the next bytes of the data set; a full disk is told by `finish`, so the rest is read and dropped."""
        if self._failed:
            return
        try:
            self._take(chunk)
        except (NoSpace, FlushFailed, SQLAlchemyError) as failure:
            self._fail(failure)
            self._give_up()

    def finish(self) -> Outcome:
        """All bytes are here: check, flush, index, answer."""
        try:
            if not self._failed:
                self._look(whole=True)
                return self._settle()
        except (NoSpace, FlushFailed, IndexUnavailable, SQLAlchemyError) as failure:
            self._fail(failure)
        finally:
            self._give_up()
        return self._outcome(Reason.OUT_OF_RESOURCES)

    def _fail(self, failure: Exception) -> None:
        """The device hears A700 and sends again; whoever looks after the machine finds out here what to mend."""
        self._failed = True
        told = failure.__cause__ or failure
        _log.error(
            "out_of_resources",
            device_id=self._sender.device_id,
            what=_WHAT_FAILED.get(type(failure), "the database did not take the row"),
            error=type(told).__name__,
            errno=errno.errorcode.get(told.errno or 0) if isinstance(told, OSError) else None,
        )

    def abandon(self) -> None:
        """The sender is gone: nothing of it remains."""
        self._give_up()

    def _take(self, chunk: Chunk) -> None:
        if self._member is not None:
            self._member.write(chunk)
        elif self._overflow is not None:
            self._overflow.write(chunk)
        else:
            self._head += chunk
            if len(self._head) >= self._next_look:
                self._next_look = 2 * len(self._head)
                self._look(whole=False)
            if self._member is None and len(self._head) > _MAX_HEAD:
                self._overflow = self._kept.enter_context(tempfile.TemporaryFile())  # noqa: SIM115 # closed by the stack
                self._overflow.write(self._head)

    def _look(self, *, whole: bool) -> None:
        """Look for the UIDs in what has come, and open a member when they are there and fit."""
        if self._member is not None or self._overflow is not None or self._identity is not None:
            return
        # Elements stand in the order of their tags; where they do not, the whole is looked through.
        walked = walk(self._inflated_head(), self._syntax, stop_at=None if whole else tags.SERIES_INSTANCE_UID)
        found = _identity(walked, self._said_class)
        if not (found.sop_instance_uid and found.study_uid) and not whole:
            return
        self._identity = found
        if self._wrong(found) is None:
            head = part10.head(
                sop_class_uid=found.sop_class_uid,
                sop_instance_uid=found.sop_instance_uid,
                transfer_syntax_uid=self._syntax,
            )
            segment = self._kept.enter_context(self._receiver.spool.borrow(found.study_uid))
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

    def _wrong(self, identity: _Identity) -> Reason | None:
        """Why no member can be opened under these UIDs."""
        uids = (identity.sop_class_uid, identity.sop_instance_uid, identity.study_uid)
        if not all(uids):
            return Reason.NO_UIDS
        if not all(is_uid(uid) for uid in (*uids, self._syntax)):
            return Reason.BAD_UID
        if self._said_instance not in (None, identity.sop_instance_uid):
            return Reason.UID_MISMATCH
        if self._said_class not in (None, identity.sop_class_uid):
            return Reason.UID_MISMATCH
        return None

    def _settle(self) -> Outcome:
        provenance = Provenance(
            site_id=self._sender.site_id,
            device_id=self._sender.device_id,
            received_at=self._receiver.clock(),
            source=self._source,
        )
        try:
            return self._store(provenance)
        except _Refused as refused:
            if not self.keeps_refused:
                return self._outcome(refused.reason)
            identity = self._identity
            self._receiver.spool.quarantine(
                refused.reason,
                self._received(),
                provenance=provenance,
                sop_instance_uid=identity and identity.sop_instance_uid,
                study_uid=identity and identity.study_uid,
                transfer_syntax_uid=self._syntax,
            )
            return self._outcome(refused.reason)

    def _store(self, provenance: Provenance) -> Outcome:
        member = self._member
        if member is None:
            raise _Refused(self._why_not())
        walked, extent = self._checked(member.body()[self._head_size :])
        identity = _identity(walked, self._said_class)
        if identity != self._identity:
            raise _Refused(Reason.UNREADABLE)  # an element that comes twice, with two values
        series_uid = uid_of(walked, tags.SERIES_INSTANCE_UID)
        if not is_uid(series_uid):
            raise _Refused(Reason.BAD_UID if series_uid else Reason.NO_UIDS)
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
            return self._outcome(Reason.STORED)  # the segment takes its bytes back when it is returned unfinished
        place = member.finish(row, provenance)
        entered = self._receiver.index.enter(row, place, provenance)
        if entered in (Entered.SAME, Entered.ERASED):
            member.abandon()
        return self._outcome(_ENTERED[entered])

    def _checked(self, dataset: memoryview) -> tuple[Walked, Extent]:
        """The data set walked to its end, every promise of it kept."""
        walked = walk(_inflated(dataset) if self._syntax in DEFLATED else dataset, self._syntax)
        if walked.problem is not None:
            raise _Refused(_PROBLEM[walked.problem])
        extent = extent_of(walked, self._syntax)
        if not extent.complete:
            raise _Refused(Reason.NO_PIXELS)
        return walked, extent

    def _why_not(self) -> Reason:
        """Why there is no member although everything has come."""
        wrong = self._wrong(self._identity) if self._identity is not None else Reason.NO_UIDS
        if wrong is not None and (wrong is not Reason.NO_UIDS or self._overflow is not None):
            return wrong
        try:
            self._checked(memoryview(bytes(self._head)))
        except _Refused as refused:
            return refused.reason
        return Reason.NO_UIDS

    def _received(self) -> Iterator[Chunk]:
        """What came, as a file where it has a head, else the bare data set."""
        if self._member is not None:
            yield self._member.body()
        elif self._overflow is not None:
            self._overflow.seek(0)
            while chunk := self._overflow.read(1 << 20):
                yield chunk
        else:
            yield self._head

    def _outcome(self, reason: Reason) -> Outcome:
        identity = self._identity or _Identity(sop_class_uid="", sop_instance_uid="", study_uid="")
        return Outcome(
            accepted=STATUS[reason] == 0,
            reason=reason,
            study_uid=identity.study_uid,
            sop_instance_uid=identity.sop_instance_uid,
            sop_class_uid=identity.sop_class_uid,
        )

    def _give_up(self) -> None:
        """Return the segment; what was begun and not finished is taken back with it."""
        self._member = None
        self._head = bytearray()
        self._kept.close()


def _identity(walked: Walked, said_class: str | None) -> _Identity:
    """The UIDs of a data set; some old writers leave the SOP class to the request."""
    return _Identity(
        sop_class_uid=uid_of(walked, tags.SOP_CLASS_UID) or said_class or "",
        sop_instance_uid=uid_of(walked, tags.SOP_INSTANCE_UID),
        study_uid=uid_of(walked, tags.STUDY_INSTANCE_UID),
    )


def _inflated(deflated: memoryview) -> bytes:
    """A deflated data set in full (PS3.5 A.5), within bounds."""
    stream = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        plain = stream.decompress(deflated, _MAX_INFLATED)
    except zlib.error as error:
        raise _Refused(Reason.UNREADABLE) from error
    if not stream.eof:
        raise _Refused(Reason.UNREADABLE if stream.unconsumed_tail else Reason.TRUNCATED)
    return plain
