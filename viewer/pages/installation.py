"""/office/installation: settings in force, nodes, queues, copies and checks, each with what to do where it is wrong."""

from __future__ import annotations

from typing import Any, Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from reading.kinds import Role
from reading.register.administrator import only
from viewer.http.callers import Looking
from viewer.http.installation import Fact, Standing
from viewer.http.office import office_of
from viewer.http.page import language_of, staff_page
from viewer.words import words
from viewer.words.catalogue import Language, text

router = APIRouter()

FACTS: Final = (
    *("database", "spool", "object-store", "dicom", "worker"),
    *("unstored", "undescribed", "compaction", "forwarding", "messages", "commitments", "quarantine", "damaged"),
    *(
        "copy",
        "backup",
        "backup-never",
        "backup-first",
        "backup-unset",
        "anchor",
        "anchor-never",
        "verify",
        "verify-never",
        "sweep",
        "sweep-never",
    ),
    *("space", "gateways", "address", "address-unset"),
)
"""The words of `viewer.http.installation.Fact`, each of which the catalogues know."""
PARTS: Final = {
    "parts": ("database", "spool", "object-store", "dicom", "worker", "space", "address"),
    "queues": ("unstored", "undescribed", "compaction", "forwarding", "messages", "commitments", "gateways"),
    "kept": ("damaged", "quarantine", "copy", "backup", "anchor", "verify", "sweep"),
}


@router.get("/office/installation")
def show(request: Request, staff: Looking) -> Response:
    zone = office_of(request).zone()
    only(staff, Role.SYSTEM_ADMINISTRATOR)
    language, office = language_of(request), office_of(request)
    found = office.installation()
    lines = [fact_line(one, language) for one in found.facts]
    return staff_page(
        request,
        staff,
        "installation.html",
        version=found.version,
        groups=[(part, [line for line in lines if part_of(line["word"]) in inside]) for part, inside in PARTS.items()],
        wrong=sum(line["bad"] for line in lines),
        waiting=sum(line["waiting"] for line in lines),
        nodes=[
            {
                "name": one.name,
                "seen": words.moment(one.seen_at, zone.key),
                "alive": one.is_alive,
                "here": one.here,
            }
            for one in found.nodes
        ],
        settings=found.settings,
    )


def part_of(word: str) -> str:
    """The part that a word is about: ``backup-never`` is about ``backup``."""
    for suffix in ("-never", "-first", "-unset"):
        word = word.removesuffix(suffix)
    return word


def fact_line(one: Fact, language: Language) -> dict[str, Any]:
    key = f"installation.fact.{one.word}"
    is_off, is_unset = one.standing is Standing.OFF, one.word.endswith("-unset")
    says = "installation.lately" if one.values.get("hours") == 0 else f"{key}.says"
    return {
        "word": one.word,
        "name": text(language, key),
        "says": text(language, "installation.off") if is_off and not is_unset else text(language, says, **one.values),
        "bad": one.standing is Standing.BAD,
        "waiting": one.standing is Standing.WAITING,
        "off": is_off,
        "do": text(language, f"{key}.do") if one.standing is Standing.BAD or is_unset else "",
    }
