"""Receiving against real peers in turn: rate, server CPU per 1000 instances, and what one association costs.

    python -m bench.receive [--instances 200] [--associations 4] [--rounds 3]

Each server runs as a process of its own; its CPU is read from /proc. Senders are DCMTK's storescu with
TCP_NODELAY, as Debian's leaves Nagle on. Ours flushes and indexes each instance before it answers;
storescp and pynetdicom do neither.
"""

from __future__ import annotations

import argparse
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pydicom import dcmwrite
from pydicom.dataset import FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian
from rich.console import Console
from rich.table import Table

from tests.builders import CT, image, new_uid
from tests.wire import EXPLICIT_LITTLE, IMPLICIT_LITTLE, VERIFICATION, Sender

TICKS = os.sysconf("SC_CLK_TCK")


@dataclass
class Server:
    name: str
    process: subprocess.Popen[bytes]
    port: int
    called: str

    def cpu_seconds(self) -> float:
        """User and system time of the process and its ended children."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
        return sum(int(field) for field in fields[11:15]) / TICKS

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(port: int) -> None:
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise TimeoutError


def started(name: str, call: list[str], port: int, called: str, folder: Path) -> Server:
    environment = {**os.environ, "TCP_NODELAY": "1"}
    process = subprocess.Popen(call, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder, env=environment)
    wait_for(port)
    return Server(name, process, port, called)


def tierread(folder: Path) -> Server:
    port = free_port()
    return started(
        "TierRead, flushed and indexed",
        [sys.executable, "-m", "bench.receive_server", str(port), str(folder)],
        port,
        "TIERREAD",
        Path.cwd(),
    )


def storescp(folder: Path) -> Server:
    port = free_port()
    call = [str(shutil.which("storescp")), "--fork", "-pdu", "131072", "-od", str(folder), str(port)]
    return started("DCMTK storescp --fork", call, port, "ANY", folder)


def pynetdicom(folder: Path) -> Server:
    port = free_port()
    call = [sys.executable, "-m", "pynetdicom", "storescp", str(port), "-od", str(folder), "-q"]
    return started("pynetdicom storescp", call, port, "ANY", folder)


def make_files(folder: Path, count: int) -> None:
    """CT slices of half a megabyte, one study a folder."""
    study, series = new_uid(), new_uid()
    for number in range(count):
        dataset = image(rows=512, columns=512, StudyInstanceUID=study, SeriesInstanceUID=series, InstanceNumber=number)
        dataset.file_meta = FileMetaDataset()
        dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        dcmwrite(folder / f"{number:04}.dcm", dataset, enforce_file_format=True)


def send(server: Server, folders: list[Path]) -> float:
    """Seconds until all senders are done."""
    call = ["storescu", "-aet", "TOWNSHIP", "-aec", server.called, "-xe", "-R", "+sd", "127.0.0.1", str(server.port)]
    begin = time.perf_counter()
    senders = [subprocess.Popen([*call, str(folder)], env={**os.environ, "TCP_NODELAY": "1"}) for folder in folders]
    if any(sender.wait() for sender in senders):
        raise RuntimeError(server.name)
    return time.perf_counter() - begin


def associate(server: Server, count: int) -> float:
    """Server CPU milliseconds of one association with two contexts, released at once."""
    contexts = [(VERIFICATION, [IMPLICIT_LITTLE]), (CT, [EXPLICIT_LITTLE, IMPLICIT_LITTLE])]
    before = server.cpu_seconds()
    for _ in range(count):
        with Sender(address=("127.0.0.1", server.port), contexts=contexts, called=server.called):
            pass
    time.sleep(0.3)
    return (server.cpu_seconds() - before) / count * 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--instances", type=int, default=200, help="of each association")
    parser.add_argument("--associations", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    makers: list[Callable[[Path], Server]] = [tierread, pynetdicom]
    if shutil.which("storescp"):
        makers.insert(1, storescp)
    rows: dict[str, list[tuple[float, float, float]]] = {}
    for _ in range(asked.rounds):
        with tempfile.TemporaryDirectory() as work:
            folders = [Path(work) / f"study{number}" for number in range(asked.associations)]
            for folder in folders:
                folder.mkdir()
                make_files(folder, asked.instances)
            for number, make in enumerate(makers):
                kept = Path(work) / f"server{number}"
                kept.mkdir()
                server = make(kept)
                try:
                    set_up = associate(server, 50)
                    before = server.cpu_seconds()
                    seconds = send(server, folders)
                    cpu = server.cpu_seconds() - before
                finally:
                    server.stop()
                total = asked.instances * asked.associations
                rows.setdefault(server.name, []).append((total / seconds, cpu / total * 1000, set_up))
                shutil.rmtree(kept)
    table = Table(title=f"CT 0.53 MB, {asked.associations} associations of storescu, medians of {asked.rounds}")
    for heading in ("server", "instances/s", "server CPU s per 1000", "CPU ms per association"):
        table.add_column(heading)
    for name, measured in rows.items():
        medians = [sorted(column)[len(column) // 2] for column in zip(*measured, strict=True)]
        table.add_row(name, f"{medians[0]:.0f}", f"{medians[1]:.2f}", f"{medians[2]:.1f}")
    Console().print(table)


if __name__ == "__main__":
    main()
