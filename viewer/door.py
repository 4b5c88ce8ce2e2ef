"""Going in to one thing of a person: ids are checked, and a refusal is put on record."""

from __future__ import annotations

import re
from collections.abc import Generator
from contextlib import contextmanager
from typing import Final

from sqlalchemy.engine import Connection

from reading import access
from reading.access import Viewer
from reading.errors import NotThere
from storage.database import transaction
from viewer.office import Office

ULID: Final = re.compile(r"[0-7][0-9A-HJKMNP-TV-Z]{25}")


@contextmanager
def going_in(office: Office, viewer: Viewer, action: str, subject_kind: str, subject_id: str) -> Generator[Connection]:
    """A transaction about one thing; when it ends in `NotThere`, the attempt itself is recorded.

    Raises:
        NotThere: the id is none of ours (nothing to record), or whatever the block raises.

    """
    if not ULID.fullmatch(subject_id):
        raise NotThere
    try:
        with transaction(office.engine) as tx:
            yield tx
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
