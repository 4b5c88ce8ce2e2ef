"""The address that goes on paper: the setting, else what somebody came by where a trusted proxy says so."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from starlette.requests import Request

from viewer.http.callers import address_lacks, paper_origin


@pytest.mark.parametrize(
    ("public", "host", "port", "origin", "lacks"),
    [
        ("https://reports.example.cn", "evil.example", 0, "https://reports.example.cn", ""),
        ("", "reports.hills.example:8443", 0, "https://reports.hills.example:8443", "came-by"),
        ("", "[2001:db8::1]:8443", 0, "https://[2001:db8::1]:8443", "came-by"),
        ("", "reports.hills.example", 50123, "https://10.0.0.5:8080", "came-by"),
        ("", "10.0.0.5:8080", 50123, "https://10.0.0.5:8080", "came-by"),
        ("", "127.0.0.1:8080", 50123, "https://127.0.0.1:8080", "here"),
        ("", "localhost", 0, "https://localhost", "here"),
        ("", "a b<script>", 0, "https://10.0.0.5:8080", "came-by"),
    ],
)
def test_an_address_on_paper_is_one_that_leads_here(public: str, host: str, port: int, origin: str, lacks: str) -> None:
    """``port`` is the caller's: none where a trusted proxy sent the request on."""
    request = Request(
        {
            "type": "http",
            "method": "GET",
            "scheme": "https",
            "path": "/",
            "query_string": b"",
            "headers": [(b"host", host.encode())],
            "client": ("192.0.2.7", port),
            "server": ("10.0.0.5", 8080),
            "app": SimpleNamespace(state=SimpleNamespace(office=SimpleNamespace(public_origin=public))),
        }
    )

    assert (paper_origin(request), address_lacks(request)) == (origin, lacks)
