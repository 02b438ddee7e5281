"""What operators see: probes, metrics, request ids, security headers."""

import logging
import shutil
import tempfile
from pathlib import Path

import aiohttp
import pytest

from handlers.assets import Assets
from server.storage.embedded import Embedded
from tests.clients import visible
from tests.platforms import Running, Starter


async def fetch(running: Running, path: str, **headers: str) -> aiohttp.ClientResponse:
    async with running.http.get(running.url + path, headers=headers) as answer:
        await answer.read()
        return answer


@pytest.mark.shows("F196")
async def test_the_process_says_that_it_is_alive_and_ready(running: Running) -> None:
    async with running.http.get(running.url + "/healthz") as answer:
        assert (answer.status, await answer.json()) == (200, {"status": "ok"})
    async with running.http.get(running.url + "/readyz") as answer:
        ready = {"status": "ready", "database": True, "changes": True}
        assert (answer.status, await answer.json()) == (200, ready)


@pytest.mark.shows("F196")
async def test_metrics_are_for_configured_networks_only(start: Starter) -> None:
    here = await start()
    await fetch(here, "/healthz")
    async with here.http.get(here.url + "/metrics") as answer:
        text = await answer.text()
    assert 'rongqiao_requests_total{method="GET",route="health",status="200"} 1.0' in text
    elsewhere = await start(RQ__SERVER__METRICS_NETWORKS="[10.0.0.0/8]")
    assert (await fetch(elsewhere, "/metrics")).status == 404


async def test_a_forwarded_address_is_believed_from_a_configured_proxy_only(start: Starter) -> None:
    inside = {"X-Forwarded-For": "10.1.2.3"}
    networks = {"RQ__SERVER__METRICS_NETWORKS": "[10.0.0.0/8]"}
    direct = await start(**networks)
    assert (await fetch(direct, "/metrics", **inside)).status == 404
    behind = await start(**networks, RQ__SERVER__TRUSTED_PROXIES="[127.0.0.0/8]")
    assert (await fetch(behind, "/metrics", **inside)).status == 200
    liar = {"X-Forwarded-For": "10.1.2.3, 203.0.113.9"}
    assert (await fetch(behind, "/metrics", **liar)).status == 404


@pytest.mark.shows("F196")
async def test_every_answer_and_every_log_line_carries_the_request_id(
    running: Running, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, logger="rongqiao.requests"):
        given = await fetch(running, "/login", **{"X-Request-Id": "abcdef-123456"})
        made = await fetch(running, "/login", **{"X-Request-Id": "bad id\\"})
    assert given.headers["X-Request-Id"] == "abcdef-123456"
    assert len(made.headers["X-Request-Id"]) == 26
    lines = [r.getMessage() for r in caplog.records if r.name == "rongqiao.requests"]
    assert [line.split()[0] for line in lines] == [
        "request_id=abcdef-123456",
        f"request_id={made.headers['X-Request-Id']}",
    ]
    assert all("route=login" in line for line in lines)


@pytest.mark.parametrize("path", ["/login", "/api/v1/me", "/no/such", "/healthz"])
async def test_every_answer_carries_the_security_headers(running: Running, path: str) -> None:
    answer = await fetch(running, path)
    policy = answer.headers["Content-Security-Policy"]
    assert "script-src 'self'" in policy and "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"
    assert len(answer.headers["X-Request-Id"]) == 26


async def test_a_dead_database_is_said_so_and_nothing_is_a_fault(start: Starter) -> None:
    folder = Path(tempfile.mkdtemp(prefix="rq"))
    mongod = Embedded(folder)
    mongod.start()
    running = await start(RQ_MONGODB_URI=mongod.uri, RQ__STORAGE__SERVER_SELECTION_TIMEOUT_MS="300")
    mongod.stop()
    answer = await running.api("some-token").get("/me")
    assert (answer.status, answer.code) == (503, "core.database_down")
    assert int(answer.headers["Retry-After"]) > 0
    page = await running.browser().get("/products")
    assert page.status == 503 and "正在恢复" in visible(page)
    assert (await fetch(running, "/readyz")).status == 503
    assert (await fetch(running, "/healthz")).status == 200
    shutil.rmtree(folder)


async def test_assets_are_hashed_immutable_and_packed(running: Running) -> None:
    address = Assets(running.settings.server.assets).address("portal.css")
    answer = await fetch(running, address, **{"Accept-Encoding": "gzip"})
    assert answer.status == 200
    assert "immutable" in answer.headers["Cache-Control"]
    assert answer.headers["Content-Encoding"] == "gzip"
    assert (await fetch(running, "/assets/../config.yaml")).status == 404
    assert (await fetch(running, "/assets/manifest.json")).status == 404
