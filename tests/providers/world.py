"""What tests say to the sandbox, clients that speak to it, and a vendor that answers as it is told."""

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import aiohttp
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application, RequestHandler

from sandbox.pictures import licence_picture
from sandbox.world import WORLD_FILE, Enterprise, Person, World, load
from server.core.clock import shanghai_day, utc_now
from server.providers.aliyun.client import AliyunAccess
from server.providers.aliyun.sms import AliyunSmsGateway
from server.providers.tencent.client import Product, TencentAccess, TencentSession
from server.providers.tencent.face import TencentFaceCheck
from server.providers.tencent.four_factors import TencentFourFactorCheck
from server.providers.tencent.licence import TencentLicenceReader
from server.providers.tencent.register import TencentEnterpriseRegister

PATIENT = 20.0
HASTY = 0.5


@functools.cache
def world() -> World:
    return load(WORLD_FILE)


def person(key: str) -> Person:
    found = world().person(key)
    assert found is not None
    return found


def enterprise(*, synced: bool = True) -> Enterprise:
    return next(one for one in world().enterprises if one.synced is synced)


@functools.cache
def licence(*, warnings: tuple[int, ...] = (), blurred: bool = False) -> bytes:
    return licence_picture(enterprise(), warnings=warnings, blurred=blurred, picture_format="JPEG")


class Sandbox:
    def __init__(self, address: str, http: aiohttp.ClientSession) -> None:
        self.address = address
        self._http = http

    async def forget(self) -> None:
        await self._http.delete("/faults")
        await self._http.delete("/ledger")
        await self._http.post("/clock", json={"reset": True})

    async def fault(self, target: str, kind: str, **more: object) -> None:
        async with self._http.post(
            "/faults", json={"target": target, "kind": kind, **more}
        ) as answer:
            assert answer.status == 200, await answer.text()

    async def advance(self, seconds: int) -> None:
        await self._http.post("/clock", json={"advance_seconds": seconds})

    async def calls(self, action: str) -> list[dict[str, Any]]:
        async with self._http.get("/ledger") as answer:
            entries = (await answer.json())["entries"]
        return [entry for entry in entries if entry["action"] == action]

    async def inbox(self, phone: str) -> list[dict[str, Any]]:
        async with self._http.get("/sms", params={"phone": phone}) as answer:
            messages: list[dict[str, Any]] = (await answer.json())["messages"]
        return messages

    async def day(self) -> date:
        async with self._http.get("/clock") as answer:
            return shanghai_day(datetime.fromisoformat((await answer.json())["now"]))

    async def open(self, token: str, who: str) -> None:
        """A person opens the walk on the phone."""
        await self._step(who, "GET", "", {"token": token})

    async def walk(self, token: str, who: str, *, outcome: str = "pass") -> None:
        """A person walks to the end: consent, authorise, face."""
        await self.open(token, who)
        await self._step(who, "POST", "", {"token": token, "agree": "on"})
        await self._step(who, "POST", "/authorise", {"token": token})
        await self._step(who, "POST", "/face", {"token": token, "outcome": outcome})

    async def _step(self, who: str, method: str, step: str, fields: Mapping[str, str]) -> None:
        host = f"{who}.localhost:{self.address.rpartition(':')[2]}"
        async with self._http.request(
            method,
            f"/__eid{step}",
            params=fields if method == "GET" else None,
            data=fields if method == "POST" else None,
            headers={"Host": host},
            allow_redirects=False,
        ) as answer:
            assert answer.status < 400, f"{step} {answer.status}"


@dataclass(frozen=True, slots=True)
class Remotes:
    """Makes clients against one address; each is closed with the test."""

    address: str
    made: list[TencentSession | AliyunSmsGateway]

    def session(
        self,
        product: Product,
        *,
        seconds: float = PATIENT,
        read_seconds: float | None = None,
        workers: int = 2,
        secret_id: str = "AKIDsandbox",
        secret_key: str = "sandbox-tencent-key",
    ) -> TencentSession:
        access = TencentAccess(
            secret_id=secret_id,
            secret_key=secret_key,
            protocol="http",
            endpoint=self.address,
            connect_timeout_seconds=seconds,
            read_timeout_seconds=read_seconds or seconds * 0.7,
        )
        session = TencentSession(
            access,
            product=product,
            workers=workers,
            deadline_seconds=seconds,
            back_off_seconds=0.01,
        )
        self.made.append(session)
        return session

    def face(self, *, seconds: float = PATIENT) -> TencentFaceCheck:
        return face_with(self.session(Product.FACEID, seconds=seconds))

    def licences(self, *, seconds: float = PATIENT) -> TencentLicenceReader:
        return TencentLicenceReader(self.session(Product.OCR, seconds=seconds))

    def four_factors(self, *, seconds: float = PATIENT) -> TencentFourFactorCheck:
        return TencentFourFactorCheck(self.session(Product.OCR, seconds=seconds))

    def register(self, *, seconds: float = PATIENT) -> TencentEnterpriseRegister:
        return TencentEnterpriseRegister(self.session(Product.OCR, seconds=seconds), clock=utc_now)

    def sms(
        self,
        *,
        seconds: float = PATIENT,
        access_key_id: str = "LTAIsandbox",
        access_key_secret: str = "sandbox-aliyun-secret",
        protocol: str = "http",
    ) -> AliyunSmsGateway:
        host, _, port = self.address.rpartition(":")
        access = AliyunAccess(
            access_key_id=access_key_id,
            access_key_secret=access_key_secret,
            protocol="http" if protocol == "http" else protocol,  # type: ignore[arg-type]
            domain=host,
            port=int(port),
            connect_timeout_seconds=seconds,
            read_timeout_seconds=seconds * 0.7,
        )
        gateway = AliyunSmsGateway(
            access,
            sign_name="融桥",
            workers=2,
            deadline_seconds=seconds,
            back_off_seconds=0.01,
        )
        self.made.append(gateway)
        return gateway


def face_with(session: TencentSession) -> TencentFaceCheck:
    return TencentFaceCheck(session, merchant_id="0NSJ-sandbox")


class OddVendor:
    """Answers every call with what ``says`` holds; on a free port of its own."""

    def __init__(self) -> None:
        self.status = 200
        self.headers: dict[str, str] = {"Content-Type": "application/json"}
        self.body = b""
        self.calls = 0
        self._server = HTTPServer(Application([(r"/.*", _OddAnswer, {"vendor": self})]))
        sockets = bind_sockets(0, "127.0.0.1")
        self._server.add_sockets(sockets)
        self.address = f"127.0.0.1:{sockets[0].getsockname()[1]}"

    async def close(self) -> None:
        self._server.stop()
        await self._server.close_all_connections()


class _OddAnswer(RequestHandler):
    def initialize(self, vendor: OddVendor) -> None:
        self._vendor = vendor

    def post(self) -> None:
        self._vendor.calls += 1
        self.set_status(self._vendor.status)
        for name, value in self._vendor.headers.items():
            self.set_header(name, value)
        self.finish(self._vendor.body)

    get = post
