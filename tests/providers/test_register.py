"""The register: a firm by code and by name, and one that it doesn't hold."""

import pytest

from server.core.clock import utc_now
from server.providers.ports import OperatingStatus, ProviderProblem, ProviderUnavailable
from tests.providers.world import Remotes, Sandbox, enterprise, world


async def test_a_firm_is_found_by_its_code_with_source_and_time(remotes: Remotes) -> None:
    firm, before = enterprise(), utc_now()
    record = await remotes.register().lookup(uscc=firm.uscc)
    assert record is not None
    assert (record.uscc, record.name) == (firm.uscc, firm.name)
    assert (record.legal_rep_name, record.address) == (firm.legal_rep.name, firm.address)
    assert (record.capital, record.kind, record.scope) == (firm.capital, firm.kind, firm.scope)
    assert (record.authority, record.established_on) == (firm.authority, firm.established_on)
    assert record.operating_status is OperatingStatus.OPEN and record.operating_status_text
    assert record.source == "tencent.ocr" and record.request_id
    assert before <= record.fetched_at <= utc_now()


async def test_a_code_in_lower_case_is_found(remotes: Remotes) -> None:
    record = await remotes.register().lookup(uscc=enterprise().uscc.lower())
    assert record is not None and record.uscc == enterprise().uscc


async def test_a_firm_is_found_by_its_name(remotes: Remotes) -> None:
    for firm in (one for one in world().enterprises if one.synced):
        record = await remotes.register().lookup_by_name(name=firm.name)
        assert record is not None and record.uscc == firm.uscc


async def test_a_firm_the_register_does_not_hold_is_none(remotes: Remotes) -> None:
    register = remotes.register()
    assert await register.lookup(uscc=enterprise(synced=False).uscc) is None
    assert await register.lookup_by_name(name="云桥市没有这家有限公司") is None


async def test_a_missing_permission_is_not_taken_for_a_missing_firm(
    sandbox: Sandbox, remotes: Remotes
) -> None:
    code = "UnauthorizedOperation.Nonactivated"
    await sandbox.fault("tencent.QueryEnterpriseBasicInfo", "refuse", code=code)
    with pytest.raises(ProviderUnavailable) as refused:
        await remotes.register().lookup(uscc=enterprise().uscc)
    assert refused.value.problem is ProviderProblem.ACCOUNT
    assert len(await sandbox.calls("QueryEnterpriseBasicInfo")) == 1
