"""`python -m sandbox demo`: the sandbox and the server together, with sample data.

Two children and a seeding run; whichever child dies, and Ctrl-C or SIGTERM, ends the rest. Nothing
of the server is imported: it is started as anybody would start it.
"""

from __future__ import annotations

import asyncio
import ctypes
import os
import signal
import sys
import time
from asyncio.subprocess import Process
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, TypeVar

from tornado.httpclient import AsyncHTTPClient, HTTPClientError

from sandbox import demo_files, people
from sandbox.demo_files import DemoProblem
from sandbox.world import Person, Staff, World, load

ROOT = Path(__file__).resolve().parents[1]
START_SECONDS = 120
STOP_SECONDS = 45
VAR_BYTES = 90
QUIET = "RQ__LOGGING__LEVEL"  # a line for every request would push the welcome off the screen
T = TypeVar("T")
_PR_SET_PDEATHSIG = 1


class Ended(Exception):
    """The person asked for the end."""


def run(*, port: int, var: Path, world: Path) -> int:
    """The exit code: 0 when ended on request, 1 with a sentence otherwise."""
    try:
        _must_be_short(var.resolve())
        with demo_files.take_folder(var.resolve()):
            return asyncio.run(_run(port, var.resolve(), world.resolve()))
    except DemoProblem as problem:
        print(problem, file=sys.stderr)
        return 1


def _must_be_short(var: Path) -> None:
    """The database listens on a socket in here, and a socket's path has little room."""
    if len(os.fsencode(var)) > VAR_BYTES:
        raise DemoProblem(
            f"{var} is too long a path for the database's socket (at most {VAR_BYTES} bytes): "
            "move this folder to a shorter path, or give a shorter --var."
        )


async def _run(wanted: int, var: Path, world_file: Path) -> int:
    port, sandbox_port = demo_files.free_pair(wanted)
    if port != wanted:
        print(f"Port {wanted} or {wanted + 1} is taken; using {port} and {sandbox_port}.")
    config = var / "config.yaml"
    document = demo_files.configuration(
        port=port, sandbox_port=sandbox_port, data_dir=var / "mongo"
    )
    secrets = demo_files.kept_secrets(var / "secrets.env", document)
    demo_files.write_config(config, document)
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    children = Children(stop, _environment(secrets, port))
    try:
        await _start(children, config, world_file, port, sandbox_port)
        print(welcome(load(world_file), port, sandbox_port), flush=True)
        await children.watch(stop.wait())
    except Ended:
        pass
    finally:
        await children.end()
    return 0


async def _start(
    children: Children, config: Path, world: Path, port: int, sandbox_port: int
) -> None:
    print("Starting the sandbox and the server …", flush=True)
    server_url, sandbox_url = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{sandbox_port}"
    more = ("--port", str(sandbox_port), "--world", str(world), "--server-url", server_url)
    await children.start("sandbox", "-m", "sandbox", *more)
    await children.start("server", "-m", "server", "serve", "--config", str(config))
    await children.watch(_answers(f"{sandbox_url}/healthz", "sandbox"))
    await children.watch(_answers(f"{server_url}/readyz", "server"))
    print("Adding sample data that is missing …", flush=True)
    await _do(children, "seed", "seed", "--config", str(config), "--world", str(world))
    await _do(children, "menu", "menu", "push", "--config", str(config))
    await children.watch(_bring_to_life(load(world), server_url, sandbox_url))


async def _do(children: Children, name: str, *verb: str) -> None:
    """One verb of the server's command line, to its end."""
    process = await children.start(name, "-m", "server", *verb)
    if code := await children.watch(process.wait(), besides=name):
        raise DemoProblem(f"`server {' '.join(verb[:2])}` failed (exit code {code}); see above.")
    children.forget(name)


async def _bring_to_life(world: World, server: str, sandbox: str) -> None:
    """Without these people the platform works all the same, so their trouble ends nothing."""
    place = people.Place(server=server, sandbox=sandbox, world=world, say=_say)
    try:
        await people.live(place)
    except (people.Refused, OSError, HTTPClientError) as problem:
        print(f"The people of the demo did not get to their end: {problem}", file=sys.stderr)


def _say(sentence: str) -> None:
    print(f"  {sentence}", flush=True)


def _environment(secrets: dict[str, str], port: int) -> dict[str, str]:
    """Both clouds' SDKs obey proxy variables, even for loopback; nothing here goes outside."""
    kept = {name: value for name, value in os.environ.items() if not _is_proxy(name)}
    receipts = f"http://127.0.0.1:{port}/receipts/sms/{secrets[demo_files.RECEIPT_SECRET]}"
    quiet = {QUIET: os.environ.get(QUIET, "WARNING")}
    more = {"SANDBOX_RECEIPT_URL": receipts, "PYTHONUNBUFFERED": "1"}
    return {**kept, **secrets, **quiet, **more}


