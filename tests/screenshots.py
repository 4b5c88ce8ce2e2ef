"""Makes a picture of each screen on the demonstration's data: `python -m tests.screenshots FOLDER [--all | PART ...]`.

Without more the pictures of the README; with ``--all`` or a part each page on desk and phone, in both languages.
"""

from __future__ import annotations

import re
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from playwright.sync_api import Browser, BrowserContext, Page, expect

from service.demo import region
from service.demo.region import PATIENTS, Region
from tests.acts import decides, enters_as_a_patient, prints_a_receipt, sees_every_picture, writes
from tests.browser import DESK, PHONE, chromium, signed_in, speaks, window
from tests.running import Person, TierRead, wait_until

SIZES: Final = {"desk": DESK, "phone": PHONE}
README: Final = {
    "sign-in": "desk",
    "township": "desk",
    "worklist": "desk",
    "desk": "desk",
    "review": "desk",
    "patient": "phone",
}
FINDINGS: Final = "右肺下野见斑片状密度增高影，边缘模糊。心影不大，双侧肋膈角锐利。"
IMPRESSION: Final = "右肺下野炎症，建议抗炎治疗后复查。"


class Pictures:
    """Takes each page in the sizes and languages that are asked for."""

    def __init__(self, tierread: TierRead, folder: Path, *, everything: bool) -> None:
        self._tierread = tierread
        self._folder = folder
        self._everything = everything
        folder.mkdir(parents=True, exist_ok=True)

    def take(self, name: str, page: Page, ready: Callable[[Page], None] = lambda _page: None) -> None:
        """Photograph the page as it stands; in other sizes and languages after loading it again."""
        if not self._everything:
            page.set_viewport_size(SIZES[README[name]])  # type: ignore[arg-type]
            self._write(page, f"{name}.png")
            return
        for size, viewport in SIZES.items():
            for language in ("zh", "en"):
                page.set_viewport_size(viewport)  # type: ignore[arg-type]
                speaks(page.context, self._tierread, language)
                page.reload()
                page.wait_for_load_state("networkidle")
                ready(page)
                self._write(page, f"{name}-{size}-{language}.png")
        page.set_viewport_size(DESK)  # type: ignore[arg-type]
        speaks(page.context, self._tierread, "zh")
        page.reload()
        ready(page)

    def take_as_it_stands(self, name: str, page: Page) -> None:
        """What a reload would close: a dialog, in both sizes and the language of the page."""
        for size, viewport in SIZES.items():
            page.set_viewport_size(viewport)  # type: ignore[arg-type]
            self._write(page, f"{name}-{size}.png")
        page.set_viewport_size(DESK)  # type: ignore[arg-type]

    def _write(self, page: Page, name: str) -> None:
        page.wait_for_timeout(800)
        page.screenshot(path=self._folder / name)


def main(folder: Path, parts: Sequence[str], *, everything: bool) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        tierread = TierRead(Path(scratch), settings={"TIERREAD_DATA_DIR": str(Path(scratch) / "data-demo")})
        try:
            tierread.start("demo")
            wait_until(lambda: "pictures were sent" in tierread.out, 300, "the demonstration's pictures")
            made = region.read(Path(scratch) / "data-demo")
            assert made is not None
            with chromium() as browser:
                for part in parts:
                    PARTS[part](browser, tierread, made, Pictures(tierread, folder, everything=everything))
        finally:
            tierread.close()


def walk(browser: Browser, tierread: TierRead, made: Region, pictures: Pictures) -> None:
    def opens(name: str, onward: str = "/") -> Page:
        return signed_in(window(browser, tierread), person(made, name), onward=onward)

    nobody = window(browser, tierread).new_page()
    nobody.goto("/sign-in")
    pictures.take("sign-in", nobody)

    xie = opens("谢婉")
    expect(xie.locator("table.cases tbody tr").first).to_be_visible()
    pictures.take("worklist", xie)
    xie.click("#take-next")  # the emergency
    sees_every_picture(xie)
    writes(xie, FINDINGS, IMPRESSION)
    xie.evaluate("document.querySelectorAll('*').forEach((each) => { each.scrollTop = 0 })")
    pictures.take("desk", xie, sees_every_picture)
    decides(xie)

    shi = opens("石磊", "/t")
    pictures.take("township", shi)
    shi.locator("tr", has_text=PATIENTS[4].name).locator("a.patient").click()
    code = prints_a_receipt(shi)

    bai = opens("白若愚")
    bai.click("#tab-sampled")
    bai.click("#take-next")
    sees_every_picture(bai)
    pictures.take("review", bai, sees_every_picture)

    context: BrowserContext = window(browser, tierread, size=PHONE)
    patient = context.new_page()
    enters_as_a_patient(patient, PATIENTS[4].identity_number, code)
    patient.locator("ul.reports a").click()
    pictures.take("patient", patient)


