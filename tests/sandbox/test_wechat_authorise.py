"""Web authorisation on a person's origin, through the phone's web view."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import pytest_asyncio

from sandbox.state import State
from tests.sandbox.phones import PhoneClient, phone_client
from tests.sandbox.wechat_server import APP_ID, Inbox, server_of

PATH = "/connect/oauth2/authorize"


@pytest_asyncio.fixture
async def phone(state: State) -> AsyncIterator[PhoneClient]:
    async with phone_client(state) as client:
        yield client


@pytest_asyncio.fixture
async def inbox(state: State, phone: PhoneClient) -> AsyncIterator[Inbox]:
    async with server_of(state) as inbox:
        yield inbox


def asking(of: State, **other: str) -> str:
    query = {
        "appid": APP_ID,
        "redirect_uri": f"{of.server_url}/wechat/login?next=%2Fme",
        "response_type": "code",
        "scope": "snsapi_base",
        "state": "abc123",
        **other,
    }
    return f"{PATH}?{urlencode(query)}"


def parts(address: str) -> tuple[str, dict[str, Any]]:
    split = urlsplit(address)
    return f"{split.scheme}://{split.netloc}{split.path}", parse_qs(split.query)


async def test_a_silent_authorisation_comes_back_at_once_as_that_person(
    state: State, phone: PhoneClient, inbox: Inbox
) -> None:
    for person in ("zhou", "lin"):
        status, location = await phone.get(asking(state), on=person)
        assert status == 302
        place, query = parts(location)
        assert place == f"http://{person}.localhost:{state.port}/wechat/login"
        assert (query["state"], query["next"]) == (["abc123"], ["/me"])
        assert state.wechat.oauth.use(query["code"][0]).person_key == person


async def test_a_redirect_to_authorisation_stays_on_the_phone(
    state: State, phone: PhoneClient, inbox: Inbox
) -> None:
    for origin in (state.base_url, "https://open.weixin.qq.com"):
        target = f"{origin}{asking(state)}#wechat_redirect"
        status, location = await phone.get(f"/go?{urlencode({'to': target})}", on="zhou")
        assert status == 302
        assert location.startswith(f"http://zhou.localhost:{state.port}{PATH}?appid=")
    status, location = await phone.get(location.partition(str(state.port))[2], on="zhou")
    status, page = await phone.get(location.partition(str(state.port))[2], on="zhou")
    assert (status, "abc123" in page) == (200, True)


async def test_giving_ones_name_is_asked_for_and_can_be_refused(
    state: State, phone: PhoneClient, inbox: Inbox
) -> None:
    address = asking(state, scope="snsapi_userinfo")
    status, page = await phone.get(address, on="zhou")
    assert status == 200
    assert "允许" in page and "拒绝" in page and "周启明" in page
    status, page = await phone.post(address, on="zhou", allow="0")
    assert (status, "已拒绝" in page) == (200, True)
    status, location = await phone.post(address, on="zhou", allow="1")
    assert status == 303
    code = parts(location)[1]["code"][0]
    assert state.wechat.oauth.use(code).scope == "snsapi_userinfo"


@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        ({"redirect_uri": "https://elsewhere.example.cn/login"}, "10003"),
        ({"redirect_uri": "/login"}, "10003"),
        ({"appid": "wx1"}, "40013"),
        ({"response_type": "token"}, "response_type 参数错误"),
        ({"scope": "snsapi_login"}, "10005"),
        ({"scope": ""}, "10010"),
        ({"state": ""}, "10013"),
        ({"state": "with-a-dash"}, "state 参数错误"),
    ],
)
async def test_a_wrong_request_is_refused_in_words(
    state: State, phone: PhoneClient, inbox: Inbox, wrong: dict[str, str], problem: str
) -> None:
    status, page = await phone.get(asking(state, **wrong), on="zhou")
    assert status == 200
    assert problem in page


async def test_outside_of_wechat_nobody_is_authorised(
    state: State, phone: PhoneClient, inbox: Inbox
) -> None:
    status, page = await phone.get(asking(state))
    assert (status, "请在微信客户端打开" in page) == (200, True)
    assert (await phone.get(asking(state), on="nobody"))[0] == 404


async def test_the_servers_address_can_be_told_later(state: State, phone: PhoneClient) -> None:
    async with phone.session.put(
        f"{state.base_url}/wechat/server", json={"url": "http://127.0.0.1:7777/"}
    ) as answer:
        assert await answer.json() == {"url": "http://127.0.0.1:7777"}
    assert (await phone.get(asking(state), on="zhou"))[0] == 302
