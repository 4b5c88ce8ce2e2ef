"""The parts of a multipart answer."""

from __future__ import annotations

from pacs.dicomweb.multipart import Reader, media_type


class Parts:
    """Contents and content types, in their order."""

    def __init__(self, content_type: str, body: bytes) -> None:
        self.contents: list[bytes] = []
        self.types: list[str] = []
        self._reader = Reader(media_type(content_type).parameters["boundary"], self._begin)
        self._reader.feed(body)
        self._reader.close()

    def _begin(self, header: object) -> Parts:
        self.types.append(dict(header)["content-type"])  # type: ignore[call-overload]
        self._held = b""
        return self

    def write(self, chunk: memoryview) -> None:
        self._held += bytes(chunk)

    def end(self) -> None:
        self.contents.append(self._held)

    def abandon(self) -> None:
        raise AssertionError
