"""A face ticket in itself: what counts as a pass, and when it is over."""

from datetime import UTC, datetime, timedelta

import pytest

from server.enterprises.face import (
    FaceAlreadyPassed,
    FaceState,
    FaceTicketDead,
    new_face,
)
from server.providers.ports.face import FaceFailure, FaceResult, FaceSession

NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
SESSION = FaceSession(token="a-token", url="https://example.cn/walk", request_id="r1")


def result(*, passed: bool, nonce: str | None, reason: FaceFailure | None = None) -> FaceResult:
    return FaceResult(
        passed=passed, code=0 if passed else 2016, nonce=nonce, reason=reason, request_id="r2"
    )


def test_a_pass_needs_our_nonce() -> None:
    face = new_face(NOW).started(SESSION, "our-nonce", NOW)
    assert face.judged(result(passed=True, nonce="our-nonce"), NOW).passed
    for nonce in (None, "", "another-nonce"):
        judged = face.judged(result(passed=True, nonce=nonce), NOW)
        assert judged.state is FaceState.FAILED
        assert judged.sentence()


def test_a_walk_that_is_not_finished_changes_nothing() -> None:
    face = new_face(NOW).started(SESSION, "our-nonce", NOW)
    unfinished = result(passed=False, nonce="our-nonce", reason=FaceFailure.NOT_FINISHED)
    assert face.judged(unfinished, NOW) == face


def test_a_pass_stays_a_pass() -> None:
    face = new_face(NOW).started(SESSION, "our-nonce", NOW)
    passed = face.judged(result(passed=True, nonce="our-nonce"), NOW)
    late = result(passed=False, nonce="our-nonce", reason=FaceFailure.NOT_LIVE)
    assert passed.judged(late, NOW) == passed
    assert passed.over(NOW) == passed
    assert passed.state_at(NOW + timedelta(days=9)) is FaceState.PASSED
    with pytest.raises(FaceAlreadyPassed):
        passed.must_be_usable(NOW)


def test_a_ticket_lives_ten_minutes_and_a_walk_ten_more() -> None:
    face = new_face(NOW)
    face.must_be_usable(NOW + timedelta(seconds=599))
    with pytest.raises(FaceTicketDead):
        face.must_be_usable(NOW + timedelta(seconds=600))
    later = NOW + timedelta(seconds=590)
    started = face.started(SESSION, "our-nonce", later)
    started.must_be_usable(later + timedelta(seconds=599))
    with pytest.raises(FaceTicketDead):
        started.must_be_usable(later + timedelta(seconds=600))


@pytest.mark.parametrize("failure", list(FaceFailure))
def test_every_failure_has_a_sentence(failure: FaceFailure) -> None:
    face = new_face(NOW).started(SESSION, "our-nonce", NOW)
    judged = face.judged(result(passed=False, nonce="our-nonce", reason=failure), NOW)
    assert judged == face or judged.sentence()
