"""Certification through the pages: a browser without scripts, and the legal representative's phone."""

import asyncio
import re
from html import unescape

import aiohttp
import pytest

from server.core.money import wan
from tests.certifying import (
    VERSION,
    another_day,
    enterprise,
    picture,
    profile,
    reviewer,
    walk,
)
from tests.clients import Answer, PageClient, visible
from tests.people import get_code, new_phone
from tests.platforms import Running
from tests.waiting import until


async def sign_up(running: Running) -> PageClient:
    """A browser that has just registered."""
    browser, phone = running.browser(), new_phone()
    fields = {
        "phone": phone,
        "code": await get_code(running, phone),
        "accept_terms": VERSION,
        "accept_privacy": VERSION,
    }
    answer = await browser.post("/register", fields)
    assert answer.status == 303, visible(answer)
    assert answer.headers["Location"] == "/certification"
    return browser


async def agree(browser: PageClient) -> None:
    fields = {"version": VERSION, "read_to_end": "1", "seconds": "9"}
    answer = await browser.post("/certification", fields)
    assert answer.status == 303, visible(answer)


def page_fields(index: int = 0, **changed: str) -> dict[str, str]:
    """The form as the page sends it."""
    fields = profile(enterprise(index))
    fields["registered_capital"] = wan(fields.pop("registered_capital_fen"))
    return {**fields, **changed}


async def at_face(running: Running, index: int = 0) -> PageClient:
    """A browser whose next step is the face check."""
    await another_day(running)
    browser = await sign_up(running)
    await agree(browser)
    assert (
        await browser.upload("/certification/licence", picture(enterprise(index)))
    ).status == 303
    saved = await browser.post("/certification/profile", page_fields(index))
    assert saved.status == 303, visible(saved)
    return browser


def code_of(page: Answer) -> str:
    """What the QR code on the page says."""
    found = re.search(r'data-code="([^"]+)"', page.text)
    assert found, visible(page)
    return unescape(found[1])


def token_of(answer: Answer) -> str:
    """The vendor's token in the address that the phone is sent to."""
    return answer.headers["Location"].partition("token=")[2]


async def start_on_phone(running: Running, path: str, *, accept: str = "true") -> Answer:
    phone = running.browser()
    shown = await phone.get(path)
    assert shown.status == 200, visible(shown)
    fields = {"face_version": VERSION} | ({"accept_face": accept} if accept else {})
    return await phone.post(path, fields)


@pytest.mark.shows("F044", "F054", "F055")
async def test_the_whole_way_by_pages_resuming_at_every_step(running: Running) -> None:
    await another_day(running)
    one = enterprise()
    browser = await sign_up(running)
    assert "企业认证授权书" in visible(await browser.get("/certification"))
    await agree(browser)
    assert (await browser.get("/certification")).headers["Location"] == "/certification/profile"
    await browser.upload("/certification/licence", picture(one))
    form = await browser.get("/certification/profile")
    assert f'value="{one.uscc}"' in form.text and f'value="{one.name}"' in form.text
    assert (await browser.post("/certification/profile", page_fields())).status == 303
    assert (await browser.get("/certification")).headers["Location"] == "/certification/face"
    face = await browser.get("/certification/face")
    assert "周**" in visible(face) and "430102********417X" in visible(face)
    assert one.legal_rep.id_number not in face.text
    path = code_of(face).removeprefix(running.url)
    started = await start_on_phone(running, path)
    assert started.status == 303, visible(started)
    await walk(running, token_of(started), one.legal_rep.key)
    back = await running.browser().get(f"{path}/return?token=whatever")
    assert "核验通过" in visible(back)
    assert (await browser.get("/certification")).headers["Location"] == "/certification/submit"
    check = await browser.get("/certification/submit")
    assert "周**" in visible(check) and one.legal_rep.name not in check.text
    assert "云桥市雨花区" in visible(check)
    assert (await browser.post("/certification/submit")).status == 303
    assert "等待平台审核" in visible(await browser.get("/certification"))
    case = await running.database["certifications"].find_one({})
    assert case is not None
    await (await reviewer(running)).decide(case["_id"], "approve")
    assert "认证已通过" in visible(await browser.get("/certification"))


