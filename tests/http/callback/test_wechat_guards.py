"""What an attacker, a broken sender, a killed process and a lost database do to the callback."""

import asyncio
import shutil
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from server.official_account.callbacks import ANSWER_SECONDS, Callbacks
from server.official_account.envelope import Envelope
from server.official_account.incoming import Incoming
from server.official_account.reply import Reply
from server.official_account.repository import PushRepository
from server.official_account.rules import read_rules
from server.official_account.scenes import Scan, Scenes
from server.storage.embedded import Embedded
from tests import wechats
from tests.platforms import ROOT, Running, Starter
from tests.waiting import until
from tests.wechats import Push, event, message, new_openid, sealed, signed, text

BOMB = (
    '<!DOCTYPE xml [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    "<xml><ToUserName>&b;</ToUserName><Encrypt>x</Encrypt></xml>"
)
OUTSIDE = (
    '<!DOCTYPE xml [<!ENTITY e SYSTEM "file:///etc/passwd">]><xml><Encrypt>&e;</Encrypt></xml>'
)


async def untouched(running: Running) -> bool:
    names = ("wechat_followers", "wechat_pushes")
    return not any([await running.database[name].count_documents({}) for name in names])


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not xml",
        b"\xff\xfe\x00",
        b"<xml></xml>",
        b"<xml/>",
        b"<json/>",
        b"<other><Encrypt>x</Encrypt></other>",
        b"<xml><Encrypt a='1'>x</Encrypt></xml>",
        b"<xml><Encrypt>x</Encrypt><Encrypt>y</Encrypt></xml>",
        b"<xml><Encrypt><Deep>x</Deep></Encrypt></xml>",
        BOMB.encode(),
        OUTSIDE.encode(),
        b"<!DOCTYPE xml SYSTEM 'http://x.example/'><xml><Encrypt>x</Encrypt></xml>",
        b"<xml>" + b"<a>" * 20_000,
        b"<xml>" + b"<a>" * 5_000 + b"</a>" * 5_000 + b"</xml>",
        message("oPlain", "<MsgType>event</MsgType><Event>subscribe</Event>").encode(),
    ],
)
async def test_a_body_that_is_no_envelope_is_refused(running: Running, body: bytes) -> None:
    answer = await event(new_openid(), "subscribe").send(running.url, body=body)
    assert (answer.status, "official_account.push_malformed" in answer.text) == (422, True)
    assert await untouched(running)


async def test_a_body_too_large_is_refused_before_it_is_read(running: Running) -> None:
    body = b"<xml><Encrypt>" + b"x" * 65_536 + b"</Encrypt></xml>"
    answer = await event(new_openid(), "subscribe").send(running.url, body=body)
    assert answer.status == 413
    assert await untouched(running)


@pytest.mark.parametrize(
    "changed",
    [
        {"signature": ""},
        {"signature": "0" * 40},
        {"signature": "é" * 40},
        {"timestamp": ""},
        {"timestamp": "x"},
        {"timestamp": "٣"},
        {"timestamp": "9" * 4000},
        {"nonce": ""},
        {"nonce": "]]></Nonce>"},
        {"msg_signature": ""},
        {"msg_signature": "0" * 40},
    ],
)
async def test_what_wechat_did_not_sign_is_refused(
    running: Running, changed: dict[str, str]
) -> None:
    answer = await event(new_openid(), "subscribe").send(running.url, query=changed)
    assert (answer.status, "official_account.signature_wrong" in answer.text) == (403, True)
    assert await untouched(running)


async def test_digits_can_not_move_between_time_stamp_and_nonce(running: Running) -> None:
    stamp = str(int(time.time()))
    signature = signed(wechats.TOKEN, stamp + "5", "abc")
    push = event(new_openid(), "subscribe")
    shifted = {"timestamp": stamp, "nonce": "5abc", "signature": signature}
    assert (await push.send(running.url, query=shifted)).status == 403
    assert await untouched(running)


async def test_the_signature_of_the_address_is_none_for_the_content(running: Running) -> None:
    push = event(new_openid(), "subscribe")
    answer = await push.send(running.url, query={"msg_signature": push.query["signature"]})
    assert answer.status == 403
    assert await untouched(running)


