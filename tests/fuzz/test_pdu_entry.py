"""Whatever comes over the wire: no success for what is not stored, no crash, no hang, and the next device is served."""

from __future__ import annotations

import hashlib
import resource
import socket
import struct
from datetime import timedelta
from typing import Any, Final

import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from storage import tables
from storage.database import snapshot
from tests.archive import Archive
from tests.builders import CT, image, thing
from tests.fuzz.mutations import edits, mutated
from tests.wire import (
    EXPLICIT_LITTLE,
    IMPLICIT_LITTLE,
    VERIFICATION,
    Sender,
    associate_rq,
    command,
    pdu,
    pdv,
    uid,
    us,
)

CONTEXTS: Final = [(VERIFICATION, [IMPLICIT_LITTLE]), (CT, [EXPLICIT_LITTLE])]
IMAGE: Final = thing(image())
MORE_KIB: Final = 200 * 1024
SECONDS: Final = 20
"""Within which a peer hears an answer, or that it is cut off."""
EVERY: Final = 100
"""Cases after which a well-behaved device tries the listener."""


def test_no_bytes_on_the_wire_are_acknowledged_that_are_not_stored(small_archive: Archive, cases: int) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    tried = acknowledged = 0
    with small_archive.listening(idle_seconds=5, request_seconds=5) as listener:

        @settings(
            max_examples=cases,
            database=None,
            deadline=timedelta(seconds=SECONDS * 2),
            suppress_health_check=list(HealthCheck),
        )
        @given(st.sampled_from(STREAMS), edits, st.integers(1, 5000), st.booleans())
        def one(stream: bytes, changes: Any, piece: int, associated: bool) -> None:
            nonlocal tried, acknowledged
            opening = OPENING if associated else b""
            rest = mutated(stream if associated else OPENING + stream, changes)
            answers = said(listener.address, opening, rest, piece)
            stored = answers.count(0x0000)
            tried += 1
            acknowledged += stored

            if stored:
                assert all_in_the_index_are_whole(small_archive)
            if tried % EVERY == 0:
                with Sender(address=listener.address, contexts=CONTEXTS) as device:
                    assert device.echo() == 0

        one()
        with Sender(address=listener.address, contexts=CONTEXTS) as device:
            assert device.store(thing(image())) == 0
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    assert tried >= cases
    assert acknowledged > 0
    assert after - before < MORE_KIB
    print(f"streams: {tried}, C-STORE acknowledged within them: {acknowledged}")


def said(address: tuple[str, int], opening: bytes, stream: bytes, piece: int) -> list[int]:
    """The statuses of the C-STORE responses that come back; ``opening`` is answered before the rest is sent."""
    statuses: list[int] = []
    with socket.create_connection(address, timeout=SECONDS) as sock:
        heard = bytearray()
        sock.sendall(opening)
        try:
            if opening:
                heard += sock.recv(65536)
            for at in range(0, len(stream), piece):
                sock.sendall(stream[at : at + piece])
            sock.shutdown(socket.SHUT_WR)
            while more := sock.recv(65536):
                heard += more
        except TimeoutError:
            raise  # it hangs
        except OSError:
            pass  # cut off in mid-sentence, which is an answer
    while len(heard) >= 6:
        kind, _, length = struct.unpack_from(">BBI", heard)
        body = bytes(heard[6 : 6 + length])
        del heard[: 6 + length]
        if kind == 4:
            elements = elements_of(body[6:])
            if elements.get(0x0100) == us(0x8001):
                statuses.append(struct.unpack("<H", elements[0x0900])[0])
    return statuses


def elements_of(encoded: bytes) -> dict[int, bytes]:
    elements: dict[int, bytes] = {}
    at = 0
    while at + 8 <= len(encoded):
        _, number, length = struct.unpack_from("<HHI", encoded, at)
        elements[number] = encoded[at + 8 : at + 8 + length]
        at += 8 + length
    return elements


def all_in_the_index_are_whole(archive: Archive) -> bool:
    """Whether what was indexed last has the digest that its row says, read from where the row says."""
    with snapshot(archive.engine) as tx:
        newest = sa.select(tables.instance).order_by(tables.instance.c.received_at.desc()).limit(1)
        row = tx.execute(newest).mappings().one()
    return hashlib.sha256(archive.stored(dict(row))).digest() == row["received_digest"]


def streams() -> list[bytes]:
    """What a well-behaved device says once it is associated."""
    echo = command({0x0002: uid(VERIFICATION), 0x0100: us(0x0030), 0x0110: us(1), 0x0800: us(0x0101)})
    store = command(
        {
            0x0002: uid(IMAGE.sop_class),
            0x0100: us(0x0001),
            0x0110: us(2),
            0x0700: us(0),
            0x0800: us(1),
            0x1000: uid(IMAGE.sop_instance),
        }
    )
    whole = pdu(4, pdv(3, 3, store)) + pdu(4, pdv(3, 2, IMAGE.dataset))
    pieces = [IMAGE.dataset[at : at + 300] for at in range(0, len(IMAGE.dataset), 300)]
    fragments = b"".join(
        pdu(4, pdv(3, 2 if number == len(pieces) else 0, piece)) for number, piece in enumerate(pieces, start=1)
    )
    release = pdu(5, bytes(4))
    return [
        release,
        pdu(4, pdv(1, 3, echo)) + release,
        whole + release,
        pdu(4, pdv(3, 3, store)) + fragments + release,
        whole + pdu(4, pdv(1, 3, echo)) + whole + release,
        pdu(4, pdv(3, 3, store) + pdv(3, 2, IMAGE.dataset)) + pdu(7, bytes(4)),
    ]


OPENING: Final = associate_rq("TOWNSHIP", "TIERREAD", CONTEXTS)
STREAMS: Final = streams()
