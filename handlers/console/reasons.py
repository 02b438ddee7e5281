"""Reasons that staff give: frequent ones to choose from, and their own words."""

from collections.abc import Mapping

REVIEW_REASONS: Mapping[str, str] = {
    "blurred": "营业执照不清晰，请重新拍摄上传",
    "differs": "填写信息与营业执照不一致，请更正",
    "outdated": "营业执照已变更或过期，请上传最新执照",
    "contact": "联系方式无法核实，请更正联系人信息",
}
REFER_REASONS: Mapping[str, str] = {
    "tax": "请补充近一年的纳税证明",
    "statements": "请补充近两年的财务报表",
    "purpose": "请补充贷款用途的证明材料",
    "amount": "请按实际需要调整申请金额或期限",
}
DECLINE_REASONS: Mapping[str, str] = {
    "criteria": "不符合产品的准入条件",
    "debt": "现有负债较高，暂不能新增授信",
    "credit": "信用记录不符合要求",
    "unreachable": "多次联系不上，无法尽职调查",
}


def reason_text(presets: Mapping[str, str], chosen: str, words: str) -> str:
    """The chosen reason and the own words as one sentence; '' when neither was given."""
    return "；".join(part for part in (presets.get(chosen, ""), words.strip()) if part)
