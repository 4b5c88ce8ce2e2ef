"""Command sets of C-STORE (PS3.7 6.3): read and written by the receive path and by the storage SCU."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final

from pacs.errors import InvalidInput

C_STORE_RQ: Final = 0x0001
_C_STORE_RSP: Final = 0x8001
_NO_DATA_SET: Final = 0x0101
_DATA_SET: Final = 0x0001

_AFFECTED_SOP_CLASS_UID: Final = 0x0002
_COMMAND_FIELD: Final = 0x0100
_MESSAGE_ID: Final = 0x0110
_MESSAGE_ID_RESPONDED_TO: Final = 0x0120
_PRIORITY: Final = 0x0700
_DATA_SET_TYPE: Final = 0x0800
_STATUS: Final = 0x0900
_AFFECTED_SOP_INSTANCE_UID: Final = 0x1000
_MOVE_ORIGINATOR_AE_TITLE: Final = 0x1030
_MOVE_ORIGINATOR_MESSAGE_ID: Final = 0x1031

_HEADER: Final = struct.Struct("<HHI")


class Malformed(InvalidInput):
    """The peer breaks the protocol; the only answer is an abort."""


@dataclass(frozen=True, kw_only=True, slots=True)
class StoreRequest:
    """C-STORE-RQ (PS3.7 9.3.1.1); UIDs as received, without padding."""

    message_id: bytes
    sop_class_uid: bytes
    sop_instance_uid: bytes


def parse(encoded: bytes) -> dict[int, bytes]:
    """The elements of group 0000, implicit little endian, by element number.

    Raises:
        Malformed: the bytes are no command set.

    """
    elements: dict[int, bytes] = {}
    offset, end = 0, len(encoded)
    while offset < end:
        if end - offset < _HEADER.size:
            raise Malformed
        group, element, length = _HEADER.unpack_from(encoded, offset)
        offset += _HEADER.size
        if group != 0 or length > end - offset:
            raise Malformed
        elements[element] = encoded[offset : offset + length]
        offset += length
    return elements


def field_of(elements: dict[int, bytes]) -> int:
    """The Command Field.

    Raises:
        Malformed: the field is missing.

    """
    return _number(elements, _COMMAND_FIELD)


def store_request(elements: dict[int, bytes]) -> StoreRequest:
    """The request of a command set whose Command Field is C_STORE_RQ.

    Raises:
        Malformed: message id, SOP class or instance is missing, or no data set follows.

    """
    if _number(elements, _DATA_SET_TYPE) == _NO_DATA_SET:
        raise Malformed
    _number(elements, _MESSAGE_ID)
    sop_class = elements.get(_AFFECTED_SOP_CLASS_UID, b"").strip(b"\0 ")
    sop_instance = elements.get(_AFFECTED_SOP_INSTANCE_UID, b"").strip(b"\0 ")
    if not sop_class or not sop_instance:
        raise Malformed
    return StoreRequest(message_id=elements[_MESSAGE_ID][:2], sop_class_uid=sop_class, sop_instance_uid=sop_instance)


def store_response(request: StoreRequest, context_id: int, status: int) -> bytes:
    """The P-DATA-TF PDU (PS3.8 9.3.5) that answers a C-STORE-RQ (PS3.7 9.3.1.2)."""
    body = b"".join(
        (
            _element(_AFFECTED_SOP_CLASS_UID, _even(request.sop_class_uid)),
            _element(_COMMAND_FIELD, struct.pack("<H", _C_STORE_RSP)),
            _element(_MESSAGE_ID_RESPONDED_TO, request.message_id),
            _element(_DATA_SET_TYPE, struct.pack("<H", _NO_DATA_SET)),
            _element(_STATUS, struct.pack("<H", status)),
            _element(_AFFECTED_SOP_INSTANCE_UID, _even(request.sop_instance_uid)),
        )
    )
    command = _element(0, struct.pack("<I", len(body))) + body
    return struct.pack(">BBIIBB", 4, 0, len(command) + 6, len(command) + 2, context_id, 3) + command


def store_command(
    *, message_id: int, sop_class_uid: str, sop_instance_uid: str, priority: int, originator: tuple[str, int] | None
) -> bytes:
    """The command set of a C-STORE-RQ (PS3.7 9.3.1.1); ``originator`` is AE title and message id of a C-MOVE."""
    title, moved_by = originator or ("", 0)
    asked_for = (
        _element(_MOVE_ORIGINATOR_AE_TITLE, title.encode("ascii") + b" " * (len(title) % 2)),
        _element(_MOVE_ORIGINATOR_MESSAGE_ID, struct.pack("<H", moved_by)),
    )
    body = b"".join(
        (
            _element(_AFFECTED_SOP_CLASS_UID, _even(sop_class_uid.encode("ascii"))),
            _element(_COMMAND_FIELD, struct.pack("<H", C_STORE_RQ)),
            _element(_MESSAGE_ID, struct.pack("<H", message_id)),
            _element(_PRIORITY, struct.pack("<H", priority)),
            _element(_DATA_SET_TYPE, struct.pack("<H", _DATA_SET)),
            _element(_AFFECTED_SOP_INSTANCE_UID, _even(sop_instance_uid.encode("ascii"))),
            *(asked_for if originator is not None else ()),
        )
    )
    return _element(0, struct.pack("<I", len(body))) + body


def _number(elements: dict[int, bytes], element: int) -> int:
    raw = elements.get(element, b"")
    if len(raw) < 2:
        raise Malformed
    return int.from_bytes(raw[:2], "little")


def _element(number: int, value: bytes) -> bytes:
    return _HEADER.pack(0, number, len(value)) + value


def _even(uid: bytes) -> bytes:
    return uid + b"\0" * (len(uid) % 2)
