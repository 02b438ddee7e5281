"""Idempotency keys: once done, twice answered."""

import asyncio

import pytest

from server.core.ids import derived_id
from server.core.once import Fresh, Replay
from server.storage.encryption import FieldCipher
from server.storage.idempotency import IdempotencyKeys, KeyReused, KeyRunning
from server.storage.mongo import Database
from tests.storage.conftest import HandClock


@pytest.fixture
def keys(clean_database: Database, cipher: FieldCipher, clock: HandClock) -> IdempotencyKeys:
    return IdempotencyKeys(clean_database, cipher, clock)


async def _begin(keys: IdempotencyKeys, body: str = "b1", account: str = "a") -> Fresh | Replay:
    return await keys.begin(
        account_id=account, route="applications.create", key="k", body_digest=body
    )


async def _fresh(keys: IdempotencyKeys, body: str = "b1", account: str = "a") -> Fresh:
    begun = await _begin(keys, body, account)
    assert isinstance(begun, Fresh)
    return begun


async def test_the_same_request_again_gets_the_same_answer(keys: IdempotencyKeys) -> None:
    fresh = await _fresh(keys)
    assert fresh.created_id == derived_id("a", "applications.create", "k")
    await keys.finish(fresh, status=201, body=b'{"id":"x"}', headers=[("Location", "/x")])
    for _ in range(2):
        again = await _begin(keys)
        assert again == Replay(status=201, body=b'{"id":"x"}', headers=[("Location", "/x")])


async def test_the_answer_is_not_kept_in_clear(
    keys: IdempotencyKeys, clean_database: Database
) -> None:
    fresh = await _fresh(keys, body="digest-of-a-phone")
    await keys.finish(fresh, status=200, body=b"13900001234", headers=[("X", "13900001234")])
    document = await clean_database["idempotency"].find_one({})
    assert "13900001234" not in str(document) and "digest-of-a-phone" not in str(document)


async def test_another_body_with_the_same_key_is_refused(keys: IdempotencyKeys) -> None:
    fresh = await _fresh(keys)
    with pytest.raises(KeyReused):
        await _begin(keys, "b2")
    await keys.finish(fresh, status=200, body=b"first")
    with pytest.raises(KeyReused):
        await _begin(keys, "b2")
    again = await _begin(keys)
    assert isinstance(again, Replay) and again.body == b"first"


async def test_of_many_at_once_one_works_and_the_others_are_told_so(keys: IdempotencyKeys) -> None:
    answers = await asyncio.gather(*(_begin(keys) for _ in range(16)), return_exceptions=True)
    assert sum(isinstance(each, Fresh) for each in answers) == 1
    assert sum(isinstance(each, KeyRunning) for each in answers) == 15


async def test_after_a_crash_the_retry_gets_the_same_id_when_the_minute_is_over(
    keys: IdempotencyKeys, clock: HandClock
) -> None:
    crashed = await _fresh(keys)
    clock.turn(59)
    with pytest.raises(KeyRunning):
        await _begin(keys)
    clock.turn(1)
    with pytest.raises(KeyReused):
        await _begin(keys, "b2")
    retried = await _fresh(keys)
    assert retried.created_id == crashed.created_id and retried.token != crashed.token
    await keys.finish(crashed, status=500, body=b"too late")
    with pytest.raises(KeyRunning):
        await _begin(keys)


async def test_after_a_refusal_the_key_may_be_used_with_the_corrected_form(
    keys: IdempotencyKeys,
) -> None:
    refused = await _fresh(keys)
    await keys.abandon(refused)
    corrected = await _fresh(keys, "b2")
    assert corrected.created_id == refused.created_id


async def test_a_finished_key_can_not_be_abandoned(keys: IdempotencyKeys) -> None:
    fresh = await _fresh(keys)
    await keys.finish(fresh, status=200, body=b"done")
    await keys.abandon(fresh)
    assert isinstance(await _begin(keys), Replay)


async def test_accounts_do_not_share_keys(keys: IdempotencyKeys) -> None:
    mine, yours = await _fresh(keys), await _fresh(keys, "b2", "another")
    assert mine.created_id != yours.created_id


async def test_a_key_is_forgotten_after_a_day(keys: IdempotencyKeys, clock: HandClock) -> None:
    fresh = await _fresh(keys)
    await keys.finish(fresh, status=200, body=b"done")
    clock.turn(24 * 3600)
    await _fresh(keys, "b2")
