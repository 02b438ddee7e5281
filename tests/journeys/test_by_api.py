"""The main job by the API alone: register, certify by face, review, apply, lend, be told."""

import json
import logging
from collections import Counter

import pytest
from bson import BSON

from server.storage.mongo import Database
from tests.journeys.steps import (
    apply,
    certify,
    good,
    log_in_staff,
    sow,
    texts,
    world,
)
from tests.platforms import Running

ENTERPRISE = world().enterprises[0]
BOSS = ENTERPRISE.legal_rep


OFFICER = next(one for one in world().staff if one.login == "officer1")
EXPECTED = (
    (BOSS.phone, "SMS_CERT_APPROVED"),
    (BOSS.phone, "SMS_APP_SUBMITTED"),
    (BOSS.phone, "SMS_APP_ACCEPTED"),
    (BOSS.phone, "SMS_APP_CREDITED"),
    (BOSS.phone, "SMS_APP_LENT"),
    (OFFICER.phone, "SMS_APP_NEW"),
)


async def told(running: Running) -> Counter[tuple[str, str]]:
    """How many SMS of each kind each phone has got: the carrier remembers earlier tests."""
    counts: Counter[tuple[str, str]] = Counter()
    for phone in (BOSS.phone, OFFICER.phone):
        counts.update((phone, one["template"]) for one in await running.sandbox.inbox(phone))
    return counts


async def lend(running: Running, case_id: str) -> None:
    officer = await log_in_staff(running, "officer1")
    case = f"/cases/{case_id}"
    seen = good(await officer.get(case))
    good(await officer.post(f"{case}/accept"))
    line = {
        "amount_fen": seen["amount_fen"],
        "annual_rate_bp": seen["expected_rate_bp"],
        "term_months": seen["term_months"],
    }
    good(await officer.post(f"{case}/credit", line))
    loan = {
        "contract_no": "JK-2026-000001",
        "amount_fen": seen["amount_fen"],
        "annual_rate_bp": seen["expected_rate_bp"],
        "lent_on": "2026-11-20",
        "due_on": "2027-11-20",
    }
    good(await officer.post(f"{case}/loans", loan))


@pytest.mark.shows("F197", "T15")
async def test_the_main_job_from_a_stranger_to_a_loan_with_everybody_told(
    running: Running, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    caplog.set_level(logging.DEBUG, logger="rongqiao")
    await sow(running)
    before = await told(running)
    boss = await certify(running, ENTERPRISE)
    case = await apply(running, boss, "officer1")
    assert case["case_no"].startswith("RQ2026")
    await lend(running, case["application_id"])
    done = good(await boss.get(f"/applications/{case['application_id']}"))
    assert done["state"] == "lent"
    for phone, template in EXPECTED:
        earlier = before[(phone, template)]
        found = await texts(running, phone, template, earlier + 1)
        assert len(found) == earlier + 1, f"{template} is sent once"
    messages = good(await boss.get("/messages"))["items"]
    assert len(messages) == 5
    logs = "\n".join(record.getMessage() + str(record.exc_info or "") for record in caplog.records)
    await nothing_personal_is_in_clear(running, logs)


async def nothing_personal_is_in_clear(running: Running, logs: str) -> None:
    """T15: neither the dumped database nor the logs hold a person's number, name or code."""
    secrets = {BOSS.phone, BOSS.name, BOSS.id_number, "许一诺", "19900001004"}
    for member in world().staff:
        secrets |= {member.name, member.phone, member.password}
    for message in await running.sandbox.inbox(BOSS.phone):
        code = message["params"].get("code")
        secrets |= {code} if code else set()
    dump = await dumped(running.database)
    words = {one for one in secrets if not one.isdigit() or len(one) > 6}
    for secret in words:
        assert secret.encode() not in dump, "a secret stands in the database"
        assert secret not in logs, "a secret stands in the logs"
    for code in secrets - words:
        assert f'"{code}"'.encode() not in dump and f":{code}" not in logs


async def dumped(database: Database) -> bytes:
    """Every document of every collection, as bytes and as text."""
    parts: list[bytes] = []
    for name in await database.collection_names():
        async for document in database[name].find({}):
            parts.append(BSON.encode(document))
            parts.append(json.dumps(document, default=str, ensure_ascii=False).encode())
    return b"\n".join(parts)
