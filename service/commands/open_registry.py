"""The register of who takes part, opened for one command in one transaction."""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime

from sqlalchemy.engine import Connection

from reading.audit import Audit
from reading.register.registry import Registry
from service.installation.installation import make_folders, open_database
from service.installation.load_settings import load
from storage.database import transaction


@contextmanager
def open_registry() -> Generator[tuple[Connection, Registry, datetime]]:
    """The transaction, the registry and the time of the change."""
    settings = load(os.environ)
    make_folders(settings, demo=None)
    engine = open_database(settings)
    try:
        with transaction(engine) as tx:
            yield tx, Registry(Audit(f"{settings.node}/cli")), datetime.now(UTC)
    finally:
        engine.dispose()
