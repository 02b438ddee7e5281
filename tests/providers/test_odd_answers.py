"""Answers that no vendor should give: none of them may pass for a good one."""

import json
from typing import Any

import pytest

from server.providers.ports import (
    FaceFailure,
    FourFactorField,
    FourFactorOutcome,
    LicenceProblem,
    LicenceUnreadable,
    OperatingStatus,
    ProviderAmbiguous,
    ProviderProblem,
    ProviderUnavailable,
    SmsFate,
)
from server.providers.tencent.client import TencentSession
from tests.providers.test_four_factors import factors
from tests.providers.test_outages import CALLS, Call, refused
from tests.providers.world import PATIENT, OddVendor, Remotes, enterprise

MATCH = {
    "StatusCode": 0,
    "VerifyResult": 1,
    "IsCreditCodeConsistent": True,
    "IsEntNameConsistent": True,
    "IsLrNameConsistent": True,
    "IsIdNumConsistent": True,
    "OperatingStatus": "1",
}
PASS = {"ErrCode": 0, "LiveStatus": 0, "Comparestatus": 0, "Extra": "n"}
each_call = pytest.mark.parametrize("call", CALLS, ids=lambda call: call.action)


@pytest.fixture
def odd(odd_vendor: OddVendor, made: list[Any]) -> Remotes:
    return Remotes(odd_vendor.address, made)


def says(vendor: OddVendor, answer: object) -> None:
    if isinstance(answer, dict):
        answer = {"Response": {"RequestId": "0e1f2a3b-0000-4000-8000-000000000000", **answer}}
    vendor.body = json.dumps(answer).encode()


@each_call
@pytest.mark.parametrize(
    "body",
    [b"", b"{}", b"[]", b"null", b'"OK"', b'{"Response": null}', b'{"Response": {}}', b"\xff\xfe"],
)
async def test_an_empty_answer_is_garbage(
    odd_vendor: OddVendor, odd: Remotes, call: Call, body: bytes
) -> None:
    odd_vendor.body = body
    assert (await refused(call, odd, PATIENT)).problem is ProviderProblem.GARBAGE
    assert odd_vendor.calls == call.attempts


@each_call
async def test_an_answer_without_the_values_asked_for_is_no_answer(
    odd_vendor: OddVendor, odd: Remotes, call: Call
) -> None:
    says(odd_vendor, {"Nothing": "of use"})
    if call.action == "BizLicenseOCR":
        with pytest.raises(LicenceUnreadable) as raised:
            await call.make(odd, PATIENT)
        assert raised.value.reason is LicenceProblem.UNREADABLE
    else:
        assert (await refused(call, odd, PATIENT)).problem is ProviderProblem.GARBAGE


@each_call
@pytest.mark.parametrize("kind", ["application/json; charset=UTF-8", "text/html", ""])
async def test_an_error_is_one_under_any_content_type(
    odd_vendor: OddVendor, odd: Remotes, call: Call, kind: str
) -> None:
    if call.target.startswith("aliyun"):
        odd_vendor.status = 403
        odd_vendor.body = json.dumps({"Code": "Forbidden.RAM", "RequestId": "A"}).encode()
    else:
        says(odd_vendor, {"Error": {"Code": "AuthFailure.SecretIdNotFound", "Message": "x"}})
    odd_vendor.headers = {"Content-Type": kind}
    assert (await refused(call, odd, PATIENT)).problem is ProviderProblem.CREDENTIALS


@each_call
async def test_a_redirect_is_not_followed(odd_vendor: OddVendor, odd: Remotes, call: Call) -> None:
    odd_vendor.status = 307
    odd_vendor.headers = {"Location": f"http://{odd_vendor.address}/elsewhere"}
    await refused(call, odd, PATIENT)
    assert odd_vendor.calls == call.attempts


@each_call
async def test_an_endless_answer_is_not_read_to_its_end(
    odd_vendor: OddVendor, odd: Remotes, call: Call
) -> None:
    odd_vendor.body = bytes(2 * 1024 * 1024)
    assert (await refused(call, odd, PATIENT)).problem in {
        ProviderProblem.NETWORK,
        ProviderProblem.GARBAGE,
    }


@pytest.mark.parametrize(
    ("text", "passed", "reason"),
    [
        (PASS, True, None),
        ({**PASS, "LiveStatus": None, "Comparestatus": None}, True, None),
        ({**PASS, "Comparestatus": 2016}, False, FaceFailure.UNKNOWN),
        ({**PASS, "LiveStatus": "0"}, False, FaceFailure.UNKNOWN),
        ({**PASS, "ErrCode": 2016}, False, FaceFailure.NOT_SAME_PERSON),
    ],
)
async def test_a_face_passes_by_zero_alone_and_nothing_against_it(
    odd_vendor: OddVendor,
    odd: Remotes,
    text: dict[str, object],
    passed: bool,
    reason: FaceFailure | None,
) -> None:
    says(odd_vendor, {"Text": text})
    result = await odd.face().result(token="t")
    assert (result.passed, result.reason, result.nonce) == (passed, reason, "n")


@pytest.mark.parametrize("code", [None, "0", False, 0.0, [], {}])
async def test_what_only_looks_like_zero_is_no_result(
    odd_vendor: OddVendor, odd: Remotes, code: object
) -> None:
    says(odd_vendor, {"Text": {**PASS, "ErrCode": code}})
    with pytest.raises(ProviderUnavailable):
        await odd.face().result(token="t")


@pytest.mark.parametrize("text", [None, [], "ok", {}])
async def test_a_result_without_its_text_is_no_result(
    odd_vendor: OddVendor, odd: Remotes, text: object
) -> None:
    says(odd_vendor, {"Text": text})
    with pytest.raises(ProviderUnavailable):
        await odd.face().result(token="t")


