"""STOW-RS (PS3.18 10.5): gives the parts of multipart/related to `pacs.arriving.receive`, as C-STORE does."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from pacs.arriving.outcome import Outcome, Reason
from pacs.arriving.receive import Receiver, Reception, Sender
from pacs.dataset import tags
from pacs.dataset.index_header import uid_of
from pacs.dataset.part10 import NoMeta, read_meta
from pacs.dataset.walk import DEFLATED, walk
from pacs.dicomweb.multipart import Reader, media_type

DICOM: Final = "application/dicom"
CANNOT_UNDERSTAND: Final = 0xC000
UNSUPPORTED_MEDIA: Final = 0x0110
NOT_OF_STUDY: Final = 0xA900
STUDY_MAX_BYTES: Final = 16 << 20
"""The Study Instance UID must stand within these bytes where the request names a study."""


@dataclass(frozen=True, kw_only=True)
class PartOutcome:
    outcome: Outcome
    status: int


class StowRequest:
    """One STOW-RS request: a `Reader` of its body whose parts go to the receiver."""

    def __init__(self, receiver: Receiver, sender: Sender, boundary: str, study_uid: str | None) -> None:
        """Raises: BadMultipart."""
        self._receiver = receiver
        self._sender = sender
        self._study_uid = study_uid
        self.kept: list[PartOutcome] = []
        self.reader = Reader(boundary, self._begin)

    def _begin(self, header: Mapping[str, str]) -> _Part:
        media = media_type(header.get("content-type", DICOM))
        return _Part(self, self._receiver, self._sender, self._study_uid, refused=media.name != DICOM)

    def ended(self, outcome: Outcome, status: int) -> None:
        self.kept.append(PartOutcome(outcome=outcome, status=status))

    def answer(self, base: str) -> tuple[HTTPStatus, dict[str, Any]]:
        """The Store Instances Response Module (PS3.18 Table I.2-1) and its HTTP status."""
        stored = [one.outcome for one in self.kept if one.outcome.accepted]
        failed = [one for one in self.kept if not one.outcome.accepted]
        content: dict[str, Any] = {}
        if stored:
            content["00081199"] = {"vr": "SQ", "Value": [_referenced(one, base) for one in stored]}
        if failed:
            content["00081198"] = {"vr": "SQ", "Value": [_failed(one) for one in failed]}
        studies = {one.study_uid for one in stored}
        if len(studies) == 1:
            content["00081190"] = {"vr": "UR", "Value": [f"{base}/studies/{studies.pop()}"]}
        if not failed and stored:
            return HTTPStatus.OK, content
        return (HTTPStatus.ACCEPTED if stored else HTTPStatus.CONFLICT), content


class _Part:
    """An arriving PS3.10 file, whose meta information names the transfer syntax of the rest."""

    def __init__(
        self, store: StowRequest, receiver: Receiver, sender: Sender, study_uid: str | None, *, refused: bool
    ) -> None:
        self._store = store
        self._receiver = receiver
        self._sender = sender
        self._study_uid = study_uid
        self._next_look = 0
        self._status = UNSUPPORTED_MEDIA if refused else 0
        self._head = bytearray()
        self._reception: Reception | None = None
        self._named: tuple[str, str] = ("", "")

    def write(self, chunk: memoryview) -> None:
        if self._status:
            return
        if self._reception is not None:
            self._reception.feed(chunk)
            return
        self._head += chunk
        self._open(whole=False)

    def end(self) -> None:
        if not self._status and self._reception is None:
            self._open(whole=True)
        if self._reception is None:
            nothing = Outcome(
                accepted=False, reason=Reason.UNREADABLE, sop_class_uid=self._named[0], sop_instance_uid=self._named[1]
            )
            self._store.ended(nothing, self._status or CANNOT_UNDERSTAND)
            return
        reception, self._reception = self._reception, None
        outcome = reception.finish()
        self._store.ended(outcome, outcome.status)

    def abandon(self) -> None:
        if self._reception is not None:
            self._reception.abandon()

    def _open(self, *, whole: bool) -> None:
        """Begin the reception once the meta information has arrived, and the study UID where one was requested."""
        try:
            meta = read_meta(self._head, whole=whole)
        except NoMeta:
            self._status = CANNOT_UNDERSTAND
            return
        if meta is None:
            return
        self._named = (meta.sop_class_uid, meta.sop_instance_uid)
        syntax = meta.transfer_syntax_uid
        if not syntax:
            self._status = CANNOT_UNDERSTAND
            return
        if not self._is_of_study(syntax, meta.end, whole=whole):
            return
        sop_class_uid, sop_instance_uid = self._named
        self._reception = self._receiver.begin(
            self._sender, sop_class_uid or None, sop_instance_uid or None, syntax, "stow"
        )
        with memoryview(self._head) as head, head[meta.end :] as rest:
            self._reception.feed(rest)
        self._head = bytearray()

    def _is_of_study(self, syntax: str, start: int, *, whole: bool) -> bool:
        """Whether the instance is of the requested study (PS3.18 10.5.1.1); False while that is unknown."""
        if self._study_uid is None:
            return True
        if not whole and len(self._head) < self._next_look:
            return False
        self._next_look = 2 * len(self._head)
        dataset = bytes(self._head[start : start + STUDY_MAX_BYTES])
        if syntax in DEFLATED:
            try:
                dataset = zlib.decompressobj(-zlib.MAX_WBITS).decompress(dataset, STUDY_MAX_BYTES)
            except zlib.error:
                dataset = b""
        found = uid_of(walk(dataset, syntax, stop_at=tags.SERIES_INSTANCE_UID), tags.STUDY_INSTANCE_UID)
        if found == self._study_uid:
            return True
        if found or whole or len(self._head) > STUDY_MAX_BYTES:
            self._status = NOT_OF_STUDY
            self._head = bytearray()
        return False


def _referenced(outcome: Outcome, base: str) -> dict[str, Any]:
    found = _uids(outcome)
    found["00081190"] = {
        "vr": "UR",
        "Value": [f"{base}/studies/{outcome.study_uid}/instances/{outcome.sop_instance_uid}"],
    }
    return found


def _failed(one: PartOutcome) -> dict[str, Any]:
    return _uids(one.outcome) | {"00081197": {"vr": "US", "Value": [one.status]}}


def _uids(outcome: Outcome) -> dict[str, Any]:
    pairs = {"00081150": outcome.sop_class_uid, "00081155": outcome.sop_instance_uid}
    return {tag: {"vr": "UI", "Value": [uid]} if uid else {"vr": "UI"} for tag, uid in pairs.items()}
