"""What verified facts own: a small model of who is in an image and what was said of it, without the product's rules."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

Facts = tuple[str, str, str]
"""Name, sex and birth date of a person; of what an image says, in DICOM's form."""

PIA: Final = ("皮亚", "F", "19900307")
SAME_NAME: Final = ("皮亚", "F", "19720115")
ONE_TWIN: Final = ("王小丽", "F", "20150601")
OTHER_TWIN: Final = ("王小莉", "F", "20150601")
FATHER: Final = ("王强", "M", "19850820")
PEOPLE: Final = (PIA, SAME_NAME, ONE_TWIN, OTHER_TWIN, FATHER)
SPELLED: Final = {"皮亚": "piya", "王小丽": "wangxiaoli", "王小莉": "wangxiaoli", "王强": "wangqiang"}
DEVICES_WRITE: Final = {
    "皮亚": ("皮亚", "PI^YA", "Ya Pi", "PI^YA=皮^亚"),
    "王小丽": ("王小丽", "WANG^XIAOLI", "WANG^XIAOLI=王^小丽", "小丽^王"),
    "王小莉": ("王小莉", "WANG^XIAOLI", "WANG^XIAOLI=王^小莉", "小莉^王"),
    "王强": ("王强", "WANG^QIANG", "WANG QIANG", "王^强"),
}
"""Every writing of a name that the devices of the test make, each of them its owner's."""
TURNED: Final = {"yapi": "piya", "小丽王": "王小丽", "小莉王": "王小莉"}
SAY_NOTHING: Final = ("", "TEST")


def agree(said: Facts, known: Facts) -> bool:
    """Whether what an image says names somebody: the name in one of its writings, and nothing against it."""
    groups = {"".join(group.split()).replace("^", "").lower() for group in said[0].split("=")} - {""}
    names = {TURNED.get(group, group) for group in groups}
    if not names or not names <= {known[0], SPELLED.get(known[0], known[0])}:
        return False
    return all(not ours or not theirs or ours == theirs for ours, theirs in zip(said[1:], known[1:], strict=True))


@dataclass(frozen=True, kw_only=True)
class Image:
    """One image as it came."""

    said: Facts
    sites: set[str] = field(default_factory=set[str])
    """Who sent it."""


@dataclass(frozen=True, kw_only=True)
class Decision:
    """A person said that what they saw in a case is of one record's person, as the register knew them then."""

    record: str
    facts: Facts
    seen: frozenset[Facts]


class Verified:
    """The facts of a region, kept beside the product by the test that acts."""

    def __init__(self) -> None:
        self.facts: dict[str, Facts] = {}
        """What each record of the register says."""
        self.into: dict[str, str] = {}
        """Merges in force."""
        self.cards: dict[str, set[str]] = {}
        """The records for which each card stands: its owner's, or a guardian's children."""
        self.images: dict[str, Image] = {}
        self.came: dict[str, Facts] = {}
        """What each study came with."""
        self.written: dict[str, set[Facts]] = {}
        """What people wrote into each study."""
        self.named: dict[str, set[str]] = {}
        """The records that numbers or people ever named for each case."""
        self.decided: dict[str, Decision] = {}
        """By case."""

    def standing(self, record: str) -> str:
        while record in self.into:
            record = self.into[record]
        return record

    def person(self, record: str) -> set[str]:
        """All records of one person."""
        return {one for one in self.facts if self.standing(one) == self.standing(record)}

    def known(self, record: str) -> Facts:
        return self.facts[self.standing(record)]

    def decide(self, case_id: str, record: str, seen: Iterable[Facts]) -> None:
        self.named.setdefault(case_id, set()).add(record)
        self.decided[case_id] = Decision(record=record, facts=self.known(record), seen=frozenset(seen))

    def says(self, uid: str, study_uid: str, shown: Facts) -> Facts:
        """What an image says where it is shown: what its study says, as people corrected it, or its own words."""
        own, came = self.images[uid].said, self.came[study_uid]
        as_study = all(not ours or ours == theirs for ours, theirs in zip(own, came, strict=True))
        return shown if as_study else own

    def own(self, record: str, case_id: str, said: Iterable[Facts]) -> bool:
        """Whether everything that images of a case say is of a record's person, by itself or by a decision."""
        if not self.named[case_id] & self.person(record):
            return False
        known, decision = self.known(record), self.decided.get(case_id)
        standing = decision is not None and decision.facts == known and decision.record in self.person(record)
        return all(agree(one, known) or (standing and decision is not None and one in decision.seen) for one in said)

    def shown_rightly(self, study_uid: str, shown: Facts) -> bool:
        """Whether a study goes by the name that it came with, or by one that somebody wrote."""
        bare = shown[0].replace("^", "").replace(" ", "")
        written = {name.replace(" ", "") for name, *_ in self.written.get(study_uid, ())}
        return shown[0] == self.came[study_uid][0] or any(one in bare for one in written)


def written_by(facts: Facts) -> Mapping[str, str]:
    """A person's facts as attributes that somebody corrects."""
    name, sex, born = facts
    return {"PatientName": name, "PatientSex": sex, "PatientBirthDate": born}
