"""A certification: one case from the agreement to the decision, through as many rounds as it takes.

``MOVES`` is the whole state machine; every method gives the new value or raises a refusal.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from server.core.errors import Conflict, NotFound
from server.core.events import Event
from server.core.ids import derived_id
from server.enterprises.face import Face, FaceNeeded
from server.enterprises.four_factors import FourFactors
from server.enterprises.profile import Profile, Source, UsccFixed
from server.enterprises.register_facts import Facts
from server.enterprises.rounds import Claim, Decision, DecisionKind, Submission


class CertificationState(StrEnum):
    """See docs/certification.md."""

    FILLING = "filling"
    FACING = "facing"
    REVIEWING = "reviewing"
    APPROVED = "approved"
    REJECTED = "rejected"
    RETURNED = "returned"


class Deed(StrEnum):
    """What moves a case."""

    FILL = "fill"
    MATCH = "match"
    SUBMIT = "submit"
    APPROVE = "approve"
    REJECT = "reject"
    RETURN = "return"


STATE_LABELS: Mapping[CertificationState, str] = {
    CertificationState.FILLING: "填写中",
    CertificationState.FACING: "待法定代表人核验",
    CertificationState.REVIEWING: "审核中",
    CertificationState.APPROVED: "已认证",
    CertificationState.REJECTED: "审核未通过",
    CertificationState.RETURNED: "退回补充",
}

_S, _D = CertificationState, Deed
MOVES: Mapping[tuple[CertificationState, Deed], CertificationState] = {
    (_S.FILLING, _D.FILL): _S.FILLING,
    (_S.FACING, _D.FILL): _S.FILLING,
    (_S.REJECTED, _D.FILL): _S.FILLING,
    (_S.RETURNED, _D.FILL): _S.FILLING,
    (_S.FILLING, _D.MATCH): _S.FACING,
    (_S.FACING, _D.SUBMIT): _S.REVIEWING,
    (_S.REVIEWING, _D.APPROVE): _S.APPROVED,
    (_S.REVIEWING, _D.REJECT): _S.REJECTED,
    (_S.REVIEWING, _D.RETURN): _S.RETURNED,
}


class Step(StrEnum):
    """Where the applicant is."""

    AGREEMENT = "agreement"
    LICENCE = "licence"
    PROFILE = "profile"
    FACE = "face"
    SUBMIT = "submit"
    REVIEW = "review"
    DONE = "done"


class MoveIllegal(Conflict):
    """Not in this state: somebody else was first, or the page is old."""

    code = "enterprises.move_illegal"
    sentence = "当前状态为“{state_label}”，不能这样操作。请刷新页面查看最新状态。"


class StepMissing(Conflict):
    """An earlier step is not done yet."""

    code = "enterprises.step_missing"
    sentence = "请先完成前面的步骤：{step_label}。"


class CertificationNotFound(NotFound):
    """No such case, or somebody else's."""

    code = "enterprises.certification_not_found"
    sentence = "没有找到这份认证申请。"


