"""What strangers throw at every door: too much, too odd, too often. Never a fault, never half a deed."""

import pytest

from tests.clients import visible
from tests.journeys import steps
from tests.people import VERSIONS, get_code, new_phone, register
from tests.platforms import Running


@pytest.mark.parametrize("size", [1024 * 1024 + 1, 3 * 1024 * 1024])
async def test_a_body_that_is_too_large_gets_a_sentence(running: Running, size: int) -> None:
    api = await running.api().call(
        "POST", "/accounts", data=b"x" * size, headers={"Content-Type": "application/json"}
    )
    assert (api.status, api.code) == (413, "core.body_too_large")
    assert len(api.headers["X-Request-Id"]) == 26
    page = await running.browser().post("/login", {"phone": "1" * size})
    assert page.status == 413 and "内容太大" in visible(page)


async def test_a_boundary_that_no_browser_sends_is_refused(running: Running) -> None:
    boss = await register(running)
    kind = {"Content-Type": "multipart/form-data; boundary=" + "b" * 300}
    answer = await boss.call("POST", "/certification/licence", data=b"--b", headers=kind)
    assert (answer.status, answer.code) == (415, "core.media_type_unknown")


@pytest.mark.parametrize("elsewhere", ["/中", "/a\x7f", "/a b", "/\u2028"])
async def test_an_address_that_no_header_can_hold_leads_to_the_default(
    running: Running, elsewhere: str
) -> None:
    answer = await running.browser().post("/care", {"on": "1", "next": elsewhere})
    assert (answer.status, answer.headers["Location"]) == (303, "/")


async def test_an_old_key_with_another_phone_opens_nobodys_account(running: Running) -> None:
    first, second = new_phone(), new_phone()
    body = {"phone": first, "code": await get_code(running, first), **VERSIONS}
    assert (await running.api().post("/accounts", body, key="register1")).status == 201
    await running.database["idempotency"].delete_many({})  # as a day later
    body = {"phone": second, "code": await get_code(running, second), **VERSIONS}
    answer = await running.api().post("/accounts", body, key="register1")
    assert (answer.status, answer.code) == (409, "accounts.key_taken")
    assert await running.database["accounts"].count_documents({}) == 1
    again = await running.api().post("/accounts", body, key="another-key")
    assert again.status == 201


async def test_unknown_methods_share_one_counter(running: Running) -> None:
    for method in ("FOO", "BAR"):
        async with running.http.request(method, running.url + "/login") as answer:
            assert answer.status == 405
    async with running.http.get(running.url + "/metrics") as answer:
        text = await answer.text()
    assert 'method="OTHER"' in text and "FOO" not in text


async def test_a_slow_body_does_not_hold_a_connection_open_for_ever(running: Running) -> None:
    assert running.platform.server is not None
    assert running.platform.server.conn_params.body_timeout == 120.0


@pytest.mark.parametrize("query", ["page=-5&size=1000", "page=x", "size=7", "page=99999999999"])
async def test_a_list_page_with_an_odd_number_is_its_first_page(
    running: Running, query: str
) -> None:
    assert (await running.browser().get(f"/products?{query}")).status == 200


async def test_staff_log_out_over_the_api(running: Running) -> None:
    await steps.sow(running)
    staff = await steps.log_in_staff(running, "reviewer1")
    assert (await staff.get("/me")).json["roles"] == ["reviewer"]
    assert (await staff.delete("/sessions/current")).status == 204
    assert (await staff.get("/me")).status == 401
