"""Four factors: match, each mismatch, a firm the source does not hold yet, and an outage."""

import pytest

from server.providers.ports import FourFactorField, FourFactorOutcome, OperatingStatus
from tests.providers.world import Remotes, Sandbox, enterprise, person, world

F = FourFactorField


def factors(*, synced: bool = True) -> dict[str, str]:
    firm = enterprise(synced=synced)
    return {
        "uscc": firm.uscc,
        "enterprise_name": firm.name,
        "legal_rep_name": firm.legal_rep.name,
        "legal_rep_id_number": firm.legal_rep.id_number,
    }


async def test_four_true_factors_match(sandbox: Sandbox, remotes: Remotes) -> None:
    result = await remotes.four_factors().check(**factors())
    assert result.matched and result.outcome is FourFactorOutcome.MATCH
    assert (result.mismatched, result.operating_status) == ((), OperatingStatus.OPEN)
    assert result.request_id


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"enterprise_name": "云桥市没有这家有限公司"}, F.ENTERPRISE_NAME),
        ({"uscc": enterprise(synced=False).uscc}, F.USCC),
        ({"legal_rep_name": person("lin").name}, F.LEGAL_REP_NAME),
        ({"legal_rep_id_number": person("lin").id_number}, F.LEGAL_REP_ID_NUMBER),
    ],
)
async def test_a_wrong_factor_is_named(
    remotes: Remotes, wrong: dict[str, str], field: FourFactorField
) -> None:
    result = await remotes.four_factors().check(**{**factors(), **wrong})
    assert not result.matched and result.outcome is FourFactorOutcome.MISMATCH
    assert result.mismatched == (field,)


@pytest.mark.shows("T36")
async def test_a_firm_the_source_does_not_hold_is_not_synced(remotes: Remotes) -> None:
    result = await remotes.four_factors().check(**factors(synced=False))
    assert result.outcome is FourFactorOutcome.NOT_SYNCED and not result.matched
    assert (result.mismatched, result.operating_status) == ((), OperatingStatus.UNKNOWN)


@pytest.mark.parametrize(
    "code",
    ["InternalError", "ResourceUnavailable.InArrears", "InvalidParameterValue", "Unheard.Of"],
)
async def test_a_refusal_by_the_provider_is_an_outage_and_no_answer(
    sandbox: Sandbox, remotes: Remotes, code: str
) -> None:
    await sandbox.fault("tencent.VerifyBizLicenseEnterprise4", "refuse", code=code)
    result = await remotes.four_factors().check(**factors())
    assert result.outcome is FourFactorOutcome.PROVIDER_DOWN and not result.matched
    assert (
        len(await sandbox.calls("VerifyBizLicenseEnterprise4")) == 1
    ), "billed calls are made once"


async def test_a_revoked_firm_matches_and_is_shown_as_revoked(remotes: Remotes) -> None:
    firm = next(one for one in world().enterprises if one.status == "4")
    result = await remotes.four_factors().check(
        uscc=firm.uscc,
        enterprise_name=firm.name,
        legal_rep_name=firm.legal_rep.name,
        legal_rep_id_number=firm.legal_rep.id_number,
    )
    assert (result.matched, result.operating_status) == (True, OperatingStatus.REVOKED)
