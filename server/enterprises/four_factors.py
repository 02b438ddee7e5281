"""The four-factor check: what it found, and what the person is told to do next."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from server.core.errors import Conflict, Invalid, Refusal, Unavailable
from server.providers.ports.four_factors import (
    FourFactorField,
    FourFactorOutcome,
    FourFactorResult,
)
from server.providers.ports.register import OperatingStatus

FORM_FIELDS: Mapping[FourFactorField, str] = {
    FourFactorField.USCC: "uscc",
    FourFactorField.ENTERPRISE_NAME: "name",
    FourFactorField.LEGAL_REP_NAME: "legal_rep_name",
    FourFactorField.LEGAL_REP_ID_NUMBER: "legal_rep_id_number",
}
_LABELS: Mapping[FourFactorField, str] = {
    FourFactorField.USCC: "统一社会信用代码",
    FourFactorField.ENTERPRISE_NAME: "企业名称",
    FourFactorField.LEGAL_REP_NAME: "法定代表人姓名",
    FourFactorField.LEGAL_REP_ID_NUMBER: "法定代表人身份证号",
}
_CLOSED: Mapping[OperatingStatus, str] = {
    OperatingStatus.CANCELLED: "注销",
    OperatingStatus.REVOKED: "吊销",
    OperatingStatus.WITHDRAWN: "撤销",
    OperatingStatus.SUSPENDED: "停业",
    OperatingStatus.REGISTRATION_WITHDRAWN: "撤销登记",
    OperatingStatus.MOVED: "迁出",
}


class FactorsMismatched(Invalid):
    """The register says otherwise; ``mismatched`` names the form's fields."""

    code = "enterprises.factors_mismatched"
    sentence = (
        "{labels}与工商登记信息不一致。请对照营业执照和身份证核对，留意多字、少字、错别字和繁体字；"
        "如近期办理过变更，登记信息可能尚未同步，请在变更一周后再试。您填写的内容已保存。"
    )

    def __init__(self, fields: tuple[FourFactorField, ...]) -> None:
        names = [FORM_FIELDS[field] for field in fields]
        labels = "、".join(_LABELS[field] for field in fields) or "企业四要素"
        super().__init__(field=next(iter(names), None), labels=labels, mismatched=names)


class FactorsNotSynced(Conflict):
    """The register does not hold the enterprise yet."""

    code = "enterprises.factors_not_synced"
    sentence = (
        "工商数据中还没有查到这家企业。新设立或近期变更的企业，登记信息每周同步一次，"
        "请在取得执照一周后再提交。您填写的内容已保存。"
    )


class FactorsDown(Unavailable):
    """The source does not answer."""

    code = "enterprises.factors_down"
    sentence = "工商核验服务暂时没有响应，您填写的内容已保存，请过几分钟再点“保存并核验”。"


class EnterpriseNotOpen(Conflict):
    """The four factors match an enterprise that is no longer in business."""

    code = "enterprises.not_open"
    sentence = "这家企业的登记状态为“{status}”，不能认证。如与实际不符，请先到登记机关核实。"


@dataclass(frozen=True, slots=True, kw_only=True)
class FourFactors:
    """What was found, when, and the vendor's request id as evidence."""

    outcome: FourFactorOutcome
    mismatched: tuple[FourFactorField, ...]
    operating_status: OperatingStatus
    request_id: str
    checked_at: datetime

    @property
    def passed(self) -> bool:
        """A match of an enterprise that is not known to be closed."""
        return self.refusal() is None

    def refusal(self) -> Refusal | None:
        """What the person is told; None when all is well."""
        match self.outcome:
            case FourFactorOutcome.MISMATCH:
                return FactorsMismatched(self.mismatched)
            case FourFactorOutcome.NOT_SYNCED:
                return FactorsNotSynced()
            case FourFactorOutcome.PROVIDER_DOWN:
                return FactorsDown()
            case FourFactorOutcome.MATCH:
                closed = _CLOSED.get(self.operating_status)
                return EnterpriseNotOpen(status=closed) if closed else None


def found(result: FourFactorResult, at: datetime) -> FourFactors:
    """The vendor's answer as kept."""
    return FourFactors(
        outcome=result.outcome,
        mismatched=result.mismatched,
        operating_status=result.operating_status,
        request_id=result.request_id,
        checked_at=at,
    )
