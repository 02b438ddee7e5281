"""The mart over the API: its contract, its refusals, and that nobody needs to log in."""

from urllib.parse import urlencode

import pytest
from yarl import URL

from server.core.ids import new_id
from server.institutions.institution import InstitutionKind, InstitutionState
from server.products.bands import WAN
from server.products.product import GuaranteeMethod
from tests.clients import Answer
from tests.marts import Mart, branch
from tests.platforms import Running
from tests.waiting import until

FURONG, YUELU = "430102", "430104"


@pytest.fixture
def mart(running: Running) -> Mart:
    services = running.platform.services
    return Mart(institutions=services.institutions, products=services.products, clock=running.clock)


async def raw(running: Running, query: str) -> Answer:
    """The list with a query string sent as it stands."""
    address = URL(f"{running.url}/api/v1/products?{query}", encoded=True)
    async with running.http.get(address) as answer:
        return Answer(status=answer.status, headers=answer.headers, body=await answer.read())


@pytest.mark.shows("F081", "F092")
async def test_a_stranger_reads_the_list_and_all_about_a_product(
    running: Running, mart: Mart
) -> None:
    bank = await mart.settle()
    product = await mart.publish(bank)
    await mart.draft(bank, name="草稿")
    answer = await running.api().get("/products")
    assert answer.status == 200
    assert answer.json["total"] == 1 and answer.json["total_is_capped"] is False
    assert answer.json["next_cursor"] is None
    (item,) = answer.json["items"]
    assert item["product_id"] == product.id
    assert (item["rate_min_bp"], item["rate_max_bp"]) == (400, 600)
    detail = await running.api().get(f"/products/{product.id}")
    assert detail.status == 200
    assert detail.json == {
        **item,
        "purposes": product.purposes,
        "features": product.features,
        "description": product.description,
        "repayment": product.repayment,
        "prepayment": product.prepayment,
        "eligibility": list(product.eligibility),
        "materials": list(product.materials),
        "region_codes": list(product.region_codes),
        "until_on": None,
        "version": product.version,
    }


@pytest.mark.shows("F081")
async def test_what_is_not_on_the_shelf_is_not_there(running: Running, mart: Mart) -> None:
    bank = await mart.settle()
    draft = await mart.draft(bank)
    for product_id in (draft.id, new_id()):
        answer = await running.api().get(f"/products/{product_id}")
        assert (answer.status, answer.code) == (404, "products.not_found")


@pytest.mark.shows("F081")
async def test_a_suspended_institutions_products_leave_the_list_by_themselves(
    running: Running, mart: Mart
) -> None:
    bank = await mart.settle()
    await mart.publish(bank)
    await mart.institutions.move(bank.id, InstitutionState.SUSPENDED, actor=None)

    async def is_empty() -> bool:
        return bool((await running.api().get("/products")).json["total"] == 0)

    await until(is_empty)


@pytest.mark.shows("F082", "F087", "F088", "F091")
async def test_words_filters_and_order_work_together(running: Running, mart: Mart) -> None:
    bank = await mart.settle("江岸银行")
    lender = await mart.settle("麦穗小贷", kind=InstitutionKind.MICROLOAN)
    await mart.publish(bank, name="科创一号", amount_max_fen=500 * WAN, rate_min_bp=390)
    await mart.publish(bank, name="科创二号", amount_max_fen=500 * WAN, rate_min_bp=380)
    await mart.publish(bank, name="科创三号", amount_max_fen=501 * WAN)
    await mart.publish(bank, name="科创四号", amount_max_fen=500 * WAN, term_max_months=13)
    await mart.publish(lender, name="科创五号", amount_max_fen=500 * WAN)
    answer = await running.api().get(
        "/products",
        q="科创",
        kind="bank",
        guarantee="credit",
        amount="100-500",
        term="le12",
        rate="le4",
        region_code=FURONG,
        tag="信用",
        sort="rate",
    )
    assert [item["name"] for item in answer.json["items"]] == ["科创二号", "科创一号"]


@pytest.mark.shows("F091")
async def test_the_list_goes_on_by_cursor(running: Running, mart: Mart) -> None:
    bank = await mart.settle()
    for number in range(5):
        await mart.publish(bank, name=f"贷款{number}")
    seen: list[str] = []
    cursor: str | None = None
    while True:
        more: dict[str, str] = {"cursor": cursor} if cursor else {}
        answer = await running.api().get("/products", size="2", sort="amount", **more)
        assert answer.json["total"] == 5
        seen += [item["product_id"] for item in answer.json["items"]]
        cursor = answer.json["next_cursor"]
        if cursor is None:
            break
    assert len(seen) == len(set(seen)) == 5
    other = await running.api().get("/products", size="2", sort="amount")
    answer = await running.api().get(
        "/products", size="2", sort="rate", cursor=other.json["next_cursor"]
    )
    assert (answer.status, answer.code) == (422, "core.cursor_broken")


