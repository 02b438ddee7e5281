"""The applicant's certification over the API, step by step."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, Field

from handlers.access import public, signed_in
from handlers.api.base import ApiHandler
from handlers.enterprise_forms import ProfileForm
from handlers.forms import Form
from handlers.once import once
from handlers.uploads import UploadApi
from server.core.masking import mask_id_number, mask_name
from server.enterprises.certification import Certification, CertificationState, Step
from server.enterprises.face import FaceState
from server.enterprises.profile import SourceKind
from server.enterprises.register_facts import Facts
from server.enterprises.rounds import DecisionKind, shown
from server.providers.ports.face import FaceFailure

Version = Annotated[str, Field(title="版本", pattern=r"^\d{4}-\d{2}-\d{2}$")]


class AgreementForm(Form):
    """The text was opened to its end, and for how long."""

    version: Version
    read_to_end: Annotated[bool, Field(title="阅读至末尾")] = False
    read_seconds: Annotated[int, Field(title="阅读秒数", ge=0, le=86_400)] = 0


class LookUpForm(Form):
    """The credit code to ask the register about."""

    uscc: Annotated[str, Field(title="统一社会信用代码", min_length=1, max_length=40)]


class TicketForm(Form):
    """``renew``: another one, even if the present one still lives; that one is dead then."""

    renew: bool = False


class StartForm(Form):
    """The separate consent to face processing, in the version that was shown. Without it: 403."""

    face_version: Version | None = None


class SourceAnswer(BaseModel):
    """Where a field's value came from; ``edited``: the licence says something else."""

    field: str
    kind: SourceKind
    at: datetime
    detail: str
    edited: bool


class FactsAnswer(BaseModel):
    """What the licence or the register says, by the profile's field names."""

    values: dict[str, str]
    source: str
    at: datetime
    warnings: list[str]


class FaceAnswer(BaseModel):
    """``address`` is what the QR code says; name and number are masked."""

    ticket: str
    address: str
    state: FaceState
    expires_at: datetime
    legal_rep_name: str
    legal_rep_id_number: str
    failure: FaceFailure | None
    message: str | None


class FaceStartAnswer(BaseModel):
    """``url`` opens the walk in WeChat's browser, ``token`` in the mini-program's SDK."""

    url: str
    token: str
    expires_at: datetime


class DecisionAnswer(BaseModel):
    """The reviewer's last word."""

    kind: DecisionKind
    reason: str
    at: datetime


class CertificationAnswer(BaseModel):
    """One's own case. Persons in ``profile`` are masked; capital is in fen."""

    certification_id: str
    enterprise_id: str
    state: CertificationState
    step: Step
    version: int
    round: int
    has_licence: bool
    licence: FactsAnswer | None
    register_facts: FactsAnswer | None
    profile: dict[str, str]
    sources: list[SourceAnswer]
    uscc_fixed: bool
    factors: str | None
    face: FaceAnswer | None
    submitted_at: datetime | None
    due_at: datetime | None
    decision: DecisionAnswer | None


class CertificationItem(ApiHandler):
    @signed_in
    async def get(self) -> None:
        self.reply(answer_of(self, await self.services.certifications.get_own(self.actor)))


class AgreementAcceptance(ApiHandler):
    @signed_in
    @once
    async def post(self) -> None:
        form = self.read(AgreementForm)
        case = await self.services.certifications.agree(
            self.actor,
            version=form.version,
            read_to_end=form.read_to_end,
            read_seconds=form.read_seconds,
        )
        self.reply(answer_of(self, case), 201)


class LicenceItem(UploadApi):
    @signed_in
    async def get(self) -> None:
        picture = await self.services.certifications.licence_picture(self.actor)
        self.set_header("Content-Type", "image/jpeg")
        self.write(picture)

    @signed_in
    @once
    async def post(self) -> None:
        upload = self.received()
        case = await self.services.certifications.put_licence(
            self.actor, data=upload.data, label=upload.label, file_id=self.created_id
        )
        self.reply(answer_of(self, case), 201)

    @signed_in
    async def delete(self) -> None:
        await self.services.certifications.remove_licence(self.actor)
        self.set_status(204)


