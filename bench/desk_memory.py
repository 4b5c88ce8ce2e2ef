"""What the browser holds after the reader went through twenty cases: two thousand slices.

Chromium is driven through its debugging socket with nothing switched on but the evaluation of scripts: what records the
network, as Playwright does, keeps every answer twice in the memory that is measured.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain, count
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, Final

import httpx
from websockets.sync.client import ClientConnection, connect

from bench.desk import PATIENCE_SECONDS, WAYS
from bench.desk_scene import SLICES_OF_A_CASE, Region
from bench.servers import children
from tests.conftest import need_tool
from tests.running import Person, free_port, wait_until

EVERY: Final = 7
"""Of the slices of a case every seventh is drawn; all are fetched and decoded."""


@dataclass(frozen=True, kw_only=True)
class Held:
    way: str
    """How the browser draws."""
    cases: int
    megabytes: float
    """Of the largest process of a page, its workers included: its share of memory (PSS), with a case on the screen."""


_OPEN: Final = """async (id) => {
    location.hash = '#/case/' + id
    await until(() => loaded().length >= %d)
    const stack = document.querySelector('tierread-cell').stack
    for (let at = 0; at < %d; at += %d) {
        stack.goTo(at)
        await until(() => cell().view.index === at && cell().view.quality === 'full')
    }
}"""
_HELPERS: Final = """
    var cell = () => document.querySelector('tierread-cell')
    var loaded = () => performance.getEntriesByType('resource').filter(({ name, responseEnd }) =>
        responseEnd > 0 && name.includes('/frames/') && !name.includes('/rendered'))
    var until = async (condition) => {
        const end = performance.now() + 1000 * %d
        while (!(cell()?.stack && condition())) {
            if (performance.now() > end) throw new Error('waits for ever')
            await new Promise((resolve) => setTimeout(resolve, 20))
        }
    }
"""


class OnItsWay(Exception):
    """The page goes to another address."""


class Page:
    """The one page of a browser that nobody records."""

    def __init__(self, socket: ClientConnection, pid: int) -> None:
        self._socket = socket
        self._numbers = count(1)
        self.pid = pid

    def runs(self, script: str, *arguments: Any) -> Any:
        """What the function answers, or its promise.

        Raises:
            OnItsWay: it cannot be asked now.

        """
        call = f"({script})({', '.join(map(json.dumps, arguments))})"
        number = next(self._numbers)
        asked = {"expression": call, "awaitPromise": True, "returnByValue": True}
        self._socket.send(json.dumps({"id": number, "method": "Runtime.evaluate", "params": asked}))
        while (answer := json.loads(self._socket.recv(PATIENCE_SECONDS))).get("id") != number:
            pass
        if "result" not in answer:
            raise OnItsWay(answer["error"]["message"])
        result = answer["result"]
        if "exceptionDetails" in result:
            raise RuntimeError(result["exceptionDetails"]["exception"].get("description", ""))
        return result["result"].get("value")

    def is_so(self, script: str) -> bool:
        """What the function answers; no while the page is on its way."""
        try:
            return bool(self.runs(script))
        except OnItsWay:
            return False

    def megabytes(self) -> float:
        renderers = [pid for pid in _descendants(self.pid) if "--type=renderer" in _command(pid)]
        return max(map(_pss_mb, renderers))


@contextmanager
def page(way: str, address: str) -> Generator[Page]:
    port, profile = free_port(), mkdtemp()
    call = [need_tool("chromium"), "--headless=new", f"--remote-debugging-port={port}", f"--user-data-dir={profile}"]
    process = subprocess.Popen(
        [*call, *WAYS[way], "--window-size=1440,900", address], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        with connect(wait_until(lambda: _socket_of_page(port)), max_size=None) as socket:
            yield Page(socket, process.pid)
    finally:
        process.terminate()
        process.wait()
        shutil.rmtree(profile, ignore_errors=True)


def _socket_of_page(port: int) -> str:
    try:
        targets = httpx.get(f"http://127.0.0.1:{port}/json", trust_env=False).json()
    except httpx.TransportError:
        return ""
    return next((each["webSocketDebuggerUrl"] for each in targets if each["type"] == "page"), "")


def _signs_in(at: Page, person: Person, way: str) -> None:
    at.runs(
        """async (username, password, way) => {
            localStorage.setItem('tierread.drawing', way)
            const headers = { 'Content-Type': 'application/json' }
            const body = JSON.stringify({ username, password })
            const answer = await fetch('/api/session', { method: 'POST', headers, body })
            if (!answer.ok) throw new Error(String(answer.status))
            location.href = '/'
        }""",
        person.username,
        person.password,
        "cpu" if way == "processor" else "gpu",
    )
    wait_until(lambda: at.is_so("() => document.querySelector('tierread-app') !== null"))
    at.runs(f"() => {{ {_HELPERS % PATIENCE_SECONDS} Object.assign(window, {{ cell, loaded, until }}) }}")


def held(where: Region, way: str) -> Iterator[Held]:
    """One case after the other, each fetched whole and left again."""
    with page(way, f"{where.tierread.url}/sign-in") as at:
        wait_until(lambda: at.is_so("() => location.pathname === '/sign-in' && document.readyState === 'complete'"))
        _signs_in(at, where.cast.ada, way)
        for number, case_id in enumerate(where.many, 1):
            at.runs("() => { performance.clearResourceTimings(); performance.setResourceTimingBufferSize(2000) }")
            at.runs(_OPEN % (SLICES_OF_A_CASE, SLICES_OF_A_CASE, EVERY), case_id)
            yield Held(way=way, cases=number, megabytes=at.megabytes())
            at.runs("() => { location.hash = '#/' }")
            wait_until(lambda: at.is_so("() => !document.querySelector('tierread-images')"))


def _descendants(pid: int) -> list[int]:
    below = children(pid)
    return [*below, *chain.from_iterable(map(_descendants, below))]


def _command(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_text("utf-8", errors="replace")


def _pss_mb(pid: int) -> float:
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text("ascii")
    return next(int(line.split()[1]) / 1024 for line in rollup.splitlines() if line.startswith("Pss:"))
