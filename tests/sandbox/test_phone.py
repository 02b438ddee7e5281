"""The phone's pages, its live line and its scanner."""

from __future__ import annotations

import io
import json
import os
import shutil
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import pytest_asyncio
import qrcode
from PIL import Image
from playwright.async_api import async_playwright, expect

from sandbox.eid import EidCode, EidToken
from sandbox.state import State
from sandbox.world import Person, World
from tests.sandbox.phones import SERVER, PhoneClient, phone_client, token_for

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium")
CHROMIUM_ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest_asyncio.fixture
async def phone(state: State) -> AsyncIterator[PhoneClient]:
    async with phone_client(state) as client:
        yield client


@pytest.fixture
def token(state: State, person: Person) -> EidToken:
    """For zhou, the first of the world."""
    return token_for(state, person)


def send_code(state: State, phone: str, code: str = "482913") -> None:
    state.sms.send(
        phone=phone, sign_name="融桥", template="SMS_CODE", params={"code": code}, out_id=""
    )


def picture_of(content: str) -> bytes:
    out = io.BytesIO()
    qrcode.make(content).save(out)
    return out.getvalue()


# --- pages


async def test_everybody_of_the_world_can_be_chosen(phone: PhoneClient, world: World) -> None:
    status, page = await phone.get("/phone")
    assert status == 200
    for person in world.persons:
        assert person.name in page
        assert f'href="/phone?person={person.key}"' in page


async def test_every_persons_phone_renders_with_what_the_forms_ask_for(
    phone: PhoneClient, world: World
) -> None:
    for person in world.persons:
        status, page = await phone.get(f"/phone?person={person.key}")
        assert status == 200
        assert person.name in page
        assert f'data-copy="{person.id_number}"' in page
        assert f"http://{person.key}.localhost:{phone.state.port}" in page
        assert "style=" not in page
        assert "onclick" not in page


async def test_two_phones_lie_side_by_side(phone: PhoneClient) -> None:
    _, page = await phone.get("/phone?person=zhou&person=lin")
    assert page.count('<section class="device"') == 2


async def test_a_phone_of_nobody_is_not_found(phone: PhoneClient) -> None:
    for path in ("/phone?person=nobody", "/phone/live?person=nobody", "/phone/scan?person="):
        status, page = await phone.get(path)
        assert status == 404
        assert "世界里没有这个人" in page


async def test_a_sample_licence_is_a_picture_that_can_be_saved(
    phone: PhoneClient, world: World
) -> None:
    uscc = world.enterprises[0].uscc
    for look in ("clear", "copy", "reshoot", "blurred", "other-rep"):
        address = f"{phone.state.base_url}/phone/pictures/{uscc}-{look}.jpg"
        async with phone.session.get(address) as answer:
            content = await answer.read()
        with Image.open(io.BytesIO(content)) as image:
            assert image.format == "JPEG"
        assert len(content) < 5 * 2**20
    assert (await phone.get(f"/phone/pictures/{uscc}-forged.jpg"))[0] == 404


# --- messages


async def test_a_message_reaches_the_right_phone_within_a_second(
    phone: PhoneClient, world: World
) -> None:
    zhou, lin = world.person("zhou"), world.person("lin")
    assert zhou and lin
    async with phone.live("zhou") as at_zhou, phone.live("lin") as at_lin:
        assert (await at_zhou.next("hello"))["inbox"] == []
        await at_lin.next("hello")
        send_code(phone.state, zhou.phone)
        message = (await at_zhou.next("sms"))["message"]
        assert message["code"] == "482913"
        assert message["text"].startswith("【融桥】验证码 482913")
        with pytest.raises(TimeoutError):
            await at_lin.next("sms", seconds=0.3)


async def test_a_phone_that_is_opened_later_has_its_messages(
    phone: PhoneClient, world: World
) -> None:
    send_code(phone.state, world.persons[0].phone, "111111")
    async with phone.live(world.persons[0].key) as line:
        assert [one["code"] for one in (await line.next("hello"))["inbox"]] == ["111111"]


# --- scanning


