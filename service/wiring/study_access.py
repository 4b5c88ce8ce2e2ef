"""Looks of machines and people at studies: what they may see, put on record whatever the protocol."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from pacs.leaving.visible_study import NotVisible, VisibleStudy
from pacs.rights import NoRight
from reading.access import act_transaction, door, looks, visibility
from reading.actions import Action
from reading.context import Context, Look
from reading.errors import NotThere
from reading.patients import attribution
from reading.viewers import Machine, PatientViewer, Staff, Viewer
from service.installation.house import House
from service.wiring.device_lacks import note_lack
from storage.database import snapshot, transaction
from storage.index.search import Scope
from storage.instance_row import is_uid


class Looks:
    """Every study is opened through `reading.access`."""

    def __init__(self, house: House) -> None:
        self._house = house

    def scope(self, viewer: object, action: Action) -> Scope:
        """What a search may find; that somebody searched is on record before anything is found.

        Raises:
            NoRight: a device has no right to it.

        """
        searching, now = _one_of_ours(viewer), self._house.clock()
        with self._asking_for_rights(searching), snapshot(self._house.engine) as tx:
            found = visibility.scope(tx, searching, now, action)
            on_record = door.list_is_on_record(tx, searching, action, now)
        if not on_record:
            with transaction(self._house.engine) as tx:
                door.open_list(Context(tx, self._house.audit, now, searching), action)
        return found

    @contextmanager
    def _asking_for_rights(self, viewer: Viewer) -> Generator[None]:
        """A right that a device lacks is noted for whoever may give it, and refused in the terms of `pacs`."""
        try:
            yield
        except visibility.NoRight as lack:
            if isinstance(viewer, Machine) and lack.right is not None:
                note_lack(self._house, viewer.device_id, [lack.right])
            raise NoRight from lack

    def open_study(self, caller: object, study_uid: str, action: Action, *, ahead: bool = False) -> VisibleStudy:
        """``ahead``: a program says that it fetches before anybody looks."""
        viewer = _one_of_ours(caller)
        now = self._house.clock()
        if not is_uid(study_uid):
            raise NotVisible  # nothing that could be looked at, or put on record
        try:
            with self._asking_for_rights(viewer), snapshot(self._house.engine) as tx:
                if ahead:
                    action = looks.fetched_ahead(tx, viewer, study_uid, action, now)
                study = door.open_study_again(tx, viewer, study_uid, action, now)
                scope = visibility.scope(tx, viewer, now, action)
                current = attribution.current(tx, study_uid)
            if study is None:
                with transaction(self._house.engine) as tx:
                    study = door.open_study(Context(tx, self._house.audit, now, viewer), study_uid, action)
                    current = attribution.current(tx, study_uid)
        except NotThere as hidden:
            tried = Look(action=action, subject_kind="study", subject_id=study_uid)
            act_transaction.keep(self._house.engine, self._house.audit, now, viewer, [tried], hidden)
            raise NotVisible from hidden
        if current is None:
            return VisibleStudy(study=study, scope=scope)
        return VisibleStudy(
            study=study,
            scope=scope,
            attributes=current.attributes,
            revision=current.revision,
            reason=current.reason,
            made_at=current.made_at,
        )


def _one_of_ours(viewer: object) -> Viewer:
    """The viewer that was handed to pacs, which hands it back without knowing its type."""
    if not isinstance(viewer, Staff | Machine | PatientViewer):
        raise TypeError(type(viewer))
    return viewer
