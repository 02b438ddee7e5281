"""wechatpy still has what we lean on, and nothing of it reaches the network but through us."""

import pytest

from server.providers.wechat.exchange import Exchange, Outgoing, Reply
from server.providers.wechat.payloads import payloads_over


class Carrier:
    def __init__(self) -> None:
        self.carried: list[Outgoing] = []

    async def __call__(self, outgoing: Outgoing) -> Reply:
        self.carried.append(outgoing)
        return Reply(exchange=Exchange.ANSWERED)


@pytest.fixture
def carrier() -> Carrier:
    return Carrier()


async def test_every_call_we_make_is_carried_with_its_address_and_payload(carrier: Carrier) -> None:
    payloads = payloads_over(carrier, app_id="wx0")
    await payloads.post("message/template/send", data={"touser": "o", "data": "码"})
    await payloads.qrcode.create({"action_name": "QR_STR_SCENE"})
    await payloads.menu.create({"button": []})
    await payloads.menu.get()
    await payloads.menu.delete()
    await payloads.user.get("o")
    await payloads.jsapi.get_ticket()
    assert [(one.method, one.path) for one in carrier.carried] == [
        ("POST", "/cgi-bin/message/template/send"),
        ("POST", "/cgi-bin/qrcode/create"),
        ("POST", "/cgi-bin/menu/create"),
        ("GET", "/cgi-bin/menu/get"),
        ("GET", "/cgi-bin/menu/delete"),
        ("GET", "/cgi-bin/user/info"),
        ("GET", "/cgi-bin/ticket/getticket"),
    ]
    assert carrier.carried[0].body == '{"touser": "o", "data": "码"}'.encode()
    assert carrier.carried[5].params == {"openid": "o", "lang": "zh_CN"}
    assert carrier.carried[6].params == {"type": "jsapi"}


async def test_an_address_outside_of_the_api_is_not_called(carrier: Carrier) -> None:
    payloads = payloads_over(carrier, app_id="wx0")
    for address in ("https://mp.weixin.qq.com/a", "https://api.weixin.qq.com.example.cn/a"):
        with pytest.raises(ValueError):
            await payloads.post(address)
    assert not carrier.carried


async def test_its_own_token_code_and_its_session_are_out_of_reach(carrier: Carrier) -> None:
    payloads = payloads_over(carrier, app_id="wx0")
    with pytest.raises(AttributeError):
        _ = payloads.access_token
    with pytest.raises(NotImplementedError):
        payloads.fetch_access_token()
    assert not payloads.auto_retry and payloads.secret == ""
    assert not carrier.carried


async def test_what_is_not_carried_is_said_and_not_cut_off(carrier: Carrier) -> None:
    payloads = payloads_over(carrier, app_id="wx0")
    with pytest.raises(NotImplementedError):
        await payloads.media.upload("image", b"picture")
    assert not carrier.carried
