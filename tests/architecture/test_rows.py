from tests.rows import documented, shown


def test_a_test_shows_only_rows_that_are_documented() -> None:
    assert not shown().keys() - documented().keys()
