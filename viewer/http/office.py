"""The office: the database, keys and functions that pages and API work with, handed in by service/wiring."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeAlias, cast
from zoneinfo import ZoneInfo

from sqlalchemy.engine import Engine
from starlette.requests import Request

from reading.audit import Audit
from reading.messages.routes import Audience
from reading.patients.keys import Keys
from reading.register import region_clock
from reading.reports.seal import Seal
from reading.rules.typed_facts import TypedFacts
from reading.sessions.sign_in import Terms
from reading.teaching.pictures import Rendered
from reading.viewers import Viewer
from storage.database import snapshot
from viewer.folders import WEB_APP
from viewer.http.evidence import Evidence
from viewer.http.installation import Installation, unknown_installation
from viewer.http.speech_turns import SpeechTurns

Render: TypeAlias = Callable[[Viewer, str, int], tuple[bytes, str]]
"""(viewer, study_uid, n) -> (bytes, media type): picture n of a study for a browser, corrections applied.

``n`` counts from 1 in the order of `storage.index.queries.instances_in`. Raises NotThere."""

Export: TypeAlias = Callable[[Viewer, str], Iterator[bytes]]
"""(viewer, case_id) -> a zip with a DICOMDIR, in pieces. Raises NotThere, NotAllowed."""


TeachingPicture: TypeAlias = Callable[[Viewer, str, int], Rendered]
"""(viewer, sop_instance_uid, frame from 1) -> the frame without overlays, as a JPEG. Raises NotThere, Unavailable."""


ExaminationFacts: TypeAlias = Callable[[bytes], TypedFacts]
"""The first bytes of a DICOM file -> the facts of its header that rules ask for. Raises Invalid."""


@dataclass(frozen=True, kw_only=True)
class Dictation:
    """The region's speech service."""

    hear: Callable[[bytes, str, str], str]
    """(recording, media type, language) -> its words. Raises SpeechFailed. Called outside any transaction."""
    recorded_as: str
    """What it takes: ``opus`` or ``wav``."""
    turns: SpeechTurns = field(default_factory=SpeechTurns)


@dataclass(frozen=True, kw_only=True)
class Office:
    engine: Engine
    """The database; a commit returns once it is durable."""
    keys: Keys
    seal: Seal
    audit: Audit
    clock: Callable[[], datetime]
    terms: Terms
    """How people sign in."""
    render: Render
    export: Export
    teaching_picture: TeachingPicture
    evidence: Evidence
    examination_facts: ExaminationFacts
    emergency_lasts: timedelta = timedelta(hours=4)
    """How long somebody sees what they open in an emergency; zero: nobody opens anything."""
    retention_years: float = 0.0
    """Age at which images are due to be erased; 0: they are kept for ever."""
    ae_title: str = "TIERREAD"
    """The AE title by which devices call this service."""
    public_origin: str = ""
    """The address of the service for people, e.g. ``https://reports.example.cn``; empty: `callers.own_origin`."""
    forward_origins: tuple[str, ...] = ()
    """The addresses of DICOMweb servers to which the settings let studies be sent on."""
    gateways: Mapping[Audience, str] = field(default_factory=dict[Audience, str])
    """How messages reach each audience: ``folder`` is a place from which nothing is sent."""
    installation: Callable[[], Installation] = unknown_installation
    """How this installation is: settings in force, nodes, queues, copies, checks."""
    dictation: Dictation | None = None
    """None: nobody dictates, and there is no button."""
    private_classes: Mapping[str, str] = field(default_factory=dict[str, str])
    """What the makers of devices call their private SOP classes, by UID."""
    web_app: Path = WEB_APP
    """The built web app."""

    def zone(self) -> ZoneInfo:
        """The clock of the region, as it is set now: pages that belong to no site tell their times by it."""
        with snapshot(self.engine) as tx:
            return region_clock.zone(tx)

    def reaches(self, audience: Audience) -> bool:
        """Whether messages really go out to them: a folder is a place from which nothing is sent."""
        return self.gateways.get(audience, "folder") not in {"folder", "none"}


def office_of(request: Request) -> Office:
    """The office that `viewer.app.mount` put into the application."""
    return cast("Office", request.app.state.office)
