import random
from datetime import date

import pytest

from server.core.idcodes import (
    IdCodeInvalid,
    IdCodeProblem,
    check_resident_id,
    check_uscc,
    make_resident_id,
    make_uscc,
    normalise_code,
    propose_uscc,
)

TODAY = date(2026, 9, 25)
GOOD = "91350100M000100Y43"  # the worked example of the standard
LETTERS = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def _problem(code: str) -> IdCodeInvalid:
    with pytest.raises(IdCodeInvalid) as refused:
        check_uscc(code)
    assert code not in str(refused.value)
    return refused.value


def _resident_problem(number: str) -> IdCodeProblem:
    with pytest.raises(IdCodeInvalid) as refused:
        check_resident_id(number, today=TODAY)
    assert number not in str(refused.value)
    return refused.value.problem


@pytest.mark.parametrize(
    "typed", [GOOD, GOOD.lower(), f" {GOOD[:8]} {GOOD[8:]}\u200b", "９" + GOOD[1:]]
)
@pytest.mark.shows("T01")
def test_a_credit_code_is_normalised_before_it_is_judged(typed: str) -> None:
    assert check_uscc(typed).code == GOOD
    assert normalise_code(typed) == GOOD


@pytest.mark.shows("T01")
def test_a_wrong_check_character_is_refused() -> None:
    assert _problem("91350100M000100Y44").problem is IdCodeProblem.CHECK_CHARACTER


@pytest.mark.shows("T01")
@pytest.mark.parametrize(
    ("code", "position", "meant"),
    [
        ("9I350100M000100Y43", 2, "1"),
        ("9135O100M000100Y43", 5, "0"),
        ("91350100M00010OY43", 15, "0"),
        ("91350100M000100Y4Z", 18, "2"),
    ],
)
def test_a_letter_that_no_credit_code_holds_is_named_by_position(
    code: str, position: int, meant: str
) -> None:
    refused = _problem(code)
    assert refused.problem is IdCodeProblem.LOOK_ALIKE
    assert (refused.position, refused.meant) == (position, meant)


def test_a_code_of_another_length_or_with_a_foreign_character_is_refused() -> None:
    assert _problem(GOOD[:17]).problem is IdCodeProblem.LENGTH
    assert _problem("9").problem is IdCodeProblem.LENGTH
    refused = _problem("9135A100M000100Y43")
    assert (refused.problem, refused.position) == (IdCodeProblem.CHARACTER, 5)


@pytest.mark.shows("T01")
def test_any_single_wrong_character_is_found_in_ten_thousand_codes() -> None:
    draw = random.Random(32100)
    for _ in range(10_000):
        subject = "".join(draw.choices(LETTERS, k=9))
        code = make_uscc(
            f"{draw.choice('159ANY')}{draw.choice('1239')}{draw.randint(100000, 999999)}{subject}"
        )
        place = draw.randrange(18)
        wrong = draw.choice(LETTERS.replace(code[place], ""))
        with pytest.raises(IdCodeInvalid):
            check_uscc(code[:place] + wrong + code[place + 1 :])


@pytest.mark.shows("T02")
def test_the_first_two_positions_may_be_letters() -> None:
    assert check_uscc("N2430102MA4L0000XM").code == "N2430102MA4L0000XM"


@pytest.mark.shows("T03")
def test_a_doubtful_organisation_code_warns_and_does_not_refuse() -> None:
    assert check_uscc("914301000000000000").subject_doubtful
    assert check_uscc("N2430102MA4L0000XM").subject_doubtful
    assert not check_uscc(GOOD).subject_doubtful


@pytest.mark.parametrize(
    "typed", ["9I350100M000100Y43", "91350100M0001O0Y43", "9135010OM000100Y43"]
)
def test_one_look_alike_character_is_put_right(typed: str) -> None:
    assert propose_uscc(typed) == GOOD


@pytest.mark.parametrize("typed", [GOOD, "9I35O100M000100Y43", "91350100M000100Y44", "91", ""])
def test_nothing_is_proposed_when_one_exchange_does_not_settle_it(typed: str) -> None:
    assert propose_uscc(typed) is None


def test_a_proposal_is_always_a_right_code() -> None:
    draw = random.Random(52)
    twins = {"0": "O", "1": "I", "2": "Z", "5": "S", "8": "B", "B": "8", "6": "G", "G": "6"}
    proposed = 0
    for _ in range(500):
        good = make_uscc(f"91{draw.randint(100000, 999999)}{''.join(draw.choices(LETTERS, k=9))}")
        place = draw.choice([i for i, c in enumerate(good) if c in twins])
        proposal = propose_uscc(good[:place] + twins[good[place]] + good[place + 1 :])
        assert proposal is None or check_uscc(proposal).code == proposal
        proposed += proposal == good
    assert proposed > 400


@pytest.mark.shows("T04")
def test_a_resident_id_with_a_right_check_character_is_accepted() -> None:
    assert check_resident_id(" 11010519491231002x", today=TODAY) == "11010519491231002X"


@pytest.mark.shows("T04")
@pytest.mark.parametrize(
    ("number", "problem"),
    [
        ("110105194912310021", IdCodeProblem.CHECK_CHARACTER),
        (make_resident_id("11010520230229002"), IdCodeProblem.BIRTH_DATE),
        (make_resident_id("11010518000101002"), IdCodeProblem.BIRTH_DATE),
        (make_resident_id("11010520260926002"), IdCodeProblem.BIRTH_DATE),
        ("110105491231002", IdCodeProblem.LENGTH),
        ("1101051949123100XX", IdCodeProblem.CHARACTER),
        ("01010519491231002X", IdCodeProblem.CHARACTER),
    ],
)
def test_a_resident_id_that_cannot_be_is_refused(number: str, problem: IdCodeProblem) -> None:
    assert _resident_problem(number) is problem


def test_someone_born_today_has_a_resident_id() -> None:
    number = make_resident_id("11010520260925002")
    assert check_resident_id(number, today=TODAY) == number


@pytest.mark.shows("T04")
@pytest.mark.parametrize(
    "region",
    ["432321", "110103", "310103", "510202", "512301", "440524", "620502", "430124", "330113"]
    + ["810000", "820000", "830000"],
)
def test_abolished_regions_and_residence_permits_are_accepted(region: str) -> None:
    number = make_resident_id(f"{region}19850615001")
    assert check_resident_id(number, today=TODAY) == number


@pytest.mark.shows("T04")
def test_any_single_wrong_digit_is_found_in_ten_thousand_numbers() -> None:
    draw = random.Random(11643)
    for _ in range(10_000):
        born = date.fromordinal(draw.randint(date(1930, 1, 1).toordinal(), TODAY.toordinal()))
        number = make_resident_id(
            f"{draw.randint(110000, 659999)}{born:%Y%m%d}{draw.randint(1, 999):03d}"
        )
        place = draw.randrange(18)
        wrong = draw.choice("0123456789".replace(number[place], ""))
        with pytest.raises(IdCodeInvalid):
            check_resident_id(number[:place] + wrong + number[place + 1 :], today=TODAY)
