"""Which images are missing, by series and image number: pure rules over announced and arrived instances.

An announcement lists instances by UID; people speak of series 2, image 4. The header of an arrived instance has its
numbers. The number of a missing one is inferred from its neighbours in the list; where that fails, its place in the
list is given instead, so that nothing is claimed that is not known.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

MOST: Final = 5000
"""More gaps than this mean that the numbers are not consecutive, not that images are missing."""


@dataclass(frozen=True, kw_only=True)
class Announced:
    """An instance that an announcement names, in the order of its list."""

    sop_instance_uid: str
    series_uid: str
    """Empty where the announcement does not say."""


@dataclass(frozen=True, kw_only=True)
class Arrived:
    """The numbers in the header of an arrived instance."""

    sop_instance_uid: str
    series_uid: str
    series_number: int | None
    instance_number: int | None
    is_picture: bool


@dataclass(frozen=True, kw_only=True, order=True)
class Label:
    """What people call an image or a series: its number in the header, or its place in the announcement."""

    number: int
    by_place: bool = False


@dataclass(frozen=True, kw_only=True)
class Missing:
    series: Label | None
    """None where its series is not known."""
    image: Label
    held: bool = False
    """It has arrived, but is in quarantine until a person decides."""


def of_names(
    announced: Sequence[Announced], arrived: Collection[Arrived], held: Collection[str] = ()
) -> tuple[Missing, ...]:
    """The announced instances that have not arrived; ``held`` are the UIDs in quarantine."""
    there = {one.sop_instance_uid: one for one in arrived}
    if all(one.sop_instance_uid in there for one in announced):
        return ()
    by_series: dict[str, list[Announced]] = defaultdict(list)
    for one, series_uid in zip(announced, _series_of(announced, there), strict=True):
        by_series[series_uid].append(one)
    labels = _labels_of_series(list(by_series), arrived)
    found: list[Missing] = []
    for series_uid, members in by_series.items():
        known = [there.get(one.sop_instance_uid) for one in members]
        images = inferred([each and each.instance_number for each in known] if series_uid else [None] * len(known))
        found += [
            Missing(series=labels.get(series_uid), image=image, held=one.sop_instance_uid in held)
            for one, each, image in zip(members, known, images, strict=True)
            if each is None
        ]
    return tuple(sorted(found, key=_in_order))


def of_count(missing: int, arrived: Collection[Arrived]) -> tuple[Missing, ...]:
    """Labels for ``missing`` instances that were announced by their count only.

    Gaps in the numbers come first. Further ones follow the last number if there is only one series; otherwise
    their place is not known. With more gaps than missing instances nothing can be labelled.
    """
    holes = of_gaps(arrived)
    if missing <= 0 or len(holes) > missing:
        return ()
    numbers = _numbers_of_series(arrived)
    if len(numbers) != 1 or len(holes) == missing:
        return holes
    ((series_uid, present),) = numbers.items()
    series = _labels_of_series([series_uid], arrived)[series_uid]
    last = max(present)
    more = range(last + 1, last + 1 + missing - len(holes))
    return (*holes, *(Missing(series=series, image=Label(number=number)) for number in more))


def of_gaps(arrived: Collection[Arrived]) -> tuple[Missing, ...]:
    """Skipped image numbers: a hint and no proof, since rejected exposures leave the same gaps.

    Where no two series share a number, the numbers run through the study.
    """
    numbers = _numbers_of_series(arrived)
    labels = _labels_of_series(list(numbers), arrived)
    shared = Counter(number for each in numbers.values() for number in each)
    if len(numbers) > 1 and max(shared.values()) == 1:
        return tuple(
            Missing(series=_around(number, numbers, labels), image=Label(number=number)) for number in _holes(shared)
        )
    found = [
        Missing(series=labels[series_uid], image=Label(number=number))
        for series_uid, each in numbers.items()
        for number in _holes(each)
    ]
    return tuple(sorted(found, key=_in_order))


def inferred(numbers: Sequence[int | None]) -> list[Label]:
    """The numbers of a list: unknown ones are inferred from their neighbours, else the place is given (from 1)."""
    known = [(place, number) for place, number in enumerate(numbers, start=1) if number is not None]
    places = [Label(number=place, by_place=True) for place in range(1, len(numbers) + 1)]
    if not known:
        return places
    found = {place: Label(number=number) for place, number in known}
    if all(before < after for (_, before), (_, after) in pairwise(known)):
        found |= _between(known, len(numbers))
    if len(found) < len(numbers):
        found |= _left_over(known, len(numbers))
    return [found.get(place.number, place) for place in places]


def _between(known: Sequence[tuple[int, int]], length: int) -> Mapping[int, Label]:
    """Where numbers rise with places: the runs that exactly fill the gaps, the beginning and the end."""
    found: dict[int, Label] = {}
    (first_place, first), (last_place, last) = known[0], known[-1]
    if first - first_place >= -1:
        found |= {place: Label(number=first - first_place + place) for place in range(1, first_place)}
    for (place, number), (next_place, next_number) in pairwise(known):
        if next_place - place == next_number - number:
            found |= {each: Label(number=number - place + each) for each in range(place + 1, next_place)}
    return found | {place: Label(number=last - last_place + place) for place in range(last_place + 1, length + 1)}


def _left_over(known: Sequence[tuple[int, int]], length: int) -> Mapping[int, Label]:
    """Where the list is in another order but counts from 1 (or 0): the unused numbers, in rising order."""
    taken = {number for _, number in known}
    start = 0 if 0 in taken else 1
    free = [number for number in range(start, start + length) if number not in taken]
    unknown = [place for place in range(1, length + 1) if place not in dict(known)]
    if len(free) != len(unknown):
        return {}
    return {place: Label(number=number) for place, number in zip(unknown, free, strict=True)}


def _series_of(announced: Sequence[Announced], there: Mapping[str, Arrived]) -> list[str]:
    """The series UID of each: as announced, as arrived, or that of its neighbours where they agree."""
    said = [
        one.series_uid or (there[one.sop_instance_uid].series_uid if one.sop_instance_uid in there else "")
        for one in announced
    ]
    only = {series_uid for series_uid in said if series_uid}
    before, after = _carried(said), _carried(said[::-1])[::-1]
    return [
        one or (min(only) if len(only) == 1 else left if left == right else "")
        for one, left, right in zip(said, before, after, strict=True)
    ]


def _carried(said: Iterable[str]) -> list[str]:
    last, carried = "", []
    for one in said:
        last = one or last
        carried.append(last)
    return carried


def _labels_of_series(series_uids: Sequence[str], arrived: Collection[Arrived]) -> dict[str, Label]:
    """The label of each series: its number, or its place where numbers do not tell the series apart."""
    numbers = {one.series_uid: one.series_number for one in arrived}
    known = [series_uid for series_uid in series_uids if series_uid]
    said = [numbers.get(series_uid) for series_uid in known]
    usable = len({number for number in said if number is not None}) == sum(number is not None for number in said)
    labels = inferred(said if usable else [None] * len(said))
    return dict(zip(known, labels, strict=True))


def _numbers_of_series(arrived: Collection[Arrived]) -> dict[str, set[int]]:
    """The image numbers of each series; a series that uses a number twice is left out."""
    found: dict[str, list[int]] = defaultdict(list)
    for one in arrived:
        if one.is_picture and one.instance_number is not None:
            found[one.series_uid].append(one.instance_number)
    by_number = sorted(found, key=lambda uid: (min(found[uid]), uid))
    return {uid: set(found[uid]) for uid in by_number if len(set(found[uid])) == len(found[uid])}


def _holes(numbers: Collection[int]) -> list[int]:
    if not numbers:
        return []
    lowest, highest = min(numbers), max(numbers)
    # A series whose first number is far above 1 does not count from 1.
    start = lowest if lowest <= 0 or lowest - 1 > len(numbers) else 1
    amount = highest - start + 1 - len(numbers)
    if amount > min(len(numbers), MOST):
        return []  # the numbers are not consecutive: a gap means nothing
    return [number for number in range(start, highest) if number not in numbers]


def _around(number: int, numbers: Mapping[str, set[int]], labels: Mapping[str, Label]) -> Label | None:
    inside = [uid for uid, each in numbers.items() if min(each) < number < max(each)]
    return labels[inside[0]] if len(inside) == 1 else None


def _in_order(one: Missing) -> tuple[bool, Label, Label]:
    return one.series is None, one.series or Label(number=0), one.image
