"""The context of every DICOMweb route: access, index, bytes, and bounded caches."""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from pydicom.dataset import Dataset
from sqlalchemy.engine import Engine
from starlette.requests import Request

from pacs.arriving.describe import describe, moved_bulk
from pacs.dicomweb.cache import Cache
from pacs.dicomweb.needs import Door, NotVisible, Purpose, VisibleStudy
from pacs.dicomweb.problems import NotThere, SignedOut
from pacs.leaving.corrections import Correction, apply_correction_json
from pacs.leaving.placement import corrections, own_correction
from pacs.pixels.image_pixel import is_by_pixel
from pacs.pixels.opened import NATIVE, Bytes, StoredInstance
from pacs.pixels.recoded_header import describe_metadata, may_differ
from pacs.search.turns import Turns
from storage.database import snapshot
from storage.index.queries import Instance, instances_in, seen_instance

FRAME_CACHE_BYTES = 256 << 20
METADATA_CACHE_BYTES = 64 << 20
HEADERS_KEPT = 256


def _turns() -> Turns:
    """A search that waits for its turn holds one of the 40 threads that answer requests."""
    return Turns(at_once=4, of_one=2, waiting_of_one=4, wait_seconds=10)


def _bytes_cache(max_bytes: int) -> Cache[bytes]:
    return Cache(max_bytes, len)


def purpose_of(request: Request, action: str) -> Purpose:
    return Purpose(action=action, ahead=request.headers.get("purpose", "").lower() == "prefetch")


@dataclass(frozen=True, kw_only=True)
class DicomwebContext:
    door: Door
    engine: Engine
    bytes_: Bytes
    frames: Cache[bytes] = field(default_factory=lambda: _bytes_cache(FRAME_CACHE_BYTES))
    metadata: Cache[bytes] = field(default_factory=lambda: _bytes_cache(METADATA_CACHE_BYTES))
    turns: Turns = field(default_factory=_turns)
    headers: Cache[Dataset] = field(default_factory=lambda: Cache[Dataset](HEADERS_KEPT, lambda _: 1))

    def viewer(self, request: Request) -> object:
        """Raises: SignedOut."""
        viewer = self.door.identify(request)
        if viewer is None:
            raise SignedOut
        return viewer

    def study(self, request: Request, study_uid: str, action: str) -> VisibleStudy:
        """Raises: SignedOut; NotThere where the study does not exist, or this viewer may not see it."""
        try:
            return self.door.open_study(self.viewer(request), study_uid, purpose_of(request, action))
        except NotVisible as error:
            raise NotThere from error

    def instances(self, shown: VisibleStudy, series_uid: str | None = None) -> list[Instance]:
        """Raises: NotThere where the study or series has none that the viewer may see."""
        with snapshot(self.engine) as tx:
            found = instances_in(tx, shown.scope, shown.study.study_uid, series_uid)
        if not found:
            raise NotThere
        return found

    def instance(self, shown: VisibleStudy, series_uid: str, sop_instance_uid: str) -> Instance:
        """Raises: NotThere, also where the instance is hidden, or was moved to another study or series."""
        with snapshot(self.engine) as tx:
            found = seen_instance(tx, shown.scope, sop_instance_uid)
        if found is None or (found.study_uid, found.series_uid) != (shown.study.study_uid, series_uid):
            raise NotThere
        return found

    def corrections(self, shown: VisibleStudy, instances: Sequence[Instance]) -> list[Correction | None]:
        """The correction of each of these instances of the study; None where its bytes go out unchanged."""
        if not any(one.moved for one in instances):
            return [own_correction(shown.correction, one) for one in instances]
        with snapshot(self.engine) as tx:
            return corrections(tx, shown.study, shown.correction, instances)

    def header(self, opened: StoredInstance) -> Dataset:
        """Raises: Unreadable. The data set is shared: callers must not change it."""
        key = (opened.instance.sop_instance_uid, opened.instance.stored_digest)
        return self.headers.get(key, opened.header)

    def sent_as_stored(self, opened: StoredInstance) -> bool:
        """Whether native frames are sent without a change of their samples, as nearly all are; reads no header then."""
        instance = opened.instance
        if opened.syntax not in NATIVE:
            return False
        if instance.description is not None and not may_differ(zlib.decompress(instance.description), opened.syntax):
            return True
        return is_by_pixel(self.header(opened))

    def opened(self, instance: Instance) -> StoredInstance:
        return StoredInstance(self.bytes_, instance)

    def base_url(self, request: Request) -> str:
        """The address of DICOMweb in answers, without a slash at the end."""
        return f"{self.door.origin(request)}/dicomweb"

    def described(self, instance: Instance, correction: Correction | None) -> dict[str, Any]:
        """The description with the correction applied; made now where the worker has not described the instance yet."""
        if instance.description is None:
            written = describe(self.bytes_, instance).encoded
        else:
            written = zlib.decompress(instance.description)
        found: dict[str, Any] = json.loads(moved_bulk(instance, written) if instance.moved else written)
        describe_metadata(found, instance)
        if correction is not None:
            apply_correction_json(found, correction)
        return found
