"""C-FIND of the Query/Retrieve service (PS3.4 C.4.1): searches the index, and answers match by match."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any, Final

import structlog
from pydicom.dataset import Dataset
from pynetdicom import evt
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import OperationalError

from pacs.arriving.describe import describe
from pacs.arriving.receive import Sender
from pacs.dimse.fragments import AssociationLost, wait_for_room
from pacs.dimse.service import Caller, Handlers
from pacs.leaving.corrections import apply_correction_json
from pacs.leaving.placement import correction_of
from pacs.pixels.opened import Bytes
from pacs.rights import NOT_AUTHORIZED, NoRight, Right
from pacs.search import results
from pacs.search.matching_keys import Level, UnfitKey
from pacs.search.results import Attributes, Describe, Result, ambiguous_patient
from pacs.search.turns import TooManySearches, Turns
from pacs.service_classes.find_answer import answer_dataset
from pacs.service_classes.identifier import ParsedIdentifier, Root, encoded, query
from pacs.service_classes.needs import DimseDoor
from storage.database import snapshot
from storage.index.queries import Instance, Scope, search_instances, search_patients, search_series, search_studies

PATIENT_ROOT_FIND: Final = "1.2.840.10008.5.1.4.1.2.1.1"
STUDY_ROOT_FIND: Final = "1.2.840.10008.5.1.4.1.2.2.1"
ROOTS: Final = {PATIENT_ROOT_FIND: Root.PATIENT, STUDY_ROOT_FIND: Root.STUDY}

# PS3.4 Table C.4-1.
PENDING: Final = 0xFF00
PENDING_KEYS_IGNORED: Final = 0xFF01
CANCELLED: Final = 0xFE00
OUT_OF_RESOURCES: Final = 0xA700
IDENTIFIER_UNFIT: Final = 0xA900
UNABLE: Final = 0xC000

PAGE: Final = 200
"""Matches that are read at a time; no transaction is open while they are sent."""

_log: Final = structlog.get_logger()


class FindService:
    """Serves Patient Root and Study Root queries."""

    sop_classes = frozenset(ROOTS)
    right = Right.QUERY

    def __init__(self, engine: Engine, bytes_: Bytes, door: DimseDoor, ae_title: str, turns: Turns) -> None:
        self._engine = engine
        self._turns = turns
        self._bytes = bytes_
        self._door = door
        self._ae_title = ae_title

    def handlers(self, caller: Caller) -> Handlers:
        return [(evt.EVT_C_FIND, partial(self._answers, caller))]

    def _answers(self, caller: Caller, event: Any) -> Iterator[tuple[int, Dataset | None]]:
        """Every match with its status; pynetdicom adds the final success, unless another status ends the search."""
        try:
            character_set = self._door.character_set(caller.sender)
            encoded(event.request.Identifier)
            try:
                identifier = event.identifier
            except Exception as error:  # its decoder may raise anything
                raise UnfitKey("cannot be read") from error
            asked = query(identifier, ROOTS[str(event.context.abstract_syntax)], character_set)
            for result in self._found(caller.sender, asked):
                if event.is_cancelled:
                    yield CANCELLED, None
                    return
                made = answer_dataset(result, asked, self._ae_title, character_set)
                ignored = asked.ignored or made.left_out
                wait_for_room(caller.association)
                yield PENDING_KEYS_IGNORED if ignored else PENDING, made.dataset
        except AssociationLost:
            return
        except NoRight:
            yield NOT_AUTHORIZED, None
        except UnfitKey as unfit:
            _log.info("query_unfit", device_id=caller.sender.device_id, problem=unfit.problem)
            yield IDENTIFIER_UNFIT, None
        except TooManySearches:
            _log.warning("query_crowded_out", device_id=caller.sender.device_id)
            yield OUT_OF_RESOURCES, None
        except OperationalError:
            _log.error("query_failed", device_id=caller.sender.device_id, exc_info=True)
            yield OUT_OF_RESOURCES, None
        except Exception:  # noqa: BLE001 # the unforeseen is a failure status, never a complete list
            _log.error("query_failed", device_id=caller.sender.device_id, exc_info=True)
            yield UNABLE, None

    def _found(self, sender: Sender, asked: ParsedIdentifier) -> Iterator[Result]:
        scope = self._door.scope(sender, "search")
        with self._turns.of(sender.device_id), snapshot(self._engine) as tx:
            if ambiguous_patient(tx, scope, asked.match):
                return
        pages = _Pages(scope, asked, partial(self._described, sender), partial(self._attributes, sender))
        while pages.more:
            with self._turns.of(sender.device_id), snapshot(self._engine) as tx:
                page = pages.read(tx)
            yield from page

    def _described(self, sender: Sender, instance: Instance) -> Result:
        shown = self._door.open_study(sender, instance.study_uid, "search")
        if instance.description is None:
            described = describe(self._bytes, instance).instance
        else:
            described = json.loads(zlib.decompress(instance.description))
        correction = correction_of(self._engine, shown, instance)
        if correction is not None:
            apply_correction_json(described, correction)
        return described

    def _attributes(self, sender: Sender, study_uid: str) -> Mapping[str, str]:
        correction = self._door.open_study(sender, study_uid, "search").correction
        return {} if correction is None else correction.attributes


class _Pages:
    """Reads a search page by page; each page begins behind the last one."""

    def __init__(self, scope: Scope, asked: ParsedIdentifier, described: Describe, attributes: Attributes) -> None:
        self._scope = scope
        self._asked = asked
        self._described = described
        self._attributes = attributes
        self._last: tuple[str, str] | None = None
        self._read = 0
        self.more = True

    def read(self, tx: Connection) -> list[Result]:
        scope, asked, described = self._scope, self._asked, self._described
        match asked.level:
            case Level.PATIENT:
                patients = search_patients(tx, scope, asked.match, limit=PAGE, after=self._last)
                self._turn(len(patients), [(one.patient_id, one.issuer) for one in patients[-1:]])
                return results.patients(tx, scope, patients, described)
            case Level.STUDY:
                studies = search_studies(tx, scope, asked.match, limit=PAGE, after=self._last)
                self._turn(len(studies), [(one.study_date, one.study_uid) for one in studies[-1:]])
                return results.studies(tx, scope, studies, described)
            case Level.SERIES:  # of one study
                series = search_series(tx, scope, asked.match, limit=PAGE, offset=self._read)
                self._turn(len(series), [])
                return results.series(tx, scope, series, described, self._attributes)
            case Level.INSTANCE:  # of one series
                instances = search_instances(tx, scope, asked.match, limit=PAGE, offset=self._read)
                self._turn(len(instances), [])
                return results.instances(tx, scope, instances, described, include=((tag,) for tag in asked.wanted))

    def _turn(self, count: int, last: list[tuple[str, str]]) -> None:
        self._read += count
        self._last = last[0] if last else self._last
        self.more = count == PAGE