class LicenceReading(ApiHandler):
    @signed_in
    @once
    async def post(self) -> None:
        case = await self.services.certifications.read_licence_again(self.actor)
        self.reply(answer_of(self, case))


class LookUp(ApiHandler):
    @signed_in
    @once
    async def post(self) -> None:
        form = self.read(LookUpForm)
        facts = await self.services.certifications.look_up(self.actor, form.uscc)
        self.reply(facts_answer(facts))


class ProfileItem(ApiHandler):
    @signed_in
    @once
    async def post(self) -> None:
        form = self.read(ProfileForm)
        case = await self.services.certifications.save_profile(self.actor, form.profile())
        self.reply(answer_of(self, case))


class FaceTicketCollection(ApiHandler):
    @signed_in
    @once
    async def post(self) -> None:
        form = self.read(TicketForm)
        case = await self.services.face_checks.ticket(self.actor, renew=form.renew)
        self.reply(face_answer(self, case), 201)


class FaceTicketItem(ApiHandler):
    @signed_in
    async def get(self, ticket: str) -> None:
        self.reply(face_answer(self, await self.services.face_checks.status(self.actor, ticket)))


class FaceStart(ApiHandler):
    """The ticket is the authority: the legal representative needs no account for this step."""

    @public
    @once
    async def post(self, ticket: str) -> None:
        form = self.read(StartForm)
        if form.face_version is not None:
            await self.services.face_checks.agree(
                ticket, version=form.face_version, address=self.address
            )
        face = (await self.services.face_checks.start(ticket)).face
        assert face is not None and face.url is not None and face.token is not None
        self.reply(FaceStartAnswer(url=face.url, token=face.token, expires_at=face.expires_at), 201)


class SubmissionCollection(ApiHandler):
    @signed_in
    @once
    async def post(self) -> None:
        case = await self.services.certifications.submit(self.actor)
        self.reply(answer_of(self, case), 201)


def answer_of(handler: ApiHandler, case: Certification) -> CertificationAnswer:
    """The case as its owner sees it."""
    profile = case.profile.texts() if case.profile else {}
    decision = case.decision
    return CertificationAnswer(
        certification_id=case.id,
        enterprise_id=case.enterprise_id,
        state=case.state,
        step=case.step,
        version=case.version,
        round=case.round,
        has_licence=case.licence_file_id is not None,
        licence=facts_answer(case.licence) if case.licence else None,
        register_facts=facts_answer(case.register) if case.register else None,
        profile={name: shown(name, value) for name, value in profile.items()},
        sources=[
            SourceAnswer(
                field=one.field, kind=one.kind, at=one.at, detail=one.detail, edited=one.edited
            )
            for one in case.sources
        ],
        uscc_fixed=bool(case.licence and case.licence.fixed_uscc),
        factors=case.factors.outcome.value if case.factors else None,
        face=face_answer(handler, case) if case.face else None,
        submitted_at=case.submitted_at,
        due_at=case.due_at,
        decision=(
            DecisionAnswer(kind=decision.kind, reason=decision.reason, at=decision.at)
            if decision
            else None
        ),
    )


def facts_answer(facts: Facts) -> FactsAnswer:
    """For filling the form: the legal representative's name as printed is the form's own."""
    return FactsAnswer(
        values=dict(facts.values),
        source=facts.detail or facts.kind.value,
        at=facts.at,
        warnings=list(facts.warning_sentences),
    )


def face_answer(handler: ApiHandler, case: Certification) -> FaceAnswer:
    """The ticket as its owner sees it."""
    face, profile = case.face, case.profile
    assert face is not None and profile is not None
    return FaceAnswer(
        ticket=face.ticket,
        address=handler.services.face_checks.address(face),
        state=face.state_at(handler.services.clock()),
        expires_at=face.expires_at,
        legal_rep_name=mask_name(profile.legal_rep_name),
        legal_rep_id_number=mask_id_number(profile.legal_rep_id_number),
        failure=face.failure,
        message=face.sentence(),
    )
