"""The official account's callback, as WeChat calls it."""

import asyncio
import time
from datetime import timedelta

import aiohttp
import pytest

from tests import wechats
from tests.platforms import Running, Starter
from tests.wechats import event, message, new_openid, sealed, signed, text

NOW = 1_700_000_000


async def followers(running: Running) -> list[dict[str, object]]:
    return [one async for one in running.database["wechat_followers"].find({})]


async def echo(running: Running, *, timestamp: str, nonce: str, signature: str) -> tuple[int, str]:
    query = {"signature": signature, "timestamp": timestamp, "nonce": nonce, "echostr": "4711"}
    async with aiohttp.ClientSession() as wechat:
        async with wechat.get(f"{running.url}{wechats.PATH}", params=query) as answer:
            return answer.status, await answer.text()


async def test_the_address_proves_itself_to_wechat(running: Running) -> None:
    stamp = str(int(time.time()))
    right = signed(wechats.TOKEN, stamp, "n1")
    assert await echo(running, timestamp=stamp, nonce="n1", signature=right) == (200, "4711")
    status, said = await echo(running, timestamp=stamp, nonce="n2", signature=right)
    assert status == 403 and "4711" not in said


@pytest.mark.shows("F001")
async def test_who_follows_is_welcomed_with_ways_on(running: Running) -> None:
    openid = new_openid()
    answer = await event(openid, "subscribe", EventKey="").send(running.url)
    assert answer.reply is not None
    assert (answer.reply["ToUserName"], answer.reply["FromUserName"]) == (openid, wechats.ACCOUNT)
    for path in ("/products", "/certification", "/applications"):
        assert f'<a href="{running.url}{path}">' in answer.content
    (kept,) = await followers(running)
    assert (kept["following"], kept.get("channel")) == (True, None)
    assert openid not in repr(kept)


async def test_who_unfollows_is_not_followed_by_an_older_push(running: Running) -> None:
    openid, now = new_openid(), int(time.time())
    late = event(openid, "subscribe", at=now - 5, EventKey="")
    assert (await event(openid, "unsubscribe", at=now).send(running.url)).text == "success"
    assert (await late.send(running.url)).status == 200
    (kept,) = await followers(running)
    assert kept["following"] is False


@pytest.mark.shows("F014", "T31")
async def test_the_first_channel_counts_and_is_counted_once(running: Running) -> None:
    one, other, now = new_openid(), new_openid(), int(time.time())
    deeds = (
        event(one, "subscribe", at=now, EventKey="qrscene_c.gaoxin", Ticket="t"),
        event(one, "unsubscribe", at=now + 1),
        event(one, "subscribe", at=now + 2, EventKey="qrscene_c.other", Ticket="t"),
        event(one, "SCAN", at=now + 3, EventKey="c.third", Ticket="t"),
        event(other, "subscribe", at=now, EventKey="qrscene_c.gaoxin", Ticket="t"),
        event(other, "unsubscribe", at=now + 1),
    )
    for deed in deeds:
        for _ in range(2):
            assert (await deed.send(running.url)).status == 200
    (counted,) = await running.platform.services.followers.channels()
    assert (counted.channel, counted.followed, counted.following) == ("gaoxin", 2, 1)


@pytest.mark.shows("F167")
@pytest.mark.parametrize(
    ("said", "part"),
    [
        ("进度", "我们也会主动通知您"),  # a whole word before a part of one
        ("  进 度。", "我们也会主动通知您"),
        ("我的进度怎么样", "到了哪一步"),
        ("人工客服", "0731-00000000"),
        ("天气", "没有找到对应的内容"),
    ],
)
async def test_keywords_are_answered_whole_before_part_before_default(
    running: Running, said: str, part: str
) -> None:
    answer = await text(new_openid(), said).send(running.url)
    assert part in answer.content
    assert await running.database["wechat_pushes"].count_documents({}) == 0


async def test_a_picture_is_answered_by_its_type_and_a_tap_by_its_key(running: Running) -> None:
    xml = "<MsgType>image</MsgType><PicUrl>x</PicUrl><MediaId>m</MediaId><MsgId>77</MsgId>"
    answer = await sealed(message(new_openid(), xml)).send(running.url)
    assert "不会作为办理材料" in answer.content
    tapped = await event(new_openid(), "CLICK", EventKey="service").send(running.url)
    assert "0731-00000000" in tapped.content


async def test_a_card_is_answered_with_an_article(running: Running) -> None:
    answer = await text(new_openid(), "认证").send(running.url)
    assert answer.reply is not None and answer.reply["MsgType"] == "news"
    assert answer.reply["Articles"]["item"]["Url"] == f"{running.url}/certification"