NOT_UNDERSTOOD = (
    ("amount", "100"),
    ("term", "12"),
    ("rate", "0"),
    ("kind", "银行"),
    ("guarantee", "none"),
    ("sort", "popular"),
    ("region_code", "4301"),
    ("region_code", "４３０１０２"),
    ("institution_id", "../../etc"),
    ("size", "0"),
    ("size", "-1"),
    ("size", "51"),
    ("size", "ten"),
    ("q", "贷" * 61),
    ("tag", "标" * 21),
    ("cursor", "A" * 201),
    ("page", "1"),
    ("unknown", "1"),
)


async def test_what_is_not_understood_is_refused_by_name(running: Running) -> None:
    for name, value in NOT_UNDERSTOOD:
        answer = await running.api().get("/products", **{name: value})
        assert (answer.status, answer.code) == (422, "core.fields_invalid"), (name, value)
        assert list(answer.json["problems"]) == [name]


HOSTILE = (
    urlencode({"q": "贷" * 3500}),  # 10 kB
    urlencode({"q": "(.*)+$[\\"}),
    urlencode({"q": "\x00\x07"}),
    urlencode({"tag": "$where"}),
    "q[$gt]=",
    "q=%ff%fe",
    "q=%ed%a0%80",
    "tag=%00",
    "cursor=%FF",
    "cursor=bm90IGEgY3Vyc29y",
    "cursor=c2NvcmUfOTk5OTk5OTk5OTk5OTk5OTk5OTk5H2E",
    "page=-1",
    "size=1e9",
    "amount=le100&amount=gt1000",
    "&&&==&",
)


async def test_a_hostile_query_is_refused_or_harmless(running: Running, mart: Mart) -> None:
    await mart.publish(await mart.settle())
    for query in HOSTILE:
        answer = await raw(running, query)
        assert answer.status in (200, 422), query
        if answer.status == 200:
            assert answer.json["total"] in (0, 1)


@pytest.mark.shows("F098")
async def test_branches_of_an_institution_are_told_by_region(running: Running, mart: Mart) -> None:
    furong, yuelu = branch("芙蓉支行", FURONG), branch("岳麓支行", YUELU)
    bank = await mart.settle("江岸银行", furong, yuelu)
    path = f"/institutions/{bank.id}/branches"
    answer = await running.api().get(path)
    assert [item["branch_id"] for item in answer.json["items"]] == [furong.id, yuelu.id]
    answer = await running.api().get(path, region_code=YUELU)
    assert answer.json == {
        "items": [
            {
                "branch_id": yuelu.id,
                "name": "岳麓支行",
                "address": yuelu.address,
                "phone": yuelu.phone,
                "region_codes": [YUELU],
            }
        ]
    }
    answer = await running.api().get(path, region_code="43")
    assert (answer.status, answer.code) == (422, "core.fields_invalid")


async def test_branches_of_a_suspended_or_unknown_institution_are_refused(
    running: Running, mart: Mart
) -> None:
    bank = await mart.settle()
    await mart.institutions.move(bank.id, InstitutionState.SUSPENDED, actor=None)
    answer = await running.api().get(f"/institutions/{bank.id}/branches")
    assert (answer.status, answer.code) == (409, "institutions.suspended")
    answer = await running.api().get(f"/institutions/{new_id()}/branches")
    assert (answer.status, answer.code) == (404, "institutions.not_found")


@pytest.mark.shows("F198")
async def test_the_contract_lists_every_filter_with_its_values(running: Running) -> None:
    async with running.http.get(f"{running.url}/api/openapi.json") as answer:
        document = await answer.json()
    parameters = {
        one["name"]: one["schema"]
        for one in document["paths"]["/api/v1/products"]["get"]["parameters"]
    }
    assert "$ref" not in str(parameters)
    guarantee = parameters["guarantee"]["anyOf"][0]["enum"]
    assert guarantee == [method.value for method in GuaranteeMethod]
    assert parameters["sort"]["default"] == "comprehensive"
    assert set(parameters) == {
        "q", "kind", "guarantee", "amount", "term", "rate", "region_code", "tag",
        "institution_id", "sort", "size", "cursor",
    }  # fmt: skip
