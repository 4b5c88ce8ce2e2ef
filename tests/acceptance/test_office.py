"""A region is set up from an empty installation by pages; tables and commands give the same rows."""

from __future__ import annotations

import re
from datetime import date, timedelta
from html import unescape
from pathlib import Path
from typing import Any, Final

import httpx
import sqlalchemy as sa
from playwright.sync_api import Page, expect

from reading.tables import (
    agreement,
    device,
    device_right,
    organisation,
    person,
    policy,
    policy_switch,
    role_grant,
    roster_slot,
)
from storage.database import snapshot
from tests import engines
from tests.browser import chromium, window
from tests.running import Person, TierRead, serving

ADMINISTRATOR: Final = "wintermorgen am see"
MANAGER: Final = "regen auf dem dach"
ORGANISATIONS: Final = (
    ("S01", "滨江市人民医院", "city", "REGION", "330100"),
    ("C01", "东县人民医院", "county", "S01", "330102"),
    ("C02", "西县人民医院", "county", "S01", "330103"),
    *((f"T{n}", f"第{n}镇卫生院", "township", "C01" if n <= 3 else "C02", "") for n in range(1, 7)),
)
"""Code, name, level, parent, region: two counties and six townships under a city."""
NUMBER: Final = "91350100M000100Y43"
"""The example of GB 32100-2015, of the city's hospital."""
PEOPLE: Final = (
    ("邵全", "REGION", ("security_administrator",), ""),
    ("申纪", "REGION", ("audit_administrator",), ""),
    ("管质", "REGION", ("quality_manager",), "主任医师"),
    ("傅核", "S01", ("reviewer", "reader"), "主任医师"),
    ("傅何", "S01", ("reviewer",), "副主任医师"),
    *((f"东读{n}", "C01", ("reader",), "主治医师") for n in "甲乙丙"),
    ("东审", "C01", ("verifier",), "副主任医师"),
    *((f"西读{n}", "C02", ("reader",), "主治医师") for n in "甲乙"),
    ("西审", "C02", ("verifier", "reader"), "副主任医师"),
    *((f"技师{n}", f"T{n}", ("technician",), "") for n in range(1, 7)),
    ("门诊", "T1", ("clinician",), ""),
    ("急诊", "T4", ("clinician",), ""),
)
"""Name, organisation, roles there, title: twenty people."""
MANAGES: Final = PEOPLE[2]
FIRST_TOWNSHIP: Final = ORGANISATIONS[3]
AT_TWO_PLACES: Final = ("西审", "C01", "verifier")
AGREEMENTS: Final = (("T1", "C02", "neighbour"), ("T4", "C01", "neighbour"))
AGREED_UNTIL: Final = "2031-12-31"
DEVICES: Final = tuple((f"DR_T{n}", f"T{n}", f"10.1.{n}.2", "104") for n in range(1, 7))
MONDAY: Final = date.today() + timedelta(days=7 - date.today().weekday())  # noqa: DTZ011 -- some day ahead


def _username(name: str) -> str:
    from pypinyin import lazy_pinyin  # noqa: PLC0415 -- its dictionary takes long to load

    return "".join(lazy_pinyin(name))


def test_a_region_of_pages_tables_and_commands_has_the_same_rows(tmp_path: Path) -> None:
    with serving(tmp_path / "pages") as pages:
        document = pages.run("policy", "show", "first").stdout
        _by_pages(pages, document)
        by_pages = _rows(pages)
    tables, commands = TierRead(tmp_path / "tables"), TierRead(tmp_path / "commands")
    for other in (tables, commands):
        other.admin("org", "add", "REGION", "区域", "--level", "region")
    _by_tables(tables)
    _by_commands(commands)
    for other in (tables, commands):
        _policy_by_command(other, document)

    assert len(by_pages["people"]) == 20
    assert {kind: len(rows) for kind, rows in by_pages.items()} == {
        "organisations": 9,
        "people": 20,
        "roles": 23,
        "agreements": 20,
        "devices": 6,
        "slots": 1,
        "policies": 2,
    }
    assert _rows(tables) == by_pages
    assert _rows(commands) == by_pages


# -- by pages: in a browser first, and the rest by the same forms


