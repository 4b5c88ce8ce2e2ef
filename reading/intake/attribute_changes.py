"""What each correction of a study changed of person and examination, as it was and as it became."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from sqlalchemy.engine import Connection

from reading.patients import attribution
from reading.patients.attribution import SHOWN
from storage.index import queries

BODY_PART: Final = "BodyPartExamined"


@dataclass(frozen=True, kw_only=True)
class Change:
    """One attribute (PS3.6 keyword); empty values were or are not known."""

    keyword: str
    before: str = field(repr=False)
    after: str = field(repr=False)

    @property
    def names_somebody(self) -> bool:
        """Whether the values may be those of another person, to whom the images were given by mistake."""
        return self.keyword != BODY_PART


def attribute_changes(tx: Connection, study_uid: str) -> dict[str, tuple[Change, ...]]:
    """The changes of each revision of a study that the caller has opened, by its id; sides are `side_changes`."""
    columns = queries.received_of(tx, study_uid)
    received = {keyword: columns.get(column, "") for keyword, column in SHOWN.items()}
    parts = (one.body_part for one in queries.all_series_in(tx, study_uid) if one.body_part)
    received[BODY_PART] = " ".join(dict.fromkeys(parts))
    said, found = received, dict[str, tuple[Change, ...]]()
    for made in attribution.history(tx, study_uid):
        now = received | {key: value for key, value in made.attributes.items() if key in received}
        found[made.id] = tuple(
            Change(keyword=key, before=made.previous.get(key, said[key]), after=now[key])
            for key in received
            if now[key] != said[key]
        )
        said = now
    return found
