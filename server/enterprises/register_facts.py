"""What a licence and the register say, as far as it fits the form; the person's own words come first."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation

from server.core.errors import NotFound
from server.core.money import fen_from_wan
from server.enterprises.profile import (
    INDUSTRIES,
    Profile,
    Source,
    SourceKind,
    UsccWrong,
    is_doubtful_uscc,
    must_be_uscc,
    status_of_register,
)
from server.providers.ports.licence import LicenceReading
from server.providers.ports.register import RegisterRecord

# Words of LicenceWarning and LicenceProblem, and reader_down.
WARNINGS: Mapping[str, str] = {
    "copy": "图片像是黑白复印件，请上传原件的彩色照片或扫描件。",
    "reshoot": "图片像是翻拍的屏幕或照片，请直接拍摄原件。",
    "scope_unreadable": "经营范围没有完整识别，请手工补充。",
    "not_a_licence": "图片中没有找到营业执照，请更换图片；确实无误的可以手工填写，由审核人员核对。",
    "blurred": "图片不够清晰，请在光线充足处重新拍摄；也可以手工填写。",
    "not_an_image": "图片无法识别，请更换图片；也可以手工填写。",
    "too_large": "图片太大没有识别，请压缩后重新上传；也可以手工填写。",
    "unreadable": "没有识别出执照内容，请重新拍摄；也可以手工填写。",
    "reader_down": "识别服务暂时没有响应，图片已保存。可以稍后点“重新识别”，也可以直接手工填写。",
}


class RegisterSilent(NotFound):
    """The register knows no such code."""

    code = "enterprises.register_silent"
    sentence = "没有查到这个统一社会信用代码的登记信息。请核对代码；新设立的企业可能尚未同步，可以直接手工填写。"


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Field to value as text, from one source. ``warnings``: keys of WARNINGS."""

    kind: SourceKind
    at: datetime
    values: Mapping[str, str]
    detail: str = ""
    warnings: tuple[str, ...] = ()

    @property
    def warning_sentences(self) -> tuple[str, ...]:
        """What the person is told about the picture."""
        return tuple(WARNINGS[word] for word in self.warnings)

    @property
    def fixed_uscc(self) -> str | None:
        """The credit code that a licence showed beyond doubt: it can't be typed over."""
        if self.kind is not SourceKind.LICENCE:
            return None
        try:
            return must_be_uscc(self.values.get("uscc", ""))
        except UsccWrong:
            return None


def facts_of_licence(reading: LicenceReading, at: datetime) -> Facts:
    """What OCR read; a code that can't be one is left to the person."""
    values = {
        "uscc": reading.uscc,
        "name": reading.name,
        "legal_rep_name": reading.legal_rep_name,
        "registered_address": reading.address,
        "enterprise_kind": reading.kind,
        "established_on": reading.established_on.isoformat() if reading.established_on else "",
        "registered_capital_fen": _capital(reading.capital),
        "authority": reading.authority,
        "business_scope": reading.scope,
    }
    return Facts(
        kind=SourceKind.LICENCE,
        at=at,
        values={name: value for name, value in values.items() if value},
        warnings=tuple(warning.value for warning in reading.warnings),
    )


def facts_of_register(record: RegisterRecord) -> Facts:
    """What the register holds, with its source and the time it was read."""
    status = status_of_register(record.operating_status)
    values = {
        "uscc": record.uscc,
        "name": record.name,
        "legal_rep_name": record.legal_rep_name,
        "registration_status": status.value if status else "",
        "registered_address": record.address,
        "enterprise_kind": record.kind,
        "established_on": record.established_on.isoformat() if record.established_on else "",
        "registered_capital_fen": _capital(record.capital),
        "authority": record.authority,
        "industry_code": _industry(record.industry),
        "business_scope": record.scope,
    }
    return Facts(
        kind=SourceKind.REGISTER,
        at=record.fetched_at,
        values={name: value for name, value in values.items() if value},
        detail=record.source,
    )


def prefilled(profile: Profile | None, *facts: Facts | None) -> dict[str, str]:
    """What the form shows: what was saved, or else what the sources say, the first one first."""
    if profile is not None:
        return profile.texts()
    values: dict[str, str] = {}
    for one in facts:
        for name, value in (one.values if one else {}).items():
            values.setdefault(name, value)
    return values


def sources_of(
    profile: Profile, licence: Facts | None, register: Facts | None, now: datetime
) -> tuple[Source, ...]:
    """For each field where its value came from, and whether the licence said something else."""
    return tuple(
        _source(name, value, licence, register, now)
        for name, value in profile.texts().items()
        if value
    )


def cautions(profile: Profile) -> tuple[str, ...]:
    """What a reviewer should look at twice though nothing is refused."""
    doubtful = "统一社会信用代码中的主体标识码校验不符，请核对执照原件"
    return (doubtful,) if is_doubtful_uscc(profile.uscc) else ()


def _source(
    name: str, value: str, licence: Facts | None, register: Facts | None, now: datetime
) -> Source:
    printed = licence.values.get(name) if licence else None
    edited = printed is not None and printed != value
    if licence and printed == value:
        return Source(field=name, kind=SourceKind.LICENCE, at=licence.at)
    if register and register.values.get(name) == value:
        kind, at, detail = SourceKind.REGISTER, register.at, register.detail
        return Source(field=name, kind=kind, at=at, detail=detail, edited=edited)
    return Source(field=name, kind=SourceKind.TYPED, at=now, edited=edited)


def _capital(text: str) -> str:
    """``1200万人民币`` in fen as text; '' for what can't be told, foreign money included."""
    if any(word in text for word in ("美元", "港", "欧元", "日元", "英镑")):
        return ""
    number = "".join(c for c in text if c in "0123456789.")
    try:
        amount = Decimal(number)
        return str(fen_from_wan(amount if "万" in text else amount / 10_000))
    except (InvalidOperation, ValueError):
        return ""


def _industry(text: str) -> str:
    return next((code for code, name in INDUSTRIES.items() if name == text), "")
