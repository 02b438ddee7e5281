"""Reading a licence: what is read, what is warned of, and what is said when nothing can be read."""

import pytest

from server.core.errors import Kind
from server.providers.ports import (
    LICENCE_IMAGE_MAX_BYTES,
    LicenceProblem,
    LicenceUnreadable,
    LicenceWarning,
)
from tests.providers.world import Remotes, Sandbox, enterprise, licence


async def test_a_licence_is_read(remotes: Remotes) -> None:
    firm = enterprise()
    reading = await remotes.licences().read_licence(image=licence())
    assert (reading.uscc, reading.name) == (firm.uscc, firm.name)
    assert reading.legal_rep_name == firm.legal_rep.name
    assert (reading.address, reading.capital) == (firm.address, firm.capital)
    assert (reading.kind, reading.scope) == (firm.kind, firm.scope)
    assert reading.established_on == firm.established_on
    assert reading.authority == firm.authority
    assert reading.warnings == () and reading.request_id


async def test_a_copy_and_a_photographed_screen_are_warned_of(remotes: Remotes) -> None:
    reading = await remotes.licences().read_licence(image=licence(warnings=(-9102, -9104, -9108)))
    assert reading.warnings == (
        LicenceWarning.COPY,
        LicenceWarning.RESHOOT,
        LicenceWarning.SCOPE_UNREADABLE,
    )
    assert reading.uscc == enterprise().uscc


async def test_a_blurred_picture_is_no_licence(remotes: Remotes) -> None:
    with pytest.raises(LicenceUnreadable) as refused:
        await remotes.licences().read_licence(image=licence(blurred=True))
    assert refused.value.reason is LicenceProblem.NOT_A_LICENCE
    assert refused.value.kind is Kind.INVALID and "营业执照" in refused.value.message


async def test_what_is_no_picture_is_said_to_be_none(remotes: Remotes) -> None:
    with pytest.raises(LicenceUnreadable) as refused:
        await remotes.licences().read_licence(image=b"%PDF-1.7 not a picture")
    assert refused.value.reason is LicenceProblem.NOT_AN_IMAGE


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("FailedOperation.ImageBlur", LicenceProblem.BLURRED),
        ("FailedOperation.NoBizLicense", LicenceProblem.NOT_A_LICENCE),
        ("InvalidParameter.EngineImageDecodeFailed", LicenceProblem.NOT_AN_IMAGE),
        ("LimitExceeded.TooLargeFileError", LicenceProblem.TOO_LARGE),
        ("FailedOperation.OcrFailed", LicenceProblem.UNREADABLE),
    ],
)
async def test_each_refusal_of_the_engine_says_what_to_do(
    sandbox: Sandbox, remotes: Remotes, code: str, reason: LicenceProblem
) -> None:
    await sandbox.fault("tencent.BizLicenseOCR", "refuse", code=code)
    with pytest.raises(LicenceUnreadable) as refused:
        await remotes.licences().read_licence(image=b"\xff\xd8 any")
    assert refused.value.reason is reason
    assert refused.value.message.endswith("。")


@pytest.mark.parametrize(
    ("image", "reason"),
    [
        (b"", LicenceProblem.NOT_AN_IMAGE),
        (bytes(LICENCE_IMAGE_MAX_BYTES + 1), LicenceProblem.TOO_LARGE),
    ],
    ids=["empty", "too large"],
)
async def test_a_hopeless_picture_is_never_sent(
    sandbox: Sandbox, remotes: Remotes, image: bytes, reason: LicenceProblem
) -> None:
    with pytest.raises(LicenceUnreadable) as refused:
        await remotes.licences().read_licence(image=image)
    assert refused.value.reason is reason
    assert not await sandbox.calls("BizLicenseOCR")


async def test_the_largest_picture_is_taken(remotes: Remotes) -> None:
    image = licence()
    padded = image + bytes(LICENCE_IMAGE_MAX_BYTES - len(image))
    assert (await remotes.licences().read_licence(image=padded)).uscc == enterprise().uscc
