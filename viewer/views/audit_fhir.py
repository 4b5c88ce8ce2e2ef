"""An event of the audit as a FHIR R4 AuditEvent, in the patterns of IHE BALP (Basic Audit Log Patterns): ids alone."""

from __future__ import annotations

from datetime import UTC
from typing import Any, Final

from reading.audit import ActorKind, Event, Outcome
from viewer.views import audit_codes
from viewer.views.audit_codes import Code

DICOM: Final = "http://dicom.nema.org/resources/ontology/DCM"
TERMINOLOGY: Final = "http://terminology.hl7.org/CodeSystem"
OURS: Final = "urn:tierread"
"""The system of our words and ids, each with what they are after a colon."""
PARTICIPATION: Final = {
    ActorKind.STAFF: ("IRCP", "information recipient"),
    ActorKind.PATIENT: ("IRCP", "information recipient"),
    ActorKind.LINK: ("IRCP", "information recipient"),
    ActorKind.UNKNOWN: ("IRCP", "information recipient"),
    ActorKind.MACHINE: ("DEV", "device"),
    ActorKind.SYSTEM: ("CST", "custodian"),
}
"""How whoever acted took part (v3-ParticipationType)."""


def resource(event: Event, site: str) -> dict[str, Any]:
    """The resource; its id is the digest of the event, which its chain gives it once."""
    refused = event.outcome is Outcome.REFUSED
    known = audit_codes.type_of(event.action)
    found: dict[str, Any] = {
        "resourceType": "AuditEvent",
        "id": event.digest.hex(),
        "type": _coding(DICOM, audit_codes.event_of(event.action)),
        "subtype": [
            *([_coding(DICOM, known)] if known else []),
            {"system": f"{OURS}:action", "code": event.action},
        ],
        "action": audit_codes.deed_of(event.action),
        "recorded": event.at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "outcome": "4" if refused else "0",
        "agent": [_agent(event)],
        "source": {
            "site": site,
            "observer": {"identifier": {"system": f"{OURS}:writer", "value": event.writer}},
            "type": [{"system": f"{TERMINOLOGY}/security-source-type", "code": "3", "display": "Web Server"}],
        },
    }
    if refused:
        found["outcomeDesc"] = str(event.details.get("why", "refused"))
    if event.subject_id or event.details:
        found["entity"] = [_entity(event)]
    return found


def _agent(event: Event) -> dict[str, Any]:
    code, display = PARTICIPATION[event.actor.kind]
    agent: dict[str, Any] = {
        "type": {"coding": [{"system": f"{TERMINOLOGY}/v3-ParticipationType", "code": code, "display": display}]},
        "who": {"identifier": {"system": f"{OURS}:{event.actor.kind}", "value": event.actor.id or event.actor.kind}},
        "requestor": event.actor.kind is not ActorKind.SYSTEM,
    }
    if event.actor.address:
        agent["network"] = {"address": event.actor.address, "type": "2"}
    return agent


def _entity(event: Event) -> dict[str, Any]:
    kind, role = audit_codes.OBJECTS.get(event.subject_kind, audit_codes.OTHER_OBJECT)
    entity: dict[str, Any] = {
        "type": {"system": f"{TERMINOLOGY}/audit-entity-type", "code": kind},
        "role": {"system": f"{TERMINOLOGY}/object-role", "code": role},
    }
    if event.subject_id:
        entity["what"] = {"identifier": {"system": f"{OURS}:{event.subject_kind}", "value": event.subject_id}}
    details = [
        {"type": name, "valueString": str(one)} for name, one in sorted(event.details.items()) if one not in {None, ""}
    ]
    return entity | ({"detail": details} if details else {})


def _coding(system: str, what: Code) -> dict[str, str]:
    return {"system": system, "code": what.code, "display": what.meaning}
