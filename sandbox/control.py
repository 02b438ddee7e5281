"""The sandbox's own addresses: clock, ledger, faults and the SMS inbox, as JSON on loopback."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from tornado.web import RequestHandler

from sandbox.faults import BadFault, read_fault
from sandbox.state import State
from sandbox.web import json_bytes


class BadRequest(Exception):
    pass


class ControlHandler(RequestHandler):
    def initialize(self, state: State) -> None:
        self.state = state

    def check_xsrf_cookie(self) -> None:
        return

    def reply(self, document: Any, status: int = 200) -> None:
        self.set_status(status)
        self.set_header("Content-Type", "application/json")
        self.finish(json_bytes(document))

    def document(self) -> dict[str, Any]:
        try:
            document = json.loads(self.request.body or b"{}")
        except ValueError:
            document = None
        if not isinstance(document, dict):
            raise BadRequest("the body must be a JSON object")
        return document

    def log_exception(self, typ: Any, value: Any, tb: Any) -> None:
        if not isinstance(value, BadRequest):
            super().log_exception(typ, value, tb)

    def send_error(self, status_code: int = 500, **kwargs: Any) -> None:
        problem = kwargs.get("exc_info", (None, None, None))[1]
        if isinstance(problem, BadRequest):
            self.reply({"error": str(problem)}, 400)
            return
        super().send_error(status_code, **kwargs)


class ClockHandler(ControlHandler):
    def get(self) -> None:
        clock = self.state.clock
        self.reply({"now": clock.now().isoformat(), "ahead_seconds": clock.ahead_seconds})

    def post(self) -> None:
        document = self.document()
        if document.get("reset"):
            self.state.clock.reset()
        seconds = document.get("advance_seconds", 0)
        if not isinstance(seconds, (int, float)) or isinstance(seconds, bool) or seconds < 0:
            raise BadRequest("advance_seconds is a number from 0")
        self.state.clock.advance(seconds)
        self.get()


class LedgerHandler(ControlHandler):
    def get(self) -> None:
        vendor = self.get_query_argument("vendor", "")
        self.reply({"entries": self.state.ledger.entries(vendor)})

    def delete(self) -> None:
        self.state.ledger.clear()
        self.reply({})


class FaultsHandler(ControlHandler):
    def get(self) -> None:
        self.reply({"faults": [asdict(one) for one in self.state.faults.waiting()]})

    def post(self) -> None:
        try:
            self.state.faults.add(read_fault(self.document()))
        except BadFault as problem:
            raise BadRequest(str(problem)) from problem
        self.get()

    def delete(self) -> None:
        self.state.faults.clear()
        self.reply({})


class SmsHandler(ControlHandler):
    def get(self) -> None:
        inbox = self.state.sms.inbox(self.get_query_argument("phone", ""))
        self.reply({"messages": [message.document() for message in inbox]})


class HealthHandler(ControlHandler):
    def get(self) -> None:
        self.reply({"ok": True})
