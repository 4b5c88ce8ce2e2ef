"""Looks of machines and people at studies: what they may see, put on record whatever the protocol."""

from __future__ import annotations

from pacs.leaving.visible_study import NotVisible, VisibleStudy
from reading.access import acting, door, visibility
from reading.actions import Action
from reading.context import Context, Look
from reading.errors import NotThere
from reading.patients import attribution
from reading.viewers import Machine, PatientViewer, Staff, Viewer
from service.installation.house import House
from storage.database import snapshot, transaction
from storage.index.search import Scope
from storage.instance_row import is_uid


class Looks:
    """Every study is opened through `reading.access`."""

    def __init__(self, house: House) -> None:
        self._house = house

    def scope(self, viewer: object) -> Scope:
        """What a search may find; that somebody searched is on record before anything is found."""
        searching, now = _one_of_ours(viewer), self._house.clock()
        with snapshot(self._house.engine) as tx:
            found = visibility.scope(tx, searching, now)
            on_record = door.list_is_on_record(tx, searching, Action.STUDY_SEARCH, now)
        if not on_record:
            with transaction(self._house.engine) as tx:
                door.open_list(Context(tx, self._house.audit, now, searching), Action.STUDY_SEARCH)
        return found

    def open_study(self, caller: object, study_uid: str, action: Action) -> VisibleStudy:
        viewer = _one_of_ours(caller)
        now = self._house.clock()
        if not is_uid(study_uid):
            raise NotVisible  # nothing that could be looked at, or put on record
        try:
            with snapshot(self._house.engine) as tx:
                study = door.open_study_again(tx, viewer, study_uid, action, now)
                scope = visibility.scope(tx, viewer, now)
                current = attribution.current(tx, study_uid)
            if study is None:
                with transaction(self._house.engine) as tx:
                    study = door.open_study(Context(tx, self._house.audit, now, viewer), study_uid, action)
                    current = attribution.current(tx, study_uid)
        except NotThere as hidden:
            tried = Look(action=action, subject_kind="study", subject_id=study_uid)
            acting.keep(self._house.engine, self._house.audit, now, viewer, [tried], hidden)
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
