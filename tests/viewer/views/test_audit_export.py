"""What leaves the audit as a file: XML by the schema of PS3.15 A.5.1.1, FHIR R4 by its required elements, and CSV."""

from __future__ import annotations

import base64
import csv
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from io import StringIO
from itertools import cycle
from typing import Any, Final
from xml.etree.ElementTree import Element, fromstring
from zoneinfo import ZoneInfo

import pytest

from reading.actions import Action
from reading.administrators.audit_subjects import Names, Somebody
from reading.audit import Actor, ActorKind, Detail, Event, Outcome
from viewer.views import audit, audit_fhir, audit_message
from viewer.words.catalogue import Language, catalogue

ADA: Final = "01J" + "A" * 23
CASE: Final = "01J" + "C" * 23
TOKEN: Final = r"\S(.*\S)?"
DATE_TIME: Final = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z"


@dataclass(frozen=True)
class Content:
    """An element of the schema: its attributes (a star: optional) by pattern, and its children in order."""

    attributes: Mapping[str, str] = field(default_factory=dict[str, str])
    children: tuple[tuple[str, str], ...] = ()
    """Name, and how often: one, ?, *, +."""


CODED: Final = Content({"csd-code": TOKEN, "codeSystemName": TOKEN, "displayName*": TOKEN, "originalText": TOKEN})
# PS3.15 A.5.1.1, the parts that we write.
SCHEMA: Final = {
    "AuditMessage": Content(
        {},
        (
            ("EventIdentification", "one"),
            ("ActiveParticipant", "+"),
            ("AuditSourceIdentification", "one"),
            ("ParticipantObjectIdentification", "*"),
        ),
    ),
    "EventIdentification": Content(
        {"EventActionCode*": "[CRUDE]", "EventDateTime": DATE_TIME, "EventOutcomeIndicator": "0|4|8|12"},
        (("EventID", "one"), ("EventTypeCode", "*"), ("EventOutcomeDescription", "?")),
    ),
    "ActiveParticipant": Content(
        {
            "UserID": ".*",
            "AlternativeUserID*": ".*",
            "UserName*": ".*",
            "UserIsRequestor": "true|false",
            "NetworkAccessPointID*": TOKEN,
            "NetworkAccessPointTypeCode*": "[1-5]",
        },
        (("RoleIDCode", "*"), ("MediaIdentifier", "?")),
    ),
    "AuditSourceIdentification": Content(
        {"AuditEnterpriseSiteID*": TOKEN, "AuditSourceID": TOKEN}, (("AuditSourceTypeCode", "*"),)
    ),
    "AuditSourceTypeCode": Content({"csd-code": "[1-9]"}),
    "ParticipantObjectIdentification": Content(
        {
            "ParticipantObjectID": TOKEN,
            "ParticipantObjectTypeCode*": "[1-4]",
            "ParticipantObjectTypeCodeRole*": r"\d|1\d|2[0-6]",
            "ParticipantObjectDataLifeCycle*": r"\d|1[0-5]",
            "ParticipantObjectSensitivity*": TOKEN,
        },
        (("ParticipantObjectIDTypeCode", "one"), ("ParticipantObjectName", "one"), ("ParticipantObjectDetail", "*")),
    ),
    "ParticipantObjectDetail": Content({"type": TOKEN, "value": "[A-Za-z0-9+/]*=*"}),
    "ParticipantObjectName": Content(),
    "EventOutcomeDescription": Content(),
    **dict.fromkeys(("EventID", "EventTypeCode", "RoleIDCode", "ParticipantObjectIDTypeCode"), CODED),
}


def event(action: Action = Action.CASE_OPEN, **changed: object) -> Event:
    values: dict[str, object] = {
        "writer": "node/web",
        "number": 7,
        "at": datetime(2026, 11, 29, 8, 5, 9, tzinfo=UTC),
        "actor": Actor(kind=ActorKind.STAFF, id=ADA, address="10.1.2.3"),
        "action": action,
        "subject_kind": "case",
        "subject_id": CASE,
        "outcome": Outcome.DONE,
        "details": {},
        "previous": bytes(32),
        "digest": bytes(range(32)),
    }
    return Event(**values | changed)  # type: ignore[arg-type]


def flaws(one: Element) -> list[str]:
    """Where an element differs from the schema."""
    content = SCHEMA[one.tag]
    allowed = {name.rstrip("*"): (pattern, name.endswith("*")) for name, pattern in content.attributes.items()}
    found = [f"{one.tag} has {name}" for name in one.attrib if name not in allowed]
    for name, (pattern, optional) in allowed.items():
        if name not in one.attrib:
            found += [] if optional else [f"{one.tag} lacks {name}"]
        elif not re.fullmatch(pattern, one.attrib[name]):
            found.append(f"{one.tag} {name}={one.attrib[name]!r}")
    often = {"one": "{1}", "?": "?", "*": "*", "+": "+"}
    order = "".join(f"(?:{name},){often[times]}" for name, times in content.children)
    children = "".join(f"{child.tag}," for child in one)
    if not re.fullmatch(order, children):
        found.append(f"{one.tag} holds {children}")
    return found + [flaw for child in one for flaw in flaws(child)]


