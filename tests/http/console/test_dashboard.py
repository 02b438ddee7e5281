"""The dashboard: its figures against a recount of the cases' own histories, and each role's view."""

import re
from collections import Counter
from datetime import datetime, time, timedelta
from typing import Any

import pytest

from server.core.actor import Actor, Role, Surface
from server.core.clock import SHANGHAI, shanghai, shanghai_day
from server.core.events import Event
from server.core.ids import new_id
from server.reports.dashboard import Period
from server.reports.figures import Figure
from tests.borrowing import Case, branch, case, certified, counter, enterprise
from tests.certifying import enterprise as known
from tests.certifying import reviewer, submitted
from tests.clients import visible
from tests.http.console.desks import at_work
from tests.platforms import Running
from tests.waiting import until

STEPS = {
    "submitted": Figure.SUBMITTED,
    "accepted": Figure.ACCEPTED,
    "referred_back": Figure.REFERRED_BACK,
    "declined": Figure.DECLINED,
    "withdrawn": Figure.WITHDRAWN,
    "credited": Figure.CREDITED,
    "lent": Figure.LENT,
}
ENDS = {
    "approve": Figure.CERTIFICATIONS_APPROVED,
    "reject": Figure.CERTIFICATIONS_REJECTED,
    "return": Figure.CERTIFICATIONS_RETURNED,
}


async def recounted(running: Running, **query: str) -> Counter[Figure]:
    """The same figures from what the documents themselves say."""
    sums: Counter[Figure] = Counter()
    async for document in running.database["applications"].find(query):
        for step in document["steps"]:
            if step["deed"] in STEPS:
                sums[STEPS[step["deed"]]] += 1
        if document["credit"]:
            sums[Figure.CREDITED_FEN] += document["credit"]["amount_fen"]
        sums[Figure.LENT_FEN] += sum(loan["amount_fen"] for loan in document["loans"])
    if not query:
        async for document in running.database["certifications"].find():
            for submission in document["submissions"]:
                sums[Figure.CERTIFICATIONS_SUBMITTED] += 1
                if submission["decision"]:
                    sums[ENDS[submission["decision"]["kind"]]] += 1
    return sums


async def counted(running: Running) -> Counter[Figure]:
    """The figures of all days and places."""
    sums: Counter[Figure] = Counter()
    async for document in running.database["daily_figures"].find():
        sums.update({Figure(name): number for name, number in document["sums"].items()})
    return sums


async def settled(running: Running) -> None:
    """Every event has been told."""

    async def is_quiet() -> bool:
        waiting = {"pending.0": {"$exists": True}}
        left = [
            await running.database[source].count_documents(waiting)
            for source in ("applications", "certifications")
        ]
        todo = await running.database["events"].count_documents({"done": False})
        return not any(left) and not todo

    await until(is_quiet, 20)


async def busy_day(running: Running) -> Case:
    """Two branches with cases of every kind and certifications, all between noon and midnight."""
    now = shanghai(running.clock())
    noon = datetime.combine(now.date() + timedelta(days=1), time(12), SHANGHAI)
    running.clock.advance(seconds=(noon - now).total_seconds())
    here, there = branch("雨花支行"), branch("岳麓支行")
    at = await counter(running, here, there)
    api = await certified(running, enterprise(0))
    one = await case(running, api, at)
    await one.up_to("accept", "credit", "loans", "loans")
    other = await certified(running, enterprise(1))
    at_other = type(at)(institution=at.institution, product=at.product, branch=there)
    await (await case(running, other, at_other)).up_to("refer-back")
    elsewhere = await counter(running, name="北辰银行")
    await (await case(running, other, elsewhere)).up_to("decline")
    for number, word in ((2, "reject"), (3, "approve")):
        _, case_id = await submitted(running, known(number))
        answer = await (await reviewer(running)).decide(case_id, word, "营业执照不清晰")
        assert answer.status == 200, answer.text
    return one


