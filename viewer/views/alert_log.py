"""The log of critical results as the ministry asks for it: both sides' names, time and content, on paper and as CSV."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from reading.desk.alert_board import BY_A_READER, Log, LogRow, Row, rows_of
from reading.desk.alert_lines import PendingAlert
from viewer.views import csv_cells
from viewer.views.report_sheet import examination_with_side, patient_name
from viewer.words import words
from viewer.words.catalogue import Language, text

COLUMNS = ("site", "patient", "accession", "examination", "class", "at", "row", "by", "to", "telephone", "content")


@dataclass(frozen=True, kw_only=True)
class LoggedAlert:
    """One alert with its rows."""

    site: str
    patient: str = field(repr=False)
    accession: str = field(repr=False)
    examination: str
    critical_class: str
    state: str
    rows: Sequence[dict[str, str]]
    more: str
    """How many notices are not among the rows, in a sentence; empty where all are."""


def logged(alerts: Sequence[PendingAlert], language: Language) -> list[LoggedAlert]:
    """Alerts with their rows in words."""
    return [
        LoggedAlert(
            site=one.entry.site.name,
            patient=patient_name(one.entry, language),
            accession=one.entry.studies[0].accession_number,
            examination=examination_with_side(one.entry.case, language),
            critical_class=words.class_name(one.named, language),
            state=text(language, f"alerts.state.{one.alert.state}"),
            rows=[_in_words(row, one, language) for row in rows_of(one)],
            more=text(language, "alerts.log.more", n=one.more_told) if one.more_told else "",
        )
        for one in alerts
    ]


def share(log: Log, language: Language) -> str:
    """How many were acknowledged within ten minutes, in one sentence."""
    if not log.of:
        return text(language, "alerts.log.share-none")
    percent = round(100 * log.in_time / log.of)
    return text(language, "alerts.log.share", n=log.in_time, of=log.of, percent=percent)


def as_csv(log: Log, language: Language) -> str:
    """One line a row, and the last says where the log is cut; no cell is a formula."""

    def lines() -> Iterator[Sequence[str]]:
        yield [text(language, f"alerts.log.{column}") for column in COLUMNS]
        for one in logged(log.alerts, language):
            more = [dict.fromkeys(COLUMNS, "") | {"content": one.more}] if one.more else []
            for row in (*one.rows, *more):
                values = {
                    "site": one.site,
                    "patient": one.patient,
                    "accession": one.accession,
                    "examination": one.examination,
                    "class": one.critical_class,
                    **row,
                }
                yield [values[column] for column in COLUMNS]
        if log.cut:
            yield [text(language, "alerts.log.cut"), *[""] * (len(COLUMNS) - 1)]

    return csv_cells.table(lines())


def _in_words(row: LogRow, one: PendingAlert, language: Language) -> dict[str, str]:
    coded = {Row.CONFIRMED: "alerts.means", Row.CLARIFIED: "alerts.clarified", Row.DISPOSAL: "alerts.disposal"}.get(
        row.row
    )
    said = words.coded(language, coded, row.code) if coded and row.code else ""
    to = " ".join(
        part for part in (row.to, f"({row.organisation})" if row.to and row.organisation else row.organisation) if part
    )
    unnamed = one.is_nameless and row.row in BY_A_READER
    return {
        "at": _second(row.at, one.time_zone),
        "row": text(language, f"alerts.row.{row.row}"),
        "by": row.by or text(language, "alerts.unnamed" if unnamed else "alerts.log.system"),
        "to": to,
        "telephone": row.telephone,
        "content": text(language, "colon").join(part for part in (said, row.content) if part),
    }


def _second(at: datetime, zone: str) -> str:
    return words.moment(at, zone) + f":{at.second:02d}"
