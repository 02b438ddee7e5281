"""How an application looks to an institution: one line of the queue, the page of one case."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from handlers.console.deadlines import due_text, is_late
from handlers.console.states import APPLICATION_TONES
from handlers.presenting import months, rate_text, wan_text, when
from handlers.widgets import Moment
from server.applications.application import LoanApplication, Step
from server.applications.form import PURPOSE_NAMES
from server.applications.state import DEED_NAMES, MOVES, STATE_NAMES, Deed
from server.core.masking import mask_name, mask_phone

Pairs = Sequence[tuple[str, str]]
HANDLED = (
    Deed.ACCEPTED,
    Deed.CREDITED,
    Deed.LENT,
    Deed.REFERRED_BACK,
    Deed.DECLINED,
    Deed.CLOSED,
)
_BAD = (Deed.DECLINED, Deed.REFERRED_BACK, Deed.WITHDRAWN)


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRow:
    """One line of the queue."""

    id: str
    number: str
    enterprise_name: str
    product: str
    amount: str
    term: str
    branch: str
    applied_at: datetime
    due: str
    is_late: bool
    state_label: str
    state_tone: str
    href: str
    action: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseView:
    """The page of one case; ``deeds`` are those that this member of staff may do now."""

    id: str
    href: str
    number: str
    version: int
    enterprise_name: str
    product: str
    state_label: str
    state_tone: str
    due: str
    is_late: bool
    amount: str
    credited: str
    lent: str
    left: str
    ceiling: str
    enterprise: Pairs
    asked: Pairs
    terms: Pairs
    credit: Pairs
    case: LoanApplication
    deeds: frozenset[Deed]
    moments: Sequence[Moment]


def case_row(case: LoanApplication, now: datetime, *, may_handle: bool) -> CaseRow:
    """A line; nothing of a person."""
    return CaseRow(
        id=case.id,
        number=case.case_no,
        enterprise_name=case.enterprise_name,
        product=case.terms.name,
        amount=wan_text(case.form.amount_fen),
        term=months(case.form.term_months),
        branch=case.branch_name,
        applied_at=case.submitted_at,
        due=due_text(case.answer_due_at, now),
        is_late=is_late(case.answer_due_at, now),
        state_label=STATE_NAMES[case.state],
        state_tone=APPLICATION_TONES[case.state],
        href=f"/console/applications/{case.id}",
        action="办理" if may_handle and _deeds(case, 0) else "查看",
    )


def case_view(
    case: LoanApplication, now: datetime, *, may_handle: bool, names: Mapping[str, str]
) -> CaseView:
    """The page. Whoever handles the case calls the contact, so he sees him in clear."""
    left_fen = case.credit.left_fen(case.loans) if case.credit else 0
    return CaseView(
        id=case.id,
        href=f"/console/applications/{case.id}",
        number=case.case_no,
        version=case.version,
        enterprise_name=case.enterprise_name,
        product=case.terms.name,
        state_label=STATE_NAMES[case.state],
        state_tone=APPLICATION_TONES[case.state],
        due=due_text(case.answer_due_at, now),
        is_late=is_late(case.answer_due_at, now),
        amount=wan_text(case.form.amount_fen),
        credited=wan_text(case.credit.amount_fen if case.credit else None),
        lent=wan_text(case.lent_fen) if case.loans else "—",
        left=wan_text(left_fen),
        ceiling=wan_text(case.terms.amount_max_fen),
        enterprise=_enterprise(case, may_handle),
        asked=_asked(case),
        terms=_terms(case),
        credit=_credit(case),
        case=case,
        deeds=_deeds(case, left_fen) if may_handle else frozenset(),
        moments=_moments(case, names),
    )


def _enterprise(case: LoanApplication, may_handle: bool) -> Pairs:
    form = case.form
    return (
        ("企业名称", case.enterprise_name),
        ("统一社会信用代码", case.uscc),
        ("联系人", form.contact_name if may_handle else mask_name(form.contact_name)),
        ("联系电话", form.contact_phone if may_handle else mask_phone(form.contact_phone)),
        ("上年营业收入", f"{wan_text(form.annual_revenue_fen)} 万元"),
        ("现有贷款余额", f"{wan_text(form.total_loans_fen)} 万元"),
        ("被执行记录", "有" if form.is_enforced else "没有"),
        ("逾期记录", "有" if form.was_overdue else "没有"),
    )


def _asked(case: LoanApplication) -> Pairs:
    form = case.form
    return (
        ("申请编号", case.case_no),
        ("经办网点", case.branch_name),
        ("申请金额", f"{wan_text(form.amount_fen)} 万元"),
        ("申请期限", months(form.term_months)),
        ("期望年利率", f"{rate_text(form.expected_rate_bp)}%"),
        ("贷款用途", PURPOSE_NAMES[form.purpose]),
        ("提交时间", when(case.submitted_at)),
        ("最近更新", when(case.updated_at)),
        ("补充说明", form.note or "—"),
    )


def _terms(case: LoanApplication) -> Pairs:
    terms = case.terms
    return (
        ("产品", f"{terms.institution_short_name} · {terms.name}"),
        ("额度", f"{wan_text(terms.amount_min_fen)}—{wan_text(terms.amount_max_fen)} 万元"),
        ("期限", f"{terms.term_min_months}—{terms.term_max_months} 个月"),
        ("年利率", f"{rate_text(terms.rate_min_bp)}%—{rate_text(terms.rate_max_bp)}%"),
    )


def _credit(case: LoanApplication) -> Pairs:
    credit = case.credit
    if credit is None:
        return ()
    return (
        ("授信金额", f"{wan_text(credit.amount_fen)} 万元"),
        ("年利率", f"{rate_text(credit.annual_rate_bp)}%"),
        ("期限", months(credit.term_months)),
        ("登记时间", when(credit.granted_at)),
        *((("超额原因", credit.reason),) if credit.reason else ()),
    )


def _deeds(case: LoanApplication, left_fen: int) -> frozenset[Deed]:
    allowed = {deed for deed in HANDLED if case.state in MOVES[deed]}
    return frozenset(allowed if left_fen else allowed - {Deed.LENT})


def _moments(case: LoanApplication, names: Mapping[str, str]) -> list[Moment]:
    """Newest first."""
    return [_moment(step, names) for step in reversed(case.steps)]


def _moment(step: Step, names: Mapping[str, str]) -> Moment:
    amount = f"{wan_text(step.amount_fen)} 万元" if step.amount_fen is not None else ""
    note = f"合同 {step.note}" if step.deed is Deed.LENT else step.note
    said = [names.get(step.account_id, ""), amount, note]
    return Moment(
        title=DEED_NAMES[step.deed],
        text=" · ".join(part for part in said if part),
        at=when(step.at),
        tone="bad" if step.deed in _BAD else "done",
    )
