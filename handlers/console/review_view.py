"""How a certification looks to a reviewer: a line of the queue, and the page that compares sources.

Comparing is done on the values as they are; what is shown of persons is masked, but for the legal
representative's name, which whoever holds the case needs beside the picture of the licence.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from handlers.console.deadlines import due_text, is_late
from handlers.console.states import CERTIFICATION_LABELS
from handlers.presenting import wan_text, when
from handlers.widgets import Moment
from server.core.masking import mask_name, mask_uscc
from server.enterprises.certification import Certification, CertificationState
from server.enterprises.profile import (
    INDUSTRIES,
    LABELS,
    REGISTRATION_STATUSES,
    RegistrationStatus,
    status_of_register,
)
from server.enterprises.queue import ReviewView
from server.enterprises.rounds import Decision, DecisionKind, Submission, shown

DECISIONS: Mapping[DecisionKind, tuple[str, str]] = {
    DecisionKind.APPROVE: ("审核通过", "done"),
    DecisionKind.RETURN: ("退回补充", "bad"),
    DecisionKind.REJECT: ("驳回", "bad"),
}
RegionName = Callable[[str], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewRow:
    """One line of the queue; ``checks`` are (tone, label)."""

    id: str
    enterprise_name: str
    uscc: str
    legal_rep: str
    round: int
    checks: Sequence[tuple[str, str]]
    submitted_at: datetime | None
    due: str
    is_late: bool
    state_label: str
    state_tone: str
    reviewer: str
    href: str
    action: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """One field from three sources."""

    label: str
    given: str
    read: str
    registered: str
    note: str

    @property
    def is_different(self) -> bool:
        """Whether a source says something else."""
        return bool(self.note)


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """``tone``: ok, warn or bad."""

    tone: str
    title: str
    text: str
    at: datetime | None = None


def held_by(case: Certification, now: datetime) -> str | None:
    """The account that holds the case at this moment."""
    claim = case.claim
    return claim.account_id if claim is not None and claim.is_held(now) else None


def review_row(
    case: Certification, now: datetime, names: Mapping[str, str], *, may_review: bool
) -> ReviewRow:
    """A line; persons masked."""
    profile = case.submissions[-1].profile
    is_waiting = case.state is CertificationState.REVIEWING
    holder = held_by(case, now)
    label, tone = ("审核中", "primary") if holder else CERTIFICATION_LABELS[case.state]
    due_at = case.due_at if is_waiting else None
    return ReviewRow(
        id=case.id,
        enterprise_name=profile.name,
        uscc=mask_uscc(profile.uscc),
        legal_rep=mask_name(profile.legal_rep_name),
        round=case.round,
        checks=_tags(case),
        submitted_at=case.submitted_at,
        due=due_text(due_at, now),
        is_late=is_late(due_at, now),
        state_label=label,
        state_tone=tone,
        reviewer=names.get(holder or "", ""),
        href=f"/console/certifications/{case.id}",
        action="审核" if may_review and is_waiting else "查看",
    )


def _tags(case: Certification) -> list[tuple[str, str]]:
    different = sum(source.edited for source in case.sources)
    factors = ("ok", "四要素一致") if case.factors and case.factors.passed else ("bad", "四要素")
    face = ("ok", "人脸通过") if case.face and case.face.passed else ("warn", "人脸")
    warnings = [("warn", "执照提示")] if case.licence and case.licence.warnings else []
    return [factors, face, *([("warn", f"{different} 项不一致")] if different else []), *warnings]


def compared(view: ReviewView, region: RegionName, *, in_clear: bool) -> list[Compared]:
    """Every field of the form beside what the licence and the register say."""
    case = view.case
    typed = case.submissions[-1].profile.texts()
    read = case.licence.values if case.licence else {}
    registered = case.register.values if case.register else {}

    def text(name: str, value: str) -> str:
        return _text(name, value, region, in_clear=in_clear)

    return [
        Compared(
            label=label,
            given=text(name, typed[name]) or "—",
            read=text(name, read.get(name, "")),
            registered=text(name, registered.get(name, "")),
            note=_note(typed[name], read.get(name, ""), registered.get(name, "")),
        )
        for name, label in LABELS.items()
    ]


def _note(typed: str, read: str, registered: str) -> str:
    wrong = [
        source
        for source, value in (("执照识别", read), ("工商登记", registered))
        if value and value != typed
    ]
    return f"与{'、'.join(wrong)}不一致" if wrong else ""


def _text(name: str, value: str, region: RegionName, *, in_clear: bool) -> str:
    if not value:
        return ""
    match name:
        case "registration_status":
            return REGISTRATION_STATUSES[RegistrationStatus(value)]
        case "region_code":
            return region(value)
        case "industry_code":
            return INDUSTRIES.get(value, value)
        case "registered_capital_fen":
            return f"{wan_text(int(value))} 万元"
        case "legal_rep_name" if in_clear:
            return value
        case _:
            return shown(name, value)


def checks_of(view: ReviewView, fields: Sequence[Compared]) -> list[Check]:
    """What the machines found, the good news included."""
    case = view.case
    different = [field.label for field in fields if field.is_different]
    found = [_licence(case), _register(case), _factors(case), _face(case)]
    if different:
        found.append(Check(tone="warn", title="信息对照", text=f"{'、'.join(different)}不一致"))
    else:
        found.append(Check(tone="ok", title="信息对照", text="填写内容与执照、登记信息一致"))
    cautions = [Check(tone="warn", title="请人工核对", text=text) for text in view.cautions]
    return [*found, *cautions]


def _licence(case: Certification) -> Check:
    facts = case.licence
    if facts is None or not facts.values:
        return Check(tone="warn", title="执照识别", text="没有识别出内容，请对照图片核对")
    return Check(tone="ok", title="执照识别", text=f"识别出 {len(facts.values)} 项", at=facts.at)


def _register(case: Certification) -> Check:
    facts = case.register
    if facts is None or not facts.values:
        return Check(tone="warn", title="工商登记", text="没有取到登记信息")
    status = facts.values.get("registration_status", "")
    label = REGISTRATION_STATUSES.get(RegistrationStatus(status), "") if status else "状态未知"
    is_open = status == RegistrationStatus.OPEN
    return Check(tone="ok" if is_open else "warn", title="工商登记", text=label, at=facts.at)


def _factors(case: Certification) -> Check:
    factors = case.factors
    if factors is None:
        return Check(tone="warn", title="企业四要素", text="没有核验记录")
    refusal = factors.refusal()
    if refusal is not None:
        return Check(tone="bad", title="企业四要素", text=refusal.message, at=factors.checked_at)
    status = status_of_register(factors.operating_status)
    words = ["四项一致", *([REGISTRATION_STATUSES[status]] if status else [])]
    text = f"{'，'.join(words)}（编号 {factors.request_id}）"
    return Check(tone="ok", title="企业四要素", text=text, at=factors.checked_at)


def _face(case: Certification) -> Check:
    face = case.face
    if face is None or not face.passed:
        return Check(tone="warn", title="法定代表人人脸", text="没有通过的核验记录")
    text = f"E证通核验通过（编号 {face.request_id}）"
    return Check(tone="ok", title="法定代表人人脸", text=text, at=face.ended_at)


def history_of(case: Certification, names: Mapping[str, str]) -> list[Moment]:
    """Rounds and decisions, newest first."""
    moments: list[Moment] = []
    for submission in case.submissions:
        moments.append(_submitted(submission))
        if submission.decision is not None:
            moments.append(_decided(submission.decision, names))
    return moments[::-1]


def _submitted(submission: Submission) -> Moment:
    return Moment(title=f"第 {submission.round} 次提交", at=when(submission.at))


def _decided(decision: Decision, names: Mapping[str, str]) -> Moment:
    title, tone = DECISIONS[decision.kind]
    said = [names.get(decision.account_id, ""), decision.reason]
    return Moment(title=title, text=" · ".join(filter(None, said)), at=when(decision.at), tone=tone)
