"""The face check's pages: the QR code on the PC, and the ticket's pages on the legal representative's phone.

A PC's page moves on by itself: it listens to changes of its own case, or asks every two seconds.
"""

from functools import partial
from typing import Annotated, Literal

import orjson
from pydantic import Field

from handlers.access import public, signed_in
from handlers.forms import Form
from handlers.once import once
from handlers.pages import PageHandler
from handlers.portal.certification import HOME, CertificationPage
from handlers.product import POLICY
from handlers.qr import qr_svg
from handlers.waiting import News as WaitingNews
from server.consents.consent import ConsentKind
from server.core.errors import Refusal, Unavailable
from server.core.masking import mask_id_number, mask_name
from server.enterprises.certification import Certification, Step
from server.enterprises.face import FaceState, FaceTicketDead
from server.enterprises.face_checks import FaceChecks

_TEXTS = {
    FaceState.OPENED: "已扫码，请在手机上继续",
    FaceState.STARTED: "正在手机上核验，请不要关闭本页",
}


class NewsQuery(Form):
    """``at``: the page that listens; ``since``: the version of the case that it shows."""

    at: Literal["face", "review"]
    since: Annotated[int, Field(ge=0)] = 0


class ConsentForm(Form):
    """Not ticked beforehand; the version is that of the text on the page."""

    accept_face: Annotated[str, Field(title="人脸信息处理单独同意书", max_length=10)] = ""
    face_version: Annotated[str, Field(title="版本", max_length=10)] = ""


class FaceStep(CertificationPage):
    """The QR code, whose face is wanted (masked), and how the last try ended."""

    @signed_in
    async def get(self) -> None:
        case = await self.own()
        if case is None or case.step is not Step.FACE:
            self.go(HOME)
            return
        await self._show(await self.services.face_checks.ticket(self.actor))

    async def _show(self, case: Certification) -> None:
        face, profile = case.face, case.profile
        assert face is not None and profile is not None
        address = self.services.face_checks.address(face)
        await self.show_step(
            "face",
            Step.FACE,
            legal_rep_name=mask_name(profile.legal_rep_name),
            legal_rep_id_number=mask_id_number(profile.legal_rep_id_number),
            code=address,
            svg=qr_svg(address),
            expires_at=face.expires_at,
            failure=face.sentence() or "",
            caption=_TEXTS.get(face.state, "请法定代表人用微信扫一扫"),
            start=f"/h/{face.ticket}",
            in_wechat="MicroMessenger" in self.request.headers.get("User-Agent", ""),
            news=f"?at=face&since={case.version}",
        )


class FaceRenewal(CertificationPage):
    """刷新: another code; the one before is dead from now on."""

    @signed_in
    async def post(self) -> None:
        await self.services.face_checks.ticket(self.actor, renew=True)
        self.go(f"{HOME}/face")


class News(CertificationPage):
    """Server-sent events about one's own case."""

    @signed_in
    async def get(self) -> None:
        query = self.read_query(NewsQuery)
        case = await self.services.certifications.get_own(self.actor)
        ask = partial(news_since, self.services.face_checks, case.id, query.at, query.since)
        self.application.waiting.seat(self, case.id, ask)


class NewsOnce(CertificationPage):
    """The same, asked for: 204 when there is none."""

    @signed_in
    async def get(self) -> None:
        query = self.read_query(NewsQuery)
        case = await self.services.certifications.get_own(self.actor)
        said = news_of(case, query.at) if case.version > query.since else None
        if said is None:
            self.set_status(204)
            return
        self.set_header("Content-Type", "application/json")
        self.write(orjson.dumps(said))


class TicketPage(PageHandler):
    """On the phone: the separate consent, then the vendor's walk. The ticket is the authority."""

    @public
    async def get(self, ticket: str) -> None:
        allow_the_vendor(self)
        await self._show(ticket, await self.services.face_checks.open(ticket))

    @public
    @once
    async def post(self, ticket: str) -> None:
        faces = self.services.face_checks
        allow_the_vendor(self)
        async with self.keeping(lambda refusal: self._show_again(ticket, refusal)):
            form = self.read(ConsentForm)
            if form.accept_face:
                await faces.agree(ticket, version=form.face_version, address=self.address)
            face = (await faces.start(ticket)).face
            assert face is not None and face.url is not None
            self.go(face.url)

    async def _show_again(self, ticket: str, refusal: Refusal) -> None:
        if isinstance(refusal, FaceTicketDead):
            raise refusal
        await self._show(ticket, await self.services.face_checks.open(ticket), refusal)

    async def _show(self, ticket: str, case: Certification, refusal: Refusal | None = None) -> None:
        await show_ticket(self, ticket, case, refusal)


class TicketReturn(PageHandler):
    """Back from the vendor. What the address claims is not looked at: the vendor is asked."""

    @public
    async def get(self, ticket: str) -> None:
        try:
            case = await self.services.face_checks.come_back(ticket)
        except Unavailable:
            case = await self.services.face_checks.open(ticket)
        allow_the_vendor(self)
        await show_ticket(self, ticket, case)


async def show_ticket(
    page: PageHandler, ticket: str, case: Certification, refusal: Refusal | None = None
) -> None:
    """The consent, or how the check stands."""
    face, profile = case.face, case.profile
    assert face is not None and profile is not None
    is_owner = page.visitor is not None and page.visitor.account_id == case.account_id
    await page.show(
        "portal/certification/ticket.html",
        refusal,
        state=face.state_at(page.services.clock()).value,
        is_back=page.request.path.endswith("/return"),
        legal_rep_name=mask_name(profile.legal_rep_name),
        legal_rep_id_number=mask_id_number(profile.legal_rep_id_number),
        enterprise_name=profile.name,
        failure=face.sentence() or "",
        face_version=page.services.consents.version(ConsentKind.FACE),
        is_owner=is_owner,
        action=f"/h/{ticket}",
    )


def allow_the_vendor(page: PageHandler) -> None:
    """The form's answer leads to the vendor's page, which browsers hold against form-action."""
    scheme = page.application.configuration.tencent.protocol
    policy = POLICY.replace("form-action 'self'", f"form-action 'self' {scheme}:")
    page.set_header("Content-Security-Policy", policy)


async def news_since(faces: FaceChecks, case_id: str, at: str, since: int) -> WaitingNews | None:
    """The news for the page that shows the case as it was then."""
    case = await faces.get(case_id)
    return news_of(case, at) if case.version > since else None


def news_of(case: Certification, at: str) -> WaitingNews | None:
    """What the waiting page does: move on, show itself again, or say a word."""
    if at == "review":
        return {"href": HOME, "done": True} if case.step is not Step.REVIEW else None
    if case.step is not Step.FACE or case.face is None:
        return {"href": HOME, "done": True}
    text = _TEXTS.get(case.face.state)
    return {"text": text} if text else {"reload": True, "done": True}
