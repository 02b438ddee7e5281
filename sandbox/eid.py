"""Tencent's E证通 flow: a token's states, its 600 seconds, and the code its result carries.

The cloud side (tencent.py) creates and reads tokens; the phone's /eid pages walk them. Codes and
lives follow Tencent's documents 1007/115318 (result codes) and 1007/54090 (three days).
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum
from urllib.parse import quote

from sandbox.clock import SandboxClock
from sandbox.world import Person, World

TOKEN_LIFE = timedelta(seconds=600)
RESULT_LIFE = timedelta(days=3)
TRIES_PER_TOKEN = 3


class EidState(StrEnum):
    INIT = "init"
    DOING = "doing"
    FINISHED = "finished"
    TIMEOUT = "timeout"


class EidOutcome(StrEnum):
    PASS = "pass"
    NOT_SAME_PERSON = "not_same_person"
    NOT_LIVE = "not_live"
    GIVE_UP = "give_up"


class EidCode(IntEnum):
    OK = 0
    ALREADY_COMPLETED = 14
    EXPIRED = 15
    RETRY_LIMIT = 16
    UNFINISHED = 17
    NOT_LIVE = 1002
    IDENTITY_MISMATCH = 2006
    NOT_SAME_PERSON = 2016
    TOO_FREQUENT = 2018


MESSAGES = {
    EidCode.OK: "成功",
    EidCode.ALREADY_COMPLETED: "本次校验已完成",
    EidCode.EXPIRED: "token已过期",
    EidCode.RETRY_LIMIT: "已达到重试上限",
    EidCode.UNFINISHED: "本次流程未完成",
    EidCode.NOT_LIVE: "活体检测未通过",
    EidCode.IDENTITY_MISMATCH: "姓名和身份证号不一致，请核实后重试",
    EidCode.NOT_SAME_PERSON: "比对结果为非同一人",
    EidCode.TOO_FREQUENT: "操作过于频繁，请稍后再试",
}


class EidRefused(Exception):
    """A step the page cannot take; `code` is what Tencent's page would show."""

    def __init__(self, code: EidCode) -> None:
        super().__init__(f"{int(code)} {MESSAGES[code]}")
        self.code = code
        self.sentence = MESSAGES[code]


class UnknownToken(Exception):
    pass


class ResultGone(Exception):
    """More than three days since the token was made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EidToken:
    """`name` and `id_number` are None when the flow was to ask the person for them itself."""

    token: str
    merchant: str
    name: str | None
    id_number: str | None
    extra: str
    redirect_url: str
    url: str
    created_at: datetime
    expires_at: datetime
    state: EidState = EidState.INIT
    person_key: str | None = None
    consented: bool = False
    tries: int = 0
    code: EidCode = EidCode.UNFINISHED
    finished_at: datetime | None = None


class EidTokens:
    def __init__(
        self,
        clock: SandboxClock,
        world: World,
        base_url: Callable[[], str],
        page: str = "/eid",
    ) -> None:
        """`base_url` is asked at each creation: the port is only known after listening."""
        self._clock = clock
        self._world = world
        self._base_url = base_url
        self._page = page
        self._rows: dict[str, EidToken] = {}
        self._checks: dict[str, list[datetime]] = {}

    def create(
        self, merchant: str, name: str | None, id_number: str | None, extra: str, redirect_url: str
    ) -> EidToken:
        now = self._clock.now()
        token = str(uuid.uuid4()).upper()
        row = EidToken(
            token=token,
            merchant=merchant,
            name=name,
            id_number=id_number.upper() if id_number else None,
            extra=extra,
            redirect_url=redirect_url,
            url=f"{self._base_url()}{self._page}?token={quote(token)}",
            created_at=now,
            expires_at=now + TOKEN_LIFE,
        )
        self._rows[token] = row
        return row

    def status(self, token: str) -> EidToken:
        """The row as it stands now: an unfinished token past its life reads as timeout."""
        row = self._rows.get(token)
        if row is None:
            raise UnknownToken(token)
        if row.state in (EidState.INIT, EidState.DOING) and self._clock.now() >= row.expires_at:
            row = replace(row, state=EidState.TIMEOUT, code=EidCode.EXPIRED)
            self._rows[token] = row
        return row

    def result(self, token: str) -> EidToken:
        row = self.status(token)
        if self._clock.now() >= row.created_at + RESULT_LIFE:
            raise ResultGone(token)
        return row

    def open(self, token: str, person_key: str) -> EidToken:
        """A person opens the page. A failed token may be opened again, three tries in all."""
        row = self.status(token)
        if row.state is EidState.TIMEOUT or self._clock.now() >= row.expires_at:
            raise EidRefused(EidCode.EXPIRED)
        if row.state is EidState.FINISHED:
            if row.code is EidCode.OK:
                raise EidRefused(EidCode.ALREADY_COMPLETED)
            if row.tries >= TRIES_PER_TOKEN:
                self._rows[token] = replace(row, code=EidCode.RETRY_LIMIT)
                raise EidRefused(EidCode.RETRY_LIMIT)
        row = replace(row, state=EidState.DOING, person_key=person_key, consented=False)
        self._rows[token] = row
        return row

    def consent(self, token: str) -> EidToken:
        row = replace(self._doing(token), consented=True)
        self._rows[token] = row
        return row

    def finish(self, token: str, outcome: EidOutcome) -> EidToken:
        """Ends one try. Giving up leaves the token unfinished (code 17) until it expires."""
        row = self._doing(token)
        if outcome is EidOutcome.GIVE_UP:
            return row
        if not row.consented:
            raise EidRefused(EidCode.UNFINISHED)
        row = replace(
            row,
            state=EidState.FINISHED,
            tries=row.tries + 1,
            code=self._judge(row, outcome),
            finished_at=self._clock.now(),
        )
        self._rows[token] = row
        return row

    def person_for(self, token: str) -> Person | None:
        """Whom the token was made for, if the world knows that name with that number."""
        row = self.status(token)
        if row.name is None or row.id_number is None:
            return self._world.person(row.person_key or "")
        return self._world.person_by_identity(row.name, row.id_number)

    def _doing(self, token: str) -> EidToken:
        row = self.status(token)
        if row.state is EidState.TIMEOUT:
            raise EidRefused(EidCode.EXPIRED)
        if row.state is EidState.FINISHED:
            raise EidRefused(EidCode.ALREADY_COMPLETED)
        if row.state is EidState.INIT:
            raise EidRefused(EidCode.UNFINISHED)
        return row

    def _judge(self, row: EidToken, outcome: EidOutcome) -> EidCode:
        if self._too_frequent(row):
            return EidCode.TOO_FREQUENT
        if outcome is EidOutcome.NOT_LIVE:
            return EidCode.NOT_LIVE
        wanted = self.person_for(row.token)
        if wanted is None:
            return EidCode.IDENTITY_MISMATCH
        if outcome is EidOutcome.NOT_SAME_PERSON or wanted.key != row.person_key:
            return EidCode.NOT_SAME_PERSON
        return EidCode.OK

    def _too_frequent(self, row: EidToken) -> bool:
        """The same identity: 15 checks a minute, 30 a day (1007/108625)."""
        now = self._clock.now()
        made = self._checks.setdefault(row.id_number or row.person_key or "", [])
        made[:] = [at for at in made if now - at < timedelta(days=1)]
        last_minute = sum(1 for at in made if now - at < timedelta(minutes=1))
        if last_minute >= 15 or len(made) >= 30:
            return True
        made.append(now)
        return False
