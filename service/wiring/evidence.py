"""The evidence behind a concern: bytes in quarantine compared, drawn, handed out, and received once more."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

from sqlalchemy.engine import Engine

from pacs.arriving.receive import Receiver
from pacs.arriving.receive_again import quarantine_chunks, receive_again
from pacs.pixels import differences
from pacs.pixels.memory import Busy, TooLarge
from pacs.pixels.opened import Bytes, NoSuchFrame, StoredInstance, Unreadable
from pacs.pixels.rendered import render
from pacs.pixels.rendering import Picture, Rendering, Viewport
from pacs.pixels.sameness import Encoded
from pacs.pixels.transcode import NotDecodable
from reading.errors import NotThere
from reading.register import devices
from service.installation.house import sender_of
from storage.database import snapshot
from storage.decisions import quarantine
from storage.nodes.reader import BytesMissing, HolderAway
from storage.records import Held, Instance
from viewer.http.errors import Unavailable
from viewer.http.evidence import Compared, Difference

LARGEST_COMPARED: Final = 128 << 20
"""Bytes of an instance that is compared while somebody waits for the page."""
SMALL: Final = Viewport(width=320, height=320)


class Evidence:
    """`viewer.http.evidence.Evidence` over this node's spool and the object store."""

    def __init__(self, engine: Engine, spool_dir: Path, bytes_: Bytes, receiver: Receiver) -> None:
        self._engine = engine
        self._spool_dir = spool_dir
        self._bytes = bytes_
        self._receiver = receiver

    def compare(self, newcomer: Held, stored: Instance) -> Compared | None:
        theirs = quarantine.as_instance(newcomer)
        if theirs is None or max(theirs.size, stored.size) > LARGEST_COMPARED:
            return None
        try:
            found = differences.differences(self._encoded(stored), self._encoded(theirs))
        except (BytesMissing, HolderAway, OSError):
            return None
        if found is None:
            return None
        return Compared(
            attributes=tuple(
                Difference(keyword=one.keyword, stored=one.stored, newcomer=one.newcomer) for one in found.attributes
            ),
            more=found.more,
            pixels=found.pixels,
        )

    def picture(self, one: Held) -> tuple[bytes, str]:
        instance = quarantine.as_instance(one)
        if instance is None or not instance.frames:
            raise NotThere
        opened = StoredInstance(self._bytes, instance)
        middle = (instance.frames + 1) // 2
        try:
            return render(opened, opened.header(), middle, Rendering(viewport=SMALL), Picture.JPEG), Picture.JPEG.value
        except (NotDecodable, NoSuchFrame, Unreadable, TooLarge, BytesMissing, HolderAway) as nothing:
            raise NotThere from nothing
        except Busy as busy:
            raise Unavailable from busy

    def content(self, one: Held) -> Iterator[bytes]:
        try:
            if one.key is not None:
                return quarantine_chunks(self._path(one.key))
            instance = quarantine.as_instance(one)
            if instance is None:
                raise NotThere
            return self._bytes.stream(instance)
        except (FileNotFoundError, BytesMissing, HolderAway) as elsewhere:
            raise NotThere from elsewhere

    def receive_again(self, one: Held) -> str | None:
        with snapshot(self._engine) as tx:
            device = None if one.device_id is None else devices.by_id(tx, one.device_id)
        if device is None or one.key is None:
            raise NotThere
        # Who sent it then, not whose the device is now.
        sender = replace(sender_of(device), site_id=one.site_id or device.site_id)
        try:
            outcome = receive_again(self._receiver, sender, self._path(one.key), one.transfer_syntax_uid or "")
        except FileNotFoundError as elsewhere:
            raise NotThere from elsewhere
        return None if outcome.accepted else outcome.reason

    def _path(self, key: str) -> Path:
        return self._spool_dir / key

    def _encoded(self, one: Instance) -> Encoded:
        dataset = self._bytes.read(one, one.dataset_offset, one.size - one.dataset_offset)
        return Encoded(dataset=dataset, transfer_syntax=one.transfer_syntax_uid)
