"""The transactions in which pages and API act; a look that is refused goes on record, and so does a list."""

from __future__ import annotations

import re
from collections.abc import Generator
from contextlib import AbstractContextManager, contextmanager
from typing import Final, TypeVar

from reading.access import act_transaction, door
from reading.actions import Action
from reading.context import Acts, Context, Look, Who
from reading.errors import NotThere
from reading.viewers import Viewer
from storage.database import snapshot
from viewer.http.office import Office

ULID: Final = re.compile(r"[0-7][0-9A-HJKMNP-TV-Z]{25}")


ViewerT = TypeVar("ViewerT", bound=Viewer)
WhoT = TypeVar("WhoT", bound=Who)


@contextmanager
def going_in(
    office: Office, viewer: ViewerT, action: Action, subject_kind: str, subject_id: str, *, naming: bool = False
) -> Generator[Context[ViewerT]]:
    """An act about one thing, in its transaction; when it is refused, the attempt is recorded.

    ``naming``: it may name a patient by a card or a number.

    Raises:
        NotThere: the id is malformed (nothing is recorded); and whatever `act_transaction.acting` raises.

    """
    about = _about(action, subject_kind, subject_id)
    with _acting(office, viewer, about, naming=naming) as ctx:
        yield ctx


def acting(office: Office, who: WhoT, *, naming: bool = False) -> AbstractContextManager[Context[WhoT]]:
    """An act in its transaction, where it is not about one thing with an id."""
    return _acting(office, who, None, naming=naming)


def acts_of(office: Office, who: WhoT) -> Acts[WhoT]:
    """For an act that opens its transactions itself."""
    return Acts(office.engine, office.audit, office.clock, who)


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
    about = _about(action, subject_kind, subject_id)
    try:
        yield
    except NotThere as refusal:
        act_transaction.keep(office.engine, office.audit, office.clock(), viewer, [about], refusal)
        raise


def looks_through(office: Office, viewer: Viewer, action: Action) -> None:
    """Record that somebody reads a list, which shows many persons at once; not again within some minutes."""
    with snapshot(office.engine) as tx:
        on_record = door.list_is_on_record(tx, viewer, action, office.clock())
    if not on_record:
        with acting(office, viewer) as ctx:
            door.open_list(ctx, action)


def _acting(office: Office, who: WhoT, about: Look | None, *, naming: bool) -> AbstractContextManager[Context[WhoT]]:
    return act_transaction.acting(
        office.engine,
        office.audit,
        office.clock(),
        who,
        about=about,
        seal_key=office.seal.public_key,
        naming=office.keys if naming else None,
    )


def _about(action: Action, subject_kind: str, subject_id: str) -> Look:
    if not ULID.fullmatch(subject_id):
        raise NotThere
    return Look(action=action, subject_kind=subject_kind, subject_id=subject_id)