@pytest.mark.parametrize(
    "values",
    [
        "<MsgType>event</MsgType><Event>PUBLISHJOBFINISH</Event>",
        "<MsgType>event</MsgType><Event>something_of_2031</Event><New><Deep>1</Deep></New>",
        "<MsgType>hologram</MsgType><MsgId>5</MsgId>",
        "<MsgType>event</MsgType><Event>VIEW</Event><EventKey>https://x.cn/</EventKey>",
    ],
)
async def test_what_is_unknown_is_acknowledged_and_counted(running: Running, values: str) -> None:
    answer = await sealed(message(new_openid(), values)).send(running.url)
    assert (answer.status, answer.text) == (200, "success")
    async with running.http.get(f"{running.url}/metrics") as page:
        counted = await page.text()
    kind = "view" if "VIEW" in values else "other"
    assert f'rongqiao_wechat_pushes_total{{kind="{kind}"}} 1.0' in counted


@pytest.mark.parametrize(("prefix", "page"), [("h", "h"), ("l", "q")])
async def test_a_code_of_something_that_waits_on_a_pc_is_answered_with_its_page(
    running: Running, prefix: str, page: str
) -> None:
    scene = f"{prefix}.{'A1' * 11}"
    answer = await event(new_openid(), "SCAN", EventKey=scene, Ticket="t").send(running.url)
    assert answer.reply is not None
    assert answer.reply["Articles"]["item"]["Url"] == f"{running.url}/{page}/{'A1' * 11}"
    new = event(new_openid(), "subscribe", EventKey=f"qrscene_{scene}", Ticket="t")
    first = await new.send(running.url)
    assert first.reply is not None and first.reply["MsgType"] == "news"


async def test_a_code_of_nobody_is_acknowledged(running: Running) -> None:
    for scene in ("z.whatever", "h.short", "123", "c." + "x" * 60):
        answer = await event(new_openid(), "SCAN", EventKey=scene, Ticket="t").send(running.url)
        assert (answer.status, answer.text) == (200, "success")


@pytest.mark.shows("T29")
async def test_three_at_once_on_two_platforms_make_one_effect_and_one_reply(
    start: Starter,
) -> None:
    one, other = await start(), await start()
    push = event(new_openid(), "subscribe", EventKey="qrscene_c.park", Ticket="t")
    answers = await asyncio.gather(*(push.send(to.url) for to in (one, other, one)))
    assert [a.status for a in answers] == [200, 200, 200]
    assert len({a.content for a in answers}) == 1
    assert await one.database["wechat_pushes"].count_documents({"done": True}) == 1
    (counted,) = await one.platform.services.followers.channels()
    assert counted.followed == 1


async def test_the_same_push_much_later_is_too_old(running: Running) -> None:
    push = event(new_openid(), "subscribe", EventKey="")
    running.clock.advance(seconds=601)
    assert (await push.send(running.url)).status == 403
    assert not await followers(running)


async def test_a_clock_that_is_a_little_wrong_does_no_harm(running: Running) -> None:
    running.clock.ahead -= timedelta(seconds=590)
    push = event(new_openid(), "subscribe", EventKey="")
    assert (await push.send(running.url)).status == 200


@pytest.mark.shows("F001")
async def test_a_person_in_the_sandbox_follows_taps_and_asks(running: Running) -> None:
    """The sandbox seals with a crypto of its own: a second opinion about every byte."""
    door = running.sandbox.http
    await door.delete("/wechat")
    await door.put("/wechat/server", json={"url": running.url})
    deeds: list[dict[str, object]] = [
        {"kind": "subscribe", "scene": "c.park"},
        {"kind": "click", "key": "service"},
        {"kind": "text", "content": "认证", "copies": 3},
        {"kind": "unsubscribe"},
    ]
    heard: list[list[dict[str, object]]] = []
    for deed in deeds:
        async with door.post("/wechat/push", json={"person": "zhou", **deed}) as answer:
            told = await answer.json()
            assert (answer.status, told["status"], told["problem"]) == (200, 200, ""), told
            heard.append(told["replies"])
    await door.put("/wechat/server", json={"url": ""})
    assert "欢迎关注" in str(heard[0]) and "0731-00000000" in str(heard[1])
    assert f"{running.url}/certification" in str(heard[2]) and heard[3] == []
    (counted,) = await running.platform.services.followers.channels()
    assert (counted.followed, counted.following) == (1, 0)
