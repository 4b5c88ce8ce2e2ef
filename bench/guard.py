"""Compares what two commits take to receive, on this machine and in turn: `make bench-guard BASE=main`.

Each commit is served from a tree of its own, and every case is measured on one and then on the other, round after
round, so that whatever else the machine does meets both. Only CPU is compared: it says little less on a busy machine
than on a quiet one. A commit fails where the faster quarter of its rounds is slower than the slower quarter of the
base, by more than `LEAST`. It is part of no test: a machine that is too busy would fail it.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Generator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median, quantiles
from typing import Any, Final

from tests.running import REPOSITORY

LEAST: Final = 1.03
"""What is less than this is not told from noise, whatever the quarters say."""
CASES: Final[dict[str, dict[str, Any]]] = {
    "CT 0.5 MB, 1 association": {"kind": "CT", "associations": 1, "instances": 300},
    "CT 0.5 MB, 4 associations": {"kind": "CT", "associations": 4, "instances": 400},
    "US 50 kB, 1 association": {"kind": "US", "associations": 1, "instances": 300},
    "DX 18 MB, 4 associations": {"kind": "DX", "associations": 4, "instances": 16},
    "set up": {"instances": 0},
}
_BUILT: Final = Path("viewer") / "static" / "app"


class _Subject:
    """A tree that is served."""

    def __init__(self, tree: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(REPOSITORY / "bench" / "subject.py")],
            cwd=tree,
            env={**os.environ, "PYTHONPATH": str(tree)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._read()

    def measure(self, case: Mapping[str, Any]) -> dict[str, float]:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(case) + "\n")
        self._process.stdin.flush()
        return self._read()

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()

    def _read(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the measured tree has ended")
        return json.loads(line)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("base", help="commit to compare with")
    parser.add_argument("commit", nargs="?", help="commit that is compared; the files as they are where none is named")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--case", action="append", choices=CASES, help="only this; may be given again")
    asked = parser.parse_args()
    with ExitStack() as stack:
        trees = [stack.enter_context(_tree(asked.base)), stack.enter_context(_tree(asked.commit))]
        subjects: list[_Subject] = []
        for tree in trees:
            subjects.append(_Subject(tree))
            stack.callback(subjects[-1].close)
        took: dict[tuple[str, str], tuple[list[float], list[float]]] = {}
        for number in range(asked.rounds + 1):
            for name in asked.case or CASES:
                for which, subject in enumerate(subjects):
                    found = subject.measure(CASES[name])
                    for what, each in found.items():
                        if number:  # the first round warms both up
                            took.setdefault((name, what), ([], []))[which].append(each)
    slower = [_told(name, what, *both) for (name, what), both in took.items()]
    if any(slower):
        sys.exit("slower than the base")


def _told(name: str, what: str, base: list[float], commit: list[float]) -> bool:
    """Print a row; whether the commit is slower beyond noise."""
    ratio = median(commit) / median(base) if median(base) else 1.0
    slower = ratio > LEAST and quantiles(commit, n=4)[0] > quantiles(base, n=4)[2]
    print(
        f"{name}, {what}: {median(base):.2f} -> {median(commit):.2f} ms of CPU ({ratio:.2f})"
        f"{'  SLOWER' if slower else ''}",
        flush=True,
    )
    return slower


@contextmanager
def _tree(commit: str | None) -> Generator[Path]:
    """The files of a commit; without one, those that stand here."""
    if commit is None:
        yield REPOSITORY
        return
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / "tree"
        subprocess.run(["git", "worktree", "add", "-q", "--detach", tree, commit], cwd=REPOSITORY, check=True)
        try:
            if (REPOSITORY / _BUILT).exists():
                (tree / _BUILT).symlink_to(REPOSITORY / _BUILT)  # built, and no part of what is measured
            yield tree
        finally:
            subprocess.run(["git", "worktree", "remove", "--force", tree], cwd=REPOSITORY, check=True)


if __name__ == "__main__":
    main()
