"""Tencent on loopback, driven by Tencent's own SDK: signatures, the eID walk, OCR, the register."""

from __future__ import annotations

import base64
import json
import time
from typing import Any

import pytest
from tencentcloud.common.exception.tencent_cloud_sdk_exception import TencentCloudSDKException
from tencentcloud.ocr.v20181119 import models as ocr

from sandbox.eid import EidCode, EidOutcome, EidRefused
from sandbox.pictures import COPY, licence_picture
from sandbox.state import State
from sandbox.world import Enterprise, Person, World
from tests.sandbox.vendors import (
    call,
    eid_result,
    eid_status,
    eid_token,
    faceid_of,
    http,
    ocr_of,
    own,
    token_request,
)


def code_of(raised: pytest.ExceptionInfo[TencentCloudSDKException]) -> str:
    return str(raised.value.get_code())


async def test_the_sdks_signature_is_accepted(state: State, person: Person) -> None:
    answer = await eid_token(state, person.name, person.id_number)
    assert answer.Url == f"{state.base_url}/eid?token={answer.EidToken}"
    assert answer.RequestId


@pytest.mark.parametrize(
    ("secret_id", "secret_key", "code"),
    [
        ("AKIDsandbox", "another-key", "AuthFailure.SignatureFailure"),
        ("AKIDnobody", "sandbox-tencent-key", "AuthFailure.SecretIdNotFound"),
    ],
)
async def test_wrong_credentials_are_refused_and_nothing_is_made(
    state: State, person: Person, secret_id: str, secret_key: str, code: str
) -> None:
    with pytest.raises(TencentCloudSDKException) as raised:
        client = faceid_of(state, secret_id=secret_id, secret_key=secret_key)
        await call(client.GetEidToken, token_request(person.name, person.id_number))
    assert code_of(raised) == code
    assert [one["ok"] for one in state.ledger.entries("tencent")] == [False]


class ShiftedTime:
    """The clock of a machine six minutes ahead, for the SDK's side of the wire only."""

    @staticmethod
    def time() -> float:
        return time.time() + 360