@pytest.mark.shows("F045")
async def test_an_agreement_that_was_not_read_is_shown_again(running: Running) -> None:
    browser = await sign_up(running)
    answer = await browser.post("/certification", {"version": VERSION, "seconds": "9"})
    assert answer.status == 422
    assert "完整阅读" in visible(answer)
    assert await running.database["certifications"].count_documents({}) == 0


@pytest.mark.shows("T09")
async def test_the_phones_page_is_not_ticked_and_without_the_tick_no_token_is_made(
    running: Running,
) -> None:
    browser = await at_face(running)
    path = code_of(await browser.get("/certification/face")).removeprefix(running.url)
    phone = await running.browser().get(path)
    assert 'name="accept_face"' in phone.text and " checked" not in phone.text
    assert "周**" in visible(phone) and "430102********417X" in visible(phone)
    refused = await start_on_phone(running, path, accept="")
    assert refused.status == 403
    assert "人脸信息处理单独同意书" in visible(refused)
    assert await running.sandbox.calls("GetEidToken") == []


@pytest.mark.shows("F056")
async def test_the_wrong_person_is_told_plainly_and_may_try_again(running: Running) -> None:
    browser = await at_face(running)
    path = code_of(await browser.get("/certification/face")).removeprefix(running.url)
    started = await start_on_phone(running, path)
    await walk(running, token_of(started), "xu")
    back = await running.browser().get(f"{path}/return")
    assert "须由法定代表人本人完成" in visible(back) and "再试一次" in visible(back)
    assert "没有通过" in visible(await browser.get("/certification/face"))
    again = await start_on_phone(running, path)
    await walk(running, token_of(again), enterprise().legal_rep.key)
    assert "核验通过" in visible(await running.browser().get(f"{path}/return"))


@pytest.mark.shows("F054")
async def test_a_refreshed_code_kills_the_one_before(running: Running) -> None:
    browser = await at_face(running)
    first = code_of(await browser.get("/certification/face"))
    assert code_of(await browser.get("/certification/face")) == first
    assert (await browser.post("/certification/face/renewal")).status == 303
    second = code_of(await browser.get("/certification/face"))
    assert second != first
    dead = await running.browser().get(first.removeprefix(running.url))
    assert dead.status == 404
    assert "已失效" in visible(dead)


@pytest.mark.shows("F054")
async def test_a_code_that_ran_out_is_dead_and_the_page_makes_another(running: Running) -> None:
    browser = await at_face(running)
    first = code_of(await browser.get("/certification/face"))
    running.clock.advance(seconds=601)
    assert (await running.browser().get(first.removeprefix(running.url))).status == 404
    assert code_of(await browser.get("/certification/face")) != first


@pytest.mark.shows("F054")
async def test_the_page_on_the_pc_hears_of_the_pass_within_two_seconds(running: Running) -> None:
    browser = await at_face(running)
    page = await browser.get("/certification/face")
    path = code_of(page).removeprefix(running.url)
    events = re.search(r'data-events="([^"]+)"', page.text)
    assert events
    heard = asyncio.create_task(_listen(running, browser, unescape(events[1])))
    started = await start_on_phone(running, path)
    await walk(running, token_of(started), enterprise().legal_rep.key)
    passed_at = asyncio.get_running_loop().time()
    said = await asyncio.wait_for(heard, 5)
    assert '"href":"/certification"' in said[-1]
    assert asyncio.get_running_loop().time() - passed_at < 2
    assert any("手机" in line for line in said)


async def _listen(running: Running, browser: PageClient, address: str) -> list[str]:
    """What the stream says until it sends the page on."""
    said: list[str] = []
    async with aiohttp.ClientSession(cookies=browser.cookies) as http:
        async with http.get(running.url + address) as answer:
            assert answer.headers["Content-Type"].startswith("text/event-stream")
            async for line in answer.content:
                if line.startswith(b"data:"):
                    said.append(line.decode())
                if b'"href"' in line:
                    break
    return said


