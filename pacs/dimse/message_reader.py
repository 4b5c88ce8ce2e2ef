"""Reads the messages inside P-DATA-TF PDUs: a C-STORE into a `Reception`, every other message for pynetdicom."""

from __future__ import annotations

import struct
import time
from dataclasses import dataclass
from typing import Any, Final, Protocol

import structlog
from pynetdicom.dimse import DIMSEServiceProvider
from pynetdicom.pdu_primitives import P_DATA
from pynetdicom.presentation import PresentationContext

from pacs.arriving.outcome import STATUS, Reason
from pacs.arriving.receive import Reception
from pacs.dimse import command_set
from pacs.dimse.command_set import Malformed, StoreRequest
from pacs.dimse.socket_reader import SocketReader

_MAX_COMMAND: Final = 64 * 1024
_MAX_IDENTIFIER: Final = 4 << 20
"""Largest data set that pynetdicom takes whole into memory; a commitment request for 10,000 instances has 1.5 MB."""

_SOP_CLASS_NOT_SUPPORTED: Final = 0x0122
_PDV: Final = struct.Struct(">IBB")
_COMMAND_FRAGMENT: Final = 1
_LAST_FRAGMENT: Final = 2
_SLOW_SECONDS: Final = 30.0
"""A message that takes longer than this must have arrived faster than `_LEAST_BYTES_A_SECOND`."""
_LEAST_BYTES_A_SECOND: Final = 1024
"""A fortieth of what the slowest line of a township carries."""

_log: Final = structlog.get_logger()


class StoreUser(Protocol):
    """The association, as far as receiving instances needs it."""

    @property
    def device_id(self) -> str:
        """The id of the calling device, for the log; empty before it is identified."""
        ...

    def accepted(self, context_id: int) -> PresentationContext | None:
        """The accepted presentation context of this id."""
        ...

    def begin(self, sop_class_uid: str, sop_instance_uid: str, transfer_syntax_uid: str) -> Reception:
        """Begin to receive the instance of a C-STORE request."""
        ...

    def finish(self, reception: Reception, rest: memoryview) -> int:
        """Store an instance whose last bytes are ``rest``; returns the status of the C-STORE response."""
        ...


@dataclass(kw_only=True, slots=True)
class ArrivingInstance:
    """A C-STORE whose data set is arriving; without a reception the data set is read, dropped and refused."""

    request: StoreRequest
    context_id: int
    reception: Reception | None
    status: int = STATUS[Reason.FAILED]


