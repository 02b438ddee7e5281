"""Short messages: sent once, refused with a reason, or ambiguous and then found out."""

import socket

import pytest

from server.core.errors import Kind
from server.providers.aliyun.sms_codes import refusal_of
from server.providers.ports import (
    ProviderAmbiguous,
    ProviderProblem,
    ProviderUnavailable,
    SmsFate,
    SmsLimited,
    SmsNotAccepted,
    SmsNumberRefused,
    SmsRefusal,
    SmsRefused,
)
from tests.providers.world import HASTY, Remotes, Sandbox

CODE = {"template": "SMS_CODE", "params": {"code": "408213"}}


async def test_a_message_is_sent_and_found(sandbox: Sandbox, remotes: Remotes, phone: str) -> None:
    sms = remotes.sms()
    await sms.send(phone=phone, **CODE, out_id="out-1")  # type: ignore[arg-type]
    (message,) = await sandbox.inbox(phone)
    assert "408213" in message["text"] and message["sign_name"] == "融桥"
    day = await sandbox.day()
    assert await sms.find(phone=phone, sent_on=day, out_id="out-1") is SmsFate.SENT
    assert await sms.find(phone=phone, sent_on=day, out_id="out-2") is None


async def test_words_in_chinese_and_with_signs_arrive_as_they_are(
    sandbox: Sandbox, remotes: Remotes, phone: str
) -> None:
    case = "RQ 2026+~*/%&=『一号』"
    await remotes.sms().send(
        phone=phone, template="SMS_APP_SUBMITTED", params={"case_no": case}, out_id="o"
    )
    assert case in (await sandbox.inbox(phone))[0]["text"]


@pytest.mark.shows("T37")
async def test_a_limit_of_the_network_is_a_time_to_wait(
    sandbox: Sandbox, remotes: Remotes, phone: str
) -> None:
    sms = remotes.sms()
    waits = []
    for number in range(12):
        try:
            await sms.send(phone=phone, **CODE, out_id=f"o{number}")  # type: ignore[arg-type]
        except SmsLimited as refused:
            assert refused.reason is SmsRefusal.LIMIT and refused.kind is Kind.TOO_MANY
            assert refused.facts == {"retry_after_seconds": refused.wait_seconds}
            waits.append(refused.wait_seconds)
            await sandbox.advance(refused.wait_seconds)
    assert set(waits) == {60, 3600}
    assert len(await sandbox.inbox(phone)) + len(waits) == 12


async def test_the_longest_wait_is_a_day() -> None:
    refused = refusal_of("isv.BUSINESS_LIMIT_CONTROL", "触发天级流控Permits:10")
    assert refused is not None and refused.wait_seconds == 86400
    unsaid = refusal_of("isv.BUSINESS_LIMIT_CONTROL", "")
    assert unsaid is not None and unsaid.wait_seconds == 60


async def test_a_number_that_is_none_is_refused(sandbox: Sandbox, remotes: Remotes) -> None:
    with pytest.raises(SmsNumberRefused) as refused:
        await remotes.sms().send(phone="12345", **CODE, out_id="o")  # type: ignore[arg-type]
    assert refused.value.reason is SmsRefusal.NUMBER and not await sandbox.inbox("12345")


@pytest.mark.parametrize(
    ("template", "params", "reason"),
    [
        ("SMS_NOT_APPROVED", {"code": "408213"}, SmsRefusal.ACCOUNT),
        ("SMS_CODE", {}, SmsRefusal.CONTENT),
        ("SMS_CODE", {"code": "4" * 36}, SmsRefusal.CONTENT),
    ],
)
async def test_a_message_that_is_not_allowed_is_not_accepted(
    sandbox: Sandbox,
    remotes: Remotes,
    phone: str,
    template: str,
    params: dict[str, str],
    reason: SmsRefusal,
) -> None:
    with pytest.raises(SmsRefused) as refused:
        await remotes.sms().send(phone=phone, template=template, params=params, out_id="o")
    assert isinstance(refused.value, SmsNotAccepted) and refused.value.reason is reason
    assert not await sandbox.inbox(phone)


@pytest.mark.parametrize(
    "code", ["isv.AMOUNT_NOT_ENOUGH", "isv.NEVER_HEARD_OF", "isp.RAM_PERMISSION_DENY"]
)
async def test_trouble_with_our_account_is_no_fault_of_the_person(
    sandbox: Sandbox, remotes: Remotes, phone: str, code: str
) -> None:
    await sandbox.fault("aliyun.SendSms", "refuse", code=code)
    with pytest.raises(SmsNotAccepted) as refused:
        await remotes.sms().send(phone=phone, **CODE, out_id="o")  # type: ignore[arg-type]
    assert refused.value.reason is SmsRefusal.ACCOUNT
    assert refused.value.kind is Kind.UNAVAILABLE