def _by_pages(tierread: TierRead, document: str) -> None:
    first = re.search(r"first administrator +(\S+)", tierread.out)
    assert first is not None
    password = Path(first[1]).read_text("utf-8").split()[-1]
    with chromium() as browser:
        page = window(browser, tierread).new_page()
        page.goto("/sign-in?next=/office/organisations")
        page.fill("#username", "admin")
        page.fill("#password", password)
        page.click("main button[type=submit]")
        page.fill("#current", password)
        page.fill("#new", ADMINISTRATOR)
        page.fill("#again", ADMINISTRATOR)
        page.click("main button[type=submit]")
        page.wait_for_url("**/office/organisations")
        expect(page.get_by_role("heading", name="还没有下级机构")).to_be_visible()
        _add_organisation(page, *ORGANISATIONS[0], number=NUMBER)
        _add_organisation(page, *ORGANISATIONS[1])
        _add_organisation(page, *FIRST_TOWNSHIP)
        slip = _add_person(page, *MANAGES)
        _add_device(page, *DEVICES[0])
    client = _as(tierread, "admin", ADMINISTRATOR)
    ids = _ids(client)
    for code, name, level, parent, region in (one for one in ORGANISATIONS[2:] if one != FIRST_TOWNSHIP):
        typed = {"code": code, "name": name, "level": level, "parent": ids[parent], "region": region}
        _send(client, "/office/organisations/new", **typed)
        ids = _ids(client)
    for name, place, (role, *more), title in (one for one in PEOPLE if one != MANAGES):
        made = _send(client, "/office/people/new", name=name, place=ids[place], role=role, title=title)
        address = made.headers["location"].removesuffix("/slip")
        assert client.get(made.headers["location"]).status_code == 200
        grants = [(place, each) for each in more] + [AT_TWO_PLACES[1:]] * (name == AT_TWO_PLACES[0])
        for where, each in grants:
            _send(client, f"{address}/roles", place=ids[where], role=each)
    for site, reader, tier in AGREEMENTS:
        agreed = {"site": ids[site], "reader": ids[reader], "tier": tier, "until": AGREED_UNTIL}
        _send(client, "/office/agreements", **agreed)
    for title, site, network, port in DEVICES[1:]:
        _send(client, "/office/devices/new", ae_title=title, site=site, network=network, port=port)
    slot = {"who": _username("东读甲"), "step": "read", "day": MONDAY.isoformat(), "begins": "08:00", "ends": "17:00"}
    _send(client, "/office/roster", org="C01", **slot)
    _send(client, "/office/policy/new/document", document=document, seen="1", act="save", note="")
    manager = _first_sign_in(tierread, _username("管质"), slip)
    _send(manager, "/office/policy/version/2/switch", unread="1", over="1", sure="1")


def _add_organisation(  # noqa: PLR0917 -- a line of the table
    page: Page, code: str, name: str, level: str, parent: str, region: str, *, number: str = ""
) -> None:
    page.goto("/office/organisations/new")
    page.fill("#code", code)
    page.fill("#name", name)
    page.select_option("#level", level)
    page.select_option("#parent", label=_option(page, "#parent", f"({parent})"))
    page.fill("#region", region)
    page.fill("#number", number)
    page.click("main form[action='/office/organisations/new'] button[type=submit]")
    expect(page.get_by_role("status")).to_contain_text("机构已添加")
    expect(page.get_by_role("link", name=name)).to_be_visible()


def _add_person(page: Page, name: str, place: str, roles: tuple[str, ...], title: str) -> str:
    """The first password on the slip, which a reload shows no more."""
    page.goto("/office/people/new")
    page.fill("#name", name)
    page.fill("#title", title)
    page.select_option("#place", label=_option(page, "#place", f"({place})"))
    page.select_option("#role", roles[0])
    page.click("main form button[type=submit]")
    password = page.locator(".slip .code").nth(1).inner_text()
    page.reload()
    expect(page.get_by_role("status")).to_contain_text("只显示一次")
    expect(page.locator(".slip")).to_have_count(0)
    return password


def _add_device(page: Page, title: str, site: str, network: str, port: str) -> None:
    page.goto("/office/devices/new")
    page.select_option("#site", site)
    for field, value in (("#ae_title", title), ("#network", network), ("#port", port)):
        page.fill(field, value)
    page.click("main form[action='/office/devices/new'] button[type=submit]")
    expect(page.get_by_role("status")).to_contain_text("设备已登记")


def _option(page: Page, select: str, part: str) -> str:
    return page.locator(f"{select} option", has_text=part).first.inner_text()


def _as(tierread: TierRead, username: str, password: str) -> httpx.Client:
    client = tierread.sign_in(Person(username=username, password=password, name=""))
    client.headers["Origin"] = tierread.url
    return client


def _first_sign_in(tierread: TierRead, username: str, slip: str) -> httpx.Client:
    client = _as(tierread, username, slip)
    _send(client, "/account/password", current=slip, new=MANAGER, again=MANAGER)
    return client


def _send(client: httpx.Client, action: str, **typed: str) -> httpx.Response:
    answer = client.post(action, data={"csrf_token": client.headers["X-CSRF-Token"], **typed})
    assert answer.status_code == 303, (action, re.findall(r'role="alert">(.*?)<', answer.text))
    return answer


def _ids(client: httpx.Client) -> dict[str, str]:
    page = client.get("/office/organisations").text
    found = re.findall(r'href="/office/organisations/(\w{26})">.*?</a> <span class="soft small">(\w+)<', page)
    return {unescape(code): row_id for row_id, code in found}


# -- by tables