def _is_proxy(name: str) -> bool:
    return name.lower() in ("http_proxy", "https_proxy", "all_proxy")


class Children:
    """The started programs, in order; they are ended in the opposite order."""

    def __init__(self, stop: asyncio.Event, environment: dict[str, str]) -> None:
        self._stop = stop
        self._environment = environment
        self._running: dict[str, Process] = {}

    async def start(self, name: str, *words: str) -> Process:
        """In a session of its own: a Ctrl-C reaches us only, and we end them in order."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *words,
            cwd=ROOT,
            env=self._environment,
            start_new_session=True,
            preexec_fn=_die_with_parent if sys.platform == "linux" else None,
        )
        self._running[name] = process
        return process

    def forget(self, name: str) -> None:
        del self._running[name]

    async def watch(self, deed: Coroutine[Any, Any, T], besides: str = "") -> T:
        """The deed's result, unless a child (but `besides`) dies or the end is asked for first."""
        doing = asyncio.ensure_future(deed)
        ending = asyncio.ensure_future(self._stop.wait())
        deaths = {
            asyncio.ensure_future(process.wait()): name
            for name, process in self._running.items()
            if name != besides
        }
        try:
            await asyncio.wait([doing, ending, *deaths], return_when=asyncio.FIRST_COMPLETED)
            if ending.done():
                raise Ended
            for death, name in deaths.items():
                if death.done():
                    raise DemoProblem(
                        f"The {name} ended by itself (exit code {death.result()}); see above."
                    )
            return doing.result()
        finally:
            for task in (doing, ending, *deaths):
                task.cancel()

    async def end(self) -> None:
        for name, process in reversed(self._running.items()):
            if process.returncode is not None:
                continue
            process.terminate()
            try:
                await asyncio.wait_for(process.wait(), STOP_SECONDS)
            except asyncio.TimeoutError:
                print(f"The {name} did not end in {STOP_SECONDS} s; killing it.", file=sys.stderr)
                process.kill()
                await process.wait()


def _die_with_parent() -> None:
    """Runs in the child: should we be killed outright, it gets SIGTERM (prctl, Linux)."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


async def _answers(url: str, name: str) -> None:
    """Returns once the address answers 200."""
    client = AsyncHTTPClient()
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        try:
            await client.fetch(url, request_timeout=5)
            return
        except (OSError, HTTPClientError):
            await asyncio.sleep(0.1)
    raise DemoProblem(f"The {name} did not become ready in {START_SECONDS} s; see above.")


def welcome(world: World, port: int, sandbox_port: int) -> str:
    server, sandbox = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{sandbox_port}"
    lines = [
        "",
        "融桥已就绪（Ctrl-C 结束，数据会保留；make reset 清空）",
        f"  门户      {server}/",
        f"  工作台    {server}/console/login",
        f"  手机      {sandbox}/phone  （微信、短信、刷脸、营业执照样张都在这里）",
        "",
        "  门户登录：手机号 + 短信验证码，验证码在“手机”的短信里",
        *(f"    {one.phone}  {one.name}：{_SITUATIONS[one.key]}" for one in _portal_people(world)),
        "  工作台登录：账号 + 密码",
        *(f"    {one.login:<10} {one.password:<14} {_post(world, one)}" for one in world.staff),
        "",
        "  试试看",
        *(f"    {number}. {one}" for number, one in enumerate(_IDEAS, start=1)),
        "",
    ]
    return "\n".join(lines)


def _portal_people(world: World) -> list[Person]:
    return [one for one in world.persons if one.key in _SITUATIONS]


def _post(world: World, member: Staff) -> str:
    names = {branch.key: branch.name for one in world.institutions for branch in one.branches}
    role = "、".join(_ROLES[role] for role in member.roles)
    return f"{role}，{names[member.branch]}" if member.branch else role


_ROLES = {"reviewer": "审核员", "officer": "客户经理", "administrator": "管理员"}
_SITUATIONS = {
    "lin": "还没有注册，名下企业可从头办理认证",
    "zhou": "企业已认证，有各种状态的融资申请",
    "ayinuer": "企业认证已提交，等待审核",
    "xu": "企业经办人，企业已认证",
}
_IDEAS = (
    "用林砚秋的手机注册，上传她的营业执照样张，扫码刷脸，提交企业认证",
    "在林砚秋手机的“微信”里关注公众号，发“进度”或“认证”试试",
    "用 reviewer1 登录工作台，审核石榴籽食品的认证，再看阿依努尔收到的短信",
    "用 officer1 登录工作台，受理周启明刚提交的申请，授信、放款，再看他的手机",
    "用 admin 登录工作台，看整个平台的运营概览",
)
