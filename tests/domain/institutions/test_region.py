import pytest

from server.institutions.region import ancestors, serves


@pytest.mark.parametrize(
    ("codes", "place", "served"),
    [
        (["430102"], "430102", True),  # named
        (["430100"], "430102", True),  # the city around the county
        (["430000"], "430102", True),  # the province around it
        (["430102"], "430100", True),  # a county of the city
        (["430102"], "430000", True),
        (["430102"], "430103", False),  # the county beside it
        (["430200"], "430102", False),
        (["440000"], "430102", False),
        (["430103", "430102"], "430102", True),
        ([], "430102", False),
        (["429004"], "429004", True),  # a county that belongs to no city
        (["420000"], "429004", True),
    ],
)
def test_a_region_is_served_by_itself_what_lies_around_it_and_its_parts(
    codes: list[str], place: str, served: bool
) -> None:
    assert serves(codes, place) is served


@pytest.mark.parametrize(
    ("code", "around"),
    [("430102", ("430100", "430000")), ("430100", ("430000",)), ("430000", ())],
)
def test_the_regions_around_a_region_are_known_by_its_code(
    code: str, around: tuple[str, ...]
) -> None:
    assert ancestors(code) == around
