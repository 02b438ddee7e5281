"""The demo's people against a real server: what they leave behind, and that they do it once."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from sandbox import people
from sandbox.people import Place, live
from sandbox.world import WORLD_FILE, Enterprise, Person, load
from server.cli.samples import SAMPLES
from server.cli.seed import sow
from tests.certifying import another_day
from tests.clients import ApiClient
from tests.people import new_phone, wait_for_another_code
from tests.platforms import Running
from tests.waiting import until


@dataclass(frozen=True, slots=True)
class Demo:
    """A seeded platform, and what its people said."""

    running: Running
    place: Place
    said: list[str]

    @property
    def applicant(self) -> Person:
        found = self.place.world.person(self.place.world.demo["live"]["applying"]["applicant"])
        assert found is not None
        return found

    @property
    def firm(self) -> Enterprise:
        uscc = self.place.world.demo["live"]["certifying"]["enterprise"]
        return next(one for one in self.place.world.enterprises if one.uscc == uscc)

    async def desk(self, login: str) -> ApiClient:
        """The API as a member of staff of the world has it."""
        member = next(one for one in self.place.world.staff if one.login == login)
        body = {"login": member.login, "password": member.password}
        answer = await self.running.api().post("/staff/sessions", body)
        return self.running.api(answer.json["token"])

    async def templates(self, phone: str) -> list[str]:
        return [one["template"] for one in await self.running.sandbox.inbox(phone)]


@pytest.fixture
async def demo(running: Running, tmp_path: Path) -> Demo:
    """Everybody has a number of his own test: the carrier counts codes per number."""
    await another_day(running)
    text = WORLD_FILE.read_text("utf-8")
    for person in load(WORLD_FILE).persons:
        text = text.replace(f'"{person.phone}"', f'"{new_phone()}"')
    path = tmp_path / "world.yaml"
    path.write_text(text, "utf-8")
    uri = running.settings.storage.uri.get_secret_value()
    await sow(running.settings, uri, without_history(yaml.safe_load(text)), SAMPLES)
    said: list[str] = []
    address = f"http://{running.sandbox.address}"
    place = Place(server=running.url, sandbox=address, world=load(path), say=said.append)
    return Demo(running, place, said)


def without_history(document: dict[str, Any]) -> dict[str, Any]:
    """Only what the live people build on: the applicant's certified firm, and products."""
    demo, applicant = document["demo"], document["demo"]["live"]["applying"]["applicant"]
    rows = [row for row in demo["certifications"] if row["applicant"] == applicant]
    return {**document, "demo": {**demo, "certifications": rows, "applications": []}}


def only(rows: list[Any]) -> Any:
    assert len(rows) == 1, rows
    return rows[0]


async def test_a_case_with_everything_in_it_waits_for_the_reviewer(demo: Demo) -> None:
    await live(demo.place)
    desk = await demo.desk("reviewer1")
    row = only((await desk.get("/reviews", filter="waiting")).json["items"])
    assert row["uscc"] == demo.firm.uscc
    case = (await desk.get(f"/reviews/{row['certification_id']}")).json
    assert (case["state"], case["factors"]) == ("reviewing", "match"), case
    picture = await desk.get(f"/reviews/{row['certification_id']}/licence")
    assert picture.status == 200 and picture.body.startswith(b"\xff\xd8")
    certification = await demo.running.database["certifications"].find_one({"state": "reviewing"})
    assert certification is not None and certification["face"]["state"] == "passed"


async def test_a_fresh_application_lies_with_the_officer_and_its_applicant_got_an_sms(
    demo: Demo,
) -> None:
    await live(demo.place)
    desk = await demo.desk("officer1")
    newest = (await desk.get("/cases", state="submitted")).json["items"][0]
    wanted = demo.place.world.demo["live"]["applying"]
    assert (newest["product_name"], newest["amount_fen"]) == (
        wanted["product"],
        wanted["amount_fen"],
    )

    async def told() -> bool:
        return "SMS_APP_SUBMITTED" in await demo.templates(demo.applicant.phone)

    await until(told)


async def test_the_second_start_does_nothing_and_costs_nobody_a_code(demo: Demo) -> None:
    await live(demo.place)
    phones = (demo.applicant.phone, demo.firm.legal_rep.phone)
    codes = [(await demo.templates(phone)).count("SMS_CODE") for phone in phones]
    assert codes == [1, 1]
    demo.said.clear()
    await live(demo.place)
    assert demo.said == []
    assert [(await demo.templates(phone)).count("SMS_CODE") for phone in phones] == codes


async def test_what_was_cut_short_is_gone_on_with(demo: Demo) -> None:
    await demo.running.sandbox.fault("tencent.faceid", "status", status=503, times=9)
    with pytest.raises(people.Refused):
        await live(demo.place)
    assert "agreement" in " ".join(demo.said)
    await demo.running.sandbox.http.delete("/faults")
    await wait_for_another_code(demo.running)
    demo.said.clear()
    await live(demo.place)
    assert "agreement" not in " ".join(demo.said)
    desk = await demo.desk("reviewer1")
    row = only((await desk.get("/reviews", filter="waiting")).json["items"])
    assert row["uscc"] == demo.firm.uscc
