"""Every call under every outage: what the caller is told, how soon, and how often the call was made."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import pytest

from server.core.clock import utc_now
from server.core.errors import Kind
from server.providers.ports import (
    FaceTokenRefused,
    FourFactorOutcome,
    ProviderProblem,
    ProviderUnavailable,
)
from server.providers.tencent.client import Product
from tests.providers.test_four_factors import factors
from tests.providers.world import (
    HASTY,
    PATIENT,
    Remotes,
    Sandbox,
    enterprise,
    face_with,
    person,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    target: str
    attempts: int
    make: Callable[[Remotes, float], Awaitable[object]]

    @property
    def action(self) -> str:
        return self.target.partition(".")[2]


def _start(remotes: Remotes, seconds: float) -> Awaitable[object]:
    zhou = person("zhou")
    return remotes.face(seconds=seconds).start(
        name=zhou.name, id_number=zhou.id_number, return_url="http://127.0.0.1/", nonce="n"
    )


CALLS = [
    Call(target="tencent.GetEidToken", attempts=3, make=_start),
    Call(
        target="tencent.CheckEidTokenStatus",
        attempts=3,
        make=lambda remotes, seconds: remotes.face(seconds=seconds).status(token="t"),
    ),
    Call(
        target="tencent.GetEidResult",
        attempts=3,
        make=lambda remotes, seconds: remotes.face(seconds=seconds).result(token="t"),
    ),
    Call(
        target="tencent.BizLicenseOCR",
        attempts=1,
        make=lambda remotes, seconds: remotes.licences(seconds=seconds).read_licence(image=b"x"),
    ),
    Call(
        target="tencent.QueryEnterpriseBasicInfo",
        attempts=1,
        make=lambda remotes, seconds: remotes.register(seconds=seconds).lookup(
            uscc=enterprise().uscc
        ),
    ),
    Call(
        target="aliyun.QuerySendDetails",
        attempts=3,
        make=lambda remotes, seconds: remotes.sms(seconds=seconds).find(
            phone="19900000000", sent_on=utc_now().date(), out_id="o"
        ),
    ),
]
each_call = pytest.mark.parametrize("call", CALLS, ids=lambda call: call.action)


async def refused(call: Call, remotes: Remotes, seconds: float) -> ProviderUnavailable:
    with pytest.raises(ProviderUnavailable) as raised:
        async with asyncio.timeout(PATIENT):
            await call.make(remotes, seconds)
    assert raised.value.kind is Kind.UNAVAILABLE and "已保留" in raised.value.message
    return raised.value


@each_call
@pytest.mark.parametrize(
    ("kind", "problems"),
    [
        ("status", {ProviderProblem.SERVER}),
        ("garbage", {ProviderProblem.GARBAGE}),
        ("cut", {ProviderProblem.NETWORK, ProviderProblem.GARBAGE}),
    ],
)
async def test_an_outage_is_said_to_be_one(
    sandbox: Sandbox, remotes: Remotes, call: Call, kind: str, problems: set[ProviderProblem]
) -> None:
    await sandbox.fault(call.target, kind, times=9)
    assert (await refused(call, remotes, PATIENT)).problem in problems
    assert len(await sandbox.calls(call.action)) == call.attempts


@each_call
@pytest.mark.parametrize("fault", [{"kind": "timeout"}, {"kind": "slow", "seconds": 60}], ids=str)
async def test_a_silent_or_dripping_vendor_does_not_hold_the_caller(
    sandbox: Sandbox, remotes: Remotes, call: Call, fault: dict[str, object]
) -> None:
    await sandbox.fault(call.target, times=9, **fault)  # type: ignore[arg-type]
    problem = (await refused(call, remotes, HASTY)).problem
    assert problem in {ProviderProblem.TIMEOUT, ProviderProblem.GARBAGE}
    assert 1 <= len(await sandbox.calls(call.action)) <= call.attempts


@pytest.mark.parametrize(
    "fault",
    [{"kind": kind} for kind in ("status", "garbage", "cut", "timeout")]
    + [{"kind": "slow", "seconds": 60}],
    ids=str,
)
async def test_four_factors_answer_that_the_provider_is_down(
    sandbox: Sandbox, remotes: Remotes, fault: dict[str, object]
) -> None:
    target = "VerifyBizLicenseEnterprise4"
    await sandbox.fault(f"tencent.{target}", times=9, **fault)  # type: ignore[arg-type]
    hasty = fault["kind"] in ("timeout", "slow")
    check = remotes.four_factors(seconds=HASTY if hasty else PATIENT)
    async with asyncio.timeout(PATIENT):
        result = await check.check(**factors())
    assert result.outcome is FourFactorOutcome.PROVIDER_DOWN and not result.matched
    assert len(await sandbox.calls(target)) == 1


async def test_a_pool_held_by_dead_calls_refuses_at_once_until_one_ends(
    sandbox: Sandbox, remotes: Remotes
) -> None:
    session = remotes.session(Product.FACEID, seconds=HASTY, read_seconds=2.0, workers=1)
    face = face_with(session)
    await session.warm()
    await sandbox.fault("tencent.CheckEidTokenStatus", "timeout")
    problems: list[ProviderProblem] = []
    async with asyncio.timeout(PATIENT):
        while True:
            try:
                await face.status(token="t")
            except ProviderUnavailable as refused:
                problems.append(refused.problem)
                await asyncio.sleep(0)
            except FaceTokenRefused:  # the vendor's own answer again
                break
    assert problems[0] is ProviderProblem.TIMEOUT and set(problems[1:]) == {ProviderProblem.BUSY}
    assert len(await sandbox.calls("CheckEidTokenStatus")) == 2


async def test_slow_ocr_does_not_starve_the_face_check(sandbox: Sandbox, remotes: Remotes) -> None:
    reader, face = remotes.licences(seconds=1.5), remotes.face()
    await sandbox.fault("tencent.BizLicenseOCR", "timeout", times=4)
    readings = [asyncio.ensure_future(reader.read_licence(image=b"x")) for _ in range(4)]
    zhou = person("zhou")
    session = await face.start(
        name=zhou.name, id_number=zhou.id_number, return_url="http://127.0.0.1/", nonce="n"
    )
    assert session.token and not any(reading.done() for reading in readings)
    for outcome in await asyncio.gather(*readings, return_exceptions=True):
        assert isinstance(outcome, ProviderUnavailable)