@pytest.mark.parametrize("who", ["another token", "another account"])
async def test_what_was_sealed_for_another_is_refused(running: Running, who: str) -> None:
    xml = message(new_openid(), "<MsgType>event</MsgType><Event>subscribe</Event>")
    push = sealed(xml, token="other") if who == "another token" else sealed(xml, app_id="wx1")
    assert (await push.send(running.url)).status == (403 if who == "another token" else 422)
    assert await untouched(running)


@pytest.mark.parametrize("encrypted", ["AAAA", "not base64!", "A" * 64, ""])
async def test_signed_rubbish_is_refused(running: Running, encrypted: str) -> None:
    stamp, nonce = str(int(time.time())), "n1"
    body = f"<xml><Encrypt>{encrypted}</Encrypt></xml>".encode()
    query = {
        "signature": signed(wechats.TOKEN, stamp, nonce),
        "timestamp": stamp,
        "nonce": nonce,
        "msg_signature": signed(wechats.TOKEN, stamp, nonce, encrypted),
    }
    assert (await Push(query=query, body=body).send(running.url)).status == 422


@pytest.mark.parametrize(
    "inside",
    [
        "",
        "<xml/>",
        "nothing",
        BOMB,
        message("o1", ""),
        message("o1", "<MsgType><b>text</b></MsgType>"),
        message("o1", "<MsgType>text</MsgType><MsgType>event</MsgType>"),
        message("o1", "<MsgType>event</MsgType>"),
        message("o1", "<MsgType>text</MsgType><Content>x</Content><MsgId>abc</MsgId>"),
        message("", "<MsgType>event</MsgType><Event>subscribe</Event>"),
        message("o]]>1", "<MsgType>event</MsgType><Event>subscribe</Event>").replace(
            "]]>1", "&gt;"
        ),
        message("o1", "<MsgType>event</MsgType><Event>a b</Event>"),
        message("o1", "<MsgType>event</MsgType><Event>subscribe</Event>", at=10**18),
        message("o1", "<MsgType>event</MsgType>" + "<a>" * 50 + "</a>" * 50),
    ],
)
async def test_a_sealed_message_that_is_none_is_refused(running: Running, inside: str) -> None:
    answer = await sealed(inside).send(running.url)
    assert (answer.status, "official_account.push_malformed" in answer.text) == (422, True)
    assert await untouched(running)


async def test_no_openid_stands_in_the_log(
    running: Running, caplog: pytest.LogCaptureFixture
) -> None:
    openid = new_openid()
    caplog.set_level("DEBUG")
    await event(openid, "subscribe", EventKey="qrscene_c.x").send(running.url)
    await text(openid, "进度").send(running.url)
    assert openid not in caplog.text


class Desk:
    """A scene whose reaction waits for the test, and writes what it did by the scan's key."""

    def __init__(self) -> None:
        self.begun = 0
        self.done: set[str] = set()
        self.go_on = asyncio.Event()

    async def __call__(self, scan: Scan, /) -> Reply | None:
        self.begun += 1
        await self.go_on.wait()
        self.done.add(scan.key)
        return Reply(text="您已登录]]><Evil/>\x00")


def callbacks_of(running: Running, desk: Desk) -> Callbacks:
    """Another process's callbacks on the same database, with the test's own reaction."""
    services = running.platform.services
    ground = running.platform._ground
    return Callbacks(
        envelope=Envelope(token=wechats.TOKEN, aes_key=wechats.AES_KEY, app_id=wechats.APP_ID),
        pushes=PushRepository(ground.database, ground.cipher),
        followers=services.followers,
        rules=read_rules(ROOT / "wechat.yaml"),
        scenes=Scenes({"l": desk}),
        reports=None,
        site=running.url,
        clock=running.clock,
    )


def scanned(callbacks: Callbacks) -> Incoming:
    push = event(new_openid(), "SCAN", EventKey="l.ticket", Ticket="t")
    asked = push.query
    return callbacks.open(push.body, asked["msg_signature"], asked["timestamp"], asked["nonce"])


