"""A raw DICOM Upper Layer sender: a file's data set goes on the wire unchanged, and it misbehaves when asked."""

from __future__ import annotations

import socket
import struct
import warnings
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import pydicom

VERIFICATION: Final = "1.2.840.10008.1.1"
SECONDARY_CAPTURE: Final = "1.2.840.10008.5.1.4.1.1.7"
IMPLICIT_LITTLE: Final = "1.2.840.10008.1.2"
EXPLICIT_LITTLE: Final = "1.2.840.10008.1.2.1"

LONG_VRS: Final = frozenset((b"OB", b"OW", b"OF", b"OD", b"OL", b"OV", b"SQ", b"UN", b"UT", b"UC", b"UR", b"SV", b"UV"))


class Rejected(Exception):
    """A-ASSOCIATE-RJ (PS3.8 9.3.4)."""

    def __init__(self, result: int, source: int, reason: int) -> None:
        super().__init__(result, source, reason)
        self.result, self.source, self.reason = result, source, reason


class Aborted(Exception):
    """A-ABORT (PS3.8 9.3.8)."""

    def __init__(self, source: int, reason: int) -> None:
        super().__init__(source, reason)
        self.source, self.reason = source, reason


class HungUp(Exception):
    """The peer closed the connection."""


@dataclass(frozen=True, kw_only=True)
class Object:
    """What a sender says of one instance, and the bytes of its data set as they lie in the file."""

    transfer_syntax: str
    sop_class: str
    sop_instance: str
    dataset: bytes


def from_file(path: Path) -> Object:
    return from_bytes(path.read_bytes())


def from_bytes(data: bytes) -> Object:
    """The data set of a PS3.10 file, a file without its preamble, or a bare data set."""
    start = 132 if data[128:132] == b"DICM" else 0
    meta, offset = _file_meta(data, start)
    said = _uids(data)
    dataset = data[offset:]
    return Object(
        transfer_syntax=meta.get(0x0010) or _guess(dataset),
        sop_class=said[0] or meta.get(0x0002) or SECONDARY_CAPTURE,
        sop_instance=said[1] or meta.get(0x0003) or "1.2.826.0.1.3680043.8.498.1",
        dataset=dataset,
    )


