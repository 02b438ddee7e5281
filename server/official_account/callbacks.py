"""What a push of WeChat leads to: once, however often it is told, and answered within five seconds.

WeChat waits five seconds and tells three times more. An event with an effect is claimed, done,
and marked done with its reply; whoever meets a claim of another waits for its end, and takes it
over when the other was killed. What can't be done in time is answered with 503, so that WeChat
tells it again: nothing is lost by an answer that came too early. Effects are written so that a
second time changes nothing, for a kill between the deed and its mark.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from server.core.clock import Clock
from server.core.errors import Unavailable
from server.core.ids import new_id
from server.official_account.envelope import Envelope
from server.official_account.incoming import Incoming, IncomingKind
from server.official_account.reply import Reply, as_xml
from server.official_account.repository import PushRepository
from server.official_account.rules import Rules
from server.official_account.scenes import Scan, Scenes, rest_of
from server.official_account.service import Followers
from server.storage.mongo import deadline

LOG = logging.getLogger("rongqiao.wechat")
ANSWER_SECONDS = 4.5
DATABASE_SECONDS = 4.0
LEASE = timedelta(seconds=4.5)
KEPT = timedelta(days=1)
LOOK_AGAIN_SECONDS = 0.05


class PushUnanswered(Unavailable):
    """Not done in time; WeChat tells it again."""

    code = "official_account.push_unanswered"
    sentence = "处理尚未完成，请稍后重试。"


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateReport:
    """How a template message ended: ``status`` is WeChat's word, "success" when it arrived."""

    msgid: str
    status: str
    at: datetime

    @property
    def is_delivered(self) -> bool:
        return self.status.lower() == "success"


class TemplateReports(Protocol):
    """Who wants to know. May be told the same twice."""

    async def take(self, report: TemplateReport, /) -> None: ...


class Callbacks:
    """The account's other end."""

    def __init__(
        self,
        *,
        envelope: Envelope,
        pushes: PushRepository,
        followers: Followers,
        rules: Rules,
        scenes: Scenes,
        reports: TemplateReports | None,
        site: str,
        clock: Clock,
    ) -> None:
        self._envelope = envelope
        self._pushes = pushes
        self._followers = followers
        self._rules = rules
        self._scenes = scenes
        self._reports = reports
        self._site = site
        self._clock = clock
        self._effects: dict[IncomingKind, Callable[[Incoming], Awaitable[Reply | None]]] = {
            IncomingKind.FOLLOW: self._follow,
            IncomingKind.UNFOLLOW: self._unfollow,
            IncomingKind.SCAN: self._scan,
            IncomingKind.TEMPLATE_FINISHED: self._report,
            IncomingKind.AUTHORIZATION_REVOKED: self._revoke,
            IncomingKind.AUTHORIZATION_CANCELLED: self._cancel,
        }

    def must_be_signed(self, signature: str, timestamp: str, nonce: str) -> None:
        """Raises SignatureWrong."""
        self._envelope.must_be_signed(signature, timestamp, nonce, now=self._clock())

    def open(self, body: bytes, msg_signature: str, timestamp: str, nonce: str) -> Incoming:
        """Raises SignatureWrong, PushMalformed."""
        return self._envelope.open(body, msg_signature, timestamp, nonce)

    async def answer(self, incoming: Incoming) -> str | None:
        """The sealed reply, None for none. Raises PushUnanswered, or what a reaction raised."""
        if not incoming.has_effect:
            xml = self._as_xml(self._said(incoming), incoming)
        else:
            try:
                async with asyncio.timeout(ANSWER_SECONDS):
                    with deadline(DATABASE_SECONDS):
                        xml = await self._once(incoming)
            except TimeoutError:
                raise PushUnanswered() from None
        return self._envelope.seal(xml, now=self._clock()) if xml is not None else None

    async def _once(self, incoming: Incoming) -> str | None:
        holder = new_id()
        while True:
            claim = await self._pushes.claim(
                incoming.key, holder, now=self._clock(), lease=LEASE, kept=KEPT
            )
            if claim.is_done:
                return claim.reply
            if claim.is_ours:
                return await self._do(incoming, holder)
            await asyncio.sleep(LOOK_AGAIN_SECONDS)

    async def _do(self, incoming: Incoming, holder: str) -> str | None:
        try:
            reply = await self._effects[incoming.kind](incoming)
        except Exception as error:
            LOG.warning("push=%s failed=%s", incoming.kind, type(error).__name__)
            await self._pushes.release(incoming.key, holder)
            raise
        xml = self._as_xml(reply, incoming)
        await self._pushes.done(incoming.key, reply=xml)
        return xml

    def _as_xml(self, reply: Reply | None, incoming: Incoming) -> str | None:
        return as_xml(reply, incoming, self._clock()) if reply is not None else None

    def _said(self, incoming: Incoming) -> Reply | None:
        answer = self._rules.answer_to(incoming)
        return answer.reply(self._site) if answer is not None else None

    async def _follow(self, incoming: Incoming) -> Reply | None:
        reply = await self._scan(incoming, is_new=True)
        return reply or self._said(incoming)

    async def _unfollow(self, incoming: Incoming) -> None:
        await self._followers.unfollow(incoming.openid, at=incoming.at)

    async def _scan(self, incoming: Incoming, *, is_new: bool = False) -> Reply | None:
        """Who scans follows, whatever we missed."""
        follower = await self._followers.follow(
            incoming.openid, at=incoming.at, scene=incoming.scene if is_new else ""
        )
        scan = Scan(
            rest=rest_of(incoming.scene),
            key=incoming.key,
            openid=incoming.openid,
            account_id=follower.account_id,
            is_new=is_new,
            at=incoming.at,
        )
        return await self._scenes.react(incoming.scene, scan)

    async def _report(self, incoming: Incoming) -> None:
        if self._reports is not None:
            report = TemplateReport(msgid=incoming.msgid, status=incoming.status, at=incoming.at)
            await self._reports.take(report)

    async def _revoke(self, incoming: Incoming) -> None:
        await self._followers.revoke(incoming.openid)

    async def _cancel(self, incoming: Incoming) -> None:
        await self._followers.cancel(incoming.openid)
