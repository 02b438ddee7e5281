"""The one table of what people are told: words in the site, place it leads to, and SMS.

A kind's name is also the key of its SMS template under ``aliyun.templates``. The SMS itself is
worded by the template that the vendor approved; only its parameters come from here. What WeChat is
given stands in wechat_fields.py.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

PARAMETER_LENGTH = 35
_NOT_IN_SMS = ("://", "【", "】")


class MessageKind(StrEnum):
    """One a reason to tell somebody something."""

    CERTIFICATION_APPROVED = "certification_approved"
    CERTIFICATION_REJECTED = "certification_rejected"
    CERTIFICATION_RETURNED = "certification_returned"
    APPLICATION_SUBMITTED = "application_submitted"
    APPLICATION_RECEIVED = "application_received"
    APPLICATION_ACCEPTED = "application_accepted"
    APPLICATION_REFERRED_BACK = "application_referred_back"
    APPLICATION_CREDITED = "application_credited"
    APPLICATION_LENT = "application_lent"
    APPLICATION_DECLINED = "application_declined"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """``title`` holds no facts and is kept in clear; ``text`` may name people and is sealed.

    ``link`` is an address of ours with {subject_id}. ``sms``: the parameters of the SMS
    template, a choice of the facts; None: no SMS.
    """

    title: str
    text: str
    link: str
    sms: tuple[str, ...] | None

    def text_with(self, facts: Mapping[str, str]) -> str:
        """The sentence in the site; KeyError for a fact that is not given."""
        return self.text.format_map(facts)

    def link_to(self, subject_id: str) -> str:
        """Where the message leads."""
        return self.link.format(subject_id=subject_id)

    def sms_with(self, facts: Mapping[str, str]) -> dict[str, str] | None:
        """The template's parameters as the vendor takes them; None when there is no SMS."""
        if self.sms is None:
            return None
        return {name: sms_parameter(facts[name]) for name in self.sms}


def sms_parameter(text: str) -> str:
    """At most 35 characters, no address and no brackets of a signature: else it is refused."""
    for word in _NOT_IN_SMS:
        text = text.replace(word, " ")
    text = " ".join(text.split())
    return text if len(text) <= PARAMETER_LENGTH else f"{text[: PARAMETER_LENGTH - 1]}…"


_CASE = "/applications/{subject_id}"
_CERTIFICATION = "/certification"

WORDINGS: dict[MessageKind, Wording] = {
    MessageKind.CERTIFICATION_APPROVED: Wording(
        title="企业认证已通过",
        text="您的企业认证已通过，现在可以申请融资产品。",
        link=_CERTIFICATION,
        sms=(),
    ),
    MessageKind.CERTIFICATION_REJECTED: Wording(
        title="企业认证未通过",
        text="您的企业认证未通过，修改后可以重新提交。原因：{reason}",
        link=_CERTIFICATION,
        sms=("reason",),
    ),
    MessageKind.CERTIFICATION_RETURNED: Wording(
        title="企业认证需要补充材料",
        text="您的企业认证需要补充材料，已填写的内容都已保留。审核意见：{reason}",
        link=_CERTIFICATION,
        sms=("reason",),
    ),
    MessageKind.APPLICATION_SUBMITTED: Wording(
        title="融资申请已提交",
        text="融资申请 {case_no} 已提交，经办机构受理后会通知您。",
        link=_CASE,
        sms=("case_no",),
    ),
    MessageKind.APPLICATION_RECEIVED: Wording(
        title="新的融资申请待受理",
        text="融资申请 {case_no} 已提交到您的网点，请尽快受理。",
        link="/console/applications/{subject_id}",
        sms=("case_no",),
    ),
    MessageKind.APPLICATION_ACCEPTED: Wording(
        title="融资申请已受理",
        text="{institution}已受理您的融资申请 {case_no}，客户经理将与您联系。",
        link=_CASE,
        sms=("institution",),
    ),
    MessageKind.APPLICATION_REFERRED_BACK: Wording(
        title="融资申请需要补充材料",
        text="{institution}请您补充融资申请 {case_no} 的材料。补件说明：{reason}",
        link=_CASE,
        sms=("institution",),
    ),
    MessageKind.APPLICATION_CREDITED: Wording(
        title="融资申请已授信",
        text="{institution}已为您的融资申请 {case_no} 授信 {amount}。",
        link=_CASE,
        sms=("institution", "amount"),
    ),
    MessageKind.APPLICATION_LENT: Wording(
        title="融资已放款",
        text="{institution}已为您的融资申请 {case_no} 放款 {amount}。",
        link=_CASE,
        sms=("institution", "amount"),
    ),
    MessageKind.APPLICATION_DECLINED: Wording(
        title="融资申请未通过",
        text="很遗憾，{institution}未通过您的融资申请 {case_no}。原因：{reason}",
        link=_CASE,
        sms=("institution",),
    ),
}
