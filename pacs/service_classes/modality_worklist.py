"""Modality Worklist as its SCP: scheduled examinations for the devices of a site (PS3.4 K)."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, TypeAlias

import structlog
from pydicom.dataset import Dataset
from pynetdicom import evt
from pynetdicom.dsutils import decode
from pynetdicom.sop_class import ModalityWorklistInformationFind  # pyright: ignore[reportAttributeAccessIssue]
from sqlalchemy.exc import SQLAlchemyError

from pacs.dataset.answer_charset import answer_charset, write_in
from pacs.dataset.character_sets import charsets_of
from pacs.dataset.dicom_json import raw_of, to_json
from pacs.dataset.quiet_pydicom import quieten
from pacs.dimse.service import Caller, Handlers
from pacs.errors import UnreadableData
from pacs.rights import Right
from pacs.search.turns import Budget, TooManySearches, Turns
from pacs.service_classes.modality_worklist_item import ScheduledStep, attributes
from pacs.service_classes.modality_worklist_match import CHARACTER_SET, Answer, Keys, MalformedKey, answer, days

MOST_ANSWERS: Final = 500
"""Most matches of one query."""
AT_ONCE: Final = 128
"""Most matches that are noted together before they are given: the first alone, so that it is not waited for, then two,
four, and so on."""
MOST_IDENTIFIER_BYTES: Final = 16 * 1024
"""Every step is compared with all of the identifier; those of devices have one or two KiB."""
# PS3.4 K.4.1.1.4, Table K.4-1.
MATCH: Final = 0xFF00
MATCH_UNSUPPORTED_KEYS: Final = 0xFF01
CANCELLED: Final = 0xFE00
OUT_OF_RESOURCES: Final = 0xA700
NOT_OF_THIS_CLASS: Final = 0xA900
CANNOT_UNDERSTAND: Final = 0xC000

_log: Final = structlog.get_logger()

_UNFINISHED: Final = Answer()
"""Stands for what was not compared any more."""

Response: TypeAlias = tuple[int | Dataset, Dataset | None]


@dataclass(frozen=True, kw_only=True)
class WorklistPage:
    """The scheduled steps of a site for the device that queries."""

    scheduled: Iterable[ScheduledStep]
    whole: bool
    """False where the site has more steps than are searched for one query."""
    character_set: str
    """The set entered for the device, else empty."""
    answering: Callable[[Sequence[ScheduledStep]], None]
    """Called with steps before they are given to the device, so that what it learns of persons is on record."""


WorklistSource: TypeAlias = Callable[[Caller, date | None, date | None], WorklistPage]
"""(caller, first day, last day) -> the steps of its site on these days, the earliest first."""


class Worklist:
    """Answers C-FIND of the Modality Worklist Information Model with the steps of ``offering``."""

    sop_classes = frozenset({str(ModalityWorklistInformationFind)})
    right = Right.WORKLIST

    def __init__(self, offering: WorklistSource, turns: Turns) -> None:
        self._offering = offering
        self._turns = turns

    def handlers(self, caller: Caller) -> Handlers:
        return [(evt.EVT_C_FIND, lambda event: self._find(caller, event))]

    def _find(self, caller: Caller, event: Any) -> Iterator[Response]:
        try:
            who = caller.sender.device_id
            with self._turns.of(who):
                asked, offer, answers = self._matches(caller, event)
            given, whole, more, at_once = 0, offer.whole, True, 1
            while more:
                found: list[tuple[ScheduledStep, Answer]] = []
                while more and len(found) < at_once:
                    with self._turns.of(who):
                        one = next(answers, None)
                    more = one is not None
                    if one is None:
                        break
                    if given + len(found) == MOST_ANSWERS or one[1] is _UNFINISHED:
                        whole = more = False
                    else:
                        found.append(one)
                    if event.is_cancelled:  # it says so once
                        yield CANCELLED, None
                        return
                at_once = min(2 * at_once, AT_ONCE)
                if found:
                    offer.answering([step for step, _ in found])
                for _, match in found:
                    if event.is_cancelled:
                        yield CANCELLED, None
                        return
                    given += 1
                    yield (MATCH if match.supported else MATCH_UNSUPPORTED_KEYS), match.dataset
        except MalformedKey as problem:
            yield _failed(NOT_OF_THIS_CLASS, "a matching key is malformed", problem.tag), None
        except UnreadableData:
            yield _failed(CANNOT_UNDERSTAND, "the identifier is too long, or cannot be read"), None
        except TooManySearches:
            _log.warning("worklist_crowded_out", device_id=caller.sender.device_id)
            yield _failed(OUT_OF_RESOURCES, "earlier queries of this device are still answered"), None
        except SQLAlchemyError:
            _log.error("worklist_failed", device_id=caller.sender.device_id, exc_info=True)
            yield _failed(OUT_OF_RESOURCES, "the database cannot be reached now"), None
        else:
            _log.info("worklist", device_id=caller.sender.device_id, keys=len(asked), answers=given)
            if not whole:
                yield _failed(OUT_OF_RESOURCES, "too many matches: narrow the query"), None

    def _matches(self, caller: Caller, event: Any) -> tuple[Keys, WorklistPage, Iterator[tuple[ScheduledStep, Answer]]]:
        asked, said = _keys(event, None)
        first, last = days(asked)
        offer = self._offering(caller, first, last)
        if not any(said) and offer.character_set:
            asked, _ = _keys(event, (offer.character_set,))
        charset = answer_charset(offer.character_set, said)

        def matches() -> Iterator[tuple[ScheduledStep, Answer]]:
            budget = Budget()
            for step in offer.scheduled:
                if budget.spent:
                    yield step, _UNFINISHED
                    return
                found = answer(asked, attributes(step, charset))
                if found is not None:
                    write_in(charset, found.dataset)
                    yield step, found

        return asked, offer, matches()


def _keys(event: Any, charsets: tuple[str, ...] | None) -> tuple[Keys, tuple[str, ...]]:
    """The identifier, and the character sets that it names."""
    quieten()
    syntax = event.context.transfer_syntax
    identifier = event.request.Identifier
    if identifier.seek(0, os.SEEK_END) > MOST_IDENTIFIER_BYTES:
        raise UnreadableData
    identifier.seek(0)
    try:
        asked = decode(identifier, syntax.is_implicit_VR, syntax.is_little_endian)
        return to_json(asked, "", charsets), charsets_of(raw_of(asked, CHARACTER_SET))
    except Exception as problem:  # whatever pydicom raises
        raise UnreadableData from problem


def _failed(status: int, comment: str, tag: int | None = None) -> Dataset:
    """A status with its explanation (PS3.7 C.4.1.1.3.1) of at most 64 characters, which quotes no key."""
    answered = Dataset()
    answered.Status = status
    answered.ErrorComment = comment
    if tag is not None:
        answered.OffendingElement = tag
    return answered
