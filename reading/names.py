"""Whether two writings of a name can be one person's: Chinese characters, pinyin, any order of its parts."""

from __future__ import annotations


def may_be_one(dicom: str, name: str) -> bool:
    """Whether a DICOM person name (PS3.5 6.2 PN) can be that of somebody called ``name``.

    Each component group is compared for itself, without case, spaces and ``^``; a romanised group also
    with the pinyin of ``name`` in either order of family and given name. A name that says nothing can be
    anybody's.
    """
    groups = [letters for letters in (_letters(group) for group in dicom.split("=")) if letters]
    if not groups or not _letters(name):
        return True
    wanted = _spellings(name)
    return any(group in wanted for group in groups)


def _spellings(name: str) -> frozenset[str]:
    from pypinyin import Style, lazy_pinyin  # noqa: PLC0415 -- its dictionary is slow to load and seldom needed

    plain = _letters(name)
    parts = [part for part in name.replace("^", " ").split() if part]
    spelled = [_letters(syllable) for syllable in lazy_pinyin(name, style=Style.NORMAL, errors="default")]
    spelled = [syllable for syllable in spelled if syllable]
    turned = {"".join(spelled[cut:] + spelled[:cut]) for cut in range(len(spelled))}
    return frozenset({plain, _letters("".join(reversed(parts))), *turned})


def _letters(text: str) -> str:
    return "".join(letter for letter in text.casefold() if letter.isalnum())
