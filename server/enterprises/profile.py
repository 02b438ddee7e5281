"""The profile of an enterprise: the fields of the certification form, and where each came from."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime
from enum import StrEnum

from server.core.errors import Invalid
from server.core.idcodes import (
    IdCodeInvalid,
    IdCodeProblem,
    check_resident_id,
    check_uscc,
    propose_uscc,
)
from server.providers.ports.register import OperatingStatus


class RegistrationStatus(StrEnum):
    """登记状态, as on file in the register."""

    OPEN = "open"
    MOVED = "moved"
    CANCELLED = "cancelled"
    REVOKED = "revoked"
    WITHDRAWN = "withdrawn"
    SUSPENDED = "suspended"
    OTHER = "other"


REGISTRATION_STATUSES: Mapping[RegistrationStatus, str] = {
    RegistrationStatus.OPEN: "存续（在营、开业）",
    RegistrationStatus.MOVED: "迁出",
    RegistrationStatus.CANCELLED: "注销",
    RegistrationStatus.REVOKED: "吊销",
    RegistrationStatus.WITHDRAWN: "撤销",
    RegistrationStatus.SUSPENDED: "停业",
    RegistrationStatus.OTHER: "其他",
}
_OF_REGISTER = {
    OperatingStatus.REGISTRATION_WITHDRAWN: RegistrationStatus.WITHDRAWN,
    OperatingStatus.UNKNOWN: None,
}

# The sections of GB/T 4754-2017.
INDUSTRIES: Mapping[str, str] = {
    "A": "农、林、牧、渔业",
    "B": "采矿业",
    "C": "制造业",
    "D": "电力、热力、燃气及水生产和供应业",
    "E": "建筑业",
    "F": "批发和零售业",
    "G": "交通运输、仓储和邮政业",
    "H": "住宿和餐饮业",
    "I": "信息传输、软件和信息技术服务业",
    "J": "金融业",
    "K": "房地产业",
    "L": "租赁和商务服务业",
    "M": "科学研究和技术服务业",
    "N": "水利、环境和公共设施管理业",
    "O": "居民服务、修理和其他服务业",
    "P": "教育",
    "Q": "卫生和社会工作",
    "R": "文化、体育和娱乐业",
    "S": "公共管理、社会保障和社会组织",
    "T": "国际组织",
}

LABELS: Mapping[str, str] = {
    "uscc": "统一社会信用代码",
    "name": "企业名称",
    "registration_status": "登记状态",
    "region_code": "注册区域",
    "registered_address": "注册地址",
    "enterprise_kind": "企业类型",
    "established_on": "成立日期",
    "registered_capital_fen": "注册资本",
    "authority": "登记机关",
    "industry_code": "行业分类",
    "legal_rep_name": "法定代表人",
    "legal_rep_id_number": "法定代表人身份证号",
    "legal_rep_phone": "法定代表人联系电话",
    "contact_name": "联系人",
    "contact_phone": "联系人电话",
    "contact_title": "联系人职务",
    "contact_email": "联系人邮箱",
    "business_scope": "经营范围",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """Codes are normalised. ``industry_code``: a section letter of GB/T 4754."""

    uscc: str
    name: str
    registration_status: RegistrationStatus
    region_code: str
    registered_address: str
    enterprise_kind: str
    established_on: date
    registered_capital_fen: int
    authority: str
    industry_code: str
    legal_rep_name: str
    legal_rep_id_number: str
    legal_rep_phone: str
    contact_name: str
    contact_phone: str
    contact_title: str | None = None
    contact_email: str
    business_scope: str

    def is_same_legal_rep(self, other: "Profile | None") -> bool:
        """Whether a face that was checked for the other is good for this one."""
        return other is not None and (self.legal_rep_name, self.legal_rep_id_number) == (
            other.legal_rep_name,
            other.legal_rep_id_number,
        )

    def texts(self) -> dict[str, str]:
        """Every field as text, for comparing; '' for none."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: "" if value is None else str(value) for name, value in values.items()}