@pytest.mark.parametrize(
    ("fault", "problem"),
    [
        ({"kind": "refuse", "code": "isp.SYSTEM_ERROR"}, ProviderProblem.SERVER),
        ({"kind": "refuse", "code": "Throttling.User"}, ProviderProblem.THROTTLED),
        ({"kind": "status", "status": 503}, ProviderProblem.SERVER),
    ],
)
async def test_a_gateway_that_says_no_has_sent_nothing(
    sandbox: Sandbox,
    remotes: Remotes,
    phone: str,
    fault: dict[str, object],
    problem: ProviderProblem,
) -> None:
    await sandbox.fault("aliyun.SendSms", **fault)  # type: ignore[arg-type]
    with pytest.raises(ProviderUnavailable) as refused:
        await remotes.sms().send(phone=phone, **CODE, out_id="o")  # type: ignore[arg-type]
    assert refused.value.problem is problem and not await sandbox.inbox(phone)


@pytest.mark.parametrize("happened", [True, False], ids=["it was sent", "it was not sent"])
@pytest.mark.parametrize(
    ("kind", "seconds"), [("timeout", HASTY), ("cut", 20), ("garbage", 20), ("status", 20)]
)
async def test_an_answer_that_does_not_come_is_ambiguous_and_can_be_found_out(
    sandbox: Sandbox, remotes: Remotes, phone: str, kind: str, seconds: float, happened: bool
) -> None:
    await sandbox.fault("aliyun.SendSms", kind, after=happened, status=502)
    with pytest.raises(ProviderAmbiguous) as refused:
        await remotes.sms(seconds=seconds).send(
            phone=phone, **CODE, out_id="out-9"  # type: ignore[arg-type]
        )
    assert refused.value.facts == {"provider": "aliyun.sms"}
    assert len(await sandbox.calls("SendSms")) == 1, "never sent again by itself"
    fate = await remotes.sms().find(phone=phone, sent_on=await sandbox.day(), out_id="out-9")
    assert fate is (SmsFate.SENT if happened else None)


async def test_a_dripping_answer_does_not_hold_the_caller(
    sandbox: Sandbox, remotes: Remotes, phone: str
) -> None:
    await sandbox.fault("aliyun.SendSms", "slow", seconds=60)
    with pytest.raises(ProviderAmbiguous):
        await remotes.sms(seconds=HASTY).send(
            phone=phone, **CODE, out_id="o"  # type: ignore[arg-type]
        )


async def test_nobody_listening_means_that_nothing_was_sent(remotes: Remotes, phone: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(ProviderUnavailable) as refused:
            await Remotes(address, remotes.made).sms().send(
                phone=phone, **CODE, out_id="o"  # type: ignore[arg-type]
            )
    assert refused.value.problem is ProviderProblem.NETWORK


@pytest.mark.parametrize(
    "keys", [{"access_key_secret": "another"}, {"access_key_id": "LTAInobody"}], ids=["key", "id"]
)
async def test_wrong_credentials_send_nothing(
    sandbox: Sandbox, remotes: Remotes, phone: str, keys: dict[str, str]
) -> None:
    with pytest.raises(ProviderUnavailable) as refused:
        await remotes.sms(**keys).send(  # type: ignore[arg-type]
            phone=phone, **CODE, out_id="o"  # type: ignore[arg-type]
        )
    assert refused.value.problem is ProviderProblem.CREDENTIALS
    assert not await sandbox.inbox(phone)


@pytest.mark.parametrize("kind", ["status", "garbage", "cut"])
async def test_finding_out_is_tried_again(
    sandbox: Sandbox, remotes: Remotes, phone: str, kind: str
) -> None:
    sms = remotes.sms()
    await sms.send(phone=phone, **CODE, out_id="o")  # type: ignore[arg-type]
    await sandbox.fault("aliyun.QuerySendDetails", kind, times=2)
    assert await sms.find(phone=phone, sent_on=await sandbox.day(), out_id="o") is SmsFate.SENT


async def test_a_protocol_read_at_run_time_is_not_sent_in_the_clear(
    sandbox: Sandbox, remotes: Remotes, phone: str
) -> None:
    built = "".join(("ht", "tps"))
    with pytest.raises((ProviderUnavailable, ProviderAmbiguous)):
        await remotes.sms(protocol=built, seconds=HASTY).send(
            phone=phone, **CODE, out_id="o"  # type: ignore[arg-type]
        )
    assert not await sandbox.calls("SendSms")
