"""One association as its acceptor: who may have it is asked first, then pynetdicom negotiates and serves."""

from __future__ import annotations

import queue
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final, TypeAlias

import structlog
from pynetdicom import evt
from pynetdicom.ae import ApplicationEntity
from pynetdicom.pdu_primitives import A_ASSOCIATE
from pynetdicom.presentation import PresentationContext
from pynetdicom.transport import AddressInformation

from pacs.arriving.receive import Outcome, Receiver, Reception, Sender
from pacs.dimse import proxy_protocol, tls
from pacs.dimse.negotiation import Offer
from pacs.dimse.service import Caller, ServedAssociation, Service, Speaker
from pacs.dimse.upper_layer import Announced, StoreProvider, StoreSocket

_LAST_WORD_SECONDS: Final = 2
_ASK_POLL_SECONDS: Final = 0.2
"""How soon it is noticed that a peer lets go instead of answering."""

_log: Final = structlog.get_logger()


class Refusal(Enum):
    """Why an association was refused: result, source and reason of the A-ASSOCIATE-RJ (PS3.8 9.3.4)."""

    UNKNOWN_DEVICE = (1, 1, 3)
    """Calling AE title not recognised: nobody, another address, or a device that was retired."""
    WRONG_CALLED_TITLE = (1, 1, 7)
    TOO_MANY = (2, 3, 2)
    """Local limit exceeded."""
    UNAVAILABLE = (2, 3, 1)
    """Temporary congestion: the register of devices cannot be asked."""


@dataclass(frozen=True, kw_only=True)
class Calling:
    """Who says to be calling, and what bears it out."""

    ae_title: str
    address: str
    """As the connection shows it, or as a trusted proxy says."""
    tls: bool = False
    certificate_digest: bytes | None = None
    """SHA-256 of the certificate that was shown, and found to be good."""
    local: bool = False
    """Whether the call comes from this very machine."""


@dataclass(frozen=True, kw_only=True)
class Refused:
    """A refused association, for the record of contacts."""

    calling: Calling
    called_ae_title: str
    refusal: Refusal


@dataclass(frozen=True, kw_only=True)
class Unshaken:
    """A call by TLS that ended before anything was asked."""

    address: str
    failure: tls.Failure


@dataclass(frozen=True, kw_only=True)
class House:
    """What an association needs of its listener."""

    receiver: Receiver
    registry: Callable[[Calling], Sender | None]
    refused: Callable[[Refused], None]
    unshaken: Callable[[Unshaken], None]
    received: Callable[[Sender, Outcome], None]
    offer: Offer
    services: tuple[Service, ...]
    ae_title: str
    check_called: bool
    admit: Callable[[StoreAssociation], bool]
    """Whether there is room for one more; if so it counts from now on."""
    gone: Callable[[StoreAssociation], None]
    proxies: tuple[proxy_protocol.Network, ...]
    """Who says for whom they call."""


Secured: TypeAlias = Callable[[], ssl.SSLContext]
"""What a connection to the TLS port is secured with, asked anew for each."""


