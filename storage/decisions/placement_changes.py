"""The changes that a decision about places consists of, their inverse, and both as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Final, TypeAlias


@dataclass(frozen=True, kw_only=True)
class StudyMade:
    """A study without instances, of the same patient and site as another."""

    study_uid: str
    like: str


@dataclass(frozen=True, kw_only=True)
class SeriesMade:
    """A series without instances in a study, described like another."""

    series_uid: str
    study_uid: str
    like: str


@dataclass(frozen=True, kw_only=True)
class SeriesMoved:
    """A whole series is shown in another study, later instances of it too."""

    series_uid: str
    from_study: str
    to_study: str


@dataclass(frozen=True, kw_only=True)
class InstancesMoved:
    """Single instances are shown in another series; later instances of the first series stay there."""

    sop_instance_uids: tuple[str, ...]
    from_study: str
    from_series: str
    to_study: str
    to_series: str


@dataclass(frozen=True, kw_only=True)
class Merged:
    """New series of a study are shown in another study from now on; ``to_study`` None ends that."""

    study_uid: str
    from_study: str | None
    to_study: str | None


@dataclass(frozen=True, kw_only=True)
class Hidden:
    sop_instance_uids: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Unhidden:
    sop_instance_uids: tuple[str, ...]


Change: TypeAlias = StudyMade | SeriesMade | SeriesMoved | InstancesMoved | Merged | Hidden | Unhidden
_KINDS: Final[dict[str, type[Change]]] = {
    "study_made": StudyMade,
    "series_made": SeriesMade,
    "series_moved": SeriesMoved,
    "instances_moved": InstancesMoved,
    "merged": Merged,
    "hidden": Hidden,
    "unhidden": Unhidden,
}
_NAMES: Final = {shape: name for name, shape in _KINDS.items()}


def to_json(changes: Iterable[Change]) -> list[dict[str, Any]]:
    return [{"change": _NAMES[type(change)], **asdict(change)} for change in changes]


def from_json(written: Iterable[dict[str, Any]]) -> list[Change]:
    changes: list[Change] = []
    for one in written:
        kind: str = one["change"]
        values: dict[str, Any] = {name: value for name, value in one.items() if name != "change"}
        if "sop_instance_uids" in values:
            values["sop_instance_uids"] = tuple(values["sop_instance_uids"])
        changes.append(_KINDS[kind](**values))
    return changes


def inverse(changes: Sequence[Change]) -> list[Change]:
    """The changes that take these back; an empty study or series stays, since rows are never deleted."""
    return [back for change in reversed(changes) for back in _inverse(change)]


def _inverse(change: Change) -> Iterator[Change]:
    match change:
        case StudyMade() | SeriesMade():
            return
        case SeriesMoved(from_study=origin, to_study=target):
            yield replace(change, from_study=target, to_study=origin)
        case InstancesMoved():
            yield replace(
                change,
                from_study=change.to_study,
                from_series=change.to_series,
                to_study=change.from_study,
                to_series=change.from_series,
            )
        case Merged(from_study=before, to_study=after):
            yield replace(change, from_study=after, to_study=before)
        case Hidden(sop_instance_uids=uids):
            yield Unhidden(sop_instance_uids=uids)
        case Unhidden(sop_instance_uids=uids):
            yield Hidden(sop_instance_uids=uids)
