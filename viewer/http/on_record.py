"""Going in to one thing of a person: ids are checked, and a refusal is put on record."""

from __future__ import annotations

import re
from collections.abc import Generator
from contextlib import contextmanager
from typing import Final

from sqlalchemy.engine import Connection

from reading.access import access
from reading.access.access import Viewer
from reading.errors import NotThere
from storage.database import snapshot, transaction
from viewer.http.office import Office

ULID: Final = re.compile(r"[0-7][0-9A-HJKMNP-TV-Z]{25}")


@contextmanager
def going_in(office: Office, viewer: Viewer, action: str, subject_kind: str, subject_id: str) -> Generator[Connection]:
    """A transaction about one thing; when it ends in `NotThere`, the attempt itself is recorded.

    Raises:
        NotThere: the id is none of ours (nothing to record), or whatever the block raises.

    """
    with on_record(office, viewer, action, subject_kind, subject_id), transaction(office.engine) as tx:
        yield tx


@contextmanager
def on_record(office: Office, viewer: Viewer, action: str, subject_kind: str, subject_id: str) -> Generator[None]:
    """The same for what opens its transactions itself.

    Raises:
        NotThere: the id is none of ours (nothing to record), or whatever the block raises.

    """
    if not ULID.fullmatch(subject_id):
        raise NotThere
    try:
        yield
    except NotThere:
        with transaction(office.engine) as tx:
            access.refused(
                tx,
                office.audit,
                viewer,
                action=action,
                subject_kind=subject_kind,
                subject_id=subject_id,
                now=office.clock(),
            )
        raise


def looks_through(office: Office, viewer: Viewer, action: str) -> None:
    """Put on record that somebody looks through a list, which shows many persons at once; nothing while it is there."""
    with snapshot(office.engine) as tx:
        on_record = access.list_is_on_record(tx, viewer, action, office.clock())
    if not on_record:
        with transaction(office.engine) as tx:
            access.open_list(tx, office.audit, viewer, action, office.clock())