@pytest.mark.shows("T29")
async def test_killed_between_claim_and_deed_the_retry_does_it_once(running: Running) -> None:
    killed, alive = Desk(), Desk()
    first, second = callbacks_of(running, killed), callbacks_of(running, alive)
    incoming = scanned(first)
    victim = asyncio.create_task(first.answer(incoming))
    await until(lambda: killed.begun == 1)
    victim.cancel()
    with pytest.raises(asyncio.CancelledError):
        await victim
    alive.go_on.set()
    retry = asyncio.create_task(second.answer(incoming))
    running.clock.advance(seconds=5)  # the lease of the dead
    reply = await retry
    assert (len(killed.done), len(alive.done), alive.begun) == (0, 1, 1)
    assert await second.answer(incoming) is not None and reply is not None
    assert alive.begun == 1


async def test_a_retry_waits_for_the_first_and_gets_its_reply(running: Running) -> None:
    desk, other = Desk(), Desk()
    first, second = callbacks_of(running, desk), callbacks_of(running, other)
    incoming = scanned(first)
    begun = [asyncio.create_task(one.answer(incoming)) for one in (first, second)]
    await until(lambda: desk.begun + other.begun == 1)
    for one in (desk, other):
        one.go_on.set()
    replies = await asyncio.gather(*begun)
    assert len(desk.done | other.done) == 1 and desk.begun + other.begun == 1
    assert all(replies)


async def test_a_failure_leaves_it_to_the_retry_at_once(running: Running) -> None:
    class Failing(Desk):
        async def __call__(self, scan: Scan, /) -> Reply | None:
            self.begun += 1
            raise ConnectionError

    failing, desk = Failing(), Desk()
    desk.go_on.set()
    first, second = callbacks_of(running, failing), callbacks_of(running, desk)
    incoming = scanned(first)
    with pytest.raises(ConnectionError):
        await first.answer(incoming)
    assert await second.answer(incoming) is not None
    assert len(desk.done) == 1


async def test_what_takes_too_long_is_answered_in_time_and_told_again(running: Running) -> None:
    desk = Desk()
    callbacks = callbacks_of(running, desk)
    incoming = scanned(callbacks)
    began = time.monotonic()
    with pytest.raises(Exception) as raised:
        await callbacks.answer(incoming)
    assert getattr(raised.value, "code", "") == "official_account.push_unanswered"
    assert ANSWER_SECONDS - 0.5 < time.monotonic() - began < 5
    running.clock.advance(seconds=5)
    desk.go_on.set()
    assert await callbacks.answer(incoming) is not None
    assert len(desk.done) == 1


async def test_what_a_reaction_says_can_not_break_out_of_its_reply(running: Running) -> None:
    desk = Desk()
    desk.go_on.set()
    callbacks = callbacks_of(running, desk)
    answer = await callbacks.answer(scanned(callbacks))
    assert answer is not None
    reply = wechats.opened(answer)
    assert reply["Content"] == "您已登录]]><Evil/>"
    assert "Evil" not in reply


async def test_without_a_database_it_is_told_again_and_nothing_is_lost(start: Starter) -> None:
    folder = Path(tempfile.mkdtemp(prefix="rq"))
    mongod = Embedded(folder)
    mongod.start()
    running = await start(RQ_MONGODB_URI=mongod.uri)
    mongod.stop()
    push, began = event(new_openid(), "subscribe", EventKey="qrscene_c.park"), time.monotonic()
    assert (await push.send(running.url)).status == 503
    assert time.monotonic() - began < 5
    assert "0731" in (await text(new_openid(), "客服").send(running.url)).content
    mongod.start()
    assert "欢迎关注" in (await push.send(running.url)).content
    (counted,) = await running.platform.services.followers.channels()
    assert (counted.channel, counted.followed) == ("park", 1)
    mongod.stop()
    shutil.rmtree(folder)


def test_the_clock_of_the_envelope_is_the_servers() -> None:
    envelope = Envelope(token="t0k", aes_key=wechats.AES_KEY, app_id="wx1")
    stamp = "1700000000"
    envelope.must_be_signed(
        signed("t0k", stamp, "n"), stamp, "n", now=datetime.fromtimestamp(1_700_000_599, UTC)
    )
    with pytest.raises(ValueError, match="token"):
        Envelope(token="", aes_key=wechats.AES_KEY, app_id="wx1")
