"""Vocabulary: findings and sites by the words that name them in Chinese and in English."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from reading.checks import side_words

_FINDINGS: Final = {
    "pneumothorax": r"气胸|\b(?:hydro|ha?emo)?pneumothora(?:x|ces)\b",
    "effusion": r"积液|胸水|液气胸|\b(?:effusions?|hydropneumothorax)\b",
    "haemothorax": r"血气?胸|积血|\bha?emo(?:pneumo)?thorax\b",
    "fracture": r"骨折|\bfractur(?:es?|ed)\b",
    "dislocation": r"脱位|\b(?:sub)?luxation\b|\bdislocat(?:ion|ed)\b",
    "nodule": r"结节|\bnodules?\b",
    "mass": r"肿块|占位|包块|肿瘤|\b(?:mass(?:es)?|tumou?rs?)\b",
    "cancer": r"癌|\b(?:carcinoma|cancer)\b",
    "metastasis": r"转移|\bmetasta\w+",
    "inflammation": r"肺炎|炎症(?!消)|炎性|感染|\b(?:pneumonia|infection|inflammation)\b",
    "consolidation": r"实变|\bconsolidations?\b",
    "opacity": r"斑片|片状影|片影|磨玻璃|渗出|\b(?:opacit(?:y|ies)|ground[- ]glass|infiltrates?)\b",
    "tuberculosis": r"结核|\btuberculosis\b",
    "atelectasis": r"不张|膨胀不全|\b(?:atelectasis|collapse)\b",
    "haemorrhage": r"出血|\b(?:ha?emorrhage|bleeding)\b",
    "haematoma": r"血肿|\bha?ematomas?\b",
    "infarct": r"梗死|脑梗塞?|\b(?:infarct\w*|stroke)\b",
    "embolism": r"栓塞|血栓|\b(?:embol(?:ism|us|i)|thromb(?:us|osis))\b",
    "stone": r"结石|\b(?:calcul(?:us|i)|stones?)\b",
    "hydronephrosis": r"肾盂?积水|\bhydronephrosis\b",
    "cyst": r"囊肿|\bcysts?\b",
    "calcification": r"钙化|\bcalcif\w+",
    "stenosis": r"狭窄|\bstenos[ie]s\b",
    "tear": r"撕裂|\b(?:tears?|torn)\b",
    "rupture": r"破裂|裂伤|\b(?:ruptured?|lacerations?)\b",
    "bulla": r"肺大[疱泡]|\bbulla(?:e|s)?\b",
    "bronchiectasis": r"支气管扩张|支扩|\bbronchiectasis\b",
    "thickening": r"增厚|\bthicken(?:ing|ed)\b",
    "oedema": r"水肿|\bo?edema\b",
    "necrosis": r"坏死|\bnecrosis\b",
    "osteophytes": r"骨质增生|骨赘|\bosteophyt\w+",
    "hernia": r"疝|\bherniation|\bhernias?\b",
    "perforation": r"穿孔|\bperforat(?:ion|ed)\b",
    "dissection": r"夹层|\bdissection\b",
}
_SITES: Final = {
    "lung": (
        r"肺|[上中下]叶|\b(?:lungs?|pulmonary|pneumonia)\b"
        r"|(?<!frontal )(?<!temporal )(?<!parietal )(?<!occipital )\blobes?\b"
    ),
    "pleura": r"胸腔|胸膜|胸水|\bpleura[le]?\b",
    "rib": r"肋骨?|\bribs?\b",
    "clavicle": r"锁骨|\bclavic(?:le|ular)\b",
    "scapula": r"肩胛骨?|\bscapula[r]?\b",
    "shoulder": r"肩(?!胛)|\bshoulders?\b",
    "humerus": r"肱骨|\bhumer(?:us|al)\b",
    "elbow": r"肘|\belbows?\b",
    "radius": r"(?<!尺)桡骨?|\b(?:radius|radial)\b",
    "ulna": r"尺骨?|\buln(?:a|ar)\b",
    "wrist": r"腕|\bwrists?\b",
    "hand": r"手(?!术)|掌骨|指骨|\b(?:hands?|metacarpals?|fingers?)\b",
    "hip": r"髋|\bhips?\b",
    "femur": r"股骨|\bfem(?:ur|oral)\b",
    "knee": r"膝|\bknees?\b",
    "patella": r"髌骨?|\bpatellar?\b",
    "tibia": r"胫骨?|\btibial?\b",
    "fibula": r"腓骨?|\bfibular?\b",
    "ankle": r"踝|\b(?:ankles?|malleol(?:us|ar))\b",
    "foot": r"足(?!够)|跖骨|趾骨|跟骨|\b(?:f(?:oo|ee)t|metatarsals?|toes?|calcane(?:us|al))\b",
    "kidney": r"肾(?!上腺)|\b(?:kidneys?|renal)\b",
    "adrenal": r"肾上腺|\badrenals?\b",
    "ureter": r"输尿管|\bureter(?:s|al|ic)?\b",
    "breast": r"乳(?![突糜头汁])|\bbreasts?\b",
    "thyroid": r"甲状腺|\bthyroid\b",
    "ovary": r"卵巢|附件区|\b(?:ovar(?:y|ies|ian)|adnexal?)\b",
    "basal_ganglia": r"基底节|丘脑|\b(?:basal ganglia|thalam(?:us|ic))\b",
    "brain": (
        r"脑|颅内|[额颞顶枕]叶|\b(?:brain(?: ?stem)?|(?:intra)?cerebral|intracranial|cerebell(?:um|ar)|thalam(?:us|ic)"
        r"|frontal|temporal|parietal|occipital)\b"
    ),
    "dura": r"硬膜|\b(?:sub|epi|extra)dural\b",
    "spleen": r"脾|\bsple(?:en|nic)\b",
    "liver": r"肝|\b(?:liver|hepatic)\b",
    "sinus": r"[额筛蝶]窦|上颌窦|\bsinus(?:es)?\b",
    "orbit": r"眼|眶|\b(?:orbit(?:al)?|eyes?)\b",
    "ear": r"耳|乳突|\b(?:ears?|mastoid)\b",
    "groin": r"腹股沟|\b(?:groin|inguinal)\b",
}
_PARTS: Final = {
    "upper_lobe": r"上叶|上肺|\bupper (?:lobes?|lungs?)\b",
    "middle_lobe": r"中叶|中肺|\bmiddle (?:lobes?|lungs?)\b",
    "lower_lobe": r"下叶|下肺|\blower (?:lobes?|lungs?)\b",
    "frontal_lobe": r"额(?=[颞顶枕]{0,3}叶)|\bfrontal(?: lobes?)?\b",
    "temporal_lobe": r"颞(?=[顶枕]{0,2}叶)|\btemporal(?: lobes?)?\b",
    "parietal_lobe": r"顶(?=枕?叶)|\bparietal(?: lobes?)?\b",
    "occipital_lobe": r"枕(?=叶)|\boccipital(?: lobes?)?\b",
    "brainstem": r"脑干|\bbrain ?stem\b",
    "pons": r"脑桥|桥脑|\b(?:pons|pontine)\b",
    "midbrain": r"中脑|\bmidbrain\b",
    "cerebellum": r"小脑|\bcerebell(?:um|ar)\b",
    "thalamus": r"(?<!下)丘脑|\bthalam(?:us|ic)\b",
    "ganglia": r"基底节区?|\bbasal ganglia\b",
    "cerebrum": r"(?<![小丘间中桥])脑(?![干桥室膜疝])|\b(?:intra)?cerebral\b|\bbrain\b(?! ?stem)",
    "skull": r"颅内|\bintracranial\b",
    "subarachnoid": r"蛛网膜下腔?|\bsubarachnoid\b",
    "ventricle": r"脑室内?|\b(?:intra)?ventric(?:les?|ular)\b",
    "subdural": r"硬膜下|\bsubdural\b",
    "epidural": r"硬膜外|\b(?:epi|extra)dural\b",
    "vertebra": r"椎体|\bvertebra[el]?\b",
    "stroke": r"卒中|\bstroke\b",
    "thrombus": r"血栓|\bthromb(?:us|osis)\b",
    "laceration": r"裂伤|\blacerations?\b",
}
"""What is one site or finding above, and not the same where two texts are to say the same."""
_ATTRIBUTES: Final = {
    "tension": r"张力性|\btension\b",
    "acute": r"(?<!亚)急性|\bacute\b",
    "large": r"大量|巨大|\b(?:large|massive)\b",
    "small": r"少量|少许|微量|\b(?:small|minimal|trace)\b",
}


def _compiled(table: dict[str, str]) -> dict[str, re.Pattern[str]]:
    return {name: re.compile(pattern, re.IGNORECASE) for name, pattern in table.items()}


FINDINGS: Final = _compiled(_FINDINGS)
SITES: Final = _compiled(_SITES)
_PLACES: Final = SITES | _compiled(_PARTS)
_ALL: Final = FINDINGS | _PLACES | _compiled(_ATTRIBUTES)
_NEUTRAL: Final = re.compile(
    r"[侧见影叶的有]|可见|显示|未见|没有|(?<!不)无"
    r"|\b(?:an?|the|of|in|on|at|is|are|there|seen|shown|noted|present|evidence|sided?|no|without|and)\b",
    re.IGNORECASE,
)
"""Words that say nothing of a finding but that it is there, or is not."""
_CODE: Final = "="
"""Before the name of a finding among words: no word of a text has it."""


def codes(text: str) -> frozenset[str]:
    """The findings that a text names, each as a word that stands for it in either language."""
    return frozenset(_CODE + name for name, pattern in FINDINGS.items() if pattern.search(text))


def matches(word: str, text: str) -> Iterator[re.Match[str]]:
    """Where a text has a word, or names the finding that a code stands for."""
    code = word.removeprefix(_CODE)
    return FINDINGS[code].finditer(text) if code != word else re.finditer(re.escape(word), text)


def places(text: str) -> frozenset[str]:
    """The sites that a text names and their parts, whatever its language."""
    return frozenset(name for name, pattern in _PLACES.items() if pattern.search(text))


def meanings(text: str) -> frozenset[str]:
    """All that a text names of findings, places, course and amount, whatever its language."""
    return frozenset(name for name, pattern in _ALL.items() if pattern.search(text))


def unknown(text: str) -> str:
    """A text without the words that the vocabulary knows, those of sides, and those that say nothing of a finding."""
    known = {
        at for pattern in (*_ALL.values(), _NEUTRAL) for one in pattern.finditer(text) for at in range(*one.span())
    }
    known.update(at for one in side_words.in_text(text) for at in range(one.start, one.end))
    return "".join(" " if at in known else letter for at, letter in enumerate(text))