ACTORS = [
    Actor(kind=ActorKind.STAFF, id=ADA, address="10.1.2.3"),
    Actor(kind=ActorKind.SYSTEM),
    Actor(kind=ActorKind.UNKNOWN, address="2001:db8::1"),
    Actor(kind=ActorKind.MACHINE, id=ADA),
    Actor(kind=ActorKind.PATIENT, id=ADA),
]
DETAILS: list[Mapping[str, Detail]] = [
    {},
    {"why": "not_there"},
    {"n": 3, "sure": True, "none": None, "text": "=1+1 中"},
]


def every_action(kinds: Sequence[str]) -> list[Event]:
    """An event of each word, with every actor, detail and kind of object in turn."""
    turns = zip(Action, cycle(ACTORS), cycle(DETAILS), cycle(kinds), cycle(Outcome), strict=False)
    return [
        event(
            action,
            actor=actor,
            details=details,
            subject_kind=kind,
            subject_id="" if kind == "list" else CASE,
            outcome=how,
        )
        for action, actor, details, kind, how in turns
    ]


def parsed(xml: bytes) -> Element:
    return fromstring(xml)  # noqa: S314 -- we wrote it


def test_each_message_follows_the_schema() -> None:
    for one in every_action(["case", "patient", "list", "study", "person", "policy", "report"]):
        assert flaws(parsed(audit_message.written(one, "TIERREAD"))) == [], one.action


def test_a_message_says_who_did_what_from_where() -> None:
    whole = parsed(
        audit_message.written(event(Action.SESSION_OPEN, details={"why": "=1"}, outcome=Outcome.REFUSED), "HERE")
    )
    identified, who, source, about = whole

    assert [one.get("csd-code") for one in identified] == ["110114", "110122", "session.open", None]
    assert identified.attrib == {
        "EventActionCode": "E",
        "EventDateTime": "2026-11-29T08:05:09.000Z",
        "EventOutcomeIndicator": "4",
    }
    assert (who.get("UserID"), who.get("NetworkAccessPointID")) == (ADA, "10.1.2.3")
    assert source.attrib == {"AuditEnterpriseSiteID": "HERE", "AuditSourceID": "node/web"}
    (detail,) = about.findall("ParticipantObjectDetail")
    assert (detail.get("type"), base64.b64decode(detail.get("value", ""))) == ("why", b"=1")


def test_each_resource_has_what_fhir_and_balp_require() -> None:
    for one in every_action(["patient"]):
        found = audit_fhir.resource(one, "TIERREAD")

        # AuditEvent (R4): type, recorded, agent.requestor, source.observer are 1..1; agent is 1..*
        assert re.fullmatch(r"[A-Za-z0-9\-.]{1,64}", found["id"])
        assert {"system", "code"} <= found["type"].keys()
        assert re.fullmatch(DATE_TIME, found["recorded"])
        assert found["action"] in {"C", "R", "U", "D", "E"}
        assert found["outcome"] in {"0", "4", "8", "12"}
        assert found["source"]["observer"]["identifier"]["value"] == "node/web"
        (agent,) = found["agent"]
        assert isinstance(agent["requestor"], bool)
        assert agent["who"]["identifier"]["value"]
        # IHE BALP, slice patient: a person (1) in the role of a patient (1)
        (about,) = found["entity"]
        assert (about["type"]["code"], about["role"]["code"]) == ("1", "1")
        assert about["what"]["identifier"]["value"] == CASE
        assert json.loads(json.dumps(found)) == found


def test_an_export_is_one_file_of_its_form() -> None:
    pages = [[event(), event(details={"why": "=cmd()", "中": "文"})], [event(number=8)]]
    names = Names(people={ADA: Somebody(id=ADA, name="Ada", username="ada")}, devices={}, organisations={})

    def lines(events: list[Event]) -> list[dict[str, Any]]:
        return [audit.csv_row(one, names, ZoneInfo("Asia/Shanghai")) for one in events]

    files = {form: b"".join(audit.exported(form, pages, "HERE", lines)) for form in audit.MEDIA_TYPES}

    rows = list(csv.reader(StringIO(files["csv"].decode("utf-8-sig"))))
    assert rows[0] == list(audit.CSV_COLUMNS)
    first = dict(zip(rows[0], rows[1], strict=True))
    assert (first["actor_name"], first["at_local"]) == ("Ada", "2026-11-29 16:05:09")
    assert [row[-1] for row in rows[1:]] == ["7", "7", "8"]
    assert all(not cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row)
    assert [one.tag for one in parsed(files["xml"])] == ["AuditMessage"] * 3
    assert [json.loads(line)["resourceType"] for line in files["ndjson"].splitlines()] == ["AuditEvent"] * 3


@pytest.mark.parametrize("language", Language)
def test_every_action_has_its_words(language: Language) -> None:
    assert [action for action in Action if f"audit.did.{action}" not in catalogue(language)] == []
