"""A search for reports as people and programs write it: its days are those of the reader's clock."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Annotated, Final, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, Field

from reading.search import finding
from viewer.http.plain_fields import Plain
from viewer.http.typed_times import typed_day

"""In which the days of a search begin."""
DAY: Final = timedelta(days=1)


class Typed(BaseModel):
    """What was typed."""

    q: Annotated[Annotated[str, Field(max_length=200)], Plain] = ""
    modality: Annotated[str, Field(max_length=16)] = ""
    body_part: Annotated[str, Field(max_length=40)] = ""
    site: Annotated[str, Field(max_length=40)] = ""
    result: Literal["", "positive", "negative"] = ""
    critical: Literal["", "yes", "no"] = ""
    category: Annotated[str, Field(max_length=60)] = ""
    signer: Annotated[str, Field(max_length=100)] = ""
    since: Annotated[Annotated[str, Field(max_length=10)], Plain] = ""
    until: Annotated[Annotated[str, Field(max_length=10)], Plain] = ""
    page: Annotated[int, Field(ge=1, le=500)] = 1

    def query(self, zone: ZoneInfo) -> finding.Query:
        """The search; its days are those of ``zone``.

        Raises:
            Invalid: a day is none.

        """
        since, until = typed_day("since", self.since), typed_day("until", self.until)
        return finding.Query(
            text=self.q,
            modality=self.modality,
            body_part=self.body_part,
            site=self.site,
            positive={"positive": True, "negative": False}.get(self.result),
            critical={"yes": True, "no": False}.get(self.critical),
            category=self.category,
            signer=self.signer,
            since=None if since is None else datetime.combine(since, time(), zone),
            until=None if until is None else datetime.combine(until + DAY, time(), zone),
        )

    @property
    def is_blank(self) -> bool:
        return not self.said()

    def said(self) -> dict[str, str]:
        """Its fields that say something; the page is none of them."""
        return {name: value for name, value in self.model_dump(exclude={"page"}).items() if value}


def typed_of(query: finding.Query, zone: ZoneInfo) -> Typed:
    """A search that was kept; its days are those of ``zone``."""
    results, criticals = {True: "positive", False: "negative"}, {True: "yes", False: "no"}
    return Typed.model_validate(
        {
            "q": query.text,
            "modality": query.modality,
            "body_part": query.body_part,
            "site": query.site,
            "result": "" if query.positive is None else results[query.positive],
            "critical": "" if query.critical is None else criticals[query.critical],
            "category": query.category,
            "signer": query.signer,
            "since": "" if query.since is None else query.since.astimezone(zone).date().isoformat(),
            "until": "" if query.until is None else (query.until.astimezone(zone) - DAY).date().isoformat(),
        }
    )
