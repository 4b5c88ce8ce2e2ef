"""Starts `tierread serve --role scp` as often as a line is written to it, without importing it anew each time.

Each listener is a process of its own, forked from one that has imported the program and nothing more: twenty
restarts cost twenty recoveries, not twenty times the import of the libraries.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module

from service import cli
from service.processes import role

ARGUMENTS = ["tierread", "serve", "--role", role.Role.SCP]


def main() -> None:
    for module in ("service.processes.serve", role.MODULES[role.Role.SCP]):
        import_module(module)
    for _ in sys.stdin:
        pid = os.fork()
        if pid == 0:
            sys.argv = ARGUMENTS
            cli.main()
            os._exit(0)
        print(pid, flush=True)
        os.waitpid(pid, 0)


if __name__ == "__main__":
    main()