async def scanned(phone: PhoneClient, content: str) -> Any:
    asked = f"/phone/scan?person=zhou&content={content}"
    status, body = await phone.get(asked, accept="application/json")
    assert status == 200
    return json.loads(body)


async def test_a_code_of_the_platform_opens_in_the_web_view(phone: PhoneClient) -> None:
    found = await scanned(phone, f"{SERVER}/q/abc?x=1")
    assert (found["kind"], found["address"]) == ("web", "/q/abc?x=1")


async def test_the_face_checks_code_opens_for_whoever_scans_it(phone: PhoneClient) -> None:
    found = await scanned(phone, f"{phone.state.base_url}/eid?token=T")
    assert (found["kind"], found["address"]) == ("web", "/__eid?token=T")


async def test_a_link_out_of_another_phone_opens_in_this_one(phone: PhoneClient) -> None:
    found = await scanned(phone, f"http://lin.localhost:{phone.state.port}/q/abc")
    assert (found["kind"], found["address"]) == ("web", "/q/abc")


async def test_a_foreign_address_and_plain_text_do_not_open(phone: PhoneClient) -> None:
    assert (await scanned(phone, "https://bank.example/a"))["kind"] == "external"
    for text in ("你好", "javascript:alert(1)", "RQ20261120000001"):
        assert (await scanned(phone, text))["kind"] == "text"


async def test_the_door_for_scanning_takes_a_browser_to_the_phone(phone: PhoneClient) -> None:
    status, location = await phone.get(f"/phone/scan?person=zhou&content={SERVER}/q/abc")
    assert status == 303
    assert parse_qs(urlsplit(location).query) == {"person": ["zhou"], "open": ["/q/abc"]}


async def test_a_code_in_a_picture_is_read(phone: PhoneClient) -> None:
    address = f"{phone.state.base_url}/phone/decode"
    async with phone.session.post(address, data=picture_of(f"{SERVER}/q/abc")) as answer:
        assert (await answer.json())["contents"] == [f"{SERVER}/q/abc"]


async def test_a_picture_without_a_code_and_a_file_that_is_none_say_so(
    phone: PhoneClient,
) -> None:
    blank = io.BytesIO()
    Image.new("RGB", (200, 200), "white").save(blank, "PNG")
    address = f"{phone.state.base_url}/phone/decode"
    async with phone.session.post(address, data=blank.getvalue()) as answer:
        assert answer.status == 200
        assert "没有找到二维码" in (await answer.json())["problem"]
    async with phone.session.post(address, data=b"%PDF-1.7") as answer:
        assert answer.status == 422
        assert "不是能识别的图片" in (await answer.json())["problem"]


# --- in a browser


@pytest.mark.browser
async def test_a_person_scans_passes_and_reads_the_code_in_the_browser(
    phone: PhoneClient, token: EidToken, person: Person
) -> None:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM, args=CHROMIUM_ARGS, chromium_sandbox=False
        )
        page = await browser.new_page(viewport={"width": 1440, "height": 900})
        said: list[str] = []
        page.on("console", lambda message: said.append(message.text))
        await page.goto(f"{phone.state.base_url}/phone?person=zhou")
        await page.get_by_role("button", name="扫一扫").click()
        await page.get_by_label("或粘贴链接、码的内容").fill(token.url)
        await page.get_by_role("button", name="识别").click()
        web = page.frame_locator("iframe")
        await web.get_by_role("checkbox").check()
        await web.get_by_role("button", name="阅读并同意").click()
        await web.get_by_role("button", name="允许").click()
        send_code(phone.state, person.phone)
        await expect(page.locator(".banner")).to_contain_text("验证码 482913")
        await web.get_by_role("button", name="通过（本人）").click()
        await expect(page.locator(".web-title h2")).to_have_text("网页打不开")
        assert phone.state.eid.status(token.token).code is EidCode.OK
        await page.locator(".banner .note").click()
        await expect(page.locator(".messages .code b")).to_have_text("482 913")
        await browser.close()
    assert [text for text in said if "Content Security Policy" in text] == []