STEP_LABELS: Mapping[Step, str] = {
    Step.AGREEMENT: "阅读并同意企业认证授权书",
    Step.LICENCE: "上传营业执照",
    Step.PROFILE: "填写企业信息",
    Step.FACE: "法定代表人核验",
    Step.SUBMIT: "提交审核",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Certification:
    """``version`` grows with every write; ``pending`` are the events that the next write carries."""

    id: str
    account_id: str
    enterprise_id: str
    state: CertificationState
    version: int
    created_at: datetime
    updated_at: datetime
    agreed_at: datetime | None = None
    agreed_version: str | None = None
    licence_file_id: str | None = None
    licence: Facts | None = None
    register: Facts | None = None
    profile: Profile | None = None
    sources: tuple[Source, ...] = ()
    factors: FourFactors | None = None
    face: Face | None = None
    claim: Claim | None = None
    submitted_at: datetime | None = None
    due_at: datetime | None = None
    submissions: tuple[Submission, ...] = ()
    pending: tuple[Event, ...] = field(default=())

    @property
    def is_open(self) -> bool:
        """Whether something is still to come."""
        return self.state is not CertificationState.APPROVED

    @property
    def round(self) -> int:
        """How often it was submitted."""
        return len(self.submissions)

    @property
    def decision(self) -> Decision | None:
        """The last decision, until the next submission."""
        return self.submissions[-1].decision if self.submissions else None

    @property
    def step(self) -> Step:
        """Where the applicant goes on."""
        match self.state:
            case CertificationState.REVIEWING:
                return Step.REVIEW
            case CertificationState.APPROVED:
                return Step.DONE
            case CertificationState.FACING:
                return Step.SUBMIT if self.face and self.face.passed else Step.FACE
            case _ if self.agreed_at is None:
                return Step.AGREEMENT
            case _ if self.licence_file_id is None:
                return Step.LICENCE
            case _:
                return Step.PROFILE

    def after(self, deed: Deed) -> CertificationState:
        """Where the deed leads, or MoveIllegal."""
        found = MOVES.get((self.state, deed))
        if found is None:
            raise MoveIllegal(
                state=self.state.value, state_label=STATE_LABELS[self.state], deed=deed.value
            )
        return found

    def must_have_done(self, step: Step) -> None:
        """Refuse with StepMissing when the applicant tries to skip a step."""
        order = list(Step)
        if order.index(self.step) <= order.index(step) and not self._has(step):
            raise StepMissing(step=step.value, step_label=STEP_LABELS[step])

    def agreed(self, version: str, now: datetime) -> "Certification":
        """The agreement was read and accepted."""
        state = self.after(Deed.FILL)
        return replace(self, state=state, agreed_at=now, agreed_version=version)

    def with_licence(self, file_id: str | None, facts: Facts | None) -> "Certification":
        """Another picture, or none. What was typed stays; the next check decides about it."""
        self.must_have_done(Step.AGREEMENT)
        state = self.after(Deed.FILL)
        return replace(
            self, state=state, licence_file_id=file_id, licence=facts, face=self._kept_face()
        )

    def with_register(self, facts: Facts) -> "Certification":
        """The register was asked."""
        self.must_have_done(Step.AGREEMENT)
        return replace(self, state=self.after(Deed.FILL), register=facts, face=self._kept_face())

    def with_profile(self, profile: Profile, sources: tuple[Source, ...]) -> "Certification":
        """What was typed. A face pass stays only while name and ID number are the same."""
        self.must_have_done(Step.LICENCE)
        fixed = self.licence.fixed_uscc if self.licence else None
        if fixed is not None and profile.uscc != fixed:
            raise UsccFixed(field="uscc")
        keeps_face = profile.is_same_legal_rep(self.profile)
        return replace(
            self,
            state=self.after(Deed.FILL),
            profile=profile,
            sources=sources,
            factors=None,
            face=self._kept_face() if keeps_face else None,
        )

    def checked(self, factors: FourFactors) -> "Certification":
        """The four factors were compared; a match leads on to the face check."""
        state = self.after(Deed.MATCH)
        return replace(self, factors=factors, state=state if factors.passed else self.state)

    def with_face(self, face: Face) -> "Certification":
        """A new ticket, or news of the present one."""
        if self.state is not CertificationState.FACING:
            self.after(Deed.SUBMIT)
        return replace(self, face=face)

    def submitted(self, now: datetime, due_at: datetime) -> "Certification":
        """Off to the reviewers."""
        state = self.after(Deed.SUBMIT)
        if self.profile is None or self.licence_file_id is None:
            raise StepMissing(step=Step.PROFILE.value, step_label=STEP_LABELS[Step.PROFILE])
        if self.face is None or not self.face.passed:
            raise FaceNeeded()
        submission = Submission(
            round=self.round + 1,
            at=now,
            profile=self.profile,
            licence_file_id=self.licence_file_id,
            factors_request_id=self.factors.request_id if self.factors else "",
        )
        moved = replace(
            self,
            state=state,
            submitted_at=now,
            due_at=due_at,
            claim=None,
            submissions=(*self.submissions, submission),
        )
        return moved.telling("submitted", now)

    def decided(self, decision: Decision) -> "Certification":
        """A reviewer's word. A rejection takes the face pass away; a return leaves it."""
        deed = Deed(decision.kind.value)
        state = self.after(deed)
        last = replace(self.submissions[-1], decision=decision)
        face = None if decision.kind is DecisionKind.REJECT else self.face
        moved = replace(
            self, state=state, claim=None, face=face, submissions=(*self.submissions[:-1], last)
        )
        return moved.telling(state.value, decision.at)

    def telling(self, news: str, now: datetime) -> "Certification":
        """With an event for the relay. Its id follows from case, round and news: once only."""
        event = Event(
            id=derived_id("certification", self.id, str(self.round), news),
            name=f"enterprises.certification_{news}",
            at=now,
            subject_id=self.id,
            facts={
                "account_id": self.account_id,
                "enterprise_id": self.enterprise_id,
                "round": self.round,
            },
        )
        return replace(self, pending=(*self.pending, event))

    def _has(self, step: Step) -> bool:
        return {
            Step.AGREEMENT: self.agreed_at is not None,
            Step.LICENCE: self.licence_file_id is not None,
            Step.PROFILE: self.factors is not None and self.factors.passed,
            Step.FACE: self.face is not None and self.face.passed,
        }.get(step, False)

    def _kept_face(self) -> Face | None:
        return self.face if self.face and self.face.passed else None
