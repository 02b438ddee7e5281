"""Sample data: the command as people run it, beside a process that owns the database."""

import asyncio
import os
import sys
from collections import Counter
from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml

from server.cli.samples import SAMPLES
from server.cli.seed import sow as sow_samples
from server.core.clock import shanghai_day, utc_now
from server.institutions.institution import InstitutionKind
from server.storage.embedded import Embedded
from server.storage.mongo import Collection, Database, Document
from tests.marts import mart_on
from tests.mongod import DATABASE_NAME
from tests.people import new_phone
from tests.platforms import ROOT, SECRETS, Running

WORLD = ROOT / "sandbox" / "world.yaml"
COLLECTIONS = (
    "institutions",
    "products",
    "accounts",
    "enterprises",
    "certifications",
    "applications",
    "consents",
    "messages",
    "daily_figures",
)
COUNTED_DEEDS = frozenset(
    "submitted accepted referred_back declined withdrawn credited lent".split()
)
SOURCES = ("institutions", "certifications", "applications")


@pytest.fixture(scope="module")
def world() -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load(WORLD.read_text("utf-8"))
    return read


async def seed(mongod: Embedded, world: Path = WORLD, **more: str) -> tuple[int, str]:
    """Exit code and what was said."""
    environment: Mapping[str, str] = {
        **os.environ,
        **SECRETS,
        "RQ_MONGODB_URI": "embedded",
        "RQ__STORAGE__DATA_DIR": str(mongod._data_dir),
        "RQ__STORAGE__DATABASE": DATABASE_NAME,
        **more,
    }
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "server", "seed", "--world", str(world)),
        cwd=ROOT,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    return process.returncode or 0, said.decode()


def smaller(world: dict[str, Any]) -> dict[str, Any]:
    """The same with a short history."""
    demo = world["demo"]
    return {**world, "demo": {**demo, "applications": demo["applications"][:8]}}


async def counts(database: Database) -> dict[str, int]:
    return {name: await database[name].count_documents({}) for name in COLLECTIONS}


async def test_seeding_fills_the_mart_and_employs_staff(
    mongod: Embedded, clean_database: Database, world: dict[str, Any]
) -> None:
    code, said = await seed(mongod)
    assert code == 0, said
    mart = mart_on(clean_database, utc_now)
    assert await mart.products.count() == len(world["products"])
    count = await mart.institutions.count()
    assert count.institutions == len(world["institutions"])
    assert count.branches == sum(len(one["branches"]) for one in world["institutions"])
    assert InstitutionKind.BANK in await mart.institutions.kinds()
    newest = (await mart.names(sort="newest"))[0]
    days = {product["name"]: product["published_on"] for product in world["products"]}
    assert days[newest] == max(days.values())
    (product,) = [p for p in world["products"] if p["name"] == newest]
    assert newest in await mart.names(text=product["name"][1:3])


async def test_seeding_twice_changes_nothing(
    mongod: Embedded, clean_database: Database, world: dict[str, Any], tmp_path: Path
) -> None:
    file = tmp_path / "world.yaml"
    file.write_text(yaml.safe_dump(smaller(world), allow_unicode=True), "utf-8")
    code, said = await seed(mongod, file)
    assert code == 0 and "applications: 8 new" in said, said
    before = await counts(clean_database), await clean_database["audit"].count_documents({})
    code, said = await seed(mongod, file)
    assert code == 0
    names = ("institutions", "products", "staff", "enterprises", "applications")
    assert all(f"{name}: 0 new" in said for name in names), said
    after = await counts(clean_database), await clean_database["audit"].count_documents({})
    assert after == before


async def test_sample_staff_can_log_in(running: Running, world: dict[str, Any]) -> None:
    await sow(running, {**world, "demo": {}})
    for member in world["staff"]:
        body = {"login": member["login"], "password": member["password"]}
        answer = await running.api().post("/staff/sessions", body)
        assert answer.status == 201, member["login"]


async def test_the_past_is_there_with_its_figures_and_messages(
    running: Running, world: dict[str, Any]
) -> None:
    database = running.database
    await sow(running, world)
    rows = world["demo"]["certifications"]
    approved = {row["enterprise"] for row in rows if row["rounds"][-1]["kind"] == "approve"}
    certified = database["enterprises"].find({"state": "certified"})
    assert {one["uscc"] async for one in certified} == approved
    steps: Counter[tuple[str, str]] = Counter()
    told: Counter[str] = Counter()
    async for application in database["applications"].find():
        for step in application["steps"]:
            assert step["at"] <= utc_now()
            steps[shanghai_day(step["at"]).isoformat(), step["deed"]] += 1
        told[application["account_id"]] += 1
        ats = [step["at"] for step in application["steps"]]
        assert ats == sorted(ats)
        assert application["case_no"][2:10] == f"{shanghai_day(ats[0]):%Y%m%d}"
    assert sum(told.values()) == len(world["demo"]["applications"])
    assert await counted(database) == {
        place: number for place, number in steps.items() if place[1] in COUNTED_DEEDS
    }
    for account_id, number in told.items():
        of_him = {"account_id": account_id, "kind": "application_submitted"}
        assert await database["messages"].count_documents(of_him) >= number


