"""What every remote shares: one call in, a fault or an answer out, a line in the ledger."""

from __future__ import annotations

import asyncio
import json
import math
import uuid
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tornado.web import RequestHandler

from sandbox.faults import Fault, FaultKind
from sandbox.state import State

HOLD_SECONDS = 60.0
GARBAGE = b'<!DOCTYPE html>{"Response": not json'


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """`facts` goes to the ledger; `ok` is whether the vendor did what was asked."""

    status: int
    content_type: str
    body: bytes
    ok: bool
    code: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)


def json_bytes(document: Any) -> bytes:
    return json.dumps(document, ensure_ascii=False).encode()


class RemoteHandler(RequestHandler):
    """A vendor's endpoint. Subclasses say who was called and how the vendor answers."""

    vendor = ""

    def initialize(self, state: State) -> None:
        self.state = state
        self.request_id = str(uuid.uuid4())
        self._gone = asyncio.Event()

    def check_xsrf_cookie(self) -> None:
        return

    def on_connection_close(self) -> None:
        super().on_connection_close()
        self._gone.set()

    def action(self) -> str:
        raise NotImplementedError

    def part(self) -> str:
        """The vendor's service behind the action, as faults name it."""
        raise NotImplementedError

    def answer(self) -> Awaitable[Answer]:
        raise NotImplementedError

    def refusal(self, code: str) -> Answer:
        raise NotImplementedError

    async def serve(self) -> None:
        action = self.action()
        targets = (f"{self.vendor}.{action}", f"{self.vendor}.{self.part()}", self.vendor)
        fault = self.state.faults.take(targets)
        if fault is None:
            answer = await self.answer()
            self._note(action, answer.ok, answer.code, answer.facts)
            await self._send(answer)
            return
        await self._serve_badly(action, fault)

    async def _serve_badly(self, action: str, fault: Fault) -> None:
        if fault.kind is FaultKind.REFUSE:
            refused = self.refusal(fault.code)
            self._note(action, False, fault.code, {"fault": "refuse"})
            await self._send(refused)
            return
        does_it = fault.after or fault.kind is FaultKind.SLOW
        answer = await self.answer() if does_it else None
        self._note(
            action,
            answer is not None and answer.ok,
            answer.code if answer else "",
            {**(answer.facts if answer else {}), "fault": str(fault.kind)},
        )
        if fault.kind is FaultKind.TIMEOUT:
            await self._hold()
        elif fault.kind is FaultKind.CUT:
            self._cut()
        elif fault.kind is FaultKind.STATUS:
            self.set_status(fault.status)
            self.set_header("Content-Type", "text/html")
            self.finish(b"<html><body>the sandbox was told to fail</body></html>")
        elif fault.kind is FaultKind.GARBAGE:
            self.set_header("Content-Type", "application/json")
            self.finish(GARBAGE)
        elif answer is not None:
            await self._drip(answer, fault.seconds)

    def _note(self, action: str, ok: bool, code: str, facts: Mapping[str, Any]) -> None:
        self.state.ledger.note(
            vendor=self.vendor,
            action=action,
            ok=ok,
            code=code,
            request_id=self.request_id,
            facts=facts,
        )

    async def _send(self, answer: Answer) -> None:
        self.set_status(answer.status)
        # Exactly this value: Tencent's SDK skips its error check when a charset follows.
        self.set_header("Content-Type", answer.content_type)
        await self.finish(answer.body)

    async def _hold(self) -> None:
        try:
            await asyncio.wait_for(self._gone.wait(), HOLD_SECONDS)
        except asyncio.TimeoutError:
            pass
        self._cut()

    def _cut(self) -> None:
        self._finished = True
        if not self._gone.is_set() and self.request.connection is not None:
            self.detach().close()

    async def _drip(self, answer: Answer, seconds: float) -> None:
        self.set_status(answer.status)
        self.set_header("Content-Type", answer.content_type)
        self.set_header("Content-Length", str(len(answer.body)))
        pieces = max(2, min(len(answer.body), int(seconds * 4)))
        size = math.ceil(len(answer.body) / pieces)
        for start in range(0, len(answer.body), size):
            await self._pause(seconds / pieces)
            if self._gone.is_set():
                return
            self.write(answer.body[start : start + size])
            await self.flush()
        await self.finish()

    async def _pause(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self._gone.wait(), seconds)
        except asyncio.TimeoutError:
            pass
