"""The face check's walk: a ticket on the PC, consent and start on the phone, the result from our side.

Whoever closes the page after the check is not lost: ``ask_open`` asks the vendor each second about
every walk that is under way. An outage there is no failure of the case; it is asked again.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime

from server.consents.consent import ConsentKind
from server.consents.service import Consents
from server.core.actor import Actor
from server.core.clock import Clock
from server.core.errors import TooMany
from server.core.ids import new_id, new_secret
from server.enterprises.certification import (
    Certification,
    CertificationNotFound,
    CertificationState,
)
from server.enterprises.face import (
    RESULT_LIFE,
    Face,
    FaceState,
    FaceTicketDead,
    new_face,
)
from server.enterprises.repository import CertificationRepository
from server.providers.ports.face import FaceCheck, FaceStatus, FaceTokenRefused
from server.providers.ports.unavailable import ProviderUnavailable
from server.storage.bells import Bell
from server.storage.changes import ChangeFeed
from server.storage.leases import Leases
from server.storage.limits import RateLimits

LEASE = "faces"
LEASE_SECONDS = 15
TURN_SECONDS = 0.9
ASKED_AT_ONCE = 8
ASKED_A_TURN = 80
HOUR, DAY = 3600, 86_400


class FaceTooOften(TooMany):
    """The vendor counts checks per person; so do we, more strictly."""

    code = "enterprises.face_too_often"
    sentence = "人脸核验次数过多，请在 {retry_after_seconds} 秒后再试。"


class FaceChecks:
    """``public_url``: what a phone can reach; the ticket's page is ``<public_url>/h/<ticket>``."""

    def __init__(
        self,
        *,
        cases: CertificationRepository,
        consents: Consents,
        face_check: FaceCheck,
        changes: ChangeFeed,
        leases: Leases,
        limits: RateLimits,
        clock: Clock,
        public_url: str,
    ) -> None:
        self._cases = cases
        self._consents = consents
        self._face_check = face_check
        self._leases = leases
        self._limits = limits
        self._clock = clock
        self._public_url = public_url.rstrip("/")
        self._holder = new_id()
        self._next_turn_at = 0.0
        self._asked_last = ""
        self.bell = Bell(changes, "certifications")

    def address(self, face: Face) -> str:
        """What the QR code says."""
        return f"{self._public_url}/h/{face.ticket}"

    async def ticket(self, actor: Actor, *, renew: bool = False) -> Certification:
        """The case with a living ticket. ``renew`` makes another; the one before is dead.

        A passed check is left as it is. Raises MoveIllegal, FaceTooOften.
        """
        case = await self._own(actor)
        now = self._clock()
        if not renew and case.face is not None and case.state is CertificationState.FACING:
            if case.face.passed or case.face.state_at(now) is not FaceState.EXPIRED:
                return case
        fresh = new_face(now)
        case.with_face(fresh)
        await self._must_not_be_too_often(f"face-ticket:{case.id}", ((30, HOUR),))

        def give(one: Certification) -> Certification:
            return one if one.face is not None and one.face.passed else one.with_face(fresh)

        return await self._cases.change(case.id, give, now)

    async def open(self, ticket: str) -> Certification:
        """The phone shows the ticket's page. Raises FaceTicketDead; a passed check is shown as such."""
        case, face = await self._by_ticket(ticket)
        if face.passed:
            return case
        face.must_be_usable(self._clock())
        if face.state is not FaceState.WAITING:
            return case
        return await self._change(case, face.id, lambda one: one.opened())

    async def agree(self, ticket: str, *, version: str, address: str) -> None:
        """The separate consent to the processing of the face, for this ticket and no other."""
        case, face = await self._by_ticket(ticket)
        face.must_be_usable(self._clock())
        await self._consents.give(
            ConsentKind.FACE,
            version=version,
            account_id=case.account_id,
            subject_id=face.id,
            address=address,
        )

    async def start(self, ticket: str) -> Certification:
        """Make the vendor's token for the case's legal representative: ``face.url`` opens the walk.

        Raises FaceTicketDead, FaceAlreadyPassed, ConsentMissing, FaceTooOften, ProviderUnavailable.
        """
        case, face = await self._by_ticket(ticket)
        if face.state is FaceState.STARTED and not face.passed:
            case, face = await self._by_ticket(ticket, await self._ask(case))
        face.must_be_usable(self._clock())
        await self._consents.must_have(
            ConsentKind.FACE, account_id=case.account_id, subject_id=face.id
        )
        assert case.profile is not None
        await self._must_not_be_too_often(f"face:{case.id}", ((10, HOUR), (25, DAY)))
        nonce = new_secret()
        session = await self._face_check.start(
            name=case.profile.legal_rep_name,
            id_number=case.profile.legal_rep_id_number,
            return_url=f"{self.address(face)}/return",
            nonce=nonce,
        )
        now = self._clock()
        return await self._change(case, face.id, lambda one: one.started(session, nonce, now))

    async def come_back(self, ticket: str) -> Certification:
        """Somebody says that the walk is over: ask the vendor now. Nothing he says is believed."""
        case, face = await self._by_ticket(ticket)
        if face.state in (FaceState.STARTED, FaceState.FAILED) and face.token is not None:
            case = await self._ask(case)
        return case

    async def status(self, actor: Actor, ticket: str) -> Certification:
        """One's own ticket, asked afresh. Raises FaceTicketDead for another's."""
        case, _ = await self._by_ticket(ticket)
        if case.account_id != actor.account_id:
            raise FaceTicketDead()
        return await self.come_back(ticket)

    async def get(self, case_id: str) -> Certification:
        """The case as it is now, for a page that waits for news of it."""
        return await self._cases.get(case_id)

    async def ask_open(self) -> int:
        """One turn of asking the vendor about every open walk, by one process at a time.

        Always 0: the next turn is due in a second, not at once, whatever wakes the relay.
        """
        now = asyncio.get_running_loop().time()
        if now < self._next_turn_at:
            return 0
        self._next_turn_at = now + TURN_SECONDS
        if not await self._leases.take(LEASE, self._holder, LEASE_SECONDS):
            return 0
        places = asyncio.Semaphore(ASKED_AT_ONCE)

        async def ask(case_id: str) -> None:
            async with places:
                try:
                    await self._ask(await self._cases.get(case_id))
                except (ProviderUnavailable, FaceTicketDead, CertificationNotFound):
                    return

        async with asyncio.timeout(LEASE_SECONDS):
            ids = await self._cases.with_open_faces(self._asked_last, ASKED_A_TURN)
            self._asked_last = ids[-1] if len(ids) == ASKED_A_TURN else ""
            await asyncio.gather(*(ask(case_id) for case_id in ids))
        return 0

    async def _ask(self, case: Certification) -> Certification:
        """The vendor's word about the present token, if it has one yet. Raises ProviderUnavailable."""
        face = case.face
        if face is None or face.token is None or face.passed:
            return case
        token = face.token
        try:
            status = await self._face_check.status(token=token)
            if status is FaceStatus.FINISHED:
                result = await self._face_check.result(token=token)
                return await self._judge(case, face, lambda one, now: one.judged(result, now))
        except FaceTokenRefused:
            status = FaceStatus.TIMEOUT
        now = self._clock()
        gone = face.started_at is not None and now >= face.started_at + RESULT_LIFE
        if status is FaceStatus.TIMEOUT or gone:
            return await self._judge(case, face, lambda one, at: one.over(at))
        return case

    async def _judge(
        self, case: Certification, face: Face, judge: Callable[[Face, datetime], Face]
    ) -> Certification:
        now = self._clock()
        if judge(face, now) == face:
            return case
        return await self._change(
            case, face.id, lambda one: judge(one, now) if one.token == face.token else one
        )

    async def _change(
        self, case: Certification, face_id: str, step: Callable[[Face], Face]
    ) -> Certification:
        """Apply a step to the ticket, if it is still the case's own. Raises FaceTicketDead."""

        def decide(one: Certification) -> Certification:
            if one.face is None or one.face.id != face_id:
                raise FaceTicketDead()
            if one.state is not CertificationState.FACING:
                raise FaceTicketDead()
            return one.with_face(step(one.face))

        return await self._cases.change(case.id, decide, self._clock())

    async def _by_ticket(
        self, ticket: str, case: Certification | None = None
    ) -> tuple[Certification, Face]:
        found = case or await self._cases.find_by_ticket(ticket)
        if found is None or found.face is None or found.face.ticket != ticket:
            raise FaceTicketDead()
        if found.state is not CertificationState.FACING and not found.face.passed:
            raise FaceTicketDead()
        return found, found.face

    async def _own(self, actor: Actor) -> Certification:
        case = await self._cases.find_of(actor.account_id)
        if case is None:
            raise CertificationNotFound()
        return case

    async def _must_not_be_too_often(self, key: str, rules: tuple[tuple[int, int], ...]) -> None:
        wait = await self._limits.take(key, rules)
        if wait:
            raise FaceTooOften(retry_after_seconds=wait)
