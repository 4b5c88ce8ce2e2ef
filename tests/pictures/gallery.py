"""Puts objects into archives, in turns since one holds one content of a UID, opens the desk on them, and compares."""

from __future__ import annotations

import shutil
import warnings
from collections.abc import Generator, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from io import BytesIO
from itertools import count
from pathlib import Path

from playwright.sync_api import Page
from pydicom import dcmread

from pacs.arriving.outcome import Reason
from pacs.dataset import part10
from pacs.pixels.opened import NoSuchFrame, StoredInstance, Unreadable
from pacs.pixels.transcode import NotDecodable
from service.wiring.picture import for_phone
from storage.database import connect
from tests import corpus
from tests.archive import Archive, archive
from tests.builders import new_uid, thing
from tests.dicomweb import path_of, serving
from tests.pictures import desk, objects
from tests.pictures.comparison import Compared, Sent, compare
from tests.reading_bytes import bytes_of
from tests.wire import Object, from_file


def generated() -> list[Sent]:
    made = objects.in_series(objects.every(new_uid()))
    return [read(one.name, thing(one.dataset, one.syntax), one.frame) for one in made]


def of_corpus(chosen: Iterable[str] | None = None) -> list[Sent]:
    """Images of the corpus that have the UIDs to be found by; all of them, or those of these names."""
    names = None if chosen is None else set(chosen)
    found: list[Sent] = []
    for file in corpus.files():
        if names is not None and file.name not in names:
            continue
        if (one := _image(file)) is not None:
            found.append(one)
    return found


def _image(file: corpus.CorpusFile) -> Sent | None:
    try:
        found = read(file.name, from_file(file.path))
        size = int(found.whole.Rows) * int(found.whole.Columns)
        uids = [found.whole.get(name) for name in ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID")]
    except Exception:  # noqa: BLE001 - the corpus has malformed files; what pydicom cannot read has no reference
        return None
    has_pixels = any(name in found.whole for name in ("PixelData", "FloatPixelData", "DoubleFloatPixelData"))
    return found if size and has_pixels and all(uids) else None


def read(name: str, sent: Object, frame: int = 1) -> Sent:
    """The object as pydicom reads it."""
    head = part10.head(
        sop_class_uid=sent.sop_class, sop_instance_uid=sent.sop_instance, transfer_syntax_uid=sent.transfer_syntax
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return Sent(name=name, sent=sent, whole=dcmread(BytesIO(head + sent.dataset), force=True), frame=frame)


def compared(things: list[Sent], template: Path, directory: Path) -> Iterator[Compared]:
    """Compare all of them; ``template`` is a migrated SQLite database."""
    for turn in count():
        if not things:
            return
        left = yield from _in_one(things, template, directory / str(turn))
        if len(left) == len(things):
            yield from (Compared(name=one.name, missing={"archive": "not accepted"}) for one in left)
            return
        things = left


@contextmanager
def on_desk(things: list[Sent], way: str, template: Path, directory: Path) -> Generator[Page]:
    """A page with the desk's pictures of the things; ``template`` is a migrated SQLite database."""
    url = f"sqlite:///{shutil.copy(template, directory / 'desk.db')}"
    engine = connect(url)
    with archive(engine, url, directory) as held, serving(held, engine, directory, desk.page_of_the_desk()) as web:
        for one in things:
            assert held.take(one.sent).accepted
        studies = dict.fromkeys(str(one.whole.StudyInstanceUID) for one in things)
        with desk.opened(web.base, list(studies), [way]) as opened:
            yield opened[way]
    engine.dispose()


def _phone(held: Archive, one: Sent) -> bytes | None:
    try:
        return for_phone(StoredInstance(*bytes_of(held, one.whole.SOPInstanceUID)))
    except (NotDecodable, NoSuchFrame, Unreadable):  # as the page has none then
        return None


def _in_one(things: list[Sent], template: Path, directory: Path) -> Generator[Compared, None, list[Sent]]:
    """Compare what the archive takes; the others are returned."""
    directory.mkdir(parents=True)
    url = f"sqlite:///{shutil.copy(template, directory / 'pictures.db')}"
    engine = connect(url)
    left: list[Sent] = []
    inside: list[Sent] = []
    with ExitStack() as stack:
        held = stack.enter_context(archive(engine, url, directory))
        for one in things:
            outcome = held.take(one.sent)
            (inside if outcome.accepted and outcome.reason is not Reason.HELD else left).append(one)
        web = stack.enter_context(serving(held, engine, directory, desk.page_of_the_desk()))
        studies = dict.fromkeys(str(one.whole.StudyInstanceUID) for one in inside)
        if inside:
            pages = stack.enter_context(desk.opened(web.base, list(studies)))
            for one in inside:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    yield compare(one, path_of(one.whole), web.ada, pages, _phone(held, one))
    engine.dispose()
    return left