class StoreAssociation(ServedAssociation):
    """pynetdicom's association without its polling; `dul` serves C-STORE, the rest goes the usual way."""

    def __init__(
        self, ae: ApplicationEntity, house: House, client_socket: socket.socket, secured: Secured | None = None
    ) -> None:
        super().__init__(ae, "acceptor")
        self._house = house
        self._secured = secured
        self._certificate_digest: bytes | None = None
        self._local = False
        self._sender: Sender | None = None
        self._caller: Caller | None = None
        self._speakers: dict[str, Speaker] = {}
        self._news = threading.Event()
        self._conversation = threading.RLock()
        """Held by whoever sends a request on this association and waits for its response."""
        self.upper_layer = StoreProvider(self, self, self._news)
        self.dul = self.upper_layer
        self.dimse.msg_queue = Announced(self._news)
        # They are kept by the provider, which is another one now.
        self.acse_timeout = ae.acse_timeout
        self.network_timeout = ae.network_timeout
        client_socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        client_socket.settimeout(ae.network_timeout)
        self.set_socket(StoreSocket(self, client_socket))

    # -- what the upper layer asks (`ServiceUser`)

    @property
    def device_id(self) -> str:
        return self._sender.device_id if self._sender is not None else ""

    def upper_layer_is_ready(self) -> None:
        self._dul_ready.set()

    def accepted(self, context_id: int) -> PresentationContext | None:
        return self._accepted_cx.get(context_id)

    def upper_layer_aborted(self) -> None:
        self.is_aborted = True
        self.is_established = False
        self._kill = True

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
                        return None  # it has ended
                    if message.is_valid_request:
                        self._serve_request(message, number)
                    elif message.MessageIDBeingRespondedTo == request.MessageID:
                        return message
                return None
            finally:
                self._news.set()  # what came meanwhile and was not for us

    def begin(self, sop_class_uid: str, sop_instance_uid: str, transfer_syntax_uid: str) -> Reception:
        if self._sender is None:
            raise PermissionError
        return self._house.receiver.begin(self._sender, sop_class_uid, sop_instance_uid, transfer_syntax_uid, "dimse")

    def finish(self, reception: Reception) -> int:
        """The status of one instance that has come in full."""
        outcome = reception.finish()
        if self._sender is not None:
            try:
                self._house.received(self._sender, outcome)
            except Exception:  # noqa: BLE001 # what became of the instance is decided
                _log.error("received_failed", device_id=self.device_id, exc_info=True)
        return outcome.status

    # -- the thread

    def run_reactor(self) -> None:
        try:
            if self._shake_hands():
                self._associate()
        except OSError:
            _log.info("association_lost", device_id=self.device_id)
            self.dul.kill_dul()
        except Exception:  # noqa: BLE001 # of this association; the listener goes on
            _log.error("association_failed", device_id=self.device_id, exc_info=True)
            self.dul.kill_dul()
        finally:
            self._end()

    def _associate(self) -> None:
        self.dul.start()
        self._started_dul = True
        request = self._await_request()
        if request is not None and self._admit(request):
            self.acse.negotiate_association()
            if self.is_established:
                self._run_reactor()

    def _shake_hands(self) -> bool:
        """Find out who is at the other end and secure the connection; here, where it keeps nobody else waiting."""
        stock = self.upper_layer.stock
        sock = stock.socket
        if sock is None:
            return False
        deadline = time.monotonic() + (self.acse_timeout or 0)
        try:
            self._local = sock.getsockname()[0] == sock.getpeername()[0]
            if proxy_protocol.is_of(self._address, self._house.proxies):
                self._come_through(proxy_protocol.caller_of(sock, deadline - time.monotonic()))
            if self._secured is not None:
                secure = self._secured().wrap_socket(sock, server_side=True, do_handshake_on_connect=False)
                stock.replace(secure)  # before it takes long, so that it can be cut
                secure.settimeout(max(0.001, deadline - time.monotonic()))
                secure.do_handshake()  # its timeout is for all of it, not for each piece
                self._certificate_digest = tls.digest_of(secure)
        except proxy_protocol.NoHeader:
            _log.warning("proxy_says_nothing")
            return False
        except ssl.SSLEOFError:
            _log.info("handshake_left")  # a look at the port, not a call
            return False
        except ssl.SSLError as error:
            self._tell_unshaken(tls.failure_of(error))
            return False
        if stock.socket is not None:
            stock.socket.settimeout(self.network_timeout)
        return True

    def _come_through(self, caller: tuple[str, int] | None) -> None:
        if caller is not None:
            self.requestor.address_info = AddressInformation.from_tuple(caller)
            self._local = False

    def _tell_unshaken(self, failure: tls.Failure) -> None:
        try:
            self._house.unshaken(Unshaken(address=self._address, failure=failure))
        except Exception:  # noqa: BLE001 # there is no association all the same
            _log.error("refused_failed", exc_info=True)

    @property
    def _address(self) -> str:
        return self.requestor.address_info.address if self.requestor.address_info is not None else ""

    def _await_request(self) -> A_ASSOCIATE | None:
        """The A-ASSOCIATE-RQ; None when the peer does not make one in time, or hangs up, or sends something else."""
        primitive = None
        while primitive is None and self.dul.is_alive():
            if not self._news.wait(self.acse_timeout):
                return None
            self._news.clear()
            primitive = self.dul.receive_pdu(wait=False)
        return primitive if isinstance(primitive, A_ASSOCIATE) else None

    def _admit(self, request: A_ASSOCIATE) -> bool:
        """Whether the peer may have this association; it hears if not."""
        self.requestor.primitive = request
        called = request.called_ae_title.strip()
        calling = Calling(
            ae_title=request.calling_ae_title.strip(),
            address=self._address,
            tls=self._secured is not None,
            certificate_digest=self._certificate_digest,
            local=self._local,
        )
        refusal = self._judge(calling, called)
        if refusal is None:
            proposed = [str(context.abstract_syntax) for context in request.presentation_context_definition_list]
            self.acceptor.supported_contexts = self._house.offer.contexts_for(proposed)
            self._bind_services(calling)
            return True
        self.acse.send_reject(*refusal.value)
        evt.trigger(self, evt.EVT_REJECTED, {})
        refused = Refused(calling=calling, called_ae_title=called, refusal=refusal)
        try:
            self._house.refused(refused)
        except Exception:  # noqa: BLE001 # the peer is refused all the same
            _log.error("refused_failed", exc_info=True)
        return False

    def _bind_services(self, calling: Calling) -> None:
        if self._sender is None:
            raise PermissionError
        caller = Caller(sender=self._sender, ae_title=calling.ae_title, address=calling.address, association=self)
        by_event: dict[evt.EventType, dict[str, Callable[[Any], Any]]] = {}
        for service in self._house.services:
            for event, handler in service.handlers(caller):
                by_event.setdefault(event, {}).update(dict.fromkeys(service.sop_classes, handler))
            if isinstance(service, Speaker):
                self._speakers.update(dict.fromkeys(service.sop_classes, service))
        for event, handlers in by_event.items():
            self.bind(event, _by_sop_class, [handlers])
        self._caller = caller

    def _serve_request(self, msg: Any, context_id: int) -> None:
        context = self.accepted(context_id)
        speaker = None if context is None else self._speakers.get(str(context.abstract_syntax))
        if speaker is None or context is None or self._caller is None or not msg.is_valid_request:
            super()._serve_request(msg, context_id)
            return
        self.dimse.cancel_req = {}
        speaker.serve(self._caller, msg, context)
        self.dimse.cancel_req = {}

    def _judge(self, calling: Calling, called: str) -> Refusal | None:
        try:
            self._sender = self._house.registry(calling)
        except Exception:  # noqa: BLE001 # whatever keeps us from knowing: the peer comes back later
            _log.error("registry_failed", exc_info=True)
            return Refusal.UNAVAILABLE
        # Who is not known hears nothing else, so that titles and load cannot be probed.
        if self._sender is None:
            return Refusal.UNKNOWN_DEVICE
        if self._house.check_called and called != self._house.ae_title:
            return Refusal.WRONG_CALLED_TITLE
        return None if self._house.admit(self) else Refusal.TOO_MANY

    def _run_reactor(self) -> None:
        """Serve messages as they come, until the peer releases, aborts, is silent too long, or is gone."""
        self._is_paused = False
        while not self._kill:
            self._news.wait(self.upper_layer.idle_seconds_left + 0.1)
            self._news.clear()
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
        # Whoever talks now takes what comes, and a peer that lets go instead of answering must not wait for it.
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

    def _end(self) -> None:
        """Let the Upper Layer say its last word, then close the connection under whatever the peer still does."""
        try:
            self._kill = True
            self.is_established = False
            if self._started_dul:
                if self.requestor.primitive is None:
                    self.upper_layer.cut()  # nothing was asked, so nothing is owed
                self.upper_layer.join(_LAST_WORD_SECONDS)
                self.upper_layer.cut()
                self.upper_layer.join()
            self.upper_layer.stock.hang_up()
            self.upper_layer.release_wakers()
        finally:
            self._house.gone(self)


def _by_sop_class(event: evt.Event, handlers: Mapping[str, Callable[[Any], Any]]) -> Any:
    """One message answered by the service of its presentation context: pynetdicom has one handler an event."""
    return handlers[str(event.context.abstract_syntax)](event)