async def test_a_page_without_streams_asks_and_is_told(running: Running) -> None:
    browser = await at_face(running)
    page = await browser.get("/certification/face")
    poll = re.search(r'data-poll="([^"]+)"', page.text)
    assert poll
    address = unescape(poll[1])
    assert (await browser.get(address)).status == 204
    path = code_of(page).removeprefix(running.url)
    started = await start_on_phone(running, path)
    assert "手机" in (await browser.get(address)).json["text"]
    await walk(running, token_of(started), enterprise().legal_rep.key)

    async def moves_on() -> bool:
        answer = await browser.get(address)
        return answer.status == 200 and answer.json.get("href") == "/certification"

    await until(moves_on)


@pytest.mark.shows("F048")
async def test_a_look_up_fills_what_is_empty_and_keeps_what_was_typed(running: Running) -> None:
    browser = await sign_up(running)
    await agree(browser)
    await browser.upload("/certification/licence", picture(enterprise(), blurred=True))
    typed = {
        "uscc": enterprise().uscc,
        "contact_name": "沈一舟",
        "registered_address": "我填的地址",
    }
    answer = await browser.post("/certification/lookup", typed)
    assert answer.status == 200, visible(answer)
    assert 'value="我填的地址"' in answer.text and 'value="沈一舟"' in answer.text
    assert f'value="{enterprise().name}"' in answer.text
    assert 'value="1200"' in answer.text


@pytest.mark.shows("F050", "F052")
async def test_what_was_typed_is_shown_again_with_what_is_wrong(running: Running) -> None:
    browser = await sign_up(running)
    await agree(browser)
    await browser.upload("/certification/licence", picture(enterprise(), blurred=True))
    wrong = enterprise().uscc[:-1] + ("A" if enterprise().uscc[-1] != "A" else "B")
    answer = await browser.post("/certification/profile", page_fields(uscc=wrong))
    assert answer.status == 422
    assert "校验位不符" in visible(answer) and 'value="沈一舟"' in answer.text
    await running.sandbox.fault(
        "tencent.VerifyBizLicenseEnterprise4", "status", times=1, status=503
    )
    down = await browser.post("/certification/profile", page_fields())
    assert down.status == 503 and down.headers["Retry-After"]
    assert "已保存" in visible(down) and 'value="沈一舟"' in down.text
    assert 'value="沈一舟"' in (await browser.get("/certification/profile")).text


@pytest.mark.shows("F063")
async def test_the_reason_is_shown_and_the_form_is_filled_as_before(running: Running) -> None:
    browser = await at_face(running)
    path = code_of(await browser.get("/certification/face")).removeprefix(running.url)
    started = await start_on_phone(running, path)
    await walk(running, token_of(started), enterprise().legal_rep.key)
    await running.browser().get(f"{path}/return")
    await browser.post("/certification/submit")
    case = await running.database["certifications"].find_one({})
    assert case is not None
    await (await reviewer(running)).decide(case["_id"], "reject", "执照图片缺角，请重新拍摄")
    shown = visible(await browser.get("/certification"))
    assert "执照图片缺角" in shown and "修改后重新提交" in shown
    form = await browser.get("/certification/profile")
    assert "执照图片缺角" in visible(form) and 'value="沈一舟"' in form.text


async def test_a_stranger_finds_nothing(running: Running) -> None:
    browser = await at_face(running)
    await browser.get("/certification/face")
    stranger = await sign_up(running)
    assert (await stranger.get("/certification/licence")).status == 404
    assert (await stranger.get("/certification/face")).headers["Location"] == "/certification"
    nobody = running.browser()
    assert (await nobody.get("/certification/face")).status == 303
    assert (await nobody.get("/h/0123456789abcdefghijkl")).status == 404


async def test_two_taps_on_submit_are_one_submission(running: Running) -> None:
    browser = await at_face(running)
    path = code_of(await browser.get("/certification/face")).removeprefix(running.url)
    started = await start_on_phone(running, path)
    await walk(running, token_of(started), enterprise().legal_rep.key)
    await running.browser().get(f"{path}/return")
    answers = await asyncio.gather(
        *(browser.post("/certification/submit", key="the-same-form") for _ in range(3))
    )
    assert 303 in {answer.status for answer in answers}
    assert {answer.status for answer in answers} <= {303, 409}
    case = await running.database["certifications"].find_one({})
    assert case is not None and len(case["submissions"]) == 1