def office(browser: Browser, tierread: TierRead, made: Region, pictures: Pictures) -> None:
    """The policy: its versions, one of them, the editor, a comparison, why, a trial, a case, the calendar."""
    manager = signed_in(window(browser, tierread), person(made, "沈质"), onward="/office/policy")
    pictures.take("policy", manager)
    for name, address in (
        ("policy-version", "version/2"),
        ("policy-edit", "new?start=green-channel"),
        ("policy-compare", "compare?before=1&after=2"),
        ("policy-calendar", "calendar"),
    ):
        manager.goto(f"/office/policy/{address}")
        pictures.take(name, manager)

    def asks(page: Page) -> None:
        page.goto("/office/policy/why?version=2")
        page.fill("#modality", "CT")
        page.fill("#words", "胸痛两小时")
        page.click("main form button[type=submit].primary")
        expect(page.locator("section[role=status] ol")).to_be_visible()

    def tries(page: Page) -> None:
        page.goto("/office/policy/try?version=2")
        page.click("main form button[type=submit]")
        page.locator("details summary").first.click()

    pictures.take("policy-why", manager, asks)
    pictures.take("policy-try", manager, tries)
    tries(manager)
    manager.locator("details a").first.click()
    pictures.take("policy-case", manager)


def roster(browser: Browser, tierread: TierRead, made: Region, pictures: Pictures) -> None:
    """The week of a county, a slot that is opened, and a table with an error."""
    manager = signed_in(window(browser, tierread), person(made, "沈质"), onward="/office/roster?org=PINGAN")
    pictures.take("roster", manager)

    def opens(page: Page) -> None:
        page.locator("details.slot > summary").nth(1).click()

    def previews(page: Page) -> None:
        page.goto("/office/roster?org=PINGAN")
        page.locator("details.card > summary").click()
        page.fill("#lines", "linshuyuan,报告,2026-12-20 08:00,17:00\nnobody,报告,2026-12-20 08:00,17:00")
        page.locator("button[value=preview]").click()
        page.locator("#lines").scroll_into_view_if_needed()

    pictures.take("roster-slot", manager, opens)
    pictures.take("roster-import", manager, previews)
    reader = signed_in(window(browser, tierread), person(made, "谢婉"))
    expect(reader.locator("table.cases tbody tr").first).to_be_visible()
    pictures.take("roster-worklist", reader)


def writing(browser: Browser, tierread: TierRead, made: Region, pictures: Pictures) -> None:
    """A report with its template, the checks of a wrong text, the confirmation before signing, and phrases."""
    reader = signed_in(window(browser, tierread), person(made, "谢婉"))
    reader.click("#take-next")
    sees_every_picture(reader)
    reader.click("#use-template")
    expect(reader.locator(".template-form")).to_be_visible()
    if reader.locator(".add-row").count():
        reader.locator(".add-row").first.click()
    expect(reader.locator("p.saved.saved")).to_contain_text(re.compile(r"\d\d:\d\d"))
    pictures.take("template", reader, report_side)
    reader.locator(".template-form .leave").click()
    writes(reader, "右肺上叶见结节，大小约12×8，较前增大。左下肺野清晰。", "右肺上叶结节，不除外气胸。____")
    expect(reader.locator(".checks li").first).to_be_visible()
    pictures.take("checks", reader, checks_side)
    reader.locator(".actions .primary").click()
    pictures.take_as_it_stands("stops", reader)
    reader.keyboard.press("Escape")
    writes(reader, "右肺上叶见结节，大小约12×8，较前增大。左下肺野清晰。", "右肺上叶结节，不除外气胸。")
    reader.locator(".actions .primary").click()
    expect(reader.locator("dialog .tick").first).to_be_visible()
    pictures.take_as_it_stands("confirm", reader)
    reader.keyboard.press("Escape")
    reader.locator(".phrases-hint button").click()
    reader.fill("dialog input[name=shortcut]", "fc")
    reader.fill("dialog textarea[name=words]", "建议3个月后复查。")
    reader.locator("dialog button[type=submit]").click()
    expect(reader.locator("dialog kbd")).to_have_text("/fc")
    pictures.take_as_it_stands("phrases", reader)


def report_side(page: Page) -> None:
    """On the phone the report lies behind the pictures."""
    sees_every_picture(page)
    if page.locator(".sides").is_visible():
        page.locator(".sides button").last.click()


def checks_side(page: Page) -> None:
    report_side(page)
    page.locator(".checks li").first.scroll_into_view_if_needed()


