"""The DICOM Upper Layer of an acceptor: pynetdicom's state machine in a thread that sleeps until something happens.

pynetdicom polls every millisecond, reads in steps of 4 KiB and keeps a whole instance in memory or in a
temporary file. Here the thread waits for the socket, and `MessageReader` reads large pieces and answers a C-STORE
itself. Negotiation and every other message stay with pynetdicom.
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
from typing import Any, Final, Protocol

import structlog
from pynetdicom.association import Association
from pynetdicom.dul import DULServiceProvider
from pynetdicom.fsm import InvalidEventError
from pynetdicom.pdu import A_ABORT_RQ

from pacs.dimse import answers
from pacs.dimse.command_set import Malformed
from pacs.dimse.message_reader import MessageReader, StoreUser
from pacs.dimse.socket_reader import CLOSED, BufferedSocket, ConnectionClosed, SignallingQueue, SocketReader, poller

_A_ASSOCIATE_RQ: Final = 0x01
_P_DATA_TF: Final = 0x04
_PDU_KINDS: Final = range(0x01, 0x08)
_AWAITING_REQUEST: Final = "Sta2"
_AWAITING_ANSWER: Final = "Sta3"
_ESTABLISHED: Final = "Sta6"
# Events of the state machine (PS3.8 9.2.3).
_REQUESTED: Final = "Evt6"
_ARTIM_EXPIRED: Final = "Evt18"
_INVALID_PDU: Final = "Evt19"

_PDU: Final = struct.Struct(">BBI")
"""Type, a reserved byte and length of a PDU (PS3.8 9.3)."""
_MOMENT_MS: Final = 200
_QUIET_MS: Final = 2000
"""After so long a silence the association gives back the memory of its buffer."""
_MAX_PDU: Final = 1 << 20
"""Largest PDU other than P-DATA-TF; an A-ASSOCIATE-RQ with 128 contexts of every syntax has 250 kB."""

_log: Final = structlog.get_logger()


class ServiceUser(StoreUser, Protocol):
    """The association as the user of the upper layer (PS3.8 7): all that the upper layer asks of it."""

    def upper_layer_is_ready(self) -> None:
        """The thread of the upper layer runs."""
        ...

    def upper_layer_aborted(self) -> None:
        """The upper layer has aborted the association by itself."""
        ...


class UpperLayer(DULServiceProvider):
    """The service provider of one association; its thread owns the socket."""

    def __init__(self, assoc: Association, user: ServiceUser, signal: threading.Event) -> None:
        super().__init__(assoc)
        self.daemon = True
        self._user = user
        self._signal = signal
        self.to_user_queue = SignallingQueue(signal)
        self._wake_lock = threading.Lock()
        self._wake_read, self._wake_write = os.pipe()
        os.set_blocking(self._wake_write, False)
        self._awake = True
        self._messages = MessageReader(assoc.dimse, user)
        self._ending = False
        self._accepting: bytes | None = None
        """The A-ASSOCIATE-AC that is to be sent."""

    # -- what other threads may call

    @property
    def idle_seconds_left(self) -> float:
        return max(0.0, self._idle_timer.remaining)

    @property
    def receiving(self) -> bool:
        """Whether an instance is arriving."""
        return self._messages.arriving is not None

    def keep_alive(self) -> None:
        """Restart the time that the peer may be silent: it is waiting for us."""
        self._idle_timer.restart()

    def accept(self, encoded: bytes) -> None:
        """Answer the request by this A-ASSOCIATE-AC, as the action AE-7 of the state machine does."""
        self._accepting = encoded
        self.wake()

    def send_pdu(self, primitive: Any) -> None:
        super().send_pdu(primitive)
        self.wake()

    def kill_dul(self) -> None:
        super().kill_dul()
        self.wake()

    def stop_dul(self) -> bool:
        """End the thread if the state machine is idle; returns whether it has ended."""
        if self.state_machine.current_state != "Sta1":
            return False
        self.kill_dul()
        self.join()
        return True

    def end_when_idle(self) -> None:
        """Abort the association as soon as no instance is arriving."""
        self._ending = True
        self.wake()

    def wake(self) -> None:
        with self._wake_lock:
            if self._awake:
                try:
                    os.write(self._wake_write, b"\0")
                except BlockingIOError:
                    return  # the pipe is full of earlier calls, which wake the thread

    def close_wake_pipe(self) -> None:
        """Close the pipe that wakes the thread, which has ended or was never started."""
        with self._wake_lock:
            if self._awake:
                self._awake = False
                os.close(self._wake_read)
                os.close(self._wake_write)

    def cut(self) -> None:
        """Shut the connection down, whatever is being read or written."""
        sock = self.transport.socket
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
                if self._ending and self._messages.arriving is None:
                    self._ending = False
                    self._end_idle()
                self._turn()
        except InvalidEventError:
            self._abort_hard()  # both sides ended it at once, as by two aborts
        except Exception as error:  # noqa: BLE001 # ends this association alone
            _log.error("association_failed", error=type(error).__name__, exc_info=True)
            self._abort_hard()
        finally:
            self._messages.abandon()
            self.close_wake_pipe()
            self._signal.set()

    def _end_idle(self) -> None:
        state = self.state_machine.current_state
        if state == _ESTABLISHED:
            self.assoc.abort(block=False)
        elif state == _AWAITING_REQUEST:
            self.kill_dul()  # no request came, so none is answered

    def _turn(self) -> None:
        """Send one primitive or read one PDU and run the state machine on it; wait where there is neither."""
        if self._accepting is not None:
            self._send_answer(self._accepting)
        if not self._process_recv_primitive() and self._is_transport_event():
            self._idle_timer.restart()
        try:
            event = self.event_queue.get_nowait()
        except queue.Empty:
            if not self.transport.reader.pending:
                self._wait()
            return
        self.state_machine.do_action(event)

    def _send_answer(self, encoded: bytes) -> None:
        self._accepting = None
        if self.state_machine.current_state == _AWAITING_ANSWER:  # else the peer has gone meanwhile
            self.transport.send(encoded)
            self.state_machine.current_state = _ESTABLISHED

    def _wait(self) -> None:
        """Sleep until bytes come, another thread calls, or the ARTIM timer runs out."""
        waited = poller(self._wake_read)
        sock = self.transport.socket
        if sock is not None and sock.fileno() >= 0:
            waited.register(sock.fileno(), select.POLLIN)
        if isinstance(sock, ssl.SSLSocket) and sock.pending():
            return
        limit = max(0.0, self.artim_timer.remaining) * 1000 + 1
        found = waited.poll(min(limit, _QUIET_MS))
        if not found and limit > _QUIET_MS:
            self.transport.reader.rest()
            found = waited.poll(limit - _QUIET_MS)
        for fd, _ in found:
            if fd == self._wake_read:
                os.read(self._wake_read, 4096)

    @property
    def transport(self) -> BufferedSocket:
        """The association's socket; it has one before the thread starts."""
        if not isinstance(self.socket, BufferedSocket):
            raise TypeError
        return self.socket

    def _abort_hard(self) -> None:
        """Send an A-ABORT by the provider (PS3.8 9.3.8) past the state machine, whose state is wrong."""
        abort = A_ABORT_RQ()
        abort.source = 0x02
        abort.reason_diagnostic = 0x00
        self.transport.send(abort.encode())
        self._user.upper_layer_aborted()
        self.kill_dul()

    # -- reading

    def _read_pdu_data(self) -> None:
        """Read one PDU, and all that follow while instances arrive one behind the other."""
        reader, messages = self.transport.reader, self._messages
        reader.take = messages.feed
        try:
            while True:
                kind, _, length = reader.unpack(_PDU)
                if kind == _P_DATA_TF and self.state_machine.current_state == _ESTABLISHED:
                    storing = messages.arriving is not None
                    messages.read(reader, length)
                    self._idle_timer.restart()
                    if not self.to_provider_queue.empty() or self._kill_thread:
                        return
                    if messages.arriving is None and not (storing and self._next_follows(reader)):
                        return
                    continue
                messages.abandon()
                self._pass_on(reader, kind, length)
                return
        except (ConnectionClosed, TimeoutError, OSError):
            messages.abandon()
            self.event_queue.put(CLOSED)
        except Malformed:
            messages.abandon()
            self.event_queue.put(_INVALID_PDU)

    def _next_follows(self, reader: SocketReader) -> bool:
        """Whether the peer sends on within a moment, while nobody else wants anything: it spares a turn."""
        sock = self.transport.socket
        if reader.pending or (isinstance(sock, ssl.SSLSocket) and sock.pending()):
            return True
        if sock is None or sock.fileno() < 0 or self._ending:
            return False
        fd = sock.fileno()
        waited = poller(self._wake_read)
        waited.register(fd, select.POLLIN)
        return waited.poll(_MOMENT_MS) == [(fd, select.POLLIN)]

    def _pass_on(self, reader: SocketReader, kind: int, length: int) -> None:
        """Give a PDU other than P-DATA-TF to pynetdicom's state machine."""
        if kind not in _PDU_KINDS or length > _MAX_PDU:
            raise Malformed
        encoded = _PDU.pack(kind, 0, length) + reader.exactly(length)
        try:
            if kind == _A_ASSOCIATE_RQ and len(encoded) <= answers.LONGEST:
                pdu, event = answers.decoded(encoded), _REQUESTED
            else:
                pdu, event = self._decode_pdu(bytearray(encoded))
        except Exception as error:
            raise Malformed from error  # its decoders raise whatever they meet
        self._recv_pdu.put(pdu)
        self.event_queue.put(event)
