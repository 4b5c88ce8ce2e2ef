"""What the audit's words are in the codes of DICOM and RFC 3881: the kind of event, and what was done to its object."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from reading.actions import Action


@dataclass(frozen=True, kw_only=True)
class Code:
    code: str
    meaning: str


# PS3.16 CID 400 Audit Event ID
ACTIVITY: Final = Code(code="110100", meaning="Application Activity")
AUDIT_LOG_USED: Final = Code(code="110101", meaning="Audit Log Used")
ACCESSED: Final = Code(code="110103", meaning="DICOM Instances Accessed")
TRANSFERRED: Final = Code(code="110104", meaning="DICOM Instances Transferred")
DELETED: Final = Code(code="110105", meaning="DICOM Study Deleted")
EXPORT: Final = Code(code="110106", meaning="Export")
IMPORT: Final = Code(code="110107", meaning="Import")
ORDER: Final = Code(code="110109", meaning="Order Record")
PATIENT: Final = Code(code="110110", meaning="Patient Record")
PROCEDURE: Final = Code(code="110111", meaning="Procedure Record")
QUERY: Final = Code(code="110112", meaning="Query")
SECURITY_ALERT: Final = Code(code="110113", meaning="Security Alert")
USER_AUTHENTICATION: Final = Code(code="110114", meaning="User Authentication")

# PS3.16 CID 401 Audit Event Type Code
LOGIN: Final = Code(code="110122", meaning="Login")
LOGOUT: Final = Code(code="110123", meaning="Logout")
EMERGENCY_OVERRIDE: Final = Code(code="110127", meaning="Emergency Override Started")
EMERGENCY_OVERRIDE_STOPPED: Final = Code(code="110138", meaning="Emergency Override Stopped")
ATTRIBUTES_CHANGED: Final = Code(code="110134", meaning="Object Security Attributes Changed")
ROLES_CHANGED: Final = Code(code="110136", meaning="Security Roles Changed")
USER_CHANGED: Final = Code(code="110137", meaning="User Security Attributes Changed")

_OF_ONE: Final = {
    Action.CASE_EXPORT: EXPORT,
    Action.CASE_EXPORTED: EXPORT,
    Action.CRITICAL_EXPORT: EXPORT,
    Action.EMERGENCY_CLOSE: SECURITY_ALERT,
    Action.EMERGENCY_JUDGE: SECURITY_ALERT,
    Action.EMERGENCY_OPEN: SECURITY_ALERT,
    Action.STUDY_EXPORT: EXPORT,
    Action.STUDY_ERASE: DELETED,
    Action.STUDY_FORWARD: TRANSFERRED,
    Action.STUDY_RECEIVE: TRANSFERRED,
    Action.STUDY_RETRIEVE: TRANSFERRED,
    Action.STUDY_SHARE: SECURITY_ALERT,
    Action.STUDY_SHARE_END: SECURITY_ALERT,
    Action.STUDY_SEARCH: QUERY,
    Action.PATIENT_SEARCH: QUERY,
    Action.REPORT_SEARCH: QUERY,
    Action.WORKLIST_ANSWER: QUERY,
    Action.WORKLIST_OPEN: QUERY,
    Action.TOWNSHIP_OPEN: QUERY,
    Action.PICTURE_READ: ACCESSED,
}
_OF_A_GROUP: Final = {
    "audit": AUDIT_LOG_USED,
    "session": USER_AUTHENTICATION,
    "password": SECURITY_ALERT,
    "person": SECURITY_ALERT,
    "role": SECURITY_ALERT,
    "device": SECURITY_ALERT,
    "study": ACCESSED,
    "surgery": ACCESSED,
    "rejection": ACCESSED,
    "concern": ACCESSED,
    "import": IMPORT,
    "order": ORDER,
    "patient": PATIENT,
    "receipt": PATIENT,
    "link": PATIENT,
    "agreement": ACTIVITY,
    "calendar": ACTIVITY,
    "forwarding": ACTIVITY,
    "organisation": ACTIVITY,
    "phrase": ACTIVITY,
    "policy": ACTIVITY,
    "roster": ACTIVITY,
    "template": ACTIVITY,
}
"""Every other word is about an examination or its report: a procedure record."""

_TYPES: Final = {
    Action.SESSION_OPEN: LOGIN,
    Action.SESSION_PROVE: LOGIN,
    Action.SESSION_END: LOGOUT,
    Action.PASSWORD_CHANGE: USER_CHANGED,
    Action.PERSON_ADD: USER_CHANGED,
    Action.PERSON_END: USER_CHANGED,
    Action.EMERGENCY_CLOSE: EMERGENCY_OVERRIDE_STOPPED,
    Action.EMERGENCY_OPEN: EMERGENCY_OVERRIDE,
    Action.ROLE_GRANT: ROLES_CHANGED,
    Action.ROLE_REVOKE: ROLES_CHANGED,
    Action.DEVICE_RIGHTS: ATTRIBUTES_CHANGED,
    Action.DEVICE_TOKEN: ATTRIBUTES_CHANGED,
    Action.DEVICE_TOKEN_END: ATTRIBUTES_CHANGED,
    Action.STUDY_SHARE: ATTRIBUTES_CHANGED,
    Action.STUDY_SHARE_END: ATTRIBUTES_CHANGED,
}

_READS: Final = frozenset(
    {
        *("open", "read", "list", "listed", "found", "prior", "blind", "await", "pdf", "print", "images", "moves"),
        *(
            "completeness",
            "who_saw",
            "search",
            "find",
            "name",
            "board",
            "log",
            "beside",
            "picture",
            "download",
            "exported",
        ),
        *("export", "frames", "metadata", "rendered", "retrieve", "thumbnail", "shared", "answer", "check", "compare"),
    }
)
_CREATES: Final = frozenset(
    {
        *(
            "add",
            "register",
            "place",
            "grant",
            "send",
            "ask",
            "raise",
            "arrive",
            "token",
            "share",
            "begin",
            "make",
            "sign_first",
        ),
    }
)
_DELETES: Final = frozenset(
    {"end", "erase", "revoke", "cancel", "void", "remove", "share_end", "card_end", "token_end"}
)
_EXECUTES: Final = frozenset({"session", "device.check", "policy.try"})


def event_of(action: str) -> Code:
    """PS3.16 CID 400."""
    known = _OF_ONE.get(Action(action)) if action in set(Action) else None
    return known or _OF_A_GROUP.get(action.partition(".")[0], PROCEDURE)


def type_of(action: str) -> Code | None:
    """PS3.16 CID 401, where one says more than the event."""
    return _TYPES.get(Action(action)) if action in set(Action) else None


def deed_of(action: str) -> str:
    """RFC 3881 5.1.2 Event Action Code: C, R, U, D, or E for what is none of these."""
    group, _, verb = action.partition(".")
    if group in _EXECUTES or action in _EXECUTES:
        return "E"
    if group == "audit" or verb in _READS:
        return "R"
    if verb in _CREATES:
        return "C"
    return "D" if verb in _DELETES else "U"


OBJECTS: Final = {
    "patient": ("1", "1"),
    "person": ("1", "6"),
    "study": ("2", "3"),
    "report": ("2", "3"),
    "case": ("2", "20"),
    "order": ("2", "20"),
    "organisation": ("3", "2"),
    "device": ("2", "6"),
    "list": ("2", "7"),
    "audit": ("2", "13"),
}
"""RFC 3881 5.5.1 and 5.5.2: type and role of what an event is about, by our kind."""
OTHER_OBJECT: Final = ("2", "4")
