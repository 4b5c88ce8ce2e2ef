"""Logs are JSON on stderr and hold no identity, whoever writes them."""

from __future__ import annotations

import json
import subprocess
import sys

WRITES = """
import logging, threading, warnings
from service.telemetry.logs import configure, logger

configure("web", "info")
logger().info("study taken in", case_id="01ARZ3NDEKTSV4RRFFQ69G5FAV")
logging.getLogger("pynetdicom.acse").error("peer sent 1.2.840.99.1 of ZHANG^SAN")
logging.getLogger("pynetdicom.acse").info("not even this")
logging.getLogger("uvicorn.error").warning("Shutting down %s", "/dicomweb/studies/1.2.840.99.1")
warnings.warn("Invalid value for VR UI: 1.2.840.99.1")
try:
    try:
        open("/1.2.840.99.1")
    except OSError as cause:
        raise KeyError("1.2.840.99.1") from cause
except KeyError:
    logger().exception("step failed", step="intake")
def lost():
    raise ValueError("ZHANG^SAN")
thread = threading.Thread(target=lost)
thread.start()
thread.join()
raise RuntimeError("ZHANG^SAN")
"""


def test_lines_say_what_and_where_but_not_who() -> None:
    done = subprocess.run([sys.executable, "-c", WRITES], capture_output=True, text=True, check=False)
    lines = [json.loads(line) for line in done.stderr.splitlines()]

    assert "1.2.840.99.1" not in done.stderr
    assert "ZHANG" not in done.stderr
    assert [line["event"] for line in lines] == [
        "study taken in",
        "library",
        "Shutting down %s",
        "library",
        "step failed",
        "uncaught",
        "uncaught",
    ]
    assert {line["role"] for line in lines} == {"web"}
    assert lines[0]["case_id"] == "01ARZ3NDEKTSV4RRFFQ69G5FAV"
    assert [each["class"] for each in lines[4]["exception"]] == ["builtins.KeyError", "builtins.FileNotFoundError"]
    assert lines[4]["exception"][1]["errno"] == 2
    assert all("at" in each for line in lines[4:] for each in line["exception"])
