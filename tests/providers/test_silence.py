"""Whatever happens, no log, no error stream and no exception repeats what a person told us."""

import contextlib
import logging
import traceback

import pytest

from server.core.errors import Refusal
from server.providers.tencent.client import Product
from tests.providers.world import (
    HASTY,
    Remotes,
    Sandbox,
    enterprise,
    face_with,
    licence,
    person,
)

ZHOU = person("zhou")
FAULTS: list[dict[str, object]] = [
    {},
    {"kind": "status", "status": 503},
    {"kind": "status", "status": 500},
    {"kind": "garbage"},
    {"kind": "cut"},
    {"kind": "timeout"},
    {"kind": "slow", "seconds": 60},
    {"kind": "refuse", "code": "InvalidParameterValue"},
    {"kind": "refuse", "code": "isv.BUSINESS_LIMIT_CONTROL"},
    {"kind": "refuse", "code": "19900001001"},
]


@pytest.fixture(autouse=True)
def everything_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)


async def _every_call(remotes: Remotes, phone: str, *, hasty: bool) -> list[Refusal]:
    """Makes each call once; what was raised comes back."""
    seconds = HASTY if hasty else 20.0
    firm = enterprise()
    raised: list[Refusal] = []
    face, sms, register = (
        remotes.face(seconds=seconds),
        remotes.sms(seconds=seconds),
        remotes.register(seconds=seconds),
    )
    for call in (
        face.start(
            name=ZHOU.name, id_number=ZHOU.id_number, return_url="http://127.0.0.1/", nonce="n0nce"
        ),
        face.status(token="t0ken-of-mine"),
        face.result(token="t0ken-of-mine"),
        remotes.licences(seconds=seconds).read_licence(image=licence()),
        remotes.four_factors(seconds=seconds).check(
            uscc=firm.uscc,
            enterprise_name=firm.name,
            legal_rep_name=ZHOU.name,
            legal_rep_id_number=ZHOU.id_number,
        ),
        register.lookup(uscc=firm.uscc),
        register.lookup_by_name(name=firm.name),
        sms.send(phone=phone, template="SMS_CODE", params={"code": "408213"}, out_id="o"),
        sms.find(phone=phone, sent_on=firm.established_on, out_id="o"),
    ):
        try:
            await call
        except Refusal as refusal:
            raised.append(refusal)
    return raised


@pytest.mark.parametrize("fault", FAULTS, ids=str)
async def test_nothing_personal_is_written_anywhere(
    sandbox: Sandbox,
    remotes: Remotes,
    phone: str,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    fault: dict[str, object],
) -> None:
    for target in ("tencent", "aliyun") if fault else ():
        await sandbox.fault(target, times=40, **fault)  # type: ignore[arg-type]
    hasty = fault.get("kind") in ("timeout", "slow")
    raised = await _every_call(remotes, phone, hasty=hasty)
    out, err = capfd.readouterr()
    errors = "".join(
        "".join(traceback.format_exception(error)) + repr((error, vars(error))) for error in raised
    )
    written = "\n".join((caplog.text, out, err, errors))
    private = (
        phone,
        "408213",
        ZHOU.name,
        ZHOU.id_number,
        "19900001001",
        "t0ken-of-mine",
        "n0nce",
        "sandbox-tencent-key",
        "sandbox-aliyun-secret",
        "/9j/",
    )
    assert not [secret for secret in private if secret in written]


async def test_each_call_writes_one_line(
    sandbox: Sandbox, remotes: Remotes, phone: str, caplog: pytest.LogCaptureFixture
) -> None:
    await sandbox.fault("tencent.GetEidToken", "cut", times=2)
    await _every_call(remotes, phone, hasty=False)
    lines = [r.getMessage() for r in caplog.records if r.name == "rongqiao.providers"]
    assert [line.split()[1].partition("=")[2] for line in lines] == [
        "GetEidToken",
        "CheckEidTokenStatus",
        "GetEidResult",
        "BizLicenseOCR",
        "VerifyBizLicenseEnterprise4",
        "QueryEnterpriseBasicInfo",
        "QueryEnterpriseBasicInfo",
        "SendSms",
        "QuerySendDetails",
    ]
    words = ["provider", "action", "outcome", "duration_ms", "request_id", "code"]
    assert all([word.partition("=")[0] for word in line.split()] == words for line in lines)
    assert "request_id=-" not in lines[0], "the vendor's id is kept for questions to the vendor"


async def test_trouble_of_our_own_making_is_logged_as_an_error(
    remotes: Remotes, caplog: pytest.LogCaptureFixture
) -> None:
    session = remotes.session(Product.FACEID, secret_key="another-key")
    with contextlib.suppress(Refusal):
        await face_with(session).status(token="t")
    (record,) = [r for r in caplog.records if r.name == "rongqiao.providers"]
    assert record.levelno == logging.ERROR
    assert "outcome=credentials" in record.getMessage()
    assert "code=AuthFailure.SignatureFailure" in record.getMessage()


async def test_keys_are_not_in_the_representation_of_a_client(remotes: Remotes) -> None:
    session, sms = remotes.session(Product.OCR), remotes.sms()
    assert "sandbox-tencent-key" not in repr((session, session._access))
    assert "sandbox-aliyun-secret" not in repr((sms, sms._client._access))


async def test_a_proxy_of_the_environment_is_not_used(
    remotes: Remotes, phone: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert await _every_call_that_raised_unavailable(remotes, phone) == []


async def _every_call_that_raised_unavailable(remotes: Remotes, phone: str) -> list[str]:
    raised = await _every_call(remotes, phone, hasty=False)
    codes = [refusal.code for refusal in raised]
    return [code for code in codes if code != "providers.face_token_refused"]
