"""The server is killed between acknowledging a submission and sending the notice of it.

The submission is there once, and the notice is sent once, after the next start. The server is
a process of its own with a mongod of its own.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from server.config import read_settings
from tests.clients import ApiClient
from tests.journeys import steps
from tests.platforms import ROOT, SECRETS, MovableClock, Running, SandboxDoor, free_port
from tests.waiting import until

ENTERPRISE = steps.world().enterprises[1]


class OwnServer:
    """``python -m server serve`` with its own data folder."""

    def __init__(self, sandbox_address: str) -> None:
        host, _, port = sandbox_address.rpartition(":")
        self.folder = Path(tempfile.mkdtemp(prefix="rq"))
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.environment = {
            **SECRETS,
            "RQ__STORAGE__URI": "embedded",
            "RQ_MONGODB_URI": "embedded",
            "RQ__STORAGE__DATA_DIR": str(self.folder),
            "RQ__SERVER__PORT": str(self.port),
            "RQ__SERVER__PUBLIC_URL": self.url,
            "RQ__TENCENT__ENDPOINT": sandbox_address,
            "RQ__ALIYUN__PORT": port,
            "RQ__ALIYUN__DOMAIN": host,
        }
        self.process: subprocess.Popen[bytes] | None = None

    def run(self, *words: str) -> None:
        """Another verb of the command line, to its end."""
        command = [sys.executable, "-m", "server", *words, "--config", "config.yaml"]
        subprocess.run(command, cwd=ROOT, env={**os.environ, **self.environment}, check=True)

    async def start(self, http: aiohttp.ClientSession) -> None:
        command = [sys.executable, "-m", "server", "serve", "--config", "config.yaml"]
        self.process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, **self.environment},
            stderr=subprocess.DEVNULL,
        )

        async def is_ready() -> bool:
            try:
                async with http.get(self.url + "/readyz") as answer:
                    return answer.status == 200
            except aiohttp.ClientError:
                return False

        await until(is_ready, 40)

    def kill(self) -> None:
        """As the power does."""
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)

    def stop(self) -> int:
        """As an operator does; the exit code."""
        assert self.process is not None
        self.process.terminate()
        return self.process.wait(30)


@pytest.fixture
async def own_server(
    sandbox_address: str, outside: SandboxDoor
) -> AsyncIterator[tuple[OwnServer, aiohttp.ClientSession]]:
    server = OwnServer(sandbox_address)
    async with aiohttp.ClientSession() as http:
        try:
            yield server, http
        finally:
            if server.process is not None and server.process.poll() is None:
                server.kill()
            shutil.rmtree(server.folder, ignore_errors=True)


@pytest.mark.shows("F062")
async def test_a_submission_survives_kill_9_and_is_told_once(
    own_server: tuple[OwnServer, aiohttp.ClientSession], outside: SandboxDoor
) -> None:
    server, http = own_server
    await server.start(http)
    server.run("seed", "--world", "sandbox/world.yaml")
    settings = read_settings(ROOT / "config.yaml", server.environment)
    running = Running(
        platform=None,  # type: ignore[arg-type]
        database=None,  # type: ignore[arg-type]
        clock=MovableClock(),
        sandbox=outside,
        url=server.url,
        settings=settings,
        http=http,
    )
    boss = await steps.certify(running, ENTERPRISE)
    await steps.texts(running, ENTERPRISE.legal_rep.phone, "SMS_CERT_APPROVED")
    # The carrier does not answer, so that the notice can't have left when the power goes.
    await outside.fault("aliyun.SendSms", "status", times=50, status=503)
    case = await steps.apply(running, boss, "officer2")
    server.kill()
    await outside.http.delete("/faults")
    await server.start(http)
    phone = ENTERPRISE.legal_rep.phone
    await steps.texts(running, phone, "SMS_APP_SUBMITTED")
    again = ApiClient(server.url, http, boss.token)
    cases = steps.good(await again.get("/applications"))["items"]
    assert [one["case_no"] for one in cases] == [case["case_no"]]
    server.kill()
    await server.start(http)
    messages = steps.good(await again.get("/messages"))["items"]
    told = [one for one in messages if case["case_no"] in one["text"] + one["title"]]
    assert len(told) == 1
    inbox = await outside.inbox(phone)
    assert len([one for one in inbox if one["template"] == "SMS_APP_SUBMITTED"]) == 1
    assert server.stop() == 0
