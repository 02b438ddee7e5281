"""The profile of an enterprise as a form: one list of fields for programs and for pages.

What depends on the day or needs advice (credit code, ID number) is judged by the service.
"""

from datetime import date
from typing import Annotated

from pydantic import AfterValidator, Field

from handlers.forms import FenFromWan, Form, Phone, wrong
from server.enterprises.profile import Profile, RegistrationStatus

CAPITAL_MAX_FEN = 10**17


def _email(text: str) -> str:
    name, _, host = text.partition("@")
    if not (name and "." in host.strip(".") and "@" not in host and text.isprintable()):
        raise wrong("请输入正确的邮箱，如 name@example.cn")
    if any(c.isspace() for c in text):
        raise wrong("邮箱中不能有空格")
    return text


def _name(text: str) -> str:
    if not text.isprintable() or any(c.isdigit() for c in text):
        raise wrong("请填写姓名，不能含有数字")
    return " ".join(text.split())


PersonName = Annotated[str, Field(min_length=1, max_length=50), AfterValidator(_name)]
Email = Annotated[str, Field(max_length=100), AfterValidator(_email)]


class ProfileFields(Form):
    """The profile but for the capital, which pages send in 万元 and programs in fen."""

    uscc: Annotated[str, Field(title="统一社会信用代码", min_length=1, max_length=40)]
    name: Annotated[str, Field(title="企业名称", min_length=2, max_length=100)]
    registration_status: Annotated[RegistrationStatus, Field(title="登记状态")]
    region_code: Annotated[str, Field(title="注册区域", pattern=r"^[1-9]\d{5}$")]
    registered_address: Annotated[str, Field(title="注册地址", min_length=1, max_length=200)]
    enterprise_kind: Annotated[str, Field(title="企业类型", min_length=1, max_length=60)]
    established_on: Annotated[date, Field(title="成立日期", ge=date(1900, 1, 1))]
    authority: Annotated[str, Field(title="登记机关", min_length=1, max_length=60)]
    industry_code: Annotated[str, Field(title="行业分类", pattern=r"^[A-T]$")]
    legal_rep_name: Annotated[PersonName, Field(title="法定代表人姓名")]
    legal_rep_id_number: Annotated[
        str, Field(title="法定代表人身份证号", min_length=1, max_length=40)
    ]
    legal_rep_phone: Annotated[Phone, Field(title="法定代表人联系电话")]
    contact_name: Annotated[PersonName, Field(title="联系人姓名")]
    contact_phone: Annotated[Phone, Field(title="联系人电话")]
    contact_title: Annotated[str, Field(title="联系人职务", max_length=30)] | None = None
    contact_email: Annotated[Email, Field(title="联系人邮箱")]
    business_scope: Annotated[str, Field(title="经营范围", min_length=1, max_length=2000)]


class ProfileForm(ProfileFields):
    """Everything that the platform keeps of an enterprise."""

    registered_capital_fen: Annotated[int, Field(title="注册资本", ge=0, le=CAPITAL_MAX_FEN)]

    def profile(self) -> Profile:
        """As the service takes it."""
        return Profile(**self.model_dump())


class PageProfileForm(ProfileFields):
    """The same as pages send it: capital in 万元."""

    registered_capital: Annotated[FenFromWan, Field(title="注册资本（万元）", le=CAPITAL_MAX_FEN)]

    def profile(self) -> Profile:
        """As the service takes it."""
        values = self.model_dump(exclude={"registered_capital"})
        return Profile(**values, registered_capital_fen=self.registered_capital)
