"""One association as its acceptor: it admits the caller, then serves its messages until either side ends it."""

from __future__ import annotations

import queue
import socket
import threading
import time
from typing import Any, Final

import structlog
from pynetdicom import evt
from pynetdicom.ae import ApplicationEntity
from pynetdicom.pdu import A_ASSOCIATE_AC
from pynetdicom.pdu_primitives import A_ASSOCIATE
from pynetdicom.presentation import PresentationContext

from pacs.arriving.receive import Reception, Sender
from pacs.dimse.addresses import NumericAddress
from pacs.dimse.answers import Answer
from pacs.dimse.handshake import Connection, Handshake
from pacs.dimse.refusals import CallingAE, Refusal, RefusedAssociation
from pacs.dimse.service import Caller, ServedAssociation, StreamingService, answer_by_sop_class, event_handlers
from pacs.dimse.socket_reader import BufferedSocket, SignallingQueue
from pacs.dimse.terms import Terms
from pacs.dimse.upper_layer import UpperLayer
from pacs.rights import Right

_LAST_RESPONSE_SECONDS: Final = 2
"""The upper layer has this long to send what is left when the association ends."""
_ASK_POLL_SECONDS: Final = 0.2
"""Interval at which `ask` looks whether the peer has ended the association instead of answering."""

_DEFAULT_HANDLERS: Final[dict[Any, Any]] = {}
"""By event; without its log, pynetdicom has one handler an event, none of which is changed."""

_log: Final = structlog.get_logger()


