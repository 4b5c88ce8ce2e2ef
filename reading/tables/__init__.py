"""The tables of the clinical work, one module a room, gathered here; rows are end-dated, never deleted."""

from reading.tables.alerts import (
    critical_alert,
    critical_carry,
    critical_class,
    critical_finding,
    critical_notice,
    duty,
)
from reading.tables.audit import audit_anchor, audit_check, audit_collector, audit_event, audit_sent
from reading.tables.cases import case, case_move, case_procedure, case_study
from reading.tables.completeness import announced_instance, announcement, arriving_end, follow_up
from reading.tables.consultation import (
    consultation,
    consultation_invitation,
    consultation_opinion,
    consultation_prior,
)
from reading.tables.double_reading import double_reading
from reading.tables.emergency import emergency_access
from reading.tables.factors import factor, factor_requirement, factor_reset, recovery_code
from reading.tables.forwarding import forwarded_instance, forwarding_job, forwarding_rule
from reading.tables.intake import identity_move, identity_question, rejected_instance, rejection, surgery
from reading.tables.numbers import (
    number_cell,
    number_change,
    number_fact,
    number_ratio,
    number_ratio_cell,
    number_stale,
    number_time,
)
from reading.tables.orders import imaging_order, performed_change, performed_reference, performed_step, procedure
from reading.tables.outbox import outbox
from reading.tables.patients import (
    attribution,
    installation_key,
    patient,
    patient_change,
    patient_identifier,
    patient_merge,
    patient_merge_move,
)
from reading.tables.quality import decision
from reading.tables.questions import question
from reading.tables.queue import assignment, case_reroute, lease
from reading.tables.referral import referral, referral_move
from reading.tables.register import (
    agreement,
    device,
    device_check,
    device_contact,
    device_lack,
    device_right,
    device_tally,
    device_token,
    organisation,
    person,
    refused_call,
    role_grant,
)
from reading.tables.reports import draft, report_version, seal_alarm, signature
from reading.tables.review import review, score_arbitration
from reading.tables.roster import absence, case_limit, person_skill, roster_slot, roster_terms, work_weight
from reading.tables.rules import calendar_entry, policy, policy_switch
from reading.tables.search import report_search, report_search_code, report_search_person, saved_search
from reading.tables.sessions import (
    account_notice,
    failed_proof,
    half_session,
    known_place,
    patient_session,
    receipt,
    staff_session,
)
from reading.tables.sharing import study_share
from reading.tables.signing import change_notice, paper_code, paper_file, printing
from reading.tables.statements import (
    statement_change,
    statement_dispute,
    statement_item,
    statement_journey,
    statement_left_out,
    statement_line,
    statement_month,
    statement_price,
)
from reading.tables.templates import phrase, report_template

__all__ = [
    "absence",
    "account_notice",
    "agreement",
    "announced_instance",
    "announcement",
    "arriving_end",
    "assignment",
    "attribution",
    "audit_anchor",
    "audit_check",
    "audit_collector",
    "audit_event",
    "audit_sent",
    "calendar_entry",
    "case",
    "case_limit",
    "case_move",
    "case_procedure",
    "case_reroute",
    "case_study",
    "change_notice",
    "consultation",
    "consultation_invitation",
    "consultation_opinion",
    "consultation_prior",
    "critical_alert",
    "critical_carry",
    "critical_class",
    "critical_finding",
    "critical_notice",
    "decision",
    "device",
    "device_check",
    "device_contact",
    "device_lack",
    "device_right",
    "device_tally",
    "device_token",
    "double_reading",
    "draft",
    "duty",
    "emergency_access",
    "factor",
    "factor_requirement",
    "factor_reset",
    "failed_proof",
    "follow_up",
    "forwarded_instance",
    "forwarding_job",
    "forwarding_rule",
    "half_session",
    "identity_move",
    "identity_question",
    "imaging_order",
    "installation_key",
    "known_place",
    "lease",
    "number_cell",
    "number_change",
    "number_fact",
    "number_ratio",
    "number_ratio_cell",
    "number_stale",
    "number_time",
    "organisation",
    "outbox",
    "paper_code",
    "paper_file",
    "patient",
    "patient_change",
    "patient_identifier",
    "patient_merge",
    "patient_merge_move",
    "patient_session",
    "performed_change",
    "performed_reference",
    "performed_step",
    "person",
    "person_skill",
    "phrase",
    "policy",
    "policy_switch",
    "printing",
    "procedure",
    "question",
    "receipt",
    "recovery_code",
    "referral",
    "referral_move",
    "refused_call",
    "rejected_instance",
    "rejection",
    "report_search",
    "report_search_code",
    "report_search_person",
    "report_template",
    "report_version",
    "review",
    "role_grant",
    "roster_slot",
    "roster_terms",
    "saved_search",
    "score_arbitration",
    "seal_alarm",
    "signature",
    "staff_session",
    "statement_change",
    "statement_dispute",
    "statement_item",
    "statement_journey",
    "statement_left_out",
    "statement_line",
    "statement_month",
    "statement_price",
    "study_share",
    "surgery",
    "work_weight",
]
