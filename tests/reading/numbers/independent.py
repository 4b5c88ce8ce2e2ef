"""The numbers counted a second time by another path: from plain rows, with loops, with nothing of `reading.numbers`.

docs/numbers.md is what it follows.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.engine import Connection

Row = dict[str, Any]
Key = tuple[str, str, str, str, str, str, str]
"""Measure, day, site, modality, body part, organisation, person (empty: everybody's)."""

HIDDEN = {"withheld", "withdrawn", "emptied"}
STANDS_STILL = {"returned", "withheld", "emptied", "awaiting_priors"}
UNDECIDED = {
    *("waiting_read", "reading", "returned", "provisional", "waiting_second", "second_reading"),
    *("conferring", "waiting_arbitration", "arbitrating", "awaiting_priors"),
}
PLACE = {
    **dict.fromkeys(("waiting_read", "reading", "returned", "awaiting_priors"), "read"),
    **dict.fromkeys(("provisional", "waiting_second", "second_reading", "conferring"), "second"),
    **dict.fromkeys(("waiting_arbitration", "arbitrating"), "arbitrate"),
    **dict.fromkeys(("waiting_verify", "verifying"), "verify"),
    **dict.fromkeys(("waiting_review", "reviewing", "disputed"), "review"),
}
DONE = {
    **dict.fromkeys(("sign", "sign_for_review", "sign_as_final", "sign_first", "sign_provisionally"), "read"),
    **dict.fromkeys(("concur", "recall", "to_arbitration", "confer"), "second"),
    "arbitrate": "arbitrate",
    **dict.fromkeys(("verify_for_review", "verify_as_final"), "verify"),
    **dict.fromkeys(("agree", "amend"), "review"),
}
COUNTED_AS = {
    "read": "reads",
    "verify": "verified",
    "review": "reviewed",
    "second": "seconds",
    "arbitrate": "arbitrated",
}
GRADE = {"MR": r"(?i)pi-?rads", "MG": r"(?i)bi-?rads"}


class Count:
    """Counts, and every time by its measure in begun minutes."""

    def __init__(self) -> None:
        self.counts: Counter[Key] = Counter()
        self.times: defaultdict[Key, list[int]] = defaultdict(list)


def count(tx: Connection) -> Count:
    rows = {name: _all(tx, name) for name in _TABLES}
    sites = {row["id"]: ZoneInfo(row["time_zone"]) for row in rows["organisation"]}
    grants = {row["id"]: row["organisation_id"] for row in rows["role_grant"]}
    rules = {(row["id"], rule["name"]): rule for row in rows["policy"] for rule in row["rules"]["rules"]}
    days_off = {row["day"] for row in rows["calendar_entry"] if row["kind"] == "holiday"}
    urgent = _of_emergency_departments(rows)
    found = Count()
    for case in rows["case"]:
        if case["state"] not in HIDDEN:
            of = {name: [row for row in rows[name] if row["case_id"] == case["id"]] for name in _OF_CASE}
            rule = rules[case["policy_id"], case["rule"]]
            _Counting(found, case, of, rows, sites[case["site_id"]], grants, rule, days_off, case["id"] in urgent).all()
    return found


_OF_CASE = ("case_move", "report_version", "review", "critical_alert", "assignment", "report_search_code")
_TABLES = (
    *("case", "organisation", "role_grant", "policy", "calendar_entry", "signature", "score_arbitration"),
    *("case_procedure", "procedure", "imaging_order", *_OF_CASE),
)


def _all(tx: Connection, name: str) -> list[Row]:
    from reading import tables  # noqa: PLC0415 -- the tables alone

    return [dict(row) for row in tx.execute(sa.select(getattr(tables, name))).mappings()]


def _of_emergency_departments(rows: dict[str, list[Row]]) -> set[str]:
    orders = {row["id"] for row in rows["imaging_order"] if "急诊" in row["department"]}
    procedures = {row["id"] for row in rows["procedure"] if row["order_id"] in orders}
    return {row["case_id"] for row in rows["case_procedure"] if row["procedure_id"] in procedures}


class _Counting:
    def __init__(  # noqa: PLR0917
        self,
        into: Count,
        case: Row,
        of: dict[str, list[Row]],
        rows: dict[str, list[Row]],
        zone: ZoneInfo,
        grants: dict[str, str],
        rule: Row,
        days_off: set[Any],
        urgent: bool,
    ) -> None:
        self._into, self._case, self._of, self._rows, self._zone = into, case, of, rows, zone
        self._grants, self._rule, self._days_off = grants, rule, days_off
        self._moves = sorted(of["case_move"], key=lambda row: row["number"])
        self._versions = sorted(of["report_version"], key=lambda row: row["number"])
        self._emergency = urgent or case["priority"] == "emergency"

    def all(self) -> None:
        case = self._case
        self._add(case["received_at"], "received")
        if case["priority"] != "routine":
            self._add(case["received_at"], "urgent")
        if case["priority"] == "emergency":
            self._add(case["received_at"], "emergencies")
        blind = "double_reading" in self._rule or any(
            row["move"] in {"sign_first", "sign_provisionally", "to_arbitration", "confer"} for row in self._moves
        )
        if blind and case["state"] in UNDECIDED:
            return
        self._steps()
        self._report()
        self._reviews()
        self._alerts()
        for row in self._of["assignment"]:
            if row["ended_as"] == "taken":
                self._taken(row)

    def _steps(self) -> None:
        began: datetime | None = None
        place = ""
        for number, row in enumerate(self._moves):
            who = (self._grants.get(row["grant_id"] or "", ""), row["person_id"] or "")
            if row["move"] in {"return", "reject"}:
                self._add(row["at"], "returned", *who)
            step = DONE.get(row["move"])
            back = [later["move"] for later in self._moves[number + 1 :] if later["move"] in {"defer", "finalise"}]
            deferred = row["move"] == "sign_provisionally" and back[:1] == ["defer"]
            if step and began is not None and place == step and not deferred:
                minutes = self._minutes(began, row["at"])
                limit = self._rule.get("step_minutes", {}).get(step)
                name = COUNTED_AS[step]
                self._add(row["at"], name, *who)
                if step in {"read", "verify", "review"} and limit is not None:
                    self._add(row["at"], f"{name}_timed", *who)
                    if minutes <= limit:
                        self._add(row["at"], f"{name}_in_time", *who)
                if step != "arbitrate":
                    self._time(row["at"], step, minutes, *who)
            now_at = PLACE.get(row["to_state"], "")
            if now_at:
                if began is None or now_at != place:
                    began, place = row["at"], now_at
            elif row["to_state"] in {"final", "withdrawn"}:
                began, place = None, ""

    def _report(self) -> None:
        good = [
            row
            for row in self._versions
            if row["released_at"] is not None and row["status"] not in {"withheld", "entered_in_error"}
        ]
        struck = [row["number"] for row in self._versions if row["status"] in {"withheld", "entered_in_error"}]
        standing = [row for row in good if row["status"] == "final" or row["number"] > max([0, *struck])]
        if not standing:
            return
        first, stands, case = good[0], standing[-1], self._case
        at = first["released_at"]
        author = ("", "")
        for row in self._versions:
            if row["number"] <= first["number"] and row["status"] not in {"withheld", "entered_in_error", "withdrawn"}:
                author = self._author_of(row["id"]) or author
        took = self._minutes(case["received_at"], at)
        self._add(at, "released", *author)
        self._add(at, "in_time" if took <= self._rule["due_minutes"] else "late", *author)
        self._time(at, "released", took, *author)
        since = None
        if not case["clock_wrong"]:
            since = math.ceil(max((at - case["examined_at"]).total_seconds(), 0) / 60)
            self._add(at, "examined_timed", *author)
            if since <= self._rule["indicator_minutes"]:
                self._add(at, "examined_in_time", *author)
            self._time(at, "examined", since, *author)
            if self._emergency and case["modality"] in {"DX", "CR", "RF", "XR", "CT"}:
                self._add(at, "rush", *author)
                if since <= 120:
                    self._add(at, "rush_two_hours", *author)
        said = stands["content"]
        if said["positive"] is not None:
            self._add(at, "judged", *author)
        if said["positive"]:
            self._add(at, "positive", *author)
        parts = [said["findings"].strip(), said["impression"].strip()]
        if all(parts) and said["positive"] is not None and not stands["incomplete_reason"]:
            self._add(at, "complete", *author)
        if len(good) > 1:
            self._add(at, "revised", *author)
        self._grades(at, said, author)

    def _grades(self, at: datetime, said: Row, author: tuple[str, str]) -> None:
        name = {("MR", "PROSTATE"): "prostate", ("MG", self._case["body_part"]): "breast"}.get(
            (self._case["modality"], self._case["body_part"])
        )
        if name is None or not said["positive"]:
            return
        self._add(at, name, *author)
        codes = [row["code"] for row in self._of["report_search_code"]]
        if any(re.search(GRADE[self._case["modality"]], one) for one in [*codes, said["findings"], said["impression"]]):
            self._add(at, f"{name}_graded", *author)

    def _reviews(self) -> None:
        versions = {row["id"]: row for row in self._versions}
        for row in self._of["review"]:
            organisation = ""
            for version in self._versions:
                signed = self._author_of(version["id"])
                if version["number"] <= versions[row["read_version_id"]]["number"] and signed:
                    organisation = signed[0] if signed[1] == row["author_id"] else organisation
            who = (organisation, row["author_id"])
            arbitrated = [one["score"] for one in self._rows["score_arbitration"] if one["review_id"] == row["id"]]
            score = arbitrated[0] if arbitrated else "" if row["awaits_arbitration"] else row["score"] or ""
            if row["outcome"] == "amend":
                self._add(row["at"], "amended", *who)
            if score:
                self._add(row["at"], "scored", *who)
                if score != "1":
                    self._add(row["at"], "discrepant", *who)
                if score in {"2b", "3b"}:
                    self._add(row["at"], "serious", *who)
            before = versions[row["read_version_id"]]["content"]["positive"]
            after = versions[row["review_version_id"] or row["read_version_id"]]["content"]["positive"]
            if before is not None and after is not None:
                names = {
                    (True, True): "both_positive",
                    (True, False): "first_positive",
                    (False, True): "second_positive",
                    (False, False): "both_negative",
                }
                self._add(row["at"], names[before, after], *who)

    def _alerts(self) -> None:
        for row in self._of["critical_alert"]:
            if row["kind"] != "critical" or row["ended_as"] == "withdrawn":
                continue
            at, who = row["raised_at"], ("", row["raised_by"])
            self._add(at, "alerts", *who)
            if row["acknowledged_at"] is not None:
                minutes = math.ceil((row["acknowledged_at"] - at).total_seconds() / 60)
                self._time(at, "told", minutes, *who)
                if minutes <= 10:
                    self._add(at, "alerts_ten", *who)
                if minutes <= row["minutes"]:
                    self._add(at, "alerts_in_time", *who)
            if row["disposed_at"] is not None:
                self._add(at, "alerts_disposed", *who)

    def _taken(self, row: Row) -> None:
        at, who = row["ended_at"], (row["organisation_id"], row["person_id"])
        self._add(at, "taken", *who)
        self._add(at, "skipped", *who, amount=row["skipped"])
        chosen = row["how"] == "chosen"
        if chosen:
            self._add(at, "chosen", *who)
        if row["weight"] is not None:
            for name, holds in (("", True), ("chosen_", chosen)):
                if holds:
                    self._add(at, f"{name}weighed", *who)
                    self._add(at, f"{name}weight", *who, amount=row["weight"])

    def _author_of(self, version_id: str) -> tuple[str, str] | None:
        for row in self._rows["signature"]:
            if row["version_id"] == version_id and row["role"] == "author":
                return self._grants[row["grant_id"]], row["person_id"]
        return None

    def _minutes(self, since: datetime, until: datetime) -> int:
        """Begun minutes of the pieces in which the case was not paused, each cut to the hours of its rule."""
        marks = [row for row in self._moves if row["at"] <= until]
        seconds = 0.0
        for here, after in zip(marks, [*marks[1:], None], strict=True):
            if here["to_state"] in STANDS_STILL:
                continue
            begins, ends = max(here["at"], since), min(after["at"] if after else until, until)
            if begins < ends:
                seconds += self._working(begins, ends)
        return math.ceil(round(seconds, 3) / 60)

    def _working(self, begins: datetime, ends: datetime) -> float:
        hours = self._rule.get("working_hours")
        if hours is None:
            return (ends - begins).total_seconds()
        total, day = 0.0, begins.astimezone(self._zone).date()
        while day <= ends.astimezone(self._zone).date():
            if day.weekday() < 5 and day not in self._days_off:
                opens, closes = (
                    datetime.combine(day, time.fromisoformat(hours[name]), self._zone).timestamp()
                    for name in ("from", "to")
                )
                total += max(0.0, min(closes, ends.timestamp()) - max(opens, begins.timestamp()))
            day += timedelta(days=1)
        return total

    def _keys(self, at: datetime, name: str, organisation: str, person: str) -> list[Key]:
        case, day = self._case, at.astimezone(self._zone).date().isoformat()
        common = (name, day, case["site_id"], case["modality"], case["body_part"], organisation)
        return [(*common, ""), *([(*common, person)] if person else [])]

    def _add(self, at: datetime, name: str, organisation: str = "", person: str = "", *, amount: int = 1) -> None:
        for key in self._keys(at, name, organisation, person):
            self._into.counts[key] += amount

    def _time(self, at: datetime, name: str, minutes: int, organisation: str = "", person: str = "") -> None:
        for key in self._keys(at, name, organisation, person):
            self._into.times[key].append(minutes)
