"""strace watches the listener: the segment's descriptor is flushed before the response of its instance is written."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from pathlib import Path
from typing import Final

from tests.acceptance.test_kill import listens
from tests.builders import CT, image, thing
from tests.conftest import need_tool
from tests.running import TierRead, command, wait_until
from tests.wire import EXPLICIT_LITTLE, Sender

INSTANCES: Final = 12
# 1234 pwrite64(12</spool/segments/20260302/01K….tar>, "…", 300, 4096) = 300
_CALL: Final = re.compile(
    r"^\d+ +(?P<call>\w+)\((?P<fd>\d+)<(?P<what>[^>]*)>(, (?P<data>\"[^\"]*\"))?.* = (?P<result>-?\d+)"
)
# P-DATA-TF, PS3.8 9.3.5: the response's PDU begins with 04H 00H.
_RESPONSE: Final = r'"\4\0'


def test_the_flush_comes_before_the_answer(tmp_path: Path) -> None:
    strace = need_tool("strace")
    tierread = TierRead(tmp_path / "house")
    trace = tmp_path / "trace"
    watched = subprocess.Popen(
        [
            *(strace, "-f", "-y", "-s", "4", "--seccomp-bpf", "-o", str(trace)),
            *("-e", "trace=pwrite64,pwritev2,fdatasync,fsync,sendto"),
            *command("serve", "--role", "scp"),
        ],
        env=tierread.environ,
        cwd=tierread.folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        wait_until(lambda: listens(tierread.dicom_port), what="the listener")
        cast = tierread.cast()
        study = image(AccessionNumber="")
        with Sender(
            address=("127.0.0.1", tierread.dicom_port),
            calling=cast.device,
            called="TIERREAD",
            contexts=[(CT, [EXPLICIT_LITTLE])],
        ) as sender:
            statuses = []
            for number in range(INSTANCES):
                study.SOPInstanceUID = f"1.2.826.0.1.3680043.8.498.77.{number}"
                study.InstanceNumber = number
                statuses.append(sender.store(thing(study)))
    finally:
        os.killpg(watched.pid, signal.SIGTERM)  # strace itself passes nothing on
        watched.wait(60)
        tierread.close()

    assert statuses == [0] * INSTANCES
    assert _story(trace) == ["folder flushed", *["written", "flushed", "answered"] * INSTANCES]


def _story(trace: Path) -> list[str]:
    """What happened to segments, folders of segments and responses, without repetitions, up to the last response."""
    story: list[str] = []
    for line in trace.read_text("utf-8", "replace").splitlines():
        call = _CALL.match(line)
        event = _event(call) if call else None
        if event and story[-1:] != [event]:
            story.append(event)
    last = max((index for index, event in enumerate(story) if event == "answered"), default=-1)
    first = story.index("written") if "written" in story else 0
    return story[max(0, first - 1) : last + 1]


def _event(call: re.Match[str]) -> str | None:
    what, result = call["what"], int(call["result"])
    if call["call"] == "sendto" and (call["data"] or "").startswith(_RESPONSE):
        return "answered"
    if call["call"] == "fsync" and re.search(r"/segments/\d{8}$", what) and result == 0:
        return "folder flushed"
    if not re.search(r"/segments/\d{8}/\.?\w+\.tar(\.new)?$", what):
        return None
    if call["call"] in ("pwrite64", "pwritev2"):
        return "written"
    return "flushed" if call["call"] == "fdatasync" and result == 0 else None
