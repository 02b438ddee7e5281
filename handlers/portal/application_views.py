"""How a case looks to its applicant: the card of its product, its history, its figures."""

from collections.abc import Mapping
from datetime import datetime

from handlers.portal.products import guarantees, tone
from handlers.presenting import months, rate_text, wan_text, when
from handlers.widgets import Moment, ProductView
from server.applications.application import LoanApplication, Step
from server.applications.form import PURPOSE_NAMES
from server.applications.state import (
    DEED_NAMES,
    STATE_MEANINGS,
    STATE_NAMES,
    ApplicationState,
    Deed,
    Side,
    side_of,
)
from server.core.masking import mask_id_number, mask_name, mask_phone
from server.enterprises.enterprise import Enterprise
from server.institutions.institution import KIND_NAMES
from server.loans.credit import Credit
from server.products.product import GuaranteeMethod
from server.products.terms import ProductTerms

Pairs = list[tuple[str, str]]
SIDE_NAMES: Mapping[Side, str] = {Side.ENTERPRISE: "我方", Side.INSTITUTION: "机构"}
STATE_TONES: Mapping[ApplicationState, str] = {
    ApplicationState.SUBMITTED: "info",
    ApplicationState.REFERRED_BACK: "warn",
    ApplicationState.ACCEPTED: "primary",
    ApplicationState.CREDITED: "gold",
    ApplicationState.LENT: "ok",
    ApplicationState.DECLINED: "bad",
    ApplicationState.WITHDRAWN: "",
    ApplicationState.CLOSED: "",
}
_NEXT: Mapping[ApplicationState, str] = {
    ApplicationState.SUBMITTED: "等待机构受理",
    ApplicationState.REFERRED_BACK: "等待您补充后重新提交",
    ApplicationState.ACCEPTED: "等待机构审批",
    ApplicationState.CREDITED: "等待机构放款",
}


def product_view(terms: ProductTerms) -> ProductView:
    """The product as it was when its terms were kept."""
    return ProductView(
        id=terms.product_id,
        name=terms.name,
        institution=terms.institution_short_name,
        kind=guarantees([GuaranteeMethod(method) for method in terms.guarantee_methods]),
        rate=rate_text(terms.rate_min_bp),
        cap=wan_text(terms.amount_max_fen),
        term=str(terms.term_max_months),
        href=f"/products/{terms.product_id}",
        apply_href=f"/products/{terms.product_id}/apply",
        tone=tone(terms.institution_id),
    )


def bounds(terms: ProductTerms) -> dict[str, str]:
    """What the form says under amount, term and rate."""
    return {
        "amount": f"{wan_text(terms.amount_min_fen)}—{wan_text(terms.amount_max_fen)} 万元",
        "term": f"{terms.term_min_months}—{terms.term_max_months} 个月",
        "rate": f"{rate_text(terms.rate_min_bp)}%—{rate_text(terms.rate_max_bp)}%，均为年化",
    }


def enterprise_pairs(enterprise: Enterprise) -> Pairs:
    """The certified enterprise; its legal representative masked."""
    profile = enterprise.profile
    return [
        ("企业名称", enterprise.name),
        ("统一社会信用代码", enterprise.uscc),
        ("法定代表人", mask_name(profile.legal_rep_name) if profile else "—"),
        ("法定代表人身份证号", mask_id_number(profile.legal_rep_id_number) if profile else "—"),
    ]


def case_pairs(case: LoanApplication) -> Pairs:
    """What was asked for."""
    form = case.form
    return [
        ("案号", case.case_no),
        ("金融机构", f"{case.terms.institution_name}（{KIND_NAMES[case.institution_kind]}）"),
        ("经办网点", case.branch_name),
        ("申请金额", f"{wan_text(form.amount_fen)} 万元"),
        ("申请期限", months(form.term_months)),
        ("期望年化利率", f"{rate_text(form.expected_rate_bp)}%"),
        ("贷款用途", PURPOSE_NAMES[form.purpose]),
        ("年营业收入", f"{wan_text(form.annual_revenue_fen)} 万元"),
        ("目前贷款总额", f"{wan_text(form.total_loans_fen)} 万元"),
        ("当前被执行", "有" if form.is_enforced else "无"),
        ("近两年逾期", "有" if form.was_overdue else "无"),
        ("联系人", f"{mask_name(form.contact_name)} {mask_phone(form.contact_phone)}"),
        ("补充说明", form.note or "—"),
        ("申请时间", when(case.submitted_at)),
    ]


def credit_pairs(case: LoanApplication, credit: Credit) -> Pairs:
    """The line and what is left of it."""
    return [
        ("授信金额", f"{wan_text(credit.amount_fen)} 万元"),
        ("年化利率", f"{rate_text(credit.annual_rate_bp)}%"),
        ("授信期限", months(credit.term_months)),
        ("授信时间", when(credit.granted_at)),
        ("累计放款", f"{wan_text(case.lent_fen)} 万元"),
        ("剩余额度", f"{wan_text(credit.left_fen(case.loans))} 万元"),
    ]


def moments(case: LoanApplication, now: datetime) -> list[Moment]:
    """The whole history, oldest first, and what comes next."""
    found = [_moment(step) for step in case.steps]
    if case.state in _NEXT:
        found.append(Moment(title=_NEXT[case.state], text=_expectation(case, now), tone="now"))
    return found


def meaning(case: LoanApplication) -> str:
    """What the state means, where nothing comes next; else the history's last line says it."""
    return "" if case.state in _NEXT else STATE_MEANINGS[case.state]


def _expectation(case: LoanApplication, now: datetime) -> str:
    due_at = case.answer_due_at
    if due_at is None:
        return STATE_MEANINGS[case.state]
    if due_at <= now:
        return f"机构应于 {when(due_at)} 前答复，已超时，您可以联系经办网点催办。"
    return f"预计 {when(due_at)} 前答复。"


def state_tag(case: LoanApplication) -> tuple[str, str]:
    """Word and tint."""
    return STATE_NAMES[case.state], STATE_TONES[case.state]


def _moment(step: Step) -> Moment:
    parts = []
    if step.amount_fen is not None:
        parts.append(f"{wan_text(step.amount_fen)} 万元")
    if step.told:
        parts.append(f"合同 {step.told}" if step.deed is Deed.LENT else step.told)
    return Moment(
        title=f"{SIDE_NAMES[side_of(step.deed)]} · {DEED_NAMES[step.deed]}",
        text="，".join(parts),
        at=when(step.at),
        tone="bad" if step.deed is Deed.DECLINED else "done",
    )


def recent_row(case: LoanApplication) -> tuple[str, str, str, str, str]:
    """Title, text, state, tone and address for a short list elsewhere."""
    label, colour = state_tag(case)
    text = f"{case.case_no} · {wan_text(case.form.amount_fen)} 万元"
    return case.terms.name, text, label, colour, f"/applications/{case.id}"
