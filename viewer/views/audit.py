"""Events of the audit as they are listed by programs and exported: ids and words of ours."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from io import StringIO
from typing import Any, Final
from zoneinfo import ZoneInfo

from reading.administrators.audit_subjects import Names
from reading.audit import Event
from viewer.views import audit_fhir, audit_message, csv_cells
from viewer.words import words

COLUMNS: Final = (
    *("at", "actor_kind", "actor_id", "address", "action", "subject_kind", "subject_id", "outcome"),
    *("details", "writer", "number"),
)
CSV_COLUMNS: Final = (
    *("at", "at_local", "actor_kind", "actor_id", "actor_name", "address", "action", "subject_kind", "subject_id"),
    *("subject_name", "outcome", "details", "writer", "number"),
)
"""Of the table: beside the ids the names of staff, devices and organisations, and beside UTC the region's clock."""
MEDIA_TYPES: Final = {"csv": "text/csv; charset=utf-8", "xml": "application/xml", "ndjson": "application/fhir+ndjson"}
"""The forms of an export, by the ending of their files."""


def event_row(one: Event) -> dict[str, Any]:
    return {
        "at": one.at.isoformat(),
        "actor_kind": one.actor.kind,
        "actor_id": one.actor.id,
        "address": one.actor.address,
        "action": one.action,
        "subject_kind": one.subject_kind,
        "subject_id": one.subject_id,
        "outcome": one.outcome,
        "details": dict(one.details),
        "writer": one.writer,
        "number": one.number,
    }


def csv_row(one: Event, names: Names, zone: ZoneInfo) -> dict[str, Any]:
    """A line of the table; a patient is an id, for the audit shows nobody's name."""
    return event_row(one) | {
        "at": one.at.isoformat(timespec="seconds"),
        "at_local": words.moment(one.at, zone.key, seconds=True),
        "actor_name": _name(one.actor.id, names),
        "subject_name": _name(one.subject_id, names),
    }


def _name(row_id: str, names: Names) -> str:
    known = names.people.get(row_id)
    return known.name if known else names.devices.get(row_id, "") or names.organisations.get(row_id, "")


def exported(
    form: str, pages: Iterable[list[Event] | str], site: str, rows: Callable[[list[Event]], Iterable[Mapping[str, Any]]]
) -> Iterator[bytes]:
    """The file of an export in pieces; ``form`` is one of `MEDIA_TYPES`, ``site`` names this installation.

    ``rows`` makes the lines of a table of events (`csv_row`).

    A text among the pages says what the file lacks, and stands in it as something that is no event.
    """
    begin, each, end = _forms(site, rows)[form]
    yield begin
    for page in pages:
        yield _REMARKS[form](page) if isinstance(page, str) else each(page)
    yield end


def csv_lines(rows: Iterable[Mapping[str, Any]]) -> str:
    """Lines of the CSV export, without its heading."""
    to = StringIO()
    writer = csv.writer(to, lineterminator="\r\n")
    writer.writerows([_cell(row[name]) for name in CSV_COLUMNS] for row in rows)
    return to.getvalue()


def _forms(
    site: str, rows: Callable[[list[Event]], Iterable[Mapping[str, Any]]]
) -> dict[str, tuple[bytes, Callable[[list[Event]], bytes], bytes]]:
    heading = "\ufeff" + ",".join(CSV_COLUMNS) + "\r\n"
    return {
        "csv": (heading.encode(), lambda page: csv_lines(rows(page)).encode(), b""),
        # One document of many messages: the standard names the message alone, so the element around them is ours.
        "xml": (
            b'<?xml version="1.0" encoding="UTF-8"?>\n<AuditMessages>\n',
            lambda page: b"".join(audit_message.written(one, site) + b"\n" for one in page),
            b"</AuditMessages>\n",
        ),
        "ndjson": (
            b"",
            lambda page: b"".join(_json(audit_fhir.resource(one, site)) + b"\n" for one in page),
            b"",
        ),
    }


def _remark_csv(said: str) -> bytes:
    return f"# {said}\r\n".encode()


def _remark_xml(said: str) -> bytes:
    return f"<!-- {said.replace('--', '—')} -->\n".encode()


def _remark_fhir(said: str) -> bytes:
    issue = {"severity": "warning", "code": "incomplete", "diagnostics": said}
    return _json({"resourceType": "OperationOutcome", "issue": [issue]}) + b"\n"


_REMARKS: Final[Mapping[str, Callable[[str], bytes]]] = {
    "csv": _remark_csv,
    "xml": _remark_xml,
    "ndjson": _remark_fhir,
}


def _json(resource: Mapping[str, Any]) -> bytes:
    return json.dumps(resource, ensure_ascii=False, separators=(",", ":")).encode()


def _cell(value: object) -> str:
    written = json.dumps(value, ensure_ascii=False) if isinstance(value, Mapping) else str(value)
    return csv_cells.safe(written)
