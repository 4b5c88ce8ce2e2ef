"""The closed lists of the clinical work: roles, levels, tiers, priorities and kinds of identifiers."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Role(StrEnum):
    """What a grant lets its holder do in one organisation."""

    TECHNICIAN = "technician"
    CLINICIAN = "clinician"
    READER = "reader"
    RESIDENT = "resident"
    """Reads as one who is being trained: an attending of the same organisation countersigns (上级医师审签)."""
    VERIFIER = "verifier"
    REVIEWER = "reviewer"
    QUALITY_MANAGER = "quality_manager"
    SYSTEM_ADMINISTRATOR = "system_administrator"
    SECURITY_ADMINISTRATOR = "security_administrator"
    AUDIT_ADMINISTRATOR = "audit_administrator"


MAY_ANSWER: Final = (Role.CLINICIAN, Role.TECHNICIAN, Role.QUALITY_MANAGER, Role.REVIEWER)
"""The roles that acknowledge critical results and say what was done."""


class Level(StrEnum):
    """Where an organisation stands in the region."""

    REGION = "region"
    CITY = "city"
    COUNTY = "county"
    TOWNSHIP = "township"


class Tier(StrEnum):
    """Who reads: the county first, the city reviews or takes what is too hard."""

    COUNTY = "county"
    NEIGHBOUR = "neighbour"
    """Another county, which has agreed to read what waits too long at the site's own."""
    CITY = "city"


class Priority(StrEnum):
    """How soon a case must be read; sorts by urgency, not by its letters."""

    EMERGENCY = "emergency"
    URGENT = "urgent"
    ROUTINE = "routine"

    @property
    def rank(self) -> int:
        """0 is the most urgent."""
        return list(Priority).index(self)

    def __lt__(self, other: str) -> bool:
        return self.rank < Priority(other).rank

    def __le__(self, other: str) -> bool:
        return self.rank <= Priority(other).rank

    def __gt__(self, other: str) -> bool:
        return self.rank > Priority(other).rank

    def __ge__(self, other: str) -> bool:
        return self.rank >= Priority(other).rank


class DeviceRight(StrEnum):
    """What a device may do, by DIMSE and by DICOMweb."""

    STORE = "store"
    """Send images, say what was made of an examination (MPPS), and ask for commitments."""
    WORKLIST = "worklist"
    QUERY = "query"
    RETRIEVE = "retrieve"
    """Get images out, also those that somebody else sends it."""
    REJECT = "reject"
    """Hide images that other devices of its site sent."""


class IdentifierKind(StrEnum):
    """What a patient is known by; the value is only unique within its kind and issuer."""

    IDENTITY_CARD = "identity_card"
    HEALTH_CARD = "health_card"
    INSURANCE_CARD = "insurance_card"
    DEVICE_ID = "device_id"
    """PatientID as a device sends it; its issuer is set for each device."""


class HeldAs(StrEnum):
    """Whose the card is: a guardian shows their own card for a child, and it never becomes the child's."""

    OWN = "own"
    GUARDIAN = "guardian"


class Sex(StrEnum):
    """PS3.3 C.7.1.1 Patient's Sex; empty where nobody said."""

    MALE = "M"
    FEMALE = "F"
    OTHER = "O"
    UNKNOWN = ""