async def test_the_figures_equal_a_recount_of_the_documents(running: Running) -> None:
    one = await busy_day(running)
    await settled(running)
    everything = +await recounted(running)
    assert everything[Figure.LENT_FEN] and everything[Figure.CERTIFICATIONS_REJECTED]
    assert +await counted(running) == everything
    actor = Actor(
        account_id=new_id(),
        surface=Surface.CONSOLE,
        session_id=new_id(),
        address="",
        roles=frozenset({Role.OFFICER}),
        institution_id=one.at.institution.id,
        branch_id=one.at.branch.id,
    )
    for period in Period:
        overview = await running.platform.services.dashboard.overview(actor, period)
        own = +await recounted(running, branch_id=one.at.branch.id)
        assert +overview.total == own and +overview.month == own
        total: Counter[Figure] = Counter()
        for _, sums in overview.trend:
            total.update(sums)
        assert +total == own
        assert len(overview.trend) == {Period.DAYS: 30, Period.MONTHS: 12}[period]


async def test_an_event_that_is_told_again_is_counted_once(running: Running) -> None:
    await case(running)
    await settled(running)
    before = await counted(running)
    events = running.database["events"]
    dashboard = running.platform.services.dashboard
    async for document in events.find({"name": "applications.submitted"}):
        await dashboard.count(Event.from_document(document))
    assert await counted(running) == before


async def test_a_day_is_a_day_of_china(running: Running) -> None:
    await case(running)
    await settled(running)
    document = await running.database["daily_figures"].find_one({"sums.submitted": 1})
    assert document is not None
    assert document["day"] == shanghai_day(running.clock()).isoformat()


def stats_of(page: Any) -> dict[str, str]:
    """The cards: label to value with unit."""
    cards = re.findall(
        r'rq-stat-label">([^<]+)</span><span class="rq-stat-value">(.*?)</span>', page.text
    )
    return {label: re.sub(r"<[^>]+>", "", value) for label, value in cards}


async def test_each_role_sees_its_own_figures_and_work(running: Running) -> None:
    one = await busy_day(running)
    _, waiting = await submitted(running, known(2))
    await settled(running)
    at = one.at
    handler = await at_work(running, Role.OFFICER, at.institution, at.branch)
    page = await handler.browser.get("/console")
    assert stats_of(page)["本月授信"] == "100万元" and stats_of(page)["本月放款"] == "80万元"
    assert "企业认证" not in stats_of(page) and waiting not in page.text
    page = await (await at_work(running, Role.REVIEWER)).browser.get("/console")
    stats = stats_of(page)
    assert (stats["待审核"], stats["今日办结"], stats["今日新提交"]) == ("1件", "2件", "3件")
    assert waiting in page.text and "万元" not in visible(page)
    page = await (await at_work(running, Role.ADMINISTRATOR)).browser.get("/console?period=months")
    stats = stats_of(page)
    assert (stats["已认证企业"], stats["在架产品"], stats["本月申请"]) == ("3家", "2款", "3笔")
    assert "江岸银行" in visible(page) and "北辰银行" in visible(page)


async def test_an_officer_of_another_branch_sees_nothing_of_it(running: Running) -> None:
    one = await case(running)
    await settled(running)
    stranger = await counter(running, name="北辰银行")
    member = await at_work(running, Role.OFFICER, stranger.institution, stranger.branch)
    page = await member.browser.get("/console")
    assert stats_of(page)["待受理"] == "0笔" and one.id not in page.text
    assert "这段时间还没有数据" in visible(page)


@pytest.mark.parametrize("period", ["days", "months"])
async def test_the_charts_can_be_read_as_tables(running: Running, period: str) -> None:
    one = await case(running)
    await settled(running)
    member = await at_work(running, Role.OFFICER, one.at.institution, one.at.branch)
    page = await member.browser.get(f"/console?period={period}")
    assert page.text.count("以表格查看") == 2 and "待受理" in visible(page)


async def test_an_unknown_period_is_the_usual_one(running: Running) -> None:
    member = await at_work(running, Role.REVIEWER)
    assert (await member.browser.get("/console?period=ages")).status == 200
