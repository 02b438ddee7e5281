"""Sample data: the command as people run it, beside a process that owns the database."""

import asyncio
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from server.core.clock import utc_now
from server.institutions.institution import InstitutionKind
from server.storage.embedded import Embedded
from server.storage.mongo import Database
from tests.marts import mart_on
from tests.mongod import DATABASE_NAME
from tests.platforms import ROOT, SECRETS, Running

WORLD = ROOT / "sandbox" / "world.yaml"
COLLECTIONS = ("institutions", "products", "accounts")


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


async def test_seeding_twice_changes_nothing(mongod: Embedded, clean_database: Database) -> None:
    await seed(mongod)
    before = await counts(clean_database), await clean_database["audit"].count_documents({})
    code, said = await seed(mongod)
    assert code == 0
    assert "institutions: 0 new" in said and "products: 0 new" in said and "staff: 0 new" in said
    after = await counts(clean_database), await clean_database["audit"].count_documents({})
    assert after == before


async def test_sample_staff_can_log_in(
    mongod: Embedded, running: Running, world: dict[str, Any]
) -> None:
    await seed(mongod)
    for member in world["staff"]:
        body = {"login": member["login"], "password": member["password"]}
        answer = await running.api().post("/staff/sessions", body)
        assert answer.status == 201, member["login"]


async def test_production_is_never_seeded(mongod: Embedded, clean_database: Database) -> None:
    code, said = await seed(
        mongod,
        RQ__ENVIRONMENT="production",
        RQ__TENCENT__PROTOCOL="https",
        RQ__ALIYUN__PROTOCOL="https",
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
