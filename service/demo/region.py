"""The invented region: a city, two counties, four townships, the people who work there and their patients."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy.engine import Connection

from reading.audit import Actor
from reading.context import Context
from reading.identifiers import identity_check_character
from reading.kinds import IdentifierKind, Level, Priority, Role, Sex
from reading.orders import orders
from reading.orders.orders import Asked
from reading.patients import patients
from reading.patients.keys import Keys
from reading.patients.patient_identifiers import Identifier
from reading.register import device_register, organisations, registry
from reading.register.devices import Entry
from reading.register.passwords import NewPassword
from service.demo import rules
from service.demo.radiographs import Chest, Hand

STATE_FILE: Final = "demo.json"

# Code, name, level, the organisation above.
ORGANISATIONS: Final = (
    ("CITY", "临江市第一人民医院", Level.CITY, None),
    ("PINGAN", "平安县人民医院", Level.COUNTY, "CITY"),
    ("PINGAN-TCM", "平安县中医院", Level.COUNTY, "CITY"),
    ("QINGSHUI", "清水县人民医院", Level.COUNTY, "CITY"),
    ("HEKOU", "河口镇卫生院", Level.TOWNSHIP, "PINGAN"),
    ("LIULIN", "柳林镇卫生院", Level.TOWNSHIP, "PINGAN-TCM"),
    ("SHIQIAO", "石桥乡卫生院", Level.TOWNSHIP, "QINGSHUI"),
    ("YUNLING", "云岭乡卫生院", Level.TOWNSHIP, "QINGSHUI"),
)
# Name, title, organisation, role.
PEOPLE: Final = (
    ("唐晓军", "技师", "HEKOU", Role.TECHNICIAN),
    ("何秀英", "全科医师", "HEKOU", Role.CLINICIAN),
    ("柳建国", "技师", "LIULIN", Role.TECHNICIAN),
    ("石磊", "技师", "SHIQIAO", Role.TECHNICIAN),
    ("云红梅", "技师", "YUNLING", Role.TECHNICIAN),
    ("林书远", "住院医师", "PINGAN", Role.RESIDENT),
    ("郑敏", "主治医师", "PINGAN", Role.VERIFIER),
    ("黄德明", "副主任医师", "PINGAN-TCM", Role.READER),
    ("谢婉", "主治医师", "QINGSHUI", Role.READER),
    ("陆海平", "副主任医师", "QINGSHUI", Role.VERIFIER),
    ("白若愚", "主任医师", "CITY", Role.REVIEWER),
    ("钱立", "副主任医师", "CITY", Role.REVIEWER),
    ("沈质", "主任医师", "CITY", Role.QUALITY_MANAGER),
    ("方系统", "", "CITY", Role.SYSTEM_ADMINISTRATOR),
    ("安全", "", "CITY", Role.SECURITY_ADMINISTRATOR),
    ("申计", "", "CITY", Role.AUDIT_ADMINISTRATOR),
)
# AE title, site; every one of them calls from this machine.
DEVICES: Final = (
    ("HEKOU_DR1", "HEKOU"),
    ("LIULIN_DR1", "LIULIN"),
    ("SHIQIAO_DR1", "SHIQIAO"),
    ("YUNLING_DR1", "YUNLING"),
    ("PINGAN_CT1", "PINGAN"),
)


@dataclass(frozen=True, kw_only=True)
class Somebody:
    """An invented patient."""

    name: str
    pinyin: str
    born: date
    sex: Sex
    sequence: int
    """Of the identity number: odd for men. Its region 990101 belongs to no place."""

    @property
    def identity_number(self) -> str:
        first = f"990101{self.born:%Y%m%d}{self.sequence:03d}"
        return first + identity_check_character(first)

    @property
    def health_card(self) -> str:
        # As long as a real one; theirs is enciphered, ours says nothing.
        return (self.identity_number.encode().hex() * 2)[:64].upper()


PATIENTS: Final = (
    Somebody(name="张伟", pinyin="ZHANG^WEI", born=date(1962, 4, 18), sex=Sex.MALE, sequence=11),
    Somebody(name="王秀兰", pinyin="WANG^XIULAN", born=date(1955, 11, 2), sex=Sex.FEMALE, sequence=24),
    Somebody(name="李小璡", pinyin="LI^XIAOJIN", born=date(1990, 7, 30), sex=Sex.FEMALE, sequence=36),
    Somebody(name="陈大海", pinyin="CHEN^DAHAI", born=date(1948, 1, 9), sex=Sex.MALE, sequence=43),
    Somebody(name="赵誠", pinyin="ZHAO^CHENG", born=date(1978, 9, 21), sex=Sex.MALE, sequence=57),
    Somebody(name="欧阳雪", pinyin="OUYANG^XUE", born=date(2015, 3, 5), sex=Sex.FEMALE, sequence=62),
    Somebody(name="周家辉", pinyin="ZHOU^JIAHUI", born=date(1985, 12, 25), sex=Sex.MALE, sequence=79),
    Somebody(name="吴桂芳", pinyin="WU^GUIFANG", born=date(1939, 6, 14), sex=Sex.FEMALE, sequence=88),
)


@dataclass(frozen=True, kw_only=True)
class ChestCt:
    seed: int
    nodule: bool


@dataclass(frozen=True, kw_only=True)
class Examination:
    """One study to be sent: whose, from where, and what is on it."""

    device: str
    patient: int
    """Its place in PATIENTS."""
    picture: Chest | Hand | ChestCt
    reason: str = ""
    department: str = ""
    priority: Priority = Priority.ROUTINE
    ordered: bool = True
    """False for a night case without an order."""


EXAMINATIONS: Final = (
    Examination(device="HEKOU_DR1", patient=0, picture=Chest(seed=11, nodule=(-0.42, -0.25)), reason="咳嗽两周，吸烟"),
    Examination(device="HEKOU_DR1", patient=1, picture=Hand(seed=12, fracture=True), reason="跌倒后右腕痛"),
    Examination(device="LIULIN_DR1", patient=2, picture=Chest(seed=13), reason="入职体检", department="体检中心"),
    Examination(
        device="LIULIN_DR1",
        patient=3,
        picture=Chest(seed=14, heart=1.25, effusion=True),
        reason="气促，双下肢水肿",
        department="内科",
        priority=Priority.URGENT,
    ),
    Examination(
        device="SHIQIAO_DR1",
        patient=4,
        picture=Chest(seed=15, shadow=(-0.42, 0.05)),
        reason="高热，咳痰",
        department="急诊科",
        priority=Priority.EMERGENCY,
    ),
    Examination(device="SHIQIAO_DR1", patient=5, picture=Hand(seed=16, left=True), reason="左手挤压伤"),
    Examination(device="YUNLING_DR1", patient=6, picture=Chest(seed=17), ordered=False),
    Examination(device="PINGAN_CT1", patient=7, picture=ChestCt(seed=18, nodule=True), reason="胸片发现结节"),
    # Read at the first start, and taught from (`service.demo.teaching`).
    Examination(
        device="SHIQIAO_DR1", patient=2, picture=Chest(seed=19, heart=1.25, effusion=True), reason="活动后气促一周"
    ),
    Examination(
        device="YUNLING_DR1", patient=5, picture=Hand(seed=20, left=True, fracture=True), reason="跌倒后左腕痛"
    ),
)


@dataclass(frozen=True, kw_only=True)
class SignIn:
    """How one of the invented people signs in."""

    username: str
    password: str = field(repr=False)
    name: str
    role: str
    organisation: str


@dataclass(frozen=True, kw_only=True)
class Sent:
    """What an examination is sent under; kept, so that a second start sends the same again or nothing."""

    study_uid: str
    accession_number: str
    patient_number: str


@dataclass(frozen=True, kw_only=True)
class Region:
    """What was made at the first start."""

    sign_ins: tuple[SignIn, ...]
    studies: tuple[Sent, ...]


def read(data_dir: Path) -> Region | None:
    """The region that an earlier start made here."""
    path = data_dir / STATE_FILE
    if not path.exists():
        return None
    state: Mapping[str, list[dict[str, Any]]] = json.loads(path.read_text("utf-8"))
    return Region(
        sign_ins=tuple(SignIn(**each) for each in state["sign_ins"]),
        studies=tuple(Sent(**each) for each in state["studies"]),
    )


def keep(data_dir: Path, region: Region) -> None:
    """Write it down, readable for this user alone: it holds passwords."""
    draft = data_dir / f".{STATE_FILE}.new"
    file = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(file, "w", encoding="utf-8") as opened:
        json.dump(asdict(region), opened, ensure_ascii=False, indent=1)
    draft.rename(data_dir / STATE_FILE)


def make(ctx: Context[Actor], keys: Keys, passwords: Mapping[str, NewPassword]) -> Region:
    """Make the region; ``passwords`` holds a random one for the name of each person."""
    for code, name, level, parent in ORGANISATIONS:
        registry.add_organisation(ctx, code=code, name=name, level=level, parent_code=parent)
    for ae_title, site in DEVICES:
        device_register.add(ctx, ae_title=ae_title, site_code=site, entry=Entry(network="127.0.0.1"))
    sign_ins: list[SignIn] = []
    names = {code: name for code, name, _, _ in ORGANISATIONS}
    for name, title, code, role in PEOPLE:
        made = registry.add_person(
            ctx, name=name, title=title, organisation_code=code, role=role, password=passwords[name]
        )
        sign_ins.append(
            SignIn(
                username=made.person.username,
                password=passwords[name].text,
                name=name,
                role=role,
                organisation=names[code],
            )
        )
    rules.make(ctx)
    known = [_register(ctx.tx, keys, somebody, ctx.now) for somebody in PATIENTS]
    return Region(
        sign_ins=tuple(sign_ins),
        studies=tuple(_place(ctx.tx, each, known[each.patient], ctx.now) for each in EXAMINATIONS),
    )


def modality(examination: Examination) -> str:
    return "CT" if isinstance(examination.picture, ChestCt) else "DX"


def body_part(examination: Examination) -> str:
    return "HAND" if isinstance(examination.picture, Hand) else "CHEST"


def laterality(examination: Examination) -> str:
    picture = examination.picture
    return ("L" if picture.left else "R") if isinstance(picture, Hand) else ""


def site_of(examination: Examination) -> str:
    return dict(DEVICES)[examination.device]


def _register(tx: Connection, keys: Keys, somebody: Somebody, now: datetime) -> patients.Patient:
    return patients.register(
        tx,
        keys,
        name=somebody.name,
        birth_date=somebody.born,
        sex=somebody.sex,
        identifiers=[
            Identifier(kind=IdentifierKind.IDENTITY_CARD, value=somebody.identity_number),
            Identifier(kind=IdentifierKind.HEALTH_CARD, value=somebody.health_card),
        ],
        now=now,
    )


def _place(tx: Connection, examination: Examination, patient: patients.Patient, now: datetime) -> Sent:
    if not examination.ordered:
        return Sent(study_uid=orders.new_study_uid(), accession_number="", patient_number=f"N{now:%m%d}-1")
    order = orders.place(
        tx,
        site_id=organisations.in_force(tx, site_of(examination)).id,
        patient_id=patient.id,
        modality=modality(examination),
        priority=examination.priority,
        procedures=[Asked(body_part=body_part(examination), laterality=laterality(examination))],
        reason=examination.reason,
        department=examination.department,
        ordered_by=None,
        now=now,
    )
    return Sent(
        study_uid=order.procedures[0].study_uid,
        accession_number=order.accession_number,
        patient_number=patient.number,
    )
