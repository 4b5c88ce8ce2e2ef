"""The one table of who may open which page and do which act: rights in words, the roles that have each, and its routes.

A new route stands in exactly one right, and whoever has none of its roles is refused: tests/viewer/test_rights.py asks
for every route as every role and as several together. A role alone opens no patient's
data: `reading.access` asks anew for each thing whether it is of a site, an agreement or a question of theirs.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from reading.access.emergencies import TREATING
from reading.kinds import Role
from viewer.shell.navigation import AT_A_SITE, AUDIT, CLINICAL, QUALITY, READS, SECURITY, SYSTEM


@dataclass(frozen=True, kw_only=True)
class Right:
    """Something that some roles may do; ``word`` is the key of its name in the catalogues, after ``right.``."""

    word: str
    roles: frozenset[Role]
    routes: tuple[str, ...]
    """Method and path of each."""


EVERYBODY: Final = frozenset(Role)
REGISTERS: Final = AT_A_SITE | QUALITY
ANSWERS: Final = AT_A_SITE | QUALITY | frozenset({Role.REVIEWER})
REFERS: Final = READS | frozenset({Role.CLINICIAN})
TEACHES: Final = QUALITY | frozenset({Role.REVIEWER})
REGION: Final = QUALITY | SYSTEM


def _right(word: str, roles: frozenset[Role], *routes: str) -> Right:
    return Right(word=word, roles=roles, routes=routes)


def _each(method: str, prefix: str, *ends: str) -> tuple[str, ...]:
    return tuple(f"{method} {prefix}{end}" for end in ends)


CASE: Final = "/api/cases/{case_id}"
OF_A_CASE: Final = "/t/case/{case_id}"

RIGHTS: Final[tuple[Right, ...]] = (
    _right(
        "account",
        EVERYBODY,
        *("GET /api/session", "POST /api/session", "DELETE /api/session"),
        *("POST /api/session/password", "POST /api/session/proof", "POST /api/session/here"),
        *("GET /sign-in", "POST /sign-in", "POST /sign-out", "GET /language", "GET /theme", "GET /office"),
        *("POST /api/session/factor", "POST /api/session/slip", "GET /api/session/proof"),
        *("GET /api/session/new-factor", "POST /api/session/new-factor"),
        *("GET /sign-in/factor", "POST /sign-in/factor", "POST /sign-in/factor/slip", "POST /sign-in/factor/new"),
        *_each("GET", "/account", "", "/help", "/password", "/factors", "/factors/new", "/notices", "/proof"),
        "GET /account/factors/recovery-codes",
        *_each("POST", "/account", "/factors/new", "/factors/remove", "/factors/recovery-codes", "/notices", "/proof"),
        *_each("POST", "/account", "/password", "/sessions/end", "/sessions/end-others"),
        *_each("GET", "/api/account/factors", "", "/new"),
        *("GET /api/account/settings", "PUT /api/account/settings/{name}"),
        *("POST /api/account/factors", "DELETE /api/account/factors/{factor_id}", "POST /api/account/recovery-codes"),
    ),
    # Lists are everybody's, and hold what each may see: for administrators nothing.
    _right(
        "lists",
        EVERYBODY,
        *("GET /api/cases", "GET /api/cases/pulse", "GET /api/cases/next", "POST /api/cases/claim"),
        *("POST /api/cases/search", "POST /sought"),
        *("POST /api/reports/search", "GET /reports", "GET /api/searches"),
        *("POST /api/searches", "POST /api/searches/{search_id}/seen", "DELETE /api/searches/{search_id}"),
        *_each("POST", "/reports/saved", "", "/{search_id}/open", "/{search_id}/end"),
        *("GET /referrals", "GET /api/consultations", "GET /consultations", "GET /questions"),
        "GET /api/alerts/bar",
        *_each("GET", "/alerts", "", "/list", "/log", "/log.csv", "/duty", "/classes"),
        *("GET /api/devices", "GET /t/devices", "GET /api/private-classes", "GET /api/quality", "GET /quality"),
        *("GET /learning", "POST /learning/read", "POST /learning/arbitrate"),
        *_each("POST", "/learning/discrepancies", "/read", "/judge"),
        *("GET /t", "GET /t/list", "GET /t/banners", "GET /t/shared", "GET /t/withheld", "GET /t/shared/{share_id}"),
        *("GET /t/note", "GET /t/note/blank"),
        "POST /t/print",
        *("POST /api/patients/search", "POST /api/manifests"),
        *("GET /api/phrases", "POST /api/phrases", "DELETE /api/phrases/{phrase_id}"),
        *("GET /api/templates/{template_id}", "POST /api/templates/{template_id}/render"),
        "POST /api/reports/unprintable",
    ),
    _right(
        "case.see",
        CLINICAL,
        *_each("GET", CASE, "", "/moves", "/preview", "/standing", "/completeness", "/images", "/templates"),
        *_each("GET", OF_A_CASE, "", "/images", "/export.zip"),
        *("GET /api/reports/{version_id}.pdf", "GET /t/print/{version_id}", "POST /t/print/{version_id}"),
    ),
    _right(
        "case.read",
        CLINICAL,
        *_each("POST", CASE, "/claim", "/renew", "/put-back", "/park", "/resume", "/return", "/escalate"),
        *_each("POST", CASE, "/checks", "/sign", "/finalise", "/defer", "/verify", "/send-back", "/review", "/dispute"),
        *_each("POST", CASE, "/propose", "/accord", "/dissent"),
        *(f"PUT {CASE}/draft", f"POST {CASE}/dictation"),
        *_each("POST", CASE, "/follow-up/claim", "/follow-up/put-back", "/follow-up/no-change"),
    ),
    _right("case.hold", READS | QUALITY, f"POST {CASE}/read-without"),
    _right("report.add", frozenset({Role.READER, Role.RESIDENT}), "POST /api/reports/{version_id}/addendum"),
    _right("critical.raise", READS, *_each("POST", CASE, "/critical", "/critical/withdraw")),
    _right(
        "critical.answer",
        ANSWERS,
        *_each("POST", "/api/alerts/{alert_id}", "/acknowledge", "/dispose"),
        *_each("POST", "/alerts/{alert_id}", "/acknowledge", "/dispose"),
        *_each("POST", "/t/alerts/{alert_id}", "/acknowledge", "/dispose"),
    ),
    _right(
        "critical.clarify",
        READS | QUALITY,
        *_each("POST", "", "/api/alerts/{alert_id}/clarify", "/alerts/{alert_id}/clarify"),
    ),
    _right(
        "critical.rules",
        QUALITY,
        *_each("POST", "/alerts/duty", "", "/end"),
        *_each("POST", "/alerts/classes", "", "/end"),
    ),
    _right(
        "case.answer",
        CLINICAL,
        f"POST {CASE}/resubmit",
        f"POST {OF_A_CASE}/answer",
    ),
    _right(
        "case.put-right",
        CLINICAL,
        *_each("POST", CASE, "/split", "/merge", "/hide-images", "/steps/{surgery_id}/undo"),
        f"POST {CASE}/rejections/{{rejection_id}}/lift",
        *_each("GET", OF_A_CASE, "/link", "/order", "/identity", "/correct"),
        *_each("POST", OF_A_CASE, "/link", "/order", "/order/part", "/correct", "/images", "/images/undo"),
        *_each("POST", OF_A_CASE, "/images/show", "/identity/confirm", "/identity/part", "/identity/undo"),
        "POST /api/attributions",
    ),
    _right(
        "case.withhold",
        CLINICAL,
        *_each("POST", CASE, "/withhold", "/restore", "/read-again", "/enter-in-error"),
        f"GET {OF_A_CASE}/withhold",
        f"POST {OF_A_CASE}/withhold",
    ),
    _right("case.looks", QUALITY, f"GET {CASE}/looks"),
    _right(
        "case.share",
        QUALITY,
        *_each("POST", OF_A_CASE, "/share", "/share/end"),
    ),
    _right("case.shares", CLINICAL, f"GET {OF_A_CASE}/share"),
    _right(
        "order",
        AT_A_SITE,
        *("POST /api/orders", "POST /api/orders/{order_id}/cancel"),
        *_each("POST", "/t/order", "", "/card", "/{order_id}/cancel"),
        *_each("GET", "/t/order", "", "/{order_id}/slip"),
        *("GET /t/order/{order_id}/protocol", "POST /t/order/{order_id}/protocol"),
        *_each("POST", "/t/protocols/{request_id}", "/withdraw", "/read"),
        *("POST /t/note", "POST /t/note/{note_id}/case"),
        *_each("POST", "/api/protocols/{request_id}", "/withdraw", "/read"),
        "POST /api/orders/{order_id}/protocols",
    ),
    _right("order.list", CLINICAL, "GET /api/orders", "GET /api/orders/{order_id}/protocols"),
    _right(
        "receipt",
        AT_A_SITE,
        f"POST {OF_A_CASE}/receipt",
        "POST /t/notices/{notice_id}/acknowledge",
    ),
    _right(
        "register",
        REGISTERS,
        *("POST /api/patients", "GET /api/patients/{patient_id}", "PATCH /api/patients/{patient_id}"),
        *_each("POST", "/api/patients/{patient_id}", "/cards", "/cards/{card_id}/end", "/merges"),
        *("POST /api/merges/{merge_id}", "GET /t/patients", "GET /t/patients/new"),
        *("POST /t/patients/new", "GET /t/patients/{patient_id}"),
        *_each("POST", "/t/patients/{patient_id}", "/correct", "/cards", "/cards/{card_id}/end", "/merges"),
        *_each("POST", "/t/patients/{patient_id}/telephone", "", "/code"),
        "POST /t/patients/{patient_id}/merges/{merge_id}",
    ),
    _right(
        "consultation",
        CLINICAL,
        *(f"GET {CASE}/colleagues", f"POST {CASE}/consultations"),
        *("GET /consultations/new/{case_id}", "POST /consultations/new/{case_id}"),
        "GET /api/consultations/{consultation_id}",
        *_each("POST", "/api/consultations/{consultation_id}", "/invite", "/remove", "/opinions", "/decline"),
        *_each("POST", "/api/consultations/{consultation_id}", "/conclude", "/withdraw"),
        "GET /consultations/{consultation_id}",
        *_each("POST", "/consultations/{consultation_id}", "/say", "/decline", "/conclude", "/withdraw"),
        *_each("POST", "/consultations/{consultation_id}", "/invite", "/remove"),
    ),
    _right(
        "emergency",
        TREATING,
        *("GET /api/emergencies", "POST /api/emergencies", "POST /api/emergencies/{emergency_id}/close"),
        *_each("GET", "/emergency", "", "/case/{case_id}"),
        *_each("POST", "/emergency", "", "/{emergency_id}/close"),
    ),
    _right(
        "question",
        CLINICAL,
        *("GET /questions/new/{case_id}", "POST /questions/new/{case_id}"),
        *_each("POST", "/questions/{question_id}", "/answer", "/withdraw"),
    ),
    _right(
        "protocol.answer",
        READS - {Role.RESIDENT},
        *_each("POST", "/questions/protocols/{request_id}", "", "/correct"),
        "GET /api/protocols",
        *_each("POST", "/api/protocols/{request_id}", "/accept", "/refuse", "/correct"),
    ),
    _right(
        "referral",
        CLINICAL,
        *_each("GET", "/referrals/{referral_id}", "", "/slip"),
        "POST /referrals/{referral_id}/{move}",
    ),
    _right("referral.send", REFERS, "GET /referrals/new/{case_id}", "POST /referrals/new/{case_id}"),
    _right(
        "concern",
        REGISTERS,
        *("GET /api/quality/{aspect}/{subject_id}", "POST /api/quality/{aspect}/{subject_id}/decide"),
        *("GET /api/quality/bytes/{subject_id}/picture", "GET /api/quality/bytes/{subject_id}/content"),
        *("GET /quality/{aspect}/{subject_id}", "POST /quality/{aspect}/{subject_id}/decide"),
    ),
    _right(
        "discrepancy",
        frozenset({Role.CLINICIAN}),
        f"GET {OF_A_CASE}/discrepancy",
        *_each("POST", OF_A_CASE, "/discrepancy", "/discrepancy/withdraw"),
    ),
    _right(
        "teaching",
        READS | QUALITY,
        *_each("GET", "/teaching", "", "/entries/{entry_id}", "/entries/{entry_id}/pictures/{number}"),
        *_each("POST", "/teaching/collections/{collection_id}", "/subscribe", "/unsubscribe"),
        "POST /teaching/seen",
    ),
    _right(
        "teaching.keep",
        TEACHES,
        *_each("GET", "/teaching", "/new/{case_id}", "/entries/{entry_id}/change"),
        *_each("POST", "/teaching", "/new/{case_id}", "/entries/{entry_id}/change", "/entries/{entry_id}/remove"),
        *_each("POST", "/teaching/collections", "", "/{collection_id}", "/{collection_id}/end"),
        "GET /teaching/collections/{collection_id}",
    ),
    _right("agreement", QUALITY, "GET /learning/agreement"),
    _right("queue", QUALITY | frozenset({Role.REVIEWER}), "GET /office/queue", "GET /office/queue.csv"),
    _right("roster.see", READS | REGION, "GET /office/roster"),
    _right(
        "roster.keep",
        REGION,
        *_each("POST", "/office/roster", "", "/move", "/end", "/import", "/skill", "/skill/end"),
        *_each("POST", "/office/roster", "/absence", "/absence/end", "/limit"),
    ),
    _right(
        "policy",
        REGION,
        *_each("GET", "/office/policy", "", "/new", "/compare", "/version/{number}", "/why", "/try", "/calendar"),
        *_each("POST", "/office/policy", "/new", "/new/document", "/why", "/why/file", "/try"),
        *_each("POST", "/office/policy", "/calendar", "/calendar/import"),
    ),
    _right(
        "policy.switch",
        QUALITY,
        "GET /office/policy/version/{number}/switch",
        *_each("POST", "/office/policy", "/version/{number}/switch", "/switch/{switch_id}/cancel"),
    ),
    _right("policy.case", QUALITY, "GET /office/policy/case/{case_id}"),
    _right(
        "device.rights",
        REGION,
        *("GET /office/devices", "PUT /api/devices/{device_id}/rights"),
        *("GET /office/devices/{device_id}/rights", "POST /office/devices/{device_id}/rights"),
    ),
    _right(
        "device",
        SYSTEM,
        *("POST /api/devices", "PUT /api/devices/{device_id}", "POST /api/devices/{device_id}/end"),
        *_each("GET", "/office/devices", "/new", "/{device_id}", "/{device_id}/token"),
        *_each("POST", "/office/devices", "/new", "/{device_id}", "/{device_id}/end", "/{device_id}/token"),
    ),
    _right(
        "numbers",
        QUALITY | frozenset({Role.REVIEWER}),
        *_each("GET", "/office/numbers", "", ".csv", ".xlsx", "/cases", "/national", "/bulletin.pdf"),
        *_each("GET", "/office/numbers/ratios", "", "/{ratio_id}"),
        *_each("POST", "/office/numbers/ratios", "", "/end"),
        *_each("GET", "/office/numbers/of/{name}", "", ".csv", ".xlsx"),
    ),
    _right(
        "statements",
        QUALITY,
        *_each("GET", "/office/statements", "", "/disputes", "/prices", "/journeys"),
        *_each("GET", "/office/statements/{month}", "", ".csv", ".xlsx", "/cases"),
        *("POST /office/statements/{month}/dispute", "POST /office/statements/disputes/{dispute_id}"),
    ),
    _right(
        "statements.keep",
        QUALITY,
        *("GET /office/statements/{month}/close", "POST /office/statements/{month}/close"),
        *_each("POST", "/office/statements/prices", "", "/import", "/{price_id}/end"),
        *_each("POST", "/office/statements/journeys", "", "/{terms_id}/end"),
    ),
    _right("numbers.mine", READS, "GET /office/numbers/mine"),
    _right("simulation", REGION, "GET /office/simulation", "POST /office/simulation"),
    _right(
        "organisation",
        SYSTEM,
        *_each("GET", "/office/organisations", "", "/new", "/{organisation_id}"),
        *_each("POST", "/office/organisations", "/new", "/{organisation_id}"),
        *_each("POST", "/office/organisations/{organisation_id}", "/end", "/move"),
        *_each("GET", "/office/agreements", "", "/{agreement_id}"),
        *_each("POST", "/office/agreements", "", "/{agreement_id}/end"),
        *("GET /office/import/{kind}", "GET /office/import/{kind}/template.csv", "POST /office/import/{kind}"),
    ),
    _right(
        "person",
        SYSTEM,
        *_each("GET", "/office/people", "", "/new", "/{person_id}", "/{person_id}/slip"),
        *_each("POST", "/office/people", "/new", "/{person_id}"),
        *_each("POST", "/office/people/{person_id}", "/end", "/password", "/roles", "/roles/{grant_id}/end"),
        *_each("POST", "/office/people/{person_id}", "/sign-out", "/unlock"),
        "GET /office/import/people/slips",
    ),
    _right(
        "installation",
        SYSTEM,
        *("GET /office/installation", "GET /office/forwarding", "POST /office/forwarding"),
        *_each("POST", "/office/forwarding", "/jobs/{job_id}/retry", "/{rule_id}/end"),
        "GET /office/messages",
        *_each("POST", "/office/messages/{message_id}", "/retry", "/give-up"),
    ),
    _right(
        "factors",
        SYSTEM | SECURITY,
        *("GET /api/security/factors", "GET /office/factors", "GET /office/factors/slip"),
        *_each("POST", "/api/security/factors", "/require", "/reset", "/reset/confirm", "/reset/withdraw"),
        *_each("POST", "/office/factors", "/require", "/reset", "/confirm", "/withdraw"),
    ),
    _right(
        "retention",
        SYSTEM | SECURITY,
        "GET /office/retention",
        *_each("POST", "/office/retention/requests/{request_id}", "/confirm", "/refuse", "/withdraw"),
    ),
    _right(
        "retention.ask", SYSTEM, *_each("POST", "/office/retention", "/ask", "/ask-for-due", "/holds", "/holds/lift")
    ),
    _right(
        "security",
        SECURITY,
        *_each("GET", "/api/security", "/people", "/failures"),
        *_each("POST", "/api/security", "/sign-out", "/revoke"),
        *_each("GET", "/office/security", "", "/rights", "/people/{person_id}"),
        *_each("POST", "/office/security", "/people/{person_id}/sign-out", "/tokens/{token_id}/end"),
        *_each("POST", "/office/security", "/shares/{share_id}/end", "/links/{link_id}/end"),
        *("GET /api/security/emergencies", "POST /api/security/emergencies/{emergency_id}/judge"),
        "POST /office/security/emergencies/{emergency_id}/judge",
    ),
    _right(
        "audit",
        AUDIT,
        *("POST /api/audit/search", "GET /office/audit", "POST /office/audit/find", "POST /office/audit/export"),
        *("GET /office/audit/checks", "POST /office/audit/checks"),
    ),
)


def held_by(roles: Collection[Role]) -> list[Right]:
    """The rights of somebody who holds these roles."""
    return [one for one in RIGHTS if not one.roles.isdisjoint(roles)]