async def test_old_news_leaves_nothing_for_a_running_server_to_send(
    running: Running, world: dict[str, Any]
) -> None:
    await sow(running, smaller(world))
    for source in SOURCES:
        assert await running.database[source].count_documents({"pending.0": {"$exists": True}}) == 0
    from_cases = {"name": {"$regex": "^(applications|enterprises)"}}
    assert await running.database["events"].count_documents(from_cases) == 0
    assert await running.database["deliveries"].count_documents({}) == 0
    assert await running.sandbox.calls("SendSms") == []


async def test_somebody_of_the_past_logs_in_and_finds_his_applications(
    running: Running, world: dict[str, Any]
) -> None:
    world = deepcopy(world)
    zhou, demo = world["persons"][0], world["demo"]
    zhou["phone"] = new_phone()
    own = demo["certifications"][0]["enterprise"]
    rows = [row for row in demo["applications"] if row["enterprise"] == own]
    await sow(running, {**world, "demo": {**demo, "applications": rows}})
    await running.api().post("/sms-codes", {"phone": zhou["phone"]})
    code = await running.sandbox.code(zhou["phone"])
    login = await running.api().post("/sessions", {"phone": zhou["phone"], "code": code})
    assert login.status == 201, login.text
    api = running.api(login.json["token"])
    case = await api.get("/certification")
    assert (case.status, case.json["state"]) == (200, "approved"), case.text
    found = await api.get("/applications")
    assert {one["product_name"] for one in found.json["items"]} == {row["product"] for row in rows}


async def test_a_reviewer_opens_a_case_that_has_no_picture(
    running: Running, world: dict[str, Any]
) -> None:
    await sow(running, {**world, "demo": {**world["demo"], "applications": []}})
    reviewer = world["staff"][0]
    body = {"login": reviewer["login"], "password": reviewer["password"]}
    api = running.api((await running.api().post("/staff/sessions", body)).json["token"])
    listed = await api.get("/reviews", filter="all")
    assert len(listed.json["items"]) == len(world["demo"]["certifications"])
    for one in listed.json["items"]:
        case = await api.get(f"/reviews/{one['certification_id']}")
        assert case.status == 200, case.text
        picture = await api.get(f"/reviews/{one['certification_id']}/licence")
        assert (picture.status, picture.code) == (404, "files.not_found")


async def test_a_history_that_was_cut_short_goes_on_and_one_taken_up_since_is_left(
    running: Running, world: dict[str, Any]
) -> None:
    rows = [row for row in world["demo"]["applications"] if len(row.get("deeds", ())) > 1][:2]
    demo = {**world["demo"], "applications": [{**row, "deeds": []} for row in rows]}
    await sow(running, {**world, "demo": demo})
    applications = running.database["applications"]
    by_time = applications.find().sort("submitted_at", 1)
    cut, taken = [one["_id"] async for one in by_time]
    (first,) = (await the(applications, taken))["steps"]
    withdrawn = {**first, "deed": "withdrawn", "at": utc_now()}
    await applications.update_one({"_id": taken}, {"$push": {"steps": withdrawn}})
    left = await the(applications, taken)
    await sow(running, {**world, "demo": {**demo, "applications": rows}})
    deeds = ["submitted", *(deed["deed"] for deed in rows[0]["deeds"])]
    assert [one["deed"] for one in (await the(applications, cut))["steps"]] == deeds
    assert await the(applications, taken) == left
    sums = await counted(running.database)
    assert sum(number for (_, deed), number in sums.items() if deed == "submitted") == len(rows)


async def the(collection: Collection, key: str) -> Document:
    found: Document | None = await collection.find_one({"_id": key})
    assert found is not None
    return found


async def sow(running: Running, world: dict[str, Any]) -> None:
    """All samples of this world, in this process."""
    uri = running.settings.storage.uri.get_secret_value()
    await sow_samples(running.settings, uri, world, SAMPLES)


async def counted(database: Database) -> dict[tuple[str, str], int]:
    """Day and deed to the number in the dashboard's figures."""
    found: Counter[tuple[str, str]] = Counter()
    async for row in database["daily_figures"].find():
        for deed in COUNTED_DEEDS & set(row["sums"]):
            found[row["day"], deed] += row["sums"][deed]
    return dict(found)


async def test_production_is_never_seeded(mongod: Embedded, clean_database: Database) -> None:
    code, said = await seed(
        mongod,
        RQ__ENVIRONMENT="production",
        RQ__TENCENT__PROTOCOL="https",
        RQ__ALIYUN__PROTOCOL="https",
        RQ__WECHAT__API_ORIGIN="https://api.weixin.qq.com",
        RQ__WECHAT__AUTHORIZE_ORIGIN="https://open.weixin.qq.com",
    )
    assert code == 4 and "production" in said
    assert await counts(clean_database) == dict.fromkeys(COLLECTIONS, 0)


async def test_a_file_that_is_no_world_is_refused_without_repeating_it(
    mongod: Embedded, clean_database: Database, tmp_path: Path
) -> None:
    broken = tmp_path / "world.yaml"
    broken.write_text("staff:\n- login: someone\n  password: Secret#2026a\n", "utf-8")
    code, said = await seed(mongod, broken)
    assert code == 2
    assert "staff.0.name" in said and "Secret#2026a" not in said
    code, said = await seed(mongod, tmp_path / "missing.yaml")
    assert code == 2 and "can't be read" in said
    assert await counts(clean_database) == dict.fromkeys(COLLECTIONS, 0)
