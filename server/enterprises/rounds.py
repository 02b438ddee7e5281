"""The rounds of a review: who holds the case, what was submitted, and what was decided."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from server.core.errors import Conflict, Invalid
from server.core.masking import mask_id_number, mask_name, mask_phone
from server.enterprises.profile import LABELS, PERSONAL, Profile

REASON_MIN = 5
REASON_MAX = 200


class DecisionKind(StrEnum):
    """The three words of a reviewer."""

    APPROVE = "approve"
    REJECT = "reject"
    RETURN = "return"


class ReasonTooShort(Invalid):
    """A rejection, a return and a reveal say why."""

    code = "enterprises.reason_too_short"
    sentence = "请填写原因，至少 {minimum} 个字，让对方知道该改什么。"


class ReasonTooLong(Invalid):
    """More than an SMS and a page can show."""

    code = "enterprises.reason_too_long"
    sentence = "原因请控制在 {maximum} 个字以内。"


class ChangedMeanwhile(Conflict):
    """Too many writers at once; the person looks again."""

    code = "enterprises.changed_meanwhile"
    sentence = "这份申请刚刚被更新过，请刷新页面后重试。"


class CaseClaimed(Conflict):
    """Another reviewer is at it."""

    code = "enterprises.case_claimed"
    sentence = "这份申请正由其他审核员处理，请选择另一份。"


class CaseNotClaimed(Conflict):
    """Decided without having claimed it, or after the claim ran out."""

    code = "enterprises.case_not_claimed"
    sentence = "请先领取这份申请；领取后超时未处理的需要重新领取。"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A reviewer's hold on a case."""

    account_id: str
    until: datetime

    def is_held(self, now: datetime) -> bool:
        """Whether it still counts."""
        return now < self.until


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """``reason`` is shown to the applicant; '' for an approval."""

    kind: DecisionKind
    reason: str
    at: datetime
    account_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """What went to review in one round."""

    round: int
    at: datetime
    profile: Profile
    licence_file_id: str
    factors_request_id: str = ""
    decision: Decision | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One field that differs from the round before, as a reviewer sees it: persons masked."""

    field: str
    label: str
    before: str
    after: str


def must_be_reason(text: str) -> str:
    """The reason, stripped. Raises ReasonTooShort or ReasonTooLong."""
    reason = text.strip()
    if len("".join(reason.split())) < REASON_MIN:
        raise ReasonTooShort(field="reason", minimum=REASON_MIN)
    if len(reason) > REASON_MAX:
        raise ReasonTooLong(field="reason", maximum=REASON_MAX)
    return reason


def changes(submissions: Sequence[Submission]) -> tuple[Change, ...]:
    """What the last submission changed against the one before; none in the first round."""
    if len(submissions) < 2:
        return ()
    before, after = submissions[-2], submissions[-1]
    old, new = before.profile.texts(), after.profile.texts()
    found = [
        Change(
            field=name,
            label=LABELS[name],
            before=shown(name, old[name]),
            after=shown(name, new[name]),
        )
        for name in LABELS
        if old[name] != new[name]
    ]
    if before.licence_file_id != after.licence_file_id:
        found.append(Change(field="licence", label="营业执照", before="原图片", after="已更换"))
    return tuple(found)


def shown(name: str, value: str) -> str:
    """A field's value as it may be shown: persons masked, everything else as it is."""
    if name not in PERSONAL or not value:
        return value
    match name:
        case "legal_rep_id_number":
            return mask_id_number(value)
        case "legal_rep_phone" | "contact_phone":
            return mask_phone(value)
        case "legal_rep_name" | "contact_name":
            return mask_name(value)
        case "contact_email":
            return value[:1] + "***" + value[value.find("@") :]
        case _:
            return value
