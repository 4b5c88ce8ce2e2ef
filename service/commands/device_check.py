"""`tierread devices check`: walks through what a device and we do with each other, and what to do where it fails."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy.engine import Engine

from pacs.dimse import device_trial
from pacs.dimse.peer import Failure, Peer, Unreachable, open_association
from pacs.dimse.tls import Certificates
from reading.audit import SYSTEM, Audit
from reading.context import Context
from reading.register import device_contacts, device_identity, device_register, devices, organisations
from reading.register.devices import Device
from service.installation.settings import Settings
from service.wiring.peers import peer_of
from storage.database import snapshot, transaction

_ANSWER_SECONDS = 10


class Result(StrEnum):
    PASS = "pass"  # noqa: S105 # a result, no secret
    FAIL = "fail"
    SKIPPED = "skipped"


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step; ``remedy`` says what to do, where something is to be done."""

    name: str
    result: Result
    said: str
    remedy: str = ""


CALLING = {
    Failure.AWAY: ("nothing answers there", "is it switched on, is the address right, does a firewall let us through?"),
    Failure.REFUSED: (
        "it answers, and refuses us",
        "enter our AE title in the device, and compare the device's own title letter by letter",
    ),
    Failure.ABORTED: ("what answers there speaks no DICOM", "compare the port with the device's DICOM port"),
    Failure.UNTRUSTED: (
        "no TLS comes about",
        "does its port speak TLS, does each side trust the other's certificate, is it the one that is entered?",
    ),
    Failure.NO_CONTEXT: ("it speaks DICOM but offers no echo", "nothing need be done if the device sends well"),
}
LISTENING = {
    Failure.AWAY: ("our listener does not answer", "start it: `tierread serve`"),
    Failure.REFUSED: ("our listener refuses us", "are TIERREAD_AE_TITLE and the database those of the running one?"),
    Failure.ABORTED: (
        "our listener hangs up",
        "is its port taken by another program, or is this machine in TIERREAD_DICOM_TRUSTED_PROXIES?",
    ),
    Failure.UNTRUSTED: ("our listener hangs up", "see its log"),
    Failure.NO_CONTEXT: ("our listener offers nothing", "see its log"),
}


def check(
    settings: Settings,
    engine: Engine,
    audit: Audit,
    certificates: Certificates | None,
    *,
    ae_title: str,
    now: datetime,
) -> Iterator[Step]:
    """The steps, each as soon as it is done.

    Raises:
        NotThere, Invalid: no such device, or several of one title.

    """
    with snapshot(engine) as tx:
        one = device_register.by_title(tx, ae_title, now)
        site = organisations.by_id(tx, one.site_id)
        contact = device_contacts.of(tx, [one.id], now)[one.id]
    heard = "never" if contact.heard_at is None else contact.heard_at.astimezone().strftime("%Y-%m-%d %H:%M")
    yield Step(
        name="entry",
        result=Result.PASS,
        said=f"{one.ae_title} of {site.code if site else '?'} calls from {one.network}; last heard: {heard}",
    )
    yield _echo(settings, certificates, one)
    yield _identify(settings, engine, one, now)
    with transaction(engine) as tx:
        title = device_register.begin_check(Context(tx, audit, now, SYSTEM), one.id)
    try:
        yield from _as_the_device(settings, title)
    finally:
        with transaction(engine) as tx:
            device_register.end_check(tx, title)


def _echo(settings: Settings, certificates: Certificates | None, one: Device) -> Step:
    if devices.called_at(one) is None:
        return Step(
            name="echo",
            result=Result.SKIPPED,
            said="its entry does not say where to call it",
            remedy=f"`tierread device set {one.ae_title} --call-at ADDRESS --port PORT`, where it can be called at all",
        )
    peer = peer_of(one, certificates)
    if peer is None:
        return Step(
            name="echo",
            result=Result.FAIL,
            said="it is to be called by TLS, and TLS is not set up here",
            remedy="docs/operations.md says how",
        )
    where = f"{peer.host} port {peer.port}"
    try:
        with open_association(settings.ae_title, peer, device_trial.ECHO, seconds=_ANSWER_SECONDS) as association:
            status = device_trial.echo(association)
    except Unreachable as unreachable:
        said, remedy = CALLING[unreachable.failure]
        return Step(name="echo", result=Result.FAIL, said=f"{where}: {said}", remedy=remedy)
    if status != 0:
        return Step(name="echo", result=Result.FAIL, said=f"{where}: {_status(status)}", remedy="see the device's log")
    return Step(name="echo", result=Result.PASS, said=f"{where} answers")


def _identify(settings: Settings, engine: Engine, one: Device, now: datetime) -> Step:
    network = ipaddress.ip_network(one.network)
    address = str(network.network_address if network.num_addresses == 1 else network.network_address + 1)
    tls = one.tls_required or one.certificate_digest is not None
    with snapshot(engine) as tx:
        found = device_identity.identify(
            tx, one.ae_title, address, now, certificate_digest=one.certificate_digest, tls=tls
        )
    if found is None or found.id != one.id:
        return Step(
            name="identify",
            result=Result.FAIL,
            said=f"a call from {address} is taken for another device of this title",
            remedy="compare the addresses of the entries: `tierread device list`",
        )
    if tls and settings.dicom_tls_port is None:
        return Step(
            name="identify",
            result=Result.FAIL,
            said="it must call by TLS, and there is no port for it",
            remedy="set TIERREAD_DICOM_TLS_PORT, or `--no-tls-required` and `--no-certificate` for the device",
        )
    port = settings.dicom_tls_port if tls else settings.dicom_port
    how = " by TLS" if tls else ""
    return Step(
        name="identify",
        result=Result.PASS,
        said=f"calling us {settings.ae_title} at port {port}{how} from {address} it is known",
    )


def _as_the_device(settings: Settings, title: str) -> Iterator[Step]:
    peer = Peer(ae_title=settings.ae_title, host=_reachable(settings.dicom_host), port=settings.dicom_port)
    try:
        with open_association(title, peer, device_trial.AS_A_DEVICE, seconds=_ANSWER_SECONDS) as association:
            yield Step(name="association", result=Result.PASS, said=f"our listener at port {peer.port} takes it in")
            if device_trial.offers(association, device_trial.WORKLIST):
                status, matches = device_trial.worklist(association)
                yield _answered("worklist", status, f"{matches} examinations wait for it", "see the listener's log")
            else:
                yield Step(name="worklist", result=Result.SKIPPED, said="the worklist is not offered here")
            remedy = "A700: is the disk full, does the database answer? Otherwise see the listener's log"
            yield _answered("store", device_trial.store(association), "a test picture was taken, and given up", remedy)
    except Unreachable as unreachable:
        said, remedy = LISTENING[unreachable.failure]
        yield Step(name="association", result=Result.FAIL, said=said, remedy=remedy)


def _answered(name: str, status: int | None, said: str, remedy: str) -> Step:
    if status == 0:
        return Step(name=name, result=Result.PASS, said=said)
    return Step(name=name, result=Result.FAIL, said=_status(status), remedy=remedy)


def _status(status: int | None) -> str:
    return "no answer" if status is None else f"the answer is {status:04X}H"


def _reachable(host: str) -> str:
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 every address, seen from here
