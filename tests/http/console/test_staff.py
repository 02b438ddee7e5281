"""An administrator opens accounts for staff and switches them off, log-ins included."""

import pytest

from server.core.actor import Role
from tests.borrowing import counter
from tests.clients import visible
from tests.http.console.desks import Member, at_work, log_in
from tests.people import new_phone, register
from tests.platforms import Running

FORM = {"login": "gu.nanzhi", "name": "顾南枝", "password": "Kehu@Jiang01"}


async def administrator(running: Running) -> Member:
    return await at_work(running, Role.ADMINISTRATOR, name="温如言")


async def test_an_administrator_opens_an_officers_account_who_logs_in(running: Running) -> None:
    at, admin = await counter(running), await administrator(running)
    phone, place = new_phone(), f"{at.institution.id}:{at.branch.id}"
    form = {**FORM, "phone": phone, "roles": ["officer"], "workplace": place}
    for _ in range(2):
        answer = await admin.browser.post("/console/staff/new", form, key="one-tap-and-another")
        assert (answer.status, answer.headers["Location"]) == (303, "/console/staff")
    page = await admin.browser.follow(answer)
    text = visible(page)
    assert "账号已开通" in text and "顾南枝" in text and at.branch.name in text
    assert phone not in page.text and f"{phone[:3]}****{phone[-4:]}" in text
    assert FORM["password"] not in page.text
    officer = Member(account_id="", login=FORM["login"], phone=phone, browser=running.browser())
    assert (await log_in(officer, password=FORM["password"])).status == 303
    assert at.branch.name in visible(await officer.browser.get("/console/applications"))


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"login": "顾"}, "登录名为 3 到 32 位"),
        ({"name": ""}, "请填写姓名"),
        ({"phone": "123"}, "请输入 11 位手机号码"),
        ({"password": "weak"}, "密码须为 8 到 20 位"),
        ({"roles": ["boss"]}, "请选择岗位"),
        ({"roles": []}, "请填写岗位"),
        ({"roles": ["officer"], "workplace": ""}, "请选择客户经理所在的机构或网点"),
        ({"roles": ["officer", "reviewer"]}, "不能兼任平台岗位"),
        ({"roles": ["reviewer"]}, "审核员和管理员属于平台"),
        ({"workplace": f"{'0' * 26}:"}, "请选择所属机构"),
    ],
)
async def test_a_refused_account_keeps_what_was_typed_and_says_what_is_wrong(
    running: Running, changes: dict[str, object], sentence: str
) -> None:
    at, admin = await counter(running), await administrator(running)
    whole = {**FORM, "phone": new_phone(), "roles": ["officer"]}
    whole["workplace"] = f"{at.institution.id}:"
    answer = await admin.browser.post("/console/staff/new", {**whole, **changes})
    assert answer.status == 422
    assert sentence in visible(answer)
    if "login" not in changes:
        assert f'value="{FORM["login"]}"' in answer.text
    assert FORM["password"] not in answer.text
    assert await running.database["accounts"].count_documents({"kind": "staff"}) == 1


async def test_a_login_name_is_taken_once_whatever_its_case(running: Running) -> None:
    admin = await administrator(running)
    form = {**FORM, "phone": new_phone(), "roles": ["reviewer"]}
    assert (await admin.browser.post("/console/staff/new", form)).status == 303
    again = {**form, "login": FORM["login"].upper(), "phone": new_phone()}
    answer = await admin.browser.post("/console/staff/new", again)
    assert answer.status == 409
    assert "登录名已被使用" in visible(answer)
    assert await running.database["accounts"].count_documents({"kind": "staff"}) == 2


async def test_a_disabled_account_is_out_at_once_and_stays_out_until_it_logs_in_anew(
    running: Running,
) -> None:
    admin, member = await administrator(running), await at_work(running, Role.REVIEWER)
    assert (await member.browser.get("/console")).status == 200
    address = f"/console/staff/{member.account_id}/state"
    answer = await admin.browser.post(address, {"state": "disabled"})
    assert answer.status == 303 and "账号已停用" in visible(await admin.browser.follow(answer))
    assert (await member.browser.get("/console")).status == 303
    assert (await log_in(member)).status == 403
    answer = await admin.browser.post(address, {"state": "active"})
    assert "账号已恢复" in visible(await admin.browser.follow(answer))
    assert (await member.browser.get("/console")).status == 303
    assert (await log_in(member)).status == 303
    deeds = [r.deed for r in await running.platform.services.audit.of_subject(member.account_id)]
    assert {"accounts.staff_disabled", "accounts.staff_active"} <= set(deeds)


async def test_an_administrator_cannot_lock_himself_out(running: Running) -> None:
    admin = await administrator(running)
    answer = await admin.browser.post(
        f"/console/staff/{admin.account_id}/state", {"state": "disabled"}
    )
    assert answer.status == 409
    assert "不能停用自己的账号" in visible(answer)
    assert (await admin.browser.get("/console")).status == 200


async def test_an_applicants_account_is_not_staffs_to_switch(running: Running) -> None:
    api, admin = await register(running), await administrator(running)
    account_id = (await api.get("/me")).json["account_id"]
    answer = await admin.browser.post(f"/console/staff/{account_id}/state", {"state": "disabled"})
    assert answer.status == 404
    assert (await api.get("/me")).status == 200