class AcceptorAssociation(ServedAssociation):
    """pynetdicom's association without its polling; its upper layer answers C-STORE, pynetdicom the rest."""

    def __init__(self, ae: ApplicationEntity, terms: Terms, handshake: Handshake, client_socket: socket.socket) -> None:
        super().__init__(ae, "acceptor")
        self._terms = terms
        self._handshake = handshake
        self._sender: Sender | None = None
        self._caller: Caller | None = None
        self._began = time.monotonic()
        self._serving = False
        """Whether a request is being answered."""
        self._streaming: dict[str, StreamingService] = {}
        self._signal = threading.Event()
        """Set when a message has arrived or the upper layer has ended."""
        self._conversation = threading.RLock()
        """Held by the thread that takes messages: this association's own, or one that waits in `ask`."""
        self.upper_layer = UpperLayer(self, self, self._signal)
        self.dul = self.upper_layer
        self.dimse.msg_queue = SignallingQueue(self._signal)
        # pynetdicom keeps these in the provider, which was replaced.
        self.acse_timeout = ae.acse_timeout
        self.network_timeout = ae.network_timeout
        client_socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        client_socket.settimeout(ae.network_timeout)
        self.set_socket(BufferedSocket(self, client_socket))

    def _bind_defaults(self) -> None:
        """Bind pynetdicom's own handlers, which are looked up for the first association."""
        if not _DEFAULT_HANDLERS:
            super()._bind_defaults()
            _DEFAULT_HANDLERS.update(self._handlers)
        self._handlers = dict(_DEFAULT_HANDLERS)

    # -- what the upper layer asks (`ServiceUser`)

    @property
    def device_id(self) -> str:
        return self._sender.device_id if self._sender is not None else ""

    @property
    def calling_address(self) -> str:
        """As the connection shows it, or as a trusted proxy says."""
        return self.requestor.address_info.address if self.requestor.address_info is not None else ""

    @property
    def seconds_since_begun(self) -> float:
        return time.monotonic() - self._began

    @property
    def idle_seconds(self) -> float | None:
        """Seconds in which neither side has sent anything; None while a message is arriving or being answered."""
        busy = self._serving or self.upper_layer.receiving or not self.is_established
        return None if busy else self.quiet_seconds

    def upper_layer_is_ready(self) -> None:
        self._dul_ready.set()

    def upper_layer_aborted(self) -> None:
        self.is_aborted = True
        self.is_established = False
        self._kill = True

    def accepted(self, context_id: int) -> PresentationContext | None:
        return self._accepted_cx.get(context_id)

    def begin(self, sop_class_uid: str, sop_instance_uid: str, transfer_syntax_uid: str) -> Reception:
        if self._sender is None:
            raise PermissionError
        return self._terms.receiver.begin(self._sender, sop_class_uid, sop_instance_uid, transfer_syntax_uid, "dimse")

    def finish(self, reception: Reception, rest: memoryview) -> int:
        outcome = reception.finish(rest)
        if self._sender is not None:
            try:
                self._terms.on_outcome(self._sender, outcome)
            except Exception:  # noqa: BLE001 # the outcome stands
                _log.error("outcome_not_recorded", device_id=self.device_id, exc_info=True)
        return outcome.status

    # -- what services and other threads may ask (`ServedAssociation`)

    @property
    def quiet_seconds(self) -> float:
        if self.upper_layer.receiving:
            return 0.0
        return max(0.0, (self.network_timeout or 0.0) - self.upper_layer.idle_seconds_left)

    def keep_alive(self) -> None:
        self.upper_layer.keep_alive()

    def ask(self, request: Any, context_id: int, seconds: float) -> Any | None:
        deadline = time.monotonic() + seconds
        with self._conversation:
            try:
                if not self.is_established:
                    return None
                self.upper_layer.keep_alive()
                self.dimse.send_msg(request, context_id)
                while self.is_established and time.monotonic() < deadline:
                    try:
                        number, message = self.dimse.msg_queue.get(timeout=_ASK_POLL_SECONDS)
                    except queue.Empty:
                        continue
                    if number is None or message is None:
                        return None  # the association has ended
                    if message.is_valid_request:
                        self._serve_request(message, number)
                    elif message.MessageIDBeingRespondedTo == request.MessageID:
                        return message
                return None
            finally:
                self._signal.set()  # messages that arrived meanwhile wait for this association's own thread

    # -- the thread

    def run_reactor(self) -> None:
        try:
            connection = self._begin_connection()
            if connection is not None:
                self._associate(connection)
        except OSError:
            _log.info("association_lost", device_id=self.device_id)
            self.dul.kill_dul()
        except Exception:  # noqa: BLE001 # ends this association; the listener goes on
            _log.error("association_failed", device_id=self.device_id, exc_info=True)
            self.dul.kill_dul()
        finally:
            self._end()

    def _begin_connection(self) -> Connection | None:
        """Done in this thread, where a slow peer delays no other connection."""
        transport = self.upper_layer.transport
        connection = self._handshake.begin(
            transport, self.calling_address, self.acse_timeout or 0, self._called_through_proxy
        )
        transport.limit_waiting(self.network_timeout)
        return connection

    def _called_through_proxy(self, caller: tuple[str, int]) -> None:
        self.requestor.address_info = NumericAddress.from_tuple(caller)
        if not self._terms.called_from(self, caller[0]):
            raise ConnectionError

    def _associate(self, connection: Connection) -> None:
        self.dul.start()
        self._started_dul = True
        request = self._await_request()
        if request is not None and self._admit(request, connection):
            self._negotiate(request)
            if self.is_established:
                self._run_reactor()

    def _await_request(self) -> A_ASSOCIATE | None:
        """The A-ASSOCIATE-RQ; None when the peer sends none in time, closes the connection or sends something else."""
        primitive = None
        while primitive is None and self.dul.is_alive():
            if not self._signal.wait(max(0.0, (self.acse_timeout or 0) - self.seconds_since_begun)):
                return None
            self._signal.clear()
            primitive = self.dul.receive_pdu(wait=False)
        return primitive if isinstance(primitive, A_ASSOCIATE) else None

    def _admit(self, request: A_ASSOCIATE, connection: Connection) -> bool:
        """Whether the peer may have this association; if not, it is sent the A-ASSOCIATE-RJ."""
        self.requestor.primitive = request
        called = request.called_ae_title.strip()
        calling = CallingAE(
            ae_title=request.calling_ae_title.strip(),
            address=self.calling_address,
            tls=self._handshake.tls_context is not None,
            certificate_digest=connection.certificate_digest,
            local=connection.local,
        )
        refusal = self._refusal(calling, called)
        if refusal is None:
            self._bind_services(calling)
            return True
        self.acse.send_reject(*refusal.value)
        evt.trigger(self, evt.EVT_REJECTED, {})
        refused = RefusedAssociation(calling=calling, called_ae_title=called, refusal=refusal)
        try:
            self._terms.on_refusal(refused)
        except Exception:  # noqa: BLE001 # the peer is refused all the same
            _log.error("refusal_not_recorded", exc_info=True)
        return False

    def _negotiate(self, request: A_ASSOCIATE) -> None:
        """Accept what the device may propose, and tell whoever looks after it what of that it may not."""
        sender, answers = self._sender, self._terms.answers
        if sender is None:
            raise PermissionError
        answer = answers.known(request, sender.may)
        if answer is None:
            answer = self._first_answer(request, sender)
            if answer is not None:
                answers.remember(request, sender.may, answer)
            return
        self._tell(sender, answer.lacking, answer.refused)
        self.requestor.ae_title = request.calling_ae_title
        self.acceptor.primitive = answer.primitive
        self._accepted_cx, self._rejected_cx = dict(answer.accepted), list(answer.rejected)
        self.is_established = True
        self.upper_layer.accept(answer.encoded)

    def _first_answer(self, request: A_ASSOCIATE, sender: Sender) -> Answer | None:
        """Negotiate as pynetdicom does; None where it did not accept the association."""
        offer = self._terms.offer
        # Within a C-GET the device is the storage SCP; a C-STORE of its own is refused by the receiver.
        may = sender.may | ({Right.STORE} if Right.RETRIEVE in sender.may else set())
        proposed = [
            (str(one.abstract_syntax), [str(syntax) for syntax in one.transfer_syntax])
            for one in request.presentation_context_definition_list
        ]
        needed = {uid: offer.right_for(uid) for uid, _ in proposed}
        lacking = {uid: right for uid, right in needed.items() if right is not None and right not in may}
        refused = offer.refused(proposed)
        self._tell(sender, frozenset(lacking.values()), refused)
        self.acceptor.supported_contexts = offer.contexts_for(uid for uid, _ in proposed if uid not in lacking)
        self.acse.negotiate_association()
        primitive = self.acceptor.primitive
        if not self.is_established or primitive is None:
            return None
        return Answer(
            encoded=A_ASSOCIATE_AC(primitive).encode(),
            primitive=primitive,
            accepted=dict(self._accepted_cx),
            rejected=tuple(self._rejected_cx),
            lacking=frozenset(lacking.values()),
            refused=refused,
        )

    def _tell(self, sender: Sender, lacking: frozenset[Right], refused: frozenset[str]) -> None:
        """Whoever sets the device up hears what it lacks and what of it never arrives; all else is served."""
        if sender.test:
            return
        try:
            if lacking:
                self._terms.on_lack(sender, lacking)
            if refused:
                self._terms.on_refused_classes(sender, refused)
        except Exception:  # noqa: BLE001 # the contexts are refused all the same
            _log.error("refused_contexts_not_recorded", device_id=sender.device_id, exc_info=True)

    def _refusal(self, calling: CallingAE, called: str) -> Refusal | None:
        try:
            self._sender = self._terms.registry(calling)
        except Exception:  # noqa: BLE001 # whatever the reason, the device may call again later
            _log.error("registry_failed", exc_info=True)
            return Refusal.UNAVAILABLE
        # An unknown caller is given no other reason, so that titles and load cannot be probed.
        if self._sender is None:
            return Refusal.UNKNOWN_DEVICE
        if self._terms.check_called and called != self._terms.ae_title:
            return Refusal.WRONG_CALLED_TITLE
        return None if self._terms.admit(self) else Refusal.TOO_MANY

    def _bind_services(self, calling: CallingAE) -> None:
        if self._sender is None:
            raise PermissionError
        caller = Caller(sender=self._sender, ae_title=calling.ae_title, address=calling.address, association=self)
        for event, handlers in event_handlers(self._terms.services, caller).items():
            self.bind(event, answer_by_sop_class, [handlers])
        for service in self._terms.services:
            if isinstance(service, StreamingService):
                self._streaming.update(dict.fromkeys(service.sop_classes, service))
        self._caller = caller

    def _run_reactor(self) -> None:
        """Serve messages as they come, until the peer releases, aborts, is silent too long, or is gone."""
        self._is_paused = False
        self._signal.set()  # what came beside the request, such as the end of the connection, was told of with it
        while not self._kill:
            self._signal.wait(self.upper_layer.idle_seconds_left + 0.1)
            self._signal.clear()
            self._serve_messages()
            if self.is_established and self.acse.is_release_requested():
                self.acse.send_release(is_response=True)
                self.is_released = True
                self.is_established = False
                evt.trigger(self, evt.EVT_RELEASED, {})
                return
            if self.acse.is_aborted():
                self.dul.receive_pdu(wait=False)
                self.is_aborted = True
                self.is_established = False
                evt.trigger(self, evt.EVT_ABORTED, {})
                return
            if not self.dul.is_alive():
                return
            if self.dul.idle_timer_expired():
                self.abort(block=False)
                return

    def _serve_messages(self) -> None:
        # A thread in `ask` serves what arrives; this one must stay free to see a release or an abort.
        if not self._conversation.acquire(blocking=False):
            return
        try:
            context_id, message = self.dimse.get_msg(block=False)
            while message is not None and context_id is not None:
                self._serve_request(message, context_id)
                self.upper_layer.keep_alive()  # the peer was silent because it waited for us
                context_id, message = self.dimse.get_msg(block=False)
        finally:
            self._conversation.release()

    def _serve_request(self, msg: Any, context_id: int) -> None:
        self._serving = True
        try:
            self._answer(msg, context_id)
        finally:
            self._serving = False

    def _answer(self, msg: Any, context_id: int) -> None:
        context = self.accepted(context_id)
        service = None if context is None else self._streaming.get(str(context.abstract_syntax))
        if service is None or context is None or self._caller is None or not msg.is_valid_request:
            super()._serve_request(msg, context_id)
            return
        self.dimse.cancel_req = {}
        service.serve(self._caller, msg, context)
        self.dimse.cancel_req = {}

    def _end(self) -> None:
        """Let the upper layer send its last PDU, then close the connection, whatever the peer still does."""
        try:
            self._kill = True
            self.is_established = False
            if self._started_dul:
                if self.requestor.primitive is None:
                    self.upper_layer.cut()  # no request came, so none is answered
                self.upper_layer.join(_LAST_RESPONSE_SECONDS)
                self.upper_layer.cut()
                self.upper_layer.join()
            self.upper_layer.transport.hang_up()
            self.upper_layer.close_wake_pipe()
        finally:
            self._terms.on_end(self)
