"""Viewers: a member of staff with grants, a machine of a site, a patient with what they proved, or a link."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

from reading.kinds import Role


@dataclass(frozen=True, kw_only=True)
class RoleGrant:
    """A role that a person holds in an organisation; claims and signatures record the grant that they used."""

    id: str
    person_id: str
    organisation_id: str
    role: Role
    since: datetime
    until: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class SessionFacts:
    """The facts of a session that requests depend on."""

    token_digest: bytes = field(repr=False)
    csrf_token: str = field(repr=False)
    proved_at: datetime
    must_change_password: bool
    with_factor: bool = False
    """It was opened with a second factor."""
    typed_at: datetime | None = None
    """When a password or a factor was last typed: no act of the person moves it."""


@dataclass(frozen=True, kw_only=True)
class Staff:
    """A person with the grants that are valid now."""

    person_id: str
    username: str = field(repr=False)
    name: str = field(repr=False)
    title: str
    grants: tuple[RoleGrant, ...]
    session: SessionFacts | None = None
    """None for the command line, which acts for a person without a session."""
    address: str = field(default="", compare=False)
    """The network address that the request came from, for the audit."""

    def holds(self, role: Role) -> bool:
        return any(grant.role is role for grant in self.grants)


@dataclass(frozen=True, kw_only=True)
class Machine:
    """A device of a site, known by its token or its certificate."""

    device_id: str
    site_id: str
    issuer: str
    address: str = field(default="", compare=False)
    """As `Staff.address`."""


@dataclass(frozen=True, kw_only=True)
class PatientViewer:
    """A patient who proved who they are; what they proved says how much of their own they see."""

    patient_id: str
    case_id: str | None
    """The one case that a receipt opens. None: the card itself was proved (by the platform that issued it, or by a
    verified telephone), which opens the person's whole history."""
    csrf_token: str = field(default="", repr=False)
    address: str = field(default="", compare=False)
    """As `Staff.address`."""


@dataclass(frozen=True, kw_only=True)
class LinkViewer(PatientViewer):
    """Whoever opened a patient's link: they see what the patient chose, and no act of the patient is theirs."""

    link_id: str


Viewer: TypeAlias = Staff | Machine | PatientViewer
