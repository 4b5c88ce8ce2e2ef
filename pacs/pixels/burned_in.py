"""Whether a name may stand in the pixels themselves: what the header says, and what kind of picture it is."""

from __future__ import annotations

from typing import Final

from pydicom.dataset import Dataset

OFTEN: Final = frozenset(
    {"US", "IVUS", "OCT", "ES", "XC", "GM", "DMS", "OP", "OT", "SC", "DOC", "ECG", "XA", "RF", "BMD"}
)
"""Modalities (PS3.3 C.7.3.1.1.1) whose devices write over the picture, or that come from a screen, paper or camera."""
_SCREENS: Final = frozenset({"SECONDARY", "SCREEN SAVE", "SCREEN", "CAPTURE", "REPORT", "RESULT"})
_SECONDARY_CAPTURE: Final = "1.2.840.10008.5.1.4.1.1.7"


def names_burned_in(header: Dataset) -> bool | None:
    """True: it says so (Burned In Annotation, PS3.3 C.7.6.1.1.5), or is the label of a slide (C.8.12.4.1.1).

    False: nothing speaks for it. None: it may be.

    Of pictures of which names are often part only a NO of the header is believed; where there is none, nobody looked.
    """
    said = str(header.get("BurnedInAnnotation") or "").strip().upper()
    if said == "YES" or "LABEL" in _words_of(header):
        return True
    return None if said != "NO" and _is_likely(header) else False


def _is_likely(header: Dataset) -> bool:
    return (
        str(header.get("Modality") or "").strip().upper() in OFTEN
        or str(header.get("SOPClassUID") or "").startswith(_SECONDARY_CAPTURE)
        or bool(header.get("ConversionType"))
        or not str(header.get("PhotometricInterpretation") or "").startswith("MONOCHROME")
        or not _words_of(header).isdisjoint(_SCREENS)
    )


def _words_of(header: Dataset) -> frozenset[str]:
    """Values of Image Type."""
    kind = header.get("ImageType") or ()
    return frozenset(str(word).strip().upper() for word in ([kind] if isinstance(kind, str) else kind))
