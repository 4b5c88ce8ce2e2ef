"""The transactions in which pages and API act; a look that is refused goes on record, and so does a list."""

from __future__ import annotations

import re
from collections.abc import Generator
from contextlib import contextmanager
from typing import Final, TypeVar

from reading.access import door
from reading.actions import Action
from reading.context import Context, Who
from reading.errors import NotThere
from reading.viewers import Viewer
from storage.database import snapshot, transaction
from viewer.http.office import Office

ULID: Final = re.compile(r"[0-7][0-9A-HJKMNP-TV-Z]{25}")


ViewerT = TypeVar("ViewerT", bound=Viewer)
WhoT = TypeVar("WhoT", bound=Who)


@contextmanager
def going_in(
    office: Office, viewer: ViewerT, action: Action, subject_kind: str, subject_id: str
) -> Generator[Context[ViewerT]]:
    """An act about one thing, in its transaction; when it ends in `NotThere`, the attempt is recorded.

    Raises:
        NotThere: the id is malformed (nothing is recorded); and whatever the block raises.

    """
    with on_record(office, viewer, action, subject_kind, subject_id), acting(office, viewer) as ctx:
        yield ctx


@contextmanager
def acting(office: Office, who: WhoT) -> Generator[Context[WhoT]]:
    """An act in its transaction, where it is not about one thing with an id."""
    with transaction(office.engine) as tx:
        yield Context(tx, office.audit, office.clock(), who)


@contextmanager
def in_snapshot(office: Office, who: WhoT) -> Generator[Context[WhoT]]:
    """A look in a read-only transaction, for what leaves no audit event of its own."""
    with snapshot(office.engine) as tx:
        yield Context(tx, office.audit, office.clock(), who)


@contextmanager
def on_record(office: Office, viewer: Viewer, action: Action, subject_kind: str, subject_id: str) -> Generator[None]:
    """Record an attempt that ends in `NotThere`, around code that opens its transactions itself.

    Raises:
        NotThere: the id is malformed (nothing is recorded); and whatever the block raises.

    """
    if not ULID.fullmatch(subject_id):
        raise NotThere
    try:
        yield
    except NotThere:
        with acting(office, viewer) as ctx:
            door.record_refusal(ctx, action=action, subject_kind=subject_kind, subject_id=subject_id)
        raise


def looks_through(office: Office, viewer: Viewer, action: Action) -> None:
    """Record that somebody reads a list, which shows many persons at once; not again within some minutes."""
    with snapshot(office.engine) as tx:
        on_record = door.list_is_on_record(tx, viewer, action, office.clock())
    if not on_record:
        with acting(office, viewer) as ctx:
            door.open_list(ctx, action)
