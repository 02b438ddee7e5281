"""A delivery's moves, without database or gateway."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from server.messages.delivery import Delivery, DeliveryEnded
from server.messages.delivery_states import MOVES, Channel, DeliveryState, Problem
from server.messages.kinds import MessageKind

NOW = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
PHONE = "19910000000"


def waiting(now: datetime = NOW) -> Delivery:
    return Delivery(
        id="0" * 26,
        account_id="1" * 26,
        kind=MessageKind.APPLICATION_SUBMITTED,
        params={"case_no": "RQ20261120000001"},
        created_at=now,
        due_at=now,
    )


def test_every_state_has_its_moves_and_the_ends_have_none() -> None:
    assert all(set(MOVES[channel]) == set(DeliveryState) for channel in Channel)
    for end in (DeliveryState.SENT, DeliveryState.FAILED):
        with pytest.raises(DeliveryEnded):
            replace(waiting(), state=end).sending(address=PHONE, now=NOW)


def test_the_wait_doubles_up_to_half_an_hour_and_ends_with_the_day() -> None:
    delivery, now, waits = waiting(), NOW, []
    while delivery.due_at is not None:
        delivery = delivery.sending(address=PHONE, now=now).later(Problem.UNAVAILABLE, now)
        if delivery.due_at is not None:
            waits.append(delivery.due_at - now)
            now = delivery.due_at
    assert waits[:4] == [timedelta(seconds=s) for s in (10, 20, 40, 80)]
    assert max(waits) == timedelta(minutes=30)
    assert now == NOW + timedelta(hours=24)
    assert delivery.state is DeliveryState.FAILED


def test_around_midnight_in_china_the_gateway_is_asked_about_both_days() -> None:
    evening = datetime(2026, 11, 20, 15, 59, tzinfo=UTC)
    days = waiting(evening).sending(address=PHONE, now=evening).days()
    assert [day.isoformat() for day in days] == ["2026-11-20", "2026-11-21"]
    assert len(waiting().sending(address=PHONE, now=NOW).days()) == 1


def test_a_process_held_up_since_its_claim_may_not_call() -> None:
    marked = waiting().sending(address=PHONE, now=NOW)
    assert marked.is_held(NOW + timedelta(seconds=15))
    assert not marked.is_held(NOW + timedelta(seconds=16))


def test_parameters_and_phone_are_not_in_its_representation() -> None:
    shown = repr(waiting().sending(address=PHONE, now=NOW))
    assert PHONE not in shown
    assert "RQ20261120000001" not in shown
