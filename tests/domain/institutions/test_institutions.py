import pytest

from server.core.ids import new_id
from server.institutions.institution import (
    BranchNotOfInstitution,
    BranchNotServing,
    InstitutionKind,
    InstitutionMoveRefused,
    InstitutionNotFound,
    InstitutionState,
    InstitutionSuspended,
)
from server.storage.mongo import Database
from tests.marts import Mart, branch, mart_on
from tests.platforms import MovableClock

FURONG, YUELU = "430102", "430104"


@pytest.fixture
def mart(clean_database: Database, clock: MovableClock) -> Mart:
    return mart_on(clean_database, clock)


@pytest.mark.shows("F098")
async def test_a_branch_must_belong_to_the_institution(mart: Mart) -> None:
    ours = await mart.settle("江岸银行")
    theirs = branch("北辰农商行开福支行")
    await mart.settle("北辰农商行", theirs)
    with pytest.raises(BranchNotOfInstitution) as refused:
        await mart.institutions.must_serve(ours.id, theirs.id, region_code=FURONG)
    assert refused.value.field == "branch_id"
    assert "江岸银行" in refused.value.message


@pytest.mark.shows("F098")
async def test_a_branch_must_serve_the_region(mart: Mart) -> None:
    furong = branch("芙蓉支行", FURONG)
    institution = await mart.settle("江岸银行", furong)
    served = await mart.institutions.must_serve(institution.id, furong.id, region_code=FURONG)
    assert served == furong
    with pytest.raises(BranchNotServing) as refused:
        await mart.institutions.must_serve(institution.id, furong.id, region_code=YUELU)
    assert "芙蓉支行" in refused.value.message


async def test_a_suspended_institution_serves_nobody(mart: Mart) -> None:
    institution = await mart.settle("江岸银行")
    await mart.institutions.move(institution.id, InstitutionState.SUSPENDED, actor=None)
    branch_id = institution.branches[0].id
    with pytest.raises(InstitutionSuspended):
        await mart.institutions.must_serve(institution.id, branch_id, region_code=FURONG)
    with pytest.raises(InstitutionSuspended):
        await mart.institutions.branches_for(institution.id, FURONG)
    assert await mart.institutions.active() == []


async def test_nothing_is_known_of_an_institution_that_is_not_there(mart: Mart) -> None:
    with pytest.raises(InstitutionNotFound):
        await mart.institutions.branches_for(new_id(), FURONG)


@pytest.mark.shows("F098")
async def test_only_branches_that_serve_the_region_are_offered(mart: Mart) -> None:
    institution = await mart.settle(
        "江岸银行", branch("芙蓉支行", FURONG), branch("岳麓支行", YUELU), branch("营业部")
    )
    offered = await mart.institutions.branches_for(institution.id, FURONG)
    assert [one.name for one in offered] == ["芙蓉支行", "营业部"]
    assert len(await mart.institutions.branches_for(institution.id)) == 3


async def test_institutions_are_listed_by_kind_and_by_region(mart: Mart) -> None:
    bank = await mart.settle("江岸银行")
    lender = await mart.settle("麦穗小贷", kind=InstitutionKind.MICROLOAN, region_codes=(YUELU,))
    active = mart.institutions.active
    assert {one.id for one in await active()} == {bank.id, lender.id}
    assert [one.id for one in await active(kind=InstitutionKind.MICROLOAN)] == [lender.id]
    assert [one.id for one in await active(region_code=FURONG)] == [bank.id]
    assert await mart.institutions.kinds() == [InstitutionKind.BANK, InstitutionKind.MICROLOAN]
    count = await mart.institutions.count()
    assert (count.institutions, count.branches) == (2, 2)


async def test_an_institution_moves_along_the_table_only(mart: Mart) -> None:
    institution = await mart.settle("江岸银行")
    with pytest.raises(InstitutionMoveRefused):
        await mart.institutions.move(institution.id, InstitutionState.ACTIVE, actor=None)
    assert await mart.institutions.get(institution.id) == institution
    suspended = await mart.institutions.move(institution.id, InstitutionState.SUSPENDED, actor=None)
    assert [event.name for event in suspended.pending] == ["institutions.changed"]
    again = await mart.institutions.move(institution.id, InstitutionState.ACTIVE, actor=None)
    assert again.is_active and again.version == 3
