"""Serves the tree that it is started in and measures it as often as it is asked: one side of `bench.guard`.

A line of JSON in is a case, a line of JSON out is what it took. It uses of the tree only what every commit since the
benchmark's beginning has, so that older commits can be measured by it.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from bench.objects import KINDS, Template
from bench.receive import READABLE_WITHIN_SECONDS, associate, send
from bench.servers import Server, tierread

ASSOCIATIONS = 50
"""Set up and released at once, to learn what one takes."""


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, tierread(Path(folder) / "server") as server:
        print(json.dumps({"ready": server.name}), flush=True)
        for line in sys.stdin:
            print(json.dumps(_measured(server, json.loads(line), Path(folder) / "sent")), flush=True)


def _measured(server: Server, case: dict[str, Any], folder: Path) -> dict[str, float]:
    """CPU milliseconds of an instance by the acknowledgement and until all are readable, or of an association."""
    if not case["instances"]:
        return {"association": associate(server, ASSOCIATIONS)}
    template, count = Template(KINDS[case["kind"]]), case["instances"] // case["associations"]
    folders = [folder / str(number) for number in range(case["associations"])]
    for each in folders:
        template.study(each, count)
    before, before_all = server.cpu(), server.cpu_of_all()
    send(server, folders)
    acknowledged = time.monotonic()
    cpu = server.cpu() - before
    while not server.readable():
        if time.monotonic() > acknowledged + READABLE_WITHIN_SECONDS:
            raise TimeoutError
        time.sleep(0.1)
    readable = server.cpu_of_all() - before_all
    shutil.rmtree(folder)
    each = 1000 / (count * len(folders))
    return {"acknowledged": cpu * each, "readable": readable * each}


if __name__ == "__main__":
    main()
