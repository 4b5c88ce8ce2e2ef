"""Attacks on a running TierRead: each is a function that goes on until its process ends; `ATTACKS` names them."""

from __future__ import annotations

import contextlib
import itertools
import socket
import struct
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Final

import httpx
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate

from tests.attackers import STRANGER, WILD, ask_for_work
from tests.builders import CT, image, new_uid, thing
from tests.wire import EXPLICIT_LITTLE, Object, Sender, pdu, pdv

RLE: Final = "1.2.840.10008.1.2.5"
HUGE: Final = 14_000
"""Rows and columns of the hostile image."""


@dataclass(frozen=True, kw_only=True)
class Target:
    """What is attacked."""

    dicom_port: int
    tls_port: int
    http_port: int
    spool_port: int
    attacker: str
    """AE title of a registered device that does not behave."""
    reader: dict[str, str] = field(repr=False)
    """Cookies of a reader whose browser does not behave."""
    huge: str
    """Path of an image of 14,000 x 14,000 pixels in DICOMweb, 3 MB as it is stored."""
    huge_frames: str
    """Path of one with 20 such frames."""


def nothing(_target: Target) -> None:
    time.sleep(3600)


def patterns(target: Target, *, pattern: str = WILD) -> None:
    """Worklist queries with a pattern, four at a time."""

    def ask() -> None:
        ask_for_work(target.dicom_port, target.attacker, ReasonForTheRequestedProcedure=pattern)

    _for_ever(ask, threads=4)


def silence(port: str, target: Target, *, count: int, source: str = STRANGER, say: bytes = b"") -> None:
    """So many connections that say a little and then nothing; those that are closed are opened again."""
    held: list[socket.socket] = []
    while True:
        for each in list(held):
            with contextlib.suppress(BlockingIOError):
                try:
                    closed = each.recv(1 << 16) == b""
                except ConnectionError:
                    closed = True
                if closed:
                    each.close()
                    held.remove(each)
        while len(held) < count:
            with contextlib.suppress(OSError):
                one = socket.create_connection(
                    ("127.0.0.1", getattr(target, port)), timeout=5, source_address=(source, 0)
                )
                held.append(one)
                one.sendall(say)
                one.setblocking(False)
        time.sleep(0.2)


def idle_associations(target: Target, *, count: int) -> None:
    """So many associations of one registered device that say nothing; those that end are asked for again."""
    held: list[Sender] = []
    while True:
        held = [one for one in held if not _has_ended(one.sock)]
        while len(held) < count:
            one = _sender(target)
            try:
                one.connect()
                one.associate()
            except Exception:  # noqa: BLE001 # refused, or closed: that is what is measured
                break
            held.append(one)
        time.sleep(0.1)


def crowd(target: Target) -> None:
    """Calls of a title that nobody knows, as fast as they are refused."""

    def call() -> None:
        with Sender(address=("127.0.0.1", target.dicom_port), calling="NOBODY", source=STRANGER):
            pass

    _for_ever(call, threads=8)


def trickling_pictures(target: Target, *, count: int) -> None:
    """Pictures of one device that come a byte a second."""
    sent = thing(image())
    while True:
        held: list[Sender] = []
        with contextlib.suppress(Exception):
            for _ in range(count):
                one = _sender(target)
                one.connect()
                one.associate()
                one.send_message(1, one.store_command(sent))
                held.append(one)
        for byte in sent.dataset:
            for one in held:
                with contextlib.suppress(Exception):
                    one.send(pdu(4, pdv(1, 0, bytes((byte,)))))
            time.sleep(1)


def endless_heads(target: Target) -> None:
    """Requests whose header fields never end."""

    def ask() -> None:
        with socket.create_connection(("127.0.0.1", target.http_port), source_address=(STRANGER, 0)) as one:
            one.sendall(b"GET / HTTP/1.1\r\n")
            while True:
                one.sendall(b"X: " + b"x" * 1000 + b"\r\n")

    _for_ever(ask, threads=8)


def sign_ins(target: Target) -> None:
    """Sign-ins with names that nobody has, eight at a time."""
    numbers = itertools.count()

    def sign_in() -> None:
        httpx.post(
            f"http://127.0.0.1:{target.http_port}/api/session",
            json={"username": f"nobody{next(numbers)}", "password": "a wrong password"},
            timeout=60,
        )

    _for_ever(sign_in, threads=8)


