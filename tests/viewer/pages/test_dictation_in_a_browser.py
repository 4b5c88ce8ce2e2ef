"""A reader dictates: the speech service hears the microphone and no name, and its words come in at the cursor."""

from __future__ import annotations

import json
from typing import Final

import pytest
from playwright.sync_api import expect

from tests import certificates
from tests.browser import FLAGS, chromium, signed_in, window
from tests.builders import new_uid
from tests.running import serving, wait_until
from tests.service.gateways.servers import serving_https
from tests.viewer.pages.test_undrawn_series import case_of, of_pia, send_images, take

PATIENCE_MS: Final = 60_000
MICROPHONE: Final = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
"""Of the browser's own, which beeps and asks nobody."""


@pytest.mark.timeout(240)
def test_what_is_said_stands_at_the_cursor(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("dictation")
    authority = certificates.make(folder, "authority")
    (folder / "token").write_text("a token of this region")
    shown = certificates.make(folder, "speech", signed_by=authority)
    with serving_https(shown) as speech:
        speech.answer = json.dumps({"text": "纹理清晰，"}).encode()
        settings = {
            "TIERREAD_GATEWAY_ORIGINS": speech.origin,
            "TIERREAD_GATEWAY_NETWORKS": "127.0.0.0/8",
            "TIERREAD_GATEWAY_AUTHORITIES_FILE": str(authority.certificate),
            "TIERREAD_DICTATION_URL": f"{speech.origin}/hear",
            "TIERREAD_DICTATION_SECRET_FILE": str(folder / "token"),
        }
        with serving(folder / "tierread", settings=settings) as tierread, chromium([*FLAGS, *MICROPHONE]) as browser:
            cast, study_uid = tierread.cast(), new_uid()
            send_images(tierread, cast, [of_pia(study_uid, 1, "胸部")])
            case_id = wait_until(lambda: case_of(tierread, cast, study_uid))
            ada = signed_in(window(browser, tierread), cast.ada)
            take(ada, case_id)
            findings = ada.locator("#findings")
            findings.fill("双肺心影不大。", timeout=PATIENCE_MS)
            findings.evaluate("area => area.setSelectionRange(2, 2)")

            # Begun by the key while typing, and ended by the button.
            ada.keyboard.press("Control+d")
            ada.locator("tierread-dictation .recording").click(timeout=PATIENCE_MS)
            expect(findings).to_have_value("双肺纹理清晰，心影不大。", timeout=PATIENCE_MS)
            api = tierread.sign_in(cast.ada)
            wait_until(lambda: "双肺纹理清晰，心影不大。" in api.get(f"/api/cases/{case_id}").text)

            # Refused: said in words, and the same recording is sent again.
            speech.status = 503
            ada.get_by_role("button", name="口述").click()
            ada.locator("tierread-dictation .recording").click(timeout=PATIENCE_MS)
            expect(ada.locator("tierread-dictation [role=alert]")).to_contain_text("语音服务正忙", timeout=PATIENCE_MS)
            speech.status = 200
            ada.get_by_role("button", name="再发一次").click()
            expect(findings).to_have_value("双肺纹理清晰，纹理清晰，心影不大。", timeout=PATIENCE_MS)

        heard = [(one.headers["Content-Type"], one.headers["Content-Language"]) for one in speech.taken]
        assert heard == [("audio/webm", "zh")] * 3
        assert speech.taken[1].body == speech.taken[2].body
        for one in speech.taken:
            assert one.body.startswith(b"\x1aE\xdf\xa3")  # EBML: a WebM file (RFC 8794 8.1)
            said = f"{one.path} {one.headers}"
            assert [name for name in (case_id, study_uid, "ada", "皮亚") if name in said] == []
