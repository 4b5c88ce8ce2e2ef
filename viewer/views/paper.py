"""What stands on a printed report so that anybody can ask about it, and what they are answered."""

from __future__ import annotations

import hashlib
from typing import Any
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from reading.context import Context
from reading.reports.paper_code import grouped
from reading.reports.versions import ReportVersion
from reading.signing import papers
from reading.signing.papers import Paper
from reading.viewers import PatientViewer, Staff
from viewer.http.callers import paper_origin
from viewer.http.office import office_of
from viewer.http.on_record import acting
from viewer.http.page import PAPER, language_of
from viewer.views.qr import qr_of
from viewer.views.report_pdf import Proof, Sheet, as_pdf, render
from viewer.words import words
from viewer.words.catalogue import Language, text


def proof_of(request: Request, ctx: Context[Staff | PatientViewer], version: ReportVersion) -> Proof:
    """The code of a version that the caller has opened, and where to ask about it."""
    code = papers.code_for(ctx, office_of(request).keys, version)
    return proof_at(paper_origin(request), code, language_of(request))


def proof_at(origin: str, code: str, language: Language) -> Proof:
    """What a sheet says of its code; ``origin`` is how people reach this service."""
    address = f"{origin}{PAPER}"
    return Proof(
        code=grouped(code),
        said=text(language, "paper.proof", address=_plain(address)),
        qr=qr_of(f"{address}/{code}"),
    )


def given_out(request: Request, viewer: Staff | PatientViewer, sheet: Sheet, version: ReportVersion) -> Response:
    """The sheet as PDF; its digest is kept, so that a copy is known again."""
    body = render(sheet, version.released_at or version.created_at)
    with acting(office_of(request), viewer) as ctx:
        papers.note_file(ctx, version.id, hashlib.sha256(body).digest())
    return as_pdf(body, version)


def lines(paper: Paper, language: Language) -> dict[str, Any]:
    """The answer as the page shows it: what it counts, and what to compare with the paper."""
    zone = paper.time_zone
    facts = {
        "site": paper.site,
        "reported-at": words.moment(paper.reported_at, zone),
        "version": "" if paper.number is None else text(language, "report.version-n", n=paper.number),
        "accession": f"…{paper.accession_end}" if paper.accession_end else "",
    }
    signers = [(text(language, f"report.{role}"), name) for role, name in paper.signers]
    return {
        "standing": paper.standing.value,
        "site": paper.site,
        "replaced_at": words.told_moment(language, paper.replaced_at, zone) if paper.replaced_at else "",
        "facts": [(text(language, f"paper.{name}"), value) for name, value in facts.items() if value] + signers,
    }


def _plain(address: str) -> str:
    """An address as somebody types it."""
    parts = urlsplit(address)
    return f"{parts.netloc}{parts.path}" if parts.scheme == "https" else address