def counter(browser: Browser, tierread: TierRead, made: Region, pictures: Pictures) -> None:
    """The register of patients, an examination that is shared, and the rights of a device."""
    one = PATIENTS[4]
    technician = signed_in(window(browser, tierread), person(made, "石磊"), onward="/t/patients")
    pictures.take("register", technician)
    technician.goto("/t/patients/new")
    pictures.take("register-new", technician)
    technician.goto("/t/patients")
    technician.fill("#name", one.name)
    technician.fill("#birth_date", one.born.isoformat())
    technician.locator("main form button[type=submit]").last.click()
    technician.locator(f"main a:has-text('{one.name}')").click()
    pictures.take("record", technician)

    manager = signed_in(window(browser, tierread), person(made, "沈质"), onward="/t")
    manager.locator("tr", has_text=one.name).locator("a.patient").click()
    pictures.take("case", manager)
    manager.locator("a[href$='/share']").click()
    pictures.take("share-form", manager)
    manager.select_option("#site", "HEKOU")
    manager.fill("#why", "患者转院，请会诊")
    manager.locator("main form button[type=submit]").click()
    manager.wait_for_url("**/share?done=shared")
    pictures.take("share", manager)
    manager.goto("/office/devices")
    pictures.take("devices", manager)
    manager.locator("a[href$='/rights']").first.click()
    pictures.take("device-rights", manager)

    other = signed_in(window(browser, tierread), person(made, "唐晓军"), onward="/t/shared")
    pictures.take("shared", other)
    other.locator("a.patient").click()
    pictures.take("shared-study", other)


def alerts(browser: Browser, tierread: TierRead, made: Region, pictures: Pictures) -> None:
    """The critical results of the demonstration: the bar, the board, the log and the lists."""
    township = signed_in(window(browser, tierread), person(made, "石磊"), onward="/t")
    pictures.take("alert-bar", township, lambda page: expect(page.locator("#alert-bar")).to_be_visible())
    officer = signed_in(window(browser, tierread), person(made, "沈质"), onward="/alerts")
    for name, address in (("board", ""), ("log", "/log"), ("duty", "/duty"), ("classes", "/classes")):
        officer.goto(f"/alerts{address}")
        pictures.take(f"alerts-{name}", officer)


def consultation(browser: Browser, tierread: TierRead, made: Region, pictures: Pictures) -> None:
    """A question about a case, the thread, and the list of whoever is asked."""
    asker = signed_in(window(browser, tierread), person(made, "林书远"))
    asker.locator("table.cases tbody tr a").first.click()
    asker.locator(".consultations a[href^='/consultations/new']").click()
    asker.wait_for_url("**/consultations/new/**")
    asker.select_option("#at", "CITY")
    asker.locator("main form[method=get] button").click()
    pictures.take("consultation-new", asker)
    asker.locator("input[name=people]").first.check()
    asker.fill("#question", "右肺下野斑片影，抗炎两周未见吸收，是否需要增强 CT 排除占位？")
    asker.locator("main form[method=post] button[type=submit]").click()
    asker.wait_for_url("**done=asked")
    colleague = signed_in(window(browser, tierread), person(made, "白若愚"), onward="/consultations")
    pictures.take("consultations", colleague)
    colleague.locator("section.card h2 a").first.click()
    colleague.locator("details summary").first.click()
    colleague.fill("#words", "边缘模糊，考虑炎症吸收期，建议两周后复查平片，暂不行增强。")
    colleague.locator("input[name=image]").first.check()
    pictures.take_as_it_stands("consultation-say", colleague)
    colleague.locator("form[action$='/say'] button").click()
    colleague.wait_for_url("**done=said")
    asker.goto(colleague.url.split("?")[0])
    pictures.take("consultation", asker)
    asker.goto(asker.url.split("?")[0])
    asker.locator("a[href^='/#/case/']").click()
    pictures.take("consultation-desk", asker)
    finder = signed_in(window(browser, tierread), person(made, "白若愚"), onward="/reports")
    pictures.take("report-search", finder)
    asker.locator(".consultations a[href^='/referrals/new']").click()
    pictures.take("referral-new", asker)
    asker.select_option("#to", "CITY")
    asker.fill("#reason", "右肺斑片影两周未吸收，低热，请上级医院进一步诊治。")
    asker.fill("#contact", "林书远 0731-5550123")
    asker.locator("main form button[type=submit]").click()
    asker.wait_for_url("**done=sent")
    finder.goto("/referrals")
    pictures.take("referrals", finder)
    finder.locator("section.card h3 a").first.click()
    pictures.take("referral", finder)
    manager = signed_in(window(browser, tierread), person(made, "沈质"), onward="/referrals")
    pictures.take("referral-counts", manager)


PARTS: Final = {
    "alerts": alerts,
    "reading": walk,
    "consultation": consultation,
    "counter": counter,
    "office": office,
    "roster": roster,
    "writing": writing,
}


def person(made: Region, name: str) -> Person:
    found = next(each for each in made.sign_ins if each.name == name)
    return Person(username=found.username, name=found.name, password=found.password)


if __name__ == "__main__":
    asked = sys.argv[2:]
    named = [part for part in asked if part in PARTS]
    main(Path(sys.argv[1]), named or (list(PARTS) if asked else ["reading"]), everything=bool(asked))
