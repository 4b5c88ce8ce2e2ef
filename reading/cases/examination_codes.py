"""Codes of kinds of examinations and parts of the body that prices and weights may name, and what is typed for them."""

from __future__ import annotations

from typing import Final

from reading.errors import Invalid

MODALITIES: Final = ("DX", "CR", "CT", "MR", "US", "MG", "RF", "XA", "PT", "NM", "SM", "OT")
"""Modalities of examinations that are read (PS3.3 C.7.3.1.1.1), the most frequent first."""
ALSO_CALLED: Final = {"DR": "DX"}
"""What departments, and some devices, say for a code."""
BODY_PARTS: Final = (
    *("HEAD", "BRAIN", "SKULL", "FACE", "ORBIT", "SINUS", "EAR", "NOSE", "JAW", "TMJ", "NECK", "THYROID"),
    *("CHEST", "RIB", "STERNUM", "HEART", "BREAST", "CLAVICLE", "SCAPULA"),
    *("ABDOMEN", "ABDOMENPELVIS", "CHESTABDOMEN", "CHESTABDPELVIS", "LIVER", "GALLBLADDER", "PANCREAS", "SPLEEN"),
    *("KIDNEY", "URETER", "BLADDER", "STOMACH", "COLON", "PELVIS", "PROSTATE", "UTERUS", "OVARY"),
    *("SPINE", "CSPINE", "TSPINE", "LSPINE", "LSSPINE", "SSPINE", "COCCYX", "HIP"),
    *("SHOULDER", "ARM", "HUMERUS", "ELBOW", "FOREARM", "WRIST", "HAND", "FINGER", "THUMB"),
    *("THIGH", "FEMUR", "KNEE", "PATELLA", "LEG", "ANKLE", "FOOT", "CALCANEUS", "TOE", "EXTREMITY", "WHOLEBODY"),
)
"""Defined terms of PS3.16 annex L that have a name here, from head to foot."""


def modality_of(typed: str) -> str:
    """The code of a kind of examination as it is typed; empty where nothing is.

    Raises:
        Invalid: it is no code that examinations have.

    """
    code = typed.strip().upper()
    code = ALSO_CALLED.get(code, code)
    if code and code not in MODALITIES:
        raise Invalid("modality", "unknown_code")
    return code


def body_part_of(typed: str) -> str:
    """The code of a part of the body as it is typed; empty where nothing is.

    Raises:
        Invalid: it is no code that examinations have.

    """
    code = typed.strip().upper()
    if code and code not in BODY_PARTS:
        raise Invalid("body_part", "unknown_code")
    return code


def is_known(modality: str, body_part: str) -> bool:
    """Whether a row that was kept before codes were checked can count for an examination; empty is any."""
    return modality in {"", *MODALITIES} and body_part in {"", *BODY_PARTS}