# What persons are called and reached by: sealed at rest and masked when shown.
PERSONAL = frozenset(
    {
        "legal_rep_name",
        "legal_rep_id_number",
        "legal_rep_phone",
        "contact_name",
        "contact_phone",
        "contact_title",
        "contact_email",
    }
)


class SourceKind(StrEnum):
    """Where a field's value came from."""

    LICENCE = "licence"
    REGISTER = "register"
    TYPED = "typed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """``detail``: which register. ``edited``: the licence said something else."""

    field: str
    kind: SourceKind
    at: datetime
    detail: str = ""
    edited: bool = False


class UsccWrong(Invalid):
    """``position`` counts from 1; ``proposal`` is the code that was probably meant."""

    code = "enterprises.uscc_wrong"
    sentence = "统一社会信用代码不正确：{hint}"

    def __init__(
        self, *, hint: str, position: int | None = None, proposal: str | None = None
    ) -> None:
        super().__init__(field="uscc", hint=hint, position=position, proposal=proposal)


class UsccFixed(Invalid):
    """The code was read from the licence."""

    code = "enterprises.uscc_fixed"
    sentence = (
        "统一社会信用代码由营业执照识别得出，不能修改。如识别有误，请删除后重新上传清晰的执照。"
    )


class IdNumberWrong(Invalid):
    """The legal representative's number can't be one."""

    code = "enterprises.id_number_wrong"
    sentence = "法定代表人身份证号不正确：{hint}"

    def __init__(self, *, hint: str) -> None:
        super().__init__(field="legal_rep_id_number", hint=hint)


class EstablishedInFuture(Invalid):
    """A day that has not come yet."""

    code = "enterprises.established_in_future"
    sentence = "成立日期不能晚于今天，请对照营业执照核对。"


def must_be_uscc(text: str) -> str:
    """The code, normalised. Raises UsccWrong, with a proposal where one can be told."""
    try:
        return check_uscc(text).code
    except IdCodeInvalid as error:
        proposal = propose_uscc(text)
        hint = _uscc_hint(error)
        if proposal is not None:
            hint = f"{hint}您要填的可能是 {proposal}，请对照营业执照核对。"
        raise UsccWrong(hint=hint, position=error.position, proposal=proposal) from None


def is_doubtful_uscc(code: str) -> bool:
    """Whether the organisation's own code inside a right credit code does not add up."""
    try:
        return check_uscc(code).subject_doubtful
    except IdCodeInvalid:
        return True


def must_be_id_number(text: str, today: date) -> str:
    """The number, normalised. Raises IdNumberWrong. ``today``: the day in China."""
    try:
        return check_resident_id(text, today=today)
    except IdCodeInvalid as error:
        raise IdNumberWrong(hint=_ID_HINTS[error.problem]) from None


def status_of_register(status: OperatingStatus) -> RegistrationStatus | None:
    """The register's word in ours; None when it says nothing."""
    return _OF_REGISTER.get(status, None) if status in _OF_REGISTER else RegistrationStatus(status)


def _uscc_hint(error: IdCodeInvalid) -> str:
    match error.problem:
        case IdCodeProblem.LENGTH:
            return "应为 18 位，请核对是否多填或少填。"
        case IdCodeProblem.LOOK_ALIKE:
            return f"第 {error.position} 位不会是这个字母，容易与 {error.meant} 混淆。"
        case IdCodeProblem.CHARACTER:
            return f"第 {error.position} 位不能是这个字符。"
        case _:
            return "校验位不符，请核对容易混淆的字符（1 与 I、0 与 O）。"


_ID_HINTS = {
    IdCodeProblem.LENGTH: "应为 18 位，请核对是否多填或少填。",
    IdCodeProblem.CHARACTER: "只能是数字，最后一位可以是 X。",
    IdCodeProblem.LOOK_ALIKE: "只能是数字，最后一位可以是 X。",
    IdCodeProblem.BIRTH_DATE: "第 7 到 14 位的出生日期有误。",
    IdCodeProblem.CHECK_CHARACTER: "校验位不符，请逐位核对。",
}
