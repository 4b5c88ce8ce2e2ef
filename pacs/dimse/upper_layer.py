"""The DICOM Upper Layer of an acceptor: pynetdicom's state machine, with a C-STORE path of our own.

pynetdicom polls every millisecond, reads in steps of 4 KiB and keeps a whole instance in memory or in a
temporary file. Here the thread sleeps until something happens, reads large pieces straight into a
`Reception`, and answers a C-STORE itself. Negotiation and every other message stay with pynetdicom.
"""

from __future__ import annotations

import contextlib
import os
import queue
import select
import socket
import ssl
import struct
import threading
from dataclasses import dataclass
from typing import Any, Final, Protocol

import structlog
from pynetdicom.association import Association
from pynetdicom.dul import DULServiceProvider
from pynetdicom.fsm import InvalidEventError
from pynetdicom.pdu import A_ABORT_RQ
from pynetdicom.pdu_primitives import P_DATA
from pynetdicom.presentation import PresentationContext

from pacs.arriving.receive import STATUS, Reason, Reception
from pacs.dimse import command_set
from pacs.dimse.command_set import Malformed, StoreRequest
from pacs.dimse.socket_reader import CLOSED, Announced, HungUp, StoreSocket, Wire, poller

_P_DATA_TF: Final = 0x04
_PDU_KINDS: Final = range(0x01, 0x08)
_AWAITING_REQUEST: Final = "Sta2"
_ESTABLISHED: Final = "Sta6"
# Events of the state machine (PS3.8 9.2.3).
_ARTIM_EXPIRED: Final = "Evt18"
_INVALID_PDU: Final = "Evt19"

_MAX_PDU: Final = 1 << 20
"""Of everything but C-STORE: an A-ASSOCIATE-RQ with 128 contexts of every syntax has 250 kB."""
_MAX_COMMAND: Final = 64 * 1024
_MAX_IDENTIFIER: Final = 16 << 20
"""Of a message that pynetdicom takes whole into memory: a commitment request for 10,000 instances has 1.5 MB."""

_SOP_CLASS_NOT_SUPPORTED: Final = 0x0122
_PDV: Final = struct.Struct(">IBB")
_COMMAND_FRAGMENT: Final = 1
_LAST_FRAGMENT: Final = 2

_log: Final = structlog.get_logger()


@dataclass(kw_only=True, slots=True)
class _Store:
    """A C-STORE whose data set is on its way; without a reception it is read and dropped, then refused."""

    request: StoreRequest
    context_id: int
    reception: Reception | None
    status: int = STATUS[Reason.FAILED]


class ServiceUser(Protocol):
    """The association as the upper layer's user (PS3.8 7): all that the upper layer asks of it."""

    @property
    def device_id(self) -> str:
        """The id of the calling device, for the log; empty before it is identified."""
        ...

    def upper_layer_is_ready(self) -> None:
        """The thread of the upper layer runs."""
        ...

    def upper_layer_aborted(self) -> None:
        """The upper layer has aborted the association by itself."""
        ...

    def accepted(self, context_id: int) -> PresentationContext | None:
        """The accepted presentation context of this id."""
        ...

    def begin(self, sop_class_uid: str, sop_instance_uid: str, transfer_syntax_uid: str) -> Reception:
        """Begin to receive the instance of a C-STORE request."""
        ...

    def finish(self, reception: Reception) -> int:
        """Store an instance that has arrived in full; returns the status of the C-STORE response."""
        ...


