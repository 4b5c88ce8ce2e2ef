"""Whether HTTP answers at this process's own port, asked as a caller asks."""

from __future__ import annotations

import http.client
import time
from typing import Final

from service.processes.serve import reachable

ASK_SECONDS: Final = 3.0
"""An answer holds so long: less than after which a sign of life is old."""
WAIT_SECONDS: Final = 10.0
"""A busy process answers late; one that takes longer than this is asked again."""


class OwnDoor:
    def __init__(self, host: str, port: int) -> None:
        self._address = reachable(host), port
        self._answered_at = time.monotonic()

    def answers(self) -> bool:
        if time.monotonic() - self._answered_at < ASK_SECONDS:
            return True
        connection = http.client.HTTPConnection(*self._address, timeout=WAIT_SECONDS)
        try:
            connection.request("GET", "/healthz", headers={"Connection": "close"})
            answered = connection.getresponse().status == http.HTTPStatus.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()
        if answered:
            self._answered_at = time.monotonic()
        return answered