@pytest.mark.parametrize(
    ("change", "outcome", "mismatched"),
    [
        ({}, FourFactorOutcome.MATCH, ()),
        (
            {"IsIdNumConsistent": False},
            FourFactorOutcome.MISMATCH,
            (FourFactorField.LEGAL_REP_ID_NUMBER,),
        ),
        ({"VerifyResult": 0}, FourFactorOutcome.PROVIDER_DOWN, ()),
        ({"VerifyResult": "1"}, FourFactorOutcome.PROVIDER_DOWN, ()),
        ({"VerifyResult": True}, FourFactorOutcome.PROVIDER_DOWN, ()),
        ({"VerifyResult": 2}, FourFactorOutcome.PROVIDER_DOWN, ()),
        ({"IsLrNameConsistent": None}, FourFactorOutcome.PROVIDER_DOWN, ()),
        ({"IsLrNameConsistent": "true"}, FourFactorOutcome.PROVIDER_DOWN, ()),
        ({"StatusCode": 1}, FourFactorOutcome.PROVIDER_DOWN, ()),
        ({"StatusCode": 2}, FourFactorOutcome.NOT_SYNCED, ()),
        ({"StatusCode": 3}, FourFactorOutcome.PROVIDER_DOWN, ()),
        ({"StatusCode": None}, FourFactorOutcome.PROVIDER_DOWN, ()),
    ],
    ids=str,
)
async def test_four_factors_match_only_when_verdict_and_flags_agree(
    odd_vendor: OddVendor,
    odd: Remotes,
    change: dict[str, object],
    outcome: FourFactorOutcome,
    mismatched: tuple[FourFactorField, ...],
) -> None:
    says(odd_vendor, {**MATCH, **change})
    result = await odd.four_factors().check(**factors())
    assert (result.outcome, result.mismatched) == (outcome, mismatched)
    assert result.matched is (outcome is FourFactorOutcome.MATCH)


@pytest.mark.parametrize(
    ("written", "status"),
    [("3", OperatingStatus.CANCELLED), ("7", OperatingStatus.REGISTRATION_WITHDRAWN)]
    + [(unknown, OperatingStatus.UNKNOWN) for unknown in ("/", "", "-10002", "99", None)],
)
async def test_an_operating_status_is_one_of_the_listed_or_unknown(
    odd_vendor: OddVendor, odd: Remotes, written: str | None, status: OperatingStatus
) -> None:
    says(odd_vendor, {**MATCH, "OperatingStatus": written})
    assert (await odd.four_factors().check(**factors())).operating_status is status


async def test_a_record_of_another_firm_is_not_taken(odd_vendor: OddVendor, odd: Remotes) -> None:
    says(odd_vendor, {"StatusCode": 0, "CreditCode": "91430100MA4TLW7K0F", "EntName": "另一家"})
    with pytest.raises(ProviderUnavailable):
        await odd.register().lookup(uscc=enterprise().uscc)


async def test_a_record_with_gaps_is_a_record(odd_vendor: OddVendor, odd: Remotes) -> None:
    firm = enterprise()
    gaps = {"Address": None, "SetDate": "长期", "ApprovalDate": "2025-02-31", "Capital": "/"}
    says(odd_vendor, {"StatusCode": 0, "CreditCode": firm.uscc, "EntName": firm.name, **gaps})
    record = await odd.register().lookup(uscc=firm.uscc)
    assert record is not None and (record.address, record.capital) == ("", "")
    assert (record.established_on, record.approved_on) == (None, None)


async def test_a_register_that_finds_nothing_says_none(odd_vendor: OddVendor, odd: Remotes) -> None:
    says(odd_vendor, {"StatusCode": 0, "CreditCode": "", "EntName": ""})
    assert await odd.register().lookup(uscc=enterprise().uscc) is None


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, b""),
        (200, b"[]"),
        (200, b'{"Message": "OK"}'),
        (200, b'{"Code": 1}'),
        (200, b'"OK"'),
        (500, b'{"Code": "InternalError", "RequestId": "A"}'),
        (504, b"<html>"),
        (302, b""),
    ],
)
async def test_a_message_is_sent_by_ok_alone(
    odd_vendor: OddVendor, odd: Remotes, status: int, body: bytes
) -> None:
    odd_vendor.status, odd_vendor.body = status, body
    with pytest.raises(ProviderAmbiguous):
        await odd.sms().send(
            phone="19900000000", template="SMS_CODE", params={"code": "1"}, out_id="o"
        )
    assert odd_vendor.calls == 1


@pytest.mark.parametrize(
    ("written", "fate"),
    [(1, SmsFate.WAITING), ("2", SmsFate.FAILED), (3, SmsFate.SENT), (9, SmsFate.WAITING)],
)
async def test_the_fate_of_a_message_is_read_from_its_number(
    odd_vendor: OddVendor, odd: Remotes, written: object, fate: SmsFate
) -> None:
    rows = [{"OutId": "another", "SendStatus": 3}, {"OutId": "o", "SendStatus": written}]
    details = {"SmsSendDetailDTOs": {"SmsSendDetailDTO": rows}}
    odd_vendor.body = json.dumps({"Code": "OK", "RequestId": "A", **details}).encode()
    day = enterprise().established_on
    assert await odd.sms().find(phone="19900000000", sent_on=day, out_id="o") is fate


async def test_warming_makes_no_call(odd_vendor: OddVendor, odd: Remotes) -> None:
    for client in (odd.face(), odd.licences(), odd.four_factors(), odd.register(), odd.sms()):
        await client.warm()
    assert odd_vendor.calls == 0
    assert any(isinstance(client, TencentSession) for client in odd.made)