class StoreProvider(DULServiceProvider):
    """The Upper Layer service provider of one association; its thread owns the socket."""

    def __init__(self, assoc: Association, user: ServiceUser, news: threading.Event) -> None:
        super().__init__(assoc)
        self.daemon = True
        self._user = user
        self._news = news
        self.to_user_queue = Announced(news)
        self._wake_lock = threading.Lock()
        self._wake_read, self._wake_write = os.pipe()
        os.set_blocking(self._wake_write, False)
        self._awake = True
        self._command = bytearray()
        self._store: _Store | None = None
        self._identifier_size = 0
        self._ending = False

    # -- what other threads may call

    @property
    def idle_seconds_left(self) -> float:
        return max(0.0, self._idle_timer.remaining)

    @property
    def receiving(self) -> bool:
        """Whether an instance is on its way."""
        return self._store is not None

    def keep_alive(self) -> None:
        """Restart the time that the peer may be silent: it is waiting for us."""
        self._idle_timer.restart()

    def send_pdu(self, primitive: Any) -> None:
        super().send_pdu(primitive)
        self.wake()

    def kill_dul(self) -> None:
        super().kill_dul()
        self.wake()

    def stop_dul(self) -> bool:
        """End the thread if the state machine is idle; whether it has ended."""
        if self.state_machine.current_state != "Sta1":
            return False
        self.kill_dul()
        self.join()
        return True

    def end_when_idle(self) -> None:
        """Abort the association as soon as no instance is on its way."""
        self._ending = True
        self.wake()

    def wake(self) -> None:
        with self._wake_lock:
            if self._awake:
                try:
                    os.write(self._wake_write, b"\0")
                except BlockingIOError:
                    return  # full of calls that were not answered yet: it wakes anyway

    def release_wakers(self) -> None:
        """Close what wakes the thread; for a provider that has ended, or was never started."""
        with self._wake_lock:
            if self._awake:
                self._awake = False
                os.close(self._wake_read)
                os.close(self._wake_write)

    def cut(self) -> None:
        """End the connection under whatever is being read."""
        sock = self.stock.socket
        if sock is not None:
            with contextlib.suppress(OSError):  # the peer was quicker
                sock.shutdown(socket.SHUT_RDWR)
        self.kill_dul()

    # -- the thread

    def run_reactor(self) -> None:
        self._idle_timer.start()
        self._user.upper_layer_is_ready()
        try:
            while not self._kill_thread:
                if self.artim_timer.expired:
                    self.event_queue.put(_ARTIM_EXPIRED)
                if self._ending and self._store is None:
                    self._ending = False
                    self._end()
                self._turn()
        except InvalidEventError:
            self._abort_hard()  # two ends at once, such as our abort and theirs
        except Exception as error:  # noqa: BLE001 # the peer of this association hears of it, the others do not
            _log.error("association_failed", error=type(error).__name__, exc_info=True)
            self._abort_hard()
        finally:
            self._drop_store()
            self.release_wakers()
            self._news.set()

    def _end(self) -> None:
        state = self.state_machine.current_state
        if state == _ESTABLISHED:
            self.assoc.abort(block=False)
        elif state == _AWAITING_REQUEST:
            self.kill_dul()  # nothing was asked, so nothing is owed

    def _turn(self) -> None:
        """One primitive sent or one PDU read, and what the state machine makes of it; else wait."""
        if not self._process_recv_primitive() and self._is_transport_event():
            self._idle_timer.restart()
        try:
            event = self.event_queue.get_nowait()
        except queue.Empty:
            if not self.stock.wire.pending:
                self._wait()
            return
        self.state_machine.do_action(event)

    def _wait(self) -> None:
        """Sleep until bytes come, another thread calls, or the ARTIM timer runs out."""
        waited = poller(self._wake_read)
        sock = self.stock.socket
        if sock is not None and sock.fileno() >= 0:
            waited.register(sock.fileno(), select.POLLIN)
        if isinstance(sock, ssl.SSLSocket) and sock.pending():
            return
        for fd, _ in waited.poll(max(0.0, self.artim_timer.remaining) * 1000 + 1):
            if fd == self._wake_read:
                os.read(self._wake_read, 4096)

    @property
    def stock(self) -> StoreSocket:
        """The association's socket; it has one before the thread starts."""
        if not isinstance(self.socket, StoreSocket):
            raise TypeError
        return self.socket

    def _abort_hard(self) -> None:
        """A-ABORT past the state machine, which is not to be trusted any more (PS3.8 9.3.8: by the provider)."""
        abort = A_ABORT_RQ()
        abort.source = 0x02
        abort.reason_diagnostic = 0x00
        self.stock.send(abort.encode())
        self._user.upper_layer_aborted()
        self.kill_dul()

    # -- reading

    def _read_pdu_data(self) -> None:
        """Read one PDU, and while an instance is on its way all that follow."""
        wire = self.stock.wire
        wire.take = self._feed
        try:
            while True:
                kind, _, length = struct.unpack(">BBI", wire.exactly(6))
                if kind == _P_DATA_TF and self.state_machine.current_state == _ESTABLISHED:
                    self._read_data(wire, length)
                    self._idle_timer.restart()
                    if self._store is not None and self.to_provider_queue.empty() and not self._kill_thread:
                        continue
                    return
                self._drop_store()
                self._take_pdu(wire, kind, length)
                return
        except (HungUp, TimeoutError, OSError):
            self._drop_store()
            self.event_queue.put(CLOSED)
        except Malformed:
            self._drop_store()
            self.event_queue.put(_INVALID_PDU)

    def _take_pdu(self, wire: Wire, kind: int, length: int) -> None:
        """Hand a PDU that is not ours to pynetdicom's state machine."""
        if kind not in _PDU_KINDS or length > _MAX_PDU:
            raise Malformed
        body = wire.exactly(length)
        try:
            pdu, event = self._decode_pdu(bytearray(struct.pack(">BBI", kind, 0, length) + body))
        except Exception as error:
            raise Malformed from error  # its decoders raise whatever they meet
        self._recv_pdu.put(pdu)
        self.event_queue.put(event)

    def _read_data(self, wire: Wire, length: int) -> None:
        """The presentation data values of one P-DATA-TF (PS3.8 9.3.5.1), none of it held whole."""
        while length:
            if length < _PDV.size:
                raise Malformed
            size, context_id, control = _PDV.unpack(wire.exactly(_PDV.size))
            size -= 2  # context id and control byte are counted in
            length -= _PDV.size + size
            if size < 0 or length < 0:
                raise Malformed
            last = bool(control & _LAST_FRAGMENT)
            if control & _COMMAND_FRAGMENT:
                self._take_command(wire, size, context_id, last=last)
            elif self._store is not None:
                self._take_data(wire, self._store, size, context_id, last=last)
            else:
                self._pass_identifier(wire, size, context_id, control)

    def _take_command(self, wire: Wire, size: int, context_id: int, *, last: bool) -> None:
        if self._store is not None or self.assoc.dimse.message is not None:
            raise Malformed  # a command where a data set was announced
        if len(self._command) + size > _MAX_COMMAND:
            raise Malformed
        self._command += wire.exactly(size)
        if not last:
            return
        encoded = bytes(self._command)
        self._command.clear()
        elements = command_set.parse(encoded)
        if command_set.field_of(elements) == command_set.C_STORE_RQ:
            self._begin_store(command_set.store_request(elements), context_id)
        else:
            self._pass_on(context_id, _COMMAND_FRAGMENT | _LAST_FRAGMENT, encoded)

    def _pass_identifier(self, wire: Wire, size: int, context_id: int, control: int) -> None:
        if self.assoc.dimse.message is None or self._identifier_size + size > _MAX_IDENTIFIER:
            raise Malformed
        self._identifier_size += size
        self._pass_on(context_id, control, wire.exactly(size))
        if control & _LAST_FRAGMENT:
            self._identifier_size = 0

    def _pass_on(self, context_id: int, control: int, data: bytes) -> None:
        """Give a fragment of any message but C-STORE to pynetdicom, as its state machine's DT-2 does."""
        primitive = P_DATA()
        fragment: Any = [context_id, bytes((control,)) + data]  # its setter wants a list, whatever its type says
        primitive.presentation_data_value_list = [fragment]
        try:
            self.assoc.dimse.receive_primitive(primitive)
        except Exception as error:
            raise Malformed from error  # its decoders raise whatever they meet

    # -- C-STORE

    def _begin_store(self, request: StoreRequest, context_id: int) -> None:
        context = self._user.accepted(context_id)
        if context is None or context.abstract_syntax is None:
            raise Malformed  # PS3.7 6.3: under a context that was not accepted
        store = _Store(request=request, context_id=context_id, reception=None)
        self._store = store
        sop_class_uid = request.sop_class_uid.decode("latin-1")
        if sop_class_uid != context.abstract_syntax:
            store.status = _SOP_CLASS_NOT_SUPPORTED
            return
        try:
            store.reception = self._user.begin(
                sop_class_uid, request.sop_instance_uid.decode("latin-1"), str(context.transfer_syntax[0])
            )
        except Exception:  # noqa: BLE001 # the unforeseen is a failure status, never success
            self._fail(store)

    def _take_data(self, wire: Wire, store: _Store, size: int, context_id: int, *, last: bool) -> None:
        if context_id != store.context_id:
            raise Malformed
        while size:
            size -= wire.gather(size)
        if last:
            wire.hand_over()
            self._finish_store(store)

    def _feed(self, piece: memoryview) -> None:
        store = self._store
        if store is None or store.reception is None:
            return
        try:
            store.reception.feed(piece)
        except Exception:  # noqa: BLE001 # as above
            self._fail(store)

    def _finish_store(self, store: _Store) -> None:
        if store.reception is not None:
            try:
                store.status = self._user.finish(store.reception)
            except Exception:  # noqa: BLE001 # as above
                self._fail(store)
        self._store = None
        sock = self.stock.socket
        if sock is None:
            raise HungUp
        sock.sendall(command_set.store_response(store.request, store.context_id, store.status))

    def _fail(self, store: _Store) -> None:
        """The rest is read and dropped, then the peer hears a failure."""
        _log.error("store_failed", device_id=self._user.device_id, exc_info=True)
        reception, store.reception = store.reception, None
        if reception is not None:
            reception.abandon()

    def _drop_store(self) -> None:
        """The sender is gone in the middle of an instance: nothing of it remains."""
        self._command.clear()
        store, self._store = self._store, None
        if store is not None and store.reception is not None:
            store.reception.abandon()
