"""The face check from beginning to end, walked on the sandbox's phone."""

from collections.abc import Awaitable, Callable

import pytest

from server.providers.ports import (
    FaceFailure,
    FaceSession,
    FaceStatus,
    FaceTokenRefused,
    ProviderProblem,
    ProviderUnavailable,
)
from server.providers.tencent.client import Product
from server.providers.tencent.face import TencentFaceCheck
from server.providers.tencent.face_codes import failure_of
from tests.providers.world import Remotes, Sandbox, face_with, person

ZHOU, LIN = person("zhou"), person("lin")


async def begun(face: TencentFaceCheck, *, nonce: str = "a-nonce") -> FaceSession:
    return await face.start(
        name=ZHOU.name,
        id_number=ZHOU.id_number,
        return_url="http://127.0.0.1/back",
        nonce=nonce,
    )


@pytest.mark.shows("F055")
async def test_a_person_walks_the_face_check_and_passes(sandbox: Sandbox, remotes: Remotes) -> None:
    face = remotes.face()
    session = await begun(face, nonce="nonce-7")
    assert session.token and session.token in session.url and session.request_id
    assert await face.status(token=session.token) is FaceStatus.INIT
    assert not (await face.result(token=session.token)).passed
    await sandbox.open(session.token, "zhou")
    assert await face.status(token=session.token) is FaceStatus.DOING
    await sandbox.walk(session.token, "zhou")
    assert await face.status(token=session.token) is FaceStatus.FINISHED
    result = await face.result(token=session.token)
    assert (result.passed, result.code, result.reason) == (True, 0, None)
    assert result.nonce == "nonce-7"
    assert (await face.result(token=session.token)).passed, "the result can be asked for again"


@pytest.mark.parametrize(
    ("who", "outcome", "code", "reason"),
    [
        ("lin", "pass", 2016, FaceFailure.NOT_SAME_PERSON),
        ("zhou", "not_same_person", 2016, FaceFailure.NOT_SAME_PERSON),
        ("zhou", "give_up", 17, FaceFailure.NOT_FINISHED),
    ],
)
async def test_a_walk_that_ends_badly_is_no_pass(
    sandbox: Sandbox, remotes: Remotes, who: str, outcome: str, code: int, reason: FaceFailure
) -> None:
    face = remotes.face()
    session = await begun(face)
    await sandbox.walk(session.token, who, outcome=outcome)
    result = await face.result(token=session.token)
    assert (result.passed, result.code, result.reason) == (False, code, reason)


async def test_a_name_with_anothers_number_does_not_pass(
    sandbox: Sandbox, remotes: Remotes
) -> None:
    face = remotes.face()
    session = await face.start(
        name=LIN.name, id_number=ZHOU.id_number, return_url="http://127.0.0.1/", nonce="n"
    )
    await sandbox.walk(session.token, "zhou")
    result = await face.result(token=session.token)
    assert (result.passed, result.reason) == (False, FaceFailure.IDENTITY_MISMATCH)


async def test_a_token_lives_ten_minutes(sandbox: Sandbox, remotes: Remotes) -> None:
    face = remotes.face()
    session = await begun(face)
    await sandbox.advance(599)
    assert await face.status(token=session.token) is FaceStatus.INIT
    await sandbox.advance(2)
    assert await face.status(token=session.token) is FaceStatus.TIMEOUT
    result = await face.result(token=session.token)
    assert (result.passed, result.code, result.reason) == (False, 15, FaceFailure.EXPIRED)


async def test_a_result_is_kept_three_days(sandbox: Sandbox, remotes: Remotes) -> None:
    face = remotes.face()
    session = await begun(face)
    await sandbox.walk(session.token, "zhou")
    await sandbox.advance(3 * 86400 - 60)
    assert (await face.result(token=session.token)).passed
    await sandbox.advance(120)
    with pytest.raises(FaceTokenRefused):
        await face.result(token=session.token)


async def test_a_token_the_provider_calls_expired_is_a_time_out(
    sandbox: Sandbox, remotes: Remotes
) -> None:
    face = remotes.face()
    session = await begun(face)
    await sandbox.fault(
        "tencent.CheckEidTokenStatus", "refuse", code="InvalidParameterValue.BizTokenExpired"
    )
    assert await face.status(token=session.token) is FaceStatus.TIMEOUT


@pytest.mark.parametrize("ask", [TencentFaceCheck.status, TencentFaceCheck.result])
async def test_an_unknown_token_is_refused_without_a_second_try(
    sandbox: Sandbox,
    remotes: Remotes,
    ask: Callable[..., Awaitable[object]],
) -> None:
    with pytest.raises(FaceTokenRefused):
        await ask(remotes.face(), token="no-such-token")
    refused = await sandbox.calls("CheckEidTokenStatus") + await sandbox.calls("GetEidResult")
    assert len(refused) == 1


@pytest.mark.parametrize("kind", ["status", "garbage", "cut"])
async def test_a_fault_that_passes_is_not_noticed(
    sandbox: Sandbox, remotes: Remotes, kind: str
) -> None:
    face = remotes.face()
    await sandbox.fault("tencent.faceid", kind, times=2)
    assert (await begun(face)).token
    assert len(await sandbox.calls("GetEidToken")) == 3


@pytest.mark.parametrize(
    "keys", [{"secret_key": "another-key"}, {"secret_id": "AKIDnobody"}], ids=["key", "id"]
)
async def test_wrong_credentials_are_told_apart_and_not_repeated(
    sandbox: Sandbox, remotes: Remotes, keys: dict[str, str]
) -> None:
    face = face_with(remotes.session(Product.FACEID, **keys))  # type: ignore[arg-type]
    with pytest.raises(ProviderUnavailable) as refused:
        await begun(face)
    assert refused.value.problem is ProviderProblem.CREDENTIALS
    assert refused.value.facts == {"provider": "tencent.faceid"}
    assert len(await sandbox.calls("GetEidToken")) == 1


async def test_every_code_but_zero_has_a_reason() -> None:
    documented = [*range(1, 5), 8, 10, *range(12, 18), 201, 301, 1002, 1101, 2001, 2006, 2016, 2018]
    assert FaceFailure.UNKNOWN not in {failure_of(code) for code in documented}
    assert failure_of(987654) is FaceFailure.UNKNOWN
