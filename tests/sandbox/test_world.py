"""The invented world: codes with right check characters, no loose references, enough to choose from."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sandbox.world import World, WorldError, load

ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
USCC_SIGNS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)


def id_check_sign(id_number: str) -> str:
    total = sum(int(sign) * weight for sign, weight in zip(id_number, ID_WEIGHTS))
    return "10X98765432"[total % 11]


def uscc_check_sign(uscc: str) -> str:
    total = sum(USCC_SIGNS.index(sign) * 3**place for place, sign in enumerate(uscc[:17]))
    return USCC_SIGNS[-total % 31]


def organisation_check_sign(code: str) -> str:
    values = [int(sign, 36) for sign in code[:8]]
    rest = -sum(value * weight for value, weight in zip(values, ORGANISATION_WEIGHTS)) % 11
    return "X" if rest == 10 else str(rest)


def test_every_id_number_has_a_right_check_sign(world: World) -> None:
    assert len(world.persons) == 6
    for person in world.persons:
        assert re.fullmatch(r"4301\d{13}[\dX]", person.id_number)
        assert person.id_number[17] == id_check_sign(person.id_number)


def test_every_credit_code_has_right_check_signs(world: World) -> None:
    assert len(world.enterprises) == 6
    for enterprise in world.enterprises:
        assert len(enterprise.uscc) == 18
        assert enterprise.uscc[17] == uscc_check_sign(enterprise.uscc)
        assert enterprise.uscc[16] == organisation_check_sign(enterprise.uscc[8:17])


def test_phones_are_mobile_numbers_and_belong_to_one_person_each(world: World) -> None:
    phones = [one.phone for one in world.persons] + [one.phone for one in world.staff]
    assert all(re.fullmatch(r"1[3-9]\d{9}", phone) for phone in phones)
    assert len(set(phones)) == len(phones)


def test_products_belong_to_institutions_and_make_sense(world: World) -> None:
    institutions = {one.key for one in world.institutions}
    assert len(world.products) >= 40
    assert len({one.name for one in world.products}) == len(world.products)
    for product in world.products:
        assert product.institution in institutions
        assert 0 < product.rate_min_bp <= product.rate_max_bp <= 2400
        assert 0 < product.amount_min_fen <= product.amount_max_fen
        assert 0 < product.term_min_months <= product.term_max_months
        assert set(product.guarantee_methods) <= {"credit", "mortgage", "pledge", "guarantee"}


def test_products_lie_on_both_sides_of_the_filters_boundaries(world: World) -> None:
    most = {one.amount_max_fen // 1_000_000 for one in world.products}
    terms = {one.term_max_months for one in world.products}
    assert {100, 500, 1000} <= most and min(most) < 100 and max(most) > 1000
    assert {12, 24, 60} <= terms and min(terms) < 12 and max(terms) > 60


def test_staff_have_passwords_of_four_classes_and_officers_a_branch(world: World) -> None:
    branches = {(one.key, branch.key) for one in world.institutions for branch in one.branches}
    for member in world.staff:
        assert 8 <= len(member.password) <= 20
        for kind in (r"[a-z]", r"[A-Z]", r"\d", r"[^A-Za-z\d]"):
            assert re.search(kind, member.password)
        if "officer" in member.roles:
            assert (member.institution, member.branch) in branches


def test_the_demo_names_only_what_the_world_holds(world: World) -> None:
    demo = world.demo
    people = {one.key for one in world.persons} | {one["key"] for one in demo["persons"]}
    firms = {one.uscc for one in world.enterprises} | {one["uscc"] for one in demo["enterprises"]}
    certified = {}
    for row in demo["certifications"]:
        assert row["enterprise"] in firms and row["applicant"] in people
        certified[row["enterprise"]] = row["days_ago"]
    assert all(one["legal_rep"] in people for one in demo["enterprises"])
    products = {one.name: one for one in world.products}
    for row in demo["applications"]:
        assert row["days_ago"] < certified[row["enterprise"]]
        product = products[row["product"]]
        assert product.amount_min_fen <= row["amount_fen"] <= product.amount_max_fen
        assert product.term_min_months <= row["term_months"] <= product.term_max_months
        days = [row["days_ago"], *(deed["days_ago"] for deed in row.get("deeds", ()))]
        assert days == sorted(days, reverse=True)


def test_the_demos_own_people_and_firms_have_right_check_signs_too(world: World) -> None:
    phones = {one.phone for one in world.persons} | {one.phone for one in world.staff}
    for person in world.demo["persons"]:
        assert person["id_number"][17] == id_check_sign(person["id_number"])
        assert re.fullmatch(r"1[3-9]\d{9}", person["phone"]) and person["phone"] not in phones
    for firm in world.demo["enterprises"]:
        assert firm["uscc"][17] == uscc_check_sign(firm["uscc"])
        assert firm["uscc"][16] == organisation_check_sign(firm["uscc"][8:17])
        assert world.enterprise(firm["uscc"]) is None


def test_a_firm_without_a_known_legal_rep_is_refused(tmp_path: Path) -> None:
    broken = tmp_path / "world.yaml"
    broken.write_text("persons: []\nenterprises: [{uscc: X, legal_rep: nobody}]\n", "utf-8")
    with pytest.raises(WorldError, match="nobody"):
        load(broken)
