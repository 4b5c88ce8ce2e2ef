"""The register of who takes part, opened for one command in one transaction."""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime

from reading.audit import SYSTEM, Actor, Audit
from reading.context import Acts, Context
from service.installation.installation import make_folders, open_database
from service.installation.load_settings import load
from storage.database import snapshot, transaction


@contextmanager
def register_acts() -> Generator[Acts[Actor]]:
    """For acts that open their transactions themselves."""
    settings = load(os.environ)
    make_folders(settings, demo=None)
    engine = open_database(settings)
    try:
        yield Acts(engine, Audit(f"{settings.node}/cli"), lambda: datetime.now(UTC), SYSTEM)
    finally:
        engine.dispose()


@contextmanager
def open_registry(*, writing: bool = True) -> Generator[Context[Actor]]:
    """The context of the command's acts, in the name of the system; without ``writing`` for what is read at length."""
    settings = load(os.environ)
    make_folders(settings, demo=None)
    engine = open_database(settings)
    try:
        with (transaction if writing else snapshot)(engine) as tx:
            yield Context(tx, Audit(f"{settings.node}/cli"), datetime.now(UTC), SYSTEM)
    finally:
        engine.dispose()