def huge_pictures(target: Target) -> None:
    """Thumbnails of the hostile image, four at a time, none of them from a cache."""
    sides = itertools.count(100)

    def ask() -> None:
        side = next(sides) % 500 + 100
        _get(target, f"{target.huge}/thumbnail?viewport={side},{side}", "image/jpeg")

    _for_ever(ask, threads=4)


def huge_retrievals(target: Target) -> None:
    """20 hostile frames in Explicit VR Little Endian, four at a time."""
    whole = f'multipart/related; type="application/dicom"; transfer-syntax={EXPLICIT_LITTLE}'
    _for_ever(lambda: _get(target, target.huge_frames, whole), threads=4)


def nameless(target: Target) -> None:
    """Data sets of 64 MB without UIDs, four at a time."""
    body = struct.pack("<HH2sHI", 9, 0x1001, b"OB", 0, 64 << 20) + bytes(64 << 20)

    def send() -> None:
        sent = Object(transfer_syntax=EXPLICIT_LITTLE, sop_class=CT, sop_instance=new_uid(), dataset=body)
        with _sender(target) as one:
            one.store(sent)

    _for_ever(send, threads=4)


HALF_HEAD: Final = b"GET / HTTP/1.1\r\nHost: x\r\n"
HALF_BODY: Final = b"POST /api/session HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n{"
ATTACKS: Final[dict[str, Callable[[Target], None]]] = {
    "nothing": nothing,
    "a worklist query of 16 stars, 4 at a time": patterns,
    "a worklist query of stars and letters, 4 at a time": partial(patterns, pattern="*a" * 60 + "b"),
    "170 silent connections of a stranger": partial(silence, "dicom_port", count=170),
    "170 silent connections of the device's own address": partial(silence, "dicom_port", count=170, source="127.0.0.1"),
    "170 silent connections to the TLS port": partial(silence, "tls_port", count=170),
    "100 idle associations of one device": partial(idle_associations, count=100),
    "8 strangers who call again and again": crowd,
    "20 pictures that come a byte a second": partial(trickling_pictures, count=20),
    "400 silent connections to the spool's port": partial(silence, "spool_port", count=400),
    "3000 idle connections of HTTP": partial(silence, "http_port", count=3000),
    "1000 requests with half a head": partial(silence, "http_port", count=1000, say=HALF_HEAD),
    "1000 requests with half a body": partial(silence, "http_port", count=1000, say=HALF_BODY),
    "8 endless heads": endless_heads,
    "8 sign-ins with invented names at a time": sign_ins,
    "thumbnails of 14,000 x 14,000 pixels, 4 at a time": huge_pictures,
    "20 frames of that size in Explicit VR, 4 at a time": huge_retrievals,
    "64 MB without UIDs, 4 at a time": nameless,
}


def huge_image(*, frames: int | None = None) -> Dataset:
    """The hostile image: a run of equal pixels is two bytes in RLE (PS3.5 G), whatever its rows and columns say."""
    made = image(frames=frames, Rows=HUGE, Columns=HUGE, BitsAllocated=8, BitsStored=8, HighBit=7, PixelData=None)
    runs = -(-HUGE * HUGE // 128)
    codestream = struct.pack("<16L", 1, 64, *[0] * 14) + b"\x81\x00" * runs
    made.PixelData = encapsulate([codestream] * (frames or 1))
    made["PixelData"].VR = "OB"
    made["PixelData"].is_undefined_length = True
    return made


def _get(target: Target, path: str, accept: str) -> None:
    with httpx.stream(
        "GET",
        f"http://127.0.0.1:{target.http_port}{path}",
        headers={"Accept": accept},
        cookies=target.reader,
        timeout=120,
    ) as answer:
        for _ in answer.iter_raw():
            pass


def _for_ever(what: Callable[[], None], threads: int) -> None:
    def repeat() -> None:
        while True:
            with contextlib.suppress(Exception):
                what()

    for _ in range(threads):
        threading.Thread(target=repeat, daemon=True).start()
    time.sleep(3600)


def _sender(target: Target) -> Sender:
    address = ("127.0.0.1", target.dicom_port)
    return Sender(address=address, contexts=[(CT, [EXPLICIT_LITTLE])], calling=target.attacker, timeout=5)


def _has_ended(sock: socket.socket) -> bool:
    sock.setblocking(False)
    try:
        sock.recv(1)
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True  # an abort, or the end
