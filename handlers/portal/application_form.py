"""The application form as people fill it in: 万元 and %; the same for applying and for correcting."""

import unicodedata
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from handlers.errors import problems_of
from handlers.forms import BpFromPercent, FenFromWan, Form, Id, Phone, wrong
from server.applications.form import ApplicationForm, LoanPurpose
from server.consents.consent import TITLES, ConsentKind
from server.core.errors import FieldsInvalid, Kind, Refusal
from server.core.money import percent, wan
from server.enterprises.enterprise import Enterprise

TICK = "accept_application"
# Names in the rules to names on the page, which say the unit that people type.
ON_PAGE: Mapping[str, str] = {
    "amount_fen": "amount_wan",
    "expected_rate_bp": "rate_percent",
    "version": TICK,
}
NOT_TICKED = f"请阅读并同意《{TITLES[ConsentKind.APPLICATION]}》"
CHOICES = frozenset({"branch_id", "purpose", "is_enforced", "was_overdue"})
ORDER = (
    "branch_id",
    "purpose",
    "amount_wan",
    "term_months",
    "rate_percent",
    "note",
    "annual_revenue_wan",
    "total_loans_wan",
    "is_enforced",
    "was_overdue",
    "contact_name",
    "contact_phone",
    TICK,
)
YES_NO = (("no", "无"), ("yes", "有"))


def _months(value: Any) -> int:
    text = unicodedata.normalize("NFKC", str(value)).strip().removesuffix("个月").rstrip()
    if not (text.isascii() and text.isdigit() and len(text) <= 3):
        raise wrong("请输入融资期限（月），填整数")
    return int(text)


class FilledForm(Form):
    """What the enterprise asks for and tells of itself."""

    amount_wan: Annotated[FenFromWan, Field(title="融资金额")]
    term_months: Annotated[int, BeforeValidator(_months), Field(title="融资期限")]
    rate_percent: Annotated[BpFromPercent, Field(title="期望年化利率")]
    purpose: Annotated[LoanPurpose, Field(title="贷款用途")]
    contact_name: Annotated[str, Field(title="联系人姓名", max_length=50)]
    contact_phone: Annotated[Phone, Field(title="联系人手机号")]
    annual_revenue_wan: Annotated[FenFromWan, Field(title="年营业收入")]
    total_loans_wan: Annotated[FenFromWan, Field(title="目前贷款总额")]
    is_enforced: Annotated[Literal["yes", "no"], Field(title="当前有无被执行")]
    was_overdue: Annotated[Literal["yes", "no"], Field(title="近两年有无逾期")]
    note: Annotated[str, Field(title="补充说明", max_length=200)] = ""

    def wanted(self) -> ApplicationForm:
        """The same as the service takes it."""
        return ApplicationForm(
            amount_fen=self.amount_wan,
            term_months=self.term_months,
            expected_rate_bp=self.rate_percent,
            purpose=self.purpose,
            contact_name=self.contact_name,
            contact_phone=self.contact_phone,
            annual_revenue_fen=self.annual_revenue_wan,
            total_loans_fen=self.total_loans_wan,
            is_enforced=self.is_enforced == "yes",
            was_overdue=self.was_overdue == "yes",
            note=self.note,
        )


class ApplyForm(FilledForm):
    """The tick is empty at first; its value is the version of the text on the page."""

    branch_id: Annotated[Id, Field(title="经办网点")]
    accept_application: Annotated[str, Field(max_length=10)] = ""

    def must_be_ticked(self) -> None:
        """Refuse unless the consent was given."""
        if not self.accept_application:
            raise FieldsInvalid({TICK: NOT_TICKED})


def on_page(refusal: Refusal, *, is_ticked: bool = True) -> Refusal:
    """The refusal with its problems under the names of the page's fields, in their order."""
    if refusal.kind is not Kind.INVALID:
        return refusal
    problems = {ON_PAGE.get(name, name): text for name, text in problems_of(refusal).items()}
    for name in CHOICES & problems.keys():
        problems[name] = problems[name].replace("请填写", "请选择", 1)
    if not is_ticked:
        problems[TICK] = NOT_TICKED
    return FieldsInvalid(dict(sorted(problems.items(), key=_place)))


def _place(problem: tuple[str, str]) -> int:
    return ORDER.index(problem[0]) if problem[0] in ORDER else -1


def filled(form: ApplicationForm) -> dict[str, str]:
    """What was handed in, as the page's fields show it."""
    return {
        "amount_wan": wan(form.amount_fen),
        "term_months": str(form.term_months),
        "rate_percent": percent(form.expected_rate_bp),
        "purpose": form.purpose,
        "contact_name": form.contact_name,
        "contact_phone": form.contact_phone,
        "annual_revenue_wan": wan(form.annual_revenue_fen),
        "total_loans_wan": wan(form.total_loans_fen),
        "is_enforced": "yes" if form.is_enforced else "no",
        "was_overdue": "yes" if form.was_overdue else "no",
        "note": form.note,
    }


def known(enterprise: Enterprise) -> dict[str, str]:
    """What the certification has told already."""
    profile = enterprise.profile
    if profile is None:
        return {}
    return {"contact_name": profile.contact_name, "contact_phone": profile.contact_phone}
