"""The rows by which a report is found, written in the transaction that makes it final."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.cases.cases import Case
from reading.reports import versions
from reading.reports.versions import ReportVersion
from reading.search.categories import categories
from reading.search.grams import grams, plain
from reading.tables import report_search, report_search_code, report_search_person
from reading.templates import templates


def enter(tx: Connection, case: Case, version: ReportVersion, now: datetime) -> None:
    """Make a version, which has become final at ``now``, the one of its case that is found."""
    content = version.content
    words = "¦".join(map(plain, (content.findings, content.impression, content.recommendation)))
    for table in (report_search, report_search_person, report_search_code):
        tx.execute(sa.delete(table).where(table.c.case_id == case.id))
    tx.execute(
        sa.insert(report_search),
        {
            "case_id": case.id,
            "version_id": version.id,
            "site_id": case.site_id,
            "released_at": now,
            "positive": content.positive,
            "critical_class": content.critical_class or "",
            "words": words,
            "grams": grams(words) if tx.dialect.name == "postgresql" else None,
        },
    )
    signers = {one.person_id for one in versions.signatures_for(tx, version)}
    for person_id in sorted(signers):
        tx.execute(sa.insert(report_search_person), {"person_id": person_id, "case_id": case.id})
    for code in sorted(_categories(tx, version)):
        tx.execute(sa.insert(report_search_code), {"code": code, "case_id": case.id})


def _categories(tx: Connection, version: ReportVersion) -> frozenset[str]:
    form = version.content.form
    template = templates.by_id(tx, form["template"]) if form is not None else None
    return frozenset() if form is None or template is None else categories(template.document, form["values"])