def _by_tables(tierread: TierRead) -> None:
    def take(*command: str, lines: list[tuple[str, ...]], encoding: str = "gb18030") -> None:
        file = tierread.folder / "table.csv"
        file.write_bytes("\r\n".join(",".join(line) for line in lines).encode(encoding))
        tierread.admin(*command, str(file))

    places = [(*one, NUMBER if one[0] == "S01" else "") for one in ORGANISATIONS]
    take("org", "import", lines=[("代码", "名称", "级别", "上级代码", "行政区划代码", "机构编号"), *places])
    # Who is named once gets a username of their own: 傅核 and 傅何 are fuhe and fuhe2.
    named = {name: _username(name) if name == AT_TWO_PLACES[0] else "" for name, *_ in PEOPLE}
    people = [(name, place, "、".join(roles), title, named[name]) for name, place, roles, title in PEOPLE]
    second, place, role = AT_TWO_PLACES
    people.append((second, place, role, "", _username(second)))
    take("person", "import", lines=people, encoding="utf-8-sig")
    take("org", "agreement", "import", lines=[(*one, "", AGREED_UNTIL) for one in AGREEMENTS])
    take("device", "import", lines=list(DEVICES))
    take(
        *("roster", "import", "--org", "C01"),
        lines=[(_username("东读甲"), "报告", f"{MONDAY} 08:00", "17:00")],
        encoding="utf-8",
    )


# -- by commands


def _by_commands(tierread: TierRead) -> None:
    for code, name, level, parent, region in ORGANISATIONS:
        more = [*(["--region", region] if region else []), *(["--number", NUMBER] if code == "S01" else [])]
        tierread.admin("org", "add", code, name, "--level", level, "--parent", parent, *more)
    for name, place, (role, *more), title in PEOPLE:
        tierread.admin("person", "add", name, "--org", place, "--role", role, "--title", title)
        for each in more:
            tierread.admin("person", "grant", _username(name), "--org", place, "--role", each)
    name, place, role = AT_TWO_PLACES
    tierread.admin("person", "grant", _username(name), "--org", place, "--role", role)
    for site, reader, tier in AGREEMENTS:
        tierread.admin("org", "agreement", "add", site, reader, "--tier", tier, "--until", AGREED_UNTIL)
    for title, site, network, port in DEVICES:
        tierread.admin("device", "add", title, "--host", network, "--site", site, "--port", port)
    slot = (_username("东读甲"), "--org", "C01", "--step", "read")
    tierread.admin("roster", "add", *slot, "--since", f"{MONDAY} 08:00", "--until", f"{MONDAY} 17:00")


def _policy_by_command(tierread: TierRead, document: str) -> None:
    file = tierread.folder / "policy.json"
    file.write_text(document, "utf-8")
    tierread.admin("policy", "add", str(file))
    tierread.admin("policy", "switch", "2", "--although-unread", "--yes")


# -- rows without ids and times


def _rows(tierread: TierRead) -> dict[str, list[tuple[Any, ...]]]:
    above, site, reader = (organisation.alias(name) for name in ("above", "site", "reader"))
    asked: dict[str, Any] = {
        "organisations": sa.select(
            *(organisation.c[name] for name in ("code", "name", "level", "region_code", "institution_number")),
            *(organisation.c[name] for name in ("telephone", "time_zone", "until")),
            above.c.code,
        ).outerjoin(above, above.c.id == organisation.c.parent_id),
        "people": sa.select(person.c.username, person.c.name, person.c.title, person.c.until),
        "roles": sa.select(person.c.username, organisation.c.code, role_grant.c.role, role_grant.c.until)
        .join(person, person.c.id == role_grant.c.person_id)
        .join(organisation, organisation.c.id == role_grant.c.organisation_id),
        "agreements": sa.select(site.c.code, reader.c.code, agreement.c.tier, agreement.c.until)
        .join(site, site.c.id == agreement.c.site_id)
        .join(reader, reader.c.id == agreement.c.reader_id),
        "devices": sa.select(
            *(device.c[name] for name in ("ae_title", "network", "port", "issuer", "character_set", "host", "until")),
            organisation.c.code,
            sa.select(sa.func.count()).where(device_right.c.device_id == device.c.id).scalar_subquery(),
        ).join(organisation, organisation.c.id == device.c.site_id),
        "slots": sa.select(
            person.c.username, organisation.c.code, roster_slot.c.step, roster_slot.c.since, roster_slot.c.until
        )
        .join(person, person.c.id == roster_slot.c.person_id)
        .join(organisation, organisation.c.id == roster_slot.c.organisation_id),
        "policies": sa.select(policy.c.version, sa.cast(policy.c.rules, sa.String), sa.func.count(policy_switch.c.id))
        .outerjoin(policy_switch, policy_switch.c.policy_id == policy.c.id)
        .group_by(policy.c.version, sa.cast(policy.c.rules, sa.String)),
    }
    made_at_the_first_start = {"REGION", "admin"}
    with engines.pointed(tierread.database_url) as engine, snapshot(engine) as tx:
        return {
            kind: sorted(
                (tuple(row) for row in tx.execute(query) if row[0] not in made_at_the_first_start),
                key=lambda row: [str(cell) for cell in row],
            )
            for kind, query in asked.items()
        }
