"""From an aggregate's write to the people who are told of it, through outbox, relay and table."""

import pytest

from server.accounts.service import NewStaff
from server.core.actor import Actor, Role, Surface
from server.core.events import Event
from server.core.ids import new_id
from server.core.paging import PageRequest
from server.institutions.institution import Branch, Institution, InstitutionKind
from server.messages.message import Message
from server.relay import Job, Relay
from server.storage.outbox import Outbox
from server.subscriptions import Subscriptions, Table, application_news, certification_news, table
from tests.domain.messages.office import Office, Opener, Person
from tests.people import new_phone
from tests.waiting import until

INSTITUTION = "1" * 26
BRANCH = "2" * 26


class WrittenReasons:
    """What staff wrote, as the aggregate of each case keeps it."""

    async def reason_of(self, subject_id: str) -> str:
        return f"材料不清晰（{subject_id[-4:]}）"


@pytest.fixture
async def news(office: Office) -> Table:
    """The table for an institution that is on the platform."""
    region = ("430100",)
    branch = Branch(
        id=BRANCH, name="五一路支行", region_codes=region, address="五一路 1 号", phone="0731-1"
    )
    institution = Institution(
        id=INSTITUTION,
        name="云桥市农村商业银行股份有限公司",
        short_name="云桥农商行",
        kind=InstitutionKind.BANK,
        region_codes=region,
        created_at=office.clock(),
        branches=(branch,),
    )
    await office.services.institutions.add(institution, actor=None)
    return news_of(office)


def news_of(office: Office) -> Table:
    services, reasons = office.services, WrittenReasons()
    return table(
        certification_news(messages=services.messages, reasons=reasons),
        application_news(
            messages=services.messages,
            accounts=services.accounts,
            institutions=services.institutions,
            reasons=reasons,
        ),
    )


@pytest.mark.parametrize(
    ("name", "title", "words"),
    [
        ("certification_approved", "企业认证已通过", "现在可以申请"),
        ("certification_rejected", "企业认证未通过", "材料不清晰（"),
        ("certification_returned", "企业认证需要补充材料", "材料不清晰（"),
    ],
)
async def test_an_applicant_is_told_how_his_certification_ended(
    office: Office, person: Person, news: Table, name: str, title: str, words: str
) -> None:
    event = office.event(f"enterprises.{name}", account_id=person.account_id)
    [message] = await _told(office, news, event, person)
    assert message.title == title
    assert words in message.text
    assert message.link == "/certification"
    assert await office.run() == 1
    assert len(await office.inbox(person)) == 1


@pytest.mark.parametrize(
    ("name", "title", "words"),
    [
        ("submitted", "融资申请已提交", "RQ20261120000001"),
        ("resubmitted", "融资申请已提交", "RQ20261120000001"),
        ("accepted", "融资申请已受理", "云桥农商行已受理"),
        ("referred_back", "融资申请需要补充材料", "材料不清晰（"),
        ("credited", "融资申请已授信", "授信 150.5万元"),
        ("lent", "融资已放款", "放款 150.5万元"),
        ("declined", "融资申请未通过", "材料不清晰（"),
    ],
)
async def test_an_applicant_is_told_of_every_step_of_his_application(
    office: Office, person: Person, news: Table, name: str, title: str, words: str
) -> None:
    event = _step(office, name, person)
    [message] = await _told(office, news, event, person)
    assert message.title == title
    assert words in message.text
    assert message.link == f"/applications/{event.subject_id}"
    assert await office.run() == 1
    assert len(await office.inbox(person)) == 1


@pytest.mark.parametrize("name", ["submitted", "resubmitted"])
async def test_the_officers_of_the_branch_and_no_others_are_told_of_an_application_that_arrived(
    office: Office, person: Person, news: Table, name: str
) -> None:
    own, phone = await _officer(office, BRANCH)
    other, _ = await _officer(office, "3" * 26)
    await _told(office, news, _step(office, name, person), person)
    page = await office.services.messages.page(own, PageRequest())
    assert [message.title for message in page.items] == ["新的融资申请待受理"]
    assert page.items[0].link.startswith("/console/applications/")
    assert await office.services.messages.unread(other) == 0
    assert await office.run() == 2
    [sms] = await office.sandbox.inbox(phone)
    assert sms["template"] == "SMS_APP_NEW"


async def test_news_that_nobody_waits_for_changes_nothing(
    office: Office, person: Person, news: Table
) -> None:
    event = _step(office, "withdrawn", person)
    assert await _told(office, news, event, person) == []


async def test_two_relays_on_one_database_bring_each_news_to_a_person_once(
    open_office: Opener, office: Office, person: Person, news: Table
) -> None:
    offices = [office, open_office()]
    steps = [_step(office, name, person) for name in ("submitted", "accepted", "credited")]
    aggregate = {"_id": new_id(), "pending": [step.to_document() for step in steps]}
    relays = [_relay(each) for each in offices]
    for relay in relays:
        relay.start()
    await office.database["applications"].insert_one(aggregate)
    for relay in relays:
        relay.wake()
    await until(lambda: _has_sms(office, person, 3), deadline_seconds=20)
    for relay in relays:
        await relay.stop()
    assert await office.services.messages.unread(person.actor) == 3
    assert len(await office.inbox(person)) == await office.sends() == 3


def _step(office: Office, name: str, person: Person) -> Event:
    return office.event(
        f"applications.{name}",
        account_id=person.account_id,
        enterprise_id="4" * 26,
        institution_id=INSTITUTION,
        branch_id=BRANCH,
        case_no="RQ20261120000001",
        amount_fen=150_500_000,
    )


async def _told(office: Office, news: Table, event: Event, person: Person) -> list[Message]:
    """What is in the person's inbox after the news came twice."""
    for _ in range(2):
        await Subscriptions(news).react(event)
    page = await office.services.messages.page(person.actor, PageRequest())
    return list(page.items)


async def _officer(office: Office, branch_id: str) -> tuple[Actor, str]:
    phone = new_phone()
    new = NewStaff(
        login=f"officer-{branch_id[0]}",
        password="Yunqiao-2026",
        name="周建国",
        phone=phone,
        roles=frozenset({Role.OFFICER}),
        institution_id=INSTITUTION,
        branch_id=branch_id,
    )
    account = await office.services.accounts.add_staff(new, account_id=new_id(), actor=None)
    actor = Actor(
        account_id=account.id,
        surface=Surface.CONSOLE,
        session_id=new_id(),
        address="127.0.0.1",
        roles=account.roles,
    )
    return actor, phone


def _relay(office: Office) -> Relay:
    return Relay(
        outbox=Outbox(office.database, office.clock, ("applications",)),
        subscriptions=Subscriptions(news_of(office)),
        jobs=(Job(name="deliveries", every_seconds=0.1, run=office.run),),
    )


async def _has_sms(office: Office, person: Person, number: int) -> bool:
    return len(await office.inbox(person)) >= number