class MessageReader:
    """Reads the messages of one association, in the thread of its upper layer."""

    def __init__(self, dimse: DIMSEServiceProvider, user: StoreUser) -> None:
        self._dimse = dimse
        self._user = user
        self._command = bytearray()
        self._identifier_size = 0
        self.arriving: ArrivingInstance | None = None
        self._since = 0.0
        """When the message began that is arriving."""
        self._bytes = 0

    def read(self, reader: SocketReader, length: int) -> None:
        """Read the presentation data values of one P-DATA-TF (PS3.8 9.3.5.1); none is held whole.

        Raises:
            Malformed: the peer breaks the protocol, or a message trickles in for ever.
            ConnectionClosed, TimeoutError: the rest does not arrive.

        """
        if self._is_between_messages:
            self._since, self._bytes = time.monotonic(), 0
        self._bytes += length
        while length:
            if length < _PDV.size:
                raise Malformed
            size, context_id, control = reader.unpack(_PDV)
            size -= 2  # context id and control byte are counted in
            length -= _PDV.size + size
            if size < 0 or length < 0:
                raise Malformed
            last = bool(control & _LAST_FRAGMENT)
            if control & _COMMAND_FRAGMENT:
                self._read_command(reader, size, context_id, last=last)
            elif self.arriving is not None:
                self._read_instance(reader, self.arriving, size, context_id, last=last)
            else:
                self._read_identifier(reader, size, context_id, control)
        seconds = time.monotonic() - self._since
        if seconds > _SLOW_SECONDS and self._bytes < seconds * _LEAST_BYTES_A_SECOND and not self._is_between_messages:
            _log.warning("message_too_slow", device_id=self._user.device_id)
            raise Malformed

    @property
    def _is_between_messages(self) -> bool:
        return self.arriving is None and not self._command and self._dimse.message is None

    def feed(self, piece: memoryview) -> None:
        """Give the next bytes of a data set to its reception."""
        arriving = self.arriving
        if arriving is None or arriving.reception is None:
            return
        try:
            arriving.reception.feed(piece)
        except Exception:  # noqa: BLE001 # the unforeseen is a failure status, never success
            self._fail(arriving)

    def abandon(self) -> None:
        """The peer is gone in the middle of a message: keep nothing of it."""
        self._command.clear()
        arriving, self.arriving = self.arriving, None
        if arriving is not None and arriving.reception is not None:
            arriving.reception.abandon()

    def _read_command(self, reader: SocketReader, size: int, context_id: int, *, last: bool) -> None:
        if self.arriving is not None or self._dimse.message is not None:
            raise Malformed  # a command where a data set was announced
        if len(self._command) + size > _MAX_COMMAND:
            raise Malformed
        self._command += reader.exactly(size)
        if not last:
            return
        encoded = bytes(self._command)
        self._command.clear()
        elements = command_set.parse(encoded)
        if command_set.field_of(elements) == command_set.C_STORE_RQ:
            self._begin(command_set.store_request(elements), context_id)
        else:
            self._pass_on(context_id, _COMMAND_FRAGMENT | _LAST_FRAGMENT, encoded)

    def _read_identifier(self, reader: SocketReader, size: int, context_id: int, control: int) -> None:
        if self._dimse.message is None or self._identifier_size + size > _MAX_IDENTIFIER:
            raise Malformed
        self._identifier_size += size
        self._pass_on(context_id, control, reader.exactly(size))
        if control & _LAST_FRAGMENT:
            self._identifier_size = 0

    def _pass_on(self, context_id: int, control: int, data: bytes) -> None:
        """Give a fragment of any message but C-STORE to pynetdicom, as its state machine's DT-2 does."""
        primitive = P_DATA()
        fragment: Any = [context_id, bytes((control,)) + data]  # its setter wants a list, whatever its type says
        primitive.presentation_data_value_list = [fragment]
        try:
            self._dimse.receive_primitive(primitive)
        except Exception as error:
            raise Malformed from error  # its decoders raise whatever they meet

    def _read_instance(
        self, reader: SocketReader, arriving: ArrivingInstance, size: int, context_id: int, *, last: bool
    ) -> None:
        if context_id != arriving.context_id:
            raise Malformed
        while size:
            size -= reader.gather(size)
        if last:
            self._finish(reader, arriving, reader.gathered())

    def _begin(self, request: StoreRequest, context_id: int) -> None:
        context = self._user.accepted(context_id)
        if context is None or context.abstract_syntax is None:
            raise Malformed  # PS3.7 6.3: under a context that was not accepted
        arriving = ArrivingInstance(request=request, context_id=context_id, reception=None)
        self.arriving = arriving
        sop_class_uid = request.sop_class_uid.decode("latin-1")
        if sop_class_uid != context.abstract_syntax:
            arriving.status = _SOP_CLASS_NOT_SUPPORTED
            return
        try:
            arriving.reception = self._user.begin(
                sop_class_uid, request.sop_instance_uid.decode("latin-1"), str(context.transfer_syntax[0])
            )
        except Exception:  # noqa: BLE001 # as in feed
            self._fail(arriving)

    def _finish(self, reader: SocketReader, arriving: ArrivingInstance, rest: memoryview) -> None:
        if arriving.reception is not None:
            try:
                arriving.status = self._user.finish(arriving.reception, rest)
            except Exception:  # noqa: BLE001 # as in feed
                self._fail(arriving)
        self.arriving = None
        reader.answer(command_set.store_response(arriving.request, arriving.context_id, arriving.status))

    def _fail(self, arriving: ArrivingInstance) -> None:
        """Read and drop the rest; the response is a failure status."""
        _log.error("store_failed", device_id=self._user.device_id, exc_info=True)
        reception, arriving.reception = arriving.reception, None
        if reception is not None:
            reception.abandon()
