"""Whom the images of studies name: what each study says, and what single images in it say besides."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.engine import Connection

from reading.patients.same_person import Said, said_by
from storage.index import queries
from storage.index.persons import Named, persons_in


def said_by_images(tx: Connection, study_uids: Sequence[str]) -> list[Said]:
    """All that the shown images say of their person, corrections of the studies applied."""
    named = persons_in(tx, study_uids)
    found = list[Said]()
    for uid in study_uids:
        study = queries.study_of(tx, uid)
        if study is not None and uid in named:
            found += [said_by(study), *map(said_by_image, named[uid].others)]
    return found


def said_by_image(named: Named) -> Said:
    return Said(name=named.patient_name, sex=named.sex, birth_date=named.birth_date)
