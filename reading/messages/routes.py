"""Which event tells whom, by which words, and for how long that is worth telling."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final


class Audience(StrEnum):
    PATIENT = "patient"
    """The telephone of the patient."""
    STAFF = "staff"
    """The telephones of those who were told, who are on duty, or of the organisation."""
    SYSTEM = "system"
    """Another system, which hears ids alone."""


class Template(StrEnum):
    """The words of a message: `message.text.*` of the catalogues."""

    REPORT_READY = "report_ready"
    REPORT_CORRECTED = "report_corrected"
    REPORT_NEWS = "report_news"
    """To a number that nobody has verified: it says neither where nor of what."""
    CRITICAL_RAISED = "critical_raised"
    CRITICAL_CLIMBED = "critical_climbed"
    CRITICAL_DIFFERS = "critical_differs"
    CRITICAL_REMINDED = "critical_reminded"
    CRITICAL_LIFTED = "critical_lifted"
    EMERGENCY_OPENED = "emergency_opened"
    REFERRAL_SENT = "referral_sent"
    SIGN_IN_CODE = "sign_in_code"
    TELEPHONE_REPLACED = "telephone_replaced"
    EVENT = "event"
    """No words: the kind of the event, for a system."""


WORDED: Final = frozenset(Template) - {Template.EVENT}


@dataclass(frozen=True, kw_only=True)
class Route:
    """One receiver of one kind of event."""

    audience: Audience
    template: Template
    lasts: timedelta
    """So long after the event it is tried; later it would only confuse."""


ATTRIBUTED: Final = "report.attributed"
"""A final report has got its person after its release: linked, or confirmed where its images contradicted."""
RESTORED: Final = "report.restored"
"""A final report that was withheld by mistake stands again: whoever was not told of it before is told now."""
_HOUR: Final = timedelta(hours=1)
_DAY: Final = timedelta(days=1)
_MINUTES: Final = timedelta(minutes=10)
"""As long as a code holds."""
_SYSTEM: Final = Route(audience=Audience.SYSTEM, template=Template.EVENT, lasts=3 * _DAY)


def _patient(template: Template, lasts: timedelta = 3 * _DAY) -> Route:
    return Route(audience=Audience.PATIENT, template=template, lasts=lasts)


def _staff(template: Template, lasts: timedelta) -> Route:
    return Route(audience=Audience.STAFF, template=template, lasts=lasts)


ROUTES: Final[Mapping[str, tuple[Route, ...]]] = {
    # The words to the patient of a version that replaces another are REPORT_CORRECTED (`addressing`).
    "report.released": (_patient(Template.REPORT_READY), _SYSTEM),
    ATTRIBUTED: (_patient(Template.REPORT_READY),),
    RESTORED: (_patient(Template.REPORT_READY),),
    "case.withheld": (_SYSTEM,),
    "case.restored": (_SYSTEM,),
    "case.entered_in_error": (_SYSTEM,),
    "case.images_rejected": (),
    "case.rerouted": (),
    # An alert climbs within minutes and then tells others, so an old message says nothing new.
    "critical.raised": (_staff(Template.CRITICAL_RAISED, _HOUR), _SYSTEM),
    "critical.added": (_staff(Template.CRITICAL_RAISED, _HOUR), _SYSTEM),
    "critical.climbed": (_staff(Template.CRITICAL_CLIMBED, _HOUR), _SYSTEM),
    "critical.reminded": (_staff(Template.CRITICAL_REMINDED, _HOUR),),
    "critical.withdrawn": (_staff(Template.CRITICAL_LIFTED, 12 * _HOUR), _SYSTEM),
    "critical.lifted": (_staff(Template.CRITICAL_LIFTED, 12 * _HOUR), _SYSTEM),
    "critical.acknowledged": (_SYSTEM,),
    "critical.disposed": (_SYSTEM,),
    # The next organisation is told at the same moment; whoever could not answer needs no message.
    "critical.skipped": (),
    "critical.carried": (),
    "critical.differs": (_staff(Template.CRITICAL_DIFFERS, _HOUR), _SYSTEM),
    "critical.clarified": (_SYSTEM,),
    "critical.reset": (),
    "telephone.code": (_patient(Template.SIGN_IN_CODE, _MINUTES),),
    "telephone.replaced": (_patient(Template.TELEPHONE_REPLACED),),
    "emergency.opened": (_staff(Template.EMERGENCY_OPENED, _DAY), _SYSTEM),
    "referral.sent": (_staff(Template.REFERRAL_SENT, _DAY), _SYSTEM),
    **dict.fromkeys(
        (f"referral.{state}" for state in ("accepted", "declined", "arrived", "absent", "returned", "closed")),
        (_SYSTEM,),
    ),
    "referral.withdrawn": (_SYSTEM,),
    "referral.lapsed": (_SYSTEM,),
    # What waits in a colleague's list is counted in the rail, and needs no message.
    "consultation.invited": (),
    "consultation.opinion": (),
    "consultation.declined": (),
    "consultation.ended": (),
    "question.asked": (),
    "question.answered": (),
    "review.made": (),
    "discrepancy.raised": (),
    "discrepancy.confirmed": (),
    "discrepancy.unfounded": (),
    "discrepancy.withdrawn": (),
    "review.arbitrated": (),
}
"""By the kind of the outbox's entry; where nobody is told, the entry is settled and nothing goes out."""

URGENT: Final = frozenset(
    {
        "critical.raised",
        "critical.added",
        "critical.climbed",
        "critical.differs",
        "critical.reminded",
        "critical.withdrawn",
        "critical.lifted",
        "telephone.code",
    }
)
"""Somebody acts on it now, or waits before a screen: it goes before whatever else is due, and waits for no other."""


def routes_of(kind: str) -> tuple[Route, ...]:
    """Nobody where no route is known: an entry of a version that is gone keeps nothing waiting."""
    return ROUTES.get(kind, ())
