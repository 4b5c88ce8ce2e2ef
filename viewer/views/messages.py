"""The words of messages: a template of the catalogue with the site, the day and where to look, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from string import Formatter
from typing import Final
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from reading.messages.routes import Template
from reading.register.organisations import TIME_ZONE, Organisation
from viewer.words.catalogue import Language, catalogue, text

LONGEST_SITE: Final = 30
"""Characters; an SMS has room for 67 to 70 a part."""
_NO_NAME: Final = re.compile(r"[^\w ()（）·]")
"""What could begin an address, a tag or another line in the name of an organisation."""


@dataclass(frozen=True, kw_only=True)
class Worded:
    text: str = field(repr=False)
    subject: str
    parameters: Mapping[str, str] = field(repr=False)
    """What stands in the places of the template, for a provider that keeps the words."""


def worded(
    language: Language,
    template: Template,
    *,
    site: Organisation | None,
    at: datetime,
    origin: str,
    secrets: Mapping[str, str],
) -> Worded:
    """``origin``: the address of the service for people, empty where none is set; ``secrets``: of a code alone."""
    local = at.astimezone(ZoneInfo(site.time_zone if site is not None else TIME_ZONE))
    places = {
        "site": _name(language, site),
        "date": f"{local:%Y-%m-%d}",
        "time": f"{local:%H:%M}",
        "where": where(language, origin),
        **secrets,
    }
    key = f"message.text.{template}"
    used = {place for _, place, _, _ in Formatter().parse(catalogue(language)[key]) if place}
    return Worded(
        text=text(language, key, **places),
        subject=text(language, "message.subject"),
        parameters={place: places[place] for place in sorted(used)},
    )


def where(language: Language, origin: str) -> str:
    """Where a patient looks: the host without a scheme, so that no telephone makes more of it than words."""
    host = urlsplit(origin).netloc
    return text(language, "message.where", host=host) if host else text(language, "message.where-counter")


def _name(language: Language, site: Organisation | None) -> str:
    bare = " ".join(_NO_NAME.sub(" ", site.name).split())[:LONGEST_SITE].strip() if site is not None else ""
    return bare or text(language, "message.where-made")