def _uids(data: bytes) -> tuple[str, str]:
    """SOP class and instance as the data set names them; empty where pydicom finds none, which is told otherwise."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            found = pydicom.dcmread(BytesIO(data), force=True, specific_tags=["SOPClassUID", "SOPInstanceUID"])
            return str(found.get("SOPClassUID") or ""), str(found.get("SOPInstanceUID") or "")
        except Exception:  # noqa: BLE001 # malformed files are what this is for
            return "", ""


def _file_meta(data: bytes, offset: int) -> tuple[dict[int, str], int]:
    """Group 0002 as text by element number, and where the data set begins; the group length is not trusted."""
    meta: dict[int, str] = {}
    while data[offset : offset + 2] == b"\x02\x00":
        (element,) = struct.unpack_from("<H", data, offset + 2)
        if data[offset + 4 : offset + 6] in LONG_VRS:
            (length,) = struct.unpack_from("<I", data, offset + 8)
            offset += 12
        else:
            (length,) = struct.unpack_from("<H", data, offset + 6)
            offset += 8
        meta[element] = data[offset : offset + length].rstrip(b"\0 ").decode("latin-1")
        offset += length
    return meta, offset


def _guess(dataset: bytes) -> str:
    if dataset[4:6].isalpha() and dataset[4:6].isupper():
        return "1.2.840.10008.1.2.2" if dataset[0] == 0 else EXPLICIT_LITTLE
    return IMPLICIT_LITTLE


def item(kind: int, value: bytes) -> bytes:
    return struct.pack(">BBH", kind, 0, len(value)) + value


def pdu(kind: int, body: bytes) -> bytes:
    return struct.pack(">BBI", kind, 0, len(body)) + body


def pdv(context: int, control: int, data: bytes) -> bytes:
    """One presentation data value; control: 1 command, 2 last (PS3.8 E.2)."""
    return struct.pack(">IBB", len(data) + 2, context, control) + data


def element(number: int, value: bytes) -> bytes:
    """One element of a command set: group 0000, implicit little endian (PS3.7 6.3.1)."""
    return struct.pack("<HHI", 0, number, len(value)) + value


def command(elements: dict[int, bytes]) -> bytes:
    body = b"".join(element(number, value) for number, value in sorted(elements.items()))
    return element(0, struct.pack("<I", len(body))) + body


def uid(value: str) -> bytes:
    raw = value.encode("latin-1")
    return raw + b"\0" * (len(raw) % 2)


def us(value: int) -> bytes:
    return struct.pack("<H", value)


def associate_rq(calling: str, called: str, contexts: list[tuple[str, list[str]]], *, protocol: int = 1) -> bytes:
    """An A-ASSOCIATE-RQ whose presentation contexts are numbered 1, 3, 5, ... in the order given."""
    items = item(0x10, b"1.2.840.10008.3.1.1.1")
    for index, (abstract, syntaxes) in enumerate(contexts):
        inner = item(0x30, abstract.encode()) + b"".join(item(0x40, syntax.encode()) for syntax in syntaxes)
        items += item(0x20, bytes((2 * index + 1, 0, 0, 0)) + inner)
    items += item(0x50, item(0x51, struct.pack(">I", 131072)) + item(0x52, b"1.2.826.0.1.3680043.8.498.2"))
    head = struct.pack(">HH16s16s32x", protocol, 0, called.ljust(16).encode(), calling.ljust(16).encode())
    return pdu(1, head + items)


@dataclass(kw_only=True)
class Sender:
    """An association as its requestor. ``with Sender(...) as sender`` associates and releases."""

    address: tuple[str, int]
    contexts: list[tuple[str, list[str]]] = field(default_factory=lambda: [(VERIFICATION, [IMPLICIT_LITTLE])])
    calling: str = "TOWNSHIP"
    called: str = "TIERREAD"
    piece: int = 0
    """Bytes of each TCP write; 0 writes everything at once."""
    timeout: float = 30
    source: str = ""
    """Our address; empty: as the kernel chooses."""
    accepted: dict[int, tuple[str, str]] = field(default_factory=dict[int, tuple[str, str]])
    """Context id to abstract and transfer syntax."""
    refused: dict[int, int] = field(default_factory=dict[int, int])
    """Context id to result (PS3.8 9.3.3.2)."""
    their_pdu: int = 0
    sock: socket.socket = field(init=False, repr=False)
    _message: int = 0

    def __enter__(self) -> Self:
        self.connect()
        try:
            self.associate()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None and self.sock.fileno() >= 0:
                self.release()
        finally:
            self.close()

    def connect(self) -> None:
        source = (self.source, 0) if self.source else None
        self.sock = socket.create_connection(self.address, timeout=self.timeout, source_address=source)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def close(self) -> None:
        self.sock.close()

    def associate(self) -> None:
        self.send(associate_rq(self.calling, self.called, self.contexts))
        kind, body = self.receive()
        assert kind == 2, f"PDU {kind} in answer to A-ASSOCIATE-RQ"
        self._read_accept(body)

    def _read_accept(self, body: bytes) -> None:
        offset = 68
        while offset + 4 <= len(body):
            kind, _, length = struct.unpack_from(">BBH", body, offset)
            value = body[offset + 4 : offset + 4 + length]
            offset += 4 + length
            if kind == 0x21:
                number, result = value[0], value[2]
                if result == 0:
                    self.accepted[number] = (self.contexts[number // 2][0], value[8:].rstrip(b"\0").decode())
                else:
                    self.refused[number] = result
            elif kind == 0x50 and value[:2] == b"\x51\x00":
                (self.their_pdu,) = struct.unpack_from(">I", value, 4)

    def context_for(self, thing: Object) -> int:
        return next(
            number for number, agreed in self.accepted.items() if agreed == (thing.sop_class, thing.transfer_syntax)
        )

    def store_command(self, thing: Object, **changed: bytes | None) -> bytes:
        """A C-STORE-RQ; ``changed`` puts raw values in place by name, None leaves an element out."""
        self._message += 1
        elements: dict[int, bytes | None] = {
            0x0002: changed.get("sop_class", uid(thing.sop_class)),
            0x0100: us(0x0001),
            0x0110: changed.get("message_id", us(self._message)),
            0x0700: us(0),
            0x0800: changed.get("data_set_type", us(1)),
            0x1000: changed.get("sop_instance", uid(thing.sop_instance)),
        }
        return command({number: value for number, value in elements.items() if value is not None})

    def store(
        self, thing: Object, *, context: int | None = None, fragment: int = 16378, **changed: bytes | None
    ) -> int:
        """Sends one instance, its data set in fragments of that many bytes; returns the status."""
        number = self.context_for(thing) if context is None else context
        self.send(pdu(4, pdv(number, 3, self.store_command(thing, **changed))))
        self.send_data(thing.dataset, context=number, fragment=fragment)
        return self.status()

    def send_message(self, context: int, encoded: bytes) -> None:
        """A whole command set in one PDU."""
        self.send(pdu(4, pdv(context, 3, encoded)))

    def send_data(self, data: bytes, *, context: int, fragment: int = 16378, finish: bool = True) -> None:
        pieces = [data[at : at + fragment] for at in range(0, len(data), fragment)] or [b""]
        out = bytearray()
        for index, piece in enumerate(pieces):
            last = finish and index == len(pieces) - 1
            out += pdu(4, pdv(context, 2 if last else 0, piece))
        self.send(bytes(out))

    def echo(self) -> int:
        self._message += 1
        number = next(number for number, agreed in self.accepted.items() if agreed[0] == VERIFICATION)
        request = {0x0002: uid(VERIFICATION), 0x0100: us(0x0030), 0x0110: us(self._message), 0x0800: us(0x0101)}
        self.send(pdu(4, pdv(number, 3, command(request))))
        return self.status()

    def status(self) -> int:
        """The status of the next response."""
        (status,) = struct.unpack("<H", self.response()[0x0900])
        return int(status)

    def response(self) -> dict[int, bytes]:
        """The command elements of the next response by element number."""
        kind, body = self.receive()
        assert kind == 4, f"PDU {kind} instead of a response"
        elements: dict[int, bytes] = {}
        offset = 6
        while offset + 8 <= len(body):
            _, number, length = struct.unpack_from("<HHI", body, offset)
            elements[number] = body[offset + 8 : offset + 8 + length]
            offset += 8 + length
        return elements

    def release(self) -> None:
        self.send(pdu(5, b"\0\0\0\0"))
        kind, _ = self.receive()
        assert kind == 6, f"PDU {kind} in answer to A-RELEASE-RQ"

    def abort(self) -> None:
        self.send(pdu(7, b"\0\0\0\0"))
        self.close()

    def send(self, data: bytes) -> None:
        step = self.piece or len(data)
        try:
            for at in range(0, len(data), step):
                self.sock.sendall(data[at : at + step])
        except (ConnectionResetError, BrokenPipeError) as error:
            raise HungUp from error

    def receive(self) -> tuple[int, bytes]:
        """Kind and body of the next PDU.

        Raises:
            Rejected, Aborted: when that is what it says.
            HungUp: when the peer closed the connection.
        """
        kind, _, length = struct.unpack(">BBI", self._exactly(6))
        body = self._exactly(length)
        if kind == 3:
            raise Rejected(body[1], body[2], body[3])
        if kind == 7:
            raise Aborted(body[2], body[3])
        return kind, body

    def _exactly(self, count: int) -> bytes:
        data = bytearray()
        while len(data) < count:
            try:
                piece = self.sock.recv(count - len(data))
            except ConnectionResetError as error:
                raise HungUp from error
            if not piece:
                raise HungUp
            data += piece
        return bytes(data)
