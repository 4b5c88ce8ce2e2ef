"""Plays a simulation in a process of its own, within bounds of time and memory: nobody else's request waits for it."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import threading
from datetime import timedelta
from typing import Final

from pydantic import BaseModel, ConfigDict

from reading.errors import Busy, Invalid
from reading.simulation.model import Premises
from reading.simulation.runs import Simulated, simulate
from reading.simulation.scenario import Scenario
from reading.simulation.staffing import Found, fewest

MOST_CASES: Final = 40_000
"""Cases of all runs and policies that a page plays: at a millisecond each some forty seconds."""
SECONDS: Final = 100
_MEMORY: Final = 2 << 30
"""Bytes of address space; 40,000 cases take some 100 MB."""
_NICE: Final = 5
_RETRY_AFTER: Final = timedelta(seconds=20)
_TURN: Final = threading.Lock()
"""A process plays one simulation at a time."""


class TookTooLong(Invalid):
    """A simulation did not end within its time."""

    def __init__(self, seconds: int) -> None:
        super().__init__("scenario", "took_too_long")
        self.seconds = seconds


class Asked(BaseModel):
    """What is to be played."""

    model_config = ConfigDict(frozen=True, arbitrary_types_allowed=True)

    scenario: Scenario
    premises: list[tuple[str, Premises]]
    staffing: bool
    """Whether the fewest people are looked for, under the last of the policies."""


class Answer(BaseModel):
    model_config = ConfigDict(frozen=True)

    made: Simulated
    found: Found | None


def play_apart(asked: Asked, *, seconds: int = SECONDS) -> Answer:
    """Play what is asked in another process, which ends with its time.

    Raises:
        Busy: this process has one played already.
        TookTooLong: it did not end within ``seconds``, or needed more memory than it may have.

    """
    if not _TURN.acquire(blocking=False):
        raise Busy(_RETRY_AFTER)
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-m", "reading.simulation.apart"],
            input=asked.model_dump_json(by_alias=True).encode(),
            stdout=subprocess.PIPE,
            timeout=seconds,
            check=True,
            env={"PATH": os.defpath, "LC_ALL": "C.UTF-8", "PYTHONUTF8": "1"},
        )
    except (subprocess.TimeoutExpired, subprocess.CalledProcessError) as over:
        raise TookTooLong(seconds) from over
    finally:
        _TURN.release()
    return Answer.model_validate_json(done.stdout)


def answer_to(asked: Asked) -> Answer:
    made = simulate(asked.scenario, asked.premises)
    return Answer(made=made, found=fewest(asked.scenario, asked.premises[-1][1]) if asked.staffing else None)


def main() -> None:
    """Read what is asked from standard input, and write the answer to standard output."""
    os.nice(_NICE)
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    answer = answer_to(Asked.model_validate_json(sys.stdin.buffer.read()))
    sys.stdout.buffer.write(answer.model_dump_json(by_alias=True).encode())


if __name__ == "__main__":
    main()
