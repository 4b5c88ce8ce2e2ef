"""The audit's word for each act and each look; docs/audit.md explains them."""

from __future__ import annotations

from enum import StrEnum


class Action(StrEnum):
    """One word of the audit. Events keep the word that they were written with, so a word is never renamed lightly."""

    AGREEMENT_ADD = "agreement.add"
    AGREEMENT_END = "agreement.end"

    CASE_AGREE = "case.agree"
    CASE_AMEND = "case.amend"
    CASE_ARRIVE = "case.arrive"
    CASE_ATTRIBUTE = "case.attribute"
    CASE_CLAIM = "case.claim"
    CASE_COMPLETENESS = "case.completeness"
    CASE_DISPUTE = "case.dispute"
    CASE_DRAW = "case.draw"
    CASE_EMPTY = "case.empty"
    CASE_ENTER_IN_ERROR = "case.enter_in_error"
    CASE_ESCALATE = "case.escalate"
    CASE_EXPIRE = "case.expire"
    CASE_EXPORT = "case.export"
    CASE_EXPORTED = "case.exported"
    CASE_HIDE_IMAGES = "case.hide_images"
    CASE_IMAGES = "case.images"
    CASE_LINK = "case.link"
    CASE_MATCH = "case.match"
    CASE_MOVES = "case.moves"
    CASE_OPEN = "case.open"
    CASE_PUT_BACK = "case.put_back"
    CASE_READ_AGAIN = "case.read_again"
    CASE_REFILL = "case.refill"
    CASE_REJECT = "case.reject"
    CASE_RENEW = "case.renew"
    CASE_RESTORE = "case.restore"
    CASE_RESUBMIT = "case.resubmit"
    CASE_RETURN = "case.return"
    CASE_SEND_BACK = "case.send_back"
    CASE_SIGN = "case.sign"
    CASE_SIGN_AS_FINAL = "case.sign_as_final"
    CASE_SIGN_FOR_REVIEW = "case.sign_for_review"
    CASE_SURGERY = "case.surgery"
    CASE_UNMATCH = "case.unmatch"
    CASE_VERIFY_AS_FINAL = "case.verify_as_final"
    CASE_VERIFY_FOR_REVIEW = "case.verify_for_review"
    CASE_WHO_SAW = "case.who_saw"
    CASE_WITHHOLD = "case.withhold"

    CHANGE_ACKNOWLEDGE = "change.acknowledge"

    CONCERN_ADMIT = "concern.admit"
    CONCERN_AGAIN = "concern.again"
    CONCERN_BESIDE = "concern.beside"
    CONCERN_DECIDE = "concern.decide"
    CONCERN_DISMISS = "concern.dismiss"
    CONCERN_DOWNLOAD = "concern.download"
    CONCERN_KEEP = "concern.keep"
    CONCERN_LIST = "concern.list"
    CONCERN_NOTED = "concern.noted"
    CONCERN_OPEN = "concern.open"
    CONCERN_PICTURE = "concern.picture"
    CONCERN_RECEIVE_AGAIN = "concern.receive_again"
    CONCERN_SHOW = "concern.show"
    CONCERN_UNDO = "concern.undo"

    CRITICAL_ACKNOWLEDGE = "critical.acknowledge"
    CRITICAL_CLIMB = "critical.climb"
    CRITICAL_RAISE = "critical.raise"
    CRITICAL_WITHDRAW = "critical.withdraw"

    DEVICE_ADD = "device.add"
    DEVICE_CHANGE = "device.change"
    DEVICE_CHECK = "device.check"
    DEVICE_END = "device.end"
    DEVICE_OPEN = "device.open"
    DEVICE_RIGHTS = "device.rights"
    DEVICE_TOKEN = "device.token"

    DRAFT_SAVE = "draft.save"

    FOLLOW_UP_ADDENDUM = "follow_up.addendum"
    FOLLOW_UP_CLAIM = "follow_up.claim"
    FOLLOW_UP_NO_CHANGE = "follow_up.no_change"
    FOLLOW_UP_OPEN = "follow_up.open"
    FOLLOW_UP_PUT_BACK = "follow_up.put_back"
    FOLLOW_UP_VOID = "follow_up.void"

    FORWARDING_ADD = "forwarding.add"
    FORWARDING_END = "forwarding.end"
    FORWARDING_RETRY = "forwarding.retry"

    IMPORT_BEGIN = "import.begin"
    IMPORT_END = "import.end"

    ORDER_CANCEL = "order.cancel"
    ORDER_LIST = "order.list"
    ORDER_OPEN = "order.open"
    ORDER_PLACE = "order.place"

    ORGANISATION_ADD = "organisation.add"
    ORGANISATION_END = "organisation.end"

    PASSWORD_CHANGE = "password.change"

    PATIENT_FIND = "patient.find"
    PATIENT_NAME = "patient.name"
    PATIENT_REGISTER = "patient.register"

    PERSON_ADD = "person.add"
    PERSON_END = "person.end"

    PICTURE_READ = "picture.read"

    RECEIPT_PRINT = "receipt.print"

    REJECTION_LIFT = "rejection.lift"
    REJECTION_MAKE = "rejection.make"
    REJECTION_TAKE = "rejection.take"

    REPORT_ADDENDUM = "report.addendum"
    REPORT_AWAIT = "report.await"
    REPORT_LISTED = "report.listed"
    REPORT_PDF = "report.pdf"
    REPORT_PRINT = "report.print"
    REPORT_PRIOR = "report.prior"
    REPORT_READ = "report.read"
    REPORT_REVIEW = "report.review"
    REPORT_SIGN = "report.sign"
    REPORT_VERIFY = "report.verify"

    REPORTS_OPEN = "reports.open"

    REVIEW_DISPUTE = "review.dispute"

    ROLE_GRANT = "role.grant"
    ROLE_REVOKE = "role.revoke"

    SESSION_OPEN = "session.open"
    SESSION_PROVE = "session.prove"

    STUDY_CORRECT = "study.correct"
    STUDY_ERASE = "study.erase"
    STUDY_EXPORT = "study.export"
    STUDY_FORWARD = "study.forward"
    STUDY_FRAMES = "study.frames"
    STUDY_HOLD = "study.hold"
    STUDY_METADATA = "study.metadata"
    STUDY_PICTURE = "study.picture"
    STUDY_RECEIVE = "study.receive"
    STUDY_RELEASE = "study.release"
    STUDY_RENDERED = "study.rendered"
    STUDY_RETRIEVE = "study.retrieve"
    STUDY_SEARCH = "study.search"
    STUDY_THUMBNAIL = "study.thumbnail"

    SURGERY_MERGE = "surgery.merge"
    SURGERY_MOVE = "surgery.move"
    SURGERY_SPLIT = "surgery.split"
    SURGERY_UNDO = "surgery.undo"

    TOWNSHIP_OPEN = "township.open"

    WORKLIST_OPEN = "worklist.open"
