"""The register of who takes part, opened for one command in one transaction."""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime

from reading.audit import SYSTEM, Actor, Audit
from reading.context import Acts, Context
from reading.patients.keys import Keys, keys_in
from service.installation.installation import Folders, make_folders, open_database
from service.installation.load_settings import load
from service.installation.settings import Settings
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
    with _open(writing=writing) as (ctx, _, _):
        yield ctx


@contextmanager
def open_registry_with_keys() -> Generator[tuple[Context[Actor], Keys, Settings]]:
    """As `open_registry`, with the keys of the installation."""
    with _open(writing=True) as (ctx, folders, settings):
        yield ctx, keys_in(folders.keys), settings


@contextmanager
def _open(*, writing: bool) -> Generator[tuple[Context[Actor], Folders, Settings]]:
    settings = load(os.environ)
    folders = make_folders(settings, demo=None)
    engine = open_database(settings)
    try:
        with (transaction if writing else snapshot)(engine) as tx:
            yield Context(tx, Audit(f"{settings.node}/cli"), datetime.now(UTC), SYSTEM), folders, settings
    finally:
        engine.dispose()