async def test_a_shifted_clock_is_refused(
    state: State, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = faceid_of(state)
    monkeypatch.setattr("tencentcloud.common.abstract_client.time", ShiftedTime)
    with pytest.raises(TencentCloudSDKException) as raised:
        await call(client.GetEidToken, token_request(person.name, person.id_number))
    assert code_of(raised) == "AuthFailure.SignatureExpire"


async def test_advancing_the_sandboxs_clock_does_not_disturb_signatures(
    state: State, person: Person
) -> None:
    state.clock.advance(86400)
    assert (await eid_token(state, person.name, person.id_number)).EidToken


async def test_a_body_changed_on_the_way_is_refused(
    state: State, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = faceid_of(state)
    sent = client.request.send_request

    def tampering(request: Any) -> Any:
        request.data = request.data.replace("NameName", "NameNome")
        return sent(request)

    monkeypatch.setattr(client.request, "send_request", tampering)
    with pytest.raises(TencentCloudSDKException) as raised:
        await call(client.GetEidToken, token_request("NameName", person.id_number))
    assert code_of(raised) == "AuthFailure.SignatureFailure"


async def test_errors_come_with_exactly_the_content_type_the_sdk_checks(state: State) -> None:
    response = await http(state, "POST", "/", {}, **{"X-TC-Action": "GetEidToken"})
    assert response.code == 200
    assert response.headers["Content-Type"] == "application/json"
    error = json.loads(response.body)["Response"]["Error"]
    assert error["Code"] == "AuthFailure.InvalidAuthorization"


async def test_a_person_passes_the_face_check(state: State, person: Person) -> None:
    token = (await eid_token(state, person.name, person.id_number, extra="nonce-1")).EidToken
    assert await eid_status(state, token) == "init"
    assert (await eid_result(state, token)).ErrCode == EidCode.UNFINISHED
    state.eid.open(token, person.key)
    assert await eid_status(state, token) == "doing"
    state.eid.consent(token)
    state.eid.finish(token, EidOutcome.PASS)
    assert await eid_status(state, token) == "finished"
    text = await eid_result(state, token)
    assert (text.ErrCode, text.Extra, text.Comparestatus) == (0, "nonce-1", 0)


async def test_without_consent_nothing_is_finished(state: State, person: Person) -> None:
    token = (await eid_token(state, person.name, person.id_number)).EidToken
    state.eid.open(token, person.key)
    with pytest.raises(EidRefused):
        state.eid.finish(token, EidOutcome.PASS)
    assert await eid_status(state, token) == "doing"


@pytest.mark.parametrize(
    ("holder", "name", "outcome", "code"),
    [
        ("lin", None, EidOutcome.PASS, EidCode.NOT_SAME_PERSON),
        ("zhou", None, EidOutcome.NOT_SAME_PERSON, EidCode.NOT_SAME_PERSON),
        ("zhou", None, EidOutcome.NOT_LIVE, EidCode.NOT_LIVE),
        ("zhou", "不在世界里", EidOutcome.PASS, EidCode.IDENTITY_MISMATCH),
        ("zhou", None, EidOutcome.GIVE_UP, EidCode.UNFINISHED),
    ],
)
async def test_only_the_right_face_passes(
    state: State,
    person: Person,
    holder: str,
    name: str | None,
    outcome: EidOutcome,
    code: EidCode,
) -> None:
    token = (await eid_token(state, name or person.name, person.id_number)).EidToken
    state.eid.open(token, holder)
    state.eid.consent(token)
    state.eid.finish(token, outcome)
    text = await eid_result(state, token)
    assert text.ErrCode == code
    assert text.Comparestatus != 0


async def test_a_token_lives_600_seconds_of_the_sandboxs_clock(
    state: State, person: Person
) -> None:
    token = (await eid_token(state, person.name, person.id_number)).EidToken
    state.eid.open(token, person.key)
    await own(state, "POST", "/clock", {"advance_seconds": 590})
    assert await eid_status(state, token) == "doing"
    await own(state, "POST", "/clock", {"advance_seconds": 11})
    assert await eid_status(state, token) == "timeout"
    assert (await eid_result(state, token)).ErrCode == EidCode.EXPIRED
    with pytest.raises(EidRefused):
        state.eid.consent(token)


async def test_a_failed_token_can_be_tried_three_times(state: State, person: Person) -> None:
    token = (await eid_token(state, person.name, person.id_number)).EidToken
    for _ in range(3):
        state.eid.open(token, person.key)
        state.eid.consent(token)
        state.eid.finish(token, EidOutcome.NOT_LIVE)
    with pytest.raises(EidRefused) as raised:
        state.eid.open(token, person.key)
    assert raised.value.code is EidCode.RETRY_LIMIT
    assert (await eid_result(state, token)).ErrCode == EidCode.RETRY_LIMIT


async def test_a_passed_token_cannot_be_opened_again(state: State, person: Person) -> None:
    token = (await eid_token(state, person.name, person.id_number)).EidToken
    state.eid.open(token, person.key)
    state.eid.consent(token)
    state.eid.finish(token, EidOutcome.PASS)
    with pytest.raises(EidRefused):
        state.eid.open(token, "lin")
    assert (await eid_result(state, token)).ErrCode == 0


async def test_a_result_can_be_pulled_for_three_days(state: State, person: Person) -> None:
    token = (await eid_token(state, person.name, person.id_number)).EidToken
    state.clock.advance(3 * 86400 - 60)
    assert (await eid_result(state, token)).ErrCode == EidCode.EXPIRED
    state.clock.advance(61)
    with pytest.raises(TencentCloudSDKException) as raised:
        await eid_result(state, token)
    assert code_of(raised) == "InvalidParameterValue.BizTokenExpired"


async def test_the_sixteenth_check_of_a_minute_is_too_frequent(
    state: State, person: Person
) -> None:
    codes = []
    for _ in range(16):
        row = state.eid.create("m", person.name, person.id_number, "", "")
        state.eid.open(row.token, person.key)
        state.eid.consent(row.token)
        codes.append(state.eid.finish(row.token, EidOutcome.PASS).code)
    assert codes == [EidCode.OK] * 15 + [EidCode.TOO_FREQUENT]


async def test_an_unknown_token_is_illegal(state: State) -> None:
    with pytest.raises(TencentCloudSDKException) as raised:
        await eid_status(state, "NO-SUCH-TOKEN")
    assert code_of(raised) == "InvalidParameterValue.BizTokenIllegal"


async def read_picture(state: State, image: bytes) -> Any:
    request = ocr.BizLicenseOCRRequest()
    request.ImageBase64 = base64.b64encode(image).decode()
    request.EnableCopyWarn = True
    return await call(ocr_of(state).BizLicenseOCR, request)


async def test_the_truth_is_read_from_every_sample_picture(state: State, world: World) -> None:
    for enterprise in world.enterprises:
        answer = await read_picture(state, licence_picture(enterprise))
        assert answer.RegNum == enterprise.uscc
        assert answer.Name == enterprise.name
        assert answer.Person == enterprise.legal_rep.name
        assert answer.Business == enterprise.scope
        assert answer.RecognizeWarnCode == []


async def test_a_copy_is_warned_of_and_another_legal_rep_is_read_as_printed(
    state: State, world: World
) -> None:
    picture = licence_picture(
        world.enterprises[0], legal_rep="某人", warnings=(COPY,), picture_format="JPEG"
    )
    answer = await read_picture(state, picture)
    assert (answer.Person, answer.RecognizeWarnCode) == ("某人", [-9102])
    assert answer.RecognizeWarnMsg == ["WARN_COPY_CARD"]


async def test_a_blurred_picture_is_no_licence(state: State, world: World) -> None:
    with pytest.raises(TencentCloudSDKException) as raised:
        await read_picture(state, licence_picture(world.enterprises[0], blurred=True))
    assert code_of(raised) == "FailedOperation.NoBizLicense"


@pytest.mark.parametrize(
    ("image", "code"),
    [
        (b"%PDF-1.7 not a picture", "FailedOperation.ImageDecodeFailed"),
        (b"\x89PNG\r\n\x1a\n broken", "FailedOperation.ImageDecodeFailed"),
        (b"\0" * (6 * 2**20), "LimitExceeded.TooLargeFileError"),
    ],
)
async def test_what_is_no_picture_or_too_large_is_refused(
    state: State, image: bytes, code: str
) -> None:
    with pytest.raises(TencentCloudSDKException) as raised:
        await read_picture(state, image)
    assert code_of(raised) == code


async def four_factors(state: State, firm: Enterprise, **other: str) -> Any:
    request = ocr.VerifyBizLicenseEnterprise4Request()
    request.CreditCode = other.get("uscc", firm.uscc)
    request.EntName = other.get("name", firm.name)
    request.LrName = other.get("legal_rep", firm.legal_rep.name)
    request.IdNum = other.get("id_number", firm.legal_rep.id_number)
    return await call(ocr_of(state).VerifyBizLicenseEnterprise4, request)


async def test_four_right_factors_match(state: State, world: World) -> None:
    answer = await four_factors(state, world.enterprises[0])
    assert (answer.StatusCode, answer.VerifyResult, answer.OperatingStatus) == (0, 1, "1")
    assert answer.OperatingPeriod == "2013-05-16/"


@pytest.mark.parametrize(
    ("wrong", "flag"),
    [
        ({"uscc": "91430100MA4XXXXX0X"}, "IsCreditCodeConsistent"),
        ({"name": "云桥市别家有限公司"}, "IsEntNameConsistent"),
        ({"legal_rep": "林砚秋"}, "IsLrNameConsistent"),
        ({"id_number": "430105199702183867"}, "IsIdNumConsistent"),
    ],
)
async def test_a_wrong_factor_is_named(
    state: State, world: World, wrong: dict[str, str], flag: str
) -> None:
    answer = await four_factors(state, world.enterprises[0], **wrong)
    flags = (
        "IsCreditCodeConsistent",
        "IsEntNameConsistent",
        "IsLrNameConsistent",
        "IsIdNumConsistent",
    )
    assert answer.VerifyResult == 0
    assert [name for name in flags if not getattr(answer, name)] == [flag]


async def test_a_firm_the_register_has_not_synced_is_not_found(state: State, world: World) -> None:
    firm = next(one for one in world.enterprises if not one.synced)
    answer = await four_factors(state, firm)
    assert (answer.StatusCode, answer.VerifyResult, answer.OperatingStatus) == (0, 0, "/")
    assert not (answer.IsCreditCodeConsistent or answer.IsEntNameConsistent)
    looked_up = await call(
        ocr_of(state).call_json, "QueryEnterpriseBasicInfo", {"CreditCode": firm.uscc}
    )
    assert looked_up["Response"]["StatusCode"] == 2
    assert looked_up["Response"]["EntName"] is None


async def test_a_revoked_firm_matches_with_its_status(state: State, world: World) -> None:
    firm = next(one for one in world.enterprises if one.status == "4")
    answer = await four_factors(state, firm)
    assert (answer.VerifyResult, answer.OperatingStatus) == (1, "4")


async def test_the_register_answers_by_code_and_by_name(state: State, world: World) -> None:
    firm = world.enterprises[1]
    for params in ({"CreditCode": firm.uscc}, {"EntName": firm.name}):
        answer = (await call(ocr_of(state).call_json, "QueryEnterpriseBasicInfo", params))[
            "Response"
        ]
        assert (answer["StatusCode"], answer["CreditCode"]) == (0, firm.uscc)
        assert answer["LrName"] == firm.legal_rep.name
        assert answer["OperatingPeriod"] == "2017-09-01/2047-08-31"
