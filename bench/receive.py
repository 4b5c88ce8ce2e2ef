"""Receiving: rate, server CPU up to the acknowledgement and until readable, and what an association costs.

Senders are DCMTK's storescu, with TCP_NODELAY and as Debian ships it, which leaves Nagle's algorithm on.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.objects import KINDS, Template
from bench.servers import Missing, Opened, Server
from tests.builders import CT
from tests.wire import EXPLICIT_LITTLE, IMPLICIT_LITTLE, VERIFICATION, Sender

READABLE_WITHIN_SECONDS: Final = 300


@dataclass(frozen=True, kw_only=True, order=True)
class Case:
    kind: str
    associations: int
    pdu_kib: int
    """The largest PDU that the sender sends; a server may ask for smaller ones."""
    instances: int
    """Of all associations together."""
    at_once: bool = True
    """Whether the senders set TCP_NODELAY."""


@dataclass(frozen=True, kw_only=True)
class Received:
    case: Case
    server: str
    per_second: float
    cpu_ms: float
    """Of an instance, up to the acknowledgement."""
    cpu_ms_readable: float
    """Of an instance, every process of the server, until all are readable."""
    readable_after_seconds: float
    """From the last acknowledgement."""


@dataclass(frozen=True, kw_only=True)
class SetUp:
    server: str
    cpu_ms: float


def a_round(opened: Sequence[Opened], cases: Sequence[Case], work: Path) -> Iterator[Received | SetUp]:
    """Each case against each server in turn, in a folder that is gone afterwards."""
    with tempfile.TemporaryDirectory(dir=work) as folder, ExitStack() as stack:
        servers: list[Server] = []
        for number, server in enumerate(opened):
            try:
                servers.append(stack.enter_context(server(Path(folder) / f"server{number}")))
            except Missing:
                continue
        yield from (SetUp(server=server.name, cpu_ms=associate(server, 50)) for server in servers)
        for case in cases:
            yield from _each(servers, case, Path(folder))


def _each(servers: Sequence[Server], case: Case, folder: Path) -> Iterator[Received]:
    template = Template(KINDS[case.kind])
    folders = [folder / f"study{number}" for number in range(case.associations)]
    for each in folders:
        template.study(each, case.instances // case.associations)
    for server in servers:
        yield _measured(server, case, folders)
        os.sync()  # what a server that does not flush has left to the kernel is not the next one's burden
    for each in folders:
        shutil.rmtree(each)


def _measured(server: Server, case: Case, folders: Sequence[Path]) -> Received:
    before, before_all, begun = server.cpu(), server.cpu_of_all(), time.perf_counter()
    send(server, folders, case.pdu_kib, at_once=case.at_once)
    acknowledged = time.perf_counter()
    cpu = server.cpu() - before
    while not server.readable():
        if time.perf_counter() - acknowledged > READABLE_WITHIN_SECONDS:
            raise TimeoutError(server.name)
        time.sleep(0.1)
    readable = time.perf_counter()
    total = case.instances // case.associations * case.associations
    return Received(
        case=case,
        server=server.name,
        per_second=total / (acknowledged - begun),
        cpu_ms=cpu / total * 1000,
        cpu_ms_readable=(server.cpu_of_all() - before_all) / total * 1000,
        readable_after_seconds=readable - acknowledged,
    )


def send(server: Server, folders: Sequence[Path], pdu_kib: int = 128, *, at_once: bool = True) -> None:
    """One association of storescu for each folder, all at once, until all are done."""
    call = ["storescu", "-aet", "DR_TOWN", "-aec", server.called, "-xe", "-R", "+sd", "+r"]
    call += ["--max-send-pdu", str(pdu_kib * 1024), "127.0.0.1", str(server.port)]
    environment = {**os.environ, "TCP_NODELAY": str(int(at_once))}
    senders = [subprocess.Popen([*call, str(folder)], env=environment) for folder in folders]
    ended = [sender.wait() for sender in senders]
    if any(ended):
        raise RuntimeError(server.name)


def associate(server: Server, count: int) -> float:
    """Server CPU milliseconds of one association with two contexts, released at once."""
    contexts = [(VERIFICATION, [IMPLICIT_LITTLE]), (CT, [EXPLICIT_LITTLE, IMPLICIT_LITTLE])]
    before = server.cpu()
    for _ in range(count):
        with Sender(address=("127.0.0.1", server.port), contexts=contexts, calling="DR_TOWN", called=server.called):
            pass
    time.sleep(0.3)
    return (server.cpu() - before) / count * 1000
