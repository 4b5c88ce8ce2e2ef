"""Compares pictures of one object: the server's, the patient's, the desk's on either path, the one by the clauses."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from itertools import combinations
from typing import Final

import numpy as np
from httpx import Client
from PIL import Image
from playwright.sync_api import Page
from pydicom.dataset import Dataset

from tests.pictures import desk, reference
from tests.wire import Object

TOLERANCE: Final = 1
"""Grey levels of 255."""
ON_THE_PHONE: Final = 4
"""Mean difference of the patient's picture, a JPEG, from the server's; a wrong window or colour makes tens of it."""
NOT_SQUARE: Final = "pixels that are not square"
"""They are stretched, so that none of the picture's points is a pixel."""


@dataclass(frozen=True, kw_only=True)
class Sent:
    """An object as it is sent, and the same as pydicom reads it, with its file meta."""

    name: str
    sent: Object
    whole: Dataset
    frame: int = 1


@dataclass(kw_only=True)
class Compared:
    """What was found of one object; ``differs`` names pairs that are apart by more than `TOLERANCE`."""

    name: str
    differs: dict[str, int] = field(default_factory=dict[str, int])
    """Greatest difference by pair."""
    missing: dict[str, str] = field(default_factory=dict[str, str])
    """Pictures that there are not, with the reason."""
    from_server: bool = False
    """Whether the desk took the server's rendering, and said so."""
    compared: int = 0
    """Pairs that were looked at."""


def compare(one: Sent, path: str, server: Client, pages: dict[str, Page], phone: bytes | None) -> Compared:
    """Compare every pair; ``path`` leads to the instance, ``phone`` is the patient's picture of its first frame."""
    whole, frame = one.whole, one.frame
    found = Compared(name=one.name)
    pictures: dict[str, np.ndarray] = {}
    for page in pages.values():
        desk.begin(page, whole, frame)
    try:
        pictures["reference"] = reference.picture(whole, frame)
    except reference.NotComparable as error:
        found.missing["reference"] = str(error)
    answer = server.get(f"{path}/frames/{frame}/rendered", headers={"Accept": "image/png"})
    if answer.status_code == 200:
        rendered = np.asarray(Image.open(io.BytesIO(answer.content)))
        if rendered.shape[:2] == (int(whole.Rows), int(whole.Columns)):
            pictures["server"] = rendered
        else:
            found.missing["server"] = NOT_SQUARE
    else:
        found.missing["server"] = str(answer.status_code)
    for way, page in pages.items():
        try:
            seen = desk.drawn(page)
        except desk.NoPicture as error:
            found.missing[way] = str(error)
            continue
        found.from_server |= seen.from_server
        if seen.square:
            pictures[way] = seen.pixels
        else:
            found.missing[way] = NOT_SQUARE
    for first, second in combinations(pictures, 2):
        found.compared += 1
        apart = difference(pictures[first], pictures[second])
        if apart > TOLERANCE:
            found.differs[f"{first}-{second}"] = apart
    if one.frame == 1:
        _compare_phone(found, pictures.get("server"), phone)
    return found


def _compare_phone(found: Compared, server: np.ndarray | None, phone: bytes | None) -> None:
    """The patient sees the server's picture where it has one; a larger one is scaled, and not compared."""
    if phone is None:
        found.missing["patient"] = "no picture"
        return
    seen = np.asarray(Image.open(io.BytesIO(phone)))
    if server is None or seen.shape[:2] != server.shape[:2]:
        return
    found.compared += 1
    away = float(np.abs(_in_colour(seen) - _in_colour(server)).mean())
    if away > ON_THE_PHONE:
        found.differs["server-patient"] = int(np.ceil(away))


def difference(one: np.ndarray, other: np.ndarray) -> int:
    """The greatest difference of any sample, over the middle that both show; 256 where their sizes do not match."""
    first, second = _in_colour(one), _in_colour(other)
    height, width = min(first.shape[0], second.shape[0]), min(first.shape[1], second.shape[1])
    first, second = _middle(first, height, width), _middle(second, height, width)
    if first is None or second is None:
        return 256
    return int(np.ceil(np.abs(first - second).max() - 0.51)) if first.size else 0


def _in_colour(picture: np.ndarray) -> np.ndarray:
    wide = picture.astype(np.float64)
    return np.repeat(wide[..., None], 3, axis=2) if wide.ndim == 2 else wide[..., :3]


def _middle(picture: np.ndarray, height: int, width: int) -> np.ndarray | None:
    top, left = picture.shape[0] - height, picture.shape[1] - width
    if top % 2 or left % 2:
        return None
    return picture[top // 2 : top // 2 + height, left // 2 : left // 2 + width]
