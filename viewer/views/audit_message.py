"""An event of the audit as a message of PS3.15 A.5 (RFC 3881 as DICOM extends it): ids of ours, and no name."""

from __future__ import annotations

from base64 import b64encode
from datetime import UTC
from typing import Final
from xml.etree.ElementTree import Element, SubElement, tostring

from reading.audit import ActorKind, Event, Outcome
from viewer.views import audit_codes
from viewer.views.audit_codes import Code

SYSTEM: Final = "TIERREAD"
"""The coding scheme of our own words, and the id of what acts by itself."""
NOBODY: Final = "UNKNOWN"
WEB_SERVER: Final = Code(code="3", meaning="Web Server process or thread")
IDS: Final = {
    "patient": ("2", "Patient Number", "RFC-3881"),
    "person": ("11", "User Identifier", "RFC-3881"),
    "study": ("110180", "Study Instance UID", "DCM"),
    "report": ("9", "Report Number", "RFC-3881"),
}
"""RFC 3881 5.5.4 and PS3.15 A.5.2: what the id of an object is, by our kind; of others it is an id of ours."""


def message(event: Event, site: str) -> Element:
    """The element AuditMessage (PS3.15 A.5.1.1); ``site`` names this installation."""
    whole = Element("AuditMessage")
    refused = event.outcome is Outcome.REFUSED
    identified = SubElement(
        whole,
        "EventIdentification",
        EventActionCode=audit_codes.deed_of(event.action),
        EventDateTime=event.at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        EventOutcomeIndicator="4" if refused else "0",
    )
    _coded(identified, "EventID", audit_codes.event_of(event.action), "DCM")
    if (known := audit_codes.type_of(event.action)) is not None:
        _coded(identified, "EventTypeCode", known, "DCM")
    _coded(identified, "EventTypeCode", Code(code=event.action, meaning=event.action), SYSTEM)
    if refused:
        SubElement(identified, "EventOutcomeDescription").text = str(event.details.get("why", "refused"))
    user = event.actor.id or (NOBODY if event.actor.kind is ActorKind.UNKNOWN else SYSTEM)
    who = SubElement(whole, "ActiveParticipant", UserID=user, UserIsRequestor="true")
    if event.actor.address:
        who.set("NetworkAccessPointID", event.actor.address)
        who.set("NetworkAccessPointTypeCode", "2")
    _coded(who, "RoleIDCode", Code(code=event.actor.kind, meaning=event.actor.kind), SYSTEM)
    source = SubElement(whole, "AuditSourceIdentification", AuditEnterpriseSiteID=site, AuditSourceID=event.writer)
    SubElement(source, "AuditSourceTypeCode", {"csd-code": WEB_SERVER.code})
    if event.subject_id:
        _object(whole, event)
    return whole


def written(event: Event, site: str) -> bytes:
    """The message as XML in UTF-8, without a declaration."""
    return tostring(message(event, site), encoding="utf-8", xml_declaration=False)


def _object(whole: Element, event: Event) -> None:
    kind, role = audit_codes.OBJECTS.get(event.subject_kind, audit_codes.OTHER_OBJECT)
    about = SubElement(
        whole,
        "ParticipantObjectIdentification",
        ParticipantObjectID=event.subject_id,
        ParticipantObjectTypeCode=kind,
        ParticipantObjectTypeCodeRole=role,
    )
    code, meaning, scheme = IDS.get(event.subject_kind, (event.subject_kind, event.subject_kind, SYSTEM))
    _coded(about, "ParticipantObjectIDTypeCode", Code(code=code, meaning=meaning), scheme)
    # The schema demands a name or a query here; names of people stay in their register.
    SubElement(about, "ParticipantObjectName").text = f"{event.subject_kind} {event.subject_id}"
    for name, value in sorted(event.details.items()):
        if value is not None:
            SubElement(about, "ParticipantObjectDetail", type=name, value=b64encode(str(value).encode()).decode())


def _coded(under: Element, name: str, what: Code, scheme: str) -> None:
    said = {"csd-code": what.code, "codeSystemName": scheme, "originalText": what.meaning}
    SubElement(under, name, said)
